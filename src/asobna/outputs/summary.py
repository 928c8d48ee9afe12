"""What a run found, for a person: counts, shares with intervals, sentences drawn at random."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import Any, TextIO

import numpy as np

from asobna.rates.estimators import cluster_rate
from asobna.store import Store
from asobna.tables import STANDING_VALUES

#: Sentences shown for each standing.
SHOWN = 3
#: Words left and right of a mention when a sentence is longer than three lines.
_WIDEST = 100

_MEANING = {
    "own": "on its own",
    "contrasted": "set apart from Russia",
    "listed": "in a list of countries",
    "paired": "joined with Russia",
    "derived": "seen through Russia",
    "absorbed": "folded into Russia",
}


def write_summary(folder: str, stream: TextIO, seed: int) -> None:
    """Write the summary of the folder's tables. Raises StoreError."""
    store = Store(folder)
    width = min(shutil.get_terminal_size().columns, _WIDEST) - 1
    counts = store.counts()
    naming, documents = counts["documents_naming_belarus"], counts["documents"]
    stream.write(
        f"{naming:,} of {documents:,} documents name Belarus"
        f"{_share(naming, documents)}; "
        f"{_many(counts['standings'], 'mention', 'mentions')}.\n"
    )
    if counts["standings"]:
        _write_standings(store, stream)
        _write_sentences(store, (stream, width), seed)
    _write_rejects(store, (stream, width))
    if counts["dates_not_read"]:
        count = counts["dates_not_read"]
        text = (
            f"{_many(count, 'document has', 'documents have')} a date that could not be read or "
            f"cannot be, for example {_inert(store.example_of_unread_date())}: "
            f"{'it is' if count == 1 else 'they are'} read without one."
        )
        told = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
        stream.write(f"\n{told}\n")
    if counts["double_ids"]:
        stream.write(
            f"\n{_many(counts['double_ids'], 'document shares', 'documents share')} an id with "
            "another one: give ids that are unique over all inputs, or none.\n"
        )
    stream.write(f"\nTables are in {folder}: look at them with asobna query or asobna export.\n")


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole else ""


def _write_standings(store: Store, stream: TextIO) -> None:
    """A line for each standing: count, share of mentions and its 95 % interval."""
    per_document = store.standings_by_document()
    totals = np.sum([per_document[name] for name in STANDING_VALUES], axis=0).astype(float)
    stream.write("\nstanding     mentions   share   95 % interval\n")
    for name in STANDING_VALUES:
        counted = per_document[name].astype(float)
        estimate = cluster_rate(counted, totals)
        interval = "too few documents"
        if estimate is not None:
            interval = f"{100 * estimate.low:5.1f} – {100 * estimate.high:4.1f} %"
        stream.write(
            f"{name:<12} {int(counted.sum()):>8,}  {100 * counted.sum() / totals.sum():5.1f} %"
            f"  {interval:<17}  {_MEANING[name]}\n"
        )
    stream.write(
        "Shares are of all mentions, uncorrected, reprints not removed; intervals allow\n"
        "for mentions of one document being alike.\n"
    )


def _write_sentences(store: Store, page: tuple[TextIO, int], seed: int) -> None:
    stream, width = page
    stream.write(
        f"\nUp to {SHOWN} sentences of each, drawn at random (seed {seed}), the mention marked:\n"
    )
    standing = None
    for row in store.random_sentences(SHOWN, seed):
        if row["standing"] != standing:
            standing = row["standing"]
            stream.write(f"\n{standing}\n")
        where = ", ".join(filter(None, [row["source"], row["date"]])) or row["document_id"]
        text = f"{_marked(row)} ({_inert(where)})"
        stream.write(
            textwrap.fill(
                text, width, initial_indent="  · ", subsequent_indent="    ", break_on_hyphens=False
            )
            + "\n"
        )


def _marked(row: dict[str, Any], room: int = 240) -> str:
    """The sentence on one line with its mention in brackets, cut to `room` on each side."""
    start, end = row["sentence_start_cp"], row["sentence_end_cp"]
    before = row["text"][start : row["start_cp"]]
    after = row["text"][row["end_cp"] : end]
    before = before if len(before) <= room else "…" + before[-room:]
    after = after if len(after) <= room else after[:room] + "…"
    mention = row["text"][row["start_cp"] : row["end_cp"]]
    return _inert(f"{before}[{mention}]{after}")


def _inert(text: str) -> str:
    """One line that cannot steer a terminal."""
    return re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+", " ", text).strip()


def _write_rejects(store: Store, page: tuple[TextIO, int]) -> None:
    stream, width = page
    reasons = store.rejects_by_reason()
    total = sum(row["n"] for row in reasons)
    if not total:
        return
    stream.write(f"\nNot read: {total:,}\n")
    for row in reasons:
        text = f"{row['n']:>8,}  {row['reason']:<11} for example: {_inert(row['detail'])}"
        stream.write(textwrap.fill(text, width, subsequent_indent=" " * 12) + "\n")
