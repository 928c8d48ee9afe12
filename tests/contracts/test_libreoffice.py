"""LibreOffice Writer, unmodified, asks our server over its own LanguageTool client."""

import json
import os
import shutil
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import asobna

pytestmark = pytest.mark.slow

OFFICE = shutil.which("soffice")
# The office brings bindings for the interpreter of its distribution only.
PYTHON = "/usr/bin/python3"
CAN_DRIVE = (
    Path(PYTHON).exists()
    and not subprocess.run(
        [PYTHON, "-c", "import uno"], capture_output=True, check=False
    ).returncode
)
DRIVER = Path(__file__).with_name("libreoffice_driver.py")

SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Linguistic/GrammarChecking/LanguageTool">
<prop oor:name="BaseURL" oor:op="fuse"><value>{address}/v2</value></prop></item>
<item oor:path="/org.openoffice.Office.Linguistic/GrammarChecking/LanguageTool">
<prop oor:name="IsEnabled" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""

#: text → the words that are marked, in its order
PARAGRAPHS = {
    "Note R&D in Belorussia and 50% of a+b.": ["Belorussia"],
    "😀😀 Минск e\u0301, then Belorussia: 50%25 &language=fr here.": ["Belorussia"],
    "Belarus voted against.": [],
}
PLACE = "The museum in Vitebsk, Russia."


class Recorder(BaseHTTPRequestHandler):
    """Passes requests on to our server and keeps their bodies."""

    bodies: ClassVar = []
    target = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append(body)
        self.answer(urllib.request.Request(self.target + self.path, body, dict(self.headers)))

    def do_GET(self):
        self.answer(self.target + self.path)

    def answer(self, request):
        with urllib.request.urlopen(request, timeout=20) as answer:
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("content-type", answer.headers["content-type"])
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def recorder(english_server):
    Recorder.target, Recorder.bodies = english_server, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as between:
        threading.Thread(target=between.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{between.server_port}"
        between.shutdown()


@pytest.mark.skipif(
    not OFFICE, reason="LibreOffice is not installed: apt install libreoffice-writer"
)
@pytest.mark.skipif(
    not CAN_DRIVE, reason="its Python bindings are missing: apt install python3-uno"
)
def test_writer_shows_our_findings(recorder, tmp_path):
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(SETTINGS.format(address=recorder))
    done = subprocess.run(
        [PYTHON, DRIVER, OFFICE, str(tmp_path / "profile"), json.dumps([*PARAGRAPHS, PLACE])],
        capture_output=True, text=True, timeout=240, check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert "en-US" in answer["locales"]
    *found, place = answer["found"]
    for (text, wanted), errors in zip(PARAGRAPHS.items(), found, strict=True):
        assert [_marked(text, error) for error in errors] == wanted
    assert found[0][0]["suggestions"] == ["Belarus"]
    ours = asobna.check(PLACE, "en").to_pylist()
    assert [_marked(PLACE, e) for e in place] == [PLACE[f["start_cp"] : f["end_cp"]] for f in ours]
    assert [e["suggestions"] for e in place] == [f["wordings"] for f in ours]
    # The office draws the line of an error in red and of a form of a name in blue.
    assert (place[0]["colour"], found[0][0]["colour"]) == (0xFF0000, 0x0000FF)
    assert answer["document"] == ["Belorussia"]
    # It does not encode what it sends.
    assert b"text=Note R&D in Belorussia and 50% of a+b.&language=en-US" in Recorder.bodies
    assert b"text=A note.\nBelorussia voted on R&D.&language=en-US" in Recorder.bodies


def _marked(text, error):
    utf16 = text.encode("utf-16-le")
    start, length = 2 * error["start"], 2 * error["length"]
    return utf16[start : start + length].decode("utf-16-le")
