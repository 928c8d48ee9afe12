"""clues: what every match must hold is read off an expression, and never too much of it."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna.clue_index import ClueIndex
from asobna.clues import read_clues
from asobna.expressions import Panel, Pattern, compile_expression
from asobna.packs import read_packs
from asobna.skeletons import Sentence, Skeletons


def clues_of(match):
    """The clues of each alternative as sorted lists, for reading."""
    return [[sorted(clue) for clue in branch] for branch in read_clues([match])[match]]


@pytest.mark.parametrize(
    ("match", "clues"),
    [
        ("border", [[["border"]]]),
        ("Border", [[["border"]]]),
        ("a(?:bc|de)f", [[["abcf", "adef"]]]),
        ("(?:border|frontier) .*(?:shut|closed)", [[["border ", "frontier "], ["closed", "shut"]]]),
        ("shut border|closed .+ frontier", [[["shut border"]], [["closed "], [" frontier"]]]),
        (
            "shut.+(?:the border|a gate.+a road)",
            [
                [["shut"], ["the border"]],
                [["shut"], ["a gate"], ["a road"]],
            ],
        ),
        ("borders?", [[["border", "borders"]]]),
        ("(?:open )*border", [[["border"]]]),
        ("(?:open )+border", [[["open "], ["border"]]]),
        ("(?:open ){0,3}border", [[["border"]]]),
        ("(?:open ){2}border", [[["open "], ["open "], ["border"]]]),
        ("(?:open ){9,}border", [[["open "], ["open "], ["open "], ["border"]]]),
        ("bord[aeo]r", [[["bordar", "border", "bordor"]]]),
        ("bord[a-e]r", [[["bord"]]]),
        ("bord[^x]r", [[["bord"]]]),
        (r"bord[\pL'-]r", [[["bord"]]]),
        (r"(?-i:\p{Lu})order", [[["order"]]]),
        (r"(?P<m>border) (?P<e>shut)", [[["border shut"]]]),
        (r"^border$", [[["border"]]]),
        (r"\x{e9}t\x{E9}\x20\.", [[["\u00e9t\u00e9 ."]]]),
        ("(?:the )?(?:a|.+)", [[]]),  # nothing in it is sure
        ("a.b", [[]]),  # too short to tell anything
        ("", [[]]),
    ],
)
def test_clues_say_what_every_match_holds(match, clues):
    assert clues_of(match) == clues


@pytest.mark.parametrize(
    "match",
    [
        r"\Qborder.\E",
        r"border\C",
        "(?i)border",
        r"border [[:alpha:]]+",
        "border)",
        "(border",
        "[border",
        "+border",
        "border\U000f0001",
    ],
)
def test_of_syntax_that_is_not_known_nothing_is_said(match):
    assert not any(clue for clue in clues_of(match)[0] if clue != ["border "])


def test_an_expression_is_possible_where_all_clues_of_one_alternative_are():
    index = ClueIndex(list(read_clues(["shut.*border|open.+sea", "border", ".*"]).values()))
    assert index.possible(b"the border is shut") == [0, 1, 2]
    assert index.possible(b"the border of the open sky") == [1, 2]
    assert index.possible(b"an open sea") == [0, 2]
    assert index.possible(b"shut") == [2]
    assert ClueIndex([]).possible(b"border") == []


def test_the_clues_of_a_match_stand_one_after_another():
    index = ClueIndex(list(read_clues(["shut.+border|(?:open, ){2}.*sea", ".*"]).values()))
    assert index.in_order(0, b"they shut the border")
    assert not index.in_order(0, b"the border is shut")
    assert not index.in_order(0, b"shutborde")
    assert index.in_order(0, b"an open, open, wide sea")
    assert not index.in_order(0, b"the sea, an open, wide one, is open, too")
    assert index.in_order(1, b"")
    told = read_clues(["on.+one"])["on.+one"]
    assert not ClueIndex([told]).in_order(0, b"one")  # no sign serves two clues


def test_many_alternatives_are_told_as_one():
    few = "shut.+(?:" + "|".join(f"gate {letter}.+road" for letter in "abcdef") + ")"
    assert len(clues_of(few)) == 6
    assert clues_of(few.replace("|", "|gate g.+road|", 1)) == [
        [["shut"], sorted(f"gate {letter}" for letter in "abcdefg")]
    ]


_LITERAL = st.text(alphabet="abıİſsKkßÉé' -", min_size=1, max_size=4)
_EXPRESSION = st.recursive(
    _LITERAL | st.sampled_from([".", r"\d", "[ab]", "[a-c]", "[^a]", r"\pL", r"(?-i:\p{Lu})"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda them: f"(?:{'|'.join(them)})")
        | st.tuples(inner, st.sampled_from(["?", "*", "+", "{0,2}", "{2}", "{1,}", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        )
        | inner.map(lambda one: f"(?-i:{one})" if "(?-i:" not in one else one)
    ),
    max_leaves=8,
)
_TEXT = st.lists(_LITERAL | st.sampled_from(["1", "b", "ss", "SS", "É"]), max_size=8).map("".join)


@settings(max_examples=400)
@given(_EXPRESSION, _TEXT)
def test_what_re2_matches_is_always_possible(match, text):
    one = Pattern(match, "standing", 0, match, {}, frozenset(), "(?-i:" in match)
    skeleton = Skeletons([Sentence(text, 0, len(text), [])])
    small, seen = skeleton._small[:-1], (skeleton.data if one.sees_case else skeleton._small)[:-1]
    if compile_expression(match).search(seen):
        assert Panel([one]).possible([(0, small)]) == [(one, [0])]


def test_letters_that_re2_takes_for_one_another_are_folded_alike():
    letters = [chr(code) for code in range(0x21, 0x1F000) if chr(code).isalpha()]
    cased = [one for one in letters if one.lower() != one or one.upper() != one]
    every = " ".join(cased).encode()
    for letter in cased:
        same = re2.compile(f"(?i:{letter})".encode())
        found = {match.group().decode() for match in same.finditer(every)}
        assert {one.casefold() for one in found} == {letter.casefold()}, (letter, found)


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
def test_the_syntax_of_packs_is_known(lang):
    matches = read_packs(only=(lang,)).patterns[lang].column("match").to_pylist()
    silent = [match for match, told in read_clues(matches).items() if not all(told)]
    assert len(silent) <= len(matches) // 50, silent
