"""What a run was: versions, inputs, parameters, counts; enough to run it again and compare."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from asobna.errors import StoreError
from asobna.packs import Packs
from asobna.tables import SCHEMA_VERSION

#: Parts of a manifest that decide what is found: a folder holds results of one set of them only.
#: The first that differs is told: what the user asked for before the packs that follow from it.
FIXED = ("asobna_version", "schema_version", "parameters", "packs")
#: Names of what differs that a message tells of many.
_NAMED = 5


def begin_manifest(packs: Packs, parameters: dict[str, Any], seed: int) -> dict[str, Any]:
    """The manifest of a run that has begun: `finished` and `counts` are still empty."""
    return {
        "asobna_version": version("asobna"),
        "schema_version": SCHEMA_VERSION,
        "python": platform.python_version(),
        "packs": {
            row["lang"]: {key: row[key] for key in ("version", "sha256", "state")}
            for row in packs.languages.to_pylist()
        },
        "parameters": parameters,
        "seed": seed,
        "inputs": [],
        "started": _now(),
        "finished": None,
        "counts": {},
    }


def finish_manifest(
    manifest: dict[str, Any], inputs: Iterable[dict[str, Any]], counts: dict[str, Any]
) -> dict[str, Any]:
    """The manifest of a run that is done. inputs: path, sha256 and bytes of everything read."""
    rows = sorted(inputs, key=lambda row: (row["path"], row["sha256"]))
    return {**manifest, "inputs": rows, "counts": counts, "finished": _now()}


def require_same(earlier: dict[str, Any], now: dict[str, Any], folder: str) -> None:
    """Raise StoreError when a folder was read in another way than is asked for now."""
    for part in FIXED:
        if earlier.get(part) != now[part]:
            raise StoreError(
                f"{folder}: was read with other {part.replace('_', ' ')} "
                f"({_difference(earlier.get(part), now[part])}); figures must not be mixed. "
                "Read into a new folder"
            )


def _difference(earlier: Any, now: Any) -> str:
    if isinstance(earlier, dict) and isinstance(now, dict):
        names = [key for key in sorted({*earlier, *now}) if earlier.get(key) != now.get(key)]
        return _few(names)
    return f"{earlier}, now {now}"


def _few(names: list[str]) -> str:
    """Names one by one, or of many the number and the first ones."""
    if len(names) <= 2 * _NAMED:
        return ", ".join(names)
    return f"{len(names)} differ: {', '.join(names[:_NAMED])} and others"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
