"""A list of feeds (OPML) and what is known of each between two rounds, so that asking is polite.

Everything here decides when and how a feed may be asked; `fetching` does the asking. Each feed's
validators, failures and items seen stand in one JSON file that is replaced in one step.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from asobna.errors import InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.fetching import USER_AGENT, Fetched, FetchError, Rules, fetch

#: Ids of items kept for each feed; older ones are forgotten.
ITEMS_REMEMBERED = 5_000
_FIRST_BACK_OFF_SECONDS = 60
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"
_NOT_MODIFIED = 304


class Feed(NamedTuple):
    """One feed of the list."""

    url: str
    title: str


class Known(NamedTuple):
    """What is known of a feed: validators, failures in a row, when it may be asked again, ids."""

    etag: str = ""
    modified: str = ""
    failures: int = 0
    not_before: float = 0.0
    seen: tuple[str, ...] = ()


def read_opml(path: str) -> list[Feed]:
    """Feeds of an OPML file, in order, each once. Raises InputError."""
    try:
        content = Path(path).read_bytes()
        if len(content) > MAX_PAGE_BYTES:
            raise InputError(f"{path}: more than {MAX_PAGE_BYTES:,} bytes are no list of feeds")
        root = fromstring(content, forbid_dtd=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InputError(f"{path}: not an OPML list of feeds ({type(error).__name__})") from error
    feeds: dict[str, Feed] = {}
    for outline in root.iter("outline"):
        url = (outline.get("xmlUrl") or "").strip()
        if url:
            feeds.setdefault(url, Feed(url, outline.get("title") or outline.get("text") or url))
    if not feeds:
        raise InputError(f'{path}: no feed in it; one looks like <outline xmlUrl="https://…"/>')
    return list(feeds.values())


def read_known(path: Path) -> dict[str, Known]:
    """What is known of each feed by its URL; nothing where there is no file yet.

    Raises InputError where the file is not what was written.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            url: Known(**{**entry, "seen": tuple(entry["seen"])}) for url, entry in data.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: is damaged; remove it and every feed is asked anew") from error


def write_known(path: Path, known: Mapping[str, Known]) -> None:
    """Replace the file in one step. Raises InputError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        text = json.dumps({url: entry._asdict() for url, entry in known.items()}, indent=1)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot write: {error.strerror or error}") from error


def item_key(item: Mapping[str, Any]) -> str:
    """What tells one item from another: a hash of its link, or of its text."""
    told = str(item.get("url") or item.get("text") or "")
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def ask_feed(feed: Feed, known: Known, rules: Rules) -> Fetched:
    """The feed, asked only for what is new. Raises FetchError, also for an answer of an error."""
    headers = {"Accept": _ACCEPT}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.modified:
        headers["If-Modified-Since"] = known.modified
    answer = fetch(feed.url, headers, rules)
    if answer.status not in (200, _NOT_MODIFIED):
        raise FetchError("fetch-status", f"{feed.url}: the server answers {answer.status}")
    return answer


def failed(known: Known, now: float, rules: Rules) -> Known:
    """The feed after a failure: asked again after a pause that doubles each time."""
    pause = _FIRST_BACK_OFF_SECONDS * 2 ** min(known.failures, 20)
    return known._replace(
        failures=known.failures + 1,
        not_before=now + min(pause, rules.limits["back_off_seconds"]),
    )


def answered(known: Known, answer: Fetched, keys: list[str]) -> Known:
    """The feed after an answer whose items have these keys."""
    if answer.status == _NOT_MODIFIED:
        return known._replace(failures=0, not_before=0.0)
    return Known(
        etag=answer.headers.get("etag", "")[:500],
        modified=answer.headers.get("last-modified", "")[:100],
        seen=tuple(dict.fromkeys([*keys, *known.seen]))[:ITEMS_REMEMBERED],
    )


def robots_of(url: str, rules: Rules) -> RobotFileParser:
    """The robots.txt of a host as RFC 9309 reads it: missing means all, unreachable means none."""
    parts = urlsplit(url)
    robots = RobotFileParser()
    try:
        answer = fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", {}, rules)
    except FetchError:
        robots.disallow_all = True  # type: ignore[attr-defined]
        return robots
    if answer.status >= 500:
        robots.disallow_all = True  # type: ignore[attr-defined]
    elif answer.status != 200:
        robots.allow_all = True  # type: ignore[attr-defined]
    else:
        bound = rules.limits["robots_bytes"]
        robots.parse(answer.body[:bound].decode("utf-8", "replace").splitlines())
    return robots


def may_ask(robots: RobotFileParser, url: str) -> bool:
    """Whether robots.txt lets this program ask for a URL."""
    return robots.can_fetch(USER_AGENT.split("/")[0], url)
