"""The numbered equations of the chapter on signs and matrices and its second page."""

import json

import numpy as np
import pytest

from experiments import rare_digits
from experiments.store import RESULTS
from minioptim import Adam, Lion, feed, minimize
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.rules import Muon, newton_schulz
from minioptim.rules.matrix import NEWTON_SCHULZ

STORED = json.loads((RESULTS / "rare_digits.json").read_text(encoding="utf-8"))


@pytest.fixture
def g():
    return np.random.default_rng(3).normal(size=(5, 3))


@pytest.fixture
def parts(g):
    return np.linalg.svd(g, full_matrices=False)


@pytest.mark.equation("signs-svd")
def test_a_matrix_is_the_sum_of_its_parts(g, parts):
    U, s, Vt = parts
    total = sum(strength * np.outer(u, v) for strength, u, v in zip(s, U.T, Vt, strict=True))
    np.testing.assert_allclose(total, g)


@pytest.mark.equation("signs-steepest", "signs-signs", "signs-spectral")
@pytest.mark.parametrize("size", ["length", "largest entry", "largest singular value"])
def test_no_other_step_of_this_size_goes_down_farther(g, parts, size):
    U, s, Vt = parts
    norm, best, fall = {
        "length": (np.linalg.norm, g / np.linalg.norm(g), np.linalg.norm(g)),
        "largest entry": (lambda d: np.abs(d).max(), np.sign(g), np.abs(g).sum()),
        "largest singular value": (lambda d: np.linalg.norm(d, 2), U @ Vt, s.sum()),
    }[size]
    assert norm(best) == pytest.approx(1)
    assert (g * best).sum() == pytest.approx(fall)
    draw = np.random.default_rng(0)
    for spread in (0.01, 0.3, 3.0):
        for _ in range(100):
            other = best + spread * draw.normal(size=g.shape)
            assert (g * other).sum() / norm(other) < fall


@pytest.mark.equation("signs-lion")
def test_lion_signs_a_shorter_average_than_it_keeps():
    gradients = np.random.default_rng(1).normal(size=40) + 0.2
    x = feed(Lion(lr=0.5, beta1=0.6, beta2=0.9), gradients, [2.0]).x[:, 0]
    for t in (1, 7, 40):
        weights = 0.1 * 0.9 ** np.arange(t - 1)[::-1]
        c = 0.6 * (weights @ gradients[: t - 1]) + 0.4 * gradients[t - 1]
        assert x[t] - x[t - 1] == pytest.approx(-0.5 * np.sign(c))


@pytest.mark.equation("signs-shampoo", "signs-memoryless")
def test_shampoo_without_memory_sets_all_singular_values_to_1():
    square = np.random.default_rng(2).normal(size=(4, 4))
    U, _, Vt = np.linalg.svd(square)

    def inverse_fourth_root(matrix):
        values, Q = np.linalg.eigh(matrix)
        return Q * values**-0.25 @ Q.T

    L, R = square @ square.T, square.T @ square
    step = inverse_fourth_root(L) @ square @ inverse_fourth_root(R)
    np.testing.assert_allclose(step, U @ Vt, atol=1e-7)


@pytest.mark.equation("signs-muon")
def test_muon_averages_first_and_lifts_afterwards(g):
    x, m = Muon(lr=0.1, beta=0.8).step(g, np.zeros((5, 3)), 2, 2 * g[::-1])
    average = 0.8 * 2 * g[::-1] + 0.2 * g
    np.testing.assert_allclose(m, average)
    np.testing.assert_allclose(x, -0.1 * newton_schulz(0.8 * average + 0.2 * g))
    wide = Muon(lr=0.1).step(g.T, np.zeros((3, 5)), 1, np.zeros((3, 5)))[0]
    tall = Muon(lr=0.1).step(g, np.zeros((5, 3)), 1, np.zeros((5, 3)))[0]
    np.testing.assert_allclose(wide, np.sqrt(5 / 3) * tall.T)


@pytest.mark.equation("signs-newton-schulz")
def test_newton_schulz_steps_act_on_singular_values_alone(g, parts):
    U, s, Vt = parts
    a, b, c = NEWTON_SCHULZ
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    np.testing.assert_allclose(newton_schulz(g), U * s @ Vt, rtol=1e-5)


@pytest.mark.equation("signs-how-many")
@pytest.mark.parametrize("a", [1.5, 3.4445])
def test_a_small_value_needs_a_logarithm_of_steps(a):
    start = 1e-9
    steps = round(np.log(0.5 / start) / np.log(a))
    assert np.log(start * a**steps / 0.5) == pytest.approx(0, abs=np.log(a) / 2)


@pytest.mark.equation("signs-rms")
@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (6, 6)])
def test_the_size_of_an_entry_hangs_on_the_longer_side(shape):
    U, _, Vt = np.linalg.svd(np.random.default_rng(0).normal(size=shape), full_matrices=False)
    assert np.sqrt(np.mean((U @ Vt) ** 2)) == pytest.approx(1 / np.sqrt(max(shape)))


@pytest.mark.equation("signs-turned")
def test_newton_schulz_turns_with_the_axes_and_signs_do_not(g):
    Q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    np.testing.assert_allclose(newton_schulz(Q @ g), Q @ newton_schulz(g), atol=1e-12)
    assert not np.allclose(np.sign(Q @ g), Q @ np.sign(g))


def test_five_steps_do_not_orthogonalise():
    for seed in range(3):
        gaussian = np.random.default_rng(seed).normal(size=(64, 64))
        values = np.linalg.svd(newton_schulz(gaussian), compute_uv=False)
        assert values.min() < 0.75
        assert 1.1 < values.max() < 1.21


# --- The digits of which some are rare ---------------------------------------------------------


def test_class_c_is_kept_in_the_share_that_the_page_says():
    few, left_out = rare_digits.thinned(digits().train)
    counts = np.bincount(few.labels)
    whole = np.bincount(digits().train.labels)
    np.testing.assert_allclose(counts, whole / np.arange(1, 11), atol=0.5)
    assert counts.tolist() == STORED["examples"]
    assert len(few.labels) + len(left_out.labels) == len(digits().train.labels)


def test_every_rule_has_its_best_rate_inside_the_grid():
    for rule in STORED["rules"].values():
        best = int(np.mean(rule["tuning"], axis=0).argmin())
        assert 0 < best < len(STORED["rates"]) - 1
        assert rule["lr"] == STORED["rates"][best]


def leads(part):
    """Muon's lead over each rule at the end, on some of the digits 1 to 9: a row for each run."""
    ends = {
        name: 100 * np.array(rule["test"])[:, -1, part].mean(axis=-1)
        for name, rule in STORED["rules"].items()
    }
    return {name: end - ends["Muon"] for name, end in ends.items() if name != "Muon"}


def in_errors(lead):
    return lead.mean() / (lead.std(ddof=1) / len(lead) ** 0.5)


def test_what_the_page_says_of_the_rare_digits_is_in_the_runs():
    rare, frequent = leads(slice(6, 9)), leads(slice(0, 3))
    assert in_errors(rare["Adam"]) > 2 > in_errors(rare["Momentum"]) > 0
    assert min(in_errors(lead) for lead in frequent.values()) > 5
    for name in ("Adam", "Momentum"):
        assert frequent[name].mean() > rare[name].mean()
    assert max(rare, key=lambda name: rare[name].mean()) == "Lion"


def test_adams_step_is_nearly_all_in_a_few_directions():
    model = MLP(digits().train, hidden=(64, 64))
    batches, start = model.minibatch(32, seed=0), model.initial(0)
    before, after = (
        minimize(batches, Adam(lr=0.003), start, steps=steps, record=()).final for steps in (60, 61)
    )
    step = model.layers(after - before)[1][0]
    values = np.linalg.svd(step, compute_uv=False)
    assert (values > values[0] / 2).sum() == 3
    assert 0.005 < values[39] / values[0] < 0.02
