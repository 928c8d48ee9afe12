"""WARC, plain, gzip or zstd, by FastWARC: every answer that is a text becomes a document."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecordType

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.readers import MODULE_OF_FORMAT, PACKAGE
from asobna.sources.readers.articles import decode_html, draft_of_html
from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError

_HTML = ("text/html", "application/xhtml+xml")
_READ = {"application/pdf": "pdf"}
_WANTED = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_BEGINNINGS = (b"WARC", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_MAX_HEADER = 64 * 1024
# Loaded before the process is confined: what loads a library cannot be allowed later.
for _format in _READ.values():
    with contextlib.suppress(ImportError):
        importlib.import_module(f"{PACKAGE}.{MODULE_OF_FORMAT[_format]}")
_PASSED = UnreadableError("passed", "")


def read(page: Page) -> Iterator[Draft | UnreadableError]:
    """One document or reject for every record; records that are no texts are passed over.

    The first `page.skip` records are passed: they were read before.
    """
    # an open file, not a path: by its path the library would judge the packing by the ending
    with open(page.path, "rb") as file:  # noqa: PTH123 pathlib is not needed here
        start = file.read(4)
        if not start.startswith(_BEGINNINGS):
            raise UnreadableError("damaged", "it is no WARC, gzip or zstd file")
        file.seek(0)
        archive = ArchiveIterator(file, max_header_len=_MAX_HEADER, auto_decode="all")
        yield from _records(archive, page)


def _records(archive: Any, page: Page) -> Iterator[Draft | UnreadableError]:
    records = enumerate(archive, 1)
    seen = 0
    while True:
        try:
            number, record = next(records)
        except StopIteration:
            break
        except (OSError, ValueError, RuntimeError) as error:
            raise UnreadableError(
                "truncated", f"the archive cannot be read after record {seen}; the ones before were"
            ) from error
        seen = number
        if number > page.skip:
            yield _read_record(record, page)
    if not seen:
        raise UnreadableError("damaged", "it holds no WARC record")


def _read_record(record: Any, page: Page) -> Draft | UnreadableError:
    if not int(record.record_type) & int(_WANTED):
        return _PASSED
    try:
        return _draft(record, page)
    except UnreadableError as error:
        return error
    except (OSError, ValueError, RuntimeError) as error:
        return UnreadableError("damaged", f"the record is damaged ({type(error).__name__})")


def _draft(record: Any, page: Page) -> Draft | UnreadableError:
    kind = (record.http_content_type or record.headers.get("Content-Type") or "").split(";")[0]
    kind = kind.strip().lower()
    if kind not in (*_HTML, "text/plain", *_READ) or _status(record) >= 300:
        return _PASSED
    declared = record.content_length
    if declared > MAX_PAGE_BYTES:
        return UnreadableError("too-large", f"the record has {declared:,} bytes")
    content = record.reader.read(MAX_PAGE_BYTES + 1)
    if len(content) > MAX_PAGE_BYTES:
        return UnreadableError("too-large", f"the record unpacks to over {MAX_PAGE_BYTES:,} bytes")
    sent = record.http_headers.get("Content-Length") if record.http_headers else None
    packed = record.http_headers and record.http_headers.get("Content-Encoding")
    if sent and sent.isdigit() and not packed and int(sent) != len(content):
        return UnreadableError(
            "wrong-length", f"the record says {int(sent):,} bytes and holds {len(content):,}"
        )
    return _read_as(kind, content, record, page)


def _status(record: Any) -> int:
    code = record.http_headers.status_code if record.http_headers else 200
    return code or 200


def _read_as(kind: str, content: bytes, record: Any, page: Page) -> Draft:
    fetched = record.headers.get("WARC-Date")
    inner = page._replace(
        content=content,
        url=record.headers.get("WARC-Target-URI"),
        encoding=record.http_charset,
    )
    if kind in _HTML:
        html = decode_html(content, inner.encoding)
        return draft_of_html(html, inner, [(fetched, "fetched")])
    if kind in _READ:
        module = importlib.import_module(f"{PACKAGE}.{MODULE_OF_FORMAT[_READ[kind]]}")
        draft: Draft = next(module.read(inner))
        draft.fields.setdefault("url", inner.url)
    else:
        draft = Draft(page.limits, url=inner.url)
        for paragraph in decode_html(content, inner.encoding).split("\n\n"):
            draft.paragraph(paragraph)
    if "date" not in draft.fields:
        draft.fields |= dated([(fetched, "fetched")], page.today)
    return draft
