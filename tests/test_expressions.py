"""expressions: sorting patterns out by their literals never loses a match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.expressions import (
    LONGEST_SORTED_BYTES,
    WORTH_PREPARING,
    Panel,
    Pattern,
    compile_expression,
    compile_patterns,
    panels_of,
)
from asobna.packs import read_packs
from asobna.skeletons import SIGN_OF_CLASS, Name, Sentence, Skeletons
from test_patterns import HITS, MISSES

B = SIGN_OF_CLASS["belarus.country"]


def pattern(match):
    cased = "(?-i:" in match
    return Pattern(match, "standing", 0, compile_expression(match), cased, {}, frozenset(), match)


def prepared(patterns):
    panel = Panel(patterns)
    for _ in range(WORTH_PREPARING + 1):
        panel.possible(b"")
    return panel


def skeletons(text):
    return Skeletons([Sentence(text, 0, len(text), [])])


def found(patterns, text):
    return [(m.pattern.id, m.start_byte, m.end_byte) for m in skeletons(text).matches(patterns)]


def test_a_pattern_whose_literals_are_not_there_is_not_tried():
    panel = prepared(map(pattern, ["border with", r"\pL+ talks", "(?-i:Union) state", r"\d+"]))
    assert [p.id for p in panel.possible(b"the talks on 3 borders")] == [r"\pL+ talks", r"\d+"]
    assert [p.id for p in panel.possible(b"a union state")] == ["(?-i:Union) state", r"\d+"]


def test_the_first_texts_and_long_ones_are_tried_with_everything():
    panel = Panel([pattern("border"), pattern("talks")])
    asked = [len(panel.possible(b"none")) for _ in range(WORTH_PREPARING + 2)]
    assert asked == [2] * WORTH_PREPARING + [0, 0]
    assert len(panel.possible(b"a" * (LONGEST_SORTED_BYTES + 1))) == 2


def test_a_panel_of_nothing_tries_nothing():
    assert found(prepared([]), "talks") == []


@pytest.mark.parametrize(
    ("match", "text"),
    [
        ("(?-i:A)sk", "Aſk"),  # a long s folds to s, and is a small letter already
        ("(?-i:A)sk", "AſK"),
        ("(?-i:İ)stanbul", "İSTANBUL"),
        ("(?-i:M)aße", "MASSE Maße MASZE MAẞE"),
        ("σοφός", "ΣΟΦΌΣ"),
        ("(?-i:Σ)οφός", "ΣΟΦΌΣ σοφός"),
        ("(?-i:[А-Я])орода", "Города ГОРОДА"),
        (r"(?-i:\p{Lu}\pL+) fell", "Prices FELL"),
        (r"x{2}y{0,3}z{1,2} [^q] [a-c\pN] \x{e9}t\x{E9}", "xxz a 4 été, xxyyzz b a ÉTÉ"),
        (r"a\{2\} [\]x] \\p", r"a{2} ] \p"),
        ("né", "NÉ"),
    ],
)
def test_letters_with_odd_small_forms_lose_nothing(match, text):
    one = pattern(match)
    assert found(prepared([one]), text) == found([one], text)


_LETTERS = st.text(alphabet="AaSsſKkKİiıßẞΣσςÉéЖжᲀвВ -'", max_size=8)


@given(_LETTERS, _LETTERS, st.booleans())
def test_a_match_is_never_sorted_out(literal, around, sees_case):
    if not literal.strip():
        return
    one = pattern(f"(?-i:{literal[0]}){literal[1:]}" if sees_case else literal)
    for text in (literal, literal.upper(), literal.lower(), literal.title(), f"{around} {literal}"):
        assert found(prepared([one]), text) == found([one], text)


@pytest.mark.parametrize("lang", sorted({example.lang for example in HITS}))
def test_examples_of_a_pack_match_as_without_sorting(lang):
    table = read_packs(only=(lang,)).patterns[lang]
    every = [p for p in compile_patterns(table) if p.decides not in ("clause", "trap", "phrase")]
    panel = prepared(panels_of(table).judging)
    texts = [example.text for example in HITS + MISSES if example.lang == lang]
    for text in texts[:200]:
        names = [Name(0, 0, "belarus.country", 0)]
        one = Skeletons([Sentence(text, 0, len(text), names)])
        marks = [[(m.pattern.id, m.start_byte) for m in one.matches(p)] for p in (panel, every)]
        assert marks[0] == marks[1]
