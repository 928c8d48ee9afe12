"""`asobna serve` as a shell sees it."""

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")
sys.path.insert(0, str(Path(__file__).parent / "contracts"))
from served import MAIN, server

from asobna.outputs.web.limits import MEANING, Limits


def run(*args):
    done = subprocess.run(
        [*MAIN, "serve", *args], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_every_limit_is_listed_with_its_default_and_meaning():
    code, out, _ = run("--limits")
    lines = out.splitlines()
    assert code == 0
    assert lines[::2] == [f"{name} = {value}" for name, value in Limits()._asdict().items()]
    assert [line.strip() for line in lines[1::2]] == [MEANING[name] for name in Limits._fields]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--limit", "nope=1"), "asobna: no limit 'nope'; limits are max_body_bytes"),
        (("--limit", "desk_rows=x"), "asobna: --limit desk_rows: 'x' is not a number"),
        (("--lang", "tlh"), "asobna: no pack for 'tlh'"),
        (("--store", "nowhere"), "asobna: nowhere"),
    ],
)
def test_a_wrong_flag_ends_with_2_and_one_message(args, message):
    code, _, err = run(*args)
    assert (code, err.splitlines()[-1].startswith(message)) == (2, True), err


def test_a_taken_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = run("--port", str(port), "--lang", "en")
    assert code == 2
    assert f"if 127.0.0.1:{port} is taken, choose another --port" in err


def test_several_workers_answer():
    with server("--lang", "en", "--workers", "2") as address:
        body = b"language=en&text=Belorussia+voted."
        with urllib.request.urlopen(f"{address}/v2/check", body, timeout=30) as answer:
            assert len(json.loads(answer.read())["matches"]) == 1
