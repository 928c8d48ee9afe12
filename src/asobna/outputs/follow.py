"""`asobna follow FEEDS.opml --to DIR`: new items of feeds into tables, round after round.

Items are first written to a file beside the tables, then what is known of the feed, then the file
is read like any other input. Whatever moment it is stopped at, the next run finds all items again
and reads each once.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import click
import orjson

from asobna.errors import AsobnaError
from asobna.limits import chosen_limits
from asobna.outputs.read import Options, run_read
from asobna.sources import feeds
from asobna.sources.feeds import Feed, Known
from asobna.sources.fetching import FetchError, Rules, fetch, public_rules
from asobna.sources.guard import Read, Sheet, shared_guard
from asobna.store import Lease, Store, write_unit
from asobna.tables import PARTS, REJECTS, rows_to_table

_FIELDS = ("text", "title", "date", "source", "url", "kind")
_STATE = "feeds.json"


class Following(NamedTuple):
    """What is followed, where to, by which rules. `stop` is set to end after the feed at hand."""

    opml: str
    folder: str
    rules: Rules
    stop: threading.Event
    pages: bool = False
    lang: str | None = None

    @property
    def beside(self) -> Path:
        """The folder of items and state: beside the tables, never among them."""
        return Path(self.folder.rstrip("/") + ".feeds")


class Round(NamedTuple):
    """Counts of one round: feeds asked, items new to us, feeds or items that could not be read."""

    asked: int
    items: int
    rejects: int


@click.command("follow")
@click.argument("opml", metavar="FEEDS.opml")
@click.option("--to", "folder", required=True, metavar="DIR", help="Folder for tables.")
@click.option("--every", type=click.IntRange(60), default=1800, show_default=True,
              metavar="SECONDS",
              help="Pause between two rounds.")  # fmt: skip
@click.option("--once", is_flag=True, help="One round, then stop.")
@click.option("--pages", is_flag=True, help="Also fetch the page each item links to.")
@click.option("--lang", metavar="CODE", help="Language of all feeds; else it is identified.")
def follow_command(opml: str, folder: str, every: int, once: bool, pages: bool,
                   lang: str | None) -> int:  # fmt: skip
    """Follow feeds: ask each now and then, read what is new, add it to the tables.

    \b
    http and https only, public addresses only, at most one request every two seconds to a host,
    robots.txt respected. Ctrl-C stops after the feed at hand; the next run goes on from there.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    rules = public_rules(chosen_limits(os.environ))
    following = Following(opml, folder, rules, stop, pages, lang)
    while not stop.is_set():
        done = follow_round(following)
        click.echo(
            f"{done.asked} feeds asked, {done.items} new items, {done.rejects} could not be read",
            err=True,
        )
        if once or stop.wait(every):
            break
    return 0


def follow_round(following: Following, clock: Callable[[], float] = time.time) -> Round:
    """Ask every feed that may be asked now; read what is new; commit.

    Raises InputError for a list or state that cannot be read, StoreError where nothing can be
    written. A feed that cannot be read is a reject with a reason.
    """
    listed = feeds.read_opml(following.opml)
    following.beside.mkdir(parents=True, exist_ok=True)
    state = following.beside / _STATE
    known = feeds.read_known(state)
    written = _items_written(following.beside)
    visitor = _Visitor(following)
    asked, new = 0, 0
    for feed in listed:
        if following.stop.is_set():
            break
        before = known.get(feed.url, Known())
        if clock() < before.not_before:
            continue
        asked += 1
        known[feed.url], items = visitor.visit(feed, before, written, clock())
        new += len(items)
        _write_items(following.beside, items)
        feeds.write_known(state, known)
    _read_items(following)
    _commit_rejects(following.folder, visitor.rejects)
    return Round(asked, new, len(visitor.rejects))


class _Visitor:
    """Asks feeds and pages, one after the other, with a pause for every host."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._last: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser] = {}
        self.rejects: list[dict[str, Any]] = []

    def visit(
        self, feed: Feed, before: Known, written: set[str], now: float
    ) -> tuple[Known, list[dict[str, Any]]]:
        """What is known of a feed afterwards, and its items that were not written before."""
        rules = self._following.rules
        try:
            self._admit(feed.url)
            answer = feeds.ask_feed(feed, before, rules)
            items = list(self._items(feed, answer.body)) if answer.body else []
        except FetchError as error:
            self._reject(feed.url, error.reason, error.detail)
            return feeds.failed(before, now, rules), []
        seen = written | set(before.seen)
        keys = [item["id"] for item in items]
        fresh = [item for item in items if item["id"] not in seen]
        written.update(keys)
        if self._following.pages:
            fresh = [self._with_page(item) for item in fresh]
        return feeds.answered(before, answer, keys), fresh

    def _admit(self, url: str) -> None:
        """Wait for the host's turn. Raises FetchError where robots.txt says no."""
        host = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        if host not in self._robots:
            self._pause(host)
            self._robots[host] = feeds.robots_of(url, self._following.rules)
        if not feeds.may_ask(self._robots[host], url):
            raise FetchError("robots", f"{url}: robots.txt asks programs not to read this")
        self._pause(host)

    def _pause(self, host: str) -> None:
        delay = self._following.rules.limits["host_delay_seconds"]
        due = self._last.get(host, -delay) + delay - time.monotonic()
        if due > 0:
            self._following.stop.wait(due)
        self._last[host] = time.monotonic()

    def _items(self, feed: Feed, body: bytes) -> Iterator[dict[str, Any]]:
        """Items of a feed, as far as the limit goes. Raises FetchError where it is no feed."""
        bound = self._following.rules.limits["feed_items"]
        for count, answer in enumerate(shared_guard().read([Sheet(feed.url, "feed", body)])):
            if count >= bound:
                return
            if isinstance(answer, Read):
                item = {name: answer.fields.get(name) for name in _FIELDS}
                item["source"] = item["source"] or feed.title
                yield {"id": feeds.item_key(item), **item}
            elif not answer.record:
                raise FetchError(answer.reason, f"{feed.url}: {answer.detail}")

    def _with_page(self, item: dict[str, Any]) -> dict[str, Any]:
        """The item with the text of its page; with its own where the page cannot be read."""
        url = item["url"]
        if not url:
            return item
        try:
            self._admit(url)
            answer = fetch(url, {"Accept": "text/html"}, self._following.rules)
            if answer.status != 200:
                raise FetchError("fetch-status", f"{url}: the server answers {answer.status}")
        except FetchError as error:
            self._reject(url, error.reason, error.detail)
            return item
        for read in shared_guard().read([Sheet(url, "article", answer.body, url)]):
            if isinstance(read, Read) and len(read.fields["text"]) > len(item["text"]):
                return {**item, "text": read.fields["text"]}
        return item

    def _reject(self, url: str, reason: str, detail: str) -> None:
        self.rejects.append({"path": url, "line": None, "reason": reason, "detail": detail})


def _items_written(folder: Path) -> set[str]:
    """Ids of all items in the files of earlier rounds, so that a lost state loses nothing."""
    found = set()
    for file in folder.glob("items-*.jsonl"):
        for line in file.read_bytes().splitlines():
            try:
                found.add(str(orjson.loads(line)["id"]))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue
    return found


def _write_items(folder: Path, items: list[dict[str, Any]]) -> None:
    """A file of items, named by its content, written in one step; none for no items."""
    if not items:
        return
    data = b"".join(orjson.dumps(item) + b"\n" for item in items)
    target = folder / f"items-{hashlib.sha256(data).hexdigest()[:16]}.jsonl"
    part = target.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(target)


def _read_items(following: Following) -> None:
    files = tuple(str(path) for path in sorted(following.beside.glob("items-*.jsonl")))
    if files:
        run_read(Options(files, following.folder, lang=following.lang))


def _commit_rejects(folder: str, rejects: list[dict[str, Any]]) -> None:
    """Add rejects to the tables: the same reason for the same address once a day."""
    if not rejects:
        return
    store = Store(folder, create=True)
    lease = Lease(folder)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    try:
        done = store.done()
        for number, reject in enumerate(rejects):
            told = f"{day} {reject['path']} {reject['reason']}"
            key = f"{hashlib.sha256(told.encode()).hexdigest()}:0"
            if key in done:
                continue
            name = f"{lease.run}-feeds{number}"
            part = {"key": key, "path": reject["path"], "sha256": key[:-2], "input_bytes": 0,
                    "part": 0, "unit": name, "documents": 0, "unread": 1}  # fmt: skip
            tables = {
                "rejects": rows_to_table([reject], REJECTS),
                "parts": rows_to_table([part], PARTS),
            }
            store.commit([write_unit(folder, name, tables, [key])])
    except OSError as error:
        raise AsobnaError(f"{folder}: cannot write: {error}") from error
    finally:
        lease.release(store.named_files())
