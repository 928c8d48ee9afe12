"""The desk of a store: report, drill-down, tables and limits, over the shipped examples."""

import csv
import io
import json
import time
from pathlib import Path

import pytest

from texts import english
from web_calls import Page, call

pytest.importorskip("altair")

from asobna.outputs.drafts import make_reference
from asobna.outputs.web.app import Options, build_app
from asobna.outputs.web.limits import Limits

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    from click.testing import CliRunner

    from asobna.outputs.cli import cli

    folder = tmp_path_factory.mktemp("desk") / "store"
    done = CliRunner().invoke(
        cli, ["read", str(EXAMPLES), "--to", str(folder), "--quiet", "--lang", "en"],
        standalone_mode=False,
    )  # fmt: skip
    assert done.exception is None, done.output
    return folder


def desk(store, **limits):
    given = Limits()._replace(**({"desk_seconds": 60.0} | limits))
    return build_app(make_reference(english()), given, Options(store=store))


@pytest.fixture(scope="module")
def app(store):
    return desk(store)


def test_without_a_store_there_is_no_desk():
    bare = build_app(make_reference(english()), Limits())
    assert call(bare, "GET", "/desk").status == 404
    assert "/desk" not in call(bare, "GET", "/").text


def test_every_linked_cell_opens_the_lines_behind_it(app):
    page = Page(call(app, "GET", "/desk?ui=en").text)
    cells = [a["href"] for t, a in page.tags if t == "a" and a["href"].startswith("/desk/lines?")]
    assert cells
    for address in cells:
        assert call(app, "GET", address).status == 200, address
    figures = json.loads(call(app, "GET", "/desk/rates.json").text)
    assert figures["run"]["packs"]


def test_lines_agree_in_every_form_and_with_the_filters(app):
    data = call(app, "GET", "/desk/lines?standing=absorbed&as=json").json
    assert data["found"] == len(data["lines"]) > 0
    assert {line["standing"] for line in data["lines"]} == {"absorbed"}
    rows = list(csv.DictReader(io.StringIO(
        call(app, "GET", "/desk/lines?standing=absorbed&as=csv").text
    )))  # fmt: skip
    assert [row["mention"] for row in rows] == [line["mention"] for line in data["lines"]]
    page = call(app, "GET", "/desk/lines?standing=absorbed&ui=en").text
    assert page.count("<bdi>") == 3 * data["found"]


@pytest.mark.parametrize("path", ["lines?nope=1", "lines?measure=nope", "lines?measure=attention"])
def test_a_filter_that_does_not_exist_is_told(app, path):
    answer = call(app, "GET", f"/desk/{path}")
    assert answer.status == 400
    assert answer.text.startswith("Error: no ")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("standings.csv", 200),
        ("documents.json", 200),
        ("nope.csv", 404),
        ("standings.exe", 404),
        ("standings where 1=1; drop table x--.csv", 404),
    ],
)
def test_tables_come_by_name_and_by_no_other(app, name, status):
    assert call(app, "GET", f"/desk/tables/{name}").status == status


def test_the_report_is_the_report(app):
    answer = call(app, "GET", "/desk/report")
    assert answer.status == 200
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src")


def test_rows_and_seconds_are_limited(store):
    few = desk(store, desk_rows=2)
    assert len(call(few, "GET", "/desk/tables/standings.json").json["rows"]) == 2
    found = call(few, "GET", "/desk/lines?as=json").json
    assert (len(found["lines"]), found["found"] > 2) == (2, True)
    start = time.monotonic()
    slow = call(desk(store, desk_seconds=0.001), "GET", "/desk")
    assert (slow.status, "(desk_seconds)" in slow.text) == (503, True)
    assert time.monotonic() - start < 30
