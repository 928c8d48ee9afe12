"""The language server: positions in every unit, edits as editors send them, and a real session."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import loops
from asobna.outputs.drafts import make_reference
from asobna.outputs.lsp import Desk, EditorText, hover_text, ignore_comment
from texts import english

REFERENCE = make_reference(english())
MAIN = [sys.executable, "-c", "from asobna.outputs.cli import main; main()", "lsp", "--lang", "en"]
LINE = "😀 e\u0301 Беларусь: Belorussia voted."
UNITS = {"utf-8": 27, "utf-16": 16, "utf-32": 15}

# What the protocol ends a line with, and what it does not.
letters = st.text(st.sampled_from("ab😀é\u0301я\u2028\x0b\x85\r\n"), max_size=25)


@pytest.mark.parametrize("encoding", sorted(UNITS))
def test_a_name_after_an_emoji_and_a_combining_mark(encoding):
    text = EditorText("first\r\n" + LINE, encoding)
    start = 7 + LINE.index("Belorussia")
    assert text.position(start) == (1, UNITS[encoding])
    assert text.offset(1, UNITS[encoding]) == start


@given(letters, st.data())
def test_a_position_goes_out_and_comes_back(text, data):
    offset = data.draw(st.integers(0, len(text)))
    for encoding in UNITS:
        content = EditorText(text, encoding)
        inside_line_end = text[offset - 1 : offset + 1] == "\r\n"
        if not inside_line_end:
            assert content.offset(*content.position(offset)) == offset


def lsp_lines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@given(letters, letters, st.data())
def test_an_edit_replaces_what_the_editor_sees(text, new, data):
    text = text.replace("\r", "")
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    for encoding, codec, width in (("utf-16", "utf-16-le", 2), ("utf-8", "utf-8", 1)):

        def place(offset, codec=codec, width=width):
            before = lsp_lines(text[:offset])
            return len(before) - 1, len(before[-1].encode(codec)) // width

        changed = EditorText(text, encoding).changed(place(first), place(last), new)
        assert changed == text[:first] + new + text[last:]


@pytest.mark.parametrize(
    ("line", "unit", "offset"), [(0, 99, 3), (0, 1, 0), (5, 0, 5), (1, 2**31 - 1, 5), (0, 0, 0)]
)
def test_a_position_outside_is_the_nearest_one_inside(line, unit, offset):
    assert EditorText("😀ab\nc", "utf-16").offset(line, unit) == offset


def test_a_desk_reads_markdown_and_forgets_what_is_closed():
    desk = Desk(REFERENCE)
    desk.open("file:///x/a.md", "`Belorussia` and Belorussia", 1, "markdown")
    assert [f["start_cp"] for f in desk.checked("file:///x/a.md").findings] == [17]
    desk.open("file:///x/a.md", "Belarus", 2)
    assert desk.checked("file:///x/a.md").findings == []
    desk.close("file:///x/a.md")
    assert desk.documents == {}


def test_a_project_may_leave_rules_out(tmp_path):
    (tmp_path / "asobna.toml").write_text('ignore = ["name"]\n')
    desk = Desk(REFERENCE)
    uri = (tmp_path / "a.txt").as_uri()
    desk.open(uri, "Belorussia. The museum in Vitebsk, Russia.", 1)
    assert [f["rule_id"] for f in desk.checked(uri).findings] == ["absorbed.place"]
    (tmp_path / "asobna.toml").write_text("broken")
    desk.open(uri, "Belorussia.", 2)
    assert [f["rule_id"] for f in desk.checked(uri).findings] == ["name.former"]


def test_hover_shows_reason_and_dated_source_and_no_markup_of_the_text():
    desk = Desk(REFERENCE)
    desk.open("file:///a.txt", "Belorussia", 1)
    rows = desk.findings_at("file:///a.txt", 3, 3)
    text = hover_text([{**rows[0], "message": "<b>[x](javascript:1)</b>"}], REFERENCE)
    assert r"\<b\>\[x\]\(javascript:1\)\</b\>" in text
    fact = REFERENCE.facts[rows[0]["fact_ids"][0]]
    assert fact["sources"][0]["url"] in text
    assert "- Belarus" in text
    assert desk.findings_at("file:///a.txt", 10, 10) == rows  # a caret at the end touches it


def test_an_ignore_comment_of_the_editor_is_honoured():
    desk = Desk(REFERENCE)
    desk.open("file:///a.txt", "Belorussia voted." + ignore_comment("name.former"), 1)
    assert desk.checked("file:///a.txt").findings == []


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 27), ("utf-16", 16), ("utf-32", 15)])
def test_a_session_over_standard_input(encoding, start):
    lsp = pytest.importorskip("lsprotocol.types")
    client_module = pytest.importorskip("pygls.lsp.client")
    import asyncio

    async def session():
        client = client_module.LanguageClient("test", "1")
        pushed = asyncio.Queue()

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params):
            pushed.put_nowait(params)

        await client.start_io(*MAIN)
        general = lsp.GeneralClientCapabilities(position_encodings=[encoding])
        answer = await client.initialize_async(
            lsp.InitializeParams(lsp.ClientCapabilities(general=general))
        )
        client.initialized(lsp.InitializedParams())
        uri = "file:///draft.txt"
        client.text_document_did_open(lsp.DidOpenTextDocumentParams(
            lsp.TextDocumentItem(uri, "plaintext", 1, "A line.\u2028Still it.\nx")
        ))  # fmt: skip
        first = await asyncio.wait_for(pushed.get(), 60)
        client.text_document_did_change(lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(2, uri),
            [lsp.TextDocumentContentChangePartial(
                lsp.Range(lsp.Position(1, 0), lsp.Position(1, 1)), LINE
            )],
        ))  # fmt: skip
        second = await asyncio.wait_for(pushed.get(), 60)
        (diagnostic,) = second.diagnostics
        identifier = lsp.TextDocumentIdentifier(uri)
        at = diagnostic.range.start
        hover = await client.text_document_hover_async(lsp.HoverParams(identifier, at))
        actions = await client.text_document_code_action_async(lsp.CodeActionParams(
            identifier, lsp.Range(at, at), lsp.CodeActionContext([])
        ))  # fmt: skip
        pulled = await client.text_document_diagnostic_async(
            lsp.DocumentDiagnosticParams(identifier)
        )
        again = await client.text_document_diagnostic_async(
            lsp.DocumentDiagnosticParams(identifier, previous_result_id=pulled.result_id)
        )
        client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))
        closed = await asyncio.wait_for(pushed.get(), 60)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
        return answer, first, diagnostic, hover, actions, pulled, again, closed

    answer, first, diagnostic, hover, actions, pulled, again, closed = loops.run(session())
    assert answer.capabilities.position_encoding == encoding
    assert answer.capabilities.text_document_sync.change == lsp.TextDocumentSyncKind.Incremental
    assert list(first.diagnostics) == []
    assert (diagnostic.range.start.line, diagnostic.range.start.character) == (1, start)
    assert diagnostic.range.end.character == start + 10
    assert (diagnostic.code, diagnostic.source) == ("name.former", "asobna")
    assert diagnostic.severity == lsp.DiagnosticSeverity.Information
    assert hover.range == diagnostic.range
    assert [action.title for action in actions] == [
        "Write “Belarus”",
        "Ignore name.former on this line, and say why",
    ]
    edit = actions[0].edit.document_changes[0].edits[0]
    assert (edit.range, edit.new_text) == (diagnostic.range, "Belarus")
    assert [item.code for item in pulled.items] == ["name.former"]
    assert again.kind == "unchanged"
    assert list(closed.diagnostics) == []
