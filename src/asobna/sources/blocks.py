"""Lines of JSONL, CSV and TSV → blocks of whole records, or why a file has none."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from typing import Any

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources import records, separated
from asobna.sources.columns import Columns
from asobna.sources.streams import STDIN, TruncatedError, open_stream
from asobna.sources.work import STDIN_PATH, Input, Problem, Work

#: Decompressed bytes of lines in one piece of work.
BLOCK_BYTES = 16 << 20
#: Bytes of the beginning of a file in which a NUL tells that it is no text.
_SNIFFED = 8192


def plan_lines(item: Input, columns: Columns) -> Iterator[Work]:
    """Blocks of whole lines; where the stream breaks off, one last piece says so."""
    separated = item.format != "jsonl"
    columns = _separated_columns(item, columns) if separated else columns
    plan = Work((item,), 0, columns)
    try:
        with open_stream(item.path) as stream:
            if separated:
                plan = _headed(stream, plan)
                yield from [plan] if plan.problem else _each_block(stream, plan)
            else:
                yield from _each_block(stream, plan)
    except _BrokenPlanError as broken:
        yield broken.plan._replace(data=b"", problem=_broken_off(broken.cause))
    except TruncatedError as error:
        yield plan._replace(problem=_broken_off(error))


class _BrokenPlanError(Exception):
    """The stream breaks off where `plan` would have begun."""

    def __init__(self, plan: Work, cause: TruncatedError) -> None:
        super().__init__(str(cause))
        self.plan = plan
        self.cause = cause


def _broken_off(error: TruncatedError) -> Problem:
    detail = (
        f"the compressed data break off after {error.at:,} bytes ({error.why}); whole "
        "lines before that were read. Fetch the file again"
    )
    return Problem("truncated", detail)


def _each_block(stream: Any, plan: Work) -> Iterator[Work]:
    """Pieces of a stream that stands where records begin; `plan` is the first, without its data."""
    begun = plan
    try:
        for block in _blocks(stream, plan.columns):
            problem = _content_problem(block, plan) if plan is begun else None
            yield _named_by_content(plan._replace(data=block, problem=problem))
            if problem:
                return
            line = plan.first_line + block.count(b"\n")
            plan = plan._replace(part=plan.part + 1, first_line=line)
    except TruncatedError as error:
        raise _BrokenPlanError(plan, error) from error
    if plan is begun:
        what = "a header and no record" if plan.columns.header else "nothing"
        yield plan._replace(problem=Problem("empty", f"the file holds {what}"))


def _named_by_content(work: Work) -> Work:
    """The piece as it is; of standard input, whose content is not known before, named by its own.

    So what another stream brings is read too, under another name, and the same adds nothing.
    """
    (item,) = work.inputs
    if item.path != STDIN:
        return work
    sha256 = hashlib.sha256(work.data).hexdigest()
    named = Input(f"{STDIN_PATH}{sha256[:8]}", item.format, sha256, len(work.data))
    return work._replace(inputs=(named,), part=0)


def _content_problem(block: bytes, plan: Work) -> Problem | None:
    """Why a file whose first block this is cannot be read line by line at all; or None."""
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Problem("not-utf8", "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
    if b"\0" in block[:_SNIFFED]:
        return Problem("binary", "it is a binary file, not lines of text")
    if plan.inputs[0].format == "jsonl" and records.is_one_value(block):
        return Problem(
            "not-json",
            "it is one JSON value over the whole file, not an object on each line; convert it, for "
            "example with: jq -c '.[]'",
        )
    return None


def _separated_columns(item: Input, columns: Columns) -> Columns:
    tabs = item.format == "tsv"
    separator = columns.separator or ("\t" if tabs else None)
    quoted = columns.quoted if columns.quoted is not None else not tabs
    return columns._replace(separator=separator, quoted=quoted)


def _headed(stream: Any, plan: Work) -> Work:
    """The first piece of a separated file, after its header; or with what is wrong with that."""
    if plan.columns.header is not None:
        return plan
    columns, line = plan.columns, plan.first_line
    head = stream.readline(MAX_PAGE_BYTES)
    if problem := _content_problem(head, plan):
        return plan._replace(problem=problem)
    if said := separated.said_separator(head.decode("utf-8-sig", "replace")):
        columns, head, line = columns._replace(separator=said), stream.readline(MAX_PAGE_BYTES), 2
    while columns.quoted and head.count(b'"') % 2 and len(head) < MAX_PAGE_BYTES:
        more = stream.readline(MAX_PAGE_BYTES)
        if not more:
            break
        head, line = head + more, line + 1
    if not head.strip():
        return plan._replace(problem=Problem("empty", "the file holds nothing"))
    columns = separated.read_header(head.decode("utf-8-sig", "replace"), columns)
    told = separated.header_problem(columns)
    return plan._replace(
        columns=columns, first_line=line + 1, problem=Problem("not-csv", told) if told else None
    )


def _blocks(stream: Any, columns: Columns) -> Iterator[bytes]:
    """Blocks of BLOCK_BYTES or a little more that end where a record does.

    A line longer than MAX_PAGE_BYTES is cut to that length: it becomes a reject. So does a record
    of more whose quotation mark is never closed, and with it all that follows.
    """
    rest = b""
    while True:
        try:
            block = _read_fully(stream, BLOCK_BYTES)
        except _BrokenReadError as broken:
            whole = rest + broken.so_far
            if end := separated.record_end(whole, columns):
                yield whole[:end]
            raise broken.cause from None
        if not block:
            break
        rest += block
        if end := separated.record_end(rest, columns):
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MAX_PAGE_BYTES and b"\n" in rest:
            yield rest
            return
        elif len(rest) > MAX_PAGE_BYTES:
            _skip_line(stream)
            yield rest[: MAX_PAGE_BYTES + 1] + b"\n"
            rest = b""
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


class _BrokenReadError(Exception):
    def __init__(self, so_far: bytes, cause: TruncatedError) -> None:
        super().__init__(str(cause))
        self.so_far = so_far
        self.cause = cause


def _read_fully(stream: Any, size: int) -> bytes:
    parts: list[bytes] = []
    missing = size
    try:
        while missing and (
            data := stream.read1(missing) if hasattr(stream, "read1") else stream.read(missing)
        ):
            parts.append(data)
            missing -= len(data)
    except TruncatedError as error:
        raise _BrokenReadError(b"".join(parts), error) from error
    return b"".join(parts)


def _skip_line(stream: Any) -> None:
    while (data := stream.readline(1 << 20)) and not data.endswith(b"\n"):
        pass
