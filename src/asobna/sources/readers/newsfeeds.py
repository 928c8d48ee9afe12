"""RSS and Atom by feedparser: every item is a document."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import feedparser
from resiliparse.parse.html import HTMLTree

from asobna.sources.readers.articles import add_html
from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError
from asobna.sources.readers.packing import refuse_entities


def read(page: Page) -> Iterator[Draft | UnreadableError]:
    """Every item with its text, title, date and link; an item that is only a link is passed."""
    for item in items(page):
        draft = Draft(page.limits, **item["fields"])
        for html in item["html"]:
            add_html(draft, HTMLTree.parse(html), main_content=False)
        if draft.length:
            yield draft
        else:
            yield UnreadableError("empty", "the item holds no text, only a title and a link")


def items(page: Page) -> Iterator[dict[str, Any]]:
    """Fields and HTML of every item of a feed. Raises UnreadableError where there is no feed."""
    refuse_entities(page.content)
    # a stream, never a string: feedparser fetches strings that look like addresses
    feed = feedparser.parse(io.BytesIO(page.content), sanitize_html=False)
    if not feed.version and not feed.entries:
        raise UnreadableError("not-a-feed", "it is neither RSS nor Atom")
    source = feed.feed.get("title")
    for entry in feed.entries:
        published = _day(entry.get("published_parsed")) or entry.get("published")
        updated = _day(entry.get("updated_parsed"))
        fields = {
            "title": entry.get("title"),
            "url": entry.get("link") if _is_web(entry.get("link")) else None,
            "source": source,
            "kind": "news",
        }
        fields |= dated([(published, "stated"), (updated, "updated")], page.today)
        yield {"fields": fields, "html": _html(entry)}


def _html(entry: Any) -> list[str]:
    whole = [part.get("value", "") for part in entry.get("content", [])]
    return [html for html in whole or [entry.get("summary", "")] if html]


def _is_web(link: object) -> bool:
    return isinstance(link, str) and link.startswith(("http://", "https://"))


def _day(moment: Any) -> str | None:
    return f"{moment[0]:04}-{moment[1]:02}-{moment[2]:02}" if moment else None
