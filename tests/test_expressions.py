"""expressions: sorting patterns out by their literals never loses a match."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from asobna.expressions import (
    Panel,
    Pattern,
    compile_expression,
    panels_of,
)
from asobna.packs import read_packs
from asobna.skeletons import SIGN_OF_CLASS, Name, Sentence, Skeletons
from test_patterns import HITS, MISSES

B = SIGN_OF_CLASS["belarus.country"]


def pattern(match):
    return Pattern(match, "standing", 0, match, {}, frozenset(), "(?-i:" in match)


class Unsorted(Panel):
    """Patterns that are all tried on every line."""

    def possible(self, lines):
        numbers = [number for number, _ in lines]
        return [(pattern, numbers) for pattern in self]


def skeletons(text):
    return Skeletons([Sentence(text, 0, len(text), [])])


def found(patterns, text):
    return [(m.pattern.id, m.start_byte, m.end_byte) for m in skeletons(text).matches(patterns)]


def test_a_pattern_is_tried_on_the_lines_that_hold_its_literals():
    names = ["border with", r"\pL+ talks", "(?-i:Union) state", r"\d+"]
    lines = [*enumerate([b"the talks on 3 borders", b"a union state", b"no word of it" * 400])]
    tried = {p.id: found for p, found in Panel(map(pattern, names)).possible(lines)}
    assert tried == {r"\pL+ talks": [0], "(?-i:Union) state": [1], r"\d+": [0, 1, 2]}


def test_a_pattern_that_is_not_tried_is_not_compiled():
    broken = pattern("border (")
    with pytest.raises(re2.error):
        _ = broken.expression
    panel = Panel([pattern("talks"), pattern("a border with walls")])
    compile_expression.cache_clear()
    assert found(panel, "talks at the border") == [("talks", 0, 5)]
    assert compile_expression.cache_info().currsize == 1


def test_only_some_lines_are_read():
    two = Skeletons([Sentence("talks", 0, 5, []), Sentence("no talks", 0, 8, [])])
    spans = [(m.line, *two.source_span(m)) for m in two.matches(Panel([pattern("talks")]), {1})]
    assert spans == [(1, 3, 8)]


def test_a_panel_of_nothing_tries_nothing():
    assert found(Panel([]), "talks") == []


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
    assert found(Panel([one]), text) == found(Unsorted([one]), text)


_LETTERS = st.text(alphabet="AaSsſKkKİiıßẞΣσςÉéЖжᲀвВ -'", max_size=8)


@given(_LETTERS, _LETTERS, st.booleans())
def test_a_match_is_never_sorted_out(literal, around, sees_case):
    if not literal.strip():
        return
    one = pattern(f"(?-i:{literal[0]}){literal[1:]}" if sees_case else literal)
    for text in (literal, literal.upper(), literal.lower(), literal.title(), f"{around} {literal}"):
        assert found(Panel([one]), text) == found(Unsorted([one]), text)


@pytest.mark.parametrize("lang", sorted({example.lang for example in HITS}))
def test_examples_of_a_pack_match_as_without_sorting(lang):
    table = read_packs(only=(lang,)).patterns[lang]
    panel = panels_of(table).judging
    every = Unsorted(panel)
    texts = [example.text for example in HITS + MISSES if example.lang == lang]
    for text in texts[:200]:
        names = [Name(0, 0, "belarus.country", 0)]
        one = Skeletons([Sentence(text, 0, len(text), names)])
        marks = [[(m.pattern.id, m.start_byte) for m in one.matches(p)] for p in (panel, every)]
        assert marks[0] == marks[1]


@pytest.mark.parametrize(
    ("match", "text", "spans"),
    [
        (r"\pL+", "Łódź, Мінск 3 白俄 日本 Ⴀ", ["Łódź", "Мінск", "白俄", "日本", "Ⴀ"]),
        (r"[\pL'-]+ a", "l'été-là a", ["l'été-là a"]),
        (r"[^\pL ]+", "ab ,;", [",;"]),
        (r"(?-i:\p{Lu}\pL+)", "Žemė žemė Ściana ściana Ґанок", ["Žemė", "Ściana", "Ґанок"]),
        (r"(?-i:[\p{Ll}-]+) b", "Ab b, ščß-x b", ["ščß-x b"]),
        (r"\[\pL\]", "a [b]", ["[b]"]),
    ],
)
def test_classes_of_letters_say_what_unicode_says(match, text, spans):
    data = text.encode()
    assert [
        data[start:end].decode() for _, start, end in found(Panel([pattern(match)]), text)
    ] == spans
