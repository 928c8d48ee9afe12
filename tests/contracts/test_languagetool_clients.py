"""Programs that speak LanguageTool's interface, unmodified, against our server."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

TEXT = "😀 Note R&D + 50% in Belorussia."


def test_language_tool_python_finds_corrects_and_counts_in_its_own_units(english_server):
    client = pytest.importorskip("language_tool_python")
    with client.LanguageTool("en-US", remote_server=str(english_server)) as tool:
        (match,) = tool.check(TEXT)
        assert match.rule_id == "name.former"
        assert (match.category, match.rule_issue_type) == ("STYLE", "style")
        assert match.replacements == ["Belarus"]
        assert TEXT[match.offset : match.offset + match.error_length] == "Belorussia"
        assert tool.correct(TEXT) == "😀 Note R&D + 50% in Belarus."


@pytest.mark.parametrize("base", ["/v2/", "/api/v2/"])
def test_pylanguagetool_prints_a_match_and_exits_1(english_server, base):
    pytest.importorskip("pylanguagetool")
    done = subprocess.run(
        [Path(sys.executable).with_name("pylanguagetool"), "--api-url", f"{english_server}{base}",
         "--lang", "en-US", "--no-color"],
        input=TEXT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Belorussia" in done.stdout
    assert "Belarus" in done.stdout


def test_a_client_that_closes_its_half_early_is_answered_with_the_exact_content_type(
    english_server,
):
    # As Emacs langtool does; it also compares the header as a whole.
    long = "Belorussia voted.\n" * 2_000  # so long that it is checked in a thread
    body = urllib.parse.urlencode({"text": long, "language": "en"}).encode()
    head = f"POST /v2/check HTTP/1.1\r\nHost: localhost:{english_server.port}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", english_server.port), timeout=30) as client:
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    headers, _, content = received.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\ncontent-type: application/json\r\n" in headers.lower() + b"\r\n"
    assert len(json.loads(content)["matches"]) == 2_000


def fetch(address, data=None, **headers):
    encoded = urllib.parse.urlencode(data).encode() if isinstance(data, dict) else data
    request = urllib.request.Request(address, encoded, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


@pytest.mark.parametrize("path", ["/v2/v2/check", "/v2/check/check", "/api/v2/v2/check", "/check"])
def test_a_doubled_or_missing_prefix_is_answered_with_the_address_to_use(english_server, path):
    status, headers, text = fetch(f"{english_server}{path}", {"text": "x", "language": "en"})
    assert status == 404
    assert headers["content-type"].startswith("text/plain")
    assert text == (
        f"Error: there is nothing here. The address to use is {english_server}/v2/check; "
        "a client that adds /v2 itself wants the address without it"
    )


def test_the_requests_of_an_add_on_and_of_markdown_editors_as_recorded(english_server):
    annotation = [
        {"text": "The "},
        {"markup": "**"},
        {"text": "Byelorussian"},
        {"markup": "**"},
        {"text": " press."},
        {"markup": "\n\n# ", "interpretAs": "\n\n"},
        {"text": "Title"},
    ]
    common = {
        "data": json.dumps({"annotation": annotation, "metaData": {}}),
        "language": "auto", "preferredVariants": "en-GB,de-DE", "motherTongue": "de",
        "level": "picky", "textSessionId": "7", "enableTempOffRules": "true", "v": "1",
    }  # fmt: skip
    counts = []
    for mode in ("textLevelOnly", "allButTextLevelOnly"):
        status, _, text = fetch(f"{english_server}/v2/check", common | {"mode": mode})
        assert status == 200
        counts.append([(m["offset"], m["length"]) for m in json.loads(text)["matches"]])
    assert counts == [[], [(6, 12)]]
