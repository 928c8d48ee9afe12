"""The sentences of the report, in the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asobna_rounds.deliberation.gate import LEAST_BALLOTS


def headings() -> dict[str, tuple[str, str]]:
    """Title and explanation of each section, in the active language."""
    return {
        "agreed": (
            _("Agreed"),
            _("The whole interval lies above one half on the same side."),
        ),
        "minority": (
            _("Agreed, and a minority view kept"),
            _("Most are on one side; at least five people are on the other, and stay on record."),
        ),
        "split": (
            _("Split"),
            _("Both sides are large enough that neither can be called the view of the group."),
        ),
        "unsure": (_("Unsure"), _("Too few answers, or too many passes, to say.")),
    }


def words() -> dict[str, str]:
    """The four options of a ballot in the active language."""
    return {
        "agree": _("Agree"),
        "disagree": _("Disagree"),
        "pass": _("Pass"),
        "skipped": _("Not answered"),
    }


def answered(report: dict[str, Any]) -> str:
    """ "12 of 30 invited", or that there were too few to tell."""
    if report["refused"] == "ballots":
        return _(
            "Fewer than %(least)s ballots: nothing is published, so that nobody stands out."
        ) % {"least": report["least_ballots"]}
    return ngettext(
        "%(ballots)s of %(invited)s person invited took part.",
        "%(ballots)s of %(invited)s people invited took part.",
        report["invited"],
    ) % {"ballots": report["ballots"], "invited": report["invited"]}


def gate_words(report: dict[str, Any]) -> str:
    """What the test for separate groups found, with its numbers.

    No language says "camps": to people from Belarus that word means something else.
    """
    gate = report.get("gate") or {}
    if not gate:
        return ""
    if gate["p_value"] is None:
        return _(
            "Too few ballots with enough answers to look for groups: %(least)s are needed."
        ) % {"least": LEAST_BALLOTS}
    if report["groups"]:
        count = len(report["groups"])
        verdict = ngettext(
            "The answers form %(count)s group that passed every test.",
            "The answers form %(count)s groups that passed every test.",
            count,
        ) % {"count": count}
    elif gate["structure"]:
        verdict = _(
            "The answers differ along one line, but they do not form groups that can be relied on."
        )
    else:
        verdict = _("There is no evidence that the answers form separate groups.")
    return f"{verdict} {_numbers(gate)}"


def _numbers(gate: dict[str, Any]) -> str:
    shown = {
        "ballots": gate["ballots"],
        "p_value": _range(gate["p_value"]),
        "stability": _range(gate["stability"]),
        "smallest": "–" if gate["smallest"] is None else gate["smallest"],
    }
    return (
        _(
            "Test: %(ballots)s ballots (20 needed), p %(p_value)s (below 0.05 needed), stability "
            "%(stability)s (0.8 needed), smallest group %(smallest)s (5 needed)."
        )
        % shown
    )


def _range(ends: list[float] | None) -> str:
    """A range as its one telling end: "< 0.05", "≥ 0.8", or a dash where nothing was tried."""
    if ends is None:
        return "–"
    low, high = ends
    return f"≥ {low:g}" if high == 1 else f"< {high:g}"


def in_language(texts: dict[str, str], report: dict[str, Any], language: str) -> tuple[str, str]:
    """A text in the reader's language, else in the round's first, and which one it is."""
    shown = language if language in texts else report["languages"][0]
    return texts[shown], shown
