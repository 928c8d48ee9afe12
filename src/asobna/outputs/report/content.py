"""What a report says, before it is laid out: one dictionary that every format is made from."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.outputs.report.figures import Figure, figure_of
from asobna.outputs.report.folder import Folder, about, reprint_families, texts_of
from asobna.rates import Design, measure_rates
from asobna.rates.cells import AS_PUBLISHED, EVENT
from asobna.rates.dates import NAMED_DATES
from asobna.rates.measures import COLUMNS as MEASURED_CODES
from asobna.rates.measures import MEASURES, WHOLE, count_mentions
from asobna.rates.standardise import compare_before_after
from asobna.rates.sums import Sums, document_rows, running_text, sum_documents
from asobna.rates.suppression import HIDDEN
from asobna.tables import STANDING_VALUES

CODEBOOK = "draft 2"
EXAMPLES_PER_CLASS = 3
EXAMPLE_LENGTH_CP = 420
_COMPARED = ("own_terms", "strict", "broad", "listed", "warranted")

#: Columns of standings that a report needs.
COLUMNS = (*MEASURED_CODES, "end_cp", "sentence_start_cp", "sentence_end_cp", "rule_id")

LIMITS = (
    "It says how texts place Belarus. It does not say whether an author is right, kind or hostile.",
    "Naming the two countries together is not an error, and often it is correct: a joint act, a "
    "rule that names both, a parallel fact.",
    "Shares depend on what the texts are about. Compare like with like: sport with sport, the same "
    "sources with the same sources.",
    "The classifier makes mistakes. “Uncorrected” figures are its own count; intervals cover "
    "chance, not its mistakes.",
    "A change at a date is not a change because of it.",
    "What these texts leave unsaid, and who is quoted in them, is not measured here.",
)


class Request(NamedTuple):
    """What a user asked of a report."""

    title: str
    design: Design
    seed: int
    note: str = ""


def make_content(path: Path, folder: Folder, request: Request) -> dict[str, Any]:
    """Measure a folder and gather all that a report says about it.

    Returns JSON-ready values: title, run, frame, figures, measures, rates, changes, examples,
    limits. Every rate has passed `figure_of`.
    """
    families, how = reprint_families(path)
    design = request.design._replace(families=families)
    sums = sum_documents(folder.documents, folder.standings, families)
    pa.default_memory_pool().release_unused()
    rates = measure_rates(folder.documents, folder.standings, design, sums).to_pylist()
    versions = versions_of(folder)
    for row in rates:
        row["printed"] = figure_of(row, versions).short
    changes = _changes(sums, folder.documents.column("date"), design, rates)
    del sums  # the largest thing in memory; nothing below needs it
    return {
        "title": request.title,
        "control": control_note(folder.manifest),
        "run": _run(folder, request, how),
        "frame": _frame(folder),
        "sentence": _sentence(rates, versions),
        "measures": [measure._asdict() for measure in MEASURES.values()],
        "rates": rates,
        "changes": changes,
        "events": [{"date": date, "what": NAMED_DATES.get(date, "named by the user")}
                   for date in design.events],
        "examples": _examples(path, folder, request.seed),
        "limits": [*LIMITS, *filter(None, [request.note])],
        "hidden": sum(row["state"] == HIDDEN for row in rates),
    }  # fmt: skip


def country_of(manifest: Mapping[str, Any]) -> str:
    """BY, or the control country that was read in its place."""
    return str(manifest.get("parameters", {}).get("country") or "BY")


def control_note(manifest: Mapping[str, Any]) -> str:
    """What a reader must know first when the run is no reading of Belarus; else empty."""
    country = manifest.get("parameters", {}).get("country")
    if not country:
        return ""
    if country == "BY":
        return (
            "A crude reading for comparison: only the words of the country were looked for, "
            "no person, town or body."
        )
    return (
        f"A control reading: the words of country {country} were read in the place of those of "
        f"Belarus. Wherever this report says Belarus, it counts {country}."
    )


def versions_of(folder: Folder) -> dict[str, str]:
    """The versions every figure names: asobna, codebook, and of the packs those that read any of
    its documents (language, version, hash). All that stood ready are in the run's hash.
    """
    packs = ", ".join(f"{lang} {pack['version']} ({pack['sha256'][:8]})"
                      for lang, pack in _packs_used(folder).items())  # fmt: skip
    return {"asobna": folder.manifest["asobna_version"], "codebook": CODEBOOK,
            "packs": packs or "none"}  # fmt: skip


def _packs_used(folder: Folder) -> dict[str, Mapping[str, Any]]:
    """The packs of languages that occur in the documents, by code."""
    langs = {*folder.documents.column("lang").unique().to_pylist()}
    packs = folder.manifest["packs"]
    return {lang: packs[lang] for lang in sorted(packs) if lang in langs}


def spoken_period(period: str) -> str:
    """A half-year as it is; of dates that tell the year alone, that they do."""
    return period if "-" in period else f"{period}, no month"


def rows_of(rates: Sequence[Mapping[str, Any]], **wanted: Any) -> list[Mapping[str, Any]]:
    """Rates as published and uncorrected, unless asked otherwise, that have these values."""
    wanted |= {"reprints": AS_PUBLISHED, "correction": "uncorrected"} | wanted
    for name, value in wanted.items():
        rates = [row for row in rates if row[name] == value]
    return list(rates)


def _run(folder: Folder, request: Request, how: str) -> dict[str, Any]:
    manifest = folder.manifest
    told = ("packs", "inputs", "asobna_version", "counts")
    packs = {lang: pack["sha256"] for lang, pack in manifest["packs"].items()}
    return versions_of(folder) | {
        "id": _hash({name: manifest[name] for name in told})[:8],
        "finished": manifest["finished"],
        "seed": request.seed, "reprints": how, "country": country_of(manifest),
        "inputs": [row | {"path": row["path"].replace("\\", "/").rsplit("/", 1)[-1]}
                   for row in manifest["inputs"]],
        "pack_hashes": {lang: packs[lang] for lang in _packs_used(folder)},
        "packs_ready": len(packs), "packs_ready_hash": _hash(packs),
    }  # fmt: skip


def _hash(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _frame(folder: Folder) -> dict[str, Any]:
    dates = sorted(date for date in folder.documents.column("date").unique().to_pylist() if date)
    standings = folder.standings
    return {
        "documents": folder.documents.num_rows,
        "documents_naming_belarus": pc.count_distinct(standings.column("document_id")).as_py(),
        "mentions": standings.num_rows,
        "quoted": _count(standings, "voice", "quoted"),
        "historical": _count(standings, "time", "historical"),
        "first_date": dates[0] if dates else None, "last_date": dates[-1] if dates else None,
        "sources": len([s for s in folder.documents.column("source").unique().to_pylist() if s]),
        "rejects": folder.manifest["counts"].get("rejects"),
    }  # fmt: skip


def _count(standings: pa.Table, column: str, value: str) -> int:
    found = pc.sum(pc.equal(standings.column(column).cast(pa.string()), value)).as_py()
    return int(found or 0)


def _sentence(rates: Sequence[Mapping[str, Any]], versions: Mapping[str, str]) -> str:
    """The finding in one breath, or why there is none."""
    found = {code: rows[0] for code in ("own_terms", "strict", "broad")
             if (rows := rows_of(rates, measure=code, axis="all"))}  # fmt: skip
    own = found.get("own_terms")
    if own is None or own["state"] == HIDDEN:
        return "There is too little text about Belarus here to give a share."
    words = {code: figure_of(row, versions).short for code, row in found.items()}
    return (
        f"Of {own['denominator']:,.0f} mentions in {own['documents']:,} documents, "
        f"{words['own_terms']} treat Belarus in its own right; {words['strict']} fold it into "
        f"Russia (strict count; broad count {words['broad']}).{_rest(rates, versions)}"
    )


def _rest(rates: Sequence[Mapping[str, Any]], versions: Mapping[str, str]) -> str:
    """The other two of four shares, without which the reader asks what is left."""
    told = {"warranted": "name it with Russia for a stated reason", "listed": "name it in a list"}
    said = [f"{figure_of(row, versions).short} {words}" for code, words in told.items()
            for row in rows_of(rates, measure=code, axis="all")
            if row["state"] != HIDDEN and row["estimate"] != 0]  # fmt: skip
    return f" The others: {', '.join(said)}." if said else ""


def _changes(
    sums: Sums, dates: pa.ChunkedArray, design: Design, rates: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Before and after each event, crude and at one mix of sources, where both sides are shown."""
    changes = []
    for date in design.events:
        for code in _COMPARED:
            sides = rows_of(rates, measure=code, axis=f"{EVENT}{date}")
            if len(sides) < 2 or any(side["state"] == HIDDEN for side in sides):
                continue
            change = compare_before_after(sums, dates, code, date)
            changes.append({
                "measure": code, "date": date, "left_out": list(change.left_out),
                **{name: side["printed"] for name, side in zip(("before", "from"), sides,
                                                               strict=True)},
                "crude": change.crude._asdict() if change.crude else None,
                "standardised": change.standardised._asdict() if change.standardised else None,
            })  # fmt: skip
    return changes


def _examples(path: Path, folder: Folder, seed: int) -> list[dict[str, Any]]:
    """Three sentences per standing, drawn at random; never picked. How many there are in all is
    not told: for a rare standing that would give away a hidden share."""
    standings = folder.standings
    column = standings.column("standing").cast(pa.string())
    drawn: list[dict[str, Any]] = []
    for value in STANDING_VALUES:
        rows = pc.indices_nonzero(pc.equal(column, value))
        generator = random.Random(f"{seed} {value}")
        picked = generator.sample(range(len(rows)), min(EXAMPLES_PER_CLASS, len(rows)))
        drawn += standings.take(rows.take(pa.array(sorted(picked), pa.int64()))).to_pylist()
    known = about(path, [row["document_id"] for row in drawn])
    texts = texts_of(path, list(known))
    counted = _counted_as(folder, pa.Table.from_pylist(drawn, standings.schema))
    return [_example(row, known[row["document_id"]], texts[row["document_id"]]) | {"counted": code}
            for row, code in zip(drawn, counted, strict=True)]  # fmt: skip


def _counted_as(folder: Folder, standings: pa.Table) -> list[str]:
    """The measure each row counts for: strict, or the one of the four shares; empty for none."""
    running = running_text(folder.documents, standings, document_rows(folder.documents, standings))
    counted = count_mentions(standings, running)
    return [next((code for code in ("strict", *WHOLE) if counted[code][0][row]), "")
            for row in range(standings.num_rows)]  # fmt: skip


def _example(row: Mapping[str, Any], document: Mapping[str, Any], text: str) -> dict[str, Any]:
    first = max(row["sentence_start_cp"], row["start_cp"] - EXAMPLE_LENGTH_CP // 2)
    last = min(row["sentence_end_cp"], row["end_cp"] + EXAMPLE_LENGTH_CP // 2)
    return {
        "standing": row["standing"], "rule_id": row["rule_id"],
        "voice": row["voice"], "document_id": row["document_id"],
        "start_cp": row["start_cp"], "end_cp": row["end_cp"],
        "before": ("… " if first > row["sentence_start_cp"] else "") + text[first:row["start_cp"]],
        "mention": text[row["start_cp"]:row["end_cp"]],
        "after": text[row["end_cp"]:last] + (" …" if last < row["sentence_end_cp"] else ""),
        **{name: document[name] for name in ("date", "source", "speaker", "title", "url")},
    }  # fmt: skip


def headline_figures(content: Mapping[str, Any]) -> list[tuple[str, str, Figure]]:
    """The four figures on top: name, definition and the figure itself."""
    figures = []
    for code in ("own_terms", "strict", "broad", "regime_people"):
        rows = rows_of(content["rates"], measure=code, axis="all")
        if rows:
            measure = MEASURES[code]
            figures.append((measure.name, measure.definition, figure_of(rows[0], content["run"])))
    return figures
