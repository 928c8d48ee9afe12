"""positions: every unit of place converts to every other, on every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.errors import PositionError
from asobna.positions import (
    Lines,
    Place,
    Utf16,
    bytes_to_code_points,
    code_points_to_bytes,
    code_points_to_utf16,
    utf16_to_code_points,
)

FLAG = "🇧🇾 Беларусь"
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


def test_one_place_has_three_numbers():
    assert FLAG.index("Беларусь") == 3
    assert code_points_to_bytes(FLAG, 3) == 9
    assert code_points_to_utf16(FLAG, 3) == 5


@given(texts, st.data())
def test_bytes_come_back(text, data):
    offsets = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    as_bytes = [code_points_to_bytes(text, offset) for offset in offsets]
    assert bytes_to_code_points(text.encode(), as_bytes) == offsets


@given(texts, st.data())
def test_utf16_comes_back(text, data):
    offset = data.draw(st.integers(0, len(text)))
    assert utf16_to_code_points(text, code_points_to_utf16(text, offset)) == offset


@given(texts, st.data())
def test_lines_come_back(text, data):
    lines = Lines(text)
    offset = data.draw(st.integers(0, len(text)))
    place = lines.place(offset)
    if place.column <= 1 + lines.span(place.line)[1] - lines.span(place.line)[0]:
        assert lines.offset(place) == offset


def test_lines_end_as_editors_end_them():
    lines = Lines("a\r\nb\rc\nd\u2028e")
    assert lines.count == 4
    assert lines.place(3) == Place(2, 1)
    assert lines.span(1) == (0, 1)
    assert lines.place(9) == Place(4, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: code_points_to_bytes("ab", 3), "offset 3 is outside a text of 2 code points"),
        (lambda: utf16_to_code_points("🇧", 1), "UTF-16 offset 1 lies inside a surrogate pair"),
        (lambda: utf16_to_code_points("ab", 5), "UTF-16 offset 5 is past the end at 2"),
        (lambda: bytes_to_code_points("ж".encode(), [1]), "byte 1 lies inside a character"),
        (lambda: bytes_to_code_points(b"ab", [2, 1]), "byte 1 is outside or before byte 2"),
        (lambda: Lines("ab").offset(Place(2, 1)), "line 2 does not exist; the text has 1"),
        (lambda: Lines("ab").offset(Place(1, 4)), "column 4 is not on line 1"),
    ],
)
def test_a_place_that_does_not_exist_is_named(call, message):
    with pytest.raises(PositionError, match=message):
        call()


@given(st.text(), st.data())
def test_many_utf16_look_ups_agree_with_one(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    units = Utf16(text)
    assert units.units(start) == code_points_to_utf16(text, start)
    assert (
        units.length(start, end) == len(text[start:end].encode("utf-16-le", "surrogatepass")) // 2
    )
    with pytest.raises(PositionError, match="is outside"):
        units.units(len(text) + 1)
