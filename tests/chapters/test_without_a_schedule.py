"""The numbered equations of the chapter without a schedule and its second page."""

import json

import numpy as np
import pytest

from experiments import schedules_on_digits
from experiments.store import RESULTS
from minioptim import SGD, ScheduleFree, ScheduleFreeAdam, feed, minimize
from minioptim.problems import Quadratic
from minioptim.rules import DoG, Prodigy

STORED = json.loads((RESULTS / "schedules_on_digits.json").read_text(encoding="utf-8"))
RNG = np.random.default_rng(5)


@pytest.mark.equation("without-tail", "without-line")
def test_a_line_to_zero_ends_at_the_mean_of_the_tail_if_the_gradients_are_equal():
    gradients, n, lr = RNG.normal(size=(7, 3)), 7, 0.3
    constant = feed(SGD(lr=lr), gradients, [1.0, 2.0, 3.0]).x
    line = feed(SGD(lr=lambda t: lr * (n + 1 - t) / n), gradients, [1.0, 2.0, 3.0]).final
    np.testing.assert_allclose(constant[1:].mean(axis=0), line)
    weights = lr * np.arange(n, 0, -1) / n
    np.testing.assert_allclose([1.0, 2.0, 3.0] - weights @ gradients, line)


@pytest.mark.equation("without-schedule-free")
def test_schedule_free_is_the_mean_of_what_steps_by_gradients_between_the_two():
    bowl, lr, beta = Quadratic([0.5, 2.0]), 0.4, 0.7
    trace = minimize(bowl, ScheduleFree(lr=lr, beta=beta), [3.0, -1.0], 30)
    z = trace.state["z"]
    np.testing.assert_array_equal(z[0], trace.x[0])
    for t in range(1, 31):
        np.testing.assert_allclose(trace.x[t], z[1 : t + 1].mean(axis=0), atol=1e-14)
        y = (1 - beta) * z[t - 1] + beta * trace.x[t - 1]
        np.testing.assert_allclose(z[t], z[t - 1] - lr * bowl.gradient(y), atol=1e-14)


def test_the_four_steps_by_hand():
    run = minimize(Quadratic([1.0]), ScheduleFree(lr=0.5, beta=0.5), [8.0], 4)
    assert run.query[:, 0].tolist() == [8, 4, 2.5, 1.5]
    assert run.state["z"][1:, 0].tolist() == [4, 2, 0.75, 0]
    assert run.x[1:, 0] == pytest.approx([4, 3, 2.25, 1.6875])


@pytest.mark.equation("without-adam")
def test_with_adams_division_the_step_is_corrected_and_has_no_momentum():
    g = RNG.normal(size=20)
    z = feed(ScheduleFreeAdam(lr=0.2, beta2=0.9, eps=0.0), g, [1.0]).state["z"][:, 0]
    for t in (1, 5, 20):
        weights = 0.1 * 0.9 ** np.arange(t)[::-1]
        v_hat = weights @ g[:t] ** 2 / weights.sum()
        assert z[t] - z[t - 1] == pytest.approx(-0.2 * g[t - 1] / np.sqrt(v_hat))


@pytest.mark.equation("without-dog")
def test_dogs_rate_is_a_distance_over_a_root():
    run = minimize(Quadratic([1.0, 3.0]), DoG(eps=0.0), [2.0, -1.0], 40)
    way = np.linalg.norm(run.x - run.x[0], axis=1)
    for t in (10, 25, 40):  # by then the first distance is forgotten
        lr = way[:t].max() / np.sqrt((run.grad[:t] ** 2).sum())
        np.testing.assert_allclose(run.x[t], run.x[t - 1] - lr * run.grad[t - 1])


@pytest.mark.equation("without-prodigy")
@pytest.mark.parametrize("curvatures", [[1.0, 1.0], [0.1, 5.0], [1.0, 100.0]])
def test_prodigys_estimate_is_a_fraction_of_late_sums_and_below_the_way(curvatures):
    start = np.array([3.0, -4.0])
    run = minimize(Quadratic(curvatures), Prodigy(), start, 200)
    d, g, x = run.state["d"], run.grad, run.x
    assert (np.diff(d) >= 0).all()
    assert d[-1] <= 4.0
    for t in (5, 60, 200):
        i = np.arange(1, t + 1)
        weights = np.sqrt(0.999) ** (t - i) * d[:t] ** 2
        weights = weights * np.sqrt(1 - 0.999**i) / (1 - 0.9**i)
        above = weights @ ((x[0] - x[:t]) * g[:t]).sum(axis=1)
        found = above / np.abs(weights @ g[:t]).sum()
        assert d[t] == pytest.approx(max(d[t - 1], found), rel=1e-9)


@pytest.mark.equation("without-noiseless")
def test_the_mean_of_a_geometric_run_falls_like_one_over_t():
    x = minimize(Quadratic([1.0]), ScheduleFree(lr=0.25, beta=0.0), [2.0], 50).x[:, 0]
    t = np.arange(1, 51)
    np.testing.assert_allclose(x[1:], 0.75 * (1 - 0.75**t) / (0.25 * t) * 2.0)


@pytest.mark.equation("without-warm")
@pytest.mark.parametrize(("w", "steps"), [(100, 300), (50, 2000)])
def test_squares_of_a_rising_rate_add_up_to_a_third(w, steps):
    squares = np.minimum(np.arange(1, steps + 1) / w, 1) ** 2
    share = squares[:w].sum() / squares.sum()
    assert share == pytest.approx(w / 3 / (steps - w + w / 3), rel=0.05)


@pytest.mark.equation("without-scale")
def test_dog_sees_neither_the_scale_of_the_loss_nor_the_unit_of_x():
    start = np.array([3.0, -1.0])
    runs = [minimize(Quadratic([a, 4 * a]), DoG(eps=0.0), start, 40).x for a in (0.5, 30.0)]
    np.testing.assert_allclose(*runs, rtol=1e-9)


# ------------------------------------------------------------------------ the stored experiment


def losses(name):
    return np.array(STORED[name]["loss"], dtype=float)


def test_what_is_stored_is_what_the_experiment_is_today():
    assert STORED["seeds"]["tuned on"] == [*schedules_on_digits.TUNED_ON]
    assert STORED["seeds"]["reported on"] == [*schedules_on_digits.REPORTED_ON]
    assert STORED["moments"] == [*schedules_on_digits.MOMENTS]
    for name in schedules_on_digits.TASKS:
        assert losses(name).shape == (5, 20)
        assert np.isfinite(losses(name)).all()


def test_every_lr_is_the_best_of_its_tuning_and_none_lies_at_an_end():
    for name, (_, arguments) in schedules_on_digits.TASKS.items():
        if "tuning" not in STORED[name]:
            continue
        rates = STORED["rates"][arguments[1]]
        tuning = np.array(STORED[name]["tuning"], dtype=float)  # None becomes nan
        best = np.median(np.where(np.isnan(tuning), np.inf, tuning), axis=1).argmin(axis=1)
        assert ((best > 0) & (best < len(rates) - 1)).all()
        each = STORED[name].get("lr of each", STORED[name]["lr"])
        assert each == [rates[place] for place in best]


@pytest.mark.parametrize("row", [0, 1])
def test_a_stored_run_is_what_the_code_computes(row):
    made, seed = schedules_on_digits, schedules_on_digits.REPORTED_ON[row]
    steps = made.MOMENTS[row]
    for plan in made.PLANS:
        lr = [STORED[plan]["lr"][row]]
        again = made.planned(plan, "Adam", lr, seed, steps)
        assert again[0] == pytest.approx(losses(plan)[row, row], rel=0.02)
    for name in made.ESTIMATED:
        again, _ = made.estimated(name, seed, steps)
        assert again == pytest.approx(losses(name)[row, row], rel=0.02)
    for name in made.READ:
        again = made.read(name, [STORED[name]["lr"]], seed)[:2, 0]
        assert again == pytest.approx(losses(name)[:2, row], rel=0.02)
