"""Another country in Belarus's place, to tell a change about Belarus from one about Russia.

The same reader is given the same texts with the names of two countries exchanged: Kazakhstan's
become Belarus's and Belarus's become those of any other country. Mentions, lists, pairs and rules
are then those of the classifier itself, and no rule is written twice.

It is crude on purpose. Only the words of the country remain (its name, adjective, demonym and
capital): the persons, towns and bodies that packs list for Belarus alone are left out, for Belarus
too when it is read this way to be compared. What rules know of Belarus by its own words (the Union
State, Minsk agreements, a named ruler) does not carry over; a name that is also a common word or
another place (Georgia, Turkey, China in small letters) is counted all the same. Read it as "how
often beside Russia", not as a judgement of the other country's standing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from asobna.errors import ConfigError
from asobna.tables import NAMES, make_table

BELARUS = "BY"
_PARTS = ("adjective", "demonym", "capital")
_OURS = {"belarus.country": "country.name", **{f"belarus.{p}": f"country.{p}" for p in _PARTS}}
_THEIRS = {other: ours for ours, other in _OURS.items()}
_FROM_RUSSIA = {f"russia.{p}": f"belarus.{p}" for p in ("country", *_PARTS)}
_TO_RUSSIA = {ours: russia for russia, ours in _FROM_RUSSIA.items()}
RUSSIA = "RU"


def exchange_names(names: Mapping[str, pa.Table], country: str) -> dict[str, pa.Table]:
    """NAMES per language with `country` where Belarus stood, for `find_mentions` as it is.

    country: the code of a country. BY keeps Belarus in its place but reduces it to the words of the
    country; RU exchanges Belarus and Russia, which gives the other half of the shadow asymmetry.
    Languages whose names do not hold the country are left out. Raises ConfigError when none does.
    """
    found = {lang: table for lang, old in names.items()
             if (table := _exchanged(old, country)) is not None}  # fmt: skip
    if not found:
        known = sorted({row["entity"] for table in names.values() for row in table.to_pylist()
                        if row["class"] == "country.name"})  # fmt: skip
        raise ConfigError(f"no names for country '{country}'; known are: {', '.join(known)}")
    return found


def _exchanged(names: pa.Table, country: str) -> pa.Table | None:
    rows = [row | {"class": new} for row in names.to_pylist()
            if (new := _new_class(row, country))]  # fmt: skip
    if not any(row["class"] == "belarus.country" for row in rows):
        return None
    return make_table(NAMES, {name: [row[name] for row in rows] for name in NAMES.names})


def _new_class(row: dict[str, str], country: str) -> str | None:
    """The class of a name after the exchange; None when the name is left out."""
    old = row["class"]
    if old.startswith(("belarus.", "joint.")):
        if row["entity"] != BELARUS and old not in ("belarus.capital",):
            return None
        if country == BELARUS:
            return old if old in _OURS else None
        return (_TO_RUSSIA if country == RUSSIA else _OURS).get(old)
    if country == RUSSIA and old.startswith("russia."):
        return _FROM_RUSSIA.get(old)
    if old.startswith("country.") and row["entity"] == country:
        return _THEIRS.get(old)
    return old


def shadow_counts(standings: pa.Table) -> tuple[list[str], list[int], list[int]]:
    """Per document, sentences that name the country, and those that name Russia as well.

    standings: of an exchanged reading. Returns document ids, sentences with both, sentences.
    """
    sentences = standings.select(["document_id", "sentence_start_cp", "russia_in_scope"])
    scope = sentences.column("russia_in_scope").cast(pa.int8())
    sentences = sentences.set_column(2, "russia_in_scope", scope)
    by_sentence = sentences.group_by(["document_id", "sentence_start_cp"]).aggregate(
        [("russia_in_scope", "max")]
    )
    documents = by_sentence.group_by("document_id", use_threads=False).aggregate(
        [("russia_in_scope_max", "sum"), ("russia_in_scope_max", "count")]
    )
    return (
        documents.column("document_id").to_pylist(),
        pc.cast(documents.column("russia_in_scope_max_sum"), pa.int64()).to_pylist(),
        documents.column("russia_in_scope_max_count").to_pylist(),
    )
