"""The door: both tiers come out alike; nothing forged, replayed or foreign gets in."""

from __future__ import annotations

import pytest

from asobna_rounds.credentials import (
    Door,
    RoundKey,
    SignedToken,
    VoucherList,
    read_credential,
    tag,
    verify,
    write_credential,
)
from asobna_rounds.credentials.forgeries import KINDS, REPLAYS, Attack
from asobna_rounds.credentials.opening import Opening, read_opening
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import show_code
from asobna_rounds.errors import CREDENTIAL_REASONS, CredentialError, EnvelopeError


@pytest.fixture(scope="module")
def attack() -> Attack:
    return Attack.on_a_round(12)


def reason(door: Door, text: str) -> str:
    with pytest.raises(CredentialError) as caught:
        door.admit(text)
    assert caught.value.reason in CREDENTIAL_REASONS
    return caught.value.reason


def test_both_tiers_end_as_32_bytes_and_a_tag_that_look_the_same(signing: SigningKey) -> None:
    code, record = signing.voucher()
    door = Door(signing.public, VoucherList.of(signing.public, [record]))
    signed = signing.issue()
    assert door.admit(write_credential(signed)) == signed.token
    opened = door.vouchers.open(code)
    assert door.admit(show_code(code)) == opened.token
    assert verify(signing.public, *opened)
    assert {len(tag(b"k" * 32, token)) for token in (signed.token, opened.token)} == {32}


def test_the_list_and_the_secret_together_do_not_point_at_a_stored_tag(attack: Attack) -> None:
    """With every byte of the box but no paper: no part of a record hashes to a stored tag."""
    for lookup, box in attack.door.vouchers.records.items():
        record = lookup + box
        for start in range(len(record) - 31):
            assert tag(attack.round_secret, record[start : start + 32]) not in attack.known


def test_a_tag_needs_a_whole_secret(signing: SigningKey) -> None:
    with pytest.raises(ValueError, match="the round secret has 16 bytes; use 32 random bytes"):
        tag(bytes(16), bytes(32))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("hello", "unreadable"),
        ("A" * 384, "forged"),
        ("A" * 383, "unreadable"),
        ("A" * 388, "unreadable"),
        ("A" * 5000, "unreadable"),
        ("Прывітанне" * 20, "unreadable"),
        ("0" * 26, "unknown"),
        ("1" + "0" * 25, "check"),
        ("\x00" * 384, "unreadable"),
    ],
)
def test_each_refusal_has_its_reason(attack: Attack, text: str, expected: str) -> None:
    assert reason(attack.door, text) == expected


def test_another_round_of_the_same_name_or_the_same_key_is_refused(signing: SigningKey) -> None:
    twin = SigningKey.generate(signing.public.round_id)
    renamed = SigningKey(RoundKey("renamed", signing.public.modulus), signing.exponent)
    door = Door(signing.public, VoucherList.of(signing.public, ()))
    for foreign in (twin, renamed):
        assert reason(door, write_credential(foreign.issue())) == "forged"


def test_signatures_of_wrong_length_are_false_not_an_error(signing: SigningKey) -> None:
    signed = signing.issue()
    assert verify(signing.public, *signed)
    for wrong in (b"", signed.signature[1:], b"\x00" + signed.signature, signed.signature * 2):
        assert not verify(signing.public, signed.token, wrong)
    assert not verify(signing.public, signed.token + b"\x00", signed.signature)


def test_pasted_text_survives_line_breaks_and_odd_spaces(signing: SigningKey) -> None:
    signed = signing.issue()
    text = write_credential(signed)
    assert [len(line) for line in text.splitlines()] == [64] * 6
    assert read_credential("\ufeff" + text.replace("\n", "\r\n \u00a0")) == signed
    assert isinstance(read_credential(text), SignedToken)


def test_no_forgery_is_accepted_and_every_replay_is_the_same_voter(attack: Attack) -> None:
    """The short form of the 10⁶ tries below: each kind 1,000 times."""
    tally = attack.run(13_000, seed=1)
    assert tally.accepted == {}
    assert dict(tally.tried) == dict.fromkeys(KINDS, 1_000)
    assert dict(tally.recognised) == dict.fromkeys(REPLAYS, 1_000)


@pytest.mark.slow
def test_none_of_a_million_tries_is_accepted() -> None:
    tally = Attack.on_a_round(150).run(1_000_000, seed=2)
    assert tally.tried.total() == 1_000_000
    assert tally.accepted == {}
    assert set(tally.recognised) == set(REPLAYS)


def test_the_attack_would_notice_a_door_that_admits_too_much(attack: Attack) -> None:
    """The detector itself: with the genuine tags forgotten, replays count as new voters."""
    blind = Attack(**{**vars(attack), "known": frozenset()})
    assert set(blind.run(130).accepted) == set(REPLAYS)


def test_the_opening_file_round_trips(signing: SigningKey) -> None:
    code, record = signing.voucher()
    opening = Opening(signing.public, VoucherList.of(signing.public, [record]), 40, 31, 1)
    read = read_opening(opening.to_text())
    assert (read.invited, read.issued, read.again) == (40, 31, 1)
    assert (read.key, read.vouchers) == (opening.key, opening.vouchers)
    assert len(Door(read.key, read.vouchers).admit(code)) == 32


def test_an_opening_file_without_its_numbers_is_refused(signing: SigningKey) -> None:
    opening = Opening(signing.public, VoucherList.of(signing.public, ()), 40, 31, 1)
    with pytest.raises(EnvelopeError, match='the line "issued:" is missing in the opening file'):
        read_opening(opening.to_text().replace("issued: 31\n", ""))
