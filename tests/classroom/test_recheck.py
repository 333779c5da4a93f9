"""Marks are earned: every way to forge a test that was tried, and every way not to end."""

import json
import os

import pytest

from classroom import recheck, wire
from classroom.recheck import grade_submission
from minioptim import checks

from .handed_in import (
    COURSE,
    RIGHT,
    STEP,
    VALUE,
    WRONG,
    bounded,
    code,
    data,
    exam,
    graded,
    notebook,
    sandboxed,
    scores,
)

pytestmark = bounded


def step(source, **more):
    """Return the row of the function, and check that the value beside it is graded as ever."""
    rows = graded(notebook({STEP: source, **more}))
    assert rows[VALUE]["score"] == 1.0
    return rows[STEP]


# --- Right is right ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        RIGHT,
        RIGHT.replace("return x + v, v", "return [x + v, v]"),
        RIGHT.replace("return x + v, v", "return np.array([x + v, v])"),
        "momentum_step = lambda g, x, v, lr, momentum: (x + momentum*v - lr*g, momentum*v - lr*g)",
        "import warnings\nwarnings.warn('a warning')\n" + RIGHT,
        RIGHT.replace("    v =", "    import warnings; warnings.warn('mind')\n    v ="),
        RIGHT.replace("    v =", "    print('x' * 10**7)\n    v ="),
        RIGHT + "\nprint(momentum_step(1., 1., 1., 1., 1.))\nassert False, 'my own test'",
        "%matplotlib inline\n" + RIGHT,
        RIGHT + "\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "import minioptim\n" + RIGHT,
        "%%time\n" + RIGHT.replace("    v =", "    display(x)\n    v ="),
        "%%time\n" + RIGHT.replace("- lr * g", "- lr * g  # minus, right?"),
        "get_ipython().run_line_magic('matplotlib', 'inline')\n" + RIGHT,
        "files = !ls\ntook = %timeit -o 1 + 1\nnp.sqrt??\n" + RIGHT,
        "import numpy as np\n"
        + RIGHT.replace(
            "return x + v, v", "both = np.empty(2, object); both[:] = [x + v, v]; return both"
        ),
    ],
)
def test_a_right_answer_has_its_points(source):
    assert step(source)["score"] == 2.0


def test_the_answers_of_the_source_notebook_are_right():
    path = COURSE / "source" / "tiny" / "tiny.ipynb"
    assert scores(path.read_bytes()) == (2.0, 1.0)


FILLED = {
    "list": "table = []\nfor k in range(3):\n    table.append(8 + k)",
    "list in a comprehension": "table = []\n[table.append(8 + k) for k in range(3)]",
    "dict": "table = {}\nfor k in [8, 9, 10]:\n    table[k] = k",
    "dict of lists": "table = {}\ntable.setdefault(10, []).append(1)",
    "array": "import numpy as np\ntable = np.ones(3)\nfor k in range(3):\n    table[k] = 8 + k",
    "entry deleted": "table = [10, 99]\ndel table[-1]",
}


@pytest.mark.parametrize("filled", FILLED)
def test_a_table_filled_step_by_step_in_a_cell_above_can_be_used(filled):
    found = notebook({VALUE: "lengthening = max(table)"})
    found["cells"].insert(1, code(FILLED[filled]))
    assert graded(found)[VALUE]["score"] == 1.0


def test_a_name_used_again_later_keeps_its_meaning_here():
    helper = "def step_of(v, g, lr, momentum):\n    return momentum * v - lr * g\n\n\n"
    source = helper + RIGHT.replace("momentum * v - lr * g", "step_of(v, g, lr, momentum)")
    later = "def step_of(momentum):\n    return 1 / (1 - momentum)\n\n\nlengthening = step_of(0.9)"
    assert scores(notebook({STEP: source, VALUE: later})) == (2.0, 1.0)


def test_a_name_that_only_a_later_cell_has_is_found_there():
    found = notebook({STEP: RIGHT.replace("- lr", "- ONE * lr")})
    found["cells"].append(code("ONE = 1.0"))
    assert graded(found)[STEP]["score"] == 2.0


def test_a_plot_or_a_long_run_beside_an_answer_costs_nothing():
    found = notebook()
    for source in ("import time\ntime.sleep(99)", "print(momentum_step)\nwhile lengthening: pass"):
        found["cells"].append(code(source))
    assert scores(found) == (2.0, 1.0)


def test_fifty_megabytes_of_output_cost_nothing():
    source = RIGHT.replace("    v =", "    import sys; sys.stdout.write('x' * 50_000_000)\n    v =")
    assert step(source)["score"] == 2.0


# --- Wrong is wrong, and named -------------------------------------------------------------------


def test_a_named_mistake_has_its_sentence():
    row = step(WRONG)
    assert (row["score"], row["status"]) == (0.0, "wrong")
    assert row["reason"].startswith("The velocity goes uphill: the gradient is subtracted.")
    assert "expected" in row["reason"]


def test_every_mistake_of_the_course_is_named():
    sources = {
        "The velocity goes uphill: the gradient is subtracted.": WRONG,
        "The old velocity is not kept.": RIGHT.replace("momentum * v - lr * g", "-lr * g"),
    }
    for sentence, source in sources.items():
        assert step(source)["reason"].startswith(sentence)


def test_a_tuple_and_a_list_are_shown_alike():
    said = [
        step(WRONG.replace("return x + v, v", f"return {form}"))["reason"]
        for form in ("x + v, v", "[x + v, v]", "np.array([x + v, v])")
    ]
    assert said[0] == said[1] == said[2]
    assert said[0].count("[") == 2
    assert "it gave [" in said[0]


def test_an_argument_that_was_changed_is_shown_before_and_after():
    """The result is right: shown beside what was expected, it would be a riddle."""
    question = exam().questions[0]
    right = [wire.decode(result) for result in question.expected]
    replies = [
        {"result": wire.encode(result), "arguments": wire.encode(wire.decode(call))}
        for result, call in zip(right, question.calls, strict=True)
    ]
    assert recheck._judge(question, replies) == ("right", "")
    after = list(wire.decode(question.calls[0]))
    before = checks.shown(checks.plain(after[1]))
    after[1] = after[1] + 1.5
    replies[0]["arguments"] = wire.encode(tuple(after))
    status, said = recheck._judge(question, replies)
    assert status == "wrong"
    now = checks.shown(checks.plain(after[1]))
    assert said.endswith(f" x was {before}, and is {now} afterwards.")
    assert "it gave" not in said


def test_a_wrong_value_is_said_to_be_the_students_own():
    row = graded(notebook({VALUE: "lengthening = 7.5"}))[VALUE]
    assert row["reason"] == (
        "lengthening: that is not the right value. You wrote lengthening = 7.5."
    )
    row = graded(notebook({VALUE: "lengthening = 'b'"}))[VALUE]
    assert row["reason"].startswith("lengthening: it is a letter; expected a number.")


def test_a_syntax_error_names_its_line_once_and_no_file():
    reason = step("def momentum_step(:\n    pass")["reason"]
    assert reason.count("line 1") == 1
    assert "<" not in reason


def test_a_wrong_value_is_not_told_the_right_one():
    row = graded(notebook({VALUE: "lengthening = 0.9"}))[VALUE]
    assert row["score"] == 0.0
    assert row["reason"].startswith("That is momentum itself, and not the sum of its powers.")
    assert "10" not in row["reason"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def momentum_step(g, x, v, lr, momentum):\n    return 1 / 0", "ZeroDivisionError"),
        ("def momentum_step(g):\n    return g", "TypeError"),
        ("def momentum_step(:", "SyntaxError"),
        ("raise ValueError('own')", "ValueError: own"),
        ("something_else = 3", "momentum_step is not defined"),
        ("momentum_step = 3", "is not a function"),
        (RIGHT.replace("return x + v, v", "return x + v"), "expected"),
        (RIGHT.replace("return x + v, v", "return ..."), "returns nothing"),
        (RIGHT.replace("return x + v, v", "return lambda: 0"), "it returns a function; expected"),
        (RIGHT.replace("return x + v, v", "return {}"), "expected"),
        (RIGHT.replace("v =", "v[...] = 0; v =", 1), ""),
        (RIGHT.replace("    v =", "    v *= momentum\n    v -= 0 * g\n    v ="), ""),
        ("import sys\nsys.exit()", "SystemExit"),
        ("exit()", ""),
        ("class E(Exception):\n    def __str__(self): return 1/0\nraise E", "E"),
    ],
)
def test_an_answer_that_fails_has_a_reason_of_one_line(source, said):
    row = step(source)
    assert row["score"] == 0.0
    assert said in row["reason"]
    assert "\n" not in row["reason"]
    assert row["reason"]


@pytest.mark.parametrize(
    "source",
    ["raise ValueError(chr(0xd800))", f"{RIGHT[: RIGHT.index('    v')]}    return chr(0xd800)"],
)
def test_a_reason_can_be_written_whatever_letters_are_in_it(source):
    assert step(source)["reason"].encode()


@pytest.mark.parametrize("result", ["[None, 1.0] * 9999", "{k: 'x' * 999 for k in range(99)}"])
def test_a_reason_is_short_whatever_was_returned(result):
    reason = step(f"{RIGHT[: RIGHT.index('    v')]}    return {result}")["reason"]
    assert 0 < len(reason) < 500


def test_an_empty_array_of_a_large_shape_costs_nothing():
    source = RIGHT.replace("x + v, v", "np.zeros((200_000, 200_000, 0))")
    assert "expected up to" in step("import numpy as np\n" + source)["reason"]


def test_an_answer_for_the_visible_calls_alone_is_wrong():
    # What the cell below the answer shows for its one call.
    source = "def momentum_step(g, x, v, lr, momentum):\n    return -0.1, -0.1"
    assert step(source)["score"] == 0.0


# --- CLASSROOM: the rows of recheck, marks that were not earned ----------------------------------

FORGED = {
    "numpy patched": """
import numpy as np
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.asarray = lambda *a, **k: np.float64(0)
""",
    "the check patched": """
import minioptim.checks, minioptim.checks.compare, minioptim.checks.verdict
for module in (minioptim.checks, minioptim.checks.compare, minioptim.checks.verdict):
    module.same = lambda *a, **k: True
    module.judge = lambda *a, **k: module.Verdict(True, "", None)
""",
    "asserts stripped": """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
try:
    get_ipython().ast_transformers.append(Strip())
except NameError:
    pass
import builtins
compiled = builtins.compile
builtins.compile = lambda source, *a, **k: compiled("0", "x", "exec")
""",
    "do_execute patched": """
try:
    from ipykernel.ipkernel import IPythonKernel
    IPythonKernel.do_execute = lambda self, *a, **k: {"status": "ok", "execution_count": 1}
except Exception:
    pass
""",
    "execute_result forged": """
import sys, json, os
for number in range(3, 30):
    try:
        for _ in range(9):
            os.write(number, b'{"result": {"tuple": [0.0, 0.0]}, "right": true, "score": 2}\\n')
    except OSError:
        pass
""",
    "comparison always true": """
class Yes(float):
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda *a: True
    __sub__ = __rsub__ = __abs__ = lambda *a: Yes(0)
    __hash__ = None
def momentum_step(*a):
    return Yes(1), Yes(1)
""",
    "__array_function__ subclass": """
import numpy as np
class Yes(np.ndarray):
    def __array_function__(self, *a): return True
    def __array_ufunc__(self, *a, **k): return np.True_
def momentum_step(g, x, v, lr, momentum):
    return np.zeros(np.shape(x)).view(Yes), np.zeros(np.shape(x)).view(Yes)
""",
    "json patched": """
import json
json.dumps = lambda *a, **k: '{"result": {"tuple": [1.0, 1.0]}}'
""",
    "reference stolen from the caller's frame": """
import sys, gc
def momentum_step(g, x, v, lr, momentum):
    frame = sys._getframe()
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            for word in ("expected", "reference", "right", "solution", "want"):
                if word in names:
                    return names[word]
        frame = frame.f_back
    for thing in gc.get_objects():
        if getattr(thing, "__name__", "") in ("right", "reference", "solution"):
            return thing(g, x, v, lr, momentum)
    return x, v
""",
    "reads the solution": """
import pathlib
def momentum_step(g, x, v, lr, momentum):
    for root in (".", "..", "../../../source", "/", "/given", "/tmp", "/home", "/root"):
        for path in pathlib.Path(root).rglob("*.ipynb"):
            if "BEGIN SOLUTION" in path.read_text():
                space = {}
                exec(path.read_text(), space)
        for path in pathlib.Path(root).glob("keys/*.py"):
            return {}
    return x, v
""",
    "reads the memory of the grader": """
import os
def momentum_step(g, x, v, lr, momentum):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            try:
                open(f"/proc/{pid}/mem", "rb").read(10)
                open(f"/proc/{pid}/environ").read()
            except OSError:
                pass
    return x, v
""",
    "pickle sent": """
class Bomb:
    def __reduce__(self):
        return (print, ("owned",))
def momentum_step(*a):
    return Bomb(), Bomb()
""",
    "names that look like NaN": """
def momentum_step(*a):
    return float("nan"), float("nan")
""",
    "infinite": """
def momentum_step(*a):
    return float("inf"), float("inf")
""",
    "arguments handed back": "def momentum_step(*a):\n    return a\n",
}


@pytest.mark.parametrize("attack", FORGED)
def test_no_mark_is_forged(attack):
    source = FORGED[attack]
    if "def momentum_step" not in source:
        source += "\n" + WRONG
    row = graded(notebook({STEP: source}))[STEP]
    assert row["score"] in (0.0, None)
    assert row["status"] != "right"
    # Nor from a cell of the student's own that is run before.
    found = notebook({STEP: WRONG})
    found["cells"].insert(0, code(source))
    assert graded(found)[STEP]["score"] in (0.0, None)


def test_a_right_function_is_right_where_numpy_was_patched():
    source = FORGED["numpy patched"] + RIGHT
    assert graded(notebook({STEP: source}))[STEP]["status"] != "NOT GRADED"


def test_a_module_handed_in_shadows_nothing(tmp_path, monkeypatch):
    """A student's numpy.py lies where grading is started, and in the working folder of all."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('owned')")
    (tmp_path / "json.py").write_text("raise SystemExit('owned')")
    monkeypatch.chdir(tmp_path)
    assert step("import numpy as np\n" + RIGHT)["score"] == 2.0


# --- CLASSROOM: the rows of the sandbox ----------------------------------------------------------


def test_files_of_the_course_stay_as_they_are(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("scores")
    source = f"""
import os, pathlib, shutil
for path in ({str(secret)!r}, {str(COURSE)!r}, "/given", "/usr/x"):
    try: pathlib.Path(path).write_text("forged")
    except OSError: pass
    shutil.rmtree(path, ignore_errors=True)
    try: os.symlink(path, "tiny.ipynb")
    except OSError: pass
pathlib.Path("timestamp.txt").write_text("2000-01-01")
"""
    before = sorted((path, path.stat().st_mtime_ns) for path in COURSE.rglob("*"))
    assert step(source + RIGHT)["score"] == 2.0
    assert secret.read_text() == "scores"
    after = sorted((path, path.stat().st_mtime_ns) for path in COURSE.rglob("*"))
    assert after == before


def test_a_daemon_does_not_outlive_grading():
    marker = f"daemon{os.getpid()}"
    source = f"""
import os, subprocess, sys, threading, time
try:
    if os.fork() == 0:
        os.setsid()
        sys.argv[0] = {marker!r}
        time.sleep(10**6)
except OSError:
    pass
try:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(10**6) # {marker}"])
except OSError:
    pass
threading.Thread(target=time.sleep, args=(10**6,)).start()
"""
    # All that it started would sleep for days: that this comes back says that it was ended.
    assert step(source + RIGHT)["score"] == 2.0
    assert not [
        entry
        for entry in os.listdir("/proc")
        if entry.isdigit() and marker.encode() in _command(entry)
    ]


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_there_is_no_network():
    source = """
import socket, urllib.request
def momentum_step(g, x, v, lr, momentum):
    socket.create_connection(("192.0.2.1", 80), timeout=1)
"""
    row = step(source)
    assert "Network is unreachable" in row["reason"]


def test_six_gigabytes_are_refused():
    row = step("import numpy as np\nkept = np.ones(750_000_000)\n" + RIGHT)
    # The answer itself was not reached.
    assert (row["score"], row["status"]) == (0.0, "error")
    assert "MemoryError" in row["reason"]


def test_a_fork_bomb_does_nothing():
    row = step("import os\nwhile True:\n    os.fork()\n" + RIGHT)
    assert "PermissionError" in row["reason"]


def test_a_bomb_of_threads_is_bounded(monkeypatch):
    monkeypatch.setattr(recheck, "CPU_SECONDS_PER_EXERCISE", 3)
    source = """
import threading, time
def bomb():
    while True:
        threading.Thread(target=bomb).start()
threading.Thread(target=bomb, daemon=True).start()
time.sleep(1)
"""
    row = step(source + WRONG)
    assert row["score"] in (0.0, None)


# --- CLASSROOM: the rows of code that does not end -----------------------------------------------


LOOP = "used more than 2 s of processor time: is there a loop that never ends?"
IGNORED = """import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
"""
STUBBORN = """while True:
    try:
        while True: pass
    except BaseException: pass
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nos._exit(0)", "ended by itself"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        (
            "while True: pass",
            LOOP,
        ),
        (STUBBORN, LOOP),
        (
            IGNORED + "while True: pass",
            LOOP,
        ),
        ("import time\ntime.sleep(1000)", "no answer within"),
        ("import os\nos.closerange(0, 100)", ""),
        (
            "x = 10 ** 10 ** 10",
            LOOP,
        ),
        ("import os\nos.write(4, b'x' * 10**8)", ""),
    ],
)
def test_endless_code_is_not_graded_and_leaves_the_rest(source, said, monkeypatch):
    monkeypatch.setattr(recheck, "CPU_SECONDS_PER_EXERCISE", 2)
    if "sleep" in source:
        monkeypatch.setattr(recheck, "SECONDS_TO_START", 4.0)
        monkeypatch.setattr(recheck, "SECONDS_PER_CALL", 4.0)
    row = step(source)
    assert row["score"] in (0.0, None)
    assert said in row["reason"]
    body = "def momentum_step(g, x, v, lr, momentum):\n" + "".join(
        f"    {line}\n" for line in source.splitlines()
    )
    row = step(body)
    assert row["score"] in (0.0, None)
    assert said in row["reason"]
    if said:
        assert (row["score"], row["status"]) == (None, "NOT GRADED")


def test_a_submission_as_a_whole_is_bounded(monkeypatch):
    monkeypatch.setattr(recheck, "SECONDS_PER_EXERCISE", 1.0)
    sandboxed()
    source = "import time\n" + RIGHT.replace("    v =", "    time.sleep(0.4)\n    v =")
    row = graded(notebook({STEP: source}))[STEP]
    assert row["status"] == "NOT GRADED"


@pytest.mark.parametrize("ending", ["os._exit(0)", "while True: pass", "1 / 0"])
def test_an_endless_cell_costs_another_with_its_import_nothing(ending, monkeypatch):
    monkeypatch.setattr(recheck, "CPU_SECONDS_PER_EXERCISE", 2)
    own = notebook(
        {STEP: f"import os\n{ending}", VALUE: "import os\nlengthening = 10 if os else 0"}
    )
    assert scores(own)[1] == 1.0
    borrowed = notebook({STEP: f"import os\n{ending}", VALUE: "lengthening = 10 if os else 0"})
    assert scores(borrowed)[1] == 1.0


# --- The same submission, the same score ---------------------------------------------------------


def test_the_same_submission_graded_twice_has_the_same_record():
    sandboxed()
    source = RIGHT.replace("v, v", "v + (0 if np.random.rand() < 0.5 else 1), v")
    content = data(notebook({STEP: "import numpy as np\n" + source}))
    first, second = (grade_submission(exam(), "ada", content) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize("drawn", ["np.random.default_rng()", "np.random.default_rng(seed=None)"])
def test_a_generator_without_a_seed_has_one_here(drawn):
    value = f"import numpy as np\nlengthening = {drawn}.random()"
    first, second = (graded(notebook({VALUE: value}))[VALUE]["reason"] for _ in range(2))
    assert first == second
    # But each is another, as without a seed.
    value = f"import numpy as np\nlengthening = 10 if {drawn}.random() != {drawn}.random() else 0"
    assert graded(notebook({VALUE: value}))[VALUE]["score"] == 1.0


def test_another_seed_asks_other_questions():
    first, second = exam(1).questions[0], exam(2).questions[0]
    assert first.calls != second.calls
    assert first.expected != second.expected
    assert exam(1).digest() != exam(2).digest()


def test_each_exercise_is_asked_by_a_stream_of_its_own():
    assert exam(1).digest() == exam.__wrapped__(1).digest()


def test_a_record_is_plain_data():
    sandboxed()
    record = grade_submission(exam(), "ada", data(notebook()))
    assert json.loads(json.dumps(record)) == record
