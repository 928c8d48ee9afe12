"""A mistyped path is never told as success, leaves nothing behind and never ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from asobna_rounds.cli import main
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger

DAY = date(2026, 2, 1)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """`run(*arguments)` -> (exit code, output, errors) of the console script in `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr("sys.argv", ["asobna-rounds", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return (caught.value.code, *capsys.readouterr())

    return called


@pytest.mark.parametrize("role", ["registrar", "moderator"])
@pytest.mark.parametrize("kind", ["nothing", "folder", "dangling"])
def test_burning_what_is_no_file_is_refused(run, tmp_path: Path, role: str, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "slip.pdf").mkdir()
    if kind == "dangling":
        (tmp_path / "slip.pdf").symlink_to("elsewhere")
    (tmp_path / "slips.pdf").write_bytes(b"codes")
    assert run(role, "burn", "slip.pdf") == (
        2,
        "",
        "asobna-rounds: slip.pdf: there is no such file; nothing was destroyed, check the path\n",
    )
    assert (tmp_path / "slips.pdf").read_bytes() == b"codes"


@pytest.mark.parametrize("role", ["registrar", "moderator"])
def test_burning_a_file_removes_it(run, tmp_path: Path, role: str) -> None:
    (tmp_path / "slips.pdf").write_bytes(b"codes")
    assert run(role, "burn", "slips.pdf") == (0, "gone\n", "")
    assert not (tmp_path / "slips.pdf").exists()


VISAS = ("file", "file=visas", "title=V", "--day", "2026-02-01")


@pytest.mark.parametrize("command", ["due", "check", "page", "mend", "add"])
def test_a_ledger_is_started_only_when_that_is_said(run, tmp_path: Path, command: str) -> None:
    rest = VISAS if command == "add" else ()
    assert run("ledger", command, "promises.jsonl", *rest) == (
        2,
        "",
        "asobna-rounds: the ledger promises.jsonl is not there; check the path "
        "(`ledger add --new` starts a ledger)\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_started_ledger_is_said_to_be_new_and_is_not_started_twice(run, tmp_path: Path) -> None:
    code, output, errors = run("ledger", "add", "--new", "promises.jsonl", *VISAS)
    head = Ledger.open(tmp_path / "promises.jsonl").head
    assert (code, errors) == (0, "")
    assert output == f"new ledger promises.jsonl: line 1 added; head {head}\n"
    assert run("ledger", "add", "--new", "promises.jsonl", *VISAS) == (
        2,
        "",
        "asobna-rounds: the ledger promises.jsonl is already there; leave out --new to add to it\n",
    )
    assert Ledger.open(tmp_path / "promises.jsonl").head == head


def test_an_error_of_the_system_is_one_line(run, tmp_path: Path) -> None:
    assert run("ledger", "add", "--new", "nope/l.jsonl", *VISAS) == (
        2,
        "",
        "asobna-rounds: nope/l.jsonl: No such file or directory\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_refused_passphrase_leaves_no_folder(run, tmp_path: Path) -> None:
    (tmp_path / "pass.txt").write_text("short")
    code, output, errors = run("registrar", "init", "desk", "--passphrase-file", "pass.txt")
    assert (code, output) == (2, "")
    assert errors == (
        "asobna-rounds: the passphrase needs at least 12 characters (MIN_PASSPHRASE); "
        "five random words are good\n"
    )
    assert not (tmp_path / "desk").exists()


FULL = """
import resource, sys
from datetime import date
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger
book = Ledger.open(sys.argv[1])
size = len(open(sys.argv[1], "rb").read()) + 20
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    book.append("file", date(2026, 2, 1), file="papers", title="P")
except LedgerError as error:
    print(error)
"""


def test_a_full_disk_adds_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    Ledger.open(path).append("file", DAY, file="visas", title="V")
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{path}: no room for the whole line; nothing was added\n"
    assert path.read_bytes() == before


def test_a_new_ledger_has_its_name_on_disk_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd)))
    path = tmp_path / "l.jsonl"
    Ledger.open(path).append("file", DAY, file="visas", title="V")
    assert synced == [path.stat().st_ino, tmp_path.stat().st_ino]


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be read: Is a directory"):
        Ledger.open(tmp_path)


def test_burning_takes_what_a_power_cut_left_half_written(run, tmp_path: Path) -> None:
    (tmp_path / "slips.pdf").write_bytes(b"codes")
    (tmp_path / "slips.pdf.new").write_bytes(b"more codes")
    assert run("registrar", "burn", "slips.pdf") == (0, "gone\n", "")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "slips.pdf.new").write_bytes(b"more codes")
    assert run("registrar", "burn", "slips.pdf") == (0, "gone\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_text_is_one_line(run, tmp_path: Path) -> None:
    (tmp_path / "slips.pdf").write_bytes(b"x\xff")
    assert run("moderator", "decide", "slips.pdf", "accepted.json") == (
        2,
        "",
        "asobna-rounds: a file given is not UTF-8 text; check the path\n",
    )
    assert not (tmp_path / "accepted.json").exists()


def test_burning_a_folder_takes_nothing_beside_it(run, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk.new").write_bytes(b"kept")
    message = "there is no such file; nothing was destroyed, check the path\n"
    assert run("registrar", "burn", "desk") == (2, "", f"asobna-rounds: desk: {message}")
    assert run("registrar", "burn", ".") == (2, "", f"asobna-rounds: .: {message}")
    assert (tmp_path / "desk.new").read_bytes() == b"kept"


SHEET = "languages: en\n\n=== statement 1\ndecision: accept\ntext en: More buses.\n"
THERE = "is already there and is never overwritten; name another file"


def test_accepted_statements_are_never_overwritten(run, tmp_path: Path) -> None:
    """Yesterday's, not yet mixed, would be lost without a word."""
    (tmp_path / "sheet.txt").write_text(SHEET)
    assert run("moderator", "decide", "sheet.txt", "accepted.json")[0] == 0
    first = (tmp_path / "accepted.json").read_bytes()
    (tmp_path / "sheet.txt").write_text(SHEET.replace("buses", "trains"))
    assert run("moderator", "decide", "sheet.txt", "accepted.json") == (
        2,
        "",
        f"asobna-rounds: accepted.json {THERE}\n",
    )
    assert (tmp_path / "accepted.json").read_bytes() == first


def test_the_helper_is_written_over_nothing_but_itself(run, tmp_path: Path) -> None:
    (tmp_path / "people.locked").write_bytes(b"the panel")
    assert run("registrar", "helper", "people.locked") == (
        2,
        "",
        f"asobna-rounds: people.locked {THERE}\n",
    )
    assert (tmp_path / "people.locked").read_bytes() == b"the panel"
    once = run("registrar", "helper", "h.pyz")
    assert once == run("registrar", "helper", "h.pyz")
    assert once[0] == 0
