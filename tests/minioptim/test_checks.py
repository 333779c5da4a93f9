"""What the checks say: about answers of every form, and about functions that do strange things."""

import inspect
import re
from decimal import Decimal
from fractions import Fraction
from string import Formatter

import numpy as np
import pytest

from minioptim.checks import (
    NotYet,
    Outcome,
    Verdict,
    call,
    check,
    feedback,
    fingerprint,
    judge,
    report,
    same,
    verdict,
    words,
)

DATA = {
    "double-it": {
        "answer": "double",
        "points": 1,
        "rtol": 1e-9,
        "arguments": ["x"],
        "calls": [[1.5], [{"array": [1, 2], "dtype": "int64"}]],
        "expected": [3.0, [2, 4]],
        "mistakes": {
            fingerprint("double-it", [Outcome(2.25), Outcome([1, 4])]): "that is the square."
        },
    },
    "guess-it": {
        "answer": "guess",
        "points": 1,
        "right": {"mark": fingerprint("guess-it", [Outcome(0.5)]), "form": 0},
        "mistakes": {fingerprint("guess-it", [Outcome(2)]): "upside down."},
    },
}


@pytest.fixture(autouse=True)
def _made_up(monkeypatch):
    monkeypatch.setattr(feedback, "_assignments", lambda: {"made_up": DATA})


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (1, 1.0),
        (np.float32(0.5), 0.5),
        (np.array(2.0), 2.0),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        (np.array([[1, 2], [3, 4]]), ([1, 2], [3, 4])),
        ((1.0, [np.int64(2)]), [1, (2,)]),
        (1 + 1e-10, 1.0),
        (1e-15, 0.0),
        (np.bool_(True), True),
        (" Momentum\n", "momentum"),
        ("(b)", "b"),
        (" B) ", "b"),
        ("(b) the sign", "b"),
        ("b. The sign.", "b"),
        ("B: the sign", "b"),
        (Fraction(1, 2), 0.5),
        (Decimal("0.5"), 0.5),
        (None, None),
        ([], ()),
    ],
    ids=repr,
)
def test_same(result, expected):
    assert same(result, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (1.0 + 1e-8, 1.0),
        (float("nan"), 1.0),
        (float("nan"), float("nan")),
        (float("inf"), 1.0),
        (True, 1.0),
        (1, True),
        ([1.0], 1.0),
        (1.0, [1.0]),
        ([1.0, 2.0, 3.0], [1.0, 2.0]),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        ([0.0, np.nan], [0.0, 0.0]),
        ("1", 1),
        ("(bc)", "b"),
        ("(1)", "1"),
        ("b", "c"),
        (1, "1"),
        (None, 0.0),
        (object(), 0.0),
        (1j, 1.0),
        (10**400, 1.0),
        (np.array([1.0], dtype=object), "1"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_not_same(result, expected):
    assert not same(result, expected, rtol=1e-9)


def test_what_a_fingerprint_sees():
    def mark(*outcome):
        return fingerprint("name", [Outcome(*outcome)])

    assert mark([1.0, 2]) == mark(np.array([1.0 + 1e-9, 2.0])) == mark((1, 2))
    assert mark(1e-14) == mark(-0.0) == mark(0)
    assert mark(None, "ValueError: a") == mark(None, "ValueError: b")
    assert mark("(b)") == mark("b)") == mark("B")
    different = [
        mark(1.0),
        mark(1.00001),
        mark([1.0]),
        mark(float("nan")),
        mark(True),
        mark("1"),
        mark(None),
        mark(object()),
        mark(10**400),
        mark(1.0, "", (0,)),
        mark(None, "ValueError: a"),
        mark(None, "TypeError: a"),
        fingerprint("another", [Outcome(1.0)]),
    ]
    assert len(set(different)) == len(different)


def test_a_call_keeps_its_arguments_and_reports_changes():
    x, rows = np.array([1.0, 2.0]), [[3.0]]

    def careless(a, b, c):
        a += 1
        b[0].append(c)
        return a

    assert call(careless, (x, rows, 4)) == Outcome([2.0, 3.0], "", (0, 1), ([2.0, 3.0], [[3.0, 4]]))
    assert x.tolist() == [1.0, 2.0]
    assert rows == [[3.0]]


def test_errors_and_divisions_by_zero_are_outcomes():
    assert call(lambda: {}["a"], ()).error == "KeyError: 'a'"
    assert call(lambda x: x / np.array([0.0]), (1.0,)).result == [np.inf]
    cyclic = []
    cyclic.append(cyclic)
    assert call(lambda: cyclic, ()).error.startswith("RecursionError")


def test_who_wants_to_stop_is_not_held_up():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(stop, ())


@pytest.mark.parametrize(
    ("outcome", "expected", "state", "named"),
    [
        (Outcome(None, "ValueError: no\nmore"), 1.0, "raises", ["ValueError: no."]),
        (Outcome(1.0, "", (1,)), 1.0, "changes", [" v"]),
        (Outcome(None), 1.0, "nothing", []),
        (Outcome([1.0, 2.0]), 1.0, "form", [" 2 "]),
        (Outcome([1.0, 2.0]), [[1.0, 2.0]], "form", [" 2 ", "(1, 2)"]),
        (Outcome([1.0]), [1.0, [1.0, 2.0]], "form", [" 1 ", "2 ", " 2 "]),
        (Outcome("a"), 1.0, "form", []),
        (Outcome(True), 1.0, "form", ["True", "False"]),
        (Outcome({1, 2}), 1.0, "form", ["set"]),
        (Outcome([[]]), [1.0], "form", ["(1, 0)", " 1 "]),
        (Outcome({"a": 1.0, "b": 2.0}), [1.0, 2.0], "inside", ["dict", " 2 "]),
        (Outcome({"a": 1.0, "b": 3.0}), [1.0, 2.0], "form", ["dict", " 2 "]),
        (Outcome("[1, 2.0]"), [1.0, 2.0], "inside", []),
        (Outcome("0.5"), 0.5, "inside", []),
        (Outcome([[1.0, 2.0], [3.0, 4.0]]), [1.0, 2.0, 3.0, 4.0], "inside", ["(2, 2)"]),
        (Outcome("see below"), "b", "form", []),
        (Outcome("c"), "b", "other", []),
        (Outcome(float(np.float32(0.1))), 0.1, "single", ["float32"]),
        (Outcome([1.0, 0.333]), [1.0, 1 / 3], "digits", []),
        (Outcome([1.0, float("nan")]), [1.0, 2.0], "nan", ["NaN"]),
        (Outcome(2.0), 1.0, "other", []),
    ],
)
def test_what_is_no_known_mistake_is_described(outcome, expected, state, named):
    verdict = judge("name", [outcome], [expected], {}, 1e-9, ("x", "v"))
    assert (verdict.right, verdict.at, verdict.state) == (False, 0, state)
    assert all(word in verdict.sentence for word in named)
    assert "\n" not in verdict.sentence


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ([1.0], 1.0),
        (np.array([[1.0]]), 1.0),
        ({"b"}, "b"),
        (("b",), "b"),
        (np.array([[1.0], [2.0]]), [1.0, 2.0]),
        (np.array([[1.0, 2.0]]), [1.0, 2.0]),
        ([np.array([1.0]), np.array([2.0])], [1.0, 2.0]),
    ],
    ids=str,
)
def test_what_can_only_mean_the_right_one_is_right(result, expected):
    assert judge("n", [Outcome(result)], [expected], {}, 1e-9).right


def test_two_numbers_that_differ_are_shown_with_the_digits_that_do():
    with pytest.raises(NotYet) as error:
        check("double-it", lambda x: np.float32(2 * x * (1 + 1e-7)))
    _, expected, got = lines_of(error)
    assert expected != got


def test_a_known_mistake_has_the_sentence_of_its_own():
    table = {fingerprint("name", [Outcome(2.0)]): "twice too much."}
    verdict = judge("name", [Outcome(2.0)], [1.0], table, 1e-9)
    assert verdict == Verdict(False, "twice too much.", 0, "mistake")


@pytest.mark.parametrize(
    ("value", "state"), [("a", "form"), (float("nan"), "nan"), (..., "nothing"), (2.0, "other")]
)
def test_a_value_is_spoken_of_as_one(value, state):
    as_value, as_call = (
        judge("name", [Outcome(value)], [1.0], {}, 1e-9, is_value=kind) for kind in (True, False)
    )
    assert as_value.state == as_call.state == state
    assert as_value.sentence != as_call.sentence


def test_an_unnamed_argument_is_told_by_its_place():
    verdict = judge("n", [Outcome(1.0, "", (1,))], [1.0], {}, 1e-9)
    assert verdict.state == "changes"
    assert " 2" in verdict.sentence


def test_the_first_wrong_call_is_shown_and_all_are_judged():
    outcomes = [Outcome(1.0), Outcome(5.0), Outcome(6.0)]
    assert judge("n", outcomes, [1.0, 2.0, 3.0], {}, 1e-9).at == 1
    assert judge("n", outcomes, [1.0, 5.0, 6.0], {}, 1e-9) == Verdict(True, "", None)
    with pytest.raises(ValueError, match="zip"):
        judge("n", outcomes, [1.0], {}, 1e-9)


def lines_of(error):
    """Return the lines below the sentence, each as its words."""
    return [line.split() for line in str(error.value).splitlines()[1:]]


def test_check_names_the_mistake_and_shows_a_call():
    with pytest.raises(NotYet, match=r"that is the square\.\n") as error:
        check("double-it", lambda x: x**2)
    call_line, expected, got = lines_of(error)
    assert call_line[-1] == "double(x=1.5)"
    assert (expected[-1], got[-1]) == ("3", "2.25")
    assert error.value._render_traceback_() == str(error.value).splitlines()
    with pytest.raises(NotYet, match=r"double\(x=np.array\(\[1, 2\]\)\)"):
        check("double-it", lambda x: 2 * x if isinstance(x, float) else x)
    with pytest.raises(NotYet, match=r"\[0, 1, .* 11, \.\.\.\]"):
        check("double-it", lambda _: list(range(20)))


def test_check_shows_an_argument_before_and_after_a_change():
    def in_place(x):
        x *= 2
        return x

    with pytest.raises(NotYet) as error:
        check("double-it", in_place)
    _, call_line, changed = str(error.value).splitlines()
    assert call_line.endswith("double(x=np.array([1, 2]))")
    assert changed.split()[0] == "x"
    assert changed.index("[1, 2]") < changed.index("[2, 4]")


def test_check_says_that_all_is_right(capsys):
    check("double-it", lambda x: 2 * x)
    check("guess-it", 0.5)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["double", "guess"]


@pytest.mark.parametrize(
    ("name", "answer", "state", "named"),
    [
        ("double-it", 3.0, "not.a.function", ["double", "float"]),
        ("double-it", ..., "not.a.function", ["double", "ellipsis"]),
        ("guess-it", ..., "nothing", ["guess"]),
        ("guess-it", 2.0, "mistake", ["upside down."]),
        ("guess-it", 3.0, "other", []),
    ],
)
def test_check_of_an_answer_of_another_kind(name, answer, state, named):
    verdict, _ = feedback._verdict(name, DATA[name], answer)
    assert (verdict.right, verdict.state) == (False, state)
    with pytest.raises(NotYet) as error:
        check(name, answer)
    assert all(word in str(error.value) for word in [*named, verdict.sentence])
    assert "0.5" not in str(error.value)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="name must be one of double-it, guess-it; got 'x'"):
        check("x", 1.0)
    with pytest.raises(ValueError, match="assignment must be one of made_up; got 'x'"):
        report("x", {})


def test_report_has_a_line_for_each_exercise(capsys):
    report("made_up", {"double": lambda x: x**2})
    wrong, absent = capsys.readouterr().out.splitlines()
    assert wrong.split()[0] == "double-it"
    assert wrong.endswith("that is the square.")
    assert absent.split()[0] == "guess-it"
    assert absent.endswith(words.said("feedback", "absent", answer="guess"))
    report("made_up", {"double": lambda x: x + x, "guess": 0.5})
    right = words.said("feedback", "report.right")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["double-it", right], ["guess-it", right]]


def test_arguments_travel_as_json_and_come_back():
    sent = (1, 0.5, "a", True, np.array([[1, 2]]), [np.float64(2.0)])
    back = feedback.decoded(feedback.encoded(sent))
    assert back[:4] == [1, 0.5, "a", True]
    assert back[4].dtype == np.int64
    assert same(back, sent, rtol=0.0)
    with pytest.raises(TypeError, match="value must be an array of numbers"):
        feedback.encoded(np.array(["a"]))


# --- Words ---------------------------------------------------------------------------------------


def keys_in_code(module):
    """Return the keys that a module's calls of ``said`` name, ``{kind}`` being call or value."""
    source = inspect.getsource(module)
    plain_keys = set(re.findall(r'said\(\s*"([\w.]+)"', source))
    built = re.findall(r'said\(\s*f"([\w.]+)\{kind\}"', source)
    chosen = re.findall(r'"(right\.\w+)"', source)
    return {*plain_keys, *chosen, *(stem + kind for stem in built for kind in ("call", "value"))}


@pytest.mark.parametrize("module", [feedback, verdict], ids=lambda module: module.__name__[17:])
def test_the_catalogue_has_the_words_that_the_code_asks_for(module):
    assert keys_in_code(module) == set(words.catalogue()[module.__name__[17:]])


def test_another_language_has_the_same_keys_and_names():
    def form(language):
        return {
            (module, key): sorted(name for _, name, _, _ in Formatter().parse(text) if name)
            for module, texts in words.catalogue(language).items()
            for key, text in texts.items()
        }

    for file in words.FOLDER.glob("*.json"):
        assert form(file.stem) == form("en")


def test_a_language_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="language must be one of .*en.*; got 'xx'"):
        words.catalogue("xx")
