"""The page in a browser, where playwright and a Chromium are installed."""

import shutil

import pytest
from small_report import small_run

from mcnn.report.page import write_report

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(small_run(folder), folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, report):
    """Opens the page at a width; afterwards nothing was said, and nothing else was asked for."""
    said, asked, pages = [], [], []

    def open_at(width):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        pages.append(page)
        return page

    yield open_at
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()] * len(pages)
    for page in pages:
        page.close()


def column(page, caption, number):
    cells = page.locator("table", has_text=caption).locator(f"tbody td:nth-child({number})")
    return cells.all_inner_texts()


def test_a_table_is_sorted_by_a_click_and_by_the_keyboard(opened):
    page = opened(1440)
    table = page.locator("table", has_text="Videos and shots of each class")
    heading = table.locator("th", has_text="shots")
    assert column(page, "Videos and shots of each class", 4) == ["2", "1", "3"]
    heading.locator("button").click()
    assert column(page, "Videos and shots of each class", 4) == ["1", "2", "3"]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    assert column(page, "Videos and shots of each class", 4) == ["3", "2", "1"]
    assert heading.get_attribute("aria-sort") == "descending"
    table.locator("th", has_text="class").locator("button").click()
    assert column(page, "Videos and shots of each class", 2) == ["all", "boat", "car"]
    assert heading.get_attribute("aria-sort") == "none"


def test_a_picture_is_enlarged_and_closed_by_the_keyboard(opened):
    page = opened(1440)
    button = page.locator(".enlarge").first
    dialog = page.locator("dialog")
    assert not dialog.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert dialog.is_visible()
    text = button.locator("img").get_attribute("alt")
    assert dialog.locator("img").get_attribute("alt") == text
    assert dialog.locator("img").evaluate("image => image.naturalWidth") == 240
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    button.click()
    dialog.locator("button").click()
    assert not dialog.is_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_as_wide_as_the_window(opened, width):
    page = opened(width)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_bars_of_the_funnel_are_as_long_as_their_shares(opened):
    for width in (390, 1440):
        page = opened(width)
        lengths = page.locator(".funnel dd span").evaluate_all("all => all.map(x => x.offsetWidth)")
        assert [round(3 * length / lengths[0], 1) for length in lengths] == [3, 2, 1]


def test_light_and_dark_follow_the_browser_and_the_button(opened):
    page = opened(1440)
    colour = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(colour)
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    page.locator("#theme").click()
    assert page.evaluate(colour) == dark
