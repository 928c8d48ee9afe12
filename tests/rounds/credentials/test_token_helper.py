"""The offline helper as people get it: one file, run by a bare Python in its own process."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from asobna_rounds.credentials import Door, VoucherList, token_helper
from asobna_rounds.credentials.envelopes import Envelope, write_envelope
from asobna_rounds.credentials.helper_file import MODULES, helper_bytes, write_helper
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.errors import EnvelopeError
from asobna_rounds.texts import LANGUAGES

# Refuses sockets and child processes, then runs the helper without any installed package.
GUARD = """
import runpy, sys
def refuse(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.spawn", "os.posix_spawn")):
        raise RuntimeError("the helper tried " + event)
sys.addaudithook(refuse)
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


@pytest.fixture
def helper(tmp_path: Path, signing: SigningKey) -> Path:
    write_helper(tmp_path / "asobna-token.pyz")
    (tmp_path / "key.txt").write_text(signing.public.to_text(), "utf-8")
    return tmp_path / "asobna-token.pyz"


def run(helper: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-c", GUARD, str(helper), *arguments]
    return subprocess.run(
        command, cwd=helper.parent, input=typed, capture_output=True, text=True, check=False
    )


def test_the_whole_way_from_request_to_an_open_door(helper: Path, signing: SigningKey) -> None:
    request = run(helper, "request", "key.txt")
    assert request.returncode == 0
    assert request.stdout.startswith("-----BEGIN ASOBNA REQUEST-----\nround: pulse-2026-12\n")
    assert signing.public.fingerprint in request.stderr
    secret = helper.parent / "asobna-secret.txt"
    assert secret.stat().st_mode & 0o777 == 0o600

    credential = run(helper, "credential", "-", typed=signing.answer(request.stdout))
    assert credential.returncode == 0
    assert not secret.exists()
    door = Door(signing.public, VoucherList.of(signing.public, ()))
    assert len(door.admit(credential.stdout)) == 32


def test_a_wrong_answer_is_said_and_the_secret_is_kept(
    helper: Path, signing: SigningKey, other: SigningKey
) -> None:
    run(helper, "request", "key.txt")
    stranger, _ = token_helper.make_request(signing.public)
    mixed_up = run(helper, "credential", "-", typed=signing.answer(stranger))
    assert (mixed_up.returncode, mixed_up.stdout) == (2, "")
    assert mixed_up.stderr == (
        "asobna-token: the answer does not belong to this request; was it mixed up?\n"
        "The secret stays in asobna-secret.txt; get the right answer and try again.\n"
    )
    foreign, _ = token_helper.make_request(other.public)
    elsewhere = run(helper, "credential", "-", typed=other.answer(foreign))
    assert "the answer is for another round or key than your request" in elsewhere.stderr
    assert (helper.parent / "asobna-secret.txt").exists()


def test_a_second_request_never_overwrites_the_first_secret(helper: Path) -> None:
    run(helper, "request", "key.txt")
    before = (helper.parent / "asobna-secret.txt").read_bytes()
    again = run(helper, "request", "key.txt")
    assert (again.returncode, again.stdout) == (2, "")
    assert "asobna-secret.txt is already there" in again.stderr
    assert (helper.parent / "asobna-secret.txt").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("request", "missing.txt"), 2, "asobna-token: missing.txt is not there. Check its name"),
        (("request", "asobna-token.pyz"), 2, "asobna-token: This is not the whole block"),
        (("credential", "key.txt"), 2, "asobna-token: asobna-secret.txt is not there. Check"),
        ((), 2, "the following arguments are required: step"),
    ],
)
def test_mistakes_get_one_message_and_exit_code_2(
    helper: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = run(helper, *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_six_languages(helper: Path, language: str) -> None:
    said = run(helper, "--language", language, "request", "key.txt").stderr
    assert max(len(line) for line in said.splitlines()) < 80
    assert token_helper.words("helper", language)["compare"] in " ".join(said.split())


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_no_mistake_is_answered_in_english_to_somebody_else(
    helper: Path, signing: SigningKey, language: str
) -> None:
    text = token_helper.words("helper", language)
    speak = ("--language", language)

    def said(*arguments: str, typed: str = "") -> str:
        return " ".join(run(helper, *speak, *arguments, typed=typed).stderr.split())

    (helper.parent / "swapped.txt").write_text(
        write_envelope(Envelope("ROUND KEY", "pulse-2026-12", "0000", bytes(255) + b"1")), "utf-8"
    )
    assert said("request", "swapped.txt") == f"asobna-token: {text['key']}"
    assert said("request", "nope.txt") == f"asobna-token: {text['file'].format(path='nope.txt')}"
    assert said("request", "-", typed="half") == f"asobna-token: {text['block']}"
    run(helper, "request", "key.txt")
    again = text["again"].format(path="asobna-secret.txt")
    assert said("credential", "-", typed="half") == f"asobna-token: {text['block']} {again}"
    stranger, _ = token_helper.make_request(signing.public)
    answer = signing.answer(stranger)
    assert said("credential", "-", typed=answer) == f"asobna-token: {text['other']} {again}"
    gone = text["file"].format(path="gone.txt")
    assert said("credential", "gone.txt") == f"asobna-token: {gone} {again}"


def test_only_the_standard_library_is_inside() -> None:
    for path in MODULES:
        if not path.endswith(".py"):
            continue
        tree = ast.parse((Path(__file__).parents[3] / "src" / path).read_text("utf-8"))
        names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        names += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        roots = {name.partition(".")[0] for name in names}
        assert roots <= sys.stdlib_module_names | {"asobna", "asobna_rounds"}, path
        inside = {n.replace(".", "/") + ".py" for n in names if n.startswith("asobna")}
        packed = {*MODULES, "asobna_rounds/texts.py", "asobna_rounds/credentials.py"}
        assert inside <= packed, path


def test_the_same_bytes_every_time_and_a_sum_to_print(tmp_path: Path) -> None:
    first = helper_bytes()
    assert first == helper_bytes()
    assert write_helper(tmp_path / "h.pyz") == hashlib.sha256(first).hexdigest()
    with zipfile.ZipFile(tmp_path / "h.pyz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_request_and_secret_share_nothing_but_the_round(signing: SigningKey) -> None:
    made = token_helper.make_request(signing.public)
    request = token_helper.read_envelope(made[0], "REQUEST")
    secret = token_helper.read_envelope(made[1], "SECRET")
    token, inverse = secret.payload[:32], secret.payload[32:288]
    assert token not in request.payload
    assert inverse not in request.payload
    assert len(request.payload) == 256


def test_an_answer_needs_its_secret(signing: SigningKey) -> None:
    request, _ = token_helper.make_request(signing.public)
    answer = signing.answer(request)
    with pytest.raises(EnvelopeError, match='no line "-----BEGIN ASOBNA SECRET-----" found'):
        token_helper.make_credential(answer, answer)


def test_a_secret_and_its_name_are_on_disk_before_the_request_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd)))
    token_helper._keep(tmp_path / "secret", "s")
    assert synced == [(tmp_path / "secret").stat().st_ino, tmp_path.stat().st_ino]
