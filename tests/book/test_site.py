"""The built site as a reader meets it: whole, alone, legible, usable. First comes `make book`."""

import copy
import functools
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup, NavigableString

from book import pages as site_pages
from book.extensions import reference
from book.extensions.live_figures import figures_in
from book.visits import DESKTOP, PHONE, Visit
from minioptim.live.controls import Point, by_name
from minioptim.live.figures import design_of

from ..accessibility import OF_LOOKS, thin, violations
from ..kept import Kept, each, on_paper
from ..missing import skip_or_fail

ROOT = Path(__file__).parents[2]
SITE = site_pages.SITE
PAGES = site_pages.pages(ROOT / "_toc.yml")


each_page = each("page", PAGES)
# Neither an appendix nor a paper run again has a quiz, nor need have exercises.
IN_CHAPTERS = site_pages.chapters(ROOT / "_toc.yml")
CHAPTERS = [chapter for chapter, *_ in IN_CHAPTERS]
FURTHER = [page for _, *nested in IN_CHAPTERS for page in nested]
each_chapter = each("page", CHAPTERS)
REFERENCE = sorted(ROOT.glob("api/*.md"))

pytestmark = pytest.mark.usefixtures("site")


@functools.cache
def soup(file):
    """A page's HTML, parsed once."""
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def built(page):
    return SITE / f"{page}.html"


# --- What can be read off the files -------------------------------------------

LOADED = {"src": True, "srcset": True, "poster": True, "data": True, "href": "link"}
OTHER_HOST = re.compile(r"^(https?:)?//")


def foreign_loads(html):
    """Addresses on other hosts that a page loads by itself; links to click are not among them."""
    return [
        tag[attribute]
        for attribute, name in LOADED.items()
        for tag in html.find_all(name, attrs={attribute: OTHER_HOST})
    ]


def foreign_styles(css):
    """Addresses on other hosts that a style sheet loads."""
    return re.findall(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""", css)


def prose(tag):
    """A tag's text without code, which shows dollars rightly, and without formulas that are set."""
    if isinstance(tag, NavigableString):
        return str(tag)
    if tag.name in {"pre", "code", "script", "style"} or "katex" in tag.get("class", []):
        return ""
    return "".join(map(prose, tag.children))


def unset_formulas(html):
    """Formulas that a page shows as their source."""
    shown = prose(html.find("article") or html)
    return re.findall(r"\$\$|\\[(\[]|\\begin\{|\$[^$\s][^$\n]*\$", shown)


def raw_markup(html):
    """Roles and directives that a page shows as their source, in a block of code too.

    A string of Python may hold one, which the cell writes into a table.
    """
    article = copy.copy(html.find("article") or html)
    for string in article.select(".cell_input .s1, .cell_input .s2, .cell_input .si"):
        string.clear()
    shown = article.get_text()
    return re.findall(r"\{(?:numref|eq|ref|doc|cite:\w|dropdown|admonition)\}|`{3}\{", shown)


def undescribed_images(html):
    """Images of an article whose alternative text is missing, a hash, or their file's name."""
    found = []
    for image in (html.find("article") or html).find_all("img"):
        alt = image.get("alt", "")
        if not alt or alt in image["src"] or re.search(r"[0-9a-f]{32}", alt):
            found.append(image["src"])
    return found


# In a page a < that begins no tag is written &lt;. To parse a page for its anchors takes a second.
ANCHOR = re.compile(r"""<(?:[a-z][^<>]*\sid|a\s[^<>]*\bname)=["']?([^"'\s>]+)""", re.IGNORECASE)


@functools.cache
def anchors(file):
    """The places in a page that a link can lead to."""
    return set(ANCHOR.findall(file.read_text(encoding="utf-8")))


def leads_to_a_state(file, fragment):
    """Whether a page has the figure that a link speaks of, and its controls allow each value."""
    asked = dict(parse_qsl(fragment, keep_blank_values=True))
    name = asked.pop("live")
    if name not in figures_in(file.read_text(encoding="utf-8")):
        return False
    controls = by_name(design_of(name).controls)
    try:
        for key, text in asked.items():
            numbers = [float(number) for number in text.split(",")]
            controls[key].check(numbers if isinstance(controls[key], Point) else numbers[0])
    except (KeyError, ValueError):
        return False
    return bool(asked)


def broken_links(file):
    """Links of a page to a file or a place in the site that is not there."""
    broken = []
    for link in soup(file).find_all("a", href=True):
        target = urlsplit(link["href"])
        if target.scheme or target.netloc:
            continue
        goal = (file.parent / unquote(target.path)).resolve() if target.path else file
        if not goal.is_file() or (
            target.fragment
            and goal.suffix == ".html"
            and unquote(target.fragment) not in anchors(goal)
            and not (
                target.fragment.startswith("live=") and leads_to_a_state(goal, target.fragment)
            )
        ):
            broken.append(link["href"])
    return broken


@each_page
def test_page_loads_nothing_from_other_hosts(page):
    assert foreign_loads(soup(built(page))) == []


def test_styles_load_nothing_from_other_hosts():
    sheets = list(SITE.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert foreign_styles(sheet.read_text(encoding="utf-8")) == [], sheet


@each_page
def test_formulas_are_set(page):
    assert unset_formulas(soup(built(page))) == []


@each_page
def test_no_markup_is_shown(page):
    assert raw_markup(soup(built(page))) == []


def test_there_are_formulas():
    assert any(soup(built(page)).select(".katex-html") for page in PAGES)


@each_page
def test_images_are_described(page):
    assert undescribed_images(soup(built(page))) == []


@each_page
def test_links_lead_somewhere(page):
    assert broken_links(built(page)) == []


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.stem)
def test_names_of_the_package_stand_on_their_page_and_in_the_overview(page):
    described = reference.modules_described(ROOT)
    there, overview = anchors(built(f"api/{page.stem}")), built("api").read_text(encoding="utf-8")
    for module in reference.modules_on(page):
        for one in reference.entries(module, described):
            assert one.path in there
            assert f'href="api/{page.stem}.html#{one.path}"' in overview


def test_front_page_leads_to_the_first_page():
    assert "intro.html" in (SITE / "index.html").read_text(encoding="utf-8")


def test_checks_of_files_catch():
    bad = BeautifulSoup(
        """<link rel=stylesheet href="https://x.invalid/a.css"><script src="//x.invalid/a.js">
        </script><a href="https://x.invalid/fine">a link</a><article><p>Let $x$ be \\(y\\), $$z$$
        </p><code>$ echo $HOME</code><pre><span>{</span>eq}`a`</pre>
        <img src="a.png"><img src="b.png" alt="b.png">
        <img src="c.png" alt="0123456789abcdef0123456789abcdef"></article>""",
        "html.parser",
    )
    assert set(foreign_loads(bad)) == {"https://x.invalid/a.css", "//x.invalid/a.js"}
    assert foreign_styles('a{src:url("https://x.invalid/f.woff2")} b{src:url(f.woff2)}') == [
        "https://x.invalid/f.woff2"
    ]
    assert unset_formulas(bad) == ["$x$", "\\(", "$$", "$$"]
    assert raw_markup(bad) == ["{eq}"]
    assert undescribed_images(bad) == ["a.png", "b.png", "c.png"]


def test_check_of_links_catches(tmp_path):
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1>')
    page = tmp_path / "a.html"
    page.write_text(
        "".join(f'<a href="{to}">x</a>' for to in ["b.html#here", "b.html#there", "c.html", "#no"])
    )
    assert broken_links(page) == ["b.html#there", "c.html", "#no"]


def test_links_to_a_state_that_a_figure_does_not_have_are_noticed(tmp_path):
    page = tmp_path / "a.html"
    right = ["#live=adam&amp;step=12", "#live=momentum&amp;place=1.9,0.5"]
    wrong = ["lr=0.1", "step=0", "step=2.5", "step=x", "step=", ""]
    links = [*right, *(f"#live=adam&amp;{one}" for one in wrong), "#live=rmsprop&amp;rho=0.5"]
    holders = "".join(
        f"""<i data-live-figure='{{"figure":"{name}"}}'></i>""" for name in ("adam", "momentum")
    )
    page.write_text(holders + "".join(f'<a href="{to}">x</a>' for to in links))
    assert broken_links(page) == [to.replace("&amp;", "&") for to in links[len(right) :]]


def test_missing_pages_are_noticed(tmp_path):
    toc = tmp_path / "_toc.yml"
    toc.write_text("{format: jb-book, root: intro, chapters: [{file: a/b}, {file: c}]}")
    assert site_pages.pages(toc) == ["a/b", "c", "intro"]
    assert site_pages.parts(toc) == [("", [["a/b"], ["c"]])]
    (tmp_path / "intro.html").touch()
    assert site_pages.missing(tmp_path, ["intro", "c"]) == ["index.html", "c.html"]


# --- What a browser shows -----------------------------------------------------


def page_width(visit):
    return visit.page.evaluate("document.documentElement.scrollWidth")


# The two ways to see a page: from its file on a desktop, and from a server on a phone, in the dark.
# To load one takes longer than most of what is asked of it, so no test asks for a third.
def from_file(kept, page, **options):
    return kept(built(page).as_uri(), **options)


def from_server(kept, served, page, **options):
    return kept(f"{served}{page}.html", PHONE, color_scheme="dark", **options)


@each_page
def test_page_is_quiet_and_alone_as_a_file(kept, page):
    visit = from_file(kept, page)
    assert visit.foreign_requests(f"{SITE.as_uri()}/") == []
    assert visit.complaints == []


@each_page
def test_page_is_quiet_and_alone_over_http(kept, served, page):
    visit = from_server(kept, served, page)
    assert visit.foreign_requests(served) == []
    assert visit.complaints == []


# What is folded away: the feedback to an answer, and the body of a solution.
FEEDBACK = "details.quiz > :not(summary)"
SOLUTION = ".solution.dropdown"
CLICK_EACH = "handles => handles.forEach(handle => handle.click())"
BODY = f"{SOLUTION} > section, {SOLUTION} > p:not(.admonition-title)"
ANSWER_IN_MARKDOWN = re.compile(r'^<details class="quiz">', re.MULTILINE)
SOLUTION_IN_MARKDOWN = re.compile(r"^[`:]{3,}\{solution(?:-start)?\}", re.MULTILINE)


@functools.cache
def in_notebook(page):
    """How many answers and how many solutions the notebook of a chapter has."""
    notebook = nbformat.read(ROOT / f"{page}.ipynb", as_version=4)
    markdown = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return tuple(
        sum(len(mark.findall(source)) for source in markdown)
        for mark in (ANSWER_IN_MARKDOWN, SOLUTION_IN_MARKDOWN)
    )


def visible(visit, selector):
    """Tell of each element that a selector finds whether a reader sees it, in one question."""
    shown = "elements => elements.map(e => e.checkVisibility({visibilityProperty: true}))"
    found = visit.page.locator(selector).evaluate_all(shown)
    assert found, f"nothing on the page is {selector}"
    return found


@pytest.mark.parametrize("page", [*CHAPTERS, *FURTHER])
def test_answers_and_solutions_of_the_notebook_are_on_its_page(page):
    answers, solutions = in_notebook(page)
    assert page in FURTHER or answers > 0
    assert page in FURTHER or solutions > 0
    assert len(soup(built(page)).select("details.quiz")) == answers
    assert len(soup(built(page)).select(SOLUTION)) == solutions


@each_page
def test_page_reads_without_scripts(kept, page):
    visit = from_file(kept, page, java_script_enabled=False)
    assert visit.page.locator("article h1").is_visible()


@each_chapter
def test_solutions_stand_open_and_answers_open_without_scripts(kept, page):
    visit = from_file(kept, page, java_script_enabled=False)
    bodies, answer = visit.page.locator(BODY), visit.page.locator("details.quiz").last
    assert all(body.is_visible() for body in (bodies.first, bodies.last))
    feedback = answer.locator(":scope > :not(summary)").first
    assert feedback.is_hidden()
    answer.locator("summary").click()
    assert feedback.is_visible()
    answer.locator("summary").click()
    assert feedback.is_hidden()


@each_chapter
def test_answers_and_solutions_open_by_mouse_and_keyboard(kept, page):
    visit = from_file(kept, page)
    assert not any(visible(visit, f"{FEEDBACK}, {BODY}"))
    # All of a kind are made alike, so the last of each is tried by hand, and then all at once.
    for kind, handle, inside in [
        ("details.quiz", "summary", FEEDBACK),
        (SOLUTION, "button.toggle-button", BODY),
    ]:
        last, body = visit.page.locator(f"{kind} {handle}").last, visit.page.locator(inside)
        last.click()
        assert body.last.is_visible()
        last.press("Enter")
        assert body.last.is_hidden()
        handles = visit.page.locator(f"{kind} > {handle}, {kind} > * > {handle}")
        assert handles.count() == visit.page.locator(kind).count()
        handles.evaluate_all(CLICK_EACH)
        assert all(visible(visit, inside))
        handles.evaluate_all(CLICK_EACH)
        assert not any(visible(visit, inside))


@each_chapter
def test_everything_is_open_on_paper(kept, page):
    visit = from_file(kept, page)
    assert not any(visible(visit, f"{FEEDBACK}, {BODY}"))
    with on_paper(visit):
        assert all(visible(visit, FEEDBACK))
        assert all(visible(visit, BODY))


@pytest.mark.parametrize("way", ["http", "file"])
def test_search_finds_without_a_network(browser, served, way):
    home = served if way == "http" else f"{SITE.as_uri()}/"
    with Visit(browser, f"{home}search.html?q=gradient") as visit:
        visit.page.wait_for_selector("#search-results li a", timeout=20_000)
        assert visit.foreign_requests(home) == []
        if way == "http":  # from files, browsers refuse the script the pages to quote from
            assert visit.complaints == []


# What axe finds stands in test_accessible.py.
@each_page
def test_page_fits_a_desktop_in_the_light(kept, page):
    visit = from_file(kept, page)
    assert visit.page.get_attribute("html", "data-theme") == "light"
    assert page_width(visit) == DESKTOP["width"]


@each_page
def test_page_fits_a_phone_in_the_dark(kept, served, page):
    visit = from_server(kept, served, page)
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    assert page_width(visit) == PHONE["width"]


SMALLEST = """(places) => Math.min(...[...document.querySelectorAll(places)]
    .filter(e => e.checkVisibility() && e.textContent.trim())
    .map(e => parseFloat(getComputedStyle(e).fontSize)))"""


def sides(visit):
    """How many sheets of paper a page fills, each printed on one side."""
    pdf = visit.page.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_cheat_sheet_is_one_side_of_a4_in_7_point_letters(browser, served):
    with Visit(browser, f"{served}chapters/cheat_sheet.html") as visit:
        assert sides(visit) == 1
        visit.page.emulate_media(media="print")
        places = ".bd-article :is(p, pre, td, th, h3, .katex)"
        assert visit.page.evaluate(SMALLEST, places) >= 7 * 96 / 72 - 0.01
        shown = visit.page.locator(".katex-display").evaluate_all(
            "all => all.filter(e => e.checkVisibility()).length"
        )
        assert shown == visit.page.locator(".katex-display").count()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= DESKTOP["width"]
    with Visit(browser, f"{served}chapters/notation.html") as visit:
        assert sides(visit) > 1


def test_pages_nested_in_a_chapter_are_found_with_it(tmp_path):
    toc = tmp_path / "_toc.yml"
    one = "{file: a, sections: [{file: further/a, sections: [{file: x}]}]}"
    toc.write_text(
        f"{{format: jb-book, root: r, parts: [{{caption: P, chapters: [{one}, {{file: b}}]}}]}}"
    )
    assert site_pages.parts(toc) == [("P", [["a", "further/a", "x"], ["b"]])]


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_what_lacks_a_program_is_skipped_but_never_unseen(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no Chromium"):
        skip_or_fail("no Chromium")


def test_checks_in_the_browser_catch(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        """<html><title>bad</title><script src="http://x.invalid/a.js"></script>
        <script>console.error("broken")</script><img src="data:image/gif;base64,R0lGODlhAQAB">
        <div style="width: 600px">wide</div><pre><span class="k" style="color: #ccc">def</span>
        <span class="n" style="color: black">f</span> <span class="k" style="color: #ccc">if</span>
        </pre></html>"""
    )
    with Visit(browser, page.as_uri(), PHONE) as visit:
        assert visit.foreign_requests(tmp_path.as_uri()) == ["http://x.invalid/a.js"]
        assert "broken" in visit.complaints
        assert page_width(visit) > PHONE["width"]
        thin(visit)
        found = [rule for rule, *_ in violations(visit)]
        assert {"html-has-lang", "image-alt"} < set(found)
        assert found.count("color-contrast") == 1  # of two pale words; the other went before
        assert visit.page.locator("pre").inner_text().split() == ["def", "f", "if"]
        assert {rule for rule, *_ in violations(visit, "pre")} == {"color-contrast"}
        assert {rule for rule, *_ in violations(visit, rules=OF_LOOKS)} == {"color-contrast"}


def test_pages_that_share_a_profile_are_met_as_by_a_new_reader(browser, tmp_path):
    text = """<html><title>a</title><script>if (localStorage.known) console.error("known");
        localStorage.known = 1</script></html>"""
    kept = Kept(browser)
    for name in ("a.html", "b.html"):
        (tmp_path / name).write_text(text)
        kept((tmp_path / name).as_uri())
    assert len(kept.profiles) == 1
    assert kept.complaints() == []
    kept.close()
