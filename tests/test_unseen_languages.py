"""The pages of tests/languages are tests: sentences of each language, coded before any was read.

A line holds one bracketed mention and, after the arrow, its standing, actor, blame, voice and time.
What a line leaves out is the ordinary case of `ORDINARY`. The mention that overlaps the brackets
most is judged; `none` is right when no mention does. Sentences still misread stand with the reason
in languages/known_failures.toml; one that starts to pass fails here until it is taken out.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from asobna.packs import read_packs
from asobna.pipeline import read_documents
from asobna.tables import DOCUMENTS, STANDING_VALUES, make_table
from pages import Sentence, as_param, read_known_failures, read_pages

FOLDER = Path(__file__).parent / "languages"
ORDINARY = {"blame": "R0", "voice": "author", "time": "present"}
_KEYS = {"actor", *ORDINARY}


SENTENCES = read_pages(FOLDER)
KNOWN_FAILURES = read_known_failures(FOLDER)
LANGUAGES = sorted({sentence.page.stem for sentence in SENTENCES})


@lru_cache
def _read(lang: str) -> dict[str, list[dict[str, Any]]]:
    """Standings of every sentence of a language, by text; each sentence is a document."""
    texts = sorted({sentence.text for sentence in SENTENCES if sentence.page.stem == lang})
    documents = make_table(DOCUMENTS, {
        "document_id": [str(index) for index in range(len(texts))], "text": list(texts),
        "lang": [lang] * len(texts), "regions": [[] for _ in texts]})  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {text: [] for text in texts}
    for row in read_documents(documents, read_packs(only=(lang,))).standings.to_pylist():
        found[texts[int(row["document_id"])]].append(row)
    return found


def _judged(sentence: Sentence) -> dict[str, Any] | None:
    """The mention that overlaps the brackets most."""
    start, end = sentence.span
    overlaps = [(min(end, row["end_cp"]) - max(start, row["start_cp"]), index)
                for index, row in enumerate(_read(sentence.page.stem)[sentence.text])]  # fmt: skip
    overlap, index = max(overlaps, default=(0, 0))
    return _read(sentence.page.stem)[sentence.text][index] if overlap > 0 else None


@pytest.mark.parametrize("sentence", [as_param(sentence, KNOWN_FAILURES) for sentence in SENTENCES])
def test_unseen_sentence(sentence: Sentence) -> None:
    row = _judged(sentence)
    if sentence.standing == "none":
        assert row is None
        return
    assert row is not None, "no mention was found"
    wanted = {"standing": sentence.standing, **ORDINARY, **sentence.attributes}
    assert {column: row[column] for column in wanted} == wanted, row["rule_id"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_on_a_page_is_flagged_that_is_not_absorbed(lang: str) -> None:
    """An accusation that is wrong costs more than one missed; the known ones are named."""
    wrong = [sentence.text for sentence in SENTENCES
             if sentence.page.stem == lang and sentence.standing != "absorbed"
             and sentence.line not in KNOWN_FAILURES
             and any(row["standing"] == "absorbed" for row in _read(lang)[sentence.text])]  # fmt: skip
    assert wrong == []


def test_lines_use_known_values() -> None:
    for sentence in SENTENCES:
        assert sentence.standing in (*STANDING_VALUES, "none"), sentence.line
        assert set(sentence.attributes) <= _KEYS, sentence.line
        assert sentence.standing == "none" or "actor" in sentence.attributes, sentence.line


def test_no_sentence_stands_twice() -> None:
    lines = [(sentence.page.stem, sentence.text, sentence.span) for sentence in SENTENCES]
    assert len(lines) == len(set(lines))


def test_known_failures_are_lines_of_the_pages() -> None:
    assert sorted(KNOWN_FAILURES.keys() - {sentence.line for sentence in SENTENCES}) == []
    assert all(len(why) > 20 for why in KNOWN_FAILURES.values())
