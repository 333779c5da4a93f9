"""A trial counts what it hands out, and nothing that a step does gets around that."""

import collections

import numpy as np
import pytest

from classroom import wire
from classroom.exercise import Exercise
from minioptim.checks import NotYet, check, feedback, trials


def descent(g, x, _t, a, b, c):
    return x - 0.1 * g, a, b, c


def test_a_step_gets_the_budgets_gradients_counted_from_1():
    numbers = []

    def step(g, x, t, a, b, c):
        numbers.append(t)
        return descent(g, x, t, a, b, c)

    run = trials.run_digits(step, 1)
    assert numbers == list(range(1, trials.BUDGET + 1))
    assert run.evaluations == trials.BUDGET
    assert len(run.losses) == trials.BUDGET // trials.LOOK + 1


def test_the_gradient_itself_is_computed_no_more_often(monkeypatch):
    count = 0
    gradient = trials.MLP._noisy_gradients

    def counted(*arguments):
        nonlocal count
        count += 1
        return gradient(*arguments)

    monkeypatch.setattr(trials.MLP, "_noisy_gradients", counted)
    trials.run_digits(descent, 1)
    assert count == trials.BUDGET


def test_a_run_depends_on_its_seed_alone():
    first = {}

    def look(seed):
        def step(g, x, t, a, b, c):
            first.setdefault(seed, g)
            return descent(g, x, t, a, b, c)

        return trials.run_digits(step, seed)

    assert look(1) == look(1)
    look(2)
    # An empty pixel has no gradient along its 32 weights; where they are tells the order.
    empty = {seed: g == 0 for seed, g in first.items()}
    assert empty[1].any()
    assert not np.array_equal(empty[1], empty[2])


def adam(g, x, t, a, b, c):
    a, b = 0.9 * a + 0.1 * g, 0.999 * b + 0.001 * g**2
    return x - 0.02 * a / (1 - 0.9**t) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8), a, b, c


def test_weights_that_are_known_have_no_place_to_go(monkeypatch):
    """Whoever has read all pictures, and knows the best weights, cannot hand them in."""
    last, asked = {}, []
    error = trials.MLP.error

    def seen(network, x, data):
        asked.append(x)
        return error(network, x, data)

    monkeypatch.setattr(trials.MLP, "error", seen)

    def kept(g, x, t, a, b, c):
        last[t] = adam(g, x, t, a, b, c)
        return last[t]

    def placed(x):
        return trials.run_digits(lambda _g, _x, _t, a, b, c: (x, a, b, c), 1).accuracy

    honest = trials.run_digits(kept, 1).accuracy
    found, known = last[trials.BUDGET][0], asked[0]  # as handed out, and as the network has them
    assert honest == placed(found) > 0.9
    assert placed(known) < 0.3


def test_a_result_that_is_too_good_is_told_at_grading_alone(monkeypatch):
    monkeypatch.setattr(trials, "GOAL", 0.5)
    monkeypatch.setattr(trials, "HONEST", 0.6)
    assert trials.WATCHED["digits_goal"](adam, 1) == trials.TOO_GOOD
    assert trials.TRIALS["digits_goal"](adam, 1) == trials.REACHED


STATES = {
    "deque": collections.deque(maxlen=5),
    "generator": np.random.default_rng(0),
    "object in a list": [object()],
    "words of NumPy": np.array(["a"]),
    "a matrix of second derivatives": np.zeros((3466, 3466), dtype=np.int8),
}


@pytest.mark.parametrize("state", STATES)
def test_a_state_that_could_not_be_graded_is_refused_at_once(state):
    with pytest.raises(ValueError, match="state"):
        trials.run_digits(lambda _g, x, _t, _a, b, c: (x, STATES[state], b, c), 1)


@pytest.mark.parametrize("state", [None, 1, np.float32(2), {"a": [1, (2.0, None)], 3: np.ones(2)}])
def test_a_state_of_plain_data_comes_back_as_it_was(state):
    seen = []

    def step(_g, x, _t, a, b, c):
        seen.append(a)
        return x, state, b, c

    trials.run_digits(step, 1)
    assert all(came is state for came in seen[1:])


def test_every_gradient_of_a_run_may_be_kept_and_sent():
    assert trials.MOST_ENTRIES == wire.MOST_ENTRIES >= trials.BUDGET * 3466


def test_changing_the_arguments_in_place_does_as_well():
    def in_place(g, x, _t, a, b, c):
        x -= 0.1 * g
        return [x, a, b, c]

    def in_vain(g, x, _t, a, b, c):
        before = x.copy()
        x -= 0.1 * g
        return before, a, b, c

    assert trials.run_digits(in_place, 1) == trials.run_digits(descent, 1)
    assert trials.digits_goal(in_vain, 1) == trials.STILL


@pytest.mark.parametrize(
    "result",
    [None, 1.0, (1.0, 2.0), (0.0, 0.0, 0.0, 0.0), (np.zeros((1, 3466)), 0, 0, 0)],
    ids=lambda result: type(result).__name__,
)
def test_a_result_of_another_form_is_refused(result):
    with pytest.raises(ValueError, match="the step must return"):
        trials.run_digits(lambda *_: result, 1)


def test_the_message_names_the_trial_its_seed_and_its_result(monkeypatch):
    data = {
        "answer": "my_step",
        "points": 1,
        "rtol": 1e-9,
        "trial": "digits_goal",
        "arguments": ["seed"],
        "calls": [[7]],
        "expected": [trials.REACHED],
        "mistakes": {},
    }
    monkeypatch.setattr(feedback, "_assignments", lambda: {"made_up": {"goal": data}})
    with pytest.raises(NotYet) as told:
        check("goal", lambda _g, x, _t, a, b, c: (x, a, b, c))
    assert str(told.value).splitlines()[1:] == [
        "    call      digits_goal(my_step, seed=7)",
        "    expected  'the goal is reached'",
        "    got       'x never moves'",
    ]


def test_a_trial_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="trial must be one of digits_goal, got 'race'"):
        Exercise("a", "b", 1, lambda _: [], 1e-9, (), (), trial="race")
