"""The numbered equations of the chapter on AdamW and its second page, each held by itself."""

import json

import numpy as np
import pytest

from experiments import decay_on_digits, wrong_labels_on_digits
from experiments.store import RESULTS
from minioptim import Adam, AdamW, GradientDescent, feed, minimize
from minioptim.averages import ewma
from minioptim.problems import Function, Quadratic, Ravine

STORED = json.loads((RESULTS / "decay_on_digits.json").read_text(encoding="utf-8"))


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=60)


def quotients(gradients):
    """Return Adam's steps in units of lr, downhill positive, from averages without recursion."""
    m = ewma(gradients, 0.9, corrected=True)
    v = ewma(gradients**2, 0.999, corrected=True)
    return m / np.sqrt(v)


@pytest.mark.equation("adamw-rule", "adamw-average")
def test_the_weights_are_a_moving_average_of_adams_steps(noise):
    lr, c, start = 0.3, 0.2, 4.0
    found = feed(AdamW(lr=lr, eps=0.0, weight_decay=c), noise, [start]).x[:, 0]
    u, delta = quotients(noise), lr * c
    for t in (1, 2, 17, 60):
        age = np.arange(t)
        past = delta * (1 - delta) ** age @ (-u[:t][::-1] / c)
        assert found[t] == pytest.approx((1 - delta) ** t * start + past)


@pytest.mark.equation("adamw-window")
@pytest.mark.parametrize(("lr", "c"), [(0.01, 0.1), (0.001, 0.5)])
def test_after_a_window_a_weight_has_forgotten_all_but_37_percent(lr, c):
    window = round(1 / (lr * c))
    x = feed(AdamW(lr=lr, weight_decay=c), np.zeros(window), [1.0]).final[0]
    assert x == pytest.approx(np.exp(-1), rel=1e-3)


def test_four_steps_by_hand_are_right():
    decayed = minimize(Quadratic([2.0]), AdamW(lr=1.0, weight_decay=0.1), [5.0], steps=4).x[1:, 0]
    x, gradients, by_hand = 5.0, [], []
    for _ in range(4):
        gradients.append(2 * x)
        x = 0.9 * x - quotients(np.array(gradients))[-1]
        by_hand.append(x)
    np.testing.assert_allclose(decayed, by_hand, atol=1e-7)
    assert [round(each, 3) for each in by_hand] == [3.5, 2.174, 1.032, 0.089]


@pytest.mark.equation("adamw-same")
def test_for_gradient_descent_a_penalty_is_a_decay():
    ravine, lr, c = Ravine(), 0.1, 0.3
    penalised = Function(
        lambda x: ravine.value(x) + c / 2 * (x**2).sum(axis=-1),
        lambda x: ravine.gradient(x) + c * x,
    )
    x = np.array(ravine.start, dtype=float)
    for _ in range(30):
        x = (1 - lr * c) * x - lr * ravine.gradient(x)
    run = minimize(penalised, GradientDescent(lr=lr), ravine.start, steps=30)
    np.testing.assert_allclose(run.final, x)


@pytest.mark.equation("adamw-pull")
@pytest.mark.parametrize("sigma", [0.1, 1.0, 10.0])
def test_adam_divides_a_penalty_by_the_gradients_and_it_together(sigma):
    # A weight that hardly changes within the memory of the root; the noise has either sign.
    lr, c, x = 1e-7, 1.0, 1.0
    signs = np.where(np.arange(4000) % 2 == 0, 1.0, -1.0)
    draws = iter(sigma * signs)
    problem = Function(lambda x: 0.0 * x.sum(axis=-1), lambda x: next(draws) + c * x)
    run = minimize(problem, Adam(lr=lr), [x], steps=4000).x[:, 0]
    pull = (run[2000] - run[4000]) / 2000
    assert pull == pytest.approx(lr * c * x / np.hypot(sigma, c * x), rel=1e-2)


@pytest.mark.equation("adamw-band")
@pytest.mark.parametrize("a", [2.0**-7, 2.0**7])
def test_a_factor_of_the_loss_moves_the_strength_of_a_penalty_and_of_no_decay(a):
    ravine, c = Ravine(), 0.5

    def walk(factor, penalty, decay):
        problem = Function(
            # Its minimum is not at 0: else the penalty would be a factor as well.
            lambda x: ravine.value(x - 3),
            lambda x: factor * ravine.gradient(x - 3) + penalty * x,
        )
        rule = AdamW(lr=0.1, eps=0.0, weight_decay=decay)
        return minimize(problem, rule, ravine.start, steps=50).x

    np.testing.assert_array_equal(walk(a, a * c, 0.0), walk(1.0, c, 0.0))
    np.testing.assert_array_equal(walk(a, 0.0, c), walk(1.0, 0.0, c))
    assert np.abs(walk(a, c, 0.0) - walk(1.0, c, 0.0)).max() > 0.1


@pytest.mark.equation("adamw-longest")
@pytest.mark.parametrize(("beta2", "longest"), [(0.999, 7.27), (0.95, 1.165)])
def test_the_longest_step_is_what_growing_gradients_reach(beta2, longest):
    formula = 0.1 / np.sqrt((1 - beta2) * (1 - 0.81 / beta2))
    assert formula == pytest.approx(longest, abs=0.0006)
    state, steps = (0.0, 0.0), []
    rule = Adam(lr=1.0, beta2=beta2, eps=0.0)
    for k, g in enumerate((beta2 / 0.9) ** np.arange(150)):
        d, *state = rule.step(g, 0.0, 30_000 + k, *state)
        steps.append(-d)
    assert steps[-1] == pytest.approx(formula, rel=1e-3)


def test_a_weight_stays_inside_one_over_the_decay_unless_gradients_grow():
    gradients = np.concatenate([np.full(3000, -0.01), np.full(100, -10.0)])
    x = feed(AdamW(lr=0.01, weight_decay=1.0), gradients, [0.0]).x[:, 0]
    assert x[:3001].max() < 1.0
    assert x.max() > 2.0


def test_weights_whose_gradients_agree_come_to_rest_at_one_over_the_decay():
    c = 0.5
    x = feed(AdamW(lr=0.05, weight_decay=c), np.full(1000, -7.0), [0.0]).x[:, 0]
    assert x[-1] == pytest.approx(1 / c, rel=1e-6)


@pytest.mark.equation("adamw-scatter")
@pytest.mark.parametrize(("lr", "c"), [(0.01, 1.0), (0.02, 0.3)])
def test_a_weight_that_learns_nothing_scatters_around_zero(lr, c):
    draws = np.random.default_rng(3).normal(size=(3000, 300))
    x = feed(AdamW(lr=lr, weight_decay=c), draws, np.zeros(300)).x[1500:]
    assert x.std() == pytest.approx(np.sqrt(lr / (2 * c)), rel=0.08)


# ------------------------------------------------------------------------- the stored experiment


def test_the_experiment_has_its_runs():
    assert STORED["rates"] == decay_on_digits.RATES
    for method, strengths in decay_on_digits.STRENGTHS.items():
        shape = len(decay_on_digits.TUNING), len(decay_on_digits.RATES), len(strengths)
        assert np.shape(STORED["validation"][method]) == shape
    assert all(np.shape(found) == (20,) for found in STORED["test"].values())
    assert not set(decay_on_digits.TUNING) & set(decay_on_digits.JUDGING)


@pytest.mark.parametrize("method", ["L2", "decay"])
def test_what_was_judged_is_the_best_of_its_map_and_inside_it(method):
    row = STORED["rates"].index(-1.0)
    mean = np.mean(STORED["validation"][method], axis=0)[row]
    best = int(mean.argmin())
    assert 0 < best < len(mean) - 1
    setting = STORED["settings"][f"{method}, lr 0.1"]
    assert setting["strength"] == pytest.approx(10 ** STORED["strengths"][method][best])
    mean = np.mean(STORED["validation"][method], axis=0)
    bare = mean[:, 0]
    assert 0 < int(bare.argmin()) < len(bare) - 1
    lr = 10 ** STORED["rates"][int(bare.argmin())]
    assert STORED["settings"]["nothing"]["lr"] == pytest.approx(lr)
    there = STORED["settings"][f"{method}, the best rate"]
    best = 1 + int(mean[bare.argmin(), 1:].argmin())  # not none
    assert there["lr"] == pytest.approx(lr)
    assert there["strength"] == pytest.approx(10 ** STORED["strengths"][method][best])


def test_a_stored_draw_is_what_the_code_computes():
    cell = {"what": "map", "method": "decay", "seed": 3}
    # Hundreds of steps amplify the last bit, which depends on the processor.
    np.testing.assert_allclose(
        decay_on_digits.run(cell), STORED["validation"]["decay"][3], rtol=0.03
    )


LABELS = json.loads((RESULTS / "wrong_labels_on_digits.json").read_text(encoding="utf-8"))


def test_what_a_decay_does_to_wrong_labels_is_what_the_code_computes():
    cell = {"what": "labels", "lr": 1.0, "seed": 103}
    found, at = wrong_labels_on_digits.run(cell)["read"], LABELS["rates"].index(1.0)
    for method, draws in LABELS["read"].items():
        same = sum(a == b for a, b in zip(draws[at][3], found[method], strict=True))
        assert same >= 38  # of 40: the last bit may move an image that is on the edge


@pytest.mark.parametrize("factor", [-2, 2])
def test_a_factor_of_the_loss_is_what_the_code_computes(factor):
    found = wrong_labels_on_digits.run({"what": "factor", "factor": factor, "seed": 3})
    for method, draws in LABELS["validation"].items():
        stored = draws[LABELS["factors"].index(factor)][3]
        np.testing.assert_allclose(found[method], stored, rtol=0.03)


def test_a_penalty_has_to_follow_the_factor_and_a_decay_does_not():
    best = {
        method: [s[k] for s, k in zip(searched, found, strict=True)]
        for method, searched in LABELS["strengths"].items()
        for found in [np.mean(LABELS["validation"][method], axis=1).argmin(axis=1)]
    }
    assert np.diff(best["L2"]).tolist() == [1] * 4
    assert np.diff(best["decay"]).tolist() == [0] * 4
