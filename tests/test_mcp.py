"""The tools for an assistant, called by the official client over standard input and output."""

import json
import sys

import pytest

import loops
from asobna.errors import InputError
from asobna.outputs.drafts import make_reference
from asobna.outputs.mcp import checked_text, read_below
from texts import english

REFERENCE = make_reference(english())
COMMAND = ["-c", "from asobna.outputs.cli import main; main()", "mcp", "--lang", "en"]


@pytest.fixture
def drafts(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.md").write_text("`Belorussia` and\nBelorussia.")
    (root / "latin.txt").write_bytes(b"caf\xe9")
    (root / "key.pem").write_text("Belorussia")
    (tmp_path / "outside.txt").write_text("Belorussia")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    return root


def test_a_session_of_the_official_client(drafts):
    mcp = pytest.importorskip("mcp")
    from mcp.client.stdio import StdioServerParameters, stdio_client

    async def session():
        server = StdioServerParameters(
            command=sys.executable, args=[*COMMAND, "--root", str(drafts)]
        )
        async with stdio_client(server) as streams, mcp.ClientSession(*streams) as client:
            await client.initialize()
            return {
                "tools": (await client.list_tools()).tools,
                "text": await client.call_tool("check_text", {"text": "😀 Belorussia voted."}),
                "file": await client.call_tool("check_file", {"path": "sub/a.md"}),
                "outside": await client.call_tool("check_file", {"path": "../outside.txt"}),
                "rule": await client.call_tool("explain_rule", {"rule_id": "name.former"}),
                "no rule": await client.call_tool("explain_rule", {"rule_id": "nope"}),
                "fact": await client.call_tool("lookup_fact", {"query": "9 August 2020"}),
                "resource": await client.read_resource("asobna://facts/F02"),
                "rules": await client.read_resource("asobna://rules"),
                "templates": (await client.list_resource_templates()).resource_templates,
            }

    got = loops.run(session())
    assert [tool.name for tool in got["tools"]] == [
        "check_text", "check_file", "explain_rule", "lookup_fact",
    ]  # fmt: skip
    for tool in got["tools"]:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.idempotent_hint, hints.open_world_hint) == (
            True, True, False,
        )  # fmt: skip
    (finding,) = got["text"].structured_content["findings"]
    assert (finding["start_cp"], finding["line"], finding["column"]) == (2, 1, 3)
    assert (finding["text"], finding["wordings"]) == ("Belorussia", ["Belarus"])
    assert len(finding["facts"]) == len(REFERENCE.rules["name.former"]["en"]["fact_ids"])
    (finding,) = got["file"].structured_content["findings"]
    assert (finding["line"], finding["column"]) == (2, 1)
    assert got["outside"].is_error
    assert "not below the folder" in got["outside"].content[0].text
    assert got["rule"].structured_content["severity"] == "S"
    assert got["no rule"].is_error
    assert "no rule 'nope'; rules are " in got["no rule"].content[0].text
    assert "F02" in [fact["id"] for fact in got["fact"].structured_content["facts"]]
    assert json.loads(got["resource"].contents[0].text)["event_date"] == "2020-08-09"
    assert json.loads(got["rules"].contents[0].text) == list(REFERENCE.rules)
    assert {t.uri_template for t in got["templates"]} == {
        "asobna://rules/{rule_id}", "asobna://facts/{fact_id}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../outside.txt", "not below the folder"),
        ("/etc/hostname", "not below the folder"),
        ("link.txt", "not below the folder"),
        ("sub/../../outside.txt", "not below the folder"),
        ("key.pem", r"only \.txt, "),
        ("sub", r"only \.txt, "),
        ("none.txt", "none.txt: No such file or directory"),
        ("latin.txt", "latin.txt is not UTF-8"),
    ],
)
def test_only_drafts_below_the_root_are_read(drafts, path, message):
    with pytest.raises(InputError, match=message):
        read_below(drafts, path)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("x" * 500_001, "", "txt"), "500,001 characters; at most 500,000"),
        (("x", "tlh", "txt"), "no remarks for 'tlh'; there are for en"),
        (("x", "", "doc"), "format must be one of txt, md, html"),
    ],
)
def test_a_wrong_call_is_answered_in_words(args, message):
    with pytest.raises(InputError, match=message):
        checked_text(*args, REFERENCE)
