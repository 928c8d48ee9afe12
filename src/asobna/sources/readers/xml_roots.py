"""XML whose ending tells little: the root element says which reader reads it."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from xml.parsers import expat

from asobna.sources.readers import MODULE_OF_FORMAT, PACKAGE
from asobna.sources.readers.drafts import Draft, Page, UnreadableError
from asobna.sources.readers.packing import refuse_entities

_FORMAT_OF_ROOT = {
    "TEI": "parlamint",
    "teiCorpus": "parlamint",
    "publicwhip": "hansard",
    "rss": "feed",
    "feed": "feed",
    "RDF": "feed",
}

# Loaded before the process is confined: what loads a library cannot be allowed later.
for _format in set(_FORMAT_OF_ROOT.values()):
    with contextlib.suppress(ImportError):
        importlib.import_module(f"{PACKAGE}.{MODULE_OF_FORMAT[_format]}")


def read(page: Page) -> Iterator[Draft | UnreadableError]:
    """Whatever the reader of this root element yields."""
    refuse_entities(page.content)
    root = _root(page.content)
    if root not in _FORMAT_OF_ROOT:
        known = ", ".join(_FORMAT_OF_ROOT)
        raise UnreadableError("unknown-xml", f"no reader for this XML; root elements read: {known}")
    module = importlib.import_module(f"{PACKAGE}.{MODULE_OF_FORMAT[_FORMAT_OF_ROOT[root]]}")
    yield from module.read(page)


class _FoundError(Exception):
    pass


def _root(content: bytes) -> str:
    """Local name of the root element; empty where there is none."""

    def found(name: str, _: object) -> None:
        raise _FoundError(name.rsplit(":", 1)[-1])

    parser = expat.ParserCreate()
    parser.StartElementHandler = found
    try:
        parser.Parse(content[: 1 << 20], False)
    except _FoundError as root:
        return str(root)
    except (expat.ExpatError, ValueError, LookupError):
        pass
    return "rss" if b"<rss" in content[:1024] else ""
