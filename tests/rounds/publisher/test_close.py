"""Closing: the report is whole or not there, and destruction is completed whenever it was cut."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.ballot_box.box import REPORT
from asobna_rounds.errors import BoxError
from asobna_rounds.publisher.close import DESTROYED, close_round, destroyed
from asobna_rounds.store import DATABASE, KEY, Store

LEFT = {"numbers.json", "report.json", "round-key.txt", "round.json"} | {
    f"report.{language}.{kind}" for language in ("be", "en", "uk") for kind in ("html", "md")
}


class PowerCut(BaseException):
    """The machine stops: nothing after this runs, no handler repairs anything."""


def voted(root: Path, people: int = 14) -> Rehearsal:
    rehearsal = Rehearsal(root, people, seed=3)
    rehearsal.issue()
    for act in rehearsal.acts():
        if act == rehearsal.close:
            break
        act()
    return rehearsal


def test_close_leaves_public_files_only(tmp_path: Path) -> None:
    rehearsal = voted(tmp_path / "r")
    rehearsal.close()
    folder = rehearsal.folders.box
    assert {path.name for path in folder.iterdir()} == LEFT
    assert destroyed(folder)
    assert rehearsal.report["ballots"] == 14
    assert json.loads((folder / REPORT).read_text("utf-8")) == rehearsal.report


def test_close_cut_off_at_every_write_to_disk_counts_once_and_destroys_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The n-th fsync never returns, for every n; closing again completes and tells the same."""
    rehearsal = voted(tmp_path / "r")
    folder, fsync = rehearsal.folders.box, os.fsync
    image = {path.name: path.read_bytes() for path in folder.iterdir()}
    outcomes = set()
    cuts = 0
    while True:
        for path in folder.iterdir():
            path.unlink()
        for name, content in image.items():
            (folder / name).write_bytes(content)
        left = [cuts]

        def cut(descriptor: int, left: list[int] = left) -> None:
            if left[0] == 0:
                raise PowerCut
            left[0] -= 1
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", cut)
        try:
            close_round(folder)
            done = True
        except PowerCut:
            done = False
        monkeypatch.setattr(os, "fsync", fsync)
        if not (folder / REPORT).exists():
            assert (folder / KEY).exists()
            assert (folder / DATABASE).exists()
        outcomes.add(json.dumps(close_round(folder), sort_keys=True))
        assert {path.name for path in folder.iterdir()} == LEFT
        if done:
            break
        cuts += 1
    assert len(outcomes) == 1
    assert cuts >= 20


def test_the_key_goes_first() -> None:
    assert DESTROYED[0] == KEY
    assert DESTROYED[1] == DATABASE


def test_what_is_destroyed_is_overwritten_before_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = voted(tmp_path / "r")
    folder = rehearsal.folders.box
    watched = {name: os.open(folder / name, os.O_RDONLY) for name in (KEY, DATABASE)}
    before = {name: os.pread(fd, 1 << 20, 0) for name, fd in watched.items()}
    rehearsal.close()
    for name, fd in watched.items():
        after = os.pread(fd, 1 << 20, 0)
        os.close(fd)
        assert len(after) == len(before[name])
        same = sum(a == b for a, b in zip(before[name], after, strict=True))
        assert same / len(after) < 0.2


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    rehearsal = voted(tmp_path / "r")
    rehearsal.close()
    assert close_round(rehearsal.folders.box) == rehearsal.report


def test_a_round_never_opened_cannot_be_closed(tmp_path: Path) -> None:
    with pytest.raises(BoxError, match=r"^.*: this round was never opened$"):
        close_round(tmp_path)


def test_a_closed_round_does_not_open_again(tmp_path: Path) -> None:
    rehearsal = voted(tmp_path / "r")
    rehearsal.close()
    with pytest.raises(BoxError, match="the round is closed or not open"):
        Store(rehearsal.folders.box)
    assert rehearsal.box.phase() == "closed"
