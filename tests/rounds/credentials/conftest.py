"""Keys are slow to make, so one set serves the whole session."""

from __future__ import annotations

import pytest

from asobna_rounds.credentials.signing import SigningKey


@pytest.fixture(scope="session")
def signing() -> SigningKey:
    return SigningKey.generate("pulse-2026-12")


@pytest.fixture(scope="session")
def other() -> SigningKey:
    return SigningKey.generate("pulse-2027-01")
