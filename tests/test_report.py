"""The report: figures that lack a part are refused, hidden ones stay hidden in every format."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import pytest

from asobna.errors import AsobnaError, ConfigError, FigureError, InputError, StoreError
from asobna.outputs.kwic import KwicArguments, find_lines, is_web_address, one_line, run_kwic
from asobna.outputs.report import ReportArguments, read_folder, run_report
from asobna.outputs.report.charts import draw_standing, timeline
from asobna.outputs.report.exports import plain_cell
from asobna.outputs.report.figures import figure_of
from corpora import document, mention, newspaper, write_folder

VERSIONS = {"asobna": "0.1.0", "codebook": "draft 2", "packs": "en 2026.11"}
ROW = {
    "measure": "strict", "estimate": 0.063, "low": 0.031, "high": 0.114, "level": 0.95,
    "interval": "Wilson, effective n, t", "denominator": 412.0, "numerator": 26.0,
    "documents": 163, "families": 150, "sources": 3, "reprints": "as-published",
    "correction": "uncorrected", "state": "shown", "reason": None,
}  # fmt: skip


# one figure


def test_complete_figure_is_printed_with_all_its_parts():
    figure = figure_of(ROW, VERSIONS)
    assert figure.short == "6\u00a0%\u00a0[3–11]"
    assert figure.in_hundred == "about 6 in 100"
    assert figure.basis == (
        "n\u00a0=\u00a0412 in 163 documents, 150 families, 3 sources; 95\u00a0% interval "
        "(Wilson, effective n, t); as-published; uncorrected"
    )


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0, "none of 412"),
        (1 / 4395, "about 1 in 4,000"),
        (0.0006, "about 1 in 1,000"),
        (0.0041, "about 4 in 1,000"),
        (0.32, "about 32 in 100"),
    ],
)
def test_a_share_is_told_as_a_frequency_too(share, told):
    assert figure_of(ROW | {"estimate": share}, VERSIONS).in_hundred == told


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("denominator", "'strict' lacks the number of units it is a share of (n)"),
        ("documents", "'strict' lacks the number of documents"),
        ("low", "'strict' lacks its interval"),
        ("high", "'strict' lacks its interval"),
        ("level", "'strict' lacks the level of its interval"),
        ("interval", "'strict' lacks how its interval was made"),
        ("reprints", "'strict' lacks whether reprints are counted"),
        ("correction", "'strict' lacks whether it is adjusted"),
        ("estimate", "'strict' lacks its value"),
    ],
)
def test_figure_without_a_part_is_refused(missing, message):
    for row in (ROW | {missing: None}, {k: v for k, v in ROW.items() if k != missing}):
        with pytest.raises(FigureError, match=f"^{re.escape(message)}; it is not printed$"):
            figure_of(row, VERSIONS)


@pytest.mark.parametrize("missing", ["asobna", "codebook", "packs"])
def test_figure_without_a_version_is_refused(missing):
    message = f"'strict' lacks the version of {missing}; it is not printed"
    with pytest.raises(FigureError, match=re.escape(message)):
        figure_of(ROW, VERSIONS | {missing: ""})


def test_figure_of_no_known_measure_is_refused():
    with pytest.raises(FigureError, match="'bias' is no measure"):
        figure_of(ROW | {"measure": "bias"}, VERSIONS)


HIDDEN = dict.fromkeys(ROW) | {"measure": "strict", "state": "hidden", "reason": "too thin"}


def test_hidden_figure_says_why_and_nothing_else():
    figure = figure_of(HIDDEN, VERSIONS)
    assert (figure.short, figure.basis) == ("not given", "Not given: too thin.")


@pytest.mark.parametrize("name", ["estimate", "low", "high", "numerator", "denominator", "n_eff"])
def test_hidden_figure_that_carries_a_number_is_refused(name):
    with pytest.raises(FigureError, match=f"'strict' is hidden and yet carries '{name}'"):
        figure_of(HIDDEN | {name: 0.1}, VERSIONS)


def test_hidden_figure_without_a_reason_is_refused():
    with pytest.raises(FigureError, match="hidden without a reason"):
        figure_of(HIDDEN | {"reason": None}, VERSIONS)


@pytest.mark.parametrize(
    ("row", "printed"),
    [
        ({"estimate": 0.004, "low": 0.001, "high": 0.0187}, "0.4 % [0.1–1.9]"),
        ({"estimate": 0.996, "low": 0.981, "high": 0.9996}, "99.6 % [98.1–100.0]"),
        ({"estimate": None, "state": "at-most", "high": 0.1101}, "at most 12 %"),
        ({"measure": "regime_people", "estimate": -0.5, "low": -1.0, "high": 0.0},
         "6.1 to 10 [3.7–10.0]"),
        ({"measure": "attention", "estimate": 12.85, "low": 11.1, "high": 14.8},
         "12.8 per 1,000 [11.1–14.8]"),
    ],
)  # fmt: skip
def test_numbers_in_print(row, printed):
    assert figure_of(ROW | row, VERSIONS).short.replace("\u00a0", " ") == printed


# whole reports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    documents, mentions = newspaper(
        160, sources=("Daily A", "Daily B"), seed_dates=("2021-03-01", "2022-06-01")
    )
    for row in documents[:6]:
        row["source"] = "Weekly C"
    documents += [document(1000 + n) for n in range(40)]
    return write_folder(tmp_path_factory.mktemp("made") / "folder", documents, mentions)


def report(folder, output_format, tmp_path, **given):
    target = tmp_path / f"report.{output_format}"
    arguments = ReportArguments(str(folder), output_format, str(target), title="Made up", **given)
    assert run_report(arguments) == 0
    return target.read_text(encoding="utf-8")


def test_json_says_everything_a_figure_must(folder, tmp_path):
    content = json.loads(report(folder, "json", tmp_path))
    assert content["sentence"].replace("\u00a0", " ") == (
        "Of 480 mentions in 160 documents, 85 % [82–88] treat Belarus in its own right; "
        "3 % [2–6] fold it into Russia (strict count; broad count 3 % [2–6]). The others: "
        "11 % [9–14] name it with Russia for a stated reason."
    )
    for row in content["rates"]:
        figure_of(row, content["run"])
    assert {row["reprints"] for row in content["rates"]} == {"as-published", "de-duplicated"}
    assert content["run"]["seed"] == 1
    assert content["frame"]["documents"] == 200


def test_equal_runs_give_equal_reports(folder, tmp_path):
    for output_format in ("json", "csv", "md", "html"):
        first = report(folder, output_format, tmp_path)
        assert report(folder, output_format, tmp_path) == first


def test_strict_and_broad_stand_together_everywhere(folder, tmp_path):
    content = json.loads(report(folder, "json", tmp_path))
    cells = {code: {(r["axis"], r["value"], r["period"], r["reprints"])
                    for r in content["rates"] if r["measure"] == code}
             for code in ("strict", "broad")}  # fmt: skip
    assert cells["broad"] == cells["strict"]


def test_hidden_source_is_hidden_in_every_format(folder, tmp_path):
    content = json.loads(report(folder, "json", tmp_path))
    rows = [row for row in content["rates"] if row["value"] == "Weekly C"]
    assert rows
    assert {row["state"] for row in rows if row["measure"] != "attention"} == {"hidden"}
    numbers = ("estimate", "low", "high", "numerator", "denominator", "documents", "families",
               "n_eff", "df", "shrunk", "distinguishable")  # fmt: skip
    assert all(row[name] is None for row in rows for name in numbers
               if row["state"] == "hidden")  # fmt: skip
    for row in csv.DictReader(io.StringIO(report(folder, "csv", tmp_path))):
        if row["state"] == "hidden":
            assert [row[name] for name in numbers] == [""] * len(numbers)
    for line in report(folder, "md", tmp_path).splitlines():
        if line.startswith("| Weekly C |"):
            assert "| not given |  |  |" in line
    page = report(folder, "html", tmp_path)
    told = re.search(r'<th scope="row">Weekly C</th>(.*?)</tr>', page).group(1)
    assert re.findall(r"<td>(.*?)</td>", told) == [
        *["hidden"] * 5,
        "not tested",
        "hidden: fewer than 10 families of documents",
    ]


def test_total_minus_shown_sources_does_not_give_the_hidden_one(folder, tmp_path):
    """Weekly C has 6 documents: neither report, axis nor format may leave them as a remainder."""
    content = json.loads(report(folder, "json", tmp_path, by=("source",)))
    content["rates"] += json.loads(report(folder, "json", tmp_path, by=("kind",)))["rates"]
    own = [
        row
        for row in content["rates"]
        if row["measure"] == "own_terms" and row["reprints"] == "as-published"
    ]
    total = next(row for row in own if row["axis"] == "all")
    shown = [
        row
        for row in own
        if row["axis"] == "source" and row["period"] is None and row["state"] != "hidden"
    ]
    rest = total["documents"] - sum(row["documents"] for row in shown)
    assert rest >= 10 + 6


def test_report_beside_an_earlier_one_does_not_give_the_difference(tmp_path):
    documents, mentions = newspaper(160)
    later = write_folder(tmp_path / "later", documents, mentions)
    kept = {row["document_id"] for row in documents[4:]}
    earlier = write_folder(
        tmp_path / "earlier", documents[4:], [row for row in mentions if row["document_id"] in kept]
    )
    for output_format in ("json", "csv", "md", "html"):
        text = report(later, output_format, tmp_path, beside=str(earlier))
        assert "480.0" not in text, output_format
        assert "Of 480" not in text, output_format
        assert "| 480 |" not in text, output_format
        if output_format != "csv":
            assert "There is too little text about Belarus here to give a share." in text
    alone = json.loads(report(later, "json", tmp_path))
    assert alone["sentence"].startswith("Of 480 mentions")


@pytest.mark.parametrize(
    ("years", "words", "dots", "named"),
    [(4, 7, 0, ["2000-H1", "2000-H2", "2001-H1", "2001-H2", "2002-H1", "2002-H2", "2003-H1",
                "2003-H2"]),
     (40, 0, 79, ["2000-H1", "2001-H1", "2002-H1"])],
)  # fmt: skip
def test_many_half_years_are_not_named_over_one_another(years, words, dots, named):
    row = {"estimate": 0.9, "low": 0.8, "high": 1.0}
    periods = timeline([f"{year}-H{half}" for year in range(2000, 2000 + years) for half in (1, 2)])
    shares = {period: {"own_terms": {**row, "estimate": None}} for period in periods}
    shares["2000-H1"] = {"own_terms": row}
    svg = base64.b64decode(draw_standing(shares, []).wide.split(",")[1]).decode()
    assert svg.count(">hidden</text>") == words
    assert svg.count('aria-roledescription="point"') == dots
    assert re.findall(r">(\d{4}-H\d)</text>", svg)[: len(named)] == named


def test_a_year_without_months_is_not_taken_for_the_whole_year():
    row = {"estimate": 0.9, "low": 0.8, "high": 1.0}
    shares = {period: {"own_terms": row} for period in ("2022", "2022-H1")}
    drawing = draw_standing(shares, [])
    svg = base64.b64decode(drawing.wide.split(",")[1]).decode()
    assert ">2022, no month</text>" in svg
    assert "2022, no month 90 per cent on its own terms" in drawing.alternative


def test_examples_are_drawn_by_the_seed(folder, tmp_path):
    first, same, other = (
        json.loads(report(folder, "json", tmp_path, seed=seed))["examples"] for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other
    assert {example["standing"] for example in first} == {"own", "paired", "absorbed"}
    assert all(example["mention"] in ("Belarus", "Minsk") for example in first)


def test_before_and_after_gives_both_differences(folder, tmp_path):
    changes = json.loads(report(folder, "json", tmp_path, events=("2022-02-24",)))["changes"]
    own = next(change for change in changes if change["measure"] == "own_terms")
    assert own["crude"]["low"] < own["crude"]["value"] < own["crude"]["high"]
    assert own["standardised"]["low"] < own["standardised"]["value"]


def test_no_path_of_the_machine_is_published(tmp_path):
    documents, mentions = newspaper(40)
    path = write_folder(
        tmp_path / "f",
        documents,
        mentions,
        inputs=[{"path": "/home/somebody/texts.jsonl", "sha256": "ab" * 32, "bytes": 10}],
    )
    for output_format in ("json", "csv", "md", "html"):
        text = report(path, output_format, tmp_path)
        assert "somebody" not in text
        assert str(tmp_path) not in text
    assert "texts.jsonl" in report(path, "json", tmp_path)


def test_control_reading_says_so_first(tmp_path):
    documents, mentions = newspaper(40)
    path = write_folder(
        tmp_path / "f", documents, mentions, parameters={"map": {}, "lang": "en", "country": "KZ"}
    )
    told = (
        "A control reading: the words of country KZ were read in the place of those of "
        "Belarus. Wherever this report says Belarus, it counts KZ."
    )
    assert f"**{told}**" in report(path, "md", tmp_path)
    assert told in report(path, "html", tmp_path)


def test_empty_folder_gives_a_report_without_figures(tmp_path):
    path = write_folder(tmp_path / "f", [document(n) for n in range(3)], [])
    content = json.loads(report(path, "json", tmp_path))
    assert content["sentence"] == ("There is too little text about Belarus here to give a share.")
    assert "There is too little text" in report(path, "html", tmp_path)


class Outline(HTMLParser):
    """Tags and attributes of a page, and elements that were never closed."""

    void = frozenset({"meta", "link", "img", "source", "br"})

    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_is_well_formed_and_needs_nothing_from_outside(folder, tmp_path):
    outline = Outline()
    outline.feed(report(folder, "html", tmp_path))
    assert outline.open == []
    names = {tag for tag, _ in outline.tags}
    assert not names & {"script", "iframe", "object", "form", "input", "button", "svg"}
    addresses = [value for _, attrs in outline.tags for name, value in attrs.items()
                 if name in ("src", "srcset", "href", "action")]  # fmt: skip
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert not any(name.startswith("on") or name == "style"
                   for _, attrs in outline.tags for name in attrs)  # fmt: skip


def test_hostile_text_is_shown_as_text(tmp_path):
    documents, mentions = newspaper(40)
    evil = "<script>alert(1)</script>\"'>"
    for row in documents:
        row.update(
            source=f"=2+5 {evil}",
            text=f"Belarus {evil} {row['document_id']}",
            url="javascript:alert(1)",
            title=evil,
        )
    for row in mentions:
        row.update(
            start_cp=0,
            end_cp=7,
            sentence_start_cp=0,
            sentence_end_cp=len(evil) + 8,
            surface="Belarus",
        )
    path = write_folder(tmp_path / "f", documents, mentions[::3])
    target = tmp_path / "kwic.html"
    run_kwic(KwicArguments(str(path), output_format="html", to=str(target)))
    for page in (report(path, "html", tmp_path), target.read_text(encoding="utf-8")):
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "javascript:" not in page
    rows = csv.DictReader(io.StringIO(report(path, "csv", tmp_path)))
    values = {row["value"] for row in rows if row["axis"] == "source"}
    assert values == {f"'=2+5 {evil}"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-x", "'-x"), ("@x", "'@x"), ("a=1", "a=1"), (-1.5, -1.5)],
)
def test_no_cell_is_a_formula(value, kept):
    assert plain_cell(value) == kept


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"folder": "absent"}, StoreError, "absent"),
        ({"events": ("24.2.2022",)}, ConfigError,
         "--event '24.2.2022' is no date; write YYYY-MM-DD"),
        ({"coded": "absent.jsonl"}, InputError, "cannot read absent.jsonl: No such file or directory; give a file of coded mentions"),
        ({"to": "absent/report.html"}, InputError, "cannot write"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(folder, given, error, message):
    arguments = ReportArguments(str(folder), "json")._replace(**given)
    with pytest.raises(error, match=re.escape(message)):
        run_report(arguments)


def test_coded_sample_of_a_wrong_shape_is_refused_with_its_line(folder, tmp_path):
    bad = tmp_path / "coded.jsonl"
    bad.write_text('\n{"document_id": "d00001"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"coded\.jsonl:2: a coded mention needs document_id"):
        run_report(ReportArguments(str(folder), "json", coded=str(bad)))


def test_unfinished_reading_gives_no_report(tmp_path):
    path = write_folder(tmp_path / "f", *newspaper(20), finished=None)
    with pytest.raises(StoreError, match="the reading is not finished"):
        read_folder(path)


# lines


def test_every_cell_of_the_standing_chart_can_be_read_as_lines(folder, tmp_path):
    content = json.loads(report(folder, "json", tmp_path))
    read = read_folder(folder)
    for row in content["rates"]:
        if row["measure"] in ("own_terms", "strict", "warranted", "listed") and (
                row["numerator"] is not None and row["reprints"] == "as-published"
                and row["axis"] in ("all", "period", "source")):  # fmt: skip
            filters = {name: row[name] for name in ("period",) if row[name]}
            filters |= {"source": row["value"]} if row["axis"] == "source" else {}
            assert len(find_lines(read, filters, row["measure"])) == row["numerator"], row


def test_both_sides_of_a_date_can_be_read_as_lines(folder, tmp_path):
    rates = json.loads(report(folder, "json", tmp_path))["rates"]
    read = read_folder(folder)
    sides = [row for row in rates if row["axis"] == "event 2022-02-24"
             and row["numerator"] is not None and row["reprints"] == "as-published"
             and row["measure"] in ("own_terms", "strict", "warranted")]  # fmt: skip
    assert len(sides) >= 4
    for row in sides:
        name = {"before": "before", "from": "since"}[row["value"]]
        lines = find_lines(read, {name: "2022-02-24"}, row["measure"])
        assert len(lines) == row["numerator"], row


def test_lines_of_a_document_measure_are_the_mentions_it_counts_for(folder):
    read = read_folder(folder)
    assert find_lines(read, {}, "document_strict") == find_lines(read, {}, "strict")
    assert len(find_lines(read, {}, "attention")) == read.standings.num_rows


def test_csv_has_its_data_package_beside_it(folder, tmp_path):
    text = report(folder, "csv", tmp_path)
    package = json.loads((tmp_path / "report.datapackage.json").read_text(encoding="utf-8"))
    (resource,) = package["resources"]
    assert (resource["path"], resource["bytes"]) == ("report.csv", len(text.encode()))
    assert resource["hash"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    fields = resource["schema"]["fields"]
    assert [field["name"] for field in fields] == next(csv.reader(io.StringIO(text)))
    assert all(field["description"] for field in fields)
    kinds = {field["name"]: field["type"] for field in fields}
    assert (kinds["estimate"], kinds["documents"], kinds["distinguishable"]) == (
        "number", "integer", "boolean")  # fmt: skip


def test_csv_agrees_with_its_package_in_a_reader_of_others(folder, tmp_path):
    frictionless = pytest.importorskip("frictionless")
    report(folder, "csv", tmp_path)
    found = frictionless.validate(str(tmp_path / "report.datapackage.json"))
    assert found.valid, found.flatten(["fieldName", "message"])[:5]


def test_lines_are_aligned_and_fit_the_terminal(folder, capsys):
    assert run_kwic(KwicArguments(str(folder), {"standing": "absorbed"}, limit=4)) == 0
    printed = capsys.readouterr()
    assert printed.err == "16 mentions fit, 4 written\n"
    lines = printed.out.splitlines()
    assert {line.index("[") for line in lines[::2]} == {32}
    assert max(map(len, lines)) <= 80
    assert lines[1] == "  absorbed · en.absorbed.place · 2021-03-01 · Weekly C"


def test_no_line_exits_with_one(folder, capsys):
    assert run_kwic(KwicArguments(str(folder), {"standing": "derived"})) == 1
    assert capsys.readouterr().err == "0 mentions fit, 0 written\n"


def test_lines_as_csv_hold_place_and_rule(folder, capsys):
    run_kwic(KwicArguments(str(folder), {"standing": "paired"}, output_format="csv", limit=1))
    row = next(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (row["left"], row["mention"], row["right"]) == ("Russia and ", "Belarus", " spoke.")
    assert (row["document_id"], row["start_cp"], row["rule_id"]) == (
        "d00000",
        "26",
        "en.paired.direct",
    )


def test_unknown_filter_is_refused(folder):
    with pytest.raises(ConfigError, match="no filter 'mood'"):
        find_lines(read_folder(folder), {"mood": "grim"}, None)


def test_terminal_gets_no_control_characters():
    assert one_line("a\x1b[31mb\u202ec\r\nd\x00") == "a[31mbc d"


@pytest.mark.parametrize(
    ("url", "good"),
    [("https://example.org/a", True), ("http://example.org", True), ("javascript:alert(1)", False),
     ("//example.org", False), ("file:///etc/passwd", False), (None, False), ("http://[", False)],
)  # fmt: skip
def test_only_web_addresses_become_links(url, good):
    assert is_web_address(url) is good


def test_errors_are_of_the_one_tree():
    assert issubclass(FigureError, AsobnaError)
    assert FigureError.exit_code == 2
    assert mention(document(1))["document_id"] == "d00001"
