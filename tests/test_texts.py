"""The strings of a table of documents are decoded once and go with it."""

from __future__ import annotations

import gc

from asobna import texts
from asobna.tables import DOCUMENTS, rows_to_table
from asobna.texts import texts_of


def documents(*found):
    return rows_to_table(
        [{"document_id": str(n), "text": text, "regions": []} for n, text in enumerate(found)],
        DOCUMENTS,
    )


def test_every_row_is_its_text_and_decoded_once():
    table = documents("Мінск і Гродна", "", "Hrodna 🐻 Minsk")
    found = texts_of(table)
    assert [found[row] for row in range(3)] == ["Мінск і Гродна", "", "Hrodna 🐻 Minsk"]
    assert found[2] is texts_of(table)[2]


def test_another_table_has_texts_of_its_own():
    first, second = documents("Minsk"), documents("Hrodna")
    assert (texts_of(first)[0], texts_of(second)[0]) == ("Minsk", "Hrodna")
    assert texts_of(second.slice(0, 0)) is not texts_of(second)


def test_no_text_is_kept_beyond_its_table():
    table = documents("a draft nobody should find")
    texts_of(table)[0]
    number = id(table)
    assert number in texts._known
    del table
    gc.collect()
    assert number not in texts._known
