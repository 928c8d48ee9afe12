"""The ballot file: what it keeps, what it forgets, and what its bytes show."""

from __future__ import annotations

import secrets
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.errors import BoxError
from asobna_rounds.sealing import SEALED_BYTES
from asobna_rounds.store import DATABASE, KEY, MAX_SUGGESTIONS, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path, 5)


def token() -> bytes:
    return secrets.token_bytes(32)


def test_same_token_comes_back_to_the_same_ballot(store: Store) -> None:
    mine, other = token(), token()
    first, second = store.enter(mine), store.enter(other)
    assert first is not None
    assert first != second
    assert store.write(first, {0: 1, 3: 2}, {1: 4})
    assert store.enter(mine) == first
    answers = store.read(first)
    assert answers is not None
    assert (answers.votes[:5], answers.polls[:3]) == (b"\x01\0\0\x02\0", b"\0\x04\0")
    assert store.counts() == (5, 2)


def test_an_answer_can_be_changed_and_cleared(store: Store) -> None:
    handle = store.enter(token())
    assert handle is not None
    store.write(handle, {0: 1})
    store.write(handle, {0: 3})
    assert store.ballots()[0].votes[0] == 3
    store.write(handle, {0: 0})
    assert store.ballots()[0].votes[0] == 0


def test_sealing_forgets_the_ballot_and_keeps_the_vote(store: Store) -> None:
    mine = token()
    handle = store.enter(mine)
    assert handle is not None
    store.write(handle, {0: 1})
    assert store.ballot_of(mine) != b""
    assert store.seal(handle)
    assert store.ballot_of(mine) == b""
    assert store.enter(mine) is None
    assert store.read(handle) is None
    assert not store.write(handle, {0: 2})
    assert not store.seal(handle)
    assert [b.votes[0] for b in store.ballots()] == [1]


def test_no_more_ballots_than_credentials_issued(store: Store) -> None:
    handles = [store.enter(token()) for _ in range(5)]
    assert None not in handles
    assert store.enter(token()) is None
    assert store.counts() == (5, 5)


def test_nothing_is_saved_after_the_stop(store: Store) -> None:
    handle = store.enter(token())
    assert handle is not None
    store.write(handle, {0: 1})
    store.stop()
    store.stop()
    assert store.stopped
    with pytest.raises(BoxError, match=r"^voting has stopped: the round is closing$"):
        store.write(handle, {0: 2})
    assert store.ballots()[0].votes[0] == 1


def test_suggestions_are_limited_for_each_credential(store: Store) -> None:
    handle = store.enter(token())
    assert handle is not None
    blobs = [secrets.token_bytes(SEALED_BYTES) for _ in range(MAX_SUGGESTIONS + 1)]
    assert [store.suggest(handle, blob) for blob in blobs] == [True, True, True, False]
    assert sorted(store.take_pending()) == sorted(blobs[:3])
    store.drop_pending(blobs[:2])
    assert store.take_pending() == [blobs[2]]
    with pytest.raises(BoxError, match="2096 bytes, this has 7"):
        store.suggest(handle, b"too few")


def test_a_store_is_never_overwritten_and_never_too_large(tmp_path: Path) -> None:
    Store.create(tmp_path, 1)
    with pytest.raises(BoxError, match="there is a ballot box already; it is left untouched"):
        Store.create(tmp_path, 1)
    with pytest.raises(BoxError, match=r"10001 credentials; a round has 1 to 10000"):
        Store.create(tmp_path / "other", 10_001)


def test_an_opening_cut_off_before_its_first_ballot_can_be_repeated(tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(b"k" * 32)
    (tmp_path / f"{DATABASE}.new").write_bytes(b"half")
    assert Store.create(tmp_path, 2).counts() == (2, 0)
    assert not (tmp_path / f"{DATABASE}.new").exists()


def test_settings_are_those_measured_as_safe(tmp_path: Path) -> None:
    store = Store.create(tmp_path, 1)
    ask = store._db.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("delete",)
    assert ask("PRAGMA secure_delete").fetchone() == (1,)
    assert ask("PRAGMA synchronous").fetchone() == (3,)
    assert ask("PRAGMA temp_store").fetchone() == (2,)
    tables = ask("SELECT name, sql FROM sqlite_master").fetchall()
    assert {name for name, _ in tables} == {"ballot", "tag", "pending", "gate"}
    assert all("WITHOUT ROWID" in sql for _, sql in tables)


def test_no_row_moves_and_no_other_row_changes_when_people_vote(tmp_path: Path) -> None:
    store = Store.create(tmp_path, 60)
    with sqlite3.connect(tmp_path / DATABASE) as db:
        names = [row[0] for row in db.execute("SELECT id FROM ballot UNION SELECT id FROM tag")]

    def places() -> dict[bytes, int]:
        image = (tmp_path / DATABASE).read_bytes()
        return {name: image.find(name) for name in names}

    before, size = places(), (tmp_path / DATABASE).stat().st_size
    for _ in range(30):
        handle = store.enter(token())
        assert handle is not None
        store.write(handle, {0: 1})
        store.seal(handle)
    assert places() == before
    assert (tmp_path / DATABASE).stat().st_size == size


def test_an_empty_slot_looks_like_a_used_one(tmp_path: Path) -> None:
    store = Store.create(tmp_path, 40)
    for _ in range(20):
        store.write(store.enter(token()) or b"", dict.fromkeys(range(60), 1))
    with sqlite3.connect(tmp_path / DATABASE) as db:
        rows = [row[0] for row in db.execute("SELECT row FROM ballot")]
    assert {len(row) for row in rows} == {12 + 256 + 16}
    # Random bytes: a row of 284 has about 71 zero bits in every 568; none stands out.
    assert all(len(set(row)) > 80 for row in rows)


def test_file_times_are_days_and_only_the_owner_may_read(tmp_path: Path) -> None:
    store = Store.create(tmp_path, 2)
    store.write(store.enter(token()) or b"", {0: 1})
    for path in (*tmp_path.iterdir(), tmp_path):
        moment = time.gmtime(path.stat().st_mtime)
        assert (moment.tm_hour, moment.tm_min, moment.tm_sec) == (0, 0, 0)
    assert {p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {0o600}


def test_without_the_key_nothing_can_be_read(tmp_path: Path) -> None:
    store = Store.create(tmp_path, 2)
    handle = store.enter(token())
    assert handle is not None
    (tmp_path / KEY).unlink()
    with pytest.raises(BoxError, match="the round is closed and its key destroyed"):
        store.read(handle)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 239), st.integers(0, 3)), max_size=25))
def test_the_last_answer_of_each_person_counts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, int, int]]
) -> None:
    store = Store.create(tmp_path_factory.mktemp("box"), 4)
    tokens = [token() for _ in range(4)]
    expected: dict[int, bytearray] = {}
    for person, column, value in acts:
        store.write(store.enter(tokens[person]) or b"", {column: value})
        expected.setdefault(person, bytearray(240))[column] = value
    assert sorted(b.votes for b in store.ballots()) == sorted(map(bytes, expected.values()))
