"""The registrar's commands, one issue phase from the first person to the opening file."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from asobna_rounds.credentials import (
    Door,
    Opening,
    VoucherList,
    read_opening,
    read_round_key,
    token_helper,
)
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.errors import RegistrarError, RoundsError
from asobna_rounds.registrar import cli as registrar_cli
from asobna_rounds.registrar.cli import registrar
from asobna_rounds.registrar.store import Registrar

from .conftest import CHEAP, PASSPHRASE

ROUND = "pulse-2026-12"
SLIPS = ["--address", "http://example.onion", "--opens", "2026-12-07", "--closes", "2026-12-20"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run one command as typed, beside an empty store "desk" with a cheap lock."""
    monkeypatch.chdir(tmp_path)
    Path("pass.txt").write_text(PASSPHRASE + "\n", "utf-8")
    Registrar.create(Path("desk"), PASSPHRASE, CHEAP)

    def command(*words: str, typed: str = "") -> str:
        result = CliRunner().invoke(registrar, list(words), input=typed, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return command


def test_an_issue_phase_from_end_to_end(run: Any) -> None:
    key_file = ["--passphrase-file", "pass.txt"]
    for number in range(6):
        person = ["--name", f"member {number}", "--contact", f"box {number}"]
        handle = run("add", "desk", *key_file, *person, "--topic", "visas", "--roster")
        assert re.fullmatch(r"[0-9a-f]{8}\n", handle)
    assert run("list", "desk", *key_file).splitlines()[2].endswith("member 2  box 2  [visas]  []")
    assert run("roster", "desk", *key_file) == "visas: 6\n"

    public = run("begin", "desk", ROUND, *key_file)
    key = read_round_key(public)
    request, secret = token_helper.make_request(key)
    answer = run("answer", "desk", ROUND, "member 0", *key_file, typed=request)
    credential = token_helper.make_credential(secret, answer)

    shown = run("voucher", "desk", ROUND, "member 1", *key_file).strip()
    assert run("slips", "desk", ROUND, *key_file, "--count", "3", "--pdf", "s.pdf", *SLIPS) == (
        "3 slips; print them, then: asobna-rounds registrar burn s.pdf\n"
    )
    text = PdfReader(io.BytesIO(Path("s.pdf").read_bytes())).pages[0].extract_text()
    slips = re.findall(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}-[0-9A-Z]{6}", text)
    assert run("drew", "desk", ROUND, "member 2", *key_file) == "ticked\n"
    assert run("withdraw", "desk", ROUND, *key_file, "--code", slips.pop()) == "withdrawn\n"
    run("burn", "s.pdf")
    assert not Path("s.pdf").exists()

    assert run("end", "desk", ROUND, *key_file, "opening.txt") == (
        "invited 6, issued 4, issued again 0\n"
    )
    opening = read_opening(Path("opening.txt").read_text("utf-8"))
    door = Door(opening.key, opening.vouchers)
    admitted = {door.admit(pasted) for pasted in (credential, shown, *slips)}
    assert len(admitted) == 4
    assert sorted(path.name for path in Path("desk").iterdir()) == ["people.locked"]


def test_the_passphrase_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    shown = CliRunner().invoke(
        registrar, ["init", str(folder)], input=f"{PASSPHRASE}\n{PASSPHRASE}\n"
    )
    assert shown.exit_code == 0
    assert PASSPHRASE not in shown.output
    assert (folder / "people.locked").stat().st_mode & 0o777 == 0o600


def test_a_name_can_be_kept_out_of_the_history_of_the_shell(run: Any) -> None:
    """A command line is kept in plain words beside a panel that is locked."""
    key_file = ["--passphrase-file", "pass.txt"]
    shown = run("add", "desk", *key_file, "--topic", "visas", typed="member 9\nbox 9\n")
    handle = shown.split()[-1]
    assert re.fullmatch(r"[0-9a-f]{8}", handle)
    assert run("list", "desk", *key_file) == f"{handle}  member 9  box 9  [visas]  []\n"
    run("begin", "desk", ROUND, *key_file)
    assert len(run("voucher", "desk", ROUND, handle, *key_file).strip()) == 30


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--closes", "2026-12-01"], "would close before it opens; check --opens and --closes"),
        (["--address", "http://" + "a" * 600], "the address is too long for a slip"),
        (["--pdf", "pass.txt"], "pass.txt is already there; slips are never overwritten"),
        (
            ["--pdf", "nope/s.pdf"],
            "nope/s.pdf cannot be written: No such file or directory; nothing",
        ),
    ],
)
def test_slips_that_cannot_be_printed_use_up_no_voucher(
    run: Any, change: list[str], message: str
) -> None:
    key_file = ["--passphrase-file", "pass.txt"]
    run("add", "desk", *key_file, "--name", "member 0", "--contact", "box 0")
    run("begin", "desk", ROUND, *key_file)
    with pytest.raises(RoundsError, match=message):
        run("slips", "desk", ROUND, *key_file, "--count", "1", "--pdf", "s.pdf", *SLIPS, *change)
    assert not Registrar.open(Path("desk"), PASSPHRASE).issue(ROUND).records
    assert run("end", "desk", ROUND, *key_file, "o.txt") == "invited 1, issued 0, issued again 0\n"


def test_an_invitation_opens_with_the_ledger_or_is_not_made(run: Any) -> None:
    key_file = ["--passphrase-file", "pass.txt"]
    run("add", "desk", *key_file, "--name", "member 0", "--contact", "box 0")
    key = read_round_key(run("begin", "desk", ROUND, *key_file))
    Path("before.txt").write_text("What became of the last round: - nothing yet\n", "utf-8")
    words = ["invitation", "desk", ROUND, *key_file, *SLIPS, "--language", "be"]
    text = run(*words, "--before", "before.txt")
    assert text.startswith("What became of the last round: - nothing yet\n\nЗапрашаем вас у раўнд")
    assert f"\n{key.fingerprint}\n" in text
    assert f"\n{run('helper', 'h.pyz').split()[1]}\n" in text
    assert "member 0" not in text
    Path("before.txt").write_text(" \n", "utf-8")
    with pytest.raises(RegistrarError, match="an invitation opens with the ledger"):
        run(*words, "--before", "before.txt")


def test_ending_never_overwrites_and_destroys_nothing_when_refused(run: Any) -> None:
    key_file = ["--passphrase-file", "pass.txt"]
    run("add", "desk", *key_file, "--name", "member 0", "--contact", "box 0")
    run("begin", "desk", ROUND, *key_file)
    run("voucher", "desk", ROUND, "member 0", *key_file)
    Path("letters.txt").write_text("not an opening file", "utf-8")
    with pytest.raises(RegistrarError, match="is not the opening file of this round; it is left"):
        run("end", "desk", ROUND, *key_file, "letters.txt")
    assert Path("letters.txt").read_text("utf-8") == "not an opening file"
    store = Registrar.open(Path("desk"), PASSPHRASE)
    other = SigningKey.generate(ROUND).public
    foreign = Opening(other, VoucherList.of(other, ()), 1, 1, 0)
    Path("foreign.txt").write_text(foreign.to_text(), "utf-8")
    with pytest.raises(RegistrarError, match="is not the opening file of this round"):
        run("end", "desk", ROUND, *key_file, "foreign.txt")
    # Cut off after the file was written: the same words again finish it.
    Path("opening.txt").write_text(store.opening(ROUND).to_text(), "utf-8")
    assert run("end", "desk", ROUND, *key_file, "opening.txt") == (
        "invited 1, issued 1, issued again 0\n"
    )
    assert read_opening(Path("opening.txt").read_text("utf-8")).issued == 1


def test_an_opening_file_that_cannot_be_read_back_destroys_nothing(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk said yes and kept half: then the signing key is all that is left."""
    key_file = ["--passphrase-file", "pass.txt"]
    run("add", "desk", *key_file, "--name", "member 0", "--contact", "box 0")
    run("begin", "desk", ROUND, *key_file)
    whole = registrar_cli.write_whole
    monkeypatch.setattr(registrar_cli, "write_whole", lambda path, data: whole(path, data[:400]))
    with pytest.raises(RegistrarError, match="cannot be read back; nothing was destroyed"):
        run("end", "desk", ROUND, *key_file, "opening.txt")
    assert Registrar.open(Path("desk"), PASSPHRASE).issue(ROUND).invited
