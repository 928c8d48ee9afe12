"""Inputs of every format become the same rows; what is broken becomes a counted reject."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from asobna.errors import ConfigError, InputError
from asobna.sources import blocks
from asobna.sources.columns import FIPS_TO_ISO, PRESETS, read_mapping
from asobna.sources.files import read_pages
from asobna.sources.inputs import describe_input, find_inputs, plan_work
from asobna.sources.pieces import read_rows
from asobna.sources.streams import open_raw, suffixes
from reading import records, write_jsonl, write_parquet

PLAIN = read_mapping(None, None)


def pieces(path, columns=PLAIN):
    works = plan_work([describe_input(str(path))], columns, set())
    return [piece for work in works for piece in read_rows(work)]


def rows(path, columns=PLAIN):
    return [row for piece in pieces(path, columns) for row in piece.rows.to_pylist()]


def rejects(path, columns=PLAIN):
    found = [row for piece in pieces(path, columns) for row in piece.rejects.to_pylist()]
    return [(row["line"], row["reason"]) for row in found]


def told(found):
    keys = ("document_id", "text", "date", "source", "line")
    return [{key: row[key] for key in keys} for row in found]


@pytest.fixture
def same_rows(tmp_path):
    """One set of records in every format, plain and compressed."""
    data = records(25)
    lines = "".join(json.dumps(row) + "\n" for row in data).encode()
    names = list(data[0])
    csv = "\n".join([",".join(names)] + [",".join(f'"{row[n]}"' for n in names) for row in data])
    tsv = "\n".join(["\t".join(names)] + ["\t".join(row[n] for n in names) for row in data])
    table = pa.Table.from_pylist(data)
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(lines))
    (tmp_path / "a.csv").write_text(csv + "\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(csv.encode()))
    (tmp_path / "a.tsv.zst").write_bytes(zstandard.compress(tsv.encode()))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    with (
        pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, table.schema) as w,
    ):
        w.write_table(table, max_chunksize=9)
    with (
        pa.OSFile(str(tmp_path / "s.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as w,
    ):
        w.write_table(table)
    return tmp_path


def test_every_format_gives_the_same_rows(same_rows):
    wanted = told(rows(same_rows / "a.jsonl"))
    assert [row["document_id"] for row in wanted] == [f"d{index}" for index in range(25)]
    for path in sorted(same_rows.iterdir()):
        header = 1 if ".csv" in path.name or ".tsv" in path.name else 0
        found = [{**row, "line": row["line"] - header} for row in told(rows(path))]
        assert found == wanted, path.name
        assert rejects(path) == []


def test_blocks_of_any_size_give_the_same_rows(same_rows, monkeypatch):
    for name in ("a.jsonl", "a.csv", "a.tsv.zst"):
        wanted = rows(same_rows / name)
        for size in (1, 50, 333, 5000):
            monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
            assert rows(same_rows / name) == wanted, (name, size)
        monkeypatch.undo()


def test_a_broken_line_is_a_reject_with_its_number(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"text": "Minsk."}\n{"id": 2}\nnope\n\n{"text": "  "}\n[1]\n{"text": "\xff"}\n'
                     b'{"text": 5}\n{"text": "Brest."}')  # fmt: skip
    assert [(row["document_id"], row["text"]) for row in rows(path)] == [
        (f"{path}:1", "Minsk."), (f"{path}:9", "Brest.")]  # fmt: skip
    assert rejects(path) == [(2, "no-text"), (3, "not-json"), (5, "empty"), (6, "not-json"),
                             (7, "not-utf8"), (8, "no-text")]  # fmt: skip


def test_an_endless_line_is_a_reject_and_the_next_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_PAGE_BYTES", 1000)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 400)
    monkeypatch.setattr("asobna.sources.records.MAX_PAGE_BYTES", 1000)
    path = tmp_path / "long.jsonl"
    path.write_text('{"text": "a"}\n{"text": "' + "x" * 5000 + '"}\n{"text": "b"}\n')
    assert [row["text"] for row in rows(path)] == ["a", "b"]
    assert rejects(path) == [(2, "too-large")]


@pytest.mark.parametrize("packed", ["zst", "gz"])
def test_a_stream_that_breaks_off_is_a_reject_that_says_where(tmp_path, packed):
    lines = "".join(json.dumps(row) + "\n" for row in records(20_000)).encode()
    whole = zstandard.compress(lines) if packed == "zst" else gzip.compress(lines)
    path = tmp_path / f"cut.jsonl.{packed}"
    path.write_bytes(whole[: len(whole) // 2])
    read = rows(path)
    assert 0 < len(read) < 20_000
    assert [row["line"] for row in read] == list(range(1, len(read) + 1))
    assert rejects(path) == [(len(read) + 1, "truncated")]
    detail = pieces(path)[-1].rejects.column("detail")[0].as_py()
    assert detail.startswith(f"{path}: the compressed data break off after ")
    assert detail.endswith("whole lines before that were read. Fetch the file again")


def test_several_zstd_frames_are_one_stream(tmp_path):
    path = tmp_path / "frames.jsonl.zst"
    lines = [json.dumps(row).encode() + b"\n" for row in records(6)]
    path.write_bytes(b"".join(zstandard.compress(line) for line in lines))
    assert len(rows(path)) == 6


def test_a_quoted_field_may_hold_lines_and_quotes(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text('id,text\n1,"Minsk,\n""the city"""\n2,short,long\n3,"Brest"\n')
    assert [(row["document_id"], row["text"], row["line"]) for row in rows(path)] == [
        ("1", 'Minsk,\n"the city"', 2), ("3", "Brest", 5)]  # fmt: skip
    assert rejects(path) == [(4, "not-csv")]


def test_a_table_without_text_says_which_columns_it_has(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"body": ["Minsk"], "nr": [1]}), path)
    assert pieces(path)[0].rejects.column("detail")[0].as_py() == (
        f"{path}: no column 'text'; its columns are body, nr. Name one with --map text=…"
    )
    mapped = rows(path, read_mapping("text=body,id=nr", None))
    assert [(row["document_id"], row["text"]) for row in mapped] == [("1", "Minsk")]


def test_a_row_without_text_in_parquet_is_a_reject(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["Minsk", None, " \n", "Brest"]}), path)
    assert [(row["text"], row["line"]) for row in rows(path)] == [("Minsk", 1), ("Brest", 4)]
    assert rejects(path) == [(2, "no-text"), (3, "empty")]


def not_utf8(texts, bad):
    """A string column in which some texts are in another encoding."""
    data = [text.encode("cp1251" if n in bad else "utf-8") for n, text in enumerate(texts)]
    ends = pa.array(np.cumsum([0, *map(len, data)]), pa.int32())
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, ends.buffers()[1], pa.py_buffer(b"".join(data))]
    )


@pytest.mark.parametrize("bad", [[0], [1, 2, 29], list(range(30))])
def test_rows_of_parquet_in_another_encoding_are_rejects(tmp_path, bad):
    texts = [f"Мінск {n}" for n in range(30)]
    path = tmp_path / "t.parquet"
    table = pa.table({"text": not_utf8(texts, bad), "title": ["x"] * 30})
    pq.write_table(table, path, row_group_size=7)
    assert rejects(path) == [(n + 1, "not-utf8") for n in bad]
    assert [row["text"] for piece in pieces(path) for row in piece.rows.to_pylist()] == [
        text for n, text in enumerate(texts) if n not in bad
    ]


def test_a_title_in_another_encoding_is_a_reject_with_its_row(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "title": not_utf8(["Мінск", "Мінск"], [1])}), path)
    (found,) = [row for piece in pieces(path) for row in piece.rejects.to_pylist()]
    assert found["detail"] == f"{path}:2: the row is not UTF-8; convert it"


def test_a_table_of_many_lines_in_another_encoding_is_read_around_them(tmp_path):
    path = tmp_path / "t.csv"
    lines = [f"Мінск {n}\n".encode("cp1251" if n % 3 else "utf-8") for n in range(6000)]
    path.write_bytes(b"text\n" + b"".join(lines))
    found = rejects(path)
    assert (len(found), found[:2]) == (4000, [(3, "not-utf8"), (4, "not-utf8")])
    assert sum(piece.rows.num_rows for piece in pieces(path)) == 2000


def test_a_damaged_parquet_file_is_a_reject(tmp_path):
    path = write_parquet(tmp_path / "t.parquet", records(40))
    data = path.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    assert rejects(tmp_path / "cut.parquet") == [(None, "damaged")]
    spoilt = bytearray(data)
    spoilt[200:260] = b"\xff" * 60
    (tmp_path / "spoilt.parquet").write_bytes(spoilt)
    found = pieces(tmp_path / "spoilt.parquet")
    assert sum(piece.rows.num_rows for piece in found) == 30
    assert [reject for piece in found for reject in piece.rejects.column("reason").to_pylist()] == [
        "damaged"]  # fmt: skip


def test_globs_folders_and_addresses_are_opened_up(tmp_path):
    import fsspec

    write_jsonl(tmp_path / "b.jsonl", records(1))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.txt").write_text("Minsk.")
    (tmp_path / "sub" / "d.bin").write_bytes(b"\0")
    found = [str(tmp_path / "b.jsonl"), str(tmp_path / "sub" / "c.txt")]
    assert find_inputs([str(tmp_path)]) == found
    assert find_inputs([str(tmp_path / "*.jsonl")]) == found[:1]
    with fsspec.open("memory://bucket/x/e.jsonl", "wb") as file:
        file.write(b'{"text": "Minsk."}\n')
    assert find_inputs(["memory://bucket/x"]) == ["memory:///bucket/x/e.jsonl"]
    assert rows("memory://bucket/x/e.jsonl")[0]["text"] == "Minsk."


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        find_inputs([str(tmp_path / "nothing")])
    with pytest.raises(InputError, match="no file matches"):
        find_inputs([str(tmp_path / "*.txt")])


def test_what_may_not_be_opened_is_told_before_anything_is_read():
    root = os.geteuid() == 0
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (locked := Path(folder) / "locked.jsonl").write_text("{}")
        locked.chmod(0)
        if root:
            os.seteuid(65534)  # the system lets its administrator open everything
        try:
            with pytest.raises(InputError, match=r"locked\.jsonl: Permission denied"):
                find_inputs([str(locked)])
        finally:
            if root:
                os.seteuid(0)


def test_mapping_is_checked():
    with pytest.raises(ConfigError, match="'text' is not field=column"):
        read_mapping("text", None)
    with pytest.raises(ConfigError, match="no field 'body'; fields are text, id"):
        read_mapping("body=text", None)
    with pytest.raises(ConfigError, match="no preset 'x'; presets are plain, mediacloud"):
        read_mapping(None, "x")
    assert read_mapping("date=published", "mediacloud").names["date"] == "published"
    assert PRESETS["parlamint"].names["party"] == "Speaker_party"


def test_gdelt_countries_are_fips():
    assert (FIPS_TO_ISO["BO"], FIPS_TO_ISO["RS"]) == ("BY", "RU")


def test_endings():
    assert suffixes("s3://b/A.JSONL.zst") == (".jsonl", ".zst")
    assert suffixes("a.b/c") == ("", "")
    assert suffixes("x.txt") == (".txt", "")


def test_what_is_done_is_not_planned_again(tmp_path, small_works):
    path = write_parquet(tmp_path / "t.parquet", records(30))
    item = describe_input(str(path))
    first = next(plan_work([item], PLAIN, set()))
    assert [work.part for work in plan_work([item], PLAIN, set(first.keys))] == [1, 2]


def test_small_row_groups_are_one_piece_of_work(tmp_path, monkeypatch):
    path = write_parquet(tmp_path / "t.parquet", records(50))
    sizes = [pq.read_metadata(path).row_group(n).total_byte_size for n in range(5)]
    item = describe_input(str(path))
    for limit, wanted in (
        (64 << 20, [(0, 5)]),
        (max(sizes) + 1, [(0, 2), (2, 2), (4, 1)]),
        (1, [(n, 1) for n in range(5)]),
    ):
        monkeypatch.setattr("asobna.sources.inputs.WORK_BYTES", limit)
        works = list(plan_work([item], PLAIN, set()))
        assert [(work.part, work.groups) for work in works] == wanted
        rows = [
            row for work in works for piece in read_rows(work) for row in piece.rows.to_pylist()
        ]
        assert [row["document_id"] for row in rows] == [f"d{n}" for n in range(50)]


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.csv", "id;text;date\n1;\"Minsk; a, city\";05.03.2022\n2;Brest, too;\n",
         [("1", "Minsk; a, city", "2022-03-05"), ("2", "Brest, too", None)]),
        ("a.csv", "\ufeffid;text\n1;Minsk, Brest\n", [("1", "Minsk, Brest", None)]),
        ("a.csv", "id\ttext\n1\tMinsk; Brest\n", [("1", "Minsk; Brest", None)]),
        ("a.csv", "id,text;kind\n1,Minsk\n", []),
        ("a.csv", "id,text\n1,Minsk; Brest\n", [("1", "Minsk; Brest", None)]),
        ("a.csv", "text\nMinsk; Brest\n", [(None, "Minsk; Brest", None)]),
        ("a.csv", '"text"\nMinsk\n', [(None, "Minsk", None)]),
        ("a.tsv", "id\ttext\n1\tMinsk; Brest, \"x\n", [("1", 'Minsk; Brest, "x', None)]),
    ],
)  # fmt: skip
def test_the_header_tells_what_separates_fields(tmp_path, name, content, wanted):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = [(row["document_id"], row["text"], row["date"]) for row in rows(path)]
    assert found == [(f"{path}:2" if id_ is None else id_, *rest) for id_, *rest in wanted]


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.csv", 'id,text\n1,a 5" pipe\n2,"Minsk, 3"" here"\n3,Brest\n',
         [("1", 'a 5" pipe'), ("2", 'Minsk, 3" here'), ("3", "Brest")]),
        ("a.csv", "id|text\n1|Minsk, Brest; too\n", [("1", "Minsk, Brest; too")]),
        ("a.csv", "sep=;\r\nid;text\r\n1;Minsk, Brest\r\n", [("1", "Minsk, Brest")]),
        ("a.csv", '"id\nnumber",id,text\n0,1,Minsk\n', [("1", "Minsk")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 9, 1 << 24])
def test_dialects_of_csv(tmp_path, monkeypatch, name, content, wanted, size):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    path = tmp_path / name
    path.write_text(content, newline="")
    assert [(row["document_id"], row["text"]) for row in rows(path)] == wanted
    assert rejects(path) == []


@pytest.mark.parametrize(
    ("name", "content", "reason", "told"),
    [
        ("a.csv", b"", "empty", "the file holds nothing"),
        ("a.csv", b"id,text\n", "empty", "the file holds a header and no record"),
        ("a.jsonl", b"", "empty", "the file holds nothing"),
        ("a.csv", b"id,text\r1,Minsk\r2,Brest\r", "not-csv",
         "its lines end with carriage returns alone; convert it, for example with: tr '\\r' '\\n'"),
        ("a.csv", b"id,text,text\n1,Minsk,Brest\n", "not-csv",
         "two of its columns are named 'text'; name each once"),
        ("a.csv", "id,text\n1,Minsk\n".encode("utf-16"), "not-utf8",
         "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"),
        ("a.csv", b"PK\x03\x04\0\0id,text\n", "binary", "it is a binary file, not lines of text"),
        ("a.json", b'[\n {"text": "Minsk"}\n]', "not-json",
         "it is one JSON value over the whole file, not an object on each line; convert it, for "
         "example with: jq -c '.[]'"),
        ("a.jsonl", b'[{"text": "Minsk"}, {"text": "Brest"}]', "not-json",
         "it is one JSON value over the whole file, not an object on each line; convert it, for "
         "example with: jq -c '.[]'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_at_all_is_one_reject(tmp_path, name, content, reason, told):
    path = tmp_path / name
    path.write_bytes(content)
    assert rows(path) == []
    found = [row for piece in pieces(path) for row in piece.rejects.to_pylist()]
    assert [(row["reason"], row["line"], row["detail"]) for row in found] == [
        (reason, None, f"{path}: {told}")
    ]


def test_a_record_in_another_encoding_is_one_reject_whatever_lines_it_has(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,text\n1,"Minsk\n2,caf\xe9\n3,Brest"\n4,Lida\n')
    assert [(row["document_id"], row["text"]) for row in rows(path)] == [("4", "Lida")]
    assert rejects(path) == [(2, "not-utf8")]


@pytest.mark.parametrize(("most", "field"), [(100, 1 << 26), (1 << 26, 1 << 26), (300, 200)])
def test_a_quotation_mark_that_is_never_closed_ends_the_file_and_is_told(
    tmp_path, monkeypatch, most, field
):
    monkeypatch.setattr(blocks, "MAX_PAGE_BYTES", most)
    monkeypatch.setattr("asobna.sources.separated.MAX_PAGE_BYTES", field)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 50)
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,Minsk\n2,"Brest\n' + "".join(f"{at},Lida\n" for at in range(99)))
    assert [row["text"] for row in rows(path)] == ["Minsk"]
    assert rejects(path) == [(3, "not-csv")]
    assert pieces(path)[-1].rejects.column("detail")[0].as_py() == (
        f"{path}:3: a quotation mark opens in this record and is never closed: nothing from line "
        "3 on was read. Double the mark or take it out"
    )


def test_a_record_of_more_than_is_read_at_once_is_not_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_PAGE_BYTES", 100)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 50)
    monkeypatch.setattr("asobna.sources.separated.MAX_PAGE_BYTES", 100)
    path = tmp_path / "a.tsv"
    path.write_text("id\ttext\n1\tMinsk\n2\t" + "x" * 300 + "\n3\tBrest\n")
    assert [row["text"] for row in rows(path)] == ["Minsk", "Brest"]
    assert rejects(path) == [(3, "too-large")]


def test_nested_columns_are_told_as_json_and_lose_no_row(tmp_path):
    data = [{"text": "Minsk", "source": ["a", "b"], "speaker": {"role": "chair"}, "id": True}]
    write_jsonl(tmp_path / "a.jsonl", data)
    pq.write_table(pa.Table.from_pylist(data), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.parquet"):
        found = rows(tmp_path / name)
        assert [(row["document_id"], row["source"], row["speaker"]) for row in found] == [
            ("true", '["a","b"]', '{"role":"chair"}')
        ], name


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (pa.table({"text": [["Minsk"]]}),
         "column 'text' holds list<element: string>, not text. Name another one with --map text=…"),
        (pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"]),
         "two of its columns are named 'text'; name each once"),
        (pa.table({"text": pa.array([], pa.string())}), "the file holds no row"),
    ],
)  # fmt: skip
def test_a_parquet_file_that_cannot_be_read_at_all_is_one_reject(tmp_path, table, told):
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    assert [row["detail"] for piece in pieces(path) for row in piece.rejects.to_pylist()] == [
        f"{path}: {told}"
    ]


def test_bytes_of_parquet_that_are_no_text_are_rejects_one_by_one(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [b"Minsk", b"caf\xe9", b"Brest"], "id": ["", "", "z"]}), path)
    assert [(row["document_id"], row["text"]) for row in rows(path)] == [
        (f"{path}:1", "Minsk"), ("z", "Brest")]  # fmt: skip
    assert rejects(path) == [(2, "not-utf8")]


def test_what_python_writes_beside_json_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Minsk", "date": NaN}\n{"text": "Brest \\ud800 x"}\n')
    assert [(row["text"], row["date"]) for row in rows(path)] == [
        ("Minsk", None), ("Brest ? x", None)]  # fmt: skip


def test_codes_of_languages_may_be_written_otherwise(tmp_path):
    data = [{"text": "Minsk", "lang": lang} for lang in ("EN", "en_US", " en ")]
    write_jsonl(tmp_path / "a.jsonl", data)
    pq.write_table(pa.Table.from_pylist(data), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.parquet"):
        assert [row["lang"] for row in rows(tmp_path / name)] == ["en", "en-us", "en"], name


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("a.txt.gz", gzip.compress(b"Minsk"), "txt"),
        ("a.md.zst", zstandard.compress(b"Minsk"), "md"),
        ("a.html.gz", gzip.compress(b"Minsk"), "html"),
        ("a.eml.gz", gzip.compress(b"Minsk"), "eml"),
    ],
)
def test_packed_pages_are_unpacked(tmp_path, name, content, format_):
    (tmp_path / name).write_bytes(content)
    page = read_pages([str(tmp_path / name)]).to_pylist()[0]
    assert (page["content"], page["format"]) == (b"Minsk", format_)


def test_a_packed_page_that_unfolds_without_end_is_cut_one_past_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("asobna.sources.files.MAX_PAGE_BYTES", 1000)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"x" * 1_000_000))
    assert len(read_pages([str(tmp_path / "a.txt.gz")]).column("content")[0].as_py()) == 1001


def test_a_name_that_is_no_text_is_told_before_anything_is_read(tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt")).write_text("Minsk")
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(InputError, match="the name of this file is not UTF-8; rename it"):
        find_inputs([str(tmp_path)])


def test_blocks_after_the_first_keep_the_separator(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 20)
    path = tmp_path / "a.csv"
    path.write_text("id;text\n" + "".join(f"{at};Minsk, {at}\n" for at in range(30)))
    assert [row["text"] for row in rows(path)] == [f"Minsk, {at}" for at in range(30)]
    assert rejects(path) == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (ImportError("Install s3fs to access S3"),
         "s3://x/y: the driver for s3:// is not installed: pip install 'asobna[remote]' s3fs"),
        (ValueError("Protocol not known: s3"), "s3://x/y: Protocol not known: s3"),
        (OSError("Unable to load it\nand many lines"), "s3://x/y: Unable to load it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ask", [lambda: find_inputs(["s3://x/y"]), lambda: open_raw("s3://x/y")])
def test_a_driver_that_is_not_there_is_told_with_what_to_install(monkeypatch, said, message, ask):
    fsspec = pytest.importorskip("fsspec")

    def refuse(*_):
        raise said

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(InputError) as raised:
        ask()
    assert str(raised.value) == message


def test_a_driver_that_fsspec_names_itself(monkeypatch):
    fsspec = pytest.importorskip("fsspec")

    def refuse(*_):
        raise ImportError("Install ocifs to access OCI Object Storage")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(InputError) as raised:
        find_inputs(["oci://x/y"])
    assert str(raised.value) == (
        "oci://x/y: the driver for oci:// is not installed: "
        "Install ocifs to access OCI Object Storage"
    )


@pytest.mark.parametrize(
    ("name", "header", "message"),
    [
        ("a.csv", "id;body", "no column 'text'; its columns are id, body. Name one with --map text=…"),
        ("a.csv", "body", "no column 'text'; its columns are body. Name one with --map text=…"),
        ("a.tsv", "id;text",
         "no tab in the header 'id;text': if commas or semicolons separate, --format csv"),
    ],
)  # fmt: skip
def test_a_header_without_text_says_what_it_names(tmp_path, name, header, message):
    path = tmp_path / name
    path.write_text(f"{header}\n{header}\n")
    assert [row["detail"] for piece in pieces(path) for row in piece.rejects.to_pylist()] == [
        f"{path}:2: {message}"
    ]


def test_standard_input_is_known_by_what_came(monkeypatch):
    def keys(text):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        works = plan_work([describe_input("-")], PLAIN, set())
        return [(work.keys, row["document_id"]) for work in works for piece in read_rows(work)
                for row in piece.rows.to_pylist()]  # fmt: skip

    first = keys(b'{"text": "Minsk"}\n')
    assert first == keys(b'{"text": "Minsk"}\n')
    second = keys(b'{"text": "Brest"}\n')
    assert first[0][0] != second[0][0]
    assert first[0][1] != second[0][1]
    assert first[0][1].startswith("-#")


def test_what_needs_a_file_is_not_read_from_a_stream():
    with pytest.raises(InputError) as raised:
        describe_input("-", given="parquet")
    assert str(raised.value) == (
        "standard input is read as jsonl, csv, tsv; give parquet as a file"
    )


def test_a_note_on_translation_is_no_language(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("DocumentText\tTranslationInfo\nMinsk\tsrclc:fra;eng:Moses 2.1.1\n")
    (row,) = rows(path, read_mapping(None, "gdelt"))
    assert (row["text"], row["lang"]) == ("Minsk", None)
