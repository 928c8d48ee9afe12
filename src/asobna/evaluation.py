"""How often the classifier agrees with coded sentences, beside four ways of merely counting.

Format of the coded set and scoring rule: docs/evaluate.md. A unit is `before text after` with one
target; the mention that overlaps the target most is compared with its label. A target that no
mention overlaps counts as `none`, which is right only for a unit coded `none` (a trap).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from asobna.errors import InputError
from asobna.lexicon import compile_names
from asobna.pack_files import pack_code
from asobna.packs import Packs
from asobna.pipeline import read_documents
from asobna.standings import IN_SCOPE
from asobna.tables import DOCUMENTS, STANDING_VALUES, rows_to_table

CLASSES = (*STANDING_VALUES, "none")
#: Classes with fewer coded units are reported and left out of the macro average.
MIN_UNITS = 10
NEAR_WORDS = 10
ADJACENT_WORDS = 2
BOOTSTRAP_RUNS = 1000
_ATTRIBUTES = ("actor", "blame", "voice", "time", "warrant", "kind_of_pair", "support")


class Unit(NamedTuple):
    """One coded sentence and what was predicted for its target."""

    coded: dict[str, Any]
    text: str
    target: tuple[int, int]
    predicted: dict[str, Any] | None

    @property
    def truth(self) -> str:
        return str(self.coded["label"]["standing"])

    @property
    def guess(self) -> str:
        return str(self.predicted["standing"]) if self.predicted else "none"

    @property
    def weight(self) -> float:
        """Inverse of the probability with which the unit was drawn; 1 where none is given."""
        drawn = self.coded.get("stratum_drawn")
        return float(self.coded["stratum_size"]) / float(drawn) if drawn else 1.0


def evaluate(coded: list[dict[str, Any]], packs: Packs, seed: int = 0) -> dict[str, Any]:
    """Scores of the classifier and of four baselines on coded units.

    coded: rows of the coded-set format. Units in a language without a pack are counted under
    `skipped` and not scored. Intervals are 95 %: Wilson for shares, percentile bootstrap with
    `seed` for F1.
    """
    known = set(packs.codes)
    coded = [{**row, "lang": pack_code(row["lang"])} for row in coded]
    scored = [row for row in coded if row["lang"] in known]
    units = predict(scored, packs)
    guesses = [unit.guess for unit in units]
    report = _scores(units, guesses, seed)
    report["skipped"] = dict(Counter(row["lang"] for row in coded if row["lang"] not in known))
    for key, column in (("by_lang", "lang"), ("by_part", "part")):
        report[key] = {
            name: _short_scores(group, seed)
            for name, group in sorted(_grouped(units, column).items())
        }
    report["baselines"] = {
        name: _baseline_scores(units, [rule(unit) for unit in units], seed)
        for name, rule in _baselines(packs).items()
    }
    return report


def predict(coded: list[dict[str, Any]], packs: Packs) -> list[Unit]:
    """Read every unit as a document of its own and pick the mention that fits the target."""
    texts = [f"{row['before']} {row['text']} {row['after']}" for row in coded]
    rows = [
        {"document_id": str(number), "text": text, "lang": row["lang"], "regions": []}
        for number, (row, text) in enumerate(zip(coded, texts, strict=True))
    ]
    reading = read_documents(rows_to_table(rows, DOCUMENTS), packs)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for mention in reading.standings.to_pylist():
        found[int(mention["document_id"])].append(mention)
    units = []
    for number, (row, text) in enumerate(zip(coded, texts, strict=True)):
        shift = len(row["before"]) + 1
        target = (row["start"] + shift, row["end"] + shift)
        units.append(Unit(row, text, target, _overlapping(found[number], target)))
    return units


def _overlapping(mentions: list[dict[str, Any]], target: tuple[int, int]) -> dict[str, Any] | None:
    def overlap(mention: dict[str, Any]) -> int:
        return int(min(target[1], mention["end_cp"]) - max(target[0], mention["start_cp"]))

    best = max(mentions, key=overlap, default=None)
    return best if best and overlap(best) > 0 else None


def _grouped(units: Iterable[Unit], column: str) -> dict[str, list[Unit]]:
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[str(unit.coded.get(column) or "unknown")].append(unit)
    return groups


# scores


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927); (0, 1) for n = 0."""
    if n <= 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _scores(units: list[Unit], guesses: list[str], seed: int) -> dict[str, Any]:
    truths = [unit.truth for unit in units]
    right = sum(t == g for t, g in zip(truths, guesses, strict=True))
    named = [unit for unit in units if unit.truth != "none"]
    found = sum(unit.predicted is not None for unit in named)
    low, high = _bootstrap_macro(truths, guesses, seed)
    return {
        "n": len(units),
        "mention_recall": _ratio(found, len(named)),
        "mention_recall_interval": wilson(found, len(named)),
        "accuracy": _ratio(right, len(units)),
        "accuracy_interval": wilson(right, len(units)),
        "macro_f1": macro_f1(truths, guesses),
        "macro_f1_interval": (low, high),
        "classes": {name: _class_scores(name, truths, guesses) for name in CLASSES},
        "confusion": _confusion(truths, guesses),
        **_attribute_scores(units),
        "prevalence_error_points": _prevalence_errors(units, guesses),
    }


def _short_scores(units: list[Unit], seed: int) -> dict[str, Any]:
    full = _scores(units, [unit.guess for unit in units], seed)
    kept = (
        "n",
        "macro_f1",
        "macro_f1_interval",
        "accuracy",
        "mention_recall",
        "actor_accuracy",
        "blame_accuracy",
    )
    return {key: full[key] for key in kept}


def _baseline_scores(units: list[Unit], guesses: list[str], seed: int) -> dict[str, Any]:
    truths = [unit.truth for unit in units]
    right = sum(t == g for t, g in zip(truths, guesses, strict=True))
    return {
        "macro_f1": macro_f1(truths, guesses),
        "macro_f1_interval": _bootstrap_macro(truths, guesses, seed),
        "accuracy": _ratio(right, len(units)),
        "prevalence_error_points": _prevalence_errors(units, guesses),
    }


def _class_scores(name: str, truths: list[str], guesses: list[str]) -> dict[str, Any]:
    hit = sum(t == g == name for t, g in zip(truths, guesses, strict=True))
    coded, guessed = truths.count(name), guesses.count(name)
    return {
        "precision": _ratio(hit, guessed),
        "precision_interval": wilson(hit, guessed),
        "recall": _ratio(hit, coded),
        "recall_interval": wilson(hit, coded),
        "f1": _ratio(2 * hit, coded + guessed),
        "n": coded,
        "guessed": guessed,
    }


def macro_f1(truths: list[str], guesses: list[str]) -> float:
    """Mean F1 over the classes with at least MIN_UNITS coded units; 0 when there is none."""
    counts = Counter(truths)
    kept = [name for name in CLASSES if counts[name] >= MIN_UNITS]
    scores = [_class_scores(name, truths, guesses)["f1"] for name in kept]
    return float(np.mean(scores)) if scores else 0.0


def _bootstrap_macro(truths: list[str], guesses: list[str], seed: int) -> tuple[float, float]:
    """Percentile interval of the macro F1 over resampled units; the classes kept stay fixed."""
    index = {name: number for number, name in enumerate(CLASSES)}
    size, n = len(CLASSES), len(truths)
    kept = [index[name] for name in CLASSES if truths.count(name) >= MIN_UNITS]
    if not kept:
        return 0.0, 1.0
    cells = np.array([index[t] * size + index[g] for t, g in zip(truths, guesses, strict=True)])
    draws = np.random.default_rng(seed).integers(0, n, (BOOTSTRAP_RUNS, n))
    tables = np.stack([np.bincount(cells[draw], minlength=size * size) for draw in draws])
    tables = tables.reshape(-1, size, size)
    totals = tables.sum(axis=1) + tables.sum(axis=2)
    hits = np.diagonal(tables, axis1=1, axis2=2)
    scores = (2 * hits / np.maximum(totals, 1))[:, kept].mean(axis=1)
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def _confusion(truths: list[str], guesses: list[str]) -> dict[str, dict[str, int]]:
    counts = Counter(zip(truths, guesses, strict=True))
    return {
        truth: {guess: counts[truth, guess] for guess in CLASSES if counts[truth, guess]}
        for truth in CLASSES
        if truth in truths
    }


def _attribute_scores(units: list[Unit]) -> dict[str, Any]:
    """Share of right attributes among the mentions found whose label has that attribute."""
    scores: dict[str, Any] = {}
    for name in _ATTRIBUTES:
        pairs = [
            (unit.coded["label"].get(name), unit.predicted[name])
            for unit in units
            if unit.predicted
            and unit.truth != "none"
            and unit.coded["label"].get(name)
            and unit.predicted[name]
        ]
        right = sum(truth == guess for truth, guess in pairs)
        scores[f"{name}_accuracy"] = _ratio(right, len(pairs))
        scores[f"{name}_n"] = len(pairs)
    return scores


def _prevalence_errors(units: list[Unit], guesses: list[str]) -> dict[str, float]:
    """Share guessed minus share coded, in points, units weighted back to the sampling frame."""
    total = sum(unit.weight for unit in units) or 1.0
    error: dict[str, float] = dict.fromkeys(CLASSES, 0.0)
    for unit, guess in zip(units, guesses, strict=True):
        error[guess] += 100 * unit.weight / total
        error[unit.truth] -= 100 * unit.weight / total
    return error


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


# baselines: what counting words would say, without reading


def _baselines(packs: Packs) -> dict[str, Callable[[Unit], str]]:
    """Russia named somewhere near makes a pair, else own: what keyword counts assume."""
    spots: dict[int, list[tuple[int, int]]] = {}

    def russia(unit: Unit) -> list[tuple[int, int]]:
        if id(unit) not in spots:
            lexicon = compile_names(packs.names[unit.coded["lang"]])
            spots[id(unit)] = [
                (hit.start_cp, hit.end_cp)
                for hit in lexicon.find(unit.text)
                if lexicon.classes[hit.row] in IN_SCOPE
            ]
        return spots[id(unit)]

    def within(words: int) -> Callable[[Unit], str]:
        return lambda unit: _paired(any(_words_between(unit, at) <= words for at in russia(unit)))

    def in_sentence(unit: Unit) -> str:
        start = len(unit.coded["before"]) + 1
        end = start + len(unit.coded["text"])
        return _paired(any(start <= at[0] < end for at in russia(unit)))

    return {
        "document": lambda unit: _paired(bool(russia(unit))),
        "sentence": in_sentence,
        "ten_words": within(NEAR_WORDS),
        "adjacent": within(ADJACENT_WORDS),
    }


def _paired(beside: bool) -> str:
    return "paired" if beside else "own"


def _words_between(unit: Unit, at: tuple[int, int]) -> int:
    low, high = (at[1], unit.target[0]) if at[0] < unit.target[0] else (unit.target[1], at[0])
    return len(re.findall(r"\w+", unit.text[low:high]))


def read_coded(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of a coded set. Raises InputError naming the line that does not fit."""
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                _ = row["label"]["standing"], row["lang"], row["start"], row["end"], row["text"]
                rows.append({"before": "", "after": "", **row})
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"line {number} is not a coded unit: {_what_lacks(error)}; see docs/evaluate.md"
                ) from error
    return rows


def _what_lacks(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no '{error.args[0]}'"
    return (
        f"it is no JSON ({error})"
        if isinstance(error, ValueError)
        else "it is no JSON object, or its label is none"
    )
