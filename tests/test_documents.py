"""documents: bytes become text, or a reject that says what to do."""

import pytest

from asobna.documents import decode, extract_documents
from asobna.limits import MAX_PAGE_BYTES
from asobna.tables import PAGES, rows_to_table


def extract(content, name="a.txt", kind="txt"):
    pages = rows_to_table([{"path": name, "content": content, "format": kind}], PAGES)
    documents, rejects = extract_documents(pages)
    return documents.to_pylist(), rejects.to_pylist()


@pytest.mark.parametrize(
    "content", ["ж".encode(), b"\xef\xbb\xbf" + "ж".encode(), "ж".encode("utf-16")]
)
def test_unicode_with_and_without_its_mark(content):
    assert decode(content) == ("ж", None)


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (b"", "empty", "a.txt holds no text; nothing to read"),
        (b" \n", "empty", "a.txt holds no text; nothing to read"),
        (
            b"PNG\0\0",
            "binary",
            "a.txt is a binary file, not text; give .txt, .md or .html, an archive unpacked",
        ),
        (
            b"caf\xe9 ol\xe9",
            "not-utf8",
            "a.txt is not UTF-8 (byte 3); convert it, for example with: "
            "iconv -f WINDOWS-1252 -t UTF-8 (Cyrillic: WINDOWS-1251)",
        ),
        (
            b"x" * (MAX_PAGE_BYTES + 1),
            "too-large",
            "a.txt has more than 67,108,864 bytes, the most read at once: split it, or give its parts "
            "as lines of JSONL",
        ),
    ],
)
def test_what_cannot_be_read_is_a_reject_that_teaches(content, reason, detail):
    documents, rejects = extract(content)
    assert documents == []
    assert rejects == [{"path": "a.txt", "line": None, "reason": reason, "detail": detail}]


def test_a_page_keeps_its_places_and_its_title():
    documents, rejects = extract(b"# Title\n\n*Belarus* voted", "a.md", "md")
    assert rejects == []
    assert documents[0]["title"] == "Title"
    assert documents[0]["text"].index("Belarus") == 10
    assert documents[0]["regions"] == [{"start_cp": 0, "end_cp": 8, "kind": "heading"}]
