"""Settings of a project: `[tool.asobna]` in pyproject.toml or an asobna.toml, the nearest wins."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from asobna.errors import ConfigError

OWN_FILE, SHARED_FILE = "asobna.toml", "pyproject.toml"


class Settings(NamedTuple):
    """What a project may set; the command line overrides each."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    lang: str | None = None
    baseline: str | None = None
    path: Path | None = None


_TYPES: dict[str, type] = {"select": list, "ignore": list, "lang": str, "baseline": str}


def find_settings(start: Path) -> Settings:
    """Settings of the nearest folder at or above `start` that has any; else the defaults.

    Raises ConfigError, naming file and key, when they are broken.
    """
    folder = start.resolve()
    for place in (folder, *folder.parents):
        own = place / OWN_FILE
        if own.is_file():
            return _checked(_load(own), own)
        shared = place / SHARED_FILE
        if shared.is_file():
            table = _load(shared).get("tool", {}).get("asobna")
            if table is not None:
                return _checked(table, shared)
    return Settings()


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _checked(table: dict[str, Any], path: Path) -> Settings:
    for key, value in table.items():
        if key not in _TYPES:
            raise ConfigError(f"{path}: unknown setting '{key}'; settings are {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[key]) or (
            isinstance(value, list) and not all(isinstance(item, str) for item in value)
        ):
            wanted = "a list of strings" if _TYPES[key] is list else "a string"
            raise ConfigError(f"{path}: '{key}' must be {wanted}")
    return Settings(
        select=tuple(table.get("select", ())),
        ignore=tuple(table.get("ignore", ())),
        lang=table.get("lang"),
        baseline=table.get("baseline"),
        path=path,
    )
