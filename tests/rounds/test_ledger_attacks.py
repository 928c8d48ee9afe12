"""Attacks on the ledger file: every byte is guarded, nothing acknowledged is lost."""

from __future__ import annotations

import fcntl
import hashlib
import json
import multiprocessing
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger, mend, read_entries
from ledgers import TODAY, VISA, build


def line_of(data: bytes, offset: int) -> int:
    return data[:offset].count(b"\n") + 1


def located(data: bytes) -> int:
    """The line the check names; fails when nothing is noticed."""
    with pytest.raises(LedgerError) as caught:
        read_entries(data)
    found = re.match(r"line (\d+) of the ledger", str(caught.value))
    assert found is not None
    return int(found.group(1))


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_a_change_of_any_byte_is_noticed_and_its_line_named(tmp_path: Path, flip: int) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        altered = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
        assert located(altered) == line_of(data, place), place
    assert len(data) == 1_209


@pytest.mark.slow
def test_every_byte_to_every_other_value(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        for value in set(range(256)) - {data[place]}:
            altered = data[:place] + bytes([value]) + data[place + 1 :]
            assert located(altered) == line_of(data, place)


def test_a_byte_put_in_or_taken_out_is_noticed_and_its_line_named(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        if data[place : place + 1] != data[place - 1 : place]:
            assert located(data[:place] + data[place + 1 :]) == line_of(data, place)
        for extra in (b" ", b"0", b"\n"):
            if extra != data[place : place + 1]:
                assert located(data[:place] + extra + data[place:]) == line_of(data, place)


def test_lines_left_out_swapped_or_doubled_are_noticed(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    lines = (tmp_path / "l").read_bytes().splitlines(keepends=True)
    for place in range(len(lines) - 1):
        assert located(b"".join(lines[:place] + lines[place + 1 :])) == place + 1
        swapped = lines[:]
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        assert located(b"".join(swapped)) == place + 1
    for place in range(len(lines)):
        assert located(b"".join(lines[: place + 1] + lines[place:])) == place + 2


def test_a_cut_at_the_end_and_a_whole_rewrite_show_in_the_published_head(tmp_path: Path) -> None:
    """Without the head nothing could tell: so the head is what reports and invitations print."""
    whole = build(tmp_path / "l", *VISA)
    cut = build(tmp_path / "cut", *VISA[:-1])
    changed = dict(VISA[3][2], answer="accepted")
    build(tmp_path / "new", *VISA[:3], ("2026-03-10", "answered", changed), *VISA[4:])
    for name in ("cut", "new"):
        Ledger.open(tmp_path / name)
        with pytest.raises(LedgerError, match=f"published head {whole.head[:16]}…: it was cut"):
            Ledger.open(tmp_path / name, head=whole.head)
    assert Ledger.open(tmp_path / "l", head=cut.head).head == whole.head


def test_an_incomplete_last_line_is_named_and_mended(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    ends = [place for place in range(1, len(data)) if data[place - 1 : place] == b"\n"]
    for size in (1, ends[0] + 1, ends[2] + 30, len(data) - 1):
        (tmp_path / "l").write_bytes(data[:size])
        with pytest.raises(LedgerError, match="is not complete: the machine stopped while writ"):
            Ledger.open(tmp_path / "l")
        kept = max([0, *(end for end in ends if end <= size)])
        assert mend(tmp_path / "l") == size - kept
        assert (tmp_path / "l").read_bytes() == data[:kept]
        assert mend(tmp_path / "l") == 0


def test_a_line_that_is_being_written_is_waited_for_by_mend(tmp_path: Path) -> None:
    """`mend` beside a writer must not take half of a line for the rest of a power cut."""
    whole = build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    place = data[:-1].rindex(b"\n") + 20
    (tmp_path / "l").write_bytes(data[:place])
    dropped: list[int] = []
    mending = threading.Thread(target=lambda: dropped.append(mend(tmp_path / "l")))
    with (tmp_path / "l").open("ab", buffering=0) as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        mending.start()
        mending.join(0.5)
        writer.write(data[place:])
    mending.join()
    assert dropped == [0]
    assert Ledger.open(tmp_path / "l").head == whole.head


def chained(*records: dict[str, Any]) -> bytes:
    """Lines that fit the chain, whatever they say: what anybody can write, for it has no secret."""
    lines, head = [], "0" * 64
    for number, record in enumerate(records, start=1):
        line = {"n": number, **record}
        text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        head = hashlib.sha256(f"{head}\n{text}".encode()).hexdigest()
        full = json.dumps(
            {**line, "hash": head}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        lines.append(full.encode() + b"\n")
    return b"".join(lines)


RECORDS = [{"day": day, "step": step, **fields} for day, step, fields in VISA]


def test_the_chain_that_the_forger_writes_is_the_chain(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    assert chained(*RECORDS) == (tmp_path / "l").read_bytes()


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (RECORDS[1:2], 'line 1 .*: the file "visas" is not in the ledger'),
        ([{"day": "2026-02-01", "step": "promised"}], 'line 1 .*: there is no step "promised"'),
        ([*RECORDS[:2], RECORDS[2] | {"people": 1}], 'line 3 .*: "people" must be a whole number'),
        ([*RECORDS[:2], RECORDS[6]], 'line 3 .*: "visa" cannot be "done" before it is "due"'),
        ([RECORDS[0] | {"title": " V "}], "line 1 .*: a field is not in its form"),
        ([RECORDS[0] | {"author": "me"}], 'line 1 .*: the step "file" has no field author'),
        ([RECORDS[0], RECORDS[1] | {"day": "2026-01-04"}], "line 2 .*: the day 2026-01-04 lies be"),
    ],
)
def test_lines_that_fit_the_chain_and_break_the_rules_are_named(
    records: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(LedgerError, match=message):
        read_entries(chained(*records))


def _append_many(path: Path, number: int) -> int:
    """Append files until ten are in; returns how many this process was acknowledged."""
    done = 0
    while done < 10:
        try:
            Ledger.open(path).append("file", TODAY, file=f"f-{number}-{done}", title="T")
        except LedgerError:
            continue
        done += 1
    return done


def test_two_writers_at_once_lose_nothing_and_break_nothing(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        done = pool.starmap(_append_many, [(tmp_path / "l", number) for number in range(3)])
    assert done == [10, 10, 10]
    assert len(Ledger.open(tmp_path / "l").entries) == 30


APPEND_FOR_EVER = """
import sys
from datetime import date
from asobna_rounds.ledger import Ledger
book = Ledger.open(sys.argv[1])
for number in range(10_000):
    book.append("file", date(2026, 1, 1), file=f"f-{number}", title="T" * 300)
    print(book.head, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 30])
def test_a_kill_while_writing_loses_nothing_acknowledged(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", APPEND_FOR_EVER, str(tmp_path / "l")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        heads = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        heads += process.stdout.read().split()
    mend(tmp_path / "l")
    kept = [entry.hash for entry in Ledger.open(tmp_path / "l", head=heads[-1]).entries]
    assert kept[: len(heads)] == heads
    assert len(heads) <= len(kept) <= len(heads) + 1


def test_a_stale_writer_is_told_to_read_again(tmp_path: Path) -> None:
    one = build(tmp_path / "l", VISA[0])
    two = Ledger.open(tmp_path / "l")
    two.append("file", TODAY, file="media", title="Media")
    with pytest.raises(LedgerError, match="the ledger changed since it was read; open it again"):
        one.append("file", TODAY, file="trade", title="Trade")
    assert Ledger.open(tmp_path / "l").head == two.head
