"""`asobna read`: texts of any number and size into tables, and a summary a person understands."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import click
import pyarrow.compute as pc

from asobna.errors import StoreError
from asobna.manifest import begin_manifest, finish_manifest, require_same
from asobna.sources.columns import PRESETS, read_mapping
from asobna.sources.files import left_out
from asobna.sources.inputs import READABLE_SUFFIXES, describe_input, find_inputs, plan_work
from asobna.sources.work import Input, Work
from asobna.store import Lease, Store, Unit, read_manifest, write_manifest, write_reprints
from asobna.workers import ENGINES, Job, packs_of, run_work

#: Units are committed together once this many seconds have passed since the last commit.
COMMIT_SECONDS = 2.0


class Options(NamedTuple):
    """What the user asked of `read`."""

    paths: tuple[str, ...]
    folder: str
    mapping: str | None = None
    preset: str | None = None
    format: str | None = None
    lang: str | None = None
    packs: str | None = None
    workers: int = 1
    engine: str = "processes"
    seed: int = 1
    reprints: bool = False
    country: str | None = None
    progress: bool = False


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH … | -")
@click.option("--to", "folder", required=True, metavar="DIR", help="Folder or address for tables.")
@click.option(
    "--map",
    "mapping",
    metavar="FIELD=COLUMN,…",
    help="Columns of the input, for example text=body,date=published.",
)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Columns of a known project.")
@click.option(
    "--format",
    "format",
    type=click.Choice(["jsonl", "csv", "tsv", "parquet", "arrow", "page"]),
    help="If the name does not tell it.",
)
@click.option("--lang", metavar="CODE", help="Language of all texts; else given or identified.")
@click.option(
    "--country",
    metavar="CODE",
    help="A control: read KZ, GE … in Belarus's place, or BY by its country words alone.",
)
@click.option("--packs", metavar="DIR", help="Language packs to read with, instead of the own.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that read and judge.",
)
@click.option("--engine", type=click.Choice(ENGINES), default="processes", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the sentences shown.")
@click.option(
    "--reprints",
    is_flag=True,
    help="Also look for texts that reprint one another (reprints.parquet).",
)
@click.option("--quiet", is_flag=True, help="No summary, no progress.")
def read_command(quiet: bool, **flags: Any) -> int:
    """Read texts into tables: every mention of Belarus and how it stands to Russia.

    \b
    Reads .txt .md .html .jsonl .csv .tsv .parquet .arrow, plain, .gz or .zst; folders; globs;
    addresses such as s3://…; - for JSONL on standard input. What was read before is not read
    again: a run that was stopped goes on where it stood.
    """
    options = Options(**flags, progress=not quiet and sys.stderr.isatty())
    run_read(options)
    if not quiet:
        _tell_left_out(options)
        from asobna.outputs import summary  # noqa: PLC0415 its statistics take long to import

        summary.write_summary(options.folder, sys.stdout, options.seed)
    return 0


def _tell_left_out(options: Options) -> None:
    """Say on standard error which files of folders were not looked into."""
    files = left_out(options.paths, READABLE_SUFFIXES) if options.format is None else []
    if files:
        one = len(files) == 1
        click.echo(
            f"asobna: {len(files):,} file{'' if one else 's'} of the folders "
            f"{'has' if one else 'have'} an ending that is not read, for example {files[0]}",
            err=True,
        )


def run_read(options: Options) -> dict[str, Any]:
    """Read, commit and write the manifest; returns it.

    Raises InputError for inputs that do not exist, StoreError where the folder cannot be used, and
    ConfigError for a broken mapping. Bad records are rejects, not errors.
    """
    columns = read_mapping(options.mapping, options.preset)
    paths = find_inputs(options.paths)
    packs = packs_of(options.packs, options.lang, options.country)
    parameters = {"map": dict(columns.names), "lang": options.lang, "country": options.country}
    formats = dict.fromkeys(paths, options.format) if options.format else {}
    manifest = begin_manifest(packs, parameters, options.seed)
    manifest |= {"packs_folder": options.packs, "formats": formats}
    store = Store(options.folder, create=True)
    manifest = _begun(options.folder, manifest)
    inputs = _inputs_of(paths, store, options)
    lease = Lease(options.folder)
    job = Job(options.folder, lease.run, options.packs, options.lang, country=options.country)
    works = _shown(plan_work(inputs, columns, set(store.done())), paths, options)
    try:
        _commit_all(store, run_work(job, works, options.workers, options.engine))
    finally:
        lease.release(store.named_files())
    manifest = finish_manifest(manifest, store.inputs(), store.counts())
    if options.reprints:
        manifest["reprints"] = _find_reprints(store)
    write_manifest(options.folder, manifest)
    return manifest


def _find_reprints(store: Store) -> dict[str, Any]:
    """Write the families of reprints among documents that name Belarus; what to record of them."""
    from asobna.reprints import Parameters, find_reprints  # noqa: PLC0415 only when asked for

    columns = ["document_id", "text", "date", "mentions"]
    documents = store.read("documents", columns)
    families = find_reprints(documents.filter(pc.greater(documents.column("mentions"), 0)))
    write_reprints(store.folder, families)
    return {
        "parameters": Parameters()._asdict(),
        "documents": families.num_rows,
        "families": len(families.column("family_id").unique()),
    }


def _begun(folder: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest to go on with: that of an earlier run into the same folder, if there is one."""
    try:
        earlier = read_manifest(folder)
    except StoreError:
        write_manifest(folder, manifest)
        return manifest
    require_same(earlier, manifest, folder)
    formats = {**earlier.get("formats", {}), **manifest["formats"]}
    return {**manifest, "started": earlier["started"], "formats": formats}


def _inputs_of(paths: list[str], store: Store, options: Options) -> Iterator[Input]:
    """Inputs of paths in order, after what was read from those that have changed was taken out.

    Only paths that were read before can have changed; the others are hashed when it is their turn,
    so that a large file is not fetched twice from a slow disk.
    """
    before = {row["path"] for row in store.inputs()}
    known = {item.path: item for item in _described([p for p in paths if p in before], options)}
    _drop_changed(known.values(), store)
    others = _described([path for path in paths if path not in known], options)
    return (known[path] if path in known else next(others) for path in paths)


def _described(paths: list[str], options: Options) -> Iterator[Input]:
    """Inputs with their fingerprints; with several workers taken side by side and a few ahead, in
    threads, which hashing lets run.
    """
    describe = partial(describe_input, given=options.format)
    if options.workers == 1:
        yield from map(describe, paths)
        return
    ahead: deque[Future[Input]] = deque()
    with ThreadPoolExecutor(options.workers) as threads:
        for path in paths:
            ahead.append(threads.submit(describe, path))
            if len(ahead) > options.workers:
                yield ahead.popleft().result()
        for described in ahead:
            yield described.result()


def _drop_changed(inputs: Iterable[Input], store: Store) -> None:
    """Take out what was read from inputs that have changed since: they are read anew."""
    known = {row["path"]: row["sha256"] for row in store.inputs()}
    changed = [item.path for item in inputs if known.get(item.path, item.sha256) != item.sha256]
    if store.drop_inputs(changed):
        click.echo(
            f"asobna: 1 input has changed and is read again: {changed[0]}"
            if len(changed) == 1
            else f"asobna: {len(changed)} inputs have changed and are read again, "
            f"for example {changed[0]}",
            err=True,
        )


def _commit_all(store: Store, units: Iterable[Unit]) -> None:
    """Commit units as they come, several at once when they come fast; on an error, those done."""
    waiting: list[Unit] = []
    last = time.monotonic()
    try:
        for unit in units:
            waiting.append(unit)
            if time.monotonic() - last >= COMMIT_SECONDS:
                store.commit(waiting)
                waiting, last = [], time.monotonic()
    finally:
        if waiting:
            store.commit(waiting)


def _shown(works: Iterable[Work], paths: list[str], options: Options) -> Iterator[Work]:
    """The same works, with a bar on standard error that moves by inputs."""
    if not options.progress:
        yield from works
        return
    places = {path: place for place, path in enumerate(paths, 1)}
    with click.progressbar(length=len(paths), label="reading", file=sys.stderr) as bar:
        for work in works:
            bar.update(places[work.inputs[-1].path] - 1 - bar.pos)
            yield work
        bar.update(len(paths) - bar.pos)
