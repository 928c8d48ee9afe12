"""tables: every column has a meaning, and a table that does not fit is refused by name."""

import pyarrow as pa
import pytest

from asobna.errors import TableError
from asobna.tables import CLASSES, MENTIONS, REJECTS, SCHEMAS, STANDINGS, make_table, require_schema


@pytest.mark.parametrize(
    ("table", "column"),
    [(name, field.name) for name, schema in SCHEMAS.items() for field in schema],
)
def test_every_column_says_what_it_means(table, column):
    meaning = SCHEMAS[table].field(column).metadata[b"meaning"].decode()
    assert len(meaning) > 3
    assert not meaning.endswith(".")


def test_a_standing_row_is_a_mention_row_and_more():
    assert STANDINGS.names[: len(MENTIONS.names)] == MENTIONS.names


def test_every_offset_names_its_unit():
    for name, schema in SCHEMAS.items():
        for column in schema.names:
            if column.startswith(("start", "end")):
                assert column.endswith("_cp"), f"{name}.{column}"


def test_classes_are_said_in_the_pack_format():
    from asobna.pack_files import BUILT_IN

    page = (BUILT_IN / "FORMAT.md").read_text(encoding="utf-8")
    assert [name for name in CLASSES if f"`{name}`" not in page] == []


def test_make_table_fills_nullable_columns():
    table = make_table(REJECTS, {"path": ["a"], "reason": ["empty"], "detail": ["no text"]})
    assert table.to_pylist() == [
        {"path": "a", "line": None, "reason": "empty", "detail": "no text"}
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"path": ["a"], "oops": [1]}, r"columns \['oops'\] are not in the schema"),
        ({"path": ["a"], "reason": ["empty"]}, "column 'detail' is missing"),
        ({"path": [1], "reason": ["x"], "detail": ["y"]}, "column 'path' is not string"),
    ],
)
def test_make_table_names_what_does_not_fit(columns, message):
    with pytest.raises(TableError, match=message):
        make_table(REJECTS, columns)


def test_require_schema_says_what_is_needed():
    with pytest.raises(TableError, match=r"this table has \['a'\]; a table with \['path'"):
        require_schema(pa.table({"a": [1]}), REJECTS)
