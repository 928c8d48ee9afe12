"""Pieces of work → committed units, in this process, in several, or on a cluster.

Every engine runs the same pure function over references: it reads one piece, judges it, writes its
data files and sends back only their names. The caller commits. What is committed does not depend on
the engine, the number of workers or the order in which they finish.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from asobna.controls import exchange_names
from asobna.documents import extract_documents
from asobna.packs import Packs, read_packs
from asobna.pipeline import Reading
from asobna.scanning import scan_rows
from asobna.sources.inputs import Work, read_pages, read_rows
from asobna.store import Unit, write_unit
from asobna.tables import MENTIONS, PARTS, REJECTS, ROWS, rows_to_table

ENGINES = ("processes", "ray")
#: Pieces of work under way per worker: enough to keep it busy, few enough to bound memory.
AHEAD = 2


class Job(NamedTuple):
    """What every worker needs to know besides its piece of work."""

    folder: str
    packs: str | None = None
    lang: str | None = None
    prefilter: bool = True
    country: str | None = None


def read_unit(job: Job, work: Work) -> Unit:
    """Read, judge and write one piece of work. Raises StoreError when it cannot be written."""
    packs = packs_of(job.packs, job.lang, job.country)
    readings, unread = [], []
    for rows, rejects in _rows_of(work):
        readings.append(scan_rows(_with_lang(rows, job.lang), packs, prefilter=job.prefilter))
        unread += [rejects, readings[-1].rejects]
    name = uuid.uuid4().hex
    tables = _tables(readings, unread)
    tables["parts"] = _parts(work, name, tables)
    return write_unit(job.folder, name, tables, work.keys)


@lru_cache(maxsize=4)
def packs_of(folder: str | None, lang: str | None, country: str | None) -> Packs:
    """The packs of a run: of a folder (the built-in ones by default), or only that of `lang`;
    with `country`, its names stand where those of Belarus stood.
    """
    packs = read_packs(Path(folder) if folder else None, only=(lang,) if lang else ())
    return packs if country is None else packs._replace(names=exchange_names(packs.names, country))


def _rows_of(work: Work) -> Iterator[tuple[pa.Table, pa.Table]]:
    if work.inputs[0].format != "page":
        yield from read_rows(work)
        return
    documents, rejects = extract_documents(read_pages(work))
    lines = pa.nulls(documents.num_rows, pa.int64())
    yield documents.append_column(ROWS.field("line"), lines), rejects


def _with_lang(rows: pa.Table, lang: str | None) -> pa.Table:
    if lang is None:
        return rows
    field = ROWS.field("lang")
    column = pa.array([lang] * rows.num_rows, pa.string()).dictionary_encode().cast(field.type)
    return rows.set_column(rows.schema.get_field_index("lang"), field, column)


def _tables(readings: list[Reading], unread: list[pa.Table]) -> dict[str, pa.Table]:
    tables = {"rejects": _joined([*unread, REJECTS.empty_table()])}
    if readings:
        standings = _joined([reading.standings for reading in readings])
        tables |= {
            "documents": _joined([reading.documents for reading in readings]),
            "sightings": _joined([reading.sightings for reading in readings]),
            "standings": standings,
            "mentions": standings.select(MENTIONS.names),
        }
    return tables


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries()


def _parts(work: Work, name: str, tables: dict[str, pa.Table]) -> pa.Table:
    """One row per input of the piece; a piece of several pages counts page by page."""
    documents = tables["documents"].column("path").to_pylist() if "documents" in tables else []
    unread = tables["rejects"].column("path").to_pylist()
    single = len(work.inputs) == 1
    rows = [
        {
            "key": key,
            "path": item.path,
            "sha256": item.sha256,
            "input_bytes": item.bytes,
            "part": work.part,
            "unit": name,
            "documents": len(documents) if single else documents.count(item.path),
            "unread": len(unread) if single else unread.count(item.path),
        }
        for key, item in zip(work.keys, work.inputs, strict=True)
    ]
    return rows_to_table(rows, PARTS)


# engines


def run_work(job: Job, works: Iterable[Work], workers: int, engine: str) -> Iterator[Unit]:
    """Units of every piece of work, as they are done; a broken worker's piece is done again.

    workers: 1 runs in this process (but for the ray engine). Raises what a piece of work raises.
    """
    if engine == "ray":
        return _on_ray(job, works, workers)
    if workers <= 1:
        return (read_unit(job, work) for work in works)
    return _in_processes(job, works, workers)


def _in_processes(job: Job, works: Iterable[Work], workers: int) -> Iterator[Unit]:
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from _bounded(lambda work: pool.submit(read_unit, job, work), works, workers * AHEAD)


def _bounded(
    submit: Callable[[Work], Future[Unit]], works: Iterable[Work], ahead: int
) -> Iterator[Unit]:
    """Results in order of submission, with at most `ahead` pieces under way."""
    under_way: deque[Future[Unit]] = deque()
    for work in works:
        under_way.append(submit(work))
        while len(under_way) >= ahead:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _on_ray(job: Job, works: Iterable[Work], workers: int) -> Iterator[Unit]:
    raise NotImplementedError
