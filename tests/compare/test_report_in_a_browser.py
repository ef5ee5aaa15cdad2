"""The page in a real browser: it loads alone, fits every width, and can be used by pointer, by keyboard and without script."""

from __future__ import annotations

import pytest

from mpiprocessing.compare import diagram, html
from tests.browsers import WIDER, contrast, lightness
from tests.compare.timelines import crowd, exchange
from tests.compare.verdicts import ENVIRONMENT, all_kinds

TRACE = "#pattern-1 .trace"
IN_VIEW = f"""() => [...document.querySelectorAll('{TRACE} .view')].filter(view => view.checkVisibility())
                       .map(view => view.className.match(/lane-(\\w+) view-(\\w+)/).slice(1).join(' '))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(html.page(all_kinds(), ENVIRONMENT), encoding="utf-8")
    return path.as_uri()


def panel(page):
    return page.locator(f"{TRACE} .panel").inner_text()


def style(page, selector, name):
    return page.locator(selector).first.evaluate("(one, name) => getComputedStyle(one)[name]", name)


def test_it_loads_alone(visit):
    page = visit()
    assert page.title() == "multiprocessing and MPI, compared"
    assert page.locator("section.pattern").count() == len(all_kinds())
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length"
        )
        == 0
    )


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_the_page_never_scrolls_sideways_and_its_boxes_do(visit, width):
    page = visit(width)
    assert not page.evaluate(WIDER)
    for one in page.locator("section.pattern").all():  # each is laid out only when it is looked at
        one.scroll_into_view_if_needed()
        assert not page.evaluate(WIDER)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for switch in ("to-mpi", "to-wall"):
        page.evaluate(f"for (const one of document.querySelectorAll('.{switch}')) one.checked = true")
        assert not page.evaluate(WIDER)
    assert page.locator("#pattern-6 .view:visible").evaluate("one => one.scrollWidth > one.clientWidth")


def test_sources_are_beside_each_other_where_there_is_room_line_by_line(visit):
    left, right = (figure.bounding_box() for figure in visit(1400).locator("#pattern-1 .twins figure").all())
    assert left["y"] == right["y"]
    assert left["height"] == right["height"]
    left, right = (figure.bounding_box() for figure in visit(800).locator("#pattern-1 .twins figure").all())
    assert right["y"] >= left["y"] + left["height"]


def test_the_same_step_stands_at_the_same_height(visit):
    page = visit(1400)
    for line in ("def main():", "class Producer", "class Consumer", "def check"):
        tops = [found.bounding_box()["y"] for found in page.locator("#pattern-1 .l", has_text=line).all()]
        assert len(tops) == 2
        assert tops[0] == tops[1]


def test_the_switches_choose_one_of_four_views(visit):
    page = visit()
    assert page.evaluate(IN_VIEW) == ["program logical"] * 2
    page.locator(TRACE).get_by_role("radio", name="what MPI did").check()
    assert page.evaluate(IN_VIEW) == ["mpi logical"] * 2
    page.locator(TRACE).get_by_role("radio", name="wall clock").check()
    assert page.evaluate(IN_VIEW) == ["mpi wall"] * 2
    page.locator(TRACE).get_by_role("radio", name="what the user wrote").check()
    assert page.evaluate(IN_VIEW) == ["program wall"] * 2


def test_the_switches_work_by_keyboard(visit):
    page = visit()
    page.locator(f"{TRACE} .to-program").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(IN_VIEW) == ["mpi wall"] * 2


def test_a_pointer_shows_what_is_known(visit):
    page = visit()
    assert panel(page).startswith("Point at a bar")
    page.locator(f"{TRACE} .traced:nth-of-type(2) .view:visible .communicating .event").first.hover()
    assert panel(page).startswith("send: communicating\nrank 0\n")
    page.locator(f"{TRACE} .traced:nth-of-type(2) .view:visible .messages .event").first.hover()
    assert panel(page).startswith("send: message, 100 bytes\nrank 0 to rank 1\n")


def test_the_keyboard_goes_from_event_to_event(visit):
    page = visit()
    page.locator(f"{TRACE} .traced:nth-of-type(2) .view:visible").focus()
    page.keyboard.press("Tab")
    assert panel(page).startswith("main: computing")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(panel(page).splitlines()[0])
        assert page.evaluate("document.activeElement.classList.contains('event')")
    assert seen[-2:] == ["main: computing"] * 2
    assert seen[4] == seen[5]  # there is nothing behind the last
    assert len(set(seen)) > 2
    every = page.locator(f"{TRACE} .traced:nth-of-type(2) .view:visible .event").count()
    titles = set()
    for _ in range(every):
        titles.add(panel(page))
        page.keyboard.press("ArrowRight")
    assert len(titles) == every  # the arrow keys reach all of them
    page.keyboard.press("Tab")
    assert not page.evaluate(
        "document.activeElement.classList.contains('event')"
    )  # one stop for the whole picture


def test_an_event_that_is_out_of_view_is_scrolled_to(visit):
    page = visit(500)
    box = page.locator("#pattern-6 .view:visible")
    box.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert box.evaluate("one => one.scrollLeft") > 100
    assert not page.evaluate(WIDER)


def test_an_event_shows_the_line_of_the_program(visit, browser):
    page = visit()
    page.evaluate(f"""() => {{  // as if the trace had named a line of this program
        const title = document.querySelector('{TRACE} .view .event title');
        title.textContent += '\\nline: some/where/with_mpi4py.py:12';
    }}""")
    page.locator(f"{TRACE} .view .event").first.hover()
    line = page.locator(".l.here")
    assert line.count() == 1
    assert panel(page).endswith(line.inner_text())
    assert line.inner_text() == "import sys"


def test_the_first_tab_stop_skips_the_list(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the first pattern"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#patterns")


def test_without_a_script_everything_is_there(visit):
    page = visit(java_script_enabled=False)
    assert page.locator("#pattern-1 .twins figure").count() == 2
    views = page.locator(f"{TRACE} .traced").first.locator(".view")
    assert [view.is_visible() for view in views.all()] == [True, False, False, False]
    page.locator(TRACE).get_by_role("radio", name="wall clock").check()
    assert [view.is_visible() for view in views.all()] == [False, True, False, False]
    assert not page.locator(f"{TRACE} .panel").is_visible()  # it would promise what nobody does
    assert page.locator(f"{TRACE} .event title").first.text_content()
    page.locator("#pattern-1 summary", has_text="by kind").click()
    assert page.locator("#pattern-1 .kinds").is_visible()


def test_what_a_long_page_holds_packed_is_unpacked_when_it_is_asked_for(browser, tmp_path, monkeypatch):
    counts = []
    for most in (html._INLINE, 0):
        monkeypatch.setattr(html, "_INLINE", most)
        path = tmp_path / f"{most}.html"
        path.write_text(html.page(all_kinds(), ENVIRONMENT), encoding="utf-8")
        page = browser.new_page()
        page.goto(path.as_uri())
        assert page.locator("[data-packed]").count() == (0 if most else 4 * 3)
        page.locator(TRACE).get_by_role("radio", name="what MPI did").check()
        view = page.locator(f"{TRACE} .view:visible")
        view.locator("svg").first.wait_for()
        counts.append([one.locator(".event").count() for one in view.all()])
        view.first.locator(".event").first.focus()
        page.keyboard.press("ArrowRight")
        assert "computing" in panel(page).splitlines()[0]
        page.close()
    assert counts[0] == counts[1]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator(f"{TRACE} .view:visible svg").count() == 2
    page.locator(TRACE).get_by_role("radio", name="what MPI did").check()
    assert "a script unpacks it" in page.locator(f"{TRACE} .view:visible").first.inner_text()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(visit, scheme):
    page = visit(color_scheme=scheme)
    back = style(page, ".pattern", "backgroundColor")
    assert (lightness(back) < 0.1) == (scheme == "dark")
    for selector in (".question", ".soft", "a", ".c", ".s", ".k", ".m", ".d"):
        assert contrast(style(page, f"#pattern-1 {selector}", "color"), back) >= 4.5, selector
    for selector in (".mark.good", ".mark.bad", ".l.other .c", ".l.other .s", ".l.other .k", ".l.other .d"):
        one = page.locator(selector).first
        ground = one.evaluate("one => getComputedStyle(one.closest('.mark, .l')).backgroundColor")
        assert contrast(one.evaluate("one => getComputedStyle(one).color"), ground) >= 4.5, selector
    paper = style(page, ".tl .paper", "fill")
    for selector in (".tl .row text", ".tl .axis text", ".tl .messages path:not(.near)"):
        color = style(page, selector, "stroke" if "path" in selector else "fill")
        assert contrast(color, paper) >= 4.5, selector
    talk = style(page, ".tl .communicating rect", "fill")
    assert contrast(talk, paper) >= 3
    assert contrast(style(page, ".tl .communicating text", "fill"), talk) >= 4.5
    assert contrast(style(page, ".tl .blocked .event rect", "stroke"), paper) >= 3


def test_on_paper_it_is_black_on_white(visit):
    page = visit(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert style(page, ".question", "color") == "rgb(0, 0, 0)"
    assert style(page, ".pattern", "backgroundColor") == "rgb(255, 255, 255)"
    assert style(page, ".tl .paper", "fill") == "rgb(255, 255, 255)"
    assert style(page, ".tl .row text", "fill") == "rgb(0, 0, 0)"
    assert not page.locator(f"{TRACE} .switches").is_visible()
    assert page.locator(f"{TRACE} .view:visible").count() == 2
    wide = page.locator("#pattern-6 .view:visible svg")
    assert wide.bounding_box()["width"] <= page.locator("#pattern-6").bounding_box()["width"]


def test_a_wide_picture_is_cut_into_pieces_on_paper(visit):
    page = visit()
    pictures = page.locator("#pattern-6 .view").first.locator("svg")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert pictures.count() > 2
    boxes = [list(map(float, one.get_attribute("viewBox").split())) for one in pictures.all()]
    whole, *pieces = boxes
    assert not pictures.first.is_visible()
    assert [piece[0] for piece in pieces] == [number * pieces[0][2] for number in range(len(pieces))]
    assert whole[2] <= pieces[-1][0] + pieces[-1][2]
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert pictures.count() == 1
    assert page.locator("details:not([open])").count() > 0
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("view", ["logical", "wall"])
@pytest.mark.parametrize("timeline", [crowd(4, 12), crowd(16, 20)], ids=["4 ranks", "16 ranks"])
def test_a_picture_is_a_file_of_its_own_whose_words_do_not_touch(browser, tmp_path, timeline, view):
    path = tmp_path / "picture.svg"
    path.write_text(diagram.svg(timeline, view=view), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    boxes = page.evaluate("[...document.querySelectorAll('text')].map(one => one.getBBox())"
                          ".map(({x, y, width, height}) => [x, x + width, y + 2, y + height - 2])")  # fmt: skip
    page.close()
    assert len(boxes) > 50
    boxes.sort()
    for number, (_, right, top, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            if other[0] >= right:
                break
            assert other[2] >= bottom or other[3] <= top


def test_pictures_take_the_colours_of_the_page(browser, tmp_path):
    path = tmp_path / "page.html"
    one, two = (diagram.svg(exchange(), prefix=prefix) for prefix in ("one", "two"))
    path.write_text(f"<style>.theme {{ --tl-ink: rgb(1, 2, 3) }}</style>{one}<div class=theme>{two}</div>")
    page = browser.new_page()
    page.goto(path.as_uri())
    colors = [
        svg.locator(".row text").first.evaluate("one => getComputedStyle(one).fill")
        for svg in page.locator("svg").all()
    ]
    page.close()
    assert colors[0] != colors[1] == "rgb(1, 2, 3)"
