"""Pieces of work → committed units, in this process, in several, or on a cluster.

Every engine runs the same pure function over references: it reads one piece, judges it, writes its
data files and sends back only their names. The caller commits. What is committed does not depend on
the engine, the number of workers or the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
import os
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.controls import exchange_names
from asobna.errors import ConfigError, StoreError
from asobna.frames import expect_no_frames
from asobna.packs import Packs, read_packs
from asobna.pipeline import Reading, extract_pages
from asobna.scan_cache import prepare_scanner
from asobna.scanning import Sieve
from asobna.sources.pieces import read_pages, read_rows
from asobna.sources.work import Input, Work
from asobna.store import Unit, write_unit
from asobna.tables import MENTIONS, PARTS, ROWS, rows_to_table

ENGINES = ("processes", "ray")
#: Pieces of work under way per worker: enough to keep it busy, few enough to bound memory.
AHEAD = 2
#: Pools of processes that are tried when workers are killed.
POOLS = 5
#: Times Ray runs a piece of work again whose worker or node died.
RETRIES = 5


class Job(NamedTuple):
    """What every worker needs to know besides its piece of work."""

    folder: str
    run: str = "run"
    packs: str | None = None
    lang: str | None = None
    country: str | None = None


def read_unit(job: Job, work: Work) -> Unit:
    """Read, judge and write one piece of work. Raises StoreError when it cannot be written."""
    packs = packs_of(job.packs, job.lang, job.country)
    sieve, unread = Sieve(packs), []
    for rows, rejects in _rows_of(work):
        sieve.add(_with_lang(rows, job.lang))
        unread.append(rejects)
    name = f"{job.run}-{uuid.uuid4().hex}"
    tables = _tables(sieve.read(), unread)
    tables["parts"] = _parts(work, name, tables)
    return write_unit(job.folder, name, tables, work.keys)


@lru_cache(maxsize=4)
def packs_of(folder: str | None, lang: str | None, country: str | None) -> Packs:
    """The packs of a run: of a folder (the built-in ones by default), or only that of `lang`;
    with `country`, its names stand where those of Belarus stood.
    """
    place = Path(folder) if folder else None
    packs = read_packs(place, only=(lang,) if lang else ())
    if country is not None:
        packs = packs._replace(names=exchange_names(packs.names, country))
    prepare_scanner(packs, country)
    return packs


def _rows_of(work: Work) -> Iterator[tuple[pa.Table, pa.Table]]:
    if work.inputs[0].format != "page":
        yield from read_rows(work)
        return
    for documents, rejects in extract_pages(read_pages(work), articles=True):
        lines = pa.nulls(documents.num_rows, pa.int64())
        yield documents.append_column(ROWS.field("line"), lines), rejects


def _with_lang(rows: pa.Table, lang: str | None) -> pa.Table:
    if lang is None:
        return rows
    field = ROWS.field("lang")
    column = pa.array([lang] * rows.num_rows, pa.string()).dictionary_encode().cast(field.type)
    return rows.set_column(rows.schema.get_field_index("lang"), field, column)


def _tables(reading: Reading, unread: list[pa.Table]) -> dict[str, pa.Table]:
    rejects = pa.concat_tables([*unread, reading.rejects])
    return {
        "rejects": rejects.unify_dictionaries(),
        "documents": reading.documents,
        "sightings": reading.sightings,
        "standings": reading.standings,
        "mentions": reading.standings.select(MENTIONS.names),
    }


def _parts(work: Work, name: str, tables: dict[str, pa.Table]) -> pa.Table:
    """One row per part of the piece; several pages are counted page by page, and row groups that
    were read together with the first of them.
    """
    paths = [tables[name].column("path").to_pylist() for name in ("documents", "rejects")]

    def counted(item: Input, part: int) -> list[int]:
        if len(work.inputs) > 1:
            return [found.count(item.path) for found in paths]
        return [len(found) if part == work.part else 0 for found in paths]

    rows = [
        {
            "key": key,
            "path": item.path,
            "sha256": item.sha256,
            "input_bytes": item.bytes,
            "part": part,
            "unit": name,
            **dict(zip(("documents", "unread"), counted(item, part), strict=True)),
        }
        for key, (item, part) in zip(work.keys, work.parts, strict=True)
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
    """Units from a pool of processes; when one of them is killed the pool is made anew."""
    waiting = deque[Work]()
    source = iter(works)
    for attempt in range(POOLS):
        with _pool(workers) as pool:
            try:
                yield from _ordered(pool, job, (waiting, source), workers * AHEAD)
                return
            except BrokenProcessPool:
                if attempt + 1 == POOLS:
                    raise StoreError(
                        f"{job.folder}: worker processes were killed {POOLS} times, perhaps for "
                        "want of memory. What was committed is whole; run the same command again "
                        "with fewer --workers"
                    ) from None


def _begin() -> None:
    """Begin a worker; this module, and so pyarrow, is imported by now."""
    expect_no_frames()


def _pool(workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin)


def _ordered(
    pool: ProcessPoolExecutor, job: Job, works: tuple[deque[Work], Iterator[Work]], ahead: int
) -> Iterator[Unit]:
    """Results in order of submission, with at most `ahead` pieces under way.

    Pieces under way stay in the waiting line until they are done, so that a new pool finds them.
    """
    waiting, source = works
    under_way = deque(pool.submit(read_unit, job, work) for work in waiting)
    while True:
        while len(under_way) < ahead and (work := next(source, None)) is not None:
            waiting.append(work)
            under_way.append(pool.submit(read_unit, job, work))
        if not under_way:
            return
        unit = under_way.popleft().result()
        waiting.popleft()
        yield unit


def _on_ray(job: Job, works: Iterable[Work], workers: int) -> Iterator[Unit]:
    """Units from Ray core tasks: of the cluster at RAY_ADDRESS, or of one started here.

    Ray runs a task again when its worker or node dies. The folder must be one that every node sees.
    """
    try:
        import ray  # noqa: PLC0415 heavy and optional
    except ImportError as error:
        raise ConfigError("--engine ray needs: pip install 'asobna[cluster]'") from error
    started = not ray.is_initialized()
    if started:
        address: dict[str, Any] = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers}
        ray.init(log_to_driver=False, include_dashboard=False, **address)
    task = ray.remote(num_cpus=1, max_retries=RETRIES)(read_unit)
    source = iter(works)
    under_way: list[Any] = []
    try:
        while True:
            while len(under_way) < workers * AHEAD and (work := next(source, None)) is not None:
                under_way.append(task.remote(job, work))
            if not under_way:
                return
            done, under_way = ray.wait(under_way, num_returns=1)
            yield from ray.get(done)
    finally:
        if started:
            ray.shutdown()
