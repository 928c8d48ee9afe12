"""The scan finds every place where the lexicon finds a certain name, with either engine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna import scanner as module
from asobna.lexicon import certain_forms, compile_names
from asobna.packs import read_packs
from asobna.scanner import Form, Scanner, choose_keys
from asobna.scanning import scanner_of


def places(scanner, *texts):
    found = scanner.scan(pa.array(texts, pa.large_string()))
    return list(zip(found.rows.tolist(), found.starts.tolist(), strict=True))


FORMS = [Form("Minsk"), Form("Białorus", True), Form("Белару́сь"), Form("白俄罗斯"),
         Form("Union State"), Form("Nina Kalinina", person="k"), Form("Bate")]  # fmt: skip


@pytest.mark.parametrize("portable", [False, True])
def test_places_are_bytes_within_their_text(portable, monkeypatch):
    monkeypatch.setattr(module, "WORTH_BUILDING_BYTES", 0)
    scanner = Scanner(FORMS, portable=portable)
    assert places(scanner, "In Minsk", "", "ąMinsk, MINSK and minsk", "x", "Białorusinów") == [
        (0, 3), (2, 2), (2, 9), (2, 19), (4, 0)]  # fmt: skip
    assert places(scanner, "Белару́сь", "去白俄罗斯了") == [(0, 0), (1, 3)]


def test_words_are_whole_where_they_must_be():
    scanner = Scanner(FORMS)
    assert places(scanner, "debate", "bated", "Leninsk", "Minsker", "Minsk's", "xMinsk") == [(4, 0)]


def test_a_name_never_spans_two_texts():
    assert places(Scanner(FORMS), "Min", "sk", "x Mins", "k") == []
    assert places(Scanner(FORMS), "in", "Minsk", "er") == [(1, 0)]


@pytest.mark.parametrize("space", [" ", "\n", "\u00a0", "\u202f", "\u2009", "\t"])
def test_kin_of_a_space_are_found(space):
    assert places(Scanner(FORMS), f"the Union{space}State") == [(0, 4)]


def test_a_surname_stands_for_the_person_without_its_ending():
    keys = choose_keys([Form("Nina Kalinina", person="k"), Form("N. Kalinina", person="k"),
                        Form("Kalininai", person="k")])  # fmt: skip
    assert [(key.text, key.ends_word) for key in keys] == [("kalinina", False)]


@pytest.mark.parametrize("portable", [False, True])
def test_an_ending_of_one_group_finds_no_longer_words_for_another(portable):
    scanner = Scanner([Form("Homel", open_ended=True, group=0), Form("Homel region", group=1)],
                      portable=portable)  # fmt: skip
    assert sorted((key.text, key.ends_word, key.groups) for key in scanner.keys) == [
        ("homel", False, 1), ("homel", True, 2)]  # fmt: skip
    texts = pa.array(["homeland", "Homel region"] * 2, pa.large_string())
    found = scanner.scan(texts, np.array([0, 0, 1, 1], np.int64))
    assert found.by_row() == {0: [0], 1: [0], 3: [0]}
    assert scanner.scan(texts).by_row() == {0: [0], 1: [0], 2: [0], 3: [0]}


def test_only_the_forms_of_a_group_are_looked_for():
    scanner = Scanner([Form("Minsk", group=0), Form("Mensk", group=9), Form("Union State", group=9),
                       Form("Minsk", group=3)])  # fmt: skip
    texts = pa.array(["Minsk, Mensk, Union\u00a0State"] * 4, pa.large_string())
    found = scanner.scan(texts, np.array([0, 9, -1, 3]))
    assert list(zip(found.rows.tolist(), found.starts.tolist(), strict=True)) == [
        (0, 0), (1, 7), (1, 14), (2, 0), (2, 7), (2, 14), (3, 0)]  # fmt: skip


def test_texts_in_few_languages_are_looked_through_for_their_keys(monkeypatch):
    """What the smaller engine finds is what that for every language does, as languages come in."""
    monkeypatch.setattr(module, "WORTH_BUILDING_BYTES", 0)
    forms = [Form("Minsk", group=0), Form("Mensk", group=1), Form("Union State", group=2)]
    texts = pa.array(["Minsk, Mensk, Union State", "Mensk", "Minsk"] * 2, pa.large_string())
    few, every = Scanner(forms), Scanner(forms)
    for groups in ([0] * 6, [0, 1] * 3, [2] * 6, [-1] * 6, [1] * 6):
        asked = np.array(groups, np.int64)
        found = few.scan(texts, asked)
        with monkeypatch.context() as patched:
            patched.setattr(module, "_FEW_GROUPS", -1)
            wanted = every.scan(texts, asked)
        assert found.rows.tolist() == wanted.rows.tolist()
        assert found.starts.tolist() == wanted.starts.tolist()
    assert few.scan(texts, np.zeros(6, np.int64)).by_row() == {0: [0], 2: [0], 3: [0], 5: [0]}


def test_a_slice_of_a_column_is_scanned_as_itself():
    column = pa.array(["Minsk"] * 3 + ["no", "in Minsk"], pa.large_string())
    found = Scanner(FORMS).scan(column[3:])
    assert (found.rows.tolist(), found.starts.tolist()) == ([1], [3])


def test_a_kept_scanner_finds_the_same(monkeypatch):
    monkeypatch.setattr(module, "WORTH_BUILDING_BYTES", 0)
    scanner = Scanner(FORMS)
    again = Scanner.restore(scanner.keys, scanner.compiled())
    texts = ("Minsk and Białorusini", "Union State")
    assert places(again, *texts) == places(scanner, *texts) == [(0, 0), (0, 10), (1, 0)]
    if module.hyperscan is not None:
        with pytest.raises(ValueError, match="not compiled for this machine"):
            Scanner.restore(scanner.keys, b"spoilt")


ENGLISH = read_packs(only=("en",)).names["en"]
SPELLINGS = sorted({form.text for form in certain_forms(ENGLISH)})
SCANNER = Scanner(certain_forms(ENGLISH))
FILLER = st.sampled_from([" ", "\n", "-", ", ", "x", "é", "в ", "'s ", ". ", "(", "_", "9"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(FILLER, st.sampled_from(SPELLINGS), FILLER), max_size=5))
def test_no_text_with_a_certain_name_is_dropped(pieces):
    text = "".join(before + name + after for before, name, after in pieces)
    lexicon = compile_names(ENGLISH)
    certain = [hit for hit in lexicon.find(text) if not lexicon.needs_cue[hit.row]
               and lexicon.classes[hit.row].startswith(("belarus.", "joint."))]  # fmt: skip
    assert not certain or places(SCANNER, text)


@pytest.mark.parametrize("code", ["en", "de", "pl", "ru", "sv"])
def test_every_spelling_of_a_language_is_found(code):
    names = read_packs(only=(code,)).names[code]
    spellings = sorted({form.text for form in certain_forms(names)})
    found = Scanner(certain_forms(names)).scan(pa.array(spellings, pa.large_string()))
    assert set(found.rows.tolist()) == set(range(len(spellings)))


@pytest.mark.slow
def test_every_spelling_of_every_language_is_found_by_the_scan_of_all():
    packs = read_packs()
    for code in packs.codes:
        spellings = sorted({form.text for form in certain_forms(packs.names[code])})
        found = scanner_of(packs).scan(pa.array([f"– {s} –" for s in spellings], pa.large_string()))
        missed = [s for row, s in enumerate(spellings) if row not in set(found.rows.tolist())]
        assert missed == [], code


def test_no_pack_leaves_a_short_word_open():
    keys = scanner_of(read_packs()).keys
    short = [
        key.text
        for key in keys
        if not key.ends_word and len(key.text) <= 5 and key.text.isascii() and key.text.isalpha()
    ]
    assert short == []  # such a key begins ordinary words: homel, homeland
