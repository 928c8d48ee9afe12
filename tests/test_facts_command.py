"""The register by command and in every face: a stale figure is answered with its dated series."""

import io
import json

import docx
import pytest
from click.testing import CliRunner

from asobna.outputs.check import check_command
from asobna.outputs.drafts import Draft, check_draft
from asobna.outputs.facts import CITATIONS, cited_as, facts_command
from asobna.outputs.lsp import hover_text
from asobna.outputs.mcp import checked_text
from asobna.outputs.web.app import build_app
from asobna.outputs.web.limits import Limits
from web_calls import REFERENCE, ask, call, form

UNDATED = "There are 1,500 political prisoners in Belarus."
RIGHT = "In May 2024 there were 1,500 political prisoners in Belarus."
LATE = "As of January 2026 there are 1,500 political prisoners in Belarus."
#: The series of the register, the latest first.
SERIES = ["F10", "F09", "F08", "F07"]
DATES = ["2025-12-15", "2024-11", "2024-09", "2024-05-06"]


@pytest.fixture(scope="module")
def app():
    return build_app(REFERENCE, Limits())


def run(*query):
    return CliRunner().invoke(facts_command, query, standalone_mode=False)


def test_the_register_is_searched_by_word_and_id():
    done = run("prisoners", "1,500")
    assert done.return_value == 0
    assert done.output.splitlines()[0] == "F07  political prisoners"
    assert "  figure  1,500 (political prisoners, at least)\n" in done.output
    assert "   as of  2024-05-06\n" in done.output
    assert "    sure  confirmed" in done.output
    assert "2024-05 https://" in " ".join(done.output.split())


def test_a_query_that_nothing_answers_exits_1_and_says_so():
    done = run("no-such-word")
    assert (done.return_value, done.stdout) == (1, "")
    assert done.stderr == "asobna: no fact holds all of these words; try fewer\n"


def test_a_fact_nobody_looked_up_is_shown_by_no_form():
    for cite in ((), *(("--cite", way) for way in CITATIONS)):
        shown = run(*cite).output
        assert "F07" in shown
        assert "F54" not in shown
        assert "F55" not in shown


def test_a_reference_as_text_tells_the_fact_behind_it():
    first, second, *_ = run("F07", "--cite", "text").output.splitlines()
    assert first.startswith("At least 1,500 political prisoners as of 6 May 2024. A Country to")
    assert second == (
        "    F07: On 6 May 2024 there were at least 1,500 political prisoners and detainees. "
        "As of 2024-05-06."
    )


def test_the_outlet_stands_for_a_title_that_is_not_known():
    assert (
        run("F12", "--cite", "text")
        .output.splitlines()[0]
        .startswith("Rzeczpospolita (rp.pl). no date. https://www.rp.pl/")
    )
    shown = " ".join(run("F05").output.split())
    assert "source The Atlantic, 2020-12 https://www.theatlantic.com/" in shown
    assert "sure confirmed by secondary sources" in shown


def test_bibtex_is_read_by_a_bibtex_reader():
    database = pytest.importorskip("pybtex.database")
    entries = database.parse_string(run("--cite", "bibtex").output, "bibtex").entries
    sources = sum(len(fact["sources"]) for fact in REFERENCE.facts.values())
    assert len(entries) == sources
    fields = entries["asobna-F07-1"].fields
    assert (fields["year"], fields["date"]) == ("2024", "2024-05")
    assert fields["organization"] == "A Country to Live In Foundation"


def test_signs_of_tex_are_escaped():
    fact = {"id": "F00", "statement": "50% of R&D_x {a} #1 ~ ^ \\ $5", "as_of": "",
            "sources": [{"title": "T", "publisher": "P & Q", "date": "", "url": ""}]}  # fmt: skip
    shown = cited_as("bibtex", [fact])
    assert r"note = {F00: 50\% of R\&D\_x \{a\} \#1 \textasciitilde{} \textasciicircum{} " in shown
    assert r"organization = {P \& Q}" in shown
    assert "year" not in shown


def test_csl_json_is_read_by_a_citation_processor():
    citeproc = pytest.importorskip("citeproc")
    from citeproc.source.json import CiteProcJSON

    items = json.loads(run("F07", "--cite", "csl-json").output)
    assert items[0]["issued"] == {"date-parts": [[2024, 5]]}
    source = CiteProcJSON(items)
    style = citeproc.CitationStylesStyle("harvard-cite-them-right", validate=False)
    book = citeproc.CitationStylesBibliography(style, source, citeproc.formatter.plain)
    book.register(citeproc.Citation([citeproc.CitationItem(items[0]["id"])]))
    assert "At least 1,500 political prisoners as of 6 May 2024" in str(book.bibliography()[0])


# a figure in a draft


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (UNDATED, "fact.undated"),
        (RIGHT, None),
        (LATE, "fact.superseded"),
        ("On 20 December 2025 Belarus held 1,300 political prisoners.", "fact.superseded"),
        ("In December 2025 more than 1,100 political prisoners were held in Belarus.", None),
        ("In November 2024 Belarus held 1,300 political prisoners.", None),
    ],
)
def test_a_figure_is_judged_by_its_date(text, rule):
    found = check_draft(Draft(text, "en"), REFERENCE.packs).findings
    assert [row["rule_id"] for row in found] == ([rule] if rule else [])
    assert [row["fact_ids"] for row in found] == ([SERIES] if rule else [])


@pytest.mark.parametrize("text", [UNDATED, LATE])
def test_every_face_shows_the_series_with_its_dates(app, text, tmp_path):
    (tmp_path / "a.md").write_text(text)
    checked = check_draft(Draft(text, "en"), REFERENCE.packs)
    command = CliRunner().invoke(
        check_command, [str(tmp_path / "a.md"), "--lang", "en"], standalone_mode=False
    )
    answer = ask(app, text=text, lang="en").json
    word = docx.Document(io.BytesIO(form(app, text=text, lang="en", **{"as": "docx"}).body))
    rule = form(app, "/v2/check", text=text, language="en").json["matches"][0]["rule"]
    faces = {
        "terminal": command.output,
        "json": json.dumps(list(answer["facts"].values())),
        "page": form(app, text=text, lang="en").text,
        "word": next(iter(word.comments)).text,
        "editor": hover_text(checked.findings, REFERENCE).replace("\\", ""),
        "assistant": json.dumps(checked_text(text, "en", "txt", REFERENCE)),
        "rule": call(app, "GET", rule["urls"][0]["value"].split("8081", 1)[1]).text,
    }
    missing = {(face, date) for face, said in faces.items() for date in DATES if date not in said}
    assert missing == set()
