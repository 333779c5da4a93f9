"""The site says what it is to those who do not read it, in valid HTML. First comes `make book`."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from book import findable
from book import pages as site_pages
from book.extensions import findable as extension

from .validity import faults

SITE = site_pages.SITE
PAGES = site_pages.pages(site_pages.ROOT / "_toc.yml")
HERE = "https://example.org/book/"

pytestmark = pytest.mark.usefixtures("site")


def text(page):
    return (SITE / f"{page}.html").read_text(encoding="utf-8")


def unfound(html):
    """What a page does not say of itself, or not well."""
    head = html.split("</head>", 1)[0]
    told = dict(re.findall(r'<meta (?:name|property)="([^"]*)" content="([^"]*)"', head))
    missing = [
        name
        for name in ("description", "og:title", "og:description", "og:type")
        if not told.get(name)
    ]
    if not 40 <= len(told.get("description", "")) <= 400:  # &amp; and the like count for more
        missing.append(f"a description of some length: {told.get('description')!r}")
    for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', head, re.DOTALL):
        if "@type" not in json.loads(block):
            missing.append("a type of its data")
    return missing


@pytest.mark.parametrize("page", PAGES)
def test_page_is_described_and_valid(page):
    html = text(page)
    assert unfound(html) == []
    assert faults(html) == []


def test_descriptions_differ():
    told = [re.search(r'name="description" content="([^"]*)"', text(page))[1] for page in PAGES]
    assert len(set(told)) == len(PAGES)


def test_the_front_page_is_a_course_with_its_chapters():
    (block,) = re.findall(r"<script type=\"application/ld\+json\">(.*?)</script>", text("intro"))
    course = json.loads(block)
    chapters = [c for p in site_pages.parts(site_pages.ROOT / "_toc.yml") for c, *_ in p.chapters]
    assert course["@type"] == "Course"
    assert len(course["hasPart"]) == len(chapters)
    assert all(part["description"] for part in course["hasPart"])


def test_what_stands_beside_the_pages(site):
    assert (site / ".nojekyll").exists()
    assert "Allow: /" in (site / "robots.txt").read_text(encoding="utf-8")
    for name in ("favicon.ico", "apple-touch-icon.png"):
        assert (site / name).stat().st_size > 100
    for name in ("index", "404", "search"):
        assert faults(text(name)) == []


def write(tmp_path, address, changelog=""):
    """Write the files of a site that stands at an address, or at none."""
    (tmp_path / "_toc.yml").write_text("{format: jb-book, root: a, chapters: [{file: b}]}")
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    out = tmp_path / "out"
    (out / "_static").mkdir(parents=True, exist_ok=True)
    config = SimpleNamespace(project="Book", html_baseurl=address, root_doc="a")
    builder = SimpleNamespace(name="html")
    extension.write_files(
        SimpleNamespace(config=config, builder=builder, outdir=out, srcdir=tmp_path), None
    )
    return {file.name for file in out.rglob("*") if file.is_file()}, out


def test_what_needs_an_address_is_there_with_one_and_gone_without(tmp_path):
    names, out = write(tmp_path, HERE, "# C\n\n## 1 (2026-01-02)\n\n- A & B\n")
    assert {"sitemap.xml", "feed.xml", "card.png"} <= names
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    places = ElementTree.parse(out / "sitemap.xml").findall("s:url/s:loc", space)  # noqa: S314
    assert [place.text for place in places] == [f"{HERE}a.html", f"{HERE}b.html"]
    feed = ElementTree.parse(out / "feed.xml")  # noqa: S314
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    assert f"{HERE}sitemap.xml" in (out / "robots.txt").read_text()
    names, out = write(tmp_path, "")
    assert not {"sitemap.xml", "feed.xml"} & names
    assert "Sitemap" not in (out / "robots.txt").read_text()


def test_the_address_is_one_value_which_a_build_may_know(monkeypatch):
    config = SimpleNamespace(html_baseurl="https://example.org/x")
    monkeypatch.delenv("BOOK_ADDRESS", raising=False)
    extension.take_address(None, config)
    assert config.html_baseurl == "https://example.org/x/"
    monkeypatch.setenv("BOOK_ADDRESS", HERE)
    extension.take_address(None, config)
    assert config.html_baseurl == HERE


def test_an_unpublished_version_is_no_news():
    assert findable.releases("# Changelog\n\n## 0.1.0 (unreleased)\n\n- a\n") == []


def test_checks_of_what_a_page_says_catch():
    assert unfound('<head><meta name="description" content="short" /></head>') == [
        "og:title", "og:description", "og:type", "a description of some length: 'short'",
    ]  # fmt: skip
    bad = """<html><body><p id="a"><div id="a"></div></p><summary><p>x</p></summary>
    <style>b</style><a href="#"><button>c</button></a><img><em></body></html>"""
    found = [fault.rsplit(",", 1)[0] for fault in faults(bad)]
    assert found == [
        "id 'a' twice or empty", "<div> in <p>", "<p> in <summary>", "<style> in the body",
        "<button> in a link or button", "<img> without alt", "</body> closes ['em']",
        "no <!DOCTYPE html>",
    ]  # fmt: skip
