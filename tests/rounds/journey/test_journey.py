"""The whole journey in Chromium with scripting off, and axe on every page in six languages."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds.attacks.person import Person
from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.wire import WireVisitor
from asobna_rounds.definition import INTERFACE_LANGUAGES
from asobna_rounds.publisher.close import close_round

from .conftest import Site, shot

GO = "main form button"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def enter(tab: Any, site: Site, code: str, language: str = "en") -> None:
    tab.goto(f"{site.address}/{language}/")
    tab.fill("#code", code)
    with tab.expect_navigation(wait_until="load"):
        tab.click(GO)


def choose(tab: Any, value: int, count: int) -> None:
    for group in tab.query_selector_all("fieldset")[:count]:
        group.query_selector_all("input")[value].check()


def test_from_language_to_seal_without_scripting(site: Site) -> None:
    with site.tab() as tab:
        tab.goto(site.address)
        tab.click("text=Беларуская")
        assert tab.inner_text("li.late").startswith("⚠ ПРАТЭРМІНАВАНА, дзён: 9. Issue travel")
        shot(tab, "1-welcome-be")
        tab.click("text=Спачатку прачытайце перадгісторыю")
        assert "Цяпер пішацца новы дакумент" in tab.inner_text("main")
        tab.click("text=Да бюлетэня")
        long = next(p.code for p in site.rehearsal.people if len(p.code) > 300)
        tab.fill("#code", "AAAAA-BBBBB")
        tab.click(GO)
        assert tab.inner_text("[role=alert]").startswith("Гэта не ўвесь код")
        shot(tab, "2-refused")
        tab.fill("#code", long)
        tab.click(GO)
        assert tab.inner_text("h1") == "Сцверджанні, старонка 1 з 2"
        choose(tab, 0, 7)
        shot(tab, "3-statements")
        tab.click("button.main")
        assert tab.inner_text("[role=status]") == "Вашы адказы захаваны."
        assert "Адказаў: 7 з 12 сцверджанняў." in tab.inner_text("main")
        choose(tab, 1, 2)
        tab.click("button.main")
        assert tab.inner_text("h1") == "Пытанні"
        choose(tab, 0, 3)
        shot(tab, "4-polls")
        tab.click("button[value=suggest]")
        tab.fill("#statement", "Консульствы павінны адказваць на лісты.")
        shot(tab, "5-suggest")
        tab.click("button.main")
        assert tab.inner_text("[role=status]").startswith("Атрымана і запячатана")
        tab.click("button[value=finish]")
        text = tab.inner_text("main")
        assert "Адказаў: 9 з 12 сцверджанняў. Адказаў: 3 з 3 пытанняў." in text
        tab.click('button[formaction="/lt/ballot"]')
        assert "Atsakyta: 9 iš 12 teiginių." in tab.inner_text("main")
        shot(tab, "6-finish-lt")
        tab.click("button.main")
        assert tab.inner_text("h1") == "Užantspauduota"
        shot(tab, "7-sealed")
        assert tab.context.cookies() == []
        enter(tab, site, long, "lt")
        assert tab.inner_text("[role=alert]").startswith("Šis kodas neatidaro biuletenio")


def test_coming_back_with_a_slip_and_reading_the_report(closing_site: Site) -> None:
    site = closing_site
    short = next(p.code for p in site.rehearsal.people if len(p.code) < 60)
    with site.tab() as tab:
        enter(tab, site, short.lower().replace("-", " "))
        choose(tab, 0, 3)
        tab.click("button.main")
    with site.tab() as tab:
        enter(tab, site, short)
        assert "3 of 12 statements answered." in tab.inner_text("main")
        checked = tab.query_selector_all("input:checked")
        assert [box.get_attribute("value") for box in checked] == ["1"] * 3
        choose(tab, 1, 1)
        tab.click("button.main")
        tab.click("button[value=page-1]")
        values = [b.get_attribute("value") for b in tab.query_selector_all("input:checked")]
        assert sorted(values) == ["1", "1", "2"]
    for person in site.rehearsal.people:
        guest = Person(WireVisitor(site.port), person.code, lambda _: "1")
        assert guest.enter()
        guest.answer_page()
    close_round(site.rehearsal.folders.box)
    with site.tab() as tab:
        tab.goto(f"{site.address}/uk/")
        assert "Бюлетені знищено; коди більше нічого не відкривають." in tab.inner_text("main")
        tab.click("main >> text=Прочитати звіт")
        assert "Участь узяли 12 з 12 запрошених." in tab.inner_text("main")
        shot(tab, "8-report-uk")
        tab.set_viewport_size({"width": 320, "height": 700})
        for language, number in itertools.product(INTERFACE_LANGUAGES, (1, 2, 3)):
            tab.goto(f"{site.address}/{language}/report/{number}")
            assert tab.locator("html").evaluate("page => page.scrollWidth") == 320
        enter_again = tab.goto(f"{site.address}/en/ballot")
        assert enter_again.status == 200
        assert tab.query_selector("#code") is None


def test_it_works_by_keyboard_alone(site: Site) -> None:
    with site.tab() as tab:
        tab.goto(f"{site.address}/en/")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.focus("#code")
        tab.keyboard.insert_text(site.code())
        tab.keyboard.press("Tab")
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.inner_text("h1").startswith("Statements, page 1 of")
        tab.focus("fieldset input")
        tab.keyboard.press("Space")
        with tab.expect_navigation():
            tab.keyboard.press("Enter")
        assert tab.inner_text("h1").startswith("Statements, page 2 of")
        assert "1 of 12 statements answered." in tab.inner_text("main")


@pytest.mark.parametrize("width", [320, 900])
def test_nothing_is_wider_than_the_window(site: Site, width: int) -> None:
    with site.tab(width=width) as tab:
        enter(tab, site, site.code(), "pl")
        for step in ("polls", "suggest", "finish", "page-1"):
            with tab.expect_navigation(wait_until="load"):
                tab.click(f".parts button[value={step}]")
            assert tab.locator("html").evaluate("page => page.scrollWidth") <= width
            shot(tab, f"narrow-{width}-{step}")


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
def test_no_page_to_read_is_wider_than_a_small_phone(site: Site, language: str) -> None:
    """The mark of the ledger, 64 characters in one word, once made every first page scroll."""
    with site.tab(width=320) as tab:
        for path in ("", "brief", "protection", "ledger", "report", "nothing"):
            tab.goto(f"{site.address}/{language}/{path}")
            assert tab.locator("html").evaluate("page => page.scrollWidth") == 320, path


def violations(tab: Any, axe: Any) -> list[str]:
    found = axe.run(tab, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    assert len(found["passes"]) > 10
    return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.fixture(scope="session")
def axe() -> Any:
    module = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed (extra: test)"
    )
    return module.Axe()


def inspect(site: Site, axe: Any, language: str, pages: tuple[str, ...]) -> dict[str, list[str]]:
    """Violations on reading pages and on every step of a ballot named in `pages`."""
    found: dict[str, list[str]] = {}
    with site.tab(script=True) as tab:

        def look(name: str) -> None:
            if name in pages:
                found[name] = violations(tab, axe)

        def press(button: str) -> None:
            """Press a button and wait for its page with its styles, of which sizes are asked."""
            with tab.expect_navigation(wait_until="load"):
                tab.click(button)

        for path in ("brief", "protection", "ledger", "report", "nothing"):
            if path in pages:
                tab.goto(f"{site.address}/{language}/{path}")
                look(path)
        tab.goto(site.address)
        look("languages")
        tab.goto(f"{site.address}/{language}/")
        look("welcome")
        press(GO)
        look("refused")
        tab.fill("#code", site.code())
        press(GO)
        look("statements")
        choose(tab, 2, 1)
        press("button.main")
        look("saved")
        for step in ("polls", "suggest", "finish"):
            press(f".parts button[value={step}]")
            look(step)
        press("button.main")
        look("sealed")
    return found


ALL = ("brief", "protection", "ledger", "report", "nothing", "languages", "welcome", "refused")
ALL = (*ALL, "statements", "saved", "polls", "suggest", "finish", "sealed")
SHORT = ("welcome", "statements", "finish")


@pytest.mark.parametrize(
    ("language", "pages"),
    [("be", ALL)]
    + [(code, SHORT) for code in INTERFACE_LANGUAGES if code != "be"]
    + [pytest.param(code, ALL, marks=pytest.mark.slow) for code in INTERFACE_LANGUAGES],
)
def test_axe_finds_nothing(site: Site, axe: Any, language: str, pages: tuple[str, ...]) -> None:
    found = inspect(site, axe, language, pages)
    assert set(found) == set(pages)
    assert {page: v for page, v in found.items() if v} == {}


def look_at_reports(site: Site, axe: Any, root: Path, languages: tuple[str, ...]) -> None:
    rehearsal = Rehearsal(root / "other", 40, seed=1)
    rehearsal.play()
    box = rehearsal.folders.box
    closed = site.rehearsal.folders.box
    close_round(closed)
    (closed / "report.json").write_bytes((box / "report.json").read_bytes())
    with site.tab(script=True) as tab:
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            for language in languages:
                for number in (1, 2, 3, 4):
                    tab.goto(f"{site.address}/{language}/report/{number}")
                    assert violations(tab, axe) == []
            tab.goto((box / "report.en.html").as_uri())
            assert violations(tab, axe) == []
            shot(tab, f"9-report-{scheme}")


def test_axe_finds_nothing_in_the_report(closing_site: Site, axe: Any, tmp_path: Path) -> None:
    look_at_reports(closing_site, axe, tmp_path, ("lt",))


@pytest.mark.slow
def test_axe_finds_nothing_in_all_reports(closing_site: Site, axe: Any, tmp_path: Path) -> None:
    look_at_reports(closing_site, axe, tmp_path, INTERFACE_LANGUAGES)


def test_no_request_goes_anywhere_else(site: Site) -> None:
    seen: list[str] = []
    with site.tab() as tab:
        tab.on("request", lambda request: seen.append(request.url))
        enter(tab, site, site.code())
        tab.goto(f"{site.address}/en/report")
    assert seen
    assert all(re.match(re.escape(site.address) + "/", url) for url in seen)
