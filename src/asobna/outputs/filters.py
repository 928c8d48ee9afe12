"""Whether a filter of `asobna kwic` can fit anything: a slip of the pen is told, not counted."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa

from asobna.dates import is_date
from asobna.errors import ConfigError, PackError
from asobna.outputs.report.folder import Folder
from asobna.packs import read_packs
from asobna.rates.sums import AXES
from asobna.tables import DEFAULT_RULE

_HALF_YEAR = re.compile(r"\d{4}-H[12]", re.ASCII)
#: What exists is told up to this many.
_TOLD = 8


def require_filters(folder: Folder, filters: Mapping[str, str]) -> None:
    """Raise ConfigError for a period, date, rule or value of an axis that does not exist.

    filters: as of `find_lines`. A rule exists when it decided a mention of the folder, or is of a
    pack of its languages; a value of an axis when a document has it.
    """
    for name, value in filters.items():
        if name == "period" and not (_HALF_YEAR.fullmatch(value) or is_date(value)):
            raise ConfigError(f"--period '{value}' is no period; write 2022, 2022-H1, 2022-02 or "
                              f"2022-02-24. {_span(folder)}")  # fmt: skip
        if name in ("before", "since") and not is_date(value):
            raise ConfigError(f"--{name} '{value}' is no date; write 2022, 2022-02 or 2022-02-24. "
                              f"{_span(folder)}")  # fmt: skip
        if name == "rule":
            _require_rule(folder, value)
        if name in AXES and value not in (known := _values(folder.documents, name)):
            raise ConfigError(f"no document here has the {name} '{value}'; {_told(value, known)}")


def _span(folder: Folder) -> str:
    dates = _values(folder.documents, "date")
    return f"Dates here are from {dates[0]} to {dates[-1]}" if dates else "No document has a date"


def _require_rule(folder: Folder, rule: str) -> None:
    decided = _values(folder.standings, "rule_id")
    if rule in decided or rule == DEFAULT_RULE:
        return
    patterns = _patterns_of(folder)
    langs = set(_values(folder.documents, "lang")) & {*patterns}
    if not any((rule, "standing") in _pairs(patterns[lang]) for lang in langs):
        raise ConfigError(f"no rule '{rule}' decides a standing; {_told(rule, decided)}")


def _patterns_of(folder: Folder) -> Mapping[str, pa.Table]:
    """Patterns of the packs the folder was read with; of the built-in ones where those are gone."""
    given = folder.manifest.get("packs_folder")
    try:
        return read_packs(Path(given) if given else None).patterns
    except PackError:
        return read_packs().patterns


def _pairs(patterns: pa.Table) -> set[tuple[str, str]]:
    """Every pattern of a pack and what it decides."""
    return {*zip(*(patterns.column(name).to_pylist() for name in ("id", "decides")), strict=True)}


def _values(table: pa.Table, name: str) -> list[str]:
    return sorted(value for value in table.column(name).unique().to_pylist() if value)


def _told(value: str, known: Collection[str]) -> str:
    """What is there instead: what is written nearly so, or else the first ones."""
    if not known:
        return "none has any"
    near = difflib.get_close_matches(value, known, 3)
    if near:
        return f"nearest: {', '.join(near)}"
    more = f" and {len(known) - _TOLD} more" if len(known) > _TOLD else ""
    return f"there are {', '.join(sorted(known)[:_TOLD])}{more}"
