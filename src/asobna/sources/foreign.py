"""PAGES of formats that others invented → DOCUMENTS and REJECTS, through the guarded process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.guard import Read, Sheet, Unread, shared_guard
from asobna.sources.readers import MANY
from asobna.tables import DOCUMENTS, REJECTS, rows_to_table

#: Pages given to one child of the guarded process, and bytes of them, at most.
SHEETS_AT_ONCE, BYTES_AT_ONCE = 64, 16 << 20
#: Documents, and code points of text, in one pair of tables.
ROWS_AT_ONCE, TEXT_AT_ONCE = 2_000, 16 << 20


def extract_foreign(pages: pa.Table) -> Iterator[tuple[pa.Table, pa.Table]]:
    """DOCUMENTS and REJECTS of pages whose format a guarded reader reads, a few at a time.

    pages: PAGES; web archives are read from their path and need no content. Documents of one page
    that holds many are called `path#n`. Raises InputError where no guarded process can start.
    """
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    held = 0
    for row, reject in _read(pages):
        if row is not None:
            rows.append(row)
            held += len(row["text"])
        if reject is not None:
            rejects.append(reject)
        if len(rows) >= ROWS_AT_ONCE or held >= TEXT_AT_ONCE:
            yield rows_to_table(rows, DOCUMENTS), rows_to_table(rejects, REJECTS)
            rows, rejects, held = [], [], 0
    yield rows_to_table(rows, DOCUMENTS), rows_to_table(rejects, REJECTS)


_Answer = tuple[dict[str, Any] | None, dict[str, Any] | None]


def _read(pages: pa.Table) -> Iterator[_Answer]:
    """Row or reject of every document; `html` here means the article of a web page."""
    waiting: list[Sheet] = []
    for page in pages.to_pylist():
        if len(page["content"]) > MAX_PAGE_BYTES:
            detail = f"it has more than {MAX_PAGE_BYTES:,} bytes: split it"
            yield None, _reject(page["path"], Unread(0, 0, "too-large", detail))
            continue
        kind = "article" if page["format"] == "html" else page["format"]
        waiting.append(Sheet(page["path"], kind, page["content"]))
        if len(waiting) == SHEETS_AT_ONCE or sum(len(s.content) for s in waiting) > BYTES_AT_ONCE:
            yield from _answers(waiting)
            waiting = []
    yield from _answers(waiting)


def _answers(sheets: list[Sheet]) -> Iterator[_Answer]:
    for answer in shared_guard().read(sheets):
        sheet = sheets[answer.page]
        if isinstance(answer, Unread):
            yield None, _reject(sheet.path, answer)
        else:
            yield document_row(sheet, answer), None


def document_row(sheet: Sheet, read: Read) -> dict[str, Any]:
    """The row of DOCUMENTS of one document of a page."""
    inside = read.fields.get("document_id") or (read.record if sheet.format in MANY else None)
    name = f"{sheet.path}#{inside}" if inside else sheet.path
    return {**read.fields, "document_id": name, "path": sheet.path}


def _reject(path: str, unread: Unread) -> dict[str, Any]:
    where = f"{path}:{unread.record}" if unread.record else path
    return {
        "path": path,
        "line": unread.record or None,
        "reason": unread.reason,
        "detail": f"{where}: {unread.detail}",
    }
