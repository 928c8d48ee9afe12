"""Dates of records: what is read as a date, what is not and is counted, and what rates do then."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from asobna.dates import first_day, is_date
from asobna.outputs.cli import cli
from asobna.rates import measure_rates
from asobna.rates.dates import known_dates
from asobna.rates.series import monthly
from asobna.rates.sums import half_years, sum_documents
from asobna.sources.columns import read_mapping
from asobna.sources.dating import LONGEST_DATE, read_stated, read_stated_column
from asobna.sources.inputs import describe_input, plan_work
from asobna.sources.pieces import read_rows
from asobna.store import Store, read_manifest
from corpora import newspaper, tables

TODAY = "2024-03-05"
READ = {
    "2022": "2022",
    "2022-05": "2022-05",
    "2022-05-04": "2022-05-04",
    "2022-05-04T23:00:00+03:00": "2022-05-04",
    "2022-05-04 10:30:00.000000": "2022-05-04",
    "2022/05/04": "2022-05-04",
    "2022.05.04": "2022-05-04",
    "20220504": "2022-05-04",
    "20220504T103000Z": "2022-05-04",
    "202205041030": "2022-05-04",
    "20220504103000": "2022-05-04",
    "05.03.2022": "2022-03-05",
    "5. 3. 2022": "2022-03-05",
    "May 4, 2022": "2022-05-04",
    "September 4, 2022 Sunday": "2022-09-04",
    "4 May 2022": "2022-05-04",
    "Fri, 4 Feb 2022 10:00:00 GMT": "2022-02-04",
    " 2024-03-06 ": "2024-03-06",
}
NOT_READ = (
    "2022-02-30", "2022-02-30T10:00:00", "2022-13", "20221304103000", "31.02.2022", "3022-01-01",
    "2024-03-07", "0001-01-01", "1449", "9999", "04/05/2022", "1651622400", "1651622400000",
    "4 Mai 2022", "nan", "yesterday", "٢٠٢٢", "2022-05-041", "2022" * 40,
)  # fmt: skip


@pytest.mark.parametrize(("written", "date"), READ.items())
def test_forms_that_are_read(written, date):
    assert read_stated(written, TODAY) == (date, "stated")


@pytest.mark.parametrize("written", NOT_READ)
def test_what_cannot_be_a_date_is_empty_and_said_to_be_absurd(written):
    assert read_stated(written, TODAY) == (None, "absurd")


@pytest.mark.parametrize("written", [None, "", "  "])
def test_no_date_is_no_absurd_one(written):
    assert read_stated(written, TODAY) == (None, None)


def test_a_text_in_the_wrong_column_is_no_date():
    longest = "May 4, 2022".ljust(LONGEST_DATE, ".")
    column = read_stated_column(pa.chunked_array([[longest, longest + "."]]), TODAY)
    assert column.date.to_pylist() == ["2022-05-04", None]
    assert read_stated(longest, TODAY) == ("2022-05-04", "stated")
    assert read_stated(longest + ".", TODAY) == (None, "absurd")


LONG = "2022-05-04 " + "Minsk " * 40
_ANY = st.one_of(st.none(), st.sampled_from([*READ, *NOT_READ, "", LONG]), st.text(max_size=12),
                 st.from_regex(r"[0-9]{4}[-./]?[0-9]{2}[-./]?[0-9]{2}[T ]?", fullmatch=True))  # fmt: skip


@given(st.lists(_ANY), st.integers(0, 5))
def test_a_column_is_its_records_one_by_one(written, cut):
    column = pa.chunked_array([written[:cut], written[cut:]], pa.string())
    found = read_stated_column(column, TODAY)
    wanted = [read_stated(value, TODAY) for value in written]
    assert found.date.to_pylist() == [one.date for one in wanted]
    assert found.reliability.to_pylist() == [one.reliability for one in wanted]


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True))
def test_what_is_read_is_a_date_of_the_tables(written):
    found = read_stated(written, TODAY).date
    assert found is None or (is_date(found) and first_day(found).isoformat() <= "2024-03-06")


# inputs


def stated(path, columns=None):
    works = plan_work([describe_input(str(path))], columns or read_mapping(None, None), set())
    return [(row["date"], row["date_reliability"])
            for work in works for piece in read_rows(work) for row in piece.rows.to_pylist()]  # fmt: skip


ROWS = [{"text": f"Minsk {at}.", "date": date}
        for at, date in enumerate(["20220204103000", "05.03.2022", "2022-02-30", ""])]  # fmt: skip
STATED = [("2022-02-04", "stated"), ("2022-03-05", "stated"), (None, "absurd"), (None, None)]


def test_lines_fields_and_columns_state_the_same_dates(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["text", "date"])
        writer.writeheader()
        writer.writerows(ROWS)
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "a.parquet")
    coded = table.set_column(1, "date", table.column("date").dictionary_encode())
    with (
        pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, coded.schema) as w,
    ):
        w.write_table(coded)
    for path in sorted(tmp_path.iterdir()):
        assert stated(path) == STATED, path.name


@pytest.mark.parametrize(
    ("values", "kind"),
    [([20220204, None], pa.int64()), ([1643970600, None], pa.timestamp("s")),
     ([1643970600, None], pa.timestamp("s", "UTC")), ([19027, None], pa.date32())],
)  # fmt: skip
def test_numbers_and_times_of_a_table_are_dates(tmp_path, values, kind):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["Minsk.", "Brest."], "date": pa.array(values, kind)}), path)
    assert stated(path) == [("2022-02-04", "stated"), (None, None)]


def test_a_row_without_text_takes_its_date_with_it(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["Minsk", None, "Brest"], "date": ["2021", "x", "y"]}), path)
    assert stated(path) == [("2021", "stated"), (None, "absurd")]


# the command


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_gdelt_dates_make_half_years(tmp_path):
    path = tmp_path / "gd.csv"
    days = ["20220204103000"] * 60 + ["20220904103000"] * 60
    path.write_text("DATE,DocumentIdentifier,SourceCommonName,DocumentText\n" + "".join(
        f'{day},https://gazette.example/{at},s{at % 12},"Belarus held fair {at} in Minsk."\n'
        for at, day in enumerate(days)))  # fmt: skip
    out = tmp_path / "out"
    run("read", path, "--preset", "gdelt", "--lang", "en", "--to", out, "--quiet")
    dates = Store(str(out)).query("select date, count(*) as n from documents group by 1 order by 1")
    assert dates.to_pylist() == [{"date": "2022-02-04", "n": 60}, {"date": "2022-09-04", "n": 60}]
    assert run("kwic", out, "--period", "2022-H1").stderr == "120 mentions fit, 120 written\n"


def test_unread_dates_are_counted_with_a_place_to_look_at(tmp_path):
    path = tmp_path / "odd.jsonl"
    texts = [{"text": f"Belarus held fair {at}.", "date": date, "lang": "en"}
             for at, date in enumerate(["2022-02-03", "2022-02-30", "3022-01-01", None])]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in texts))
    shown = run("read", path, "--to", tmp_path / "out").stdout
    assert (f"2 documents have a date that could not be read or cannot be, for example {path}:2: "
            "they are read without one.") in " ".join(shown.split())  # fmt: skip
    assert "Not read:" not in shown
    assert read_manifest(str(tmp_path / "out"))["counts"]["dates_not_read"] == 2
    path.write_text(json.dumps(texts[0]) + "\n")
    assert "could not be read" not in run("read", path, "--to", tmp_path / "two").stdout


# rates of tables that are older than the rule

ODD = ("20220904103000", "05.03.2022", "May 4, 2022", "0001-01-01", "9999", "2022-02-30", "2022-1")


def test_what_is_no_date_is_no_date_in_rates():
    dates = pa.chunked_array([["2022-02-04", "2022", *ODD], [None, "2022-09"]], pa.string())
    unread = [None] * len(ODD)
    assert known_dates(dates).to_pylist() == ["2022-02-04", "2022", *unread, None, "2022-09"]
    assert half_years(dates).to_pylist() == ["2022-H1", "2022", *unread, None, "2022-H2"]


def test_odd_dates_measure_as_none():
    odd, mentions = newspaper(120, seed_dates=("2021-01-05", *ODD))
    none, _ = newspaper(120, seed_dates=("2021-01-05", *(None for _ in ODD)))
    assert measure_rates(*tables(odd, mentions)).equals(measure_rates(*tables(none, mentions)))
    dates = [row["date"] for row in odd]
    assert monthly(sum_documents(*tables(odd, mentions), {}), dates, "own_terms").months == [
        "2021-01"
    ]


def test_no_documents_make_an_empty_series():
    found = monthly(sum_documents(*tables([], []), {}), [], "own_terms")
    assert (found.months, found.shares.tolist(), found.units.tolist()) == ([], [], [])
