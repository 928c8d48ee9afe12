"""A file that a command writes is there whole or not at all; what cannot be is one line and 2."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from asobna.errors import InputError
from asobna.outputs.whole import write_whole
from reading import read_to, records, write_jsonl

CODE = "from asobna.outputs.cli import main; main()"
WHAT_TO_DO = "; name a file in a folder that is there and can be written"


def test_text_and_bytes_replace_what_was_there(tmp_path):
    write_whole(tmp_path / "a", "é\r\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\n"
    write_whole(str(tmp_path / "a"), b"\xff")
    assert (tmp_path / "a").read_bytes() == b"\xff"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "link").symlink_to("a")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_text() == "new"


def test_what_is_no_file_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True)
    write_whole(tmp_path / "pipe", "said")
    assert reader.communicate(timeout=20)[0] == "said"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_fresh_file_replaces_none(tmp_path):
    (tmp_path / "a").write_text("old")
    message = f"{tmp_path}/a: cannot write: File exists{WHAT_TO_DO}"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        write_whole(tmp_path / "a", "new", fresh=True)
    write_whole(tmp_path / "b", "new", fresh=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "new"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")
    real = Path.write_bytes

    def into_a_full_disk(path, data):
        return real(Path("/dev/full"), data)

    monkeypatch.setattr(Path, "write_bytes", into_a_full_disk)
    with pytest.raises(InputError, match="a: cannot write: No space left on device; name a file"):
        write_whole(tmp_path / "a", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("written")
    read_to(place / "t", write_jsonl(place / "a.jsonl", records(6)))
    (place / "x.txt").write_text("Belorussia voted.\n")
    (place / "file").touch()
    return place


@pytest.mark.parametrize(
    "command",
    [
        ["check", "x.txt", "--lang", "en", "--write-baseline", "--baseline"],
        ["report", "t", "--output-format", "md", "--to"],
        ["report", "t", "--output-format", "csv", "--to"],
        ["kwic", "t", "--to"],
    ],
    ids=lambda command: " ".join(command[:3]),
)
@pytest.mark.parametrize(
    ("target", "why"),
    [("none/b", "No such file or directory"), (".", "Is a directory"),
     ("file/b", "Not a directory"), ("", "Is a directory")],
)  # fmt: skip
def test_a_file_that_cannot_be_is_one_line_and_2(folder, command, target, why):
    before = sorted(folder.iterdir())
    done = asobna(folder, *command, target)
    if command[0] == "check" and not target:
        assert done == (2, "", "asobna: --write-baseline needs --baseline FILE, or 'baseline' in "
                        "the settings\n")  # fmt: skip
    else:
        named = target or ("." if command[0] != "kwic" else "")
        assert done == (2, "", f"asobna: {named}: cannot write: {why}{WHAT_TO_DO}\n")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (".", ".: exists already; name a new folder"),
        ("file/x", "file/x: cannot write: Not a directory; name a new folder in one that can be "
                   "written"),
        ("/proc/none/x", "/proc/none/x: cannot write: No such file or directory; name a new folder "
                         "in one that can be written"),
        ("n" * 300, f"{'n' * 300}: cannot write: File name too long; name a new folder in one that "
                    "can be written"),
        (f"new/deep/{'n' * 300}", f"new/deep/{'n' * 300}: cannot write: File name too long; name a "
                                  "new folder in one that can be written"),
    ],
)  # fmt: skip
def test_an_export_that_cannot_be_is_one_line_and_2(folder, target, told):
    before = sorted(folder.iterdir())
    assert asobna(folder, "export", "t", "--to", target) == (2, "", f"asobna: {told}\n")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("name", ["sqlite", "csv", "parquet", "jsonl"])
def test_an_export_into_a_full_disk_leaves_nothing(folder, tmp_path, name):
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n{CODE}"
    )
    target = tmp_path / "new" / "x"
    done = subprocess.run(
        [sys.executable, "-c", code, "export", folder / "t", "--to", target, "--format", name],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"asobna: {target}: cannot write: ")
    assert done.stderr.endswith("; name a new folder in one that can be written\n")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def asobna(place, *arguments):
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], cwd=place, text=True,
                          capture_output=True, timeout=120, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr
