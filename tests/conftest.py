"""Settings every test shares: examples are drawn anew each run; time is measured in bench/ alone."""

import shutil

import pytest
from hypothesis import settings

settings.register_profile("asobna", deadline=None, print_blob=True)
settings.load_profile("asobna")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def small_works(monkeypatch):
    """Every row group is a piece of work of its own, as those of large files are."""
    monkeypatch.setattr("asobna.sources.inputs.WORK_BYTES", 1)


@pytest.fixture(scope="module")
def playwright():
    """The one driver of browsers: two of them cannot run side by side, nor beside asyncio."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    """The Chromium found on this machine; nothing is downloaded."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    yield opened
    opened.close()
