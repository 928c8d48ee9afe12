"""Settings every test shares: examples are drawn anew each run; time is measured in bench/ alone."""

import shutil

import pytest
from hypothesis import settings

settings.register_profile("asobna", deadline=None, print_blob=True)
settings.load_profile("asobna")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """The Chromium found on this machine, driven by Playwright; nothing is downloaded."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    with driver.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()
