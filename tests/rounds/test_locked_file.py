"""Locked files: whole or not at all, padded, undated, closed to others."""

from __future__ import annotations

from pathlib import Path

import pytest
from nacl import pwhash

from asobna_rounds.errors import RoundsError
from asobna_rounds.locked_file import (
    FIXED_TIME,
    PAD_BYTES,
    Cost,
    Lock,
    destroy,
    read_locked,
    write_locked,
    write_whole,
)

CHEAP = Cost(pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)


@pytest.fixture(scope="module")
def lock() -> Lock:
    return Lock.new("a passphrase of words", CHEAP)


def test_what_is_locked_opens_with_the_passphrase_alone(tmp_path: Path, lock: Lock) -> None:
    path = tmp_path / "x.locked"
    write_locked(path, lock, b"people")
    assert b"people" not in path.read_bytes()
    assert read_locked(path, Lock.of(path, "a passphrase of words")) == b"people"
    with pytest.raises(RoundsError, match="does not open: wrong passphrase, or altered"):
        read_locked(path, Lock.of(path, "another passphrase"))


@pytest.mark.parametrize("size", [0, 1, 1000, PAD_BYTES - 8])
def test_every_length_up_to_a_page_looks_the_same(tmp_path: Path, lock: Lock, size: int) -> None:
    write_locked(tmp_path / "x", lock, b"p" * size)
    assert (tmp_path / "x").stat().st_size == 16 + 16 + 16 + 40 + PAD_BYTES
    assert read_locked(tmp_path / "x", lock) == b"p" * size


def test_one_changed_byte_anywhere_is_noticed(tmp_path: Path, lock: Lock) -> None:
    path = tmp_path / "x"
    write_locked(path, lock, b"people")
    whole = path.read_bytes()
    for place in (*range(48, 60), 48 + 40, 40_000, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(RoundsError, match="wrong passphrase, or altered"):
            read_locked(path, lock)


def test_an_altered_header_cannot_exhaust_the_machine(tmp_path: Path, lock: Lock) -> None:
    path = tmp_path / "x"
    write_locked(path, lock, b"people")
    whole = path.read_bytes()
    for place in (32, 38, 40, 43):
        path.write_bytes(whole[:place] + b"\x7f" + whole[place + 1 :])
        with pytest.raises(RoundsError, match="asks for an impossible lock: it was altered"):
            Lock.of(path, "a passphrase of words")


def test_a_write_that_fails_changes_nothing(tmp_path: Path, lock: Lock) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(RoundsError, match=r"cannot be written: .*; nothing changed"):
        write_whole(tmp_path / "x", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_files_carry_no_time_and_are_closed_to_others(tmp_path: Path) -> None:
    write_whole(tmp_path / "x", b"data")
    found = (tmp_path / "x").stat()
    assert (found.st_mtime, found.st_atime) == (FIXED_TIME, FIXED_TIME)
    assert found.st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mtime == FIXED_TIME


def test_destroyed_files_are_overwritten_before_they_go(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"secret" * 1000)
    with path.open("rb") as still_open:
        destroy(path)
        left = still_open.read()
    assert not path.exists()
    assert len(left) == 6000
    assert b"secret" not in left
    destroy(path)


def test_short_passphrases_and_strange_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoundsError, match=r"at least 12 characters \(MIN_PASSPHRASE\)"):
        Lock.new("short", CHEAP)
    (tmp_path / "x").write_bytes(b"something else")
    with pytest.raises(RoundsError, match="is not a locked file of this program"):
        Lock.of(tmp_path / "x", "a passphrase of words")
    with pytest.raises(RoundsError, match="cannot be read: No such file"):
        Lock.of(tmp_path / "y", "a passphrase of words")
