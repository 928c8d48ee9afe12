"""standings → findings: what a writer could change, why, and with which words.

A finding never asks for more than its reason carries: E a checkable statement is wrong, S a form of
a name, C a wording that tends to mislead in bulk. Most standings raise nothing; they are counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.markup import INVISIBLE_FILLER
from asobna.skeletons import first_word
from asobna.tables import DEFAULT_RULE, FINDINGS, make_table
from asobna.texts import texts_of

#: Mentions a document needs before "every one beside Russia" says anything (codebook 8).
MIN_MENTIONS_FOR_DOCUMENT = 5

_BESIDE_RUSSIA = frozenset({"paired", "derived", "absorbed"})
_DATES = frozenset({"from", "undated"})
_STOPS = " \t\r\n,;:.!?"
_QUOTED_ERROR = "These are somebody else's words: consider a clarifying note. "


class _Advice(NamedTuple):
    row: dict[str, Any]
    when: dict[str, list[Any]]
    rewrites: list[tuple[re.Pattern[str], str]]


def raise_findings(standings: pa.Table, documents: pa.Table, advice: pa.Table) -> pa.Table:
    """Raise what a writer could change.

    standings: STANDINGS; documents: their DOCUMENTS; advice: ADVICE of every language in use.
    Returns FINDINGS in the order of documents and text, at most one per rule and span.
    """
    if not standings.num_rows:
        return FINDINGS.empty_table()
    compiled = compile_advice(advice)
    texts = texts_of(documents)
    told = documents.select(_SHOWN).to_pylist()
    order = {row["document_id"]: number for number, row in enumerate(told)}
    raised: dict[tuple[str, int, int, str], dict[str, Any]] = {}
    for document_id, rows in _by_document(standings):
        place = order[document_id]
        document = {**told[place], "text": texts[place]}
        for row in rows:
            for item in compiled.get(row["lang"], []):
                finding = _raise(row, rows, item, document)
                if finding:
                    key = (document_id, finding["start_cp"], finding["end_cp"], finding["rule_id"])
                    raised.setdefault(key, finding)
    found = sorted(
        raised.values(),
        key=lambda f: (order[f["document_id"]], f["start_cp"], f["end_cp"], f["rule_id"]),
    )
    return make_table(FINDINGS, {name: [f[name] for f in found] for name in FINDINGS.names})


_compiled: dict[int, tuple[pa.Table, dict[str, list[_Advice]]]] = {}


def compile_advice(advice: pa.Table) -> dict[str, list[_Advice]]:
    """Advice by language, its rewrites compiled; the same table object is compiled once."""
    known = _compiled.get(id(advice))
    if known is None or known[0] is not advice:
        known = _compiled[id(advice)] = (advice, _compile(advice))
    return known[1]


def _compile(advice: pa.Table) -> dict[str, list[_Advice]]:
    compiled: dict[str, list[_Advice]] = {}
    for row in advice.to_pylist():
        rewrites = [
            (re.compile(item["match"]), item["replace"]) for item in json.loads(row["rewrites"])
        ]
        compiled.setdefault(row["lang"], []).append(_Advice(row, json.loads(row["when"]), rewrites))
    return compiled


def _by_document(standings: pa.Table) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows worth a look, by document: those of plain own standing without blame raise nothing."""
    columns = (standings.column(name).to_pylist() for name in _LOUD)
    loud = [
        row
        for row, (standing, blame, *others) in enumerate(zip(*columns, strict=True))
        if standing != "own" or blame != "R0" or any(other is not None for other in others)
    ]
    rows: dict[str, list[dict[str, Any]]] = {}
    counts = Counter(standings.column("document_id").to_pylist())
    for row in standings.take(pa.array(loud, pa.int64())).to_pylist():
        rows.setdefault(row["document_id"], []).append(row)
    for document_id, found in rows.items():
        found[0]["mentions"] = counts[document_id]
        yield document_id, found


_BREAKS = re.compile(r"[\r\n\t]\s*|[ ]{2,}")
_LOUD = ("standing", "blame", "note_id", "replacement")
_SHOWN = ["document_id", "path", "date", "regions"]


def _raise(
    row: dict[str, Any], rows: list[dict[str, Any]], item: _Advice, document: dict[str, Any]
) -> dict[str, Any] | None:
    """The finding this advice raises for a mention, or None."""
    if row["time"] == "historical" and not item.row["in_history"]:
        return None
    if not _holds(row, rows, item.when) or not _dated(document["date"], item.when):
        return None
    severity = item.row["severity"]
    quoted = row["voice"] == "quoted" and not item.row["in_quotes"]
    if quoted and severity != "E":
        return None
    text = document["text"]
    start, end = _trimmed(text, _span(row, item.when))
    if _ignored(document["regions"], start, item.row["id"]):
        return None
    because = _QUOTED_ERROR + item.row["because"] if quoted else item.row["because"]
    return {
        "document_id": document["document_id"],
        "path": document["path"],
        "start_cp": start,
        "end_cp": end,
        "severity": "C" if quoted else severity,
        "rule_id": item.row["id"],
        "message": _fill(item.row["message"], row, text[start:end]),
        "because": because,
        "wordings": [] if quoted else _wordings(text, (start, end), row, item.rewrites),
        "advice": item.row["advice"] or None,
        "fact_ids": item.row["fact_ids"],
    }


def _holds(row: dict[str, Any], rows: list[dict[str, Any]], when: dict[str, list[Any]]) -> bool:
    for column, values in when.items():
        if column == "scope":
            if not _SCOPES[values[0]](row, rows):
                return False
        elif column not in _DATES and row[column] not in values:
            return False
    return True


def _dated(date: str | None, when: dict[str, list[Any]]) -> bool:
    """Whether the date of the document fits: on or after `from`, or not given where `undated`."""
    if "undated" in when:
        return date is None
    return "from" not in when or (date is not None and date >= when["from"][0])


def _first_characterisation(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether no earlier sentence of the document characterises Belarus otherwise."""
    return row is next((other for other in rows if other["standing"] == "derived"), None)


def _whole_document(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether every mention of a document with enough of them stands beside or in Russia."""
    if row is not rows[0]:
        return False
    enough = row["mentions"] == len(rows) >= MIN_MENTIONS_FOR_DOCUMENT
    return enough and all(other["standing"] in _BESIDE_RUSSIA for other in rows)


_SCOPES = {"first": _first_characterisation, "document": _whole_document}


def _span(row: dict[str, Any], when: dict[str, list[Any]]) -> tuple[int, int]:
    """What the pattern saw where a standing or a note is the reason, else the mention alone."""
    noted = "note_id" in when and row["rule_id"] == DEFAULT_RULE
    if noted or ("standing" in when and when.get("scope") != ["document"]):
        return row["evidence_start_cp"], row["evidence_end_cp"]
    return row["start_cp"], row["end_cp"]


def _trimmed(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """A span without the spaces and stops at its ends, which a pattern may need to see."""
    words = text[slice(*span)].rstrip(_STOPS)
    end = span[0] + len(words)
    return end - len(words.lstrip(_STOPS)), end


def _ignored(regions: list[dict[str, Any]], start: int, rule_id: str) -> bool:
    for region in regions:
        kind, *rules = region["kind"].split()
        covers = kind == "ignored" and region["start_cp"] <= start < region["end_cp"]
        named = not rules or any(rule_id == r or rule_id.startswith(f"{r}.") for r in rules)
        if covers and named:
            return True
    return False


def _fill(message: str, row: dict[str, Any], span: str) -> str:
    return message.format(
        surface=" ".join(row["surface"].split()),
        replacement=row["replacement"] or "",
        span=" ".join(span.split()),
    )


def _shown(wording: str) -> str:
    """A wording on one line, without what stood there for markup."""
    return _BREAKS.sub(" ", wording.replace(INVISIBLE_FILLER, ""))


def _wordings(
    text: str,
    span: tuple[int, int],
    row: dict[str, Any],
    rewrites: list[tuple[re.Pattern[str], str]],
) -> list[str]:
    """Whole replacements of the span; a capital that opens a sentence is kept."""
    original = text[span[0] : span[1]]
    opens = first_word(text, row["sentence_start_cp"], span[0]) == span[0]
    found = []
    for pattern, replacement in rewrites:
        filled = _fill(replacement, row, original)
        wording = pattern.sub(filled, original, count=1)
        if original[:1].isupper() and opens:
            wording = wording[:1].upper() + wording[1:]
        if wording != original and _shown(wording) not in found:
            found.append(_shown(wording))
    return found
