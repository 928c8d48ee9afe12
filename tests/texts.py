"""Small ways to read invented sentences in tests; nothing here is part of the package."""

from functools import lru_cache

from asobna.packs import read_packs
from asobna.pipeline import check_documents, read_documents
from asobna.tables import DOCUMENTS, rows_to_table


@lru_cache
def english():
    return read_packs(only=("en",))


def documents(*texts, **columns):
    """DOCUMENTS of English texts, ids d0, d1, …"""
    rows = [
        {"document_id": f"d{n}", "text": text, "lang": "en", "path": f"d{n}", "regions": []}
        | columns
        for n, text in enumerate(texts)
    ]
    return rows_to_table(rows, DOCUMENTS)


def standings(*texts, **columns):
    """Rows of STANDINGS of English texts."""
    return read_documents(documents(*texts, **columns), english()).standings.to_pylist()


def findings(*texts, **columns):
    """Rows of FINDINGS of English texts."""
    return check_documents(documents(*texts, **columns), english())[0].to_pylist()
