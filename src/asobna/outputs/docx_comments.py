"""Findings as comments of a Word document: a draft's own, or one made of the paragraphs of a text.

`asobna check draft.docx --comments out.docx` and the page's download come through here.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from itertools import pairwise
from pathlib import Path
from typing import Any

from asobna.errors import ConfigError, InputError
from asobna.outputs.formats import Result, cited, facts_by_id
from asobna.outputs.terminal import SEVERITY_WORDS, fact_line, foremost
from asobna.outputs.whole import write_whole
from asobna.sources.guard import Guard, Sheet, shared_guard

#: Only these are offered as changes: an error is a question of fact, which the writer answers.
SUGGESTED = "S"
AUTHOR, INITIALS = "Asobna", "A"

_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_comments(result: Result, draft: str, target: str, *, suggest: bool) -> int:
    """Write a copy of `draft` with a comment for every finding; returns how many.

    With `suggest`, a style finding that has a wording is a tracked change too. The draft is never
    touched and no existing file replaced. Raises ConfigError for a target that will not do, and
    InputError when the copy cannot be made.
    """
    _require_fresh(draft, target)
    text = next(
        (row["text"] for row in result.documents.select(["path", "text"]).to_pylist()
         if row["path"] == draft), ""
    )  # fmt: skip
    facts = facts_by_id(result.packs)
    ours = [row for row in result.findings.to_pylist() if row["path"] == draft]
    remarks = [remark(row, cited(row, facts), suggest=suggest) for row in ours]
    try:
        content = Path(draft).read_bytes()
    except OSError as error:
        raise InputError(f"{draft}: {error.strerror or error}") from error
    sheet = Sheet(draft, "docx", content)
    commented = commented_document(sheet, remarks, len(text), shared_guard())
    write_whole(target, commented, fresh=True)
    return len(remarks)


def commented_document(
    sheet: Sheet, remarks: list[dict[str, Any]], length: int, guard: Guard
) -> bytes:
    """A copy of a Word document with remarks, made by the guarded process that read it.

    length: code points of its text as it was read. Raises InputError when that cannot be done.
    """
    return guard.edit(sheet, {"remarks": remarks, "text": length})


def commented_text(text: str, remarks: list[dict[str, Any]]) -> bytes:
    """A new Word document: a paragraph for every line of a text, and a comment for every remark.

    Signs that no XML file may hold become �, one for one.
    """
    from docx import Document  # noqa: PLC0415 heavy

    document = Document()
    edges = sorted({edge for row in remarks for edge in (row["start_cp"], row["end_cp"])})
    starts: list[int] = []
    runs: list[Any] = []
    at = 0
    for line in _NOT_IN_XML.sub("\ufffd", text).split("\n"):
        paragraph, end = document.add_paragraph(), at + len(line)
        inside = edges[bisect_right(edges, at) : bisect_left(edges, end)]
        for first, last in pairwise([at, *inside, end] if line else ()):
            starts.append(first)
            runs.append(paragraph.add_run(line[first - at : last - at]))
        at = end + 1
    for row in remarks:
        held = runs[bisect_left(starts, row["start_cp"]) : bisect_left(starts, row["end_cp"])]
        if held:
            document.add_comment(held, text=row["text"], author=AUTHOR, initials=INITIALS)
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def remark(
    row: dict[str, Any], facts: list[dict[str, Any]], *, suggest: bool = False
) -> dict[str, Any]:
    """A finding, and the facts it cites, as the words of a comment and their place."""
    lines = [f"{SEVERITY_WORDS[row['severity']]}: {row['message']}", row["because"]]
    if row["wordings"]:
        lines.append("Write: " + " · ".join(f"“{wording}”" for wording in row["wordings"]))
    elif row["advice"]:
        lines.append(row["advice"])
    lines += [fact_line(fact) for fact in foremost(facts)]
    lines.append(f"({row['rule_id']})")
    changed = suggest and row["severity"] == SUGGESTED and row["wordings"]
    return {
        "start_cp": row["start_cp"],
        "end_cp": row["end_cp"],
        "text": "\n".join(_NOT_IN_XML.sub("\ufffd", line) for line in lines),
        "wording": row["wordings"][0] if changed else None,
    }


def _require_fresh(draft: str, target: str) -> None:
    if not draft.lower().endswith(".docx") or not target.lower().endswith(".docx"):
        raise ConfigError("--comments reads one .docx and writes another: both must end in .docx")
    if Path(target).exists():
        raise ConfigError(f"--comments: {target} is there already; name a new file")
