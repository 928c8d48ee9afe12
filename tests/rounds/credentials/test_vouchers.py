"""Voucher codes: every single slip of the finger is caught, every honest spelling accepted."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

import pytest

from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import (
    ALPHABET,
    LIST_STEP,
    RECORD_BYTES,
    VoucherList,
    check_symbol,
    new_code,
    read_code,
    read_voucher_list,
    show_code,
)
from asobna_rounds.errors import CredentialError, EnvelopeError

CODES = [new_code() for _ in range(40)] + ["0" * 26, "Z" * 25 + check_symbol("Z" * 25)]


def reason(text: str) -> str | None:
    try:
        read_code(text)
    except CredentialError as error:
        return error.reason
    return None


def test_a_code_has_26_symbols_of_32_without_look_alikes() -> None:
    assert (len(ALPHABET), len(set(ALPHABET)), set("OILU") & set(ALPHABET)) == (32, 32, set())
    assert all(len(code) == 26 and set(code) <= set(ALPHABET) for code in CODES)


def test_a_known_code_never_changes_meaning() -> None:
    assert check_symbol("0123456789ABCDEFGHJKMNPQR") == "B"


def test_every_single_wrong_symbol_is_caught() -> None:
    tried = 0
    for code in CODES:
        for place, right in enumerate(code):
            for wrong in ALPHABET.replace(right, ""):
                tried += 1
                assert reason(code[:place] + wrong + code[place + 1 :]) == "check"
    assert tried == len(CODES) * 26 * 31


def test_every_swap_of_two_different_symbols_is_caught_adjacent_or_not() -> None:
    adjacent = 0
    for code in CODES:
        for left, right in combinations(range(26), 2):
            if code[left] == code[right]:
                continue
            swapped = list(code)
            swapped[left], swapped[right] = swapped[right], swapped[left]
            adjacent += right - left == 1
            assert reason("".join(swapped)) == "check"
    assert adjacent > 900


def test_every_single_symbol_lost_or_doubled_is_caught_by_the_length() -> None:
    code = CODES[0]
    for place in range(26):
        assert reason(code[:place] + code[place + 1 :]) == "unreadable"
        assert reason(code[:place] + code[place] + code[place:]) == "unreadable"


@pytest.mark.parametrize(
    "spelling",
    [
        show_code,
        str.lower,
        lambda code: f"  {code[:13]} {code[13:]}\n",
        lambda code: "–".join(code[i : i + 5] for i in range(0, 26, 5)),
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("1", "i").replace("V", "u"),
        lambda code: code.translate(str.maketrans("ABEKMHPCTYX30", "АВЕКМНРСТУХЗО")),
        lambda code: code.lower().translate(str.maketrans("aekmpctyx", "аекмрстух")),
        lambda code: "\ufeff" + code.replace("1", "І"),
    ],
    ids=["hyphens", "lower", "spaces", "dashes", "o l", "i u", "Cyrillic", "cyrillic", "BOM І"],
)
def test_honest_spellings_are_accepted(spelling: object) -> None:
    for code in CODES:
        assert read_code(spelling(code)) == code  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "-", "ABC", "!" * 26, "Я" * 26, "0" * 27, "é" * 26])
def test_what_is_no_code_is_unreadable(text: str) -> None:
    assert reason(text) == "unreadable"


def test_messages_never_repeat_what_was_typed() -> None:
    code = new_code()
    wrong = code[:25] + ("0" if code[25] != "0" else "1")
    with pytest.raises(CredentialError) as caught:
        read_code(wrong)
    assert str(caught.value) == (
        "the check symbol does not fit: a character is mistyped or two are swapped"
    )


def test_codes_use_all_their_symbols_evenly() -> None:
    """25 × 20,000 symbols over 32 values: chi-square with 31 degrees of freedom, p = 1e-9."""
    counts = Counter("".join(new_code()[:25] for _ in range(20_000)))
    expected = 25 * 20_000 / 32
    assert sum((counts[s] - expected) ** 2 / expected for s in ALPHABET) < 108


def test_the_list_hides_how_many_and_in_which_order(signing: SigningKey) -> None:
    made = [signing.voucher() for _ in range(7)]
    lists = [VoucherList.of(signing.public, [record for _, record in made])]
    lists.append(VoucherList.of(signing.public, [record for _, record in reversed(made)]))
    for vouchers in lists:
        assert len(vouchers.records) == LIST_STEP
        assert list(vouchers.records) == sorted(vouchers.records)
    genuine = {record for _, record in made}
    shared = set(lists[0].records.items()) & set(lists[1].records.items())
    assert {lookup + box for lookup, box in shared} == genuine
    assert all(len(record) == RECORD_BYTES for record in genuine)


def test_an_empty_list_is_a_list(signing: SigningKey) -> None:
    vouchers = VoucherList.of(signing.public, ())
    assert read_voucher_list(vouchers.to_text(), signing.public).records == {}


def test_the_list_round_trips_and_knows_its_round(signing: SigningKey, other: SigningKey) -> None:
    code, record = signing.voucher()
    text = VoucherList.of(signing.public, [record]).to_text()
    read = read_voucher_list(text, signing.public)
    assert read.open(code) == read_voucher_list(text, signing.public).open(code)
    with pytest.raises(EnvelopeError, match="belongs to another round key"):
        read_voucher_list(text, other.public)


def test_a_code_not_on_the_list_is_unknown(signing: SigningKey) -> None:
    vouchers = VoucherList.of(signing.public, [signing.voucher()[1]])
    with pytest.raises(CredentialError) as caught:
        vouchers.open(new_code())
    assert caught.value.reason == "unknown"


def test_a_list_record_altered_anywhere_does_not_open(signing: SigningKey) -> None:
    code, record = signing.voucher()
    for place in random.Random(1).sample(range(RECORD_BYTES), 40):
        altered = record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :]
        vouchers = VoucherList.of(signing.public, [altered])
        with pytest.raises(CredentialError) as caught:
            vouchers.open(code)
        assert caught.value.reason == "unknown"
