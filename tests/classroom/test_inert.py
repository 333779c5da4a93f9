"""What a student wrote does nothing when it is read: in formgrader, with the teacher's rights.

A real browser opens formgrader's own pages, clicks and hovers; nothing may run, ask or go away.
Without the mend the same attacks act, so the tests can fail.
"""

import base64
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from book.visits import QUIET, find_chromium
from classroom import gradebook, pages
from classroom.inert import COMMANDS, is_formula, page_text
from classroom.intake import Wanted, take

from ..missing import skip_or_fail
from .handed_in import DERIVE, RIGHT, STEP, TINY, VALUE, data, notebook, release
from .hostile import DEAD, FORMULAS, IMG, PAYLOADS

pytestmark = pytest.mark.timeout(1800)
WANTED = [Wanted(STEP, "momentum_step"), Wanted(VALUE, "lengthening"), Wanted(DERIVE, None)]
POINTS = {STEP: 2.0, VALUE: 1.0, DERIVE: 3.0}
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/"
PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fc"
        "cfc0500f0004850180e5a4c9b90000000049454e44ae426082"
    )
).decode()

# Every element of an answer, in every way that a reader could set it off.
TOUCH = """() => {
  const answers = [...document.querySelectorAll("#notebook *, main *")];
  for (const element of answers.filter((e) => !e.closest(".panel-heading, .panel-footer"))) {
    for (const { name } of [...element.attributes])
      if (name.startsWith("on")) element.dispatchEvent(new Event(name.slice(2)));
    element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    if (element.focus) element.focus();
    if (element.matches("form")) element.requestSubmit();
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
}"""
SEEN = """() => {
  const all = (query) => [...document.querySelectorAll(query)];
  // The text that MathJax looks for formulas in (tex2jax's skipTags, ignoreClass, processClass).
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const given = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (parent.closest("script, noscript, style, textarea, pre, code")) continue;
    const nearest = parent.closest(".tex2jax_ignore, .tex2jax_process");
    if (!nearest || nearest.classList.contains("tex2jax_process"))
      given.push(walk.currentNode.data);
  }
  return {
    mathjax: given.join(" "),
    elements: all(".tex2jax_ignore *").flatMap(
      (e) => [e.localName, ...[...e.attributes].map((a) => `${e.localName} ${a.name}`)]),
    text: document.body.innerText,
    answer: all(".tex2jax_ignore").map((e) => e.innerText).join(""),
    photos: all(".tex2jax_ignore img").map((e) => e.naturalWidth),
  };
}"""
WRITTEN = "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del table tbody tr th"
ALLOWED = {*WRITTEN.split(), "td", "span", "img", "span class", "img alt", "img src", "ol start"}


def record_of(student, answers, name=None, attachments=None, reason=""):
    found = notebook(answers)
    evil = {"name": IMG, "display_name": IMG, "language": IMG}
    found["metadata"] = {"title": IMG, "kernelspec": evil, "authors": [{"name": IMG}]}
    for cell in found["cells"]:
        cell["metadata"]["tags"] = [f'"><{IMG}']
        if cell["cell_type"] == "code":
            html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": IMG}}
            cell["outputs"] = [html]
    ours = take(data(found), release(), WANTED).notebook
    for cell in ours["cells"]:
        if attachments and cell["metadata"].get("nbgrader", {}).get("grade_id") == DERIVE:
            cell["attachments"] = attachments
    rows = [
        {"name": key, "points": points, "score": 0.0, "status": "wrong", "reason": reason}
        for key, points in POINTS.items()
    ]
    rows[-1] |= {"status": "to be read", "score": None, "reason": ""}
    return {
        "student": student, "name": name or student, "identity": "", "status": "graded",
        "reason": "", "notes": [f"{IMG} was taken."], "exercises": rows, "notebook": ours,
    }  # fmt: skip


HONEST = {
    "formulas": (
        r"Since $0 \le a < b$ and $b > 0$, \(a^2 < b^2\) and \\(x_t\\)." + "\n\n$$\n"
        r"\sum_{k=1}^{t} m^k = m\,\frac{1 - m^t}{1 - m} \quad \text{if } |m| < 1"
        "\n\n$$\n\n" + r"\begin{align} a &= b \\ &< c \end{align}",
        [
            r"$0 \le a < b$", r"$b > 0$", r"\(a^2 < b^2\)", r"\(x_t\)",
            r"\sum_{k=1}^{t} m^k = m\,\frac{1 - m^t}{1 - m}", r"\begin{align} a &= b \\ &< c",
        ],
    ),
    "letters": ("if a<b && c>d, \"e\" & 'f' – für Ängström, 李; x_t, snake_case, 3 * 4, <x>",
                ["if a<b && c>d, \"e\" & 'f' – für Ängström, 李; x_t, snake_case, 3 * 4, <x>"]),
    "table": ("| $m$ | steps |\n|:--|--:|\n| 0.5 | 12 |\n| 0.9 | 45 < 46 |",
              ["$m$", "steps", "0.5", "12", "0.9", "45 < 46"]),
    "code": ("Run `a < b`:\n\n```python\nif a < b:\n    print('<b>')\n\nx = 1\n```\n",
             ["Run a < b:", "if a < b:\n    print('<b>')\n\nx = 1"]),
    "lines": ("first\nsecond  \nthird\\\nfourth\n\nfifth", ["first\nsecond", "third", "fifth"]),
    "structure": ("## Limit\n\n1. one\n2. two **bold** and *slanted* and ~~gone~~\n   - inner\n\n"
                  "> quoted\n\n---\n\nend",
                  ["Limit", "one", "two bold and slanted and gone", "inner", "quoted", "end"]),
    "photo": ("![my page](attachment:my page.png)", []),
    "other TeX": (r"$\mathring{x} \mycommand{y}$", [r"$\mathring{x} \mycommand{y}$"]),
    "escapes": (r"5 \* 6 \_ \# &lt; &alpha; a\\b", [r"5 * 6 _ # < α a\b"]),
}  # fmt: skip


ATTACKS = {**PAYLOADS, **FORMULAS}
# What only formgrader's own scripts set off.
GADGET = "target that is HTML"

# --- Without a browser ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ATTACKS.values(), ids=list(ATTACKS))
def test_markdown_passes_on_what_was_made_inert_as_it_is(text):
    """The reader of Markdown in nbconvert of Markdown changes no letter of it."""
    filters = pytest.importorskip("nbconvert.filters.markdown_mistune")
    shown = page_text(text, {'"><img src=x>': {"image/png": PNG}})
    assert "\n" not in shown
    assert filters.markdown2html_mistune(shown).strip() == shown
    # No letter of the student's stands for itself but letters and digits, outside of our own tags.
    bare = re.sub(r'<(/?[a-z]+[1-6]?|img alt="[^"<>]*" src="data:[^"<>]*"|[a-z]+ [a-z]+="[\w ]+")>',
                  "", shown)  # fmt: skip
    assert re.fullmatch(r"(?:[^\W_]|[ \ufffd]|&#\d+;)*", bare)


def test_no_formula_names_an_address_or_defines_a_command():
    forbidden = """href url require class cssId style bbox unicode def gdef edef let newcommand
        renewcommand newenvironment DeclareMathOperator mmlToken toggle texttip mathtip data
        includegraphics html htmlClass htmlId htmlStyle htmlData csname expandafter input special
        label ref eqref color textcolor colorbox fcolorbox rule hspace kern raise lower"""
    assert not COMMANDS & set(forbidden.split())
    assert not is_formula(r"a \HREF{a}{b}")
    assert not is_formula(r"\begin {align}")
    assert is_formula(r"\left\{ \frac{a}{b} \right\} \\[2pt] \, \| a \|")


def test_a_picture_is_one_of_four_kinds_and_base64():
    hostile = {
        "a": {"image/svg+xml": PNG},
        "b": {"image/png": 'x" onerror="mark()'},
        'c" onerror="mark()': {"image/png": PNG},
        "d": {"text/html": PNG},
    }
    shown = page_text("".join(f"![{name}](attachment:{name})" for name in hostile), hostile)
    assert shown.count("<img") == 1
    assert f'src="data:image/png;base64,{PNG}"' in shown
    assert "svg+xml;" not in shown
    assert 'onerror="' not in shown


def test_a_picture_that_the_text_does_not_show_follows_it():
    assert PNG in page_text("see the photo", {"page.png": {"image/png": PNG}})
    assert page_text("![](attachment:gone.png)", {}).count("<img") == 0


def test_an_answer_with_html_changes_only_with_its_text(tmp_path):
    pytest.importorskip("nbgrader")
    record = record_of("ada", {DERIVE: "a < b & c"})
    give = [TINY, tmp_path]
    assert gradebook.update(*give, [record]) == []
    with gradebook._open(tmp_path) as book:
        book.find_grade(DERIVE, "tiny", "tiny", "ada").manual_score = 2.0
        book.db.commit()
    assert gradebook.update(*give, [record]) == []
    # Also where the earlier tools laid it out as it was handed in.
    path = gradebook._shown(tmp_path, "tiny", "ada")
    gradebook.write_json(path, record["notebook"])
    assert gradebook.update(*give, [record]) == []
    other = record_of("ada", {DERIVE: "a < b & d"})
    assert gradebook.update(*give, [other]) == [("ada", DERIVE)]


# --- In a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("nbgrader")
    playwright = pytest.importorskip("playwright.sync_api")
    executable = find_chromium() or skip_or_fail("no Chromium: install it, or put it in CHROMIUM")
    options = {"executable_path": executable, "args": [*QUIET, "--no-sandbox"]}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(**options)
        yield browser
        browser.close()


class Reading:
    """A page that reads an answer, and all that happened on it which should not."""

    def __init__(self, browser, home, pages=None):
        self.home, self.pages = home, pages or {}
        self.happened = []
        self.page = None  # one on which nothing happened serves once more
        self.context = browser.new_context(service_workers="block")
        self.context.expose_binding("mark", lambda *_: self.happened.append("mark"))
        self.context.route("**/*", self.answer)

    def answer(self, route):
        request = route.request
        own = request.url.startswith(MATHJAX) or "/formgrader/static/" in request.url
        if request.url in self.pages:
            route.fulfill(body=self.pages[request.url], content_type="text/html; charset=utf-8")
        elif own and (self.pages or request.url.startswith(MATHJAX)):
            route.abort()  # the page's own scripts: asked of formgrader itself alone
        elif (
            self.pages
            or not request.url.startswith(self.home)
            or "evil" in request.url
            or request.method != "GET"
        ):
            self.happened.append(f"{request.method} {request.url}")
            route.abort()
        else:
            route.continue_()

    def visit(self, address, *, acts=False):
        """Open a page, touch all of an answer, and return what happened and what was seen.

        Of an answer that ``acts`` we wait for it to do so.
        """
        self.happened.clear()
        page, self.page = self.page or self.new_page(), None
        try:
            page.goto(address, wait_until="load")
            page.evaluate(TOUCH)
            # What was set off is asked for before what we ask for now.
            page.evaluate("() => new Promise((done) => setTimeout(done, 20))")
            while acts and not self.happened:
                page.wait_for_timeout(20)
            if page.url.partition("#")[0] != address:
                self.happened.append(f"went to {page.url}")
            seen = page.evaluate(SEEN)
        except Exception as error:
            # The page went away under our hands.
            if not self.happened:
                raise
            self.happened.append(f"left: {error!r:.60}")
            seen = None
        if self.happened:
            page.close()
        else:
            self.page = page
        return list(self.happened), seen

    def new_page(self):
        page = self.context.new_page()
        page.on("dialog", lambda dialog: (self.happened.append("dialog"), dialog.dismiss()))
        page.on("popup", lambda popup: self.happened.append(f"opened {popup.url}"))
        return page


@pytest.fixture(scope="module")
def formgraded():
    """Return what turns a student's answer into the page that formgrader shows, by its template."""
    exporters = pytest.importorskip("nbconvert.exporters")
    handlers = pytest.importorskip("nbgrader.server_extensions.formgrader.handlers")
    import nbformat
    from traitlets.config import Config

    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    exporter = exporters.HTMLExporter(config=config)
    said = {"base_url": "", "index": 0, "total": 1, "submission_id": "1", "student": "ada"}

    def page(record):
        shown = gradebook._shown_notebook(release(), record)
        return exporter.from_notebook_node(nbformat.from_dict(shown), resources=dict(said))[0]

    return page


PAGE = "http://formgrader.example/submissions/1/"


@pytest.fixture(scope="module")
def reading(browser):
    return Reading(browser, "http://formgrader.example", {PAGE: ""})


def commands_in(text):
    return {word for word in re.findall(r"\\([A-Za-z]+)", text) if word not in COMMANDS}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_does_nothing_where_formgrader_shows_it(reading, formgraded, name):
    reading.pages[PAGE] = formgraded(record_of("ada", {DERIVE: ATTACKS[name]}))
    happened, seen = reading.visit(PAGE)
    assert happened == []
    assert set(seen["elements"]) <= ALLOWED
    assert commands_in(seen["mathjax"]) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_the_same_attack_acts_where_nothing_is_made_inert(reading, formgraded, name, monkeypatch):
    if name in DEAD:
        pytest.skip(DEAD[name])
    monkeypatch.setattr(gradebook, "page_text", lambda text, _pictures: text)
    reading.pages[PAGE] = formgraded(record_of("ada", {DERIVE: ATTACKS[name]}))
    if name in FORMULAS:
        assert commands_in(reading.visit(PAGE)[1]["mathjax"])
    else:
        assert reading.visit(PAGE, acts=True)[0]


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_is_read_as_it_was_written(reading, formgraded, name):
    text, parts = HONEST[name]
    pictures = {"my page.png": {"image/png": PNG}} if name == "photo" else None
    reading.pages[PAGE] = formgraded(record_of("ada", {DERIVE: text}, attachments=pictures))
    happened, seen = reading.visit(PAGE)
    assert happened == []
    for part in parts:
        assert part in seen["answer"]
    assert seen["photos"] == ([1] if name == "photo" else [])
    if name == "formulas":
        assert all(part in seen["mathjax"] for part in parts)


def test_nothing_happens_on_a_page_of_feedback(browser, tmp_path):
    everything = "\n\n".join(ATTACKS.values())
    for at, text in enumerate([everything, ATTACKS["script"], ATTACKS["refresh"]]):
        record = record_of("ada", {DERIVE: text, STEP: text, VALUE: text}, IMG, reason=text)
        path = tmp_path / f"{at}.html"
        path.write_text(pages.page(record, "tiny"), encoding="utf-8", errors="replace")
        assert Reading(browser, path.as_uri()).visit(path.as_uri())[0] == []


@pytest.fixture(scope="module")
def formgrader(tmp_path_factory):
    """Start nbgrader's own server on a class; return its address and each submission's page."""
    pytest.importorskip("nbgrader")
    into = tmp_path_factory.mktemp("class")
    code = f"{RIGHT}\n# </pre></code>{IMG} $\\href{{javascript:mark()}}{{a}}$"
    said = f"ValueError: \x1b[31m{IMG}\x1b]8;;javascript:mark()\x1b\\a </pre>{IMG}"
    everything = "\n\n".join(ATTACKS.values())
    records = [
        record_of("all", {DERIVE: everything, STEP: everything, VALUE: everything}, IMG),
        record_of("code", {STEP: code, VALUE: f'"""{IMG}"""'}, IMG, reason=said),
    ]
    raw = record_of("raw", {DERIVE: ATTACKS[GADGET]})
    gradebook.update(TINY, into, records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradebook, "page_text", lambda text, _pictures: text)
        gradebook.update(TINY, into, [raw])
    with gradebook._open(into) as book:
        ids = {
            name: book.find_submission_notebook("tiny", "tiny", name).id
            for name in ("all", "code", "raw")
        }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "jupyter_server", "--ServerApp.ip=127.0.0.1", "--no-browser"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={into}"]
    names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    places = dict.fromkeys(names, str(home))
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(
            command, cwd=into, env=os.environ | places, stdout=log, stderr=subprocess.STDOUT
        )
        address = f"http://127.0.0.1:{port}"
        while not _answers(f"{address}/api/status"):
            if server.poll() is not None:
                log.seek(0)
                pytest.fail(f"the Jupyter server ended: {log.read()[-2000:]}")
            time.sleep(0.1)
        pages = {name: f"{address}/formgrader/submissions/{key}/" for name, key in ids.items()}
        yield f"{address}/formgrader", pages
        server.terminate()
        server.wait()


def _answers(address):
    try:
        with urllib.request.urlopen(address):  # noqa: S310 - our own server
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def grading(browser, formgrader):
    return Reading(browser, formgrader[0].removesuffix("/formgrader"))


@pytest.mark.parametrize("student", ["all", "code"])
def test_nothing_happens_in_formgrader_itself(grading, formgrader, student):
    happened, seen = grading.visit(formgrader[1][student])
    assert happened == []
    assert set(seen["elements"]) <= ALLOWED
    assert commands_in(seen["mathjax"]) == set()
    assert IMG in seen["text"]


@pytest.mark.parametrize(
    "path",
    ["manage_students", "manage_students/all", "manage_submissions/tiny", "gradebook/tiny/tiny"],
)
def test_a_students_name_does_nothing_in_formgrader(grading, formgrader, path):
    assert grading.visit(f"{formgrader[0]}/{path}")[0] == []


def test_formgraders_own_scripts_would_run_what_an_answer_holds(grading, formgrader):
    assert "mark" in grading.visit(formgrader[1]["raw"], acts=True)[0]
