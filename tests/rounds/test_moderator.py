"""Moderation in batches: order is lost on purpose, decisions never are."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from click.testing import CliRunner
from nacl import pwhash
from nacl.public import PrivateKey

from asobna_rounds import moderator as mod
from asobna_rounds.errors import ModerationError
from asobna_rounds.locked_file import Cost
from asobna_rounds.moderator_cli import moderator
from asobna_rounds.sealing import SealedStatement, seal

KEY = PrivateKey(bytes(range(1, 33)))
PUBLIC, PRIVATE = bytes(KEY.public_key), bytes(KEY)
CHEAP = Cost(pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)
PASSPHRASE = "a passphrase of words"


def batch(*texts: str) -> str:
    return mod.write_batch(seal(PUBLIC, text, "be") for text in texts)


def decide(sheet: str, *decisions: str) -> str:
    """The sheet as a moderator fills it in: one decision a statement, in the sheet's order."""
    parts = sheet.split("decision: \n")
    filled = parts[0]
    for decision, part in zip(decisions, parts[1:], strict=True):
        word, _, reason = decision.partition(" ")
        filled += f"decision: {word}\n" + part.replace("reason: \n", f"reason: {reason}\n", 1)
    return filled


def test_a_batch_carries_no_order() -> None:
    blobs = [seal(PUBLIC, f"statement {n}") for n in range(5)]
    assert len({mod.write_batch(order) for order in permutations(blobs)}) == 1


def test_a_batch_opens_in_an_order_of_chance() -> None:
    """Each of three statements comes first about a third of the time, whatever was written."""
    text = batch("one", "two", "three")
    first = Counter(mod.open_batch(PRIVATE, text).statements[0].text for _ in range(600))
    assert sorted(first) == ["one", "three", "two"]
    assert min(first.values()) > 140


def test_bad_lines_are_counted_with_a_reason_and_lose_nothing_else() -> None:
    foreign = seal(bytes(PrivateKey.generate().public_key), "not for us")
    text = batch("one", "ONE", "two") + mod.write_batch([foreign, b"short"]) + "%%%\n"
    opened = mod.open_batch(PRIVATE, text, lambda found: found.sort())
    assert [s.text.lower() for s in opened.statements] == ["one", "two"]
    assert opened.refused == Counter({"not-opened": 2, "same-text": 1, "not-base64": 1})


def test_too_many_lines_are_refused_by_a_named_limit() -> None:
    with pytest.raises(ModerationError, match=r"10001 statements; the limit is 10000 \(MAX_BATCH"):
        mod.open_batch(PRIVATE, "AAAA\n" * 10_001)


def test_the_sheet_is_plain_text_to_edit() -> None:
    sheet = mod.write_sheet([SealedStatement("Візы: даўжэй.", "be")], ["be", "en"])
    assert sheet.splitlines()[-7:] == [
        "languages: be en",
        "",
        "=== statement 1",
        "decision: ",
        "reason: ",
        "text be: Візы: даўжэй.",
        "text en: ",
    ]


def test_a_language_outside_the_round_is_shown_but_never_handed_back() -> None:
    sheet = mod.write_sheet([SealedStatement("Dłuższe wizy.", "pl")], ["be"])
    assert "# written: Dłuższe wizy.\n" in sheet
    decided = mod.read_sheet(decide(sheet, "accept").replace("text be: ", "text be: Візы даўжэй."))
    assert decided.accepted == [{"be": "Візы даўжэй."}]


def test_a_decided_sheet_becomes_accepted_texts_and_counted_reasons() -> None:
    statements = [SealedStatement(text, "en") for text in ("one", "two", "three", "four")]
    sheet = mod.write_sheet(statements, ["en"])
    filled = decide(sheet, "accept", "decline identifies", "decline identifies", "accept")
    decided = mod.read_sheet(filled.replace("text en: four", "text en: four,  made  shorter"))
    assert sorted(t["en"] for t in decided.accepted) == ["four, made shorter", "one"]
    assert decided.declined == Counter({"identifies": 2})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", 'the statement at line 8 of the sheet is not decided: write "accept" or'),
        ("decision: ", "decision: maybe", "line 8 of the sheet is not decided"),
        ("decision: ", "decision: decline", "line 8 of the sheet is declined without one of: id"),
        (
            "decision: ",
            "decision: accept",
            r"needs a text of 1 to 400 characters \(MAX_EDITED\) in: be",
        ),
        ("text en: one", "text en: one\nsecond line", "line 12 of the sheet is not one of its fi"),
        ("text en: one", "text en: one\ntext lt: vienas", "line 12 of the sheet is not one of"),
        ("languages: en be\n", "", "line 10 of the sheet is not one of its fields"),
    ],
)
def test_a_sheet_that_is_not_finished_names_the_line(old: str, new: str, message: str) -> None:
    sheet = mod.write_sheet([SealedStatement("one", "en")], ["en", "be"])
    with pytest.raises(ModerationError, match=message):
        mod.read_sheet(sheet.replace(old, new, 1) if old else sheet)


def test_an_overlong_translation_is_named_with_its_language() -> None:
    sheet = decide(mod.write_sheet([SealedStatement("one", "en")], ["en", "be"]), "accept")
    with pytest.raises(ModerationError, match=r"1 to 400 characters \(MAX_EDITED\) in: be$"):
        mod.read_sheet(sheet.replace("text be: ", "text be: " + "x" * 401))


@pytest.mark.parametrize("languages", [[], ["Belarusian"], ["be", ""]])
def test_a_sheet_needs_the_languages_of_the_round(languages: list[str]) -> None:
    with pytest.raises(ModerationError, match="name the languages of the round"):
        mod.write_sheet([], languages)
    with pytest.raises(ModerationError, match='the line "languages:" is missing'):
        mod.read_sheet("# nothing\n")


def test_the_accepted_file_marks_no_original_and_round_trips() -> None:
    """Whoever wrote in Lithuanian or in English, the file has the same shape."""
    files = []
    for written in ("lt", "en"):
        sheet = mod.write_sheet([SealedStatement("x y", written)], ["en", "lt"])
        filled = decide(sheet, "accept").replace("text en: \n", "text en: x y\n")
        files.append(
            mod.write_accepted(mod.read_sheet(filled.replace("lt: \n", "lt: x y\n")).accepted)
        )
    assert files[0] == files[1]
    assert json.loads(files[0]) == {"statements": [{"texts": {"en": "x y", "lt": "x y"}}]}
    assert mod.read_accepted(files[0]) == [{"en": "x y", "lt": "x y"}]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"statements": [{"text": "x"}]}', '{"statements": [3]}']
)
def test_what_is_no_accepted_file_is_refused(text: str) -> None:
    with pytest.raises(ModerationError, match="this is not a file of accepted statements"):
        mod.read_accepted(text)


@pytest.mark.parametrize(("pending", "last_day", "shown"), [(0, False, 0), (2, False, 0),
                         (3, False, 3), (2, True, 2), (0, True, 0), (40, False, 40)])  # fmt: skip
def test_the_daily_mix_waits_for_a_crowd(pending: int, last_day: bool, shown: int) -> None:
    statements = [f"s{n}" for n in range(pending)]
    mixed = mod.mix(statements, last_day)
    assert sorted(mixed) == sorted(statements[:shown])


def test_the_mix_keeps_no_trace_of_the_order_it_was_given() -> None:
    """Every one of the six orders of three statements, each about a sixth of the time."""
    seen = Counter(tuple(mod.mix(["a", "b", "c"])) for _ in range(1_200))
    assert len(seen) == 6
    assert min(seen.values()) > 130


def test_statement_names_carry_no_order() -> None:
    names = [mod.new_statement_id() for _ in range(2_000)]
    assert len(set(names)) == 2_000
    assert {len(name) for name in names} == {16}
    rising = sum(a < b for a, b in pairwise(names))
    assert 850 < rising < 1_150


def test_the_commands_from_key_to_accepted_file(tmp_path: Path) -> None:
    public = mod.new_key(tmp_path / "m.key", PASSPHRASE, CHEAP)
    (tmp_path / "pass").write_text(PASSPHRASE)
    blobs = [seal(public, text, "en") for text in ("one", "two")]
    (tmp_path / "batch").write_text(mod.write_batch(blobs))
    paths = [str(tmp_path / name) for name in ("m.key", "batch", "sheet")]
    options = ["--language", "en", "--passphrase-file", str(tmp_path / "pass")]
    made = CliRunner().invoke(moderator, ["sheet", *paths, *options])
    assert (made.exit_code, made.stdout) == (0, f"2 statements to decide in {paths[2]}\n")
    with pytest.raises(ModerationError, match="is already there; a sheet is never overwritten"):
        CliRunner().invoke(moderator, ["sheet", *paths, *options], catch_exceptions=False)
    filled = "\ufeff" + decide((tmp_path / "sheet").read_text(), "accept", "decline off-topic")
    (tmp_path / "sheet").write_text(filled)
    done = CliRunner().invoke(moderator, ["decide", paths[2], str(tmp_path / "accepted")])
    assert done.stdout == "accepted 1, declined 1\ndeclined, off-topic: 1\n"
    assert mod.read_accepted((tmp_path / "accepted").read_text())[0]["en"] in ("one", "two")
    assert CliRunner().invoke(moderator, ["burn", paths[2]]).stdout == "gone\n"
    assert not (tmp_path / "sheet").exists()


def test_lines_that_do_not_open_give_exit_code_1(tmp_path: Path) -> None:
    public = mod.new_key(tmp_path / "m.key", PASSPHRASE, CHEAP)
    (tmp_path / "pass").write_text(PASSPHRASE)
    (tmp_path / "batch").write_text(mod.write_batch([seal(public, "one"), seal(PUBLIC, "two")]))
    paths = [str(tmp_path / name) for name in ("m.key", "batch", "sheet")]
    options = ["--language", "en", "--passphrase-file", str(tmp_path / "pass")]
    made = CliRunner().invoke(moderator, ["sheet", *paths, *options])
    assert (made.exit_code, made.stderr) == (1, "refused, not-opened: 1\n")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    mod.new_key(tmp_path / "m.key", PASSPHRASE, CHEAP)
    with pytest.raises(ModerationError, match="is already there; a key is never overwritten"):
        mod.new_key(tmp_path / "m.key", PASSPHRASE, CHEAP)


def test_nothing_in_the_sheet_tells_when_or_in_what_order() -> None:
    """Two batches with the same statements sent in other orders give the same set of blocks."""
    texts = [f"statement {n}" for n in range(6)]
    sheets = []
    for seed in (1, 2):
        random.Random(seed).shuffle(texts)
        opened = mod.open_batch(PRIVATE, batch(*texts), lambda found: found.sort())
        sheets.append(mod.write_sheet(opened.statements, ["be"]))
    assert sheets[0] == sheets[1]
