# SPDX-License-Identifier: Apache-2.0
"""Every page as a reader meets it: on a small phone and on a desk, without script, without style."""
import gzip
import urllib.parse

import pytest

from conftest import AXE

VERDICTS = ["recalled", "on_hold", "suspicious", "voided", "destroyed", "returned", "expired", "unregistered",
            "registered"]
TRAILS = ["single", "mix", "budget", "long", "recalled", "township", "hostile"] + [f"verdict-{v}" for v in VERDICTS]
ITEMS = [f"item-{state}" for state in ("first", "scanned", "copied", "inactive", "voided")]
OTHERS = ["unit", "place", "place-home", "unknown", "malformed", "home", "results", "nothing", "problems", "problem-type", "problem", "verify", "mirror"]
LANGUAGES = ["zh", "en"]

EVERY_PAGE = [f"{name}.{lang}.html" for name in TRAILS + ITEMS + OTHERS for lang in LANGUAGES]
every_page = pytest.mark.parametrize("page", EVERY_PAGE)
every_trail = pytest.mark.parametrize("page", [f"{name}.{lang}.html" for name in TRAILS + ITEMS for lang in LANGUAGES])
# The nine verdicts differ in one band only: two of them, and one language, stand for the others where that is enough.
every_kind = pytest.mark.parametrize("page", [
    page for page in EVERY_PAGE if not page.startswith("verdict-") or page in ("verdict-expired.zh.html", "verdict-on_hold.en.html")])


def test_every_rendered_page_is_looked_at(pages):
    assert {path.name for path in pages.glob("*.html")} == set(EVERY_PAGE)


@every_page
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_stands_out_to_the_side(browser, page, width):
    browser.open(page, width)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    # a signature is cut off at the edge on purpose: its link leads to the whole of it
    outside = browser.run("""
        return [...document.querySelectorAll('main *, header *, footer *')].filter(element => {
            const box = element.getBoundingClientRect();
            return element.tagName != 'CODE' && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
        }).map(element => element.outerHTML.slice(0, 120)).slice(0, 3)""")
    assert outside == []


@every_trail
@pytest.mark.parametrize("width,height", [(360, 640), (1280, 720)])
def test_the_verdict_is_seen_without_scrolling(browser, page, width, height):
    browser.open(page, width, height)
    box = browser.run("""
        const heading = document.querySelector('h1'), box = heading.getBoundingClientRect();
        return {top: box.top, bottom: box.bottom, size: parseFloat(getComputedStyle(heading).fontSize)}""")
    assert 0 < box["top"] and box["bottom"] < height * 0.8
    assert box["size"] >= 28


@every_kind
def test_a_page_is_one_request_without_script_and_breaks_no_policy(browser, page):
    browser.open(page)
    assert browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)") == []
    assert browser.run("return document.scripts.length") == 0
    assert browser.run("""
        return [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
            .filter(attribute => /^on/.test(attribute.name) || attribute.name == 'style').length""") == 0
    assert browser.complaints() == []


@every_kind
def test_every_link_stays_on_this_server_or_calls_a_hotline(browser, page):
    browser.open(page)
    links = browser.run("""
        return [...document.querySelectorAll('a, form')].map(element => element.href || element.action)""")
    origin = urllib.parse.urlsplit(browser.root)
    assert links
    for link in links:
        parts = urllib.parse.urlsplit(link)
        assert (parts.scheme, parts.netloc) == (origin.scheme, origin.netloc) or link in ("tel:12315", "tel:12316"), link


@every_kind
def test_links_inside_the_page_lead_somewhere(browser, page):
    browser.open(page)
    lost = browser.run("""
        return [...document.querySelectorAll('a[href^="#"]')].map(link => link.getAttribute('href').slice(1))
            .filter(id => id != '' && !document.getElementById(id))""")
    assert lost == []


@every_kind
def test_the_story_is_told_without_style(browser, page):
    browser.open(page)
    browser.run("document.querySelectorAll('style').forEach(style => style.remove())")
    text = browser.run("return document.body.innerText")
    heading = browser.run("return document.querySelector('h1').innerText")
    assert heading and heading in text[:300]
    tall = browser.run("return Math.max(0, ...[...document.querySelectorAll('svg')].map(svg => svg.clientHeight))")
    assert tall <= 48


def test_the_parts_of_a_trail_read_in_order(browser):
    browser.open("mix.zh.html")
    headings = browser.run("return [...document.querySelectorAll('h1, h2')].map(heading => heading.innerText)")
    assert headings == ["已登记", "柠檬礼盒 2.5 千克", "产地", "合格证与认证", "检测", "全程记录", "记录与签名", "有疑问或要投诉"]


@pytest.mark.parametrize("name,words", [
    ("first", ["已登记", "K7K3F-9Q2M-X4TC-AB12", "第一次被查询"]), ("scanned", ["已登记", "此码首次查询：2026-05-03 10:12", "此后约 41 次", "可能被复制"]),
    ("copied", ["此码存在异常", "约 2041 次"]), ("inactive", ["此标签尚未启用", "尚未登记它贴在哪件商品上"]),
    ("voided", ["此码已作废", "作废时间：2026-05-26 13:45"])])
def test_a_pack_tells_its_own_story_in_the_first_band(browser, name, words):
    browser.open(f"item-{name}.zh.html")
    text = browser.run("return document.querySelector('section.v').innerText")
    places = [text.find(word) for word in words]
    assert -1 not in places and places == sorted(places), text


def test_shares_are_drawn_to_scale(browser):
    browser.open("mix.zh.html")
    drawn = browser.run("""
        return [...document.querySelectorAll('.bar')].map(bar =>
            Math.round(100 * bar.querySelector('rect').getBoundingClientRect().width / bar.getBoundingClientRect().width))""")
    assert drawn == [62, 38]


def test_a_folded_journey_opens_without_script(browser):
    browser.open("long.en.html")
    shown = "return [...document.querySelectorAll('.j > li')].filter(step => step.checkVisibility()).length"
    assert browser.run(shown) == 16
    browser.run("document.querySelector('#journey ~ details > summary').click()")
    assert browser.run(shown) == 200


def test_printing_shows_everything_and_no_navigation(browser):
    browser.open("long.zh.html", 800, 1100)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert browser.run("return document.querySelector('.t').checkVisibility()") is False
        assert browser.run("return document.querySelector('h1').checkVisibility()") is True
        assert browser.run("return getComputedStyle(document.querySelector('.v')).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_hostile_names_stay_in_their_place(browser):
    browser.open("hostile.zh.html")
    assert browser.run("return document.querySelectorAll('script, img, iframe, object').length") == 0
    assert browser.run("return document.querySelector('h2#product').innerText").startswith("<script>alert(1)</script>")
    assert browser.run("return [...document.querySelectorAll('bdi')].every(name => !/[\\u202a-\\u202e]/.test(name.innerText))")


@every_kind
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_no_barrier(browser, page, width):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    browser.open(page, width)
    assert browser.axe() == []


@every_page
def test_a_page_stays_within_the_budget(pages, page):
    limit = 40 * 1024 if page.startswith("long.") else 14 * 1024
    assert len(gzip.compress((pages / page).read_bytes(), 9)) <= limit
