"""The one door through which a figure reaches a page: it carries all it needs, or is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from asobna.errors import FigureError
from asobna.rates.measures import MEASURES
from asobna.rates.suppression import AT_MOST, HIDDEN

_NEEDED = {
    "denominator": "the number of units it is a share of (n)",
    "documents": "the number of documents",
    "low": "its interval", "high": "its interval", "level": "the level of its interval",
    "interval": "how its interval was made",
    "reprints": "whether reprints are counted", "correction": "whether it is adjusted",
}  # fmt: skip
_VERSIONS = ("asobna", "codebook", "packs")


class Figure(NamedTuple):
    """A rate that may be printed, in words: value, interval and the line of what it rests on."""

    measure: str
    value: str
    interval: str
    in_hundred: str
    basis: str
    state: str

    @property
    def short(self) -> str:
        """Value and interval in one piece: `58 % [50–65]`."""
        return f"{self.value}\u00a0{self.interval}".strip()


def figure_of(row: Mapping[str, Any], versions: Mapping[str, str]) -> Figure:
    """Put one row of RATES into words.

    versions: asobna, codebook and packs. Raises FigureError naming what the row lacks: a figure
    without n, denominator, interval, reprint state, correction state or version is never printed.
    """
    measure = MEASURES.get(str(row.get("measure")))
    if measure is None:
        raise FigureError(f"'{row.get('measure')}' is no measure; see docs/rates.md")
    for name in _VERSIONS:
        if not versions.get(name):
            raise FigureError(f"'{measure.code}' lacks the version of {name}; it is not printed")
    if row.get("state") == HIDDEN:
        return _hidden(row, measure.code)
    for name, meaning in _NEEDED.items():
        if row.get(name) in (None, ""):
            raise FigureError(f"'{measure.code}' lacks {meaning}; it is not printed")
    if row.get("estimate") is None and row.get("state") != AT_MOST:
        raise FigureError(f"'{measure.code}' lacks its value; it is not printed")
    return _worded(row, measure.code)


def _hidden(row: Mapping[str, Any], code: str) -> Figure:
    given = [name for name in ("estimate", "low", "high", "numerator", "denominator", "n_eff",
                               "shrunk") if row.get(name) is not None]  # fmt: skip
    if given:
        raise FigureError(f"'{code}' is hidden and yet carries '{given[0]}'; it is not printed")
    if not row.get("reason"):
        raise FigureError(f"'{code}' is hidden without a reason; it is not printed")
    return Figure(code, "not given", "", "", f"Not given: {row['reason']}.", HIDDEN)


def _worded(row: Mapping[str, Any], code: str) -> Figure:
    unit = MEASURES[code].unit
    sign = _SIGNS[unit]
    if row["state"] == AT_MOST:
        bound = math.ceil(row["high"] * (100 if unit == "share" else 1))
        value, interval = f"at most {bound}{sign}", ""
    else:
        value, low, high = _numbers(row, unit)
        value, interval = value + sign, f"[{low}–{high}]"
    return Figure(code, value, interval, _in_hundred(row, unit), _basis(row), row["state"])


#: No line break between a number and its unit.
_SIGNS = {"share": "\u00a0%", "per-1000": "\u00a0per\u00a01,000", "log-ratio": "\u00a0to\u00a010"}


def _numbers(row: Mapping[str, Any], unit: str) -> list[str]:
    """Value, low and high as printed, all to the same number of places.

    Shares get a decimal only near 0 and 100 per cent. A balance, kept as a logarithm, is printed as
    a number for every ten of the other side.
    """
    values = [float(row[name]) for name in ("estimate", "low", "high")]
    if unit == "share":
        places = 1 if not 0.02 <= values[0] <= 0.98 else 0
        return [f"{value * 100:.{places}f}" for value in values]
    if unit == "log-ratio":
        return [f"{10 * math.exp(value):.1f}" for value in values]
    return [f"{value:.1f}" for value in values]


def _in_hundred(row: Mapping[str, Any], unit: str) -> str:
    """The same share as a frequency, which is misread less often than a percentage."""
    if unit != "share" or row["estimate"] is None:
        return ""
    share = float(row["estimate"])
    if share == 0:
        return f"none of {row['denominator']:,.0f}"
    if share < 0.0005:
        return f"about 1 in {round(1 / share, -3):,.0f}"
    if share < 0.01:
        return f"about {round(share * 1000)} in 1,000"
    return f"about {round(share * 100)} in 100"


def _basis(row: Mapping[str, Any]) -> str:
    where = f"n\u00a0=\u00a0{row['denominator']:,.0f} in {row['documents']:,} documents"
    where += f", {row['families']:,} families"
    if row.get("sources"):
        where += f", {row['sources']:,} source" + ("s" if row["sources"] > 1 else "")
    review = f"; to be read with care: {row['reason']}" if row["state"] == "review" else ""
    return (f"{where}; {row['level'] * 100:.0f}\u00a0% interval ({row['interval']}); "
            f"{row['reprints']}; {row['correction']}{review}")  # fmt: skip
