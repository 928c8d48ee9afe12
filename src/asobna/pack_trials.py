"""A pack tried on its own sentences: those of cases.toml, and the examples of its own patterns.

Each trial says in one sentence what came out and where the sentence stands. A sentence of
cases.toml must get its standing, and raise no error unless it is an absorption; a hit of a pattern
must be matched exactly as marked, and a near-miss must be left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.errors import PackError
from asobna.expressions import Panel, panels_of
from asobna.findings import raise_findings
from asobna.lexicon import compile_names
from asobna.mentions import find_mentions
from asobna.pack_files import read_toml
from asobna.packs import Packs, read_pattern_files
from asobna.pipeline import read_documents
from asobna.skeletons import Name, Sentence, Skeletons
from asobna.tables import DOCUMENTS, STANDING_VALUES, make_table

#: The key of cases.toml under which traps stand.
NO_MENTION = "none"
ERROR, ABSORBED = "E", "absorbed"
_MARKED = re.compile(r"<<(.*?)>>", re.DOTALL)
#: These run before names are joined into phrases, the others after.
_EARLY = {"clause", "trap", "phrase"}
#: A pattern reads many sentences in one pass: an example must not owe its match to being alone.
_NEIGHBOUR = Sentence("Nothing here.", 0, 13, [])


class Case(NamedTuple):
    """One sentence of cases.toml: the standing it must get and where its mention is marked."""

    standing: str
    text: str
    start_cp: int
    end_cp: int
    line: int


class Tried(NamedTuple):
    """A case with the rows of STANDINGS and FINDINGS that came out."""

    case: Case
    standings: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class Example(NamedTuple):
    """One example of a pattern: its text and the span it marks (none for a near-miss)."""

    lang: str
    pattern_id: str
    text: str
    span: tuple[int, int] | None


# sentences of cases.toml


def read_cases(root: Path, code: str) -> dict[str, list[str]]:
    """Sentences of cases.toml by the standing each must get. Raises PackError if it is broken."""
    path = root / code / "cases.toml"
    if not path.exists():
        return {}
    found: dict[str, list[str]] = read_toml(path)
    for standing, texts in found.items():
        if standing not in (*STANDING_VALUES, NO_MENTION):
            raise PackError(f"{path}:{line_of(path, standing)}: '{standing}' is no standing; they "
                            f"are {', '.join(STANDING_VALUES)}, and none for traps")  # fmt: skip
        for text in texts:
            if text.count("[[") != 1 or text.count("]]") != 1:
                raise PackError(f"{path}:{line_of(path, text)}: mark one mention with [[ ]] "
                                f"in “{text}”")  # fmt: skip
    return found


def line_of(path: Path, text: str) -> int:
    """The first line of a file that holds `text`, counted from 1; 1 when none does."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def try_cases(root: Path, code: str, packs: Packs) -> list[Tried]:
    """Read every sentence of cases.toml with its pack."""
    cases = [_case(root / code / "cases.toml", standing, text)
             for standing, texts in read_cases(root, code).items() for text in texts]  # fmt: skip
    table = documents(code, [case.text for case in cases])
    standings = read_documents(table, packs).standings
    findings = raise_findings(standings, table, packs.advice)
    said, raised = _by_document(standings), _by_document(findings)
    return [Tried(case, said.get(str(at), []), raised.get(str(at), []))
            for at, case in enumerate(cases)]  # fmt: skip


def _case(path: Path, standing: str, text: str) -> Case:
    start, end = text.index("[["), text.index("]]") - 2
    plain = text.replace("[[", "").replace("]]", "")
    return Case(standing, plain, start, end, line_of(path, text))


def documents(lang: str, texts: list[str]) -> pa.Table:
    """DOCUMENTS of one language; the id of each is its place in the list."""
    count = len(texts)
    return make_table(DOCUMENTS, {
        "document_id": [str(index) for index in range(count)], "text": list(texts),
        "lang": [lang] * count, "regions": [[] for _ in range(count)]})  # fmt: skip


def _by_document(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["document_id"], []).append(row)
    return rows


def case_problem(tried: Tried) -> str | None:
    """What is wrong with what came out of one case, or None."""
    case = tried.case
    rows = [
        r for r in tried.standings if r["start_cp"] < case.end_cp and case.start_cp < r["end_cp"]
    ]
    got = rows[0]["standing"] if rows else NO_MENTION
    shown = _shown(case)
    if got != case.standing:
        rule = f" ({rows[0]['rule_id']})" if rows else ""
        return f"{case.standing} was expected and {got} found{rule} in “{shown}”"
    if rows and (rows[0]["start_cp"], rows[0]["end_cp"]) != (case.start_cp, case.end_cp):
        return f"the mention found is “{rows[0]['surface']}”, not what is marked, in “{shown}”"
    errors = [row["rule_id"] for row in tried.findings if row["severity"] == ERROR]
    if errors and case.standing != ABSORBED:
        return f"an error is raised ({errors[0]}) where nothing is wrong, in “{shown}”"
    return None


def _shown(case: Case) -> str:
    start, end = case.start_cp, case.end_cp
    return f"{case.text[:start]}[[{case.text[start:end]}]]{case.text[end:]}"


# examples of patterns


def example(lang: str, pattern_id: str, text: str) -> Example:
    """An example as it is written: `<<` and `>>` mark what a hit must match."""
    marked = _MARKED.search(text)
    plain = _MARKED.sub(r"\1", text)
    span = (marked.start(), marked.start() + len(marked.group(1))) if marked else None
    return Example(lang, pattern_id, plain, span)


def pattern_problems(root: Path, code: str, packs: Packs) -> Iterator[str]:
    """What the patterns of a pack's own files do to their examples other than they should."""
    for path, entry in read_pattern_files(root, code):
        if path.parent.parent.name != code:
            continue
        for text in entry["hits"]:
            hit = example(code, entry["id"], text)
            spans = matched_spans(hit, packs)
            if hit.span not in spans:
                got = ", ".join(f"“{hit.text[a:b]}”" for a, b in spans) or "nothing"
                yield (f"{path}:{line_of(path, text)}: pattern '{entry['id']}' matches {got} "
                       f"and not what is marked in “{text}”")  # fmt: skip
        for text in entry["misses"]:
            for start, end in matched_spans(example(code, entry["id"], text), packs):
                yield (f"{path}:{line_of(path, text)}: pattern '{entry['id']}' matches "
                       f"“{text[start:end]}” in its near-miss “{text}”")  # fmt: skip


def matched_spans(tried: Example, packs: Packs) -> list[tuple[int, int]]:
    """What a pattern matches in an example when it runs alone: half-open code points."""
    panels = panels_of(packs.patterns[tried.lang])
    pattern = next(p for panel in panels for p in panel if p.id == tried.pattern_id)
    early = pattern.decides in _EARLY
    sentences = [_raw_sentence(tried, packs)] if early else _joined_sentences(tried, packs)
    clauses = None if early else panels.clauses
    skeletons = Skeletons([_NEIGHBOUR, *sentences, _NEIGHBOUR], clauses)
    return [skeletons.source_span(match) for match in skeletons.matches(Panel([pattern]))]


def _raw_sentence(tried: Example, packs: Packs) -> Sentence:
    lexicon = compile_names(packs.names[tried.lang])
    names = [Name(hit.start_cp, hit.end_cp, lexicon.classes[hit.row], index)
             for index, hit in enumerate(lexicon.find(tried.text))]  # fmt: skip
    return Sentence(tried.text, 0, len(tried.text), names)


def _joined_sentences(tried: Example, packs: Packs) -> list[Sentence]:
    lang, text = tried.lang, tried.text
    found = find_mentions(documents(lang, [text]), packs.names[lang], packs.patterns[lang])
    rows = list(enumerate(found.sightings.to_pylist()))
    spans = groupby(rows, key=lambda r: (r[1]["sentence_start_cp"], r[1]["sentence_end_cp"]))
    return [Sentence(text, *span, [Name(r["start_cp"], r["end_cp"], r["class"], index)
                                   for index, r in group]) for span, group in spans]  # fmt: skip
