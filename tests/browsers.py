"""Pages in a real browser: fixtures for the tests that look at one.

They need playwright (the extra `browser`) and a Chromium or Chrome on the PATH; where there is none, their tests are skipped,
and with MPIPROCESSING_NEEDS_BROWSER=1 they fail. The conftest of a room imports them; a module that uses
`visit` has a fixture `address`, that of the page.
"""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM = next(filter(None, map(shutil.which, BROWSERS)), None)
SWITCHES = ("--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser():
    missing = None
    if importlib.util.find_spec("playwright") is None:
        missing = "there is no playwright: pip install 'mpiprocessing[browser]'"
    elif PROGRAM is None:
        missing = f"there is no browser: none of {', '.join(BROWSERS)} on the PATH"
    if missing and os.environ.get("MPIPROCESSING_NEEDS_BROWSER") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:  # with a folder of its own for the user's data, gone at the end
        started = playwright.chromium.launch(executable_path=PROGRAM, args=[*SWITCHES, *root])
        yield started
        started.close()


@pytest.fixture
def visit(browser, address):
    """Open the page; at the end, it has loaded nothing but itself and had nothing to complain of."""
    contexts, requests, complaints = [], [], []

    def visit(width=1400, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert {url.split("#")[0] for url in requests if not url.startswith("data:")} == {address}
    assert complaints == []


def lightness(color):
    """Of rgb(r, g, b), as WCAG defines relative luminance."""
    parts = [float(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((lightness(one), lightness(other)))
    return (light + 0.05) / (dark + 0.05)
