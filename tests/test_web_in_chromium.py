"""The page in Chromium: with and without script, by keyboard, at 320 pixels, and without a fault.

Set ASOBNA_SCREENSHOTS to a folder to keep pictures of every state.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "contracts"))
from served import server

pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.slow
TEXT = (
    "The museum in Vitebsk, Russia.\n"
    "😀 Belorussia sent a delegation.\n"
    "Belarus, Russia's closest ally, voted against.\n"
)
PICTURES = os.environ.get("ASOBNA_SCREENSHOTS")


@pytest.fixture(scope="module")
def address():
    with server("--lang", "en") as found:
        yield found


@pytest.fixture
def visit(browser, address):
    """Open a page; every request must stay on our server, and the console must stay silent."""
    opened, asked, told = [], [], []

    def go(path="/?ui=en", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(address + path)
        opened.append(context)
        return page

    yield go
    for context in opened:
        context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert [text for text in told if "404" not in text] == []


def picture(page, name):
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def faults(page):
    found = axe.Axe().run(page, options={"runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
    ]})  # fmt: skip
    return [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found.response["violations"]]


def marks(page):
    return page.locator(".shown a.mark").evaluate_all("e => e.map(x => x.className)")


def test_it_checks_while_one_writes_and_applies_a_wording(visit):
    page = visit()
    page.fill("#text", TEXT)
    page.wait_for_selector("#f3")
    assert marks(page) == ["mark E", "mark S", "mark C"]
    assert page.inner_text("#status") == "To look at: 3"
    picture(page, "result")
    page.click("#f2 .wording button")
    page.wait_for_selector("h2:has-text('To look at: 2')")
    assert page.input_value("#text") == TEXT.replace("Belorussia", "Belarus")
    page.uncheck("#show-E")
    assert not page.is_visible("#f1")
    assert page.is_visible("#f2")
    page.type("#text", " ")
    page.wait_for_timeout(1500)
    assert not page.is_checked("#show-E")  # what is hidden stays hidden


def test_it_works_without_script(visit):
    page = visit(java_script_enabled=False)
    page.fill("#text", TEXT)
    page.click("text='Check'")
    assert marks(page) == ["mark E", "mark S", "mark C"]
    assert page.input_value("#text") == TEXT
    page.uncheck("#show-E")
    assert not page.is_visible("#f1")
    picture(page, "without-script")
    page.click("a.mark.S")
    assert page.url.endswith("#f2")
    with page.expect_download() as waiting:
        page.click("text='Download as JSON'")
    assert waiting.value.suggested_filename == "asobna.json"


def test_a_dropped_word_document_is_downloaded_with_comments(visit, tmp_path):
    docx = pytest.importorskip("docx")
    draft = tmp_path / "draft.docx"
    document = docx.Document()
    document.add_paragraph("Belorussia voted.", style="Quote")
    document.save(str(draft))
    page = visit()
    page.fill("#text", "A text of before.")
    page.set_input_files("#file", str(draft))
    page.wait_for_selector("#f1")
    with page.expect_download() as waiting:
        page.click("text='Download as Word with comments'")
    kept = docx.Document(waiting.value.path())
    assert [p.style.name for p in kept.paragraphs] == ["Quote"]
    assert "is an older name" in next(iter(kept.comments)).text
    page.type("#text", " Belorussia.")  # what is written now is what is meant now
    page.wait_for_selector(".shown:has-text('A text of before')")
    with page.expect_download() as waiting:
        page.click("text='Download as Word with comments'")
    assert [p.text for p in docx.Document(waiting.value.path()).paragraphs] == [
        "A text of before. Belorussia."
    ]


def test_the_remarks_can_be_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.fill("#text", TEXT)
    page.wait_for_selector("#f3")
    page.uncheck("#show-E")
    page.click("text='Copy the remarks'")
    page.wait_for_selector("#status:has-text('Copied.')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "“Belorussia” is an older name; the country calls itself Belarus." in copied
    assert "Vitebsk" not in copied  # what is hidden is not copied


def test_everything_can_be_done_by_keyboard(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("Belorussia voted.")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Check":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:focus")
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", seen[-1]
        if page.evaluate("document.activeElement.getAttribute('aria-label') || ''").startswith(
            "Replace “Belorussia” with “Belarus”"
        ):
            break
    else:
        pytest.fail(f"the wording was not reached: {seen}")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('Nothing to look at.')")
    assert page.input_value("#text") == "Belarus voted."


def test_a_file_can_be_dropped_or_chosen(visit, tmp_path):
    page = visit()
    draft = tmp_path / "draft.md"
    draft.write_text("`Belorussia` and **Belorussia**.\n")
    page.set_input_files("#file", str(draft))
    page.wait_for_selector("#f1")
    assert page.input_value("#format") == "md"
    assert len(marks(page)) == 1
    wrong = tmp_path / "wrong.txt"
    wrong.write_bytes(b"caf\xe9")
    page.set_input_files("#file", str(wrong))
    page.wait_for_selector("text=This file could not be read: is not UTF-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_no_page_has_a_fault_or_scrolls_sideways(visit, scheme, width):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.fill("#text", TEXT + "W" * 400)
    page.wait_for_selector("#f3")
    pages = ["/rules", "/rules/blame.country?lang=en", "/facts", "/nope", "/?ui=be", "/?ui=de"]
    for number, path in enumerate([None, *pages]):
        if path:
            page.goto(base(page) + path)
        assert faults(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (path, wide)
        picture(page, f"{scheme}-{width}-{number}")


def base(page):
    return page.evaluate("location.origin")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    from click.testing import CliRunner

    from asobna.outputs.cli import cli

    store = tmp_path_factory.mktemp("desk") / "store"
    examples = Path(__file__).parents[1] / "examples"
    CliRunner().invoke(cli, ["read", str(examples), "--to", str(store), "--quiet", "--lang", "en"])
    with server("--lang", "en", "--store", str(store)) as found:
        yield found


@pytest.mark.parametrize("width", [1280, 320])
def test_the_desk_has_no_fault_and_leads_to_lines(browser, desk, width):
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    for path in ("/desk?ui=en", "/desk?ui=be&axis=period", "/desk/lines?measure=paired&ui=en"):
        page.goto(desk + path)
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        picture(page, f"desk-{width}-{path.count('/')}")
    page.select_option("#measure", "")
    page.select_option("#by-standing", "absorbed")
    page.click("form button")
    page.wait_for_selector("td:has-text('absorbed')")
    assert set(page.locator("table.lines tbody td:nth-child(4)").all_inner_texts()) != set()
    assert all(t.startswith("absorbed")
               for t in page.locator("table.lines tbody td:nth-child(4)").all_inner_texts())  # fmt: skip
    page.context.close()


@pytest.mark.parametrize("ui", ["be", "de", "lt", "pl", "uk"])
def test_every_interface_shows_a_result(visit, ui):
    page = visit(f"/?ui={ui}", viewport={"width": 320, "height": 800})
    page.fill("#text", TEXT)
    page.wait_for_selector("#f3")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    picture(page, f"interface-{ui}")


def test_hostile_text_is_inert_in_a_browser(visit):
    page = visit()
    page.fill("#text", "Belorussia <img src=x onerror=\"document.title='owned'\"> "
              "<script>document.title='owned'</script> \u202egnp.exe {{7*7}}")  # fmt: skip
    page.wait_for_selector("#f1")
    assert page.title() == "Check a text · Asobna"
    assert page.locator(".shown img, .shown script").count() == 0
    assert "U+202E" in page.inner_text(".shown")
    picture(page, "hostile")
