"""The report in a real browser: silent, self-contained, keyboard, readable when small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asobna.outputs.report import ReportArguments, run_report
from asobna.outputs.report.charts import DARK
from corpora import newspaper, write_folder

OUTPUTS = Path(__file__).parents[1] / "src" / "asobna" / "outputs"
REPORT_STYLE = OUTPUTS / "report" / "templates" / "page.css"
PAGE_STYLE = OUTPUTS / "web" / "static" / "style.css"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    place = tmp_path_factory.mktemp("report")
    documents, mentions = newspaper(
        240,
        sources=("Daily A", "Daily B", "Daily C with quite a long name"),
        seed_dates=("2020-03-01", "2021-03-01", "2021-09-01", "2022-06-01", "2023-02-01"),
    )
    for row in documents[:6]:
        row["source"] = "Weekly D"
    folder = write_folder(place / "folder", documents, mentions)
    target = place / "report.html"
    run_report(ReportArguments(str(folder), "html", str(target), title="Belarus in made-up news"))
    return target


@pytest.fixture
def page(browser, page_file):
    opened = browser.new_page(viewport={"width": 1100, "height": 900})
    opened.told, opened.asked = [], []
    opened.on("console", lambda message: opened.told.append(message.text))
    opened.on("pageerror", lambda error: opened.told.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto(page_file.as_uri())
    yield opened
    opened.close()


def test_console_is_silent_and_nothing_is_requested(page, page_file):
    page.wait_for_timeout(200)
    assert page.told == []
    assert [url for url in page.asked if not url.startswith("data:")] == [page_file.as_uri()]


def test_every_chart_is_drawn_and_says_what_it_shows(page):
    images = page.eval_on_selector_all(
        "img", "all => all.map(i => [i.alt, i.naturalWidth, i.naturalHeight])"
    )
    assert len(images) == 3
    for alternative, width, height in images:
        assert len(alternative) > 60
        assert width > 300
        assert height > 100
    assert images[0][0].startswith("Stacked bars by half-year. 2020-H1 ")
    assert images[1][0].startswith("Dots with intervals: share on its own terms by source. ")


def test_every_chart_has_a_table_behind_it(page):
    for section in page.query_selector_all("section:has(figure)"):
        rows = section.query_selector_all("tbody tr")
        assert len(rows) >= 4
        assert section.query_selector("caption").inner_text
        assert section.query_selector("th[scope=col]")


def test_everything_interactive_is_reached_by_keyboard(page):
    wanted = page.eval_on_selector_all(
        "summary, a[href], [tabindex='0']",
        "all => all.filter(e => e.checkVisibility({contentVisibilityAuto: true})).length",
    )
    seen = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.tagName, e.innerText.slice(0, 40), s.outlineStyle] }"
            )
        )
    assert wanted >= 6
    assert len({(tag, text) for tag, text, _ in seen}) == wanted
    assert {outline for _, _, outline in seen} == {"solid"}


def test_table_opens_with_the_enter_key(page):
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("d => d.open") is True
    assert page.locator("details").first.locator("table").is_visible()


@pytest.mark.parametrize("width", [320, 768, 1100])
def test_page_never_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for summary in page.query_selector_all("summary"):
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.eval_on_selector("img", "i => i.currentSrc.length")
    assert shown > 1000


def test_narrow_page_gets_narrow_charts(page):
    wide = page.eval_on_selector("img", "i => i.naturalWidth")
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_timeout(200)
    assert page.eval_on_selector("img", "i => i.naturalWidth") < wide * 0.7


def test_no_known_accessibility_fault(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for summary in page.query_selector_all("summary"):
        summary.click()
    found = axe.Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    assert [fault["id"] for fault in found.response["violations"]] == []


def test_dark_pages_are_as_readable(browser, page_file):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(color_scheme="dark", viewport={"width": 1100, "height": 900})
    page.goto(page_file.as_uri())
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(21, 24, 22)"
    found = axe.Axe().run(page, options={"runOnly": ["wcag2aa"]})
    assert [fault["id"] for fault in found.response["violations"]] == []
    # A chart takes the same paper: its corner pixel is looked at.
    corner = page.evaluate("""async () => {
        const image = document.querySelector("img");
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return [...context.getImageData(1, 1, 1, 1).data];
    }""")
    page.close()
    assert corner == [21, 24, 22, 255]


def test_the_report_has_the_colours_of_the_page():
    tokens = [
        dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+)", block))
        for style in (REPORT_STYLE, PAGE_STYLE)
        for block in re.findall(r":root \{(.*?)\}", style.read_text(), re.DOTALL)
    ]
    report_light, report_dark, page_light, page_dark = tokens
    assert report_light.keys() == report_dark.keys()
    assert report_light == {name: page_light[name] for name in report_light}
    assert report_dark == {name: page_dark[name] for name in report_dark}
    assert {*DARK.values()} >= {report_dark[name] for name in ("--paper", "--ink", "--line")}


def test_prints_on_a4_with_the_tables_open(browser, page_file, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    target: Path = tmp_path / "report.pdf"
    page.pdf(path=str(target), prefer_css_page_size=True)
    printed = pypdf.PdfReader(target)
    box = printed.pages[0].mediabox
    assert (round(box.width), round(box.height)) in {(595, 842), (596, 842), (594, 842)}
    text = " ".join(" ".join(sheet.extract_text() for sheet in printed.pages).split())
    assert "Table: How Belarus is placed" in text
    assert "Weekly D hidden hidden hidden hidden hidden not tested hidden: fewer than 10" in text
    page.close()
