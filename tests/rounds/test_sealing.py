"""Sealed statements: one size, one reader, no mark of the author."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, PublicKey, SealedBox

from asobna_rounds.errors import SealError
from asobna_rounds.sealing import (
    MAX_CHARACTERS,
    PLAIN_BYTES,
    SEALED_BYTES,
    SealedStatement,
    clean_statement,
    open_sealed,
    open_statement,
    seal,
)

KEY = PrivateKey(bytes(range(32)))
PUBLIC, PRIVATE = bytes(KEY.public_key), bytes(KEY)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Патрэбны доўгатэрміновыя візы.", "be"),
        ("x", ""),
        ("Reikia ilgesnių leidimų gyventi!", "lt"),
        ("\U0001f54a" * MAX_CHARACTERS, "en"),
        ("Тарашкевіца таксама патрэбная.", "be-tara"),
    ],
)
def test_a_statement_comes_back_as_written(text: str, language: str) -> None:
    assert open_statement(PRIVATE, seal(PUBLIC, text, language)) == (text, language)
    assert open_sealed(PRIVATE, seal(PUBLIC, text)) == text


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=MAX_CHARACTERS))
def test_every_statement_has_the_same_size_and_opens_to_its_clean_form(text: str) -> None:
    cleaned = clean_statement(text)
    if not cleaned or len(cleaned) > MAX_CHARACTERS:
        return
    blob = seal(PUBLIC, text)
    assert len(blob) == SEALED_BYTES == 2096
    assert open_statement(PRIVATE, blob) == SealedStatement(cleaned, "")
    assert clean_statement(cleaned) == cleaned


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two\t spaces \n and a line ", "two spaces and a line"),
        ("zero\u200bwidth\u2060\ufeff mark\u00ad", "zerowidth mark"),
        ("right\u202eto left\u2066", "rightto left"),
        ("marked\ufe0f by\U000e0141 a\u034f \u3164\u2800giver", "marked by a giver"),
        ("e\u200b\u0301te\u034f\u0301", "\u00e9t\u00e9"),
        ("e\u0301", "é"),
        ("bell\x07 null\x00", "bell null"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("пра\u00a0ў", "пра ў"),
    ],
)
def test_invisible_marks_of_an_author_are_removed(typed: str, kept: str) -> None:
    assert open_sealed(PRIVATE, seal(PUBLIC, typed)) == kept


def test_what_was_typed_with_marks_between_is_opened_not_refused() -> None:
    """It was received: a form that the cleaning itself would change again would be thrown away."""
    assert open_sealed(PRIVATE, seal(PUBLIC, "e\u200b\u0301t\u0435\u200d\u0308")) == "\u00e9t\u0451"


@pytest.mark.parametrize(
    ("text", "language", "message"),
    [
        ("", "", "the statement is empty; write one sentence"),
        (" \u200b\n", "", "the statement is empty; write one sentence"),
        ("я" * 281, "", r"has 281 characters; the limit is 280 \(MAX_CHARACTERS\)"),
        ("x", "Belarusian", 'the language tag is not of the form "be"'),
        ("x", "b\u0435", 'the language tag is not of the form "be"'),
    ],
)
def test_what_cannot_be_sealed_is_said(text: str, language: str, message: str) -> None:
    with pytest.raises(SealError, match=message):
        seal(PUBLIC, text, language)


def test_the_same_statement_twice_looks_different_every_byte_of_it() -> None:
    one, two = seal(PUBLIC, "the same words"), seal(PUBLIC, "the same words")
    same = sum(a == b for a, b in zip(one, two, strict=True))
    assert same < 40  # 2,096 random bytes agree in about 8 places


def test_only_the_moderator_opens_it() -> None:
    blob = seal(PUBLIC, "the words")
    with pytest.raises(SealError, match="sealed to another key, or altered"):
        open_statement(bytes(PrivateKey.generate()), blob)


def test_a_change_of_any_byte_is_noticed() -> None:
    blob = seal(PUBLIC, "the words")
    for place in random.Random(2).sample(range(SEALED_BYTES), 200):
        with pytest.raises(SealError, match="sealed to another key, or altered"):
            open_statement(PRIVATE, blob[:place] + bytes([blob[place] ^ 4]) + blob[place + 1 :])


@pytest.mark.parametrize("size", [0, 2095, 2097])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(SealError, match=f"has 2096 bytes, this has {size}"):
        open_statement(PRIVATE, bytes(size))


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (b"\x00\x03" + bytes(8) + b"abcd", "not in the agreed form"),
        (b"\x00\x00" + bytes(8), "not in the agreed form"),
        (b"\x00\x04" + bytes(8) + b"a  b", "not in the agreed form"),
        (b"\x00\x02" + bytes(8) + b"\xff\xfe", "does not hold text"),
        (b"\x00\x01" + b"\xc3" * 8 + b"a", "does not hold text"),
    ],
)
def test_a_hostile_box_cannot_smuggle_bytes_past_the_form(plain: bytes, message: str) -> None:
    """Padding and spacing are channels too: what our own `seal` would not write is refused."""
    blob = SealedBox(PublicKey(PUBLIC)).encrypt(plain.ljust(PLAIN_BYTES, b"\x00"))
    with pytest.raises(SealError, match=message):
        open_statement(PRIVATE, blob)
