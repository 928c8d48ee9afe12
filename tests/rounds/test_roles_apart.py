"""The roles share no code that could hand one role's knowledge to another."""

from __future__ import annotations

import subprocess
import sys

import pytest

PEOPLE = "registrar"
SIGNING = ("credentials.signing", "credentials.blind_rsa", "credentials.slips", "passphrase")
BALLOTS = ("store", "rows", "ballot_box", "publisher")


@pytest.mark.parametrize(
    ("role", "needs", "never"),
    [
        ("registrar.cli", "credentials.signing", (*BALLOTS, "moderator", "ledger", "sealing")),
        ("moderator_cli", "sealing", (*BALLOTS, PEOPLE, "credentials", "ledger")),
        ("ballot_box.box", "credentials.door", (PEOPLE, *SIGNING)),
        ("publisher.close", "ledger", (PEOPLE, *SIGNING)),
        ("ledger_cli", "promises", (*BALLOTS, PEOPLE, "credentials", "moderator", "sealing")),
    ],
)
def test_a_role_loads_nothing_of_the_others(role: str, needs: str, never: tuple[str, ...]) -> None:
    code = f"import sys, asobna_rounds.{role}; print(*sys.modules, sep='\\n')"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {
        name.removeprefix("asobna_rounds.")
        for name in shown.stdout.split()
        if name.startswith("asobna_rounds.")
    }
    assert needs in loaded
    assert loaded & set(never) == set()


def test_the_offline_roles_load_no_network_server() -> None:
    code = (
        "import sys, asobna_rounds.registrar.cli, asobna_rounds.moderator_cli;"
        "print(*sys.modules, sep='\\n')"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"django", "gunicorn", "sqlite3"} & set(shown.stdout.split()) == set()
