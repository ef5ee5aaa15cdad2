"""The benchmark's page in a real browser: it loads alone, fits every width, and can be read light and dark."""

from __future__ import annotations

import pytest

from mpiprocessing.bench import html
from tests.bench.runs import SURROUNDINGS, whole
from tests.browsers import WIDER, contrast, lightness

LETTERS = "[...document.querySelectorAll('svg.chart text')].map(one => one.getBoundingClientRect().height)"
COLOURS = """() => [...document.querySelectorAll('.mark, .bad-text, .soft, small, h2, td')]
                  .map(one => [getComputedStyle(one).color, (() => {
                      for (let at = one; at; at = at.parentElement) {
                          const back = getComputedStyle(at).backgroundColor;
                          if (back !== 'rgba(0, 0, 0, 0)') return back;
                      }
                  })()])"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(html.page(whole(), SURROUNDINGS), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [320, 400, 800, 1400])
def test_it_fits_every_width_and_its_pictures_can_be_read(visit, width):
    page = visit(width=width)
    assert not page.evaluate(WIDER)
    assert min(page.evaluate(LETTERS)) > 8  # pixels
    for one in page.locator("svg.chart[role=img]").all():
        box = one.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_light_and_dark(visit, scheme):
    page = visit(color_scheme=scheme)
    pairs = {tuple(pair) for pair in page.evaluate(COLOURS)}
    assert all(contrast(*pair) >= 4.5 for pair in pairs), pairs
    back = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert (lightness(back) < 0.1) == (scheme == "dark")


def test_every_family_can_be_gone_to_without_a_script(visit):
    page = visit(java_script_enabled=False, width=400)
    page.get_by_role("link", name="Managers and shared values").click()
    assert page.url.endswith("#managers")
    assert page.get_by_role("heading", name="Managers and shared values").is_visible()
