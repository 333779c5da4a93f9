"""The reading page: only it may write, what students wrote does nothing there, and marks are kept.

One server and one browser do for all of it.
"""

import base64
import http.client
import json
import shutil
import threading
from urllib.parse import quote

import pytest

from book.visits import QUIET, find_chromium
from classroom import marking
from classroom.ledger import Ledger, key_of
from classroom.marks import Marks, everybodys
from classroom.submissions import collect, notebook_path

from ..missing import skip_or_fail
from .handed_in import DERIVE, SOUGHT, STEP, TINY, VALUE, cell_of, code, data, notebook
from .hostile import FORMULAS, IMG, PAYLOADS
from .test_inert import PNG, TOUCH, WRITTEN

pytestmark = pytest.mark.timeout(600)
ATTACKS = "\n\n".join({**PAYLOADS, **FORMULAS}.values())
HONEST = r"Since $|m| < 1$, the sum is $$\sum_{k=1}^{t} m^k = m\,\frac{1 - m^t}{1 - m}.$$"
TABLE = {"output_type": "stream", "name": "stdout", "text": f"0.9 45\n{IMG}\n"}
PLOT = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG}}


def handed(text):
    found = notebook({DERIVE: text})
    at = found["cells"].index(cell_of(found, DERIVE))
    found["cells"].insert(at, code(f"run()  # {IMG}", outputs=[TABLE, PLOT]))
    return found


def record_of(student, text):
    rows = [
        {"name": STEP, "points": 2.0, "score": 2.0, "status": "right", "reason": ""},
        {"name": VALUE, "points": 1.0, "score": None, "status": "NOT GRADED", "reason": IMG},
        {"name": DERIVE, "points": 3.0, "score": None, "status": "to be read", "reason": "Read."},
    ]
    found = {"student": student, "status": "NOT GRADED", "reason": "", "notes": [IMG]}
    return {**found, "exercises": rows, "notebook": notebook({DERIVE: text})}


@pytest.fixture(scope="module")
def into(tmp_path_factory):
    """Return a class of three that was collected and graded, without a sandbox."""
    folder = tmp_path_factory.mktemp("reading")
    texts = {"Ada_1": ATTACKS, "Bob_2": HONEST, "Eve <img src=x onerror=mark()>_3": "Because."}
    for who, text in texts.items():
        inside = folder / "export" / f"{who}_assignsubmission_file"
        inside.mkdir(parents=True)
        (inside / "tiny.ipynb").write_bytes(data(handed(text)))
    students, _ = collect(folder / "export", folder, "tiny", SOUGHT)
    ledger = Ledger(folder, "tiny")
    ledger.seed()
    for student, text in zip(students, texts.values(), strict=True):
        path = notebook_path(folder, "tiny", student.student)
        # The record's key is that of what was handed in; what was asked does not matter here.
        ledger.keep(record_of(student.student, text), key_of(path.read_bytes(), ""))
    return folder


@pytest.fixture
def page(into):
    """Serve the page to ann, on whose desk nothing is read yet."""
    shutil.rmtree(into / "marks", ignore_errors=True)
    desk = marking.Desk(TINY, into, "ann")
    with marking.Page(desk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    desk.close()


def asked(page, method, path, body=None, **headers):
    """Send a request as any program can, and return the status, the text and the headers."""
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    found = reply.status, reply.read().decode(), dict(reply.headers)
    connection.close()
    return found


def a_mark(page, **more):
    student = page.desk.answers(DERIVE)[1]["student"]
    state = page.desk.state(DERIVE, student)
    mark = {"question": DERIVE, "student": student, "points": 2.5, "comment": "Good."}
    return {**mark, "answer": state["answer"], "settles": False, **more}


def own(page):
    return {"Origin": f"http://127.0.0.1:{page.server_port}", "Content_Type": "application/json"}


def sent(page, **more):
    body = json.dumps(a_mark(page, **more))
    return asked(page, "POST", f"{page.home}/mark", body, **own(page))


# --- Who may write -------------------------------------------------------------------------------


def test_a_mark_is_on_disk_before_the_page_says_so(page, into):
    status, said, _ = sent(page)
    assert (status, json.loads(said)["points"]) == (200, 2.5)
    (mark,) = everybodys(into, "tiny")["ann"].values()
    assert (mark["points"], mark["comment"]) == (2.5, "Good.")


@pytest.mark.parametrize(
    ("headers", "home"),
    [
        ({"Origin": "https://evil.example"}, None),
        ({"Origin": "null"}, None),
        ({"Origin": "http://127.0.0.1:1"}, None),
        ({"Content_Type": "text/plain"}, None),
        ({"Content_Type": "application/x-www-form-urlencoded"}, None),
        ({"Host": "evil.example"}, None),
        ({"Host": "evil.example:80"}, None),
        ({}, "/guessed"),
        ({}, ""),
    ],
)
def test_no_other_page_writes_a_mark(page, into, headers, home):
    path = f"{page.home if home is None else home}/mark"
    headers = own(page) | headers
    assert asked(page, "POST", path, json.dumps(a_mark(page)), **headers)[0] == 403
    del headers["Origin"]
    assert asked(page, "POST", path, json.dumps(a_mark(page)), **headers)[0] == 403
    assert not (into / "marks").exists()


@pytest.mark.parametrize("path", ["/", "", "//", "/guessed/", "/guessed/question/tiny-derive"])
def test_nothing_is_read_without_the_secret(page, path):
    assert asked(page, "GET", path or "x")[0] in (400, 403)
    status, said, _ = asked(page, "GET", f"{page.home}/", Host="evil.example")
    assert (status, "tiny" in said) == (403, False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"points": 3.5}, "Points must be a number from 0 to 3, got 3.5."),
        ({"points": -1}, "Points must be a number from 0 to 3, got -1."),
        ({"points": True}, "Points must be a number"),
        ({"points": "2"}, "Points must be a number"),
        ({"points": float("nan")}, "Points must be a number"),
        ({"comment": None}, "Comment must be a text."),
        ({"question": "x"}, "There is no question 'x'."),
        ({"student": "x"}, "There is no student x."),
        ({"student": ["x"]}, "There is no question"),
        ({"question": ["x"]}, "There is no question"),
        ({"answer": "x"}, "The answer was handed in anew"),
    ],
)
def test_what_is_no_mark_is_refused_and_said(page, into, wrong, said):
    status, text, _ = sent(page, **wrong)
    assert (status, text[: len(said)]) == (400, said)
    assert not (into / "marks").exists()


@pytest.mark.parametrize("path", ["files/..%2Fmarking.py", "files/fonts/..%2F..%2FLICENSE", "x/y"])
def test_no_other_file_is_served(page, path):
    assert asked(page, "GET", f"{page.home}/{path}")[0] in (400, 404)


def test_what_a_student_wrote_has_a_policy_that_lets_nothing_run(page):
    for one in page.desk.answers(DERIVE):
        path = f"{page.home}/answer/{DERIVE}/{quote(one['student'])}"
        status, text, headers = asked(page, "GET", path)
        assert status == 200
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self';")
        assert "script" not in policy
        assert policy.endswith("sandbox allow-same-origin")
        assert "<script" not in text
        assert IMG not in text


# --- A second reader -----------------------------------------------------------------------------


def test_a_second_reader_sees_the_first_after_having_read(page, into):
    mark = a_mark(page)
    Marks(into, "tiny", "ben").give((mark["student"], DERIVE), 1.0, "Hm.", mark["answer"])
    before = page.desk.state(DERIVE, mark["student"])
    assert (before["others"], before["hidden"], page.desk.differences()) == ([], 1, [])
    sent(page)
    after = page.desk.state(DERIVE, mark["student"])
    assert after["others"] == [{"reader": "ben", "points": 1.0, "comment": "Hm."}]
    assert after["state"] == "differs"
    ((found),) = page.desk.differences()
    assert (found["points"], found["open"]) == ({"ann": 2.5, "ben": 1.0}, True)
    sent(page, settles=True)
    assert page.desk.state(DERIVE, mark["student"])["state"] == "read"


# --- In a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    executable = find_chromium() or skip_or_fail("no Chromium: install it, or put it in CHROMIUM")
    options = {"executable_path": executable, "args": [*QUIET, "--no-sandbox"]}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(**options)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, page):
    """Return a page of the browser, and what happened that should not have."""
    context = browser.new_context(service_workers="block")
    happened = []
    context.expose_binding("mark", lambda *_: happened.append("mark"))
    tab = context.new_page()
    tab.on("dialog", lambda dialog: (happened.append("dialog"), dialog.dismiss()))
    tab.on("popup", lambda popup: happened.append(popup.url))
    tab.on("pageerror", lambda error: happened.append(str(error)))
    home = page.address.rpartition("/")[0].rpartition("/")[0]

    def foreign(request):
        if not request.url.startswith((home, "data:")):
            happened.append(request.url)

    tab.on("request", foreign)
    yield tab, happened
    context.close()


def opened(tab, page, at):
    """Open an answer, and return its frame once its formulas are set."""
    student = page.desk.answers(DERIVE)[at]["student"]
    tab.goto(f"{page.address}question/{DERIVE}/{quote(student)}")
    frame = tab.frame_locator("#answer")
    frame.locator("body[data-set]").wait_for()
    return frame


def test_nothing_that_a_student_wrote_happens_on_the_page(page, visit):
    tab, happened = visit
    frame = opened(tab, page, 0)
    inner = next(one for one in tab.frames if "/answer/" in one.url)
    before = tab.url
    inner.evaluate(TOUCH.replace("#notebook *, main *", "body *"))
    tab.wait_for_timeout(50)
    assert happened == []
    assert tab.url == before
    names = set(inner.evaluate("[...document.querySelectorAll('main *')].map((e) => e.localName)"))
    # Formulas are KaTeX's spans and MathML, whose names begin with an m.
    names -= {*WRITTEN.split(), "td", "span", "img", "div", "semantics", "annotation"}
    assert {name for name in names if not name.startswith("m")} <= {"svg", "path", "line", "g"}
    assert (
        inner.evaluate("document.querySelectorAll('body a, body [href], body [onclick]').length")
        == 0
    )
    assert IMG in frame.locator("body").inner_text()


def test_formulas_tables_and_plots_are_shown_without_a_foreign_host(page, visit):
    tab, happened = visit
    frame = opened(tab, page, 1)
    assert frame.locator("main .katex").count() == 2
    assert frame.locator("main .katex-display").count() == 1
    assert "0.9 45" in frame.locator("pre.output").inner_text()
    assert frame.locator("img").evaluate("(image) => image.naturalWidth") == 1
    assert base64.b64decode(PNG)[:4] == b"\x89PNG"
    assert happened == []


def test_keys_give_points_go_on_and_undo(page, visit, into):
    tab, happened = visit
    opened(tab, page, 0)
    kept = tab.locator("#kept")
    tab.keyboard.press("2")
    kept.get_by_text("Kept at").wait_for()
    tab.keyboard.press(".")
    tab.locator('#points [data-points="2.5"][aria-pressed="true"]').wait_for()
    tab.keyboard.press("c")
    tab.keyboard.type("The sum, 7 of it.")
    with tab.expect_navigation():
        tab.keyboard.press("Control+Enter")
    stored = everybodys(into, "tiny")["ann"]
    students = [one["student"] for one in page.desk.answers(DERIVE)]
    mark = stored[students[0], DERIVE]
    assert (mark["points"], mark["comment"]) == (2.5, "The sum, 7 of it.")
    assert quote(students[1]) in tab.url
    tab.keyboard.press("3")
    tab.locator("#kept").get_by_text("Kept at").wait_for()
    with tab.expect_navigation():
        tab.keyboard.press("u")
    assert (students[1], DERIVE) not in everybodys(into, "tiny")["ann"]
    assert happened == []


def test_a_mark_that_could_not_be_kept_is_said(page, visit, monkeypatch):
    tab, _ = visit
    opened(tab, page, 1)

    def full(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(page.desk.marks, "give", full)
    tab.keyboard.press("1")
    tab.locator("#kept.failed").get_by_text("NOT kept: the disk is full").wait_for()
