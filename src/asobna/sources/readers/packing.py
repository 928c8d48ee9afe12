"""Packed documents and XML, looked at before a library opens them.

A zip file says how large its parts will be; Python's reader never gives more than that, so the
sum of what is declared bounds what can be unpacked. XML may declare entities; none of the formats
read here needs them.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from xml.parsers import expat

from lxml import etree

from asobna.sources.readers.drafts import UnreadableError, over_limit

_MIB = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def open_archive(content: bytes, limits: Mapping[str, int]) -> zipfile.ZipFile:
    """The zip archive, once its directory has been judged. Raises UnreadableError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableError("damaged", f"not a whole packed document ({error})") from error
    entries = archive.infolist()
    if len(entries) > limits["archive_entries"]:
        raise over_limit("archive_entries", limits, f"{len(entries):,} files inside")
    total = sum(entry.file_size for entry in entries)
    if total > limits["archive_bytes"]:
        raise over_limit("archive_bytes", limits, f"it unpacks to {total:,} bytes")
    names = set()
    for entry in entries:
        _judge_entry(entry, limits)
        if entry.filename in names:
            raise UnreadableError("archive-bomb", f"the file {entry.filename!r} stands twice in it")
        names.add(entry.filename)
    return archive


def _judge_entry(entry: zipfile.ZipInfo, limits: Mapping[str, int]) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError("encrypted", "it is protected by a password; save it without one")
    if entry.compress_type not in _METHODS:
        raise UnreadableError("archive-bomb", "it is packed in a way no such document is")
    ratio = entry.file_size / max(1, entry.compress_size)
    if entry.file_size > _MIB and ratio > limits["archive_ratio"]:
        raise over_limit("archive_ratio", limits, f"a file inside unpacks {ratio:,.0f} times")


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """One file of an archive. Raises UnreadableError when it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError as error:
        raise UnreadableError("damaged", f"the file {name!r} is missing inside it") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        raise UnreadableError("damaged", "a file inside it is damaged") from error


def refuse_entities(content: bytes) -> None:
    """Raise UnreadableError (`xml-entities`) for XML that declares entities.

    Only what stands before the root element is looked at: a declaration can stand nowhere else.
    """
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = _stop
    try:
        for start in range(0, len(content), 1 << 16):
            parser.Parse(content[start : start + (1 << 16)], False)
    except (_SeenEnoughError, expat.ExpatError, ValueError, LookupError):
        return  # broken XML is for its reader to judge


class _SeenEnoughError(Exception):
    pass


def _refuse(*_: object) -> None:
    raise UnreadableError(
        "xml-entities", "it declares XML entities, which can unfold without end; remove its DTD"
    )


def _stop(*_: object) -> None:
    raise _SeenEnoughError


def judge_package(content: bytes, limits: Mapping[str, int]) -> zipfile.ZipFile:
    """`open_archive`, and no XML inside it declares entities."""
    archive = open_archive(content, limits)
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            refuse_entities(read_entry(archive, entry.filename))
    return archive


def parse_xml(content: bytes) -> etree._Element:
    """The root element, with nothing fetched and nothing unfolded. Raises UnreadableError."""
    refuse_entities(content)
    try:
        return etree.fromstring(content, xml_parser())
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise not_xml(error) from error


def xml_parser() -> etree.XMLParser:
    """The one way XML is parsed here."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )


def not_xml(error: Exception) -> UnreadableError:
    """The error for XML that does not parse; the message gives the place, never the text."""
    line = getattr(error, "lineno", None)
    deep = "depth" in str(error).lower()
    if deep:
        return UnreadableError("too-deep", "its XML is nested more than 256 deep")
    return UnreadableError("damaged", f"not well-formed XML{f' (line {line})' if line else ''}")
