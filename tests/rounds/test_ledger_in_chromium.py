"""The ledger page in a real browser: axe in six languages, no sideways scrolling at 320 px."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds import ledger_page
from asobna_rounds.ledger import Ledger
from asobna_rounds.texts import LANGUAGES

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    return browser.new_page(viewport={"width": 320, "height": 700})


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """An overdue promise with a long address, and a file nobody was asked on."""
    day = date(2026, 1, 5)
    made = Ledger.open(tmp_path_factory.mktemp("l") / "ledger.jsonl")
    made.append("file", day, file="visas", title="Visas and residence", language="en")
    made.append("file", day, file="trade", title="Trade", language="en")
    made.append(
        "asked", day, item="a", file="visas", round="r-1", text="What first?", language="en"
    )
    said = {"text": "Longer papers.", "report": "https://example.org/" + "long-" * 30}
    made.append("said", day, item="a", people=24, invited=40, language="en", **said)
    made.append("answered", day, item="a", answer="partly", reason="Two years.", by="Ministry")
    made.append("owner", day, item="a", owner="Desk")
    made.append("due", day, item="a", due="2026-10-01")
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_no_violation_and_fits_a_narrow_window(
    page: Any, book: Ledger, language: str
) -> None:
    page.set_content(ledger_page.render_html(book, date(2026, 11, 23), language))
    result = axe.Axe().run(page, options=RULES)
    assert [v["id"] for v in result.response["violations"]] == []
    assert len(result.response["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.locator("article.overdue .late").inner_text().startswith("⚠ ")


def test_the_check_would_find_a_page_without_a_language(page: Any, book: Ledger) -> None:
    html = ledger_page.render_html(book, date(2026, 11, 23)).replace('<html lang="en">', "<html>")
    page.set_content(html)
    found = [v["id"] for v in axe.Axe().run(page, options=RULES).response["violations"]]
    assert found == ["html-has-lang"]


def test_a_kept_page_asks_nothing_of_the_network(page: Any, book: Ledger, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    (tmp_path / "ledger.html").write_text(ledger_page.render_html(book, date(2026, 11, 23)))
    page.goto((tmp_path / "ledger.html").as_uri())
    assert asked == [(tmp_path / "ledger.html").as_uri()]
