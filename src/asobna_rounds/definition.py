"""What a round asks: the public definition in `round.json`, read with every limit checked.

Nothing in this file is secret and nothing in it is about a person. Days, never hours: the issue
phase ends before the open phase begins, because exact times re-link credentials to people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from asobna_rounds.credentials.keys import ROUND_ID
from asobna_rounds.errors import RoundFileError
from asobna_rounds.moderator import MAX_EDITED

INTERFACE_LANGUAGES = ("en", "be", "ru", "pl", "lt", "uk")
QUESTION_CHARACTERS = 300
BRIEF_CHARACTERS = 9_000
POLL_CHARACTERS = 200
OPTION_CHARACTERS = 80
MAX_STATEMENTS = 240
"""One byte each in a ballot of fixed size, so that no ballot is ever longer than another."""
MAX_POLLS = 8
MAX_OPTIONS = 8
MAX_SLOTS = 10_000
"""Credentials in one round; every visit reads all tags once (about 2 µs each)."""

Texts = dict[str, str]
"""Language code to text: one text for every language of the round."""


@dataclass(frozen=True)
class Poll:
    """A closed question. `margin` marks one asked only to weight the others by `targets`."""

    question: Texts
    options: tuple[Texts, ...]
    targets: tuple[float, ...] | None = None

    @property
    def margin(self) -> bool:
        """Whether known shares of the invited people were given to weight by."""
        return self.targets is not None


@dataclass(frozen=True)
class Round:
    """The public definition of one round. Days are inclusive; `issue_until` < `opens`."""

    id: str
    languages: tuple[str, ...]
    question: Texts
    brief: Texts
    seeds: tuple[Texts, ...]
    polls: tuple[Poll, ...]
    issue_until: date
    opens: date
    closes: date
    file: str = ""

    def text(self, texts: Texts, language: str) -> tuple[str, str]:
        """The text to show a reader of `language` and the language it is in."""
        shown = language if language in texts else self.languages[0]
        return texts[shown], shown


def read_round(path: Path) -> Round:
    """The definition in a JSON file. Raises RoundFileError naming the field and the remedy."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RoundFileError(f"{path.name}: not readable as JSON ({error})") from error
    if not isinstance(data, dict):
        raise RoundFileError(f"{path.name}: the top level must be an object")
    return parse_round(data)


def parse_round(data: dict[str, Any]) -> Round:
    """A `Round` from the object in `round.json`. Raises RoundFileError."""
    _known("round.json", data, Round)
    languages = tuple(_need(data, "languages", list))
    unknown = [code for code in languages if code not in INTERFACE_LANGUAGES]
    if not languages or unknown or len(set(languages)) != len(languages):
        raise RoundFileError(
            f"round.json, languages: {list(languages)}; use some of {list(INTERFACE_LANGUAGES)}, "
            "each once"
        )
    days = [_day(data, name) for name in ("issue_until", "opens", "closes")]
    if not days[0] < days[1] <= days[2]:
        raise RoundFileError(
            "round.json: issue_until must be a day before opens, and opens not after closes; "
            "an issue phase that runs into the open phase would re-link people by time"
        )
    seeds = _texts_list(_need(data, "seeds", list), "seeds", MAX_EDITED, languages)
    _at_most("seeds", len(seeds), "MAX_STATEMENTS", MAX_STATEMENTS)
    polls = tuple(
        _poll(p, f"polls[{i}]", languages) for i, p in enumerate(_need(data, "polls", list))
    )
    _at_most("polls", len(polls), "MAX_POLLS", MAX_POLLS)
    name = _need(data, "id", str)
    if not ROUND_ID.fullmatch(name):
        raise RoundFileError(
            "round.json, id: 1 to 32 of a-z, 0-9 and inner hyphens, as in the registrar's key"
        )
    return Round(
        id=name,
        languages=languages,
        question=texts(data.get("question"), "question", QUESTION_CHARACTERS, languages),
        brief=texts(data.get("brief"), "brief", BRIEF_CHARACTERS, languages),
        seeds=seeds,
        polls=polls,
        issue_until=days[0],
        opens=days[1],
        closes=days[2],
        file=str(data.get("file", "")),
    )


def _known(where: str, data: dict[str, Any], kind: type) -> None:
    """Refuse a name nobody reads: "target" for "targets" would quietly weigh nothing."""
    names = [f.name for f in fields(kind)]
    if unknown := sorted(set(data) - set(names)):
        raise RoundFileError(f"{where}: {', '.join(unknown)} is none of {', '.join(names)}")


def texts(value: Any, field: str, limit: int, languages: tuple[str, ...]) -> Texts:
    """One text per language of the round, none empty or above `limit` characters.

    Raises RoundFileError: a text in one language only would name its author's language.
    """
    if not isinstance(value, dict) or set(value) != set(languages):
        raise RoundFileError(
            f"{field}: needs one text for each language of the round ({', '.join(languages)})"
        )
    for code in languages:
        text = value[code]
        if not isinstance(text, str) or not text.strip():
            raise RoundFileError(f"{field}, {code}: the text is empty")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise RoundFileError(f"{field}, {code}: half a character (a lone surrogate); retype it")
        if len(text) > limit:
            raise RoundFileError(f"{field}, {code}: {len(text)} characters; the limit is {limit}")
    return {code: value[code].strip() for code in languages}


def _poll(data: Any, field: str, languages: tuple[str, ...]) -> Poll:
    if not isinstance(data, dict):
        raise RoundFileError(f"round.json, {field}: must be an object with question and options")
    _known(f"round.json, {field}", data, Poll)
    named = f"{field}.options"
    options = _texts_list(_need(data, "options", list), named, OPTION_CHARACTERS, languages)
    _at_most(named, len(options), "MAX_OPTIONS", MAX_OPTIONS)
    if len(options) < 2:
        raise RoundFileError(f"round.json, {field}.options: needs at least two")
    question = texts(data.get("question"), f"{field}.question", POLL_CHARACTERS, languages)
    return Poll(question, options, _targets(data.get("targets"), field, len(options)))


def _targets(given: Any, field: str, options: int) -> tuple[float, ...] | None:
    """Known shares, one above 0 for each option, together 1; None where there are none."""
    if given is None:
        return None
    shares = given if isinstance(given, list) else []
    number = all(isinstance(s, int | float) and s > 0 for s in shares)
    if not number or len(shares) != options or not abs(sum(shares) - 1) <= 1e-6:
        raise RoundFileError(
            f"round.json, {field}.targets: one share above 0 per option, together 1 (got {given})"
        )
    return tuple(map(float, shares))


def _texts_list(
    items: list[Any], field: str, limit: int, languages: tuple[str, ...]
) -> tuple[Texts, ...]:
    return tuple(texts(t, f"{field}[{i}]", limit, languages) for i, t in enumerate(items))


def _need(data: dict[str, Any], name: str, kind: type) -> Any:
    value = data.get(name)
    if not isinstance(value, kind):
        expected = "list" if kind is list else "string"
        raise RoundFileError(f"round.json, {name}: needs a JSON {expected}")
    return value


def _day(data: dict[str, Any], name: str) -> date:
    text = _need(data, name, str)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:  # not 2027-W05-7 or 20270131 either
        raise RoundFileError(f"round.json, {name}: write a day as 2027-01-31")
    return day


def _at_most(field: str, count: int, name: str, limit: int) -> None:
    if count > limit:
        raise RoundFileError(f"round.json, {field}: {count}; the limit is {limit} ({name})")
