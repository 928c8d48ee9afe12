"""skeletons: names become signs, clauses become walls, and every match finds its way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.expressions import Panel, Pattern
from asobna.skeletons import SIGN_OF_CLASS, Name, Sentence, Skeletons

B, R = SIGN_OF_CLASS["belarus.country"], SIGN_OF_CLASS["russia.country"]


def sentence(text, start=0, end=None):
    """A sentence in which the words Belarus and Russia are names."""
    end = len(text) if end is None else end
    names, at = [], start
    while at < end:
        word = next((w for w in ("Belarus", "Russia") if text.startswith(w, at)), None)
        if word:
            kind = "belarus.country" if word == "Belarus" else "russia.country"
            names.append(Name(at, at + len(word), kind, len(names)))
        at += len(word or "x")
    return Sentence(text, start, end, names)


def pattern(match, name="p", **sets):
    return Pattern(name, "standing", 0, match, sets, frozenset(), "(?-i:" in match)


def spans(match, *texts, clauses=()):
    skeletons = Skeletons([sentence(text) for text in texts], Panel(clauses))
    return [
        texts[m.line][slice(*skeletons.source_span(m))]
        for m in skeletons.matches(Panel([pattern(match)]))
    ]


@pytest.mark.parametrize(
    ("match", "text", "found"),
    [
        (f"{R} and {B}", "Trade with Russia and Belarus fell.", ["Russia and Belarus"]),
        (f"{R} and {B}", "Russia  and\n\tBelarus", ["Russia  and\n\tBelarus"]),
        (f"{R}'s {B}", "Russia’s Belarus", ["Russia’s Belarus"]),
        (f"{R}-{B}", "the Russia–Belarus border", ["Russia–Belarus"]),
        (f'"{B}"', "the “Belarus” stand", ["“Belarus”"]),
        (f"with {B}", "WITH Belarus", ["WITH Belarus"]),
        (f"(?-i:With) {B}", "with Belarus, With Belarus", ["With Belarus"]),
        (f"né en {B}", "NÉ EN Belarus", ["NÉ EN Belarus"]),
        (f"{R} and", "Russia and Belarus and Russia and", ["Russia and", "Russia and"]),
        ("aid", "said, aided, aid", ["aid"]),
        ("🇧🇾", "ж 🇧🇾 Belarus 🇧🇾", ["🇧🇾", "🇧🇾"]),
        (f"{R} 和 {B}", "对Russia和Belarus的制裁。", ["Russia和Belarus"]),
        (f"{R} 和 {B} 的制裁", "对Russia和Belarus的制裁。", ["Russia和Belarus的制裁"]),
        (f"对 {R} 和", "他说对Russia和Belarus的", ["对Russia和"]),
        (f"{R}, {B}", "Russia、Belarus，", ["Russia、Belarus"]),
        (f"{R} {B},", "RussiaBelarus，", ["RussiaBelarus，"]),
        (f"{R}はc", "Russiaはcとa", []),
        (f"{R} は2", "Russiaは２０", []),
        (f"{R} は20", "Russiaは２０", ["Russiaは２０"]),
        (f'"{B}"', "「Belarus」", ["「Belarus」"]),
        (
            f"{R}, {B}.",
            "Russia، Belarus۔ Russia, Belarus।",
            ["Russia، Belarus۔", "Russia, Belarus।"],
        ),
    ],
)
def test_spans_in_the_source(match, text, found):
    assert spans(match, text) == found


def test_a_name_stands_between_spaces_where_words_do_not():
    data = Skeletons(
        [sentence(t) for t in ("对Russia和Belarus的", "Russia，Belarus、。", "Russia’s x")]
    ).data
    assert data.decode().splitlines() == [f"对 {R} 和 {B} 的", f"{R}, {B},.", f"{R}'s x"]


def test_a_pattern_never_leaves_its_sentence():
    assert spans(f"{R}.*{B}", "Russia voted.", "Belarus voted.") == []


def test_a_clause_is_a_wall_to_a_plain_space():
    texts = ["Russia waits while Belarus votes"]
    clauses = [pattern("while")]
    assert spans(f"{R} waits while {B}", *texts) == ["Russia waits while Belarus"]
    assert spans(f"{R} waits while {B}", *texts, clauses=clauses) == []
    assert spans(f"{R} waits[ \x1f]while {B}", *texts, clauses=clauses) == [
        "Russia waits while Belarus"
    ]


def test_signs_typed_by_a_stranger_are_not_names():
    text = f"{B} and {R} in Belarus"
    skeletons = Skeletons([sentence(text)])
    assert skeletons.data.decode().count(B) == 1


def test_invisible_signs_are_dropped_and_counted():
    assert spans(f"{R} and {B}", "Russia\u200b and\u2060\u2060 Belarus") == [
        "Russia\u200b and\u2060\u2060 Belarus"
    ]


def test_rows_of_a_group_are_those_spoken_of():
    skeletons = Skeletons([sentence("Belarus let Russia use Belarus")])
    matches = list(skeletons.matches(Panel([pattern(f"{B} let {R} use (?P<m>{B})")])))
    assert [m.rows for m in matches] == [[2]]


def test_each_alternative_has_a_group_of_its_own():
    skeletons = Skeletons(
        [sentence("Belarus let Russia use Belarus"), sentence("Belarus of Russia")]
    )
    match = f"{B} let (?P<e>{R} use) (?P<m>{B})|(?P<n>{B}) (?P<f>of) {R}"
    found = list(skeletons.matches(Panel([pattern(match)])))
    assert [m.rows for m in found] == [[2], [0]]
    texts = ["Belarus let Russia use Belarus", "Belarus of Russia"]
    assert [texts[m.line][slice(*skeletons.source_span(m))] for m in found] == ["Russia use", "of"]


@given(
    st.lists(
        st.sampled_from(["Belarus", "Russia", "and", "ж", "🇧🇾", "  ", "\n", "é", "和", "、", "「"])
    )
)
def test_every_name_is_found_where_it_stands(words):
    text = " ".join(words)
    skeletons = Skeletons([sentence(text)])
    found = [
        text[slice(*skeletons.source_span(m))]
        for m in skeletons.matches(Panel([pattern(f"[{B}{R}]")]))
    ]
    assert found == [w for w in words if w in {"Belarus", "Russia"}]


@given(st.lists(st.text(alphabet="AbБж🇧 .\n'’", max_size=20), max_size=6))
def test_sentences_together_match_as_each_alone(texts):
    texts = [f"{text} Russia and Belarus {text}" for text in texts]
    match = f"{R} and {B}"
    assert spans(match, *texts) == [found for text in texts for found in spans(match, text)]


@pytest.mark.parametrize(
    "opening", ["", " ", "\t", "\u00a0 ", "* ", "  – ", "1) ", "12. ", "## ", "> ", "\u2060\u2060 "]
)
def test_a_sentence_begins_with_its_words(opening):
    assert spans(f"(?m:^){B} voted", f"{opening}Belarus voted.") == ["Belarus voted"]


@pytest.mark.parametrize("opening", ["“", "Yes ", "1 ", "a) ", "-"])
def test_a_quotation_mark_or_a_word_is_no_bullet(opening):
    assert spans(f"(?m:^){B} voted", f"{opening}Belarus voted.") == []
