"""Small made-up readings for the tests of rates and reports: codes by hand, no classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from asobna.manifest import begin_manifest, finish_manifest
from asobna.packs import read_packs
from asobna.store import STORED, Store, write_manifest, write_unit
from asobna.tables import DOCUMENTS, STANDINGS, make_table

TEXT = "Belarus spoke. Russia and Belarus spoke. Minsk, Russia, spoke."
_MENTION = {
    "start_cp": 0, "end_cp": 7, "surface": "Belarus", "sentence_start_cp": 0,
    "sentence_end_cp": 14, "class": "belarus.country", "entity": "BY", "name_form": "preferred",
    "lang": "en", "standing": "own", "russia_in_scope": False, "actor": "country", "blame": "R0",
    "voice": "author", "time": "present", "rule_id": "default.own", "evidence_start_cp": 0,
    "evidence_end_cp": 7,
}  # fmt: skip
PAIRED = {"start_cp": 26, "end_cp": 33, "sentence_start_cp": 15, "sentence_end_cp": 40,
          "standing": "paired", "warrant": "joint-act", "russia_in_scope": True,
          "rule_id": "en.paired.direct"}  # fmt: skip
ABSORBED = {"start_cp": 41, "end_cp": 46, "sentence_start_cp": 41, "sentence_end_cp": 62,
            "standing": "absorbed", "basis": "place", "actor": "other", "russia_in_scope": True,
            "surface": "Minsk", "class": "belarus.capital", "name_form": None,
            "rule_id": "en.absorbed.place"}  # fmt: skip


def document(number, **given):
    """One document; given: date, source, party … and text."""
    return {"document_id": f"d{number:05d}", "text": TEXT, "lang": "en", "title": f"Item {number}",
            "date": "2021-03-01", "source": "Daily A", "kind": "news", "regions": [],
            **given}  # fmt: skip


def mention(of, **codes):
    """One coded mention of a document."""
    return {"document_id": of["document_id"]} | _MENTION | codes


def tables(documents, mentions):
    """DOCUMENTS and STANDINGS."""
    made = []
    for schema, rows in ((DOCUMENTS, documents), (STANDINGS, mentions)):
        made.append(make_table(schema, {name: [row.get(name) for row in rows]
                                        for name in schema.names}))  # fmt: skip
    return tuple(made)


def write_folder(path: Path, documents, mentions, **manifest):
    """A folder as `asobna read` leaves it."""
    read, standings = tables(documents, mentions)
    counts = [sum(m["document_id"] == d["document_id"] for m in mentions) for d in documents]
    stored = {
        "documents": _stored(read, documents, counts), "standings": standings,
        "mentions": standings.select(STORED["mentions"].names),
    }  # fmt: skip
    store = Store(str(path), create=True)
    store.commit([write_unit(str(path), "unit", stored, ["made-up:0"])])
    begun = begin_manifest(read_packs(only=("en",)), {"map": {}, "lang": "en"}, 1)
    told = {"documents": len(documents), "mentions": len(mentions), "rejects": 0}
    write_manifest(str(path), finish_manifest(begun, [], told) | manifest)
    return path


def _stored(read, documents, counts):
    schema = STORED["documents"]
    extra = {"line": [None] * len(documents), "bytes": [len(row["text"]) for row in documents],
             "mentions": counts}  # fmt: skip
    arrays = [read.column(field.name) if field.name in read.schema.names
              else pa.array(extra.get(field.name, [None] * len(documents)), field.type)
              for field in schema]  # fmt: skip
    return pa.Table.from_arrays(arrays, schema=schema)


def newspaper(documents=60, sources=("Daily A", "Daily B"), seed_dates=("2021-03-01",)):
    """Documents with three mentions each: own, own or paired, own; now and then absorbed."""
    made, coded = [], []
    for number in range(documents):
        one = document(number, source=sources[number % len(sources)],
                       date=seed_dates[number % len(seed_dates)],
                       text=f"{TEXT} Number {number}.")  # fmt: skip
        made.append(one)
        second = PAIRED if number % 3 == 0 else {"start_cp": 26, "end_cp": 33}
        third = ABSORBED if number % 10 == 0 else {"start_cp": 41, "end_cp": 46, "surface": "Minsk"}
        coded += [mention(one), mention(one, **second), mention(one, **third)]
    return made, coded


def lines(path: Path):
    """Rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
