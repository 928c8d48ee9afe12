"""`asobna verify DIR`: are inputs, packs and code those of the run, does it come out the same?"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow as pa

from asobna.errors import InputError, StoreError
from asobna.outputs.read import Options, run_read
from asobna.packs import read_packs
from asobna.sources.streams import fingerprint
from asobna.sources.work import came_on_stdin
from asobna.store import Store, read_manifest, sorted_table

#: Tables that must come out identical, row by row and column by column.
COMPARED = ("documents", "sightings", "standings", "rejects")
#: Packs and inputs that are the same are named one by one up to here.
_SAME_NAMED = 3
#: Those that differ, likewise; more are counted.
_DIFFERING_NAMED = 10


#: Signs of a hash, and of it those that are shown.
_HASH, _SIGNS = 64, 12


class Check(NamedTuple):
    """One thing that was compared: `holds`, and in words what was found."""

    what: str
    holds: bool
    found: str


@click.command("verify")
@click.argument("folder", metavar="DIR")
@click.option("--no-rerun", is_flag=True, help="Compare hashes and versions only.")
def verify_command(folder: str, no_rerun: bool) -> int:
    """Verify a run: hash inputs and packs again, read again, compare every table.

    Exit codes: 0 all the same, 1 something differs, 2 it cannot be verified.
    """
    return run_verify(folder, rerun=not no_rerun)


def run_verify(folder: str, *, rerun: bool = True) -> int:
    """Print a line for everything compared and a verdict; returns 0 when all holds, else 1."""
    differing = []
    for check in verify_run(folder, rerun=rerun):
        click.echo(f"{'same   ' if check.holds else 'DIFFERS'}  {check.what}: {check.found}")
        if not check.holds:
            differing.append(check.what)
    click.echo(_verdict(folder, differing, rerun=rerun))
    return 1 if differing else 0


def _verdict(folder: str, differing: list[str], *, rerun: bool) -> str:
    if differing:
        more = " and others" if len(differing) > 3 else ""
        return f"{folder}: not the same: {', '.join(differing[:3])}{more}."
    if rerun:
        return f"{folder}: verified: read again, it gives the same tables."
    return f"{folder}: inputs, packs and code are those of the run; nothing was read again."


def verify_run(folder: str, *, rerun: bool = True) -> Iterator[Check]:
    """Compare inputs, packs and code with the manifest of `folder`, then every table.

    The tables are read again only where inputs, packs and code are the same. Raises StoreError
    when the folder holds no finished run, or one of a stream that is gone, and PackError when its
    packs are.
    """
    manifest = read_manifest(folder)
    if manifest.get("finished") is None:
        raise StoreError(f"{folder}: the reading is not finished; run the same asobna read again")
    if any(came_on_stdin(row["path"]) for row in manifest["inputs"]):
        raise StoreError(
            f"{folder}: was read from standard input, which cannot be read again: nothing to "
            "verify it with. Keep what is read in a file"
        )
    sources = [_code(manifest), *_packs(manifest), *_inputs(manifest)]
    yield from sources
    if not rerun:
        return
    if all(check.holds for check in sources):
        yield from _tables(folder, manifest)
    else:
        yield Check("tables", False, "not read again, since what they are made from differs")


def _code(manifest: dict[str, Any]) -> Check:
    now = version("asobna")
    return Check("asobna", now == manifest["asobna_version"],
                 f"{manifest['asobna_version']}, now {now}")  # fmt: skip


def _packs(manifest: dict[str, Any]) -> Iterator[Check]:
    packs = read_packs(packs_folder(manifest))
    now = {row["lang"]: row["sha256"] for row in packs.languages.to_pylist()}
    then = {lang: pack["sha256"] for lang, pack in sorted(manifest["packs"].items())}
    yield from _compared("pack", then, {lang: now.get(lang) or "absent" for lang in then})


def _inputs(manifest: dict[str, Any]) -> Iterator[Check]:
    then = {row["path"]: row["sha256"] for row in manifest["inputs"]}
    yield from _compared("input", then, {path: _hash_of(path) for path in then})


def _hash_of(path: str) -> str:
    try:
        return fingerprint(path).sha256
    except (InputError, OSError):
        here = "" if "://" in path or Path(path).is_absolute() else f" from {Path.cwd()}"
        return f"cannot be read{here}"


def _compared(what: str, then: dict[str, str], now: dict[str, str]) -> Iterator[Check]:
    """A line for everything that has another hash now, and one for all that have the same."""
    same = [name for name in then if now[name] == then[name]]
    if len(same) <= _SAME_NAMED:
        yield from (Check(f"{what} {name}", True, then[name][:_SIGNS]) for name in same)
    else:
        yield Check(f"{what}s", True, f"{len(same):,} of {len(then):,}")
    others = [name for name in then if now[name] != then[name]]
    for name in others[:_DIFFERING_NAMED]:
        other = now[name][:_SIGNS] if len(now[name]) == _HASH else now[name]
        yield Check(f"{what} {name}", False, f"{then[name][:_SIGNS]}, now {other}")
    if len(others) > _DIFFERING_NAMED:
        yield Check(f"{what}s", False, f"{len(others) - _DIFFERING_NAMED:,} more")


def packs_folder(manifest: dict[str, Any]) -> Path | None:
    """The folder of the packs that a run was read with; None for the built-in ones."""
    given = manifest.get("packs_folder")
    return Path(given) if given else None


def _tables(folder: str, manifest: dict[str, Any]) -> Iterator[Check]:
    parameters = manifest["parameters"]
    formats = manifest.get("formats", {})
    paths = dict.fromkeys(row["path"] for row in manifest["inputs"])
    with tempfile.TemporaryDirectory(prefix="asobna-verify-") as place:
        again = str(Path(place) / "again")
        for format_ in dict.fromkeys(formats.get(path) for path in paths) or [None]:
            run_read(Options(
                paths=tuple(path for path in paths if formats.get(path) == format_), folder=again,
                mapping=",".join(f"{name}={column}" for name, column in parameters["map"].items()),
                format=format_, lang=parameters["lang"], country=parameters.get("country"),
                packs=manifest.get("packs_folder"), seed=manifest["seed"],
            ))  # fmt: skip
        before, after = Store(folder), Store(again)
        for name in COMPARED:
            ours, theirs = sorted_table(before, name), sorted_table(after, name)
            yield Check(f"table {name}", ours.equals(theirs),
                        f"{ours.num_rows:,} rows, {_digest(ours)}, now {theirs.num_rows:,} rows, "
                        f"{_digest(theirs)}")  # fmt: skip


def _digest(table: pa.Table) -> str:
    """Twelve signs of a hash of the rows, whatever their chunks and encodings."""
    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()[:_SIGNS]
