"""Address, browser, code, name and words of a person are nowhere on disk after a whole round."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from asobna_rounds.attacks.canary import encodings, run, search


def test_no_canary_is_found_on_disk() -> None:
    hunt = run()
    assert hunt.planted, "the search does not find what is there"
    assert hunt.found == []
    assert hunt.sought >= 6 + 12
    assert hunt.bytes_read > 100_000


@pytest.mark.parametrize(
    "written",
    [
        b"..Kanarek 7f3a..",
        b"..KANAREK 7F3A..",
        "Kanarek 7f3a".encode("utf-16-le"),
        b"Kanarek 7f3a".hex().encode(),
        base64.b64encode(b"Kanarek 7f3a tail"),
        base64.b64encode(b"xKanarek 7f3a tail"),
        base64.b64encode(b"xyKanarek 7f3a tail"),
    ],
)
def test_the_search_knows_the_usual_forms(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "log").write_bytes(b"\x00" * 9 + written + b"\xff")
    found, size = search([tmp_path], {"name": b"Kanarek 7f3a"}, "now")
    assert ("name", "log", "now") in found
    assert size == len(written) + 10


def test_the_search_reads_file_names(tmp_path: Path) -> None:
    (tmp_path / "kanarek 7f3a.tmp").write_bytes(b"")
    assert search([tmp_path], {"name": b"Kanarek 7f3a"}, "now")[0]


def test_near_misses_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"Kanarek 7f3b kanarek-7f3a")
    assert search([tmp_path], {"name": b"Kanarek 7f3a"}, "now") == ([], 25)
    assert len(encodings(b"Kanarek 7f3a")) == 6
