"""Text blocks: what mail and chat do to them is forgiven, damage is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna_rounds.credentials.envelopes import MAX_TEXT, Envelope, read_envelope, write_envelope
from asobna_rounds.credentials.keys import RoundKey, read_round_key
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import RECORD_BYTES
from asobna_rounds.definition import MAX_SLOTS
from asobna_rounds.errors import EnvelopeError

SAMPLE = Envelope("REQUEST", "pulse-1", "aaaa bbbb", bytes(range(100)))
TEXT = write_envelope(SAMPLE)


def test_the_written_form_is_fixed() -> None:
    assert TEXT.splitlines() == [
        "-----BEGIN ASOBNA REQUEST-----",
        "round: pulse-1",
        "key: aaaa bbbb",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v",
        "MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f",
        "YGFiYw==",
        "check: " + TEXT.splitlines()[6][7:],
        "-----END ASOBNA REQUEST-----",
    ]


@given(payload=st.binary(max_size=700))
def test_any_payload_round_trips(payload: bytes) -> None:
    envelope = SAMPLE._replace(payload=payload)
    assert read_envelope(write_envelope(envelope), "REQUEST") == envelope


@pytest.mark.parametrize(
    "damaged",
    [
        "Dear registrar,\n\n" + TEXT + "\nThank you\n",
        TEXT.replace("\n", "\r\n"),
        "".join(f"> {line}\n" for line in TEXT.splitlines()),
        "".join(f"> > {line}   \n\n" for line in TEXT.splitlines()),
        TEXT.replace("round: ", "round:\u00a0"),
        TEXT + write_envelope(SAMPLE._replace(payload=b"second")),
        "\ufeff" + TEXT,
        TEXT.replace("-----", "—---"),
    ],
    ids=["words", "windows", "quoted", "quoted twice", "odd space", "two blocks", "BOM", "dashes"],
)
def test_mail_damage_is_forgiven(damaged: str) -> None:
    assert read_envelope(damaged, "REQUEST") == SAMPLE


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", 'no line "-----BEGIN ASOBNA REQUEST-----" found'),
        (TEXT.replace("REQUEST", "ANSWER"), 'no line "-----BEGIN ASOBNA REQUEST-----" found'),
        (TEXT[:-40], "is missing: the block was cut off"),
        (TEXT.replace("YGFiYw==\n", ""), "does not match its check line"),
        (TEXT.replace("AAEC", "AAED"), "does not match its check line"),
        (TEXT.replace("round: pulse-1", "round: pulse-2"), "does not match its check line"),
        (TEXT.replace("AAEC", "AA*C"), "block is damaged"),
        (TEXT.replace("round: pulse-1\n", ""), "block is damaged"),
        ("x" * (MAX_TEXT + 1), r"more than 8000000 characters \(limit MAX_TEXT\)"),
    ],
)
def test_real_damage_is_named(damaged: str, message: str) -> None:
    with pytest.raises(EnvelopeError, match=message):
        read_envelope(damaged, "REQUEST")


def test_a_round_key_round_trips_with_its_fingerprint(signing: SigningKey) -> None:
    key = read_round_key(signing.public.to_text())
    assert key == signing.public
    assert len(key.fingerprint) == 49
    assert key.fingerprint != RoundKey("pulse-2026-13", key.modulus).fingerprint


def test_a_key_file_with_another_fingerprint_is_refused(signing: SigningKey) -> None:
    payload = signing.public.modulus.to_bytes(256, "big")
    text = write_envelope(Envelope("ROUND KEY", "pulse-2026-12", "0000 " * 9 + "0000", payload))
    with pytest.raises(EnvelopeError, match="the fingerprint in the key file is not that of"):
        read_round_key(text)


@pytest.mark.parametrize(
    "modulus", [0, 2**2047, 2**2048 + 1, 2**2046 + 1, 3 * (2**2046 + 1)], ids=range(5)
)
def test_numbers_that_are_no_round_key_are_refused(modulus: int) -> None:
    with pytest.raises(EnvelopeError, match="is not an RSA key of 2048 bits; do not use it"):
        RoundKey("pulse-1", modulus)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a b", "a" * 33, "é", "a\n"])
def test_a_round_name_that_could_confuse_is_refused(name: str, signing: SigningKey) -> None:
    with pytest.raises(EnvelopeError, match="the round name may hold 1 to 32 of a-z"):
        RoundKey(name, signing.public.modulus)


def test_the_opening_file_of_the_largest_round_can_be_read() -> None:
    """Written it can be at any size, and then the signing key is gone: so it must be readable."""
    payload = bytes(MAX_SLOTS * RECORD_BYTES)
    text = write_envelope(SAMPLE._replace(kind="VOUCHER LIST", payload=payload))
    assert MAX_SLOTS == 10_000
    assert read_envelope(TEXT + text, "VOUCHER LIST").payload == payload
