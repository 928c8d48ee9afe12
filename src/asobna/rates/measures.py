"""What is counted: every measure as a numerator and a denominator over rows of STANDINGS.

The codes of a mention decide (codebook 2 to 5); nothing here looks at text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


class Measure(NamedTuple):
    """One measure. `unit` is share, per-1000 or log-ratio; `of` says what it is a share of."""

    code: str
    name: str
    definition: str
    of: str
    unit: str = "share"


_MENTIONS = "mentions in the author's own voice and running text, present time"

MEASURES: dict[str, Measure] = {measure.code: measure for measure in (
    Measure("own_terms", "Own terms", "Mentions that treat Belarus in its own right or set it "
            "apart from Russia (own, contrasted).", _MENTIONS),
    Measure("strict", "Conflation, strict", "Mentions that put Belarus in Russia (absorbed) or "
            "label it through Russia without giving evidence (derived, epithet).", _MENTIONS),
    Measure("broad", "Conflation, broad", "Strict, and also peoples, cultures or opinions joined "
            "with no stated basis, and names or heritage given to Russia.", _MENTIONS),
    Measure("listed", "Listed", "Mentions in a list of three or more.", _MENTIONS),
    Measure("warranted", "Paired with a basis", "Pairs that rest on a joint act, a joint measure "
            "or parallel facts, and descriptions through Russia that give evidence or a role.",
            _MENTIONS),
    Measure("paired", "Paired", "Mentions coordinated with Russia and only with it, whatever the "
            "basis.", _MENTIONS),
    Measure("beside", "Russia in the sentence", "Mentions in a sentence that names Russia, for "
            "whatever reason; a crude count, fit to compare countries.", _MENTIONS),
    Measure("document_strict", "Documents with a strict conflation", "Documents in which at least "
            "one mention is a strict conflation.", "documents that name Belarus so"),
    Measure("blame", "Blame on country or people", "Wrongful acts put on the country (R2) or the "
            "people (R3).", "acts of will put on the country or its people (R1, R2, R3)"),
    Measure("outdated_name", "Outdated names", "Dated or deprecated forms of the country's name.",
            "forms of the country's name in one language"),
    Measure("regime_people", "People to rulers", "Mentions of society and the democratic movement "
            "for every ten of the rulers (kept as a natural logarithm in tables; 0 is parity).",
            "mentions of rulers, movement or society", "log-ratio"),
    Measure("attention", "Attention", "Documents that name Belarus.", "1,000 documents read",
            "per-1000"),
)}  # fmt: skip

#: Shares that add up to one over the same mentions; `strict` is part of `broad`.
WHOLE = ("own_terms", "broad", "listed", "warranted")
#: Measures that pool languages into nonsense: given per language only.
PER_LANGUAGE = frozenset({"outdated_name"})
#: A document's regions whose mentions are furniture, not running text.
FURNITURE = frozenset({"heading", "code", "ignored"})

COLUMNS = ("document_id", "start_cp", "name_form", "standing", "warrant", "support", "basis",
           "actor", "blame", "voice", "time", "russia_in_scope")  # fmt: skip

_NO_CLAIM = ("name", "heritage")
_ARGUED = ("argued", "role")
_OLD_NAMES = ("dated", "deprecated")
_NAMES = ("preferred", "accepted", "neutral", "dated", "deprecated", "misspelling")


def count_mentions(standings: pa.Table, running_text: Bools) -> dict[str, tuple[Bools, Bools]]:
    """Per measure made of mentions, whether each row is in its numerator and its denominator.

    standings: the columns COLUMNS of STANDINGS; running_text: false for furniture. `regime_people`
    carries people and movement as numerator, rulers as denominator. `attention` and
    `document_strict` are made of documents and are not here.
    """
    own_voice = running_text & _is(standings, "voice", "author")
    counted = own_voice & _is(standings, "time", "present")
    absorbed = _is(standings, "standing", "absorbed")
    derived = _is(standings, "standing", "derived")
    paired = _is(standings, "standing", "paired")
    no_claim = absorbed & _is(standings, "basis", *_NO_CLAIM)
    argued = derived & _is(standings, "support", *_ARGUED)
    groundless = paired & _is(standings, "warrant", "none-given")
    strict = (absorbed & ~no_claim) | (derived & ~argued)
    acts = counted & _is(standings, "blame", "R1", "R2", "R3")
    people = counted & _is(standings, "actor", "people", "democratic")
    return {
        "own_terms": (counted & _is(standings, "standing", "own", "contrasted"), counted),
        "strict": (counted & strict, counted),
        "broad": (counted & (strict | no_claim | groundless), counted),
        "listed": (counted & _is(standings, "standing", "listed"), counted),
        "warranted": (counted & ((paired & ~groundless) | argued), counted),
        "paired": (counted & paired, counted),
        "beside": (counted & _true(standings, "russia_in_scope"), counted),
        "blame": (acts & _is(standings, "blame", "R2", "R3"), acts),
        "outdated_name": (own_voice & _is(standings, "name_form", *_OLD_NAMES),
                          own_voice & _is(standings, "name_form", *_NAMES)),
        "regime_people": (people, counted & _is(standings, "actor", "regime")),
    }  # fmt: skip


def _true(standings: pa.Table, column: str) -> Bools:
    values = standings.column(column).cast(pa.bool_())
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _is(standings: pa.Table, column: str, *values: str) -> Bools:
    """Whether each row of a column holds one of `values`; an empty cell holds none."""
    codes = standings.column(column).combine_chunks()
    if not pa.types.is_dictionary(codes.type):
        codes = pc.dictionary_encode(codes)
    wanted = [value in values for value in codes.dictionary.to_pylist()]
    index = codes.indices.fill_null(len(wanted)).to_numpy(zero_copy_only=False)
    found: Bools = np.array([*wanted, False], dtype=np.bool_)[index]
    return found
