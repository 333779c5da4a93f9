"""What the checks say: about answers of every form, and about functions that do strange things."""

import re

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
        "right": fingerprint("guess-it", [Outcome(0.5)]),
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
        ("(b) the sign", "b"),
        ("(bc)", "bc"),
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


def test_a_fingerprint_sees_six_digits_the_form_the_error_and_what_was_changed():
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


def test_a_call_keeps_the_callers_arrays_and_tells_what_was_changed():
    x, rows = np.array([1.0, 2.0]), [[3.0]]

    def careless(a, b, c):
        a += 1
        b[0].append(c)
        return a

    assert call(careless, (x, rows, 4)) == Outcome([2.0, 3.0], "", (0, 1), ([2.0, 3.0], [[3.0, 4]]))
    assert x.tolist() == [1.0, 2.0]
    assert rows == [[3.0]]


def test_a_call_that_raises_and_one_that_divides_by_zero_are_outcomes():
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
    ("outcome", "expected", "sentence"),
    [
        (Outcome(None, "ValueError: no\nmore"), 1.0, "it raises ValueError: no."),
        (Outcome(1.0, "", (1,)), 1.0, "it changes its argument v, which"),
        (Outcome(None), 1.0, "it returns nothing; put your code in place of the dots"),
        (Outcome([1.0]), 1.0, r"it returns numbers of shape \(1,\); expected a number\."),
        (Outcome([1.0, 2.0]), [[1.0, 2.0]], r"shape \(2,\); expected numbers of shape \(1, 2\)"),
        (Outcome([1.0]), [1.0, [1.0, 2.0]], "expected 2 values: a number, numbers of shape"),
        (Outcome("a"), 1.0, "it returns a word; expected a number"),
        (Outcome(True), 1.0, "it returns True or False; expected a number"),
        (Outcome({1}), 1.0, "it returns a set; expected a number"),
        (Outcome([[]]), [1.0], r"shape \(1, 0\); expected numbers of shape \(1,\)"),
        (Outcome([1.0, float("nan")]), [1.0, 2.0], "it returns NaN"),
        (Outcome(2.0), 1.0, "call 1 of 1 has another result"),
    ],
)
def test_what_is_no_known_mistake_is_described(outcome, expected, sentence):
    verdict = judge("name", [outcome], [expected], {}, 1e-9, ("x", "v"))
    assert verdict[::2] == (False, 0)
    assert re.search(sentence, verdict.sentence)


def test_a_value_is_spoken_of_as_one():
    said = [
        judge("name", [Outcome(value)], [1.0], {}, 1e-9, is_value=True).sentence
        for value in ("a", float("nan"), ..., 2.0)
    ]
    assert said == [
        "it is a word; expected a number.",
        "it is NaN, which is no number.",
        "it has no value; put your answer in place of the dots.",
        "that is not the right value.",
    ]


def test_an_unnamed_argument_is_told_by_its_place():
    assert "argument 2," in judge("n", [Outcome(1.0, "", (1,))], [1.0], {}, 1e-9).sentence


def test_the_first_wrong_call_is_shown_and_each_call_must_be_judged():
    outcomes = [Outcome(1.0), Outcome(5.0), Outcome(6.0)]
    assert judge("n", outcomes, [1.0, 2.0, 3.0], {}, 1e-9).at == 1
    assert judge("n", outcomes, [1.0, 5.0, 6.0], {}, 1e-9) == Verdict(True, "", None)
    with pytest.raises(ValueError, match="zip"):
        judge("n", outcomes, [1.0], {}, 1e-9)


def test_check_names_the_mistake_and_shows_a_call():
    with pytest.raises(NotYet) as told:
        check("double-it", lambda x: x**2)
    assert str(told.value).splitlines() == [
        "Not yet: that is the square.",
        "    call      double(x=1.5)",
        "    expected  3",
        "    got       2.25",
    ]
    assert told.value._render_traceback_() == str(told.value).splitlines()
    with pytest.raises(NotYet, match=r"call      double\(x=np.array\(\[1, 2\]\)\)"):
        check("double-it", lambda x: 2 * x if isinstance(x, float) else x)
    with pytest.raises(NotYet, match=r"got       \[0, 1, .* 11, \.\.\.\]"):
        check("double-it", lambda _: list(range(20)))


def test_check_shows_an_argument_that_was_changed_before_and_after():
    def in_place(x):
        x *= 2
        return x

    with pytest.raises(NotYet) as told:
        check("double-it", in_place)
    assert str(told.value).splitlines()[1:] == [
        "    call      double(x=np.array([1, 2]))",
        "    x was [1, 2], and is [2, 4] now",
    ]


def test_check_says_that_all_is_right(capsys):
    check("double-it", lambda x: 2 * x)
    check("guess-it", 0.5)
    assert capsys.readouterr().out == "double is right in all 2 calls.\nguess is right.\n"


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("double-it", 3.0, "Not yet: double must be a function, not of type float."),
        ("double-it", ..., "Not yet: double must be a function, not of type ellipsis."),
        ("guess-it", ..., "Not yet: put your answer in place of the dots: guess has no value."),
        ("guess-it", 2.0, "Not yet: upside down."),
        ("guess-it", 3.0, "Not yet: that is not what happens; think it through once more"),
    ],
)
def test_check_of_an_answer_of_another_kind(name, answer, sentence):
    with pytest.raises(NotYet) as told:
        check(name, answer)
    assert str(told.value).startswith(sentence)
    assert "0.5" not in str(told.value)


def test_a_name_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(ValueError, match="name must be one of double-it, guess-it; got 'x'"):
        check("x", 1.0)
    with pytest.raises(ValueError, match="assignment must be one of made_up; got 'x'"):
        report("x", {})


def test_report_has_a_line_for_each_exercise(capsys):
    report("made_up", {"double": lambda x: x**2})
    assert capsys.readouterr().out.splitlines() == [
        "double-it  not yet: that is the square.",
        "guess-it   not yet: guess is not there; run its cell.",
    ]
    report("made_up", {"double": lambda x: x + x, "guess": 0.5})
    assert capsys.readouterr().out == "double-it  right\nguess-it   right\n"


def test_arguments_travel_as_json_and_come_back():
    sent = (1, 0.5, "a", True, np.array([[1, 2]]), [np.float64(2.0)])
    back = feedback.decoded(feedback.encoded(sent))
    assert back[:4] == [1, 0.5, "a", True]
    assert back[4].dtype == np.int64
    assert same(back, sent, rtol=0.0)
    with pytest.raises(TypeError, match="value must be an array of numbers"):
        feedback.encoded(np.array(["a"]))
