"""The ballots of one round: one SQLite file that keeps no order, no times and no tier.

Every row exists, filled with encrypted nothing, before the round opens: one slot per credential
issued. Voting overwrites rows of equal size in place, so the file never shows who came first.
Each row is encrypted under the round's secret; destroying those 32 bytes destroys the ballots,
also where a disk kept an old copy of a block. Settings follow the measurements in
docs/rounds.md: rollback journal, `secure_delete`, `WITHOUT ROWID`, random keys, days only.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asobna_rounds.credentials.verification import TAG_BYTES, tag
from asobna_rounds.definition import MAX_POLLS, MAX_SLOTS, MAX_STATEMENTS
from asobna_rounds.durable import blur_times, shred, write_private
from asobna_rounds.errors import BoxError
from asobna_rounds.rows import (
    BODY_BYTES,
    EMPTY_TAG,
    FREE,
    ID_BYTES,
    LIVE,
    POLLS_AT,
    SEALED,
    VOTES_AT,
    Ballot,
    Rows,
    Tag,
    answers,
    pack_tag,
    unpack_tag,
)
from asobna_rounds.sealing import SEALED_BYTES

DATABASE = "ballots.db"
KEY = "round.key"
MAX_SUGGESTIONS = 3
"""Statements one credential may suggest in a round."""
MAX_PENDING = 5_000
_SCHEMA = """
CREATE TABLE ballot (id BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE tag (id BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE pending (id BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE gate (open INTEGER PRIMARY KEY) WITHOUT ROWID;
INSERT INTO gate VALUES (1);
"""
_SETTINGS = (
    "PRAGMA journal_mode=DELETE",
    "PRAGMA secure_delete=ON",
    "PRAGMA synchronous=EXTRA",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cell_size_check=ON",
)

Handle = bytes
"""The random id of a tag row: what a visit works with in place of the credential."""


class Store:
    """The open ballot file of one round folder. Thread-safe; one writer at a time.

    Raises BoxError from every method once voting was stopped or the round destroyed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / DATABASE
        self._key_path = folder / KEY
        if not self._path.exists() or not self._key_path.exists():
            raise BoxError(
                f"{folder.name}: no open ballot box here; the round is closed or not open"
            )
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=10
        )
        for setting in _SETTINGS:
            self._db.execute(setting)
        blur_times(folder)

    @classmethod
    def create(cls, folder: Path, slots: int) -> Store:
        """A new store with `slots` empty ballots, one per credential issued. Never overwrites."""
        if not 1 <= slots <= MAX_SLOTS:
            raise BoxError(f"{slots} credentials; a round has 1 to {MAX_SLOTS} (MAX_SLOTS)")
        path, key_path = folder / DATABASE, folder / KEY
        if path.exists():
            raise BoxError(f"{folder.name}: there is a ballot box already; it is left untouched")
        shred(key_path)  # of an opening that was cut off before its first ballot
        write_private(key_path, secrets.token_bytes(32))
        unfinished = folder / f"{DATABASE}.new"
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        db = sqlite3.connect(unfinished, isolation_level=None)
        for setting in _SETTINGS:
            db.execute(setting)
        db.executescript(_SCHEMA)
        rows = Rows(key_path.read_bytes())
        db.execute("BEGIN")
        for table, empty in (("ballot", bytes(BODY_BYTES)), ("tag", pack_tag(EMPTY_TAG))):
            ids = sorted(secrets.token_bytes(ID_BYTES) for _ in range(slots))
            db.executemany(
                f"INSERT INTO {table} VALUES (?, ?)", [(i, rows.lock(table, i, empty)) for i in ids]
            )
        db.execute("COMMIT")
        db.execute("VACUUM")
        db.close()
        unfinished.rename(path)
        return cls(folder)

    def enter(self, token: bytes) -> Handle | None:
        """The handle for a token: of its live ballot, or of a fresh random one on first use.

        None when the ballot was sealed, or when every issued credential has been used.
        """
        with self._writing() as rows:
            wanted = tag(rows.secret, token)
            tags = self._tags(rows)
            if (known := _holder(tags, wanted)) is not None:
                return known if tags[known].state == LIVE else None
            free = [handle for handle, entry in tags.items() if entry.state == FREE]
            unused = [i for i, body in self._bodies(rows) if not body[0]]
            if not free or not unused:
                return None
            handle, ballot = secrets.choice(free), secrets.choice(unused)
            self._put(rows, "tag", handle, pack_tag(Tag(LIVE, wanted, ballot, 0)))
            self._put(rows, "ballot", ballot, b"\x01" + bytes(BODY_BYTES - 1))
            return handle

    def refuse(self) -> None:
        """Do the work that a sealed token costs, so that time does not tell it from a false one."""
        with self._writing() as rows:
            _holder(self._tags(rows), tag(rows.secret, secrets.token_bytes(TAG_BYTES)))

    def ballot_of(self, token: bytes) -> bytes:
        """The row id of an unsealed token's ballot, else b"": what a stolen code gives away."""
        with self._writing(always=True) as rows:
            wanted = tag(rows.secret, token)
            tags = (unpack_tag(rows.open("tag", i, row)) for i, row in self._all("tag"))
            return next((t.ballot for t in tags if t.value == wanted and t.state == LIVE), b"")

    def read(self, handle: Handle) -> Ballot | None:
        """The answers so far, or None when the ballot is sealed or the handle unknown."""
        with self._writing() as rows:
            entry = self._live(rows, handle)
            return None if entry is None else answers(self._body(rows, entry.ballot))

    def write(
        self, handle: Handle, votes: Mapping[int, int], polls: Mapping[int, int] | None = None
    ) -> bool:
        """Save answers by column (0 clears one). On disk when this returns True.

        False, with nothing saved, when the ballot is sealed or the handle unknown.
        """
        with self._writing() as rows:
            entry = self._live(rows, handle)
            if entry is None:
                return False
            body = bytearray(self._body(rows, entry.ballot))
            for column, value in votes.items():
                body[VOTES_AT + _within(column, MAX_STATEMENTS)] = value
            for column, value in (polls or {}).items():
                body[POLLS_AT + _within(column, MAX_POLLS)] = value
            self._put(rows, "ballot", entry.ballot, bytes(body))
            return True

    def seal(self, handle: Handle) -> bool:
        """Forget which ballot belongs to the credential; only its bare tag stays. See `write`."""
        with self._writing() as rows:
            entry = self._live(rows, handle)
            if entry is None:
                return False
            sealed = Tag(SEALED, entry.value, bytes(ID_BYTES), entry.suggestions)
            self._put(rows, "tag", handle, pack_tag(sealed))
            return True

    def suggest(self, handle: Handle, blob: bytes) -> bool:
        """Keep a sealed statement, without any link to the ballot. False when none may be added."""
        if len(blob) != SEALED_BYTES:
            raise BoxError(f"a sealed statement has {SEALED_BYTES} bytes, this has {len(blob)}")
        with self._writing() as rows:
            entry = self._live(rows, handle)
            if entry is None or entry.suggestions >= MAX_SUGGESTIONS:
                return False
            if self._db.execute("SELECT count(*) FROM pending").fetchone()[0] >= MAX_PENDING:
                return False
            counted = entry._replace(suggestions=entry.suggestions + 1)
            self._put(rows, "tag", handle, pack_tag(counted))
            new = secrets.token_bytes(ID_BYTES)
            self._db.execute(
                "INSERT INTO pending VALUES (?, ?)", (new, rows.lock("pending", new, blob))
            )
        self._rewrite()
        return True

    def take_pending(self) -> list[bytes]:
        """All sealed statements, in random order. They stay until `drop_pending`."""
        with self._writing(always=True) as rows:
            blobs = [rows.open("pending", i, row) for i, row in self._all("pending")]
        return [blobs[i] for i in _shuffled(len(blobs))]

    def drop_pending(self, blobs: list[bytes]) -> None:
        """Remove the sealed statements that a moderator has taken over."""
        gone = set(blobs)
        with self._writing(always=True) as rows:
            for i, row in self._all("pending"):
                if rows.open("pending", i, row) in gone:
                    self._db.execute("DELETE FROM pending WHERE id = ?", (i,))
        self._rewrite()

    def stop(self) -> None:
        """Stop all voting for good. A vote saved before this is counted; none is saved after."""
        with self._writing(always=True):
            self._db.execute("UPDATE gate SET open = 0 WHERE open = 1")

    def ballots(self) -> list[Ballot]:
        """All used ballots in random order: at close, and for the daily order of statements."""
        with self._writing(always=True) as rows:
            used = [answers(body) for _, body in self._bodies(rows) if body[0]]
        return [used[i] for i in _shuffled(len(used))]

    def counts(self) -> tuple[int, int]:
        """Credentials issued and used."""
        with self._writing(always=True) as rows:
            states = [unpack_tag(rows.open("tag", i, row)).state for i, row in self._all("tag")]
        return len(states), sum(state != FREE for state in states)

    @property
    def stopped(self) -> bool:
        """Whether voting was stopped."""
        with self._lock:
            return not self._db.execute("SELECT open FROM gate").fetchone()[0]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _writing(self, always: bool = False) -> Iterator[Rows]:
        with self._lock:
            rows = Rows(self._secret())
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if not (always or self._db.execute("SELECT open FROM gate").fetchone()[0]):
                    raise BoxError("voting has stopped: the round is closing")
                yield rows
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            blur_times(self._path.parent)

    def _secret(self) -> bytes:
        # Read anew for each visit: once the file is destroyed no process holds the secret.
        try:
            return self._key_path.read_bytes()
        except FileNotFoundError:
            raise BoxError("the round is closed and its key destroyed") from None

    def _rewrite(self) -> None:
        # Inserting and deleting leaves traces of order in the pages; rebuilding removes them.
        with self._lock:
            self._db.execute("VACUUM")
            blur_times(self._path.parent)

    def _all(self, table: str) -> list[tuple[bytes, bytes]]:
        return self._db.execute(f"SELECT id, row FROM {table}").fetchall()

    def _tags(self, rows: Rows) -> dict[Handle, Tag]:
        return {i: unpack_tag(rows.open("tag", i, row)) for i, row in self._all("tag")}

    def _bodies(self, rows: Rows) -> Iterator[tuple[bytes, bytes]]:
        return ((i, rows.open("ballot", i, row)) for i, row in self._all("ballot"))

    def _live(self, rows: Rows, handle: Handle) -> Tag | None:
        row = self._db.execute("SELECT row FROM tag WHERE id = ?", (handle,)).fetchone()
        entry = unpack_tag(rows.open("tag", handle, row[0])) if row else None
        return entry if entry is not None and entry.state == LIVE else None

    def _body(self, rows: Rows, ballot: bytes) -> bytes:
        row = self._db.execute("SELECT row FROM ballot WHERE id = ?", (ballot,)).fetchone()
        return rows.open("ballot", ballot, row[0])

    def _put(self, rows: Rows, table: str, key: bytes, plain: bytes) -> None:
        self._db.execute(
            f"UPDATE {table} SET row = ? WHERE id = ?", (rows.lock(table, key, plain), key)
        )


def _holder(tags: Mapping[Handle, Tag], wanted: bytes) -> Handle | None:
    """The handle of a tag that is in use; every tag is compared, wherever the wanted one lies."""
    found = None
    for handle, entry in tags.items():
        if hmac.compare_digest(entry.value, wanted) and entry.state != FREE:
            found = handle
    return found


def _within(column: int, limit: int) -> int:
    if not 0 <= column < limit:
        raise BoxError(f"column {column} is outside a ballot of {limit}")
    return column


def _shuffled(count: int) -> list[int]:
    order = list(range(count))
    secrets.SystemRandom().shuffle(order)
    return order
