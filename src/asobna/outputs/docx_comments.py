"""`asobna check draft.docx --comments out.docx`: findings as comments or tracked changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from asobna.errors import ConfigError, InputError
from asobna.outputs.formats import Result, facts_by_id
from asobna.outputs.terminal import SEVERITY_WORDS, fact_line
from asobna.sources.guard import Sheet, shared_guard

#: Only these are offered as changes: an error is a question of fact, which the writer answers.
SUGGESTED = "S"


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
    remarks = [
        _remark(row, facts, suggest) for row in result.findings.to_pylist() if row["path"] == draft
    ]
    try:
        content = Path(draft).read_bytes()
    except OSError as error:
        raise InputError(f"{draft}: {error.strerror or error}") from error
    order = {"remarks": remarks, "text": len(text)}
    _write_whole(Path(target), shared_guard().edit(Sheet(draft, "docx", content), order))
    return len(remarks)


def _require_fresh(draft: str, target: str) -> None:
    if not draft.lower().endswith(".docx") or not target.lower().endswith(".docx"):
        raise ConfigError("--comments reads one .docx and writes another: both must end in .docx")
    if Path(target).exists():
        raise ConfigError(f"--comments: {target} is there already; name a new file")


def _remark(row: dict[str, Any], facts: dict[str, Any], suggest: bool) -> dict[str, Any]:
    lines = [f"{SEVERITY_WORDS[row['severity']]}: {row['message']}", row["because"]]
    if row["wordings"]:
        lines.append("Write: " + " · ".join(f"“{wording}”" for wording in row["wordings"]))
    elif row["advice"]:
        lines.append(row["advice"])
    lines += [fact_line(facts[fact_id]) for fact_id in row["fact_ids"][:1]]
    lines.append(f"({row['rule_id']})")
    changed = suggest and row["severity"] == SUGGESTED and row["wordings"]
    return {
        "start_cp": row["start_cp"],
        "end_cp": row["end_cp"],
        "text": "\n".join(lines),
        "wording": row["wordings"][0] if changed else None,
    }


def _write_whole(target: Path, content: bytes) -> None:
    """Write the file in one step: it is there whole or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.link(part, target)  # unlike a rename, never replaces a file made meanwhile
    except OSError as error:
        raise InputError(f"{target}: cannot write: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
