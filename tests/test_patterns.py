"""Every pattern of every pack is tried on its own examples, in both directions.

A hit marks with << >> exactly what the pattern matches; a miss is a near-miss that it leaves alone.
A hit of a standing pattern must also come out of the whole pipeline with that standing and rule.
What a pattern ought to do and does not yet do stands in its `known_failures`, and must fail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from asobna.pack_files import BUILT_IN, pack_codes
from asobna.pack_trials import Example, documents, example, matched_spans
from asobna.packs import PATTERN_FILES, read_packs, read_pattern_files
from asobna.pipeline import read_documents

_MARKED = re.compile(r"<<(.*?)>>", re.DOTALL)


def _entries() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Each pattern of a pack's own files; the shared ones are tried by the languages they serve."""
    for lang in pack_codes():
        for path, entry in read_pattern_files(BUILT_IN, lang):
            if path.parent.parent.name == lang:
                yield lang, path, entry


ENTRIES = list(_entries())
HITS = [example(lang, entry["id"], hit) for lang, _, entry in ENTRIES for hit in entry["hits"]]
MISSES = [example(lang, e["id"], miss) for lang, _, e in ENTRIES for miss in e["misses"]]
FAILURES = [example(lang, e["id"], failure["text"]) for lang, _, e in ENTRIES
            for failure in e.get("known_failures", [])]  # fmt: skip


def _name(example: Example) -> str:
    return f"{example.pattern_id}: {example.text}"


def _spans(tried: Example) -> list[tuple[int, int]]:
    return matched_spans(tried, read_packs(only=(tried.lang,)))


@lru_cache
def _read(lang: str) -> dict[str, list[dict[str, Any]]]:
    """Standings of every hit and known failure of a pack, by text."""
    texts = sorted({one.text for one in HITS + FAILURES if one.lang == lang})
    reading = read_documents(documents(lang, texts), read_packs(only=(lang,)))
    rows: dict[str, list[dict[str, Any]]] = {text: [] for text in texts}
    for row in reading.standings.to_pylist():
        rows[texts[int(row["document_id"])]].append(row)
    return rows


def _outcomes(example: Example) -> set[tuple[str, str]]:
    """(standing, rule) of the mentions inside the marked span."""
    assert example.span
    start, end = example.span
    return {(row["standing"], row["rule_id"]) for row in _read(example.lang)[example.text]
            if row["start_cp"] < end and row["end_cp"] > start}  # fmt: skip


def _wanted(example: Example) -> tuple[str, str] | None:
    path, entry = next((p, e) for lang, p, e in ENTRIES
                       if (lang, e["id"]) == (example.lang, example.pattern_id))  # fmt: skip
    if PATTERN_FILES[path.stem][0] != "standing":
        return None
    return entry.get("sets", {}).get("standing", path.stem), example.pattern_id


def test_every_pattern_file_is_read() -> None:
    on_disk = {path for path in BUILT_IN.glob("*/patterns/*.toml")
               if path.parent.parent.name in pack_codes()
               and "[[pattern]]" in path.read_text(encoding="utf-8")}  # fmt: skip
    assert {path for _, path, _ in ENTRIES} == on_disk


@pytest.mark.parametrize("lang", pack_codes())
def test_every_pattern_of_the_table_comes_from_a_file(lang: str) -> None:
    ids = read_packs(only=(lang,)).patterns[lang].column("id").to_pylist()
    assert sorted(ids) == sorted(entry["id"] for _, entry in read_pattern_files(BUILT_IN, lang))


@pytest.mark.parametrize("lang", pack_codes())
def test_every_value_a_pattern_sets_is_json_text(lang: str) -> None:
    for row in read_packs(only=(lang,)).patterns[lang].to_pylist():
        values = json.loads(row["sets"])
        assert all(isinstance(value, str) for value in values.values()), row["id"]


@pytest.mark.parametrize(("lang", "path", "entry"), ENTRIES, ids=lambda v: v["id"]
                         if isinstance(v, dict) else "")  # fmt: skip
def test_a_pattern_says_why_and_has_examples(lang: str, path: Path, entry: dict[str, Any]) -> None:
    assert entry["because"].endswith(".")
    assert entry["hits"], f"{path}: {entry['id']} has no hit"
    assert entry["misses"], f"{path}: {entry['id']} has no near-miss"
    assert all(len(_MARKED.findall(hit)) == 1 for hit in entry["hits"])
    assert not any("<<" in miss for miss in entry["misses"])
    assert all(set(f) == {"text", "why"} for f in entry.get("known_failures", []))


@pytest.mark.parametrize("example", HITS, ids=_name)
def test_a_hit_is_matched_exactly(example: Example) -> None:
    found = [example.text[start:end] for start, end in _spans(example)]
    assert example.span in _spans(example), f"matched {found}"


@pytest.mark.parametrize("example", MISSES, ids=_name)
def test_a_near_miss_is_left_alone(example: Example) -> None:
    assert [example.text[start:end] for start, end in _spans(example)] == []


@pytest.mark.parametrize("example", [h for h in HITS if _wanted(h)], ids=_name)
def test_a_hit_comes_out_of_the_pipeline(example: Example) -> None:
    assert _wanted(example) in _outcomes(example)


@pytest.mark.parametrize("example", FAILURES, ids=_name)
@pytest.mark.xfail(strict=True, reason="known failure: see the entry in the pattern file")
def test_known_failure(example: Example) -> None:
    assert example.span in _spans(example)
    assert _wanted(example) is None or _wanted(example) in _outcomes(example)
