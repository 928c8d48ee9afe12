"""The commands of a round, from the opening file to the destroyed ballots."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from asobna_rounds.attacks.rehearsal import CHEAP, PASSPHRASE, Rehearsal
from asobna_rounds.attacks.table import Line, table
from asobna_rounds.ballot_box.box import Box
from asobna_rounds.cli import ROLES, commands, main
from asobna_rounds.durable import utc_day
from asobna_rounds.errors import BoxError
from asobna_rounds.locked_file import FIXED_TIME
from asobna_rounds.moderator import write_accepted
from asobna_rounds.registrar.store import Registrar
from asobna_rounds.store import DATABASE


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(a) for a in arguments])


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A folder with a definition that is open today, and the registrar's opening file."""
    rehearsal = Rehearsal(tmp_path / "r", 6, opens=utc_day())
    folder = rehearsal.folders.box
    (folder / "round.json").write_text(json.dumps(rehearsal.definition), encoding="utf-8")
    registrar = Registrar.create(rehearsal.folders.registrar, PASSPHRASE, CHEAP)
    people = [registrar.add(f"Person {n}", "paper", {}) for n in range(6)]
    key = registrar.begin_issue("demo-simulated")
    codes = [registrar.voucher(key.round_id, person) for person in people]
    opening = registrar.opening(key.round_id)
    (tmp_path / "opening.txt").write_text(opening.to_text(), encoding="utf-8")
    (tmp_path / "codes.json").write_text(json.dumps(codes), encoding="utf-8")
    return folder


def open_it(box: Path) -> Result:
    opening = box.parent.parent / "opening.txt"
    return run("open", box, "--opening", opening, "--moderator-key", "q" * 43 + "=")


def test_every_command_is_there_in_the_order_of_a_round() -> None:
    result = run("--help")
    assert result.exit_code == 0
    lines = result.output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(ROLES)
    assert max(map(len, result.output.splitlines())) <= 80


def test_an_unknown_command_is_a_usage_error() -> None:
    assert run("publish").exit_code == 2


def test_a_round_by_commands(box: Path, tmp_path: Path) -> None:
    today = utc_day()
    result = run("check", box)
    assert result.output == (
        "demo-simulated: 12 statements, 3 questions, languages en, be, uk; codes until "
        f"{today - timedelta(7)}, open {today} to {today + timedelta(13)}\n"
    )
    assert open_it(box).output.startswith("ready: 6 empty ballots;")
    serving = Box(box)
    codes = json.loads((tmp_path / "codes.json").read_text("utf-8"))
    handles = [serving.enter(code) for code in codes]
    assert None not in handles
    for handle in handles:
        assert handle is not None
        serving.save(handle, {0: 1, 1: 2}, {0: 1})
    assert serving.suggest(handles[0] or b"", "One thought.", "en")
    batch = tmp_path / "batch.txt"
    assert run("collect", box, batch).output == "1 sealed statements\n"
    assert len(batch.read_text("ascii").split()) == 1
    assert (batch.stat().st_mtime, batch.stat().st_mode & 0o777) == (FIXED_TIME, 0o600)
    assert run("collect", box, tmp_path / "second.txt").output == "0 sealed statements\n"
    texts = [{code: f"{word} ({code})" for code in ("en", "be", "uk")} for word in "abc"]
    (tmp_path / "accepted.json").write_text(write_accepted(texts), encoding="utf-8")
    assert run("mix", box, tmp_path / "accepted.json").output == "15 statements in the round\n"
    assert run("mix", box).output == "15 statements in the round\n"
    priorities = {s.priority for s in serving.statements(handles[0] or b"")}
    assert len(priorities) > 1
    result = run("close", box, "--early")
    assert result.output.startswith("fewer than 10 ballots, 6 invited; ballots destroyed;")
    assert not (box / DATABASE).exists()
    assert f"Closed on {today}. " in (box / "report.en.html").read_text("utf-8")
    assert run("close", box).exit_code == 0


def refused(*arguments: object) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, BoxError)
    return str(result.exception)


def test_an_open_round_is_not_closed_before_its_day(box: Path) -> None:
    open_it(box)
    day = utc_day() + timedelta(13)
    assert refused("close", box) == (
        f"the round is open until {day}; people were promised that day (--early closes it now)"
    )
    assert (box / DATABASE).exists()


def test_a_round_is_not_closed_before_it_opens(tmp_path: Path) -> None:
    """A command typed too soon must not destroy the key and every code that was given out."""
    opens = utc_day() + timedelta(2)
    rehearsal = Rehearsal(tmp_path / "r", 3, opens=opens)
    rehearsal.issue()
    folder = rehearsal.folders.box
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert refused("close", folder) == (
        f"the ballot opens on {opens} and nobody has voted; closing now makes every code "
        "worthless (--early does it; if the day is wrong, set the clock)"
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert run("close", folder, "--early").exit_code == 0
    assert not (folder / DATABASE).exists()


def test_statements_nobody_read_are_not_destroyed_unasked(tmp_path: Path) -> None:
    opens = utc_day() - timedelta(20)
    rehearsal = Rehearsal(tmp_path / "r", 3, opens=opens)
    rehearsal.issue()
    folder = rehearsal.folders.box
    box = Box(folder, today=lambda: opens)
    assert box.suggest(box.enter(rehearsal.people[0].code) or b"", "One thought.", "en")
    assert refused("close", folder) == (
        "1 suggested statements were never taken to the moderator: `asobna-rounds collect` keeps "
        "them for the next round (--early closes and destroys them)"
    )
    assert (folder / DATABASE).exists()
    assert run("collect", folder, tmp_path / "batch.txt").output == "1 sealed statements\n"
    assert run("close", folder).exit_code == 0
    assert not (folder / DATABASE).exists()


def test_refusals_say_what_to_do(box: Path, tmp_path: Path) -> None:
    opening = tmp_path / "opening.txt"
    message = refused("open", box, "--opening", opening, "--moderator-key", "xyz")
    assert message.startswith("--moderator-key: needs the 44 characters")
    open_it(box)
    assert isinstance(open_it(box).exception, BoxError)
    (tmp_path / "there.txt").write_text("x", encoding="utf-8")
    assert "a batch is never overwritten" in refused("collect", box, tmp_path / "there.txt")
    assert refused("serve", box, "--bind", "0.0.0.0:80").startswith(
        "0.0.0.0:80: serve on 127.0.0.1 or a unix socket"
    )
    assert "is not empty; name a new folder" in refused("demo", "--out", tmp_path)
    assert refused("attack", "--only", "magic") == (
        "--only magic: there are seizure, canary, timing, forgery"
    )


def test_main_prints_one_message_and_exits_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["asobna-rounds", "check", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("asobna-rounds: round.json: not readable as JSON")
    assert message.count("\n") == 1


def test_demo_plays_a_whole_round(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    result = run("demo", "--people", 30, "--out", out, "--no-show")
    assert result.exit_code == 0
    assert "24 of 30 invited took part; ballots destroyed" in result.output
    report = json.loads((out / "box" / "report.json").read_text("utf-8"))
    assert (report["ballots"], report["invited"]) == (24, 30)
    assert (out / "box" / "report.be.html").exists()
    assert not (out / "box" / DATABASE).exists()


def test_attack_prints_a_table_of_eighty_columns() -> None:
    result = run("attack", "--only", "timing", "--only", "forgery")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["attack", "attacker", "got", "allowed"]
    assert len(lines) == 1 + 6 + 1
    assert max(map(len, lines)) <= 80
    assert lines[-1].split()[:4] == ["credentials:", "20000", "false", "ones"]
    assert lines[-1].endswith("held")


def test_an_attack_that_succeeds_is_called_so() -> None:
    lines = [Line("a", "9 %", "5 %", held=False), Line("b", "9 %", "5 %", held=True, known=True)]
    assert table(lines).splitlines()[1:] == [
        "a                9 %      5 %  FAILED",
        "b                9 %      5 %  weak",
    ]
