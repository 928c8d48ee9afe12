"""The protocol side of `asobna lsp`: what the editor sends becomes calls of `Desk`, and back."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from asobna.outputs.drafts import Reference
from asobna.outputs.lsp import Desk, hover_text, ignore_comment

#: Seconds without a keystroke before a text is checked again.
PAUSE_SECONDS = 0.15
_SEVERITY = {
    "E": lsp.DiagnosticSeverity.Error,
    "S": lsp.DiagnosticSeverity.Information,
    "C": lsp.DiagnosticSeverity.Warning,
}


class Server(LanguageServer):
    """A language server over one desk."""

    def __init__(self, reference: Reference) -> None:
        super().__init__("asobna", version("asobna"))
        self.desk = Desk(reference)
        self.pulls = False  # the editor asks for diagnostics itself


def make_server(reference: Reference) -> Server:
    """A server with every feature, not yet started."""
    server = Server(reference)
    server.feature(lsp.INITIALIZE)(_initialize)
    server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)(_did_close)
    server.feature(lsp.TEXT_DOCUMENT_HOVER)(_hover)
    server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )(_code_actions)
    server.feature(
        lsp.TEXT_DOCUMENT_DIAGNOSTIC,
        lsp.DiagnosticOptions(
            identifier="asobna", inter_file_dependencies=False, workspace_diagnostics=False
        ),
    )(_pull)
    return server


def _initialize(server: Server, params: lsp.InitializeParams) -> None:
    document = params.capabilities.text_document
    server.pulls = bool(document and document.diagnostic)
    encoding = server.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
    server.desk.encoding = str(getattr(encoding, "value", encoding))


async def _did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    server.desk.open(document.uri, document.text, document.version, document.language_id)
    _push(server, document.uri)


async def _did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    uri, number = params.text_document.uri, params.text_document.version
    for change in params.content_changes:
        # Applied here and not by the library: it counts other separators as line ends too.
        text = change.text
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            text = server.desk.documents[uri].text.changed(
                (start.line, start.character), (end.line, end.character), change.text
            )
        server.desk.open(uri, text, number)
    if not server.pulls:
        await asyncio.sleep(PAUSE_SECONDS)
        document = server.desk.documents.get(uri)
        if document and document.version == number:
            _push(server, uri)


async def _did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    uri = params.text_document.uri
    server.desk.close(uri)
    if not server.pulls:
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))


def _push(server: Server, uri: str) -> None:
    if server.pulls:
        return
    number = server.desk.documents[uri].version
    found = _diagnostics(server.desk, uri)
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, number))


def _pull(
    server: Server, params: lsp.DocumentDiagnosticParams
) -> lsp.RelatedFullDocumentDiagnosticReport | lsp.RelatedUnchangedDocumentDiagnosticReport:
    uri = params.text_document.uri
    document = server.desk.documents.get(uri)
    if document is None:
        return lsp.RelatedFullDocumentDiagnosticReport(items=[])
    result_id = str(document.version)
    if document.checked and params.previous_result_id == result_id:
        return lsp.RelatedUnchangedDocumentDiagnosticReport(result_id=result_id)
    return lsp.RelatedFullDocumentDiagnosticReport(
        items=_diagnostics(server.desk, uri), result_id=result_id
    )


def _diagnostics(desk: Desk, uri: str) -> list[lsp.Diagnostic]:
    return [_diagnostic(desk, uri, row) for row in desk.checked(uri).findings]


def _diagnostic(desk: Desk, uri: str, row: dict[str, Any]) -> lsp.Diagnostic:
    sources = [s for fact in desk.reference.cited(row) for s in fact["sources"]]
    link = next((s["url"] for s in sources if s.get("url", "").startswith("http")), None)
    return lsp.Diagnostic(
        range=_range(desk, uri, row["start_cp"], row["end_cp"]),
        message=f"{row['message']} {row['because']}",
        severity=_SEVERITY[row["severity"]],
        code=row["rule_id"],
        code_description=lsp.CodeDescription(href=link) if link else None,
        source="asobna",
        data={"rule": row["rule_id"], "start_cp": row["start_cp"], "end_cp": row["end_cp"]},
    )


def _range(desk: Desk, uri: str, start_cp: int, end_cp: int) -> lsp.Range:
    text = desk.documents[uri].text
    return lsp.Range(lsp.Position(*text.position(start_cp)), lsp.Position(*text.position(end_cp)))


def _hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    uri, at = params.text_document.uri, params.position
    if uri not in server.desk.documents:
        return None
    offset = server.desk.documents[uri].text.offset(at.line, at.character)
    rows = server.desk.findings_at(uri, offset, offset)
    if not rows:
        return None
    value = hover_text(rows, server.desk.reference)
    whole = _range(server.desk, uri, rows[0]["start_cp"], rows[0]["end_cp"])
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, value), whole)


def _code_actions(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    uri, desk = params.text_document.uri, server.desk
    if uri not in desk.documents:
        return []
    text = desk.documents[uri].text
    start, end = (
        text.offset(at.line, at.character) for at in (params.range.start, params.range.end)
    )
    actions: list[lsp.CodeAction] = []
    for row in desk.findings_at(uri, start, end):
        actions += _wording_actions(desk, uri, row)
        actions.append(_ignore_action(desk, uri, row))
    return actions


def _wording_actions(desk: Desk, uri: str, row: dict[str, Any]) -> list[lsp.CodeAction]:
    span = _range(desk, uri, row["start_cp"], row["end_cp"])
    return [
        lsp.CodeAction(
            title=f"Write “{' '.join(wording.split())}”",
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(desk, uri, row)],
            is_preferred=len(row["wordings"]) == 1 or None,
            edit=_edit(desk, uri, span, wording),
        )
        for wording in row["wordings"]
    ]


def _ignore_action(desk: Desk, uri: str, row: dict[str, Any]) -> lsp.CodeAction:
    at = desk.documents[uri].text.line_end(row["start_cp"])
    span = _range(desk, uri, at, at)
    return lsp.CodeAction(
        title=f"Ignore {row['rule_id']} on this line, and say why",
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[_diagnostic(desk, uri, row)],
        edit=_edit(desk, uri, span, ignore_comment(row["rule_id"])),
    )


def _edit(desk: Desk, uri: str, span: lsp.Range, text: str) -> lsp.WorkspaceEdit:
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(
        uri=uri, version=desk.documents[uri].version
    )
    return lsp.WorkspaceEdit(
        document_changes=[lsp.TextDocumentEdit(identifier, [lsp.TextEdit(span, text)])],
    )
