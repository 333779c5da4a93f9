"""The appendix on the libraries, as far as no library is needed: completeness, equations, claims.

That each row makes the steps that it says is tested where the libraries are
(`tests/parity/test_rosetta.py`).
"""

import ast
import math
from dataclasses import fields

import numpy as np
import pytest
import sympy as sp

from minioptim import (
    Adadelta,
    Adam,
    AdamW,
    BufferMomentum,
    EWMAMomentum,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
)
from minioptim.libraries import (
    EXAMPLES,
    LIBRARIES,
    PEERS,
    Absent,
    eps_hat,
    eps_inside,
    peers_of,
)
from minioptim.schedules import Cosine

from ..discovery import all_rules
from ..parity import rosetta

RNG = np.random.default_rng(5)
GRADIENTS = RNG.normal(0.5, 1.0, size=60)


def run(rule, gradients, x=0.0):
    """Return the points x_0, x_1, ... and the states of a rule that meets these gradients."""
    state, points, states = rule.start(0.0), [x], [rule.start(0.0)]
    for t, g in enumerate(gradients, start=1):
        x, *state = rule.at(t).step(g, x, t, *state)
        points.append(x)
        states.append(tuple(state))
    return np.array(points), np.array(states)


# --- What the page has --------------------------------------------------------


def test_every_rule_has_rows_for_every_library():
    found = {}
    for row in rosetta.rows():
        found.setdefault(row.section, set()).add(row.library)
    assert found.keys() == {rule.__name__ for rule in all_rules()}
    absent = {
        (kind.__name__, peer.library)
        for kind, peers in PEERS.items()
        for peer in peers
        if isinstance(peer, Absent)
    }
    for name, libraries in found.items():
        assert libraries | {library for rule, library in absent if rule == name} == set(LIBRARIES)


def test_the_codes_of_a_row_make_what_they_stand_for():
    for kind in PEERS:
        rule = EXAMPLES[kind]
        for peer in peers_of(kind):
            made = rosetta.rule_of(peer.equals(rule), rosetta.NAMES).at(2)
            meant = peer.as_rule(rule).at(2)
            assert type(made) is type(meant)
            np.testing.assert_allclose(
                [getattr(made, field.name) for field in fields(made)],
                [getattr(meant, field.name) for field in fields(meant)],
                rtol=1e-12,
            )
            call = ast.parse(peer.call(rule), mode="eval").body
            given = ast.unparse(call).count(f"{peer.name}(")
            assert given == 1


def test_the_numbers_of_an_expression_are_changed_one_at_a_time():
    text = "f(a=0.5, b=g(0.0), c=lambda t: 2 * t)"
    assert list(rosetta.changed(text)) == [
        "f(a=0.45, b=g(0.0), c=lambda t: 2 * t)",
        "f(a=0.5, b=g(0.001), c=lambda t: 2 * t)",
        "f(a=0.5, b=g(0.0), c=lambda t: 1.8 * t)",
    ]


def test_an_expressions_lr_is_made_to_fall_and_nothing_else():
    names = {"f": dict, "fall": lambda t: 1 / t}
    ours = rosetta.evaluate(rosetta.with_falling_lr("f(lr=0.5, eps=0.1)"), names)
    assert (ours["lr"](2), ours["eps"]) == (0.25, 0.1)
    optax = rosetta.evaluate(rosetta.with_falling_lr("f(learning_rate=0.5)"), names)
    assert optax["learning_rate"](1) == 0.25  # Optax' step 1 is our t = 2


# --- The translations ---------------------------------------------------------


@pytest.mark.equation("ros-average")
def test_averages_are_1_minus_beta_times_buffers_on_any_schedule():
    def lr(t):
        return 0.1 * (1 + math.sin(t))  # rises and falls

    average, v = run(EWMAMomentum(lr=lr, beta=0.8), GRADIENTS)
    buffer, b = run(BufferMomentum(lr=lambda t: 0.2 * lr(t), momentum=0.8), GRADIENTS)
    np.testing.assert_allclose(v, 0.2 * b, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(average, buffer, rtol=1e-12, atol=1e-14)


@pytest.mark.equation("ros-momentum")
def test_a_schedule_of_momentum_turns_one_form_into_the_other():
    lr = [0.1, 0.09, 0.12, 0.05, 0.05]
    mu = 0.5
    # Both forms by their equations, the second with the momentum of the page.
    x, v, y, b = 0.0, 0.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS[:5]):
        v = mu * v - lr[t] * g
        x += v
        b = mu * lr[max(t - 1, 0)] / lr[t] * b + g
        y -= lr[t] * b
        assert y == pytest.approx(x, rel=1e-13)

    def ratio(t):
        return lr[t - 1] / lr[max(t - 2, 0)]

    inside, _ = run(
        Momentum(lr=lambda t: lr[t - 1], momentum=lambda t: mu * ratio(t)), GRADIENTS[:5]
    )
    outside, _ = run(BufferMomentum(lr=lambda t: lr[t - 1], momentum=mu), GRADIENTS[:5])
    np.testing.assert_allclose(inside, outside, rtol=1e-13)


@pytest.mark.equation("ros-dampening", "ros-tau")
def test_the_undamped_first_gradient_fades_like_the_momentum():
    g = sp.symbols("g1:6")
    mu, tau, beta = sp.symbols("mu tau beta")
    b, a, v = g[0], g[0], (1 - beta) * g[0]
    for t in range(2, 6):
        b = mu * b + (1 - tau) * g[t - 1]
        a = mu * a + g[t - 1]
        v = beta * v + (1 - beta) * g[t - 1]
        assert sp.expand(b - (1 - tau) * a - tau * mu ** (t - 1) * g[0]) == 0
        assert sp.expand(b.subs({mu: beta, tau: beta}) - v - beta**t * g[0]) == 0
    t = sp.symbols("t", integer=True)
    total = sp.summation(sp.Rational(9, 10) ** t, (t, 1, sp.oo))
    assert total == 9
    assert sp.summation(sp.Rational(99, 100) ** t, (t, 1, sp.oo)) == 99


@pytest.mark.equation("ros-inside", "ros-floor")
def test_from_outside_to_inside_steps_change_by_at_most_root_two():
    eps = 0.3
    for g in (1e-3, 0.1, 1.0, 50.0):
        outer, v = run(RMSProp(lr=1.0, rho=0.9, eps=eps), [g])
        inner, _ = run(eps_inside(RMSProp(lr=1.0, rho=0.9, eps=eps**2)), [g])
        v = v[1, 0]
        assert inner[1] == pytest.approx(-g / math.sqrt(v + eps**2), rel=1e-13)
        quotient = (math.sqrt(v) + eps) / math.sqrt(v + eps**2)
        assert inner[1] / outer[1] == pytest.approx(quotient, rel=1e-13)
    root = np.linspace(0, 100 * eps, 100_001)
    quotient = (root + eps) / np.sqrt(root**2 + eps**2)
    np.testing.assert_allclose(quotient**2, 1 + 2 * eps * root / (root**2 + eps**2), rtol=1e-12)
    assert quotient.min() >= 1
    assert quotient.max() == pytest.approx(math.sqrt(2), rel=1e-12)
    assert root[quotient.argmax()] == pytest.approx(eps)


def test_no_eps_inside_equals_an_eps_outside_with_another_lr():
    # For three sizes of v the two equations for c and eps' contradict each other (c is squared).
    eps, c, other = sp.symbols("epsilon c epsilon_prime", positive=True)
    equations = [(c * (size + eps) ** 2 - (size**2 + other)) for size in (1, 2, 3)]
    assert sp.solve(equations, [eps, c, other], dict=True) == []


@pytest.mark.equation("ros-hat")
def test_keras_epsilon_is_an_eps_that_shrinks_to_it():
    lr, eps, beta1, beta2 = 0.1, 0.05, 0.9, 0.99
    translated, states = run(eps_hat(Adam(lr, beta1, beta2, eps)), GRADIENTS)
    x = 0.0
    for t, (m, v) in enumerate(states[1:], start=1):
        rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        x -= rate * m / (math.sqrt(v) + eps)  # as Keras computes it
        assert translated[t] == pytest.approx(x, rel=1e-12)


@pytest.mark.equation("ros-correction")
def test_the_corrections_of_adam_are_a_schedule_of_lr_and_eps():
    m, v, beta1, beta2, eps = sp.symbols("m v beta1 beta2 epsilon", positive=True)
    a, b = 1 - beta1, 1 - beta2  # any t: only 1 - beta^t enters
    left = (m / a) / (sp.sqrt(v / b) + eps)
    right = sp.sqrt(b) / a * m / (sp.sqrt(v) + eps * sp.sqrt(b))
    values = {m: 0.3, v: 2.0, beta1: 0.4, beta2: 0.7, eps: 0.2}
    assert float((left - right).subs(values)) == pytest.approx(0, abs=1e-15)
    factor = [math.sqrt(1 - 0.999**t) / (1 - 0.9**t) for t in range(1, 10_001)]
    assert factor[0] == pytest.approx(math.sqrt(0.001) / 0.1)
    assert min(factor) < 0.16
    assert factor[999] < 0.8 < 0.9999 < factor[9999] < 1


@pytest.mark.equation("ros-correction", "ros-hat")
def test_correcting_takes_lr_and_eps_and_with_lr_alone_is_keras():
    beta1, beta2, eps = 0.9, 0.99, 0.05

    def by_hand(eps_of):
        x, m, v, points = 0.0, 0.0, 0.0, [0.0]
        for t, g in enumerate(GRADIENTS, start=1):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            lr = 0.1 * math.sqrt(1 - beta2**t) / (1 - beta1**t)
            x -= lr * m / (math.sqrt(v) + eps_of(t))
            points.append(x)
        return np.array(points)

    adam, _ = run(Adam(0.1, beta1, beta2, eps), GRADIENTS)
    keras, _ = run(eps_hat(Adam(0.1, beta1, beta2, eps)), GRADIENTS)
    np.testing.assert_allclose(by_hand(lambda t: eps * math.sqrt(1 - beta2**t)), adam, rtol=1e-12)
    np.testing.assert_allclose(by_hand(lambda t: eps), keras, rtol=1e-12)  # noqa: ARG005
    assert abs(adam - keras).max() > 0.01
    # For RMSProp, beta1 = 0, the factor only rises.
    factor = [math.sqrt(1 - 0.9**t) for t in range(1, 100)]
    assert factor == sorted(factor)


@pytest.mark.equation("ros-adadelta")
def test_lr_of_adadelta_scales_the_run_and_touches_no_average():
    paper, states = run(Adadelta(), GRADIENTS)
    keras, same = run(Adadelta(lr=0.001), GRADIENTS)
    np.testing.assert_array_equal(states, same)
    np.testing.assert_allclose(keras, 0.001 * paper, rtol=1e-12)


@pytest.mark.equation("ros-psi")
@pytest.mark.parametrize("psi", [0.004, 1.0, math.inf])
def test_the_momentum_of_nadam_rises_as_the_page_says(psi):
    _, states = run(NAdam(psi=psi), GRADIENTS[:20])
    products = states[:, 2]
    mu = products[1:] / products[:-1]
    t = np.arange(1, 21)
    np.testing.assert_allclose(mu, 0.9 * (1 - 0.5 * 0.96 ** (t * psi)), rtol=1e-12)


@pytest.mark.equation("ros-shadow")
def test_the_point_behind_the_look_ahead_is_a_jump_back():
    rule = Nesterov(lr=0.1, momentum=0.8)
    points, states = run(rule, GRADIENTS)
    # The libraries' recursion, in Keras' form: q <- q + mu v - lr g with the new v.
    q, v = 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        v = 0.8 * v - 0.1 * g
        q += 0.8 * v - 0.1 * g
        assert q - 0.8 * states[t, 0] == pytest.approx(points[t], rel=1e-12, abs=1e-14)


@pytest.mark.equation("ros-decay")
def test_the_decay_of_the_paper_is_the_librarys_times_its_lr():
    alpha, strength = 0.02, 0.004
    rule = AdamW(lr=lambda t: alpha / t, weight_decay=strength / alpha, eps=1e-8)
    points, states = run(rule, GRADIENTS[:10], x=1.0)
    x = 1.0
    for t, (m, v) in enumerate(states[1:], start=1):
        adam = (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        x -= (1 / t) * (alpha * adam + strength * x)  # the paper's Algorithm 2
        assert points[t] == pytest.approx(x, rel=1e-13)


def test_a_falling_cosine_needs_momentum_above_1_from_step_84():
    lr = Cosine(0.1, steps=100)
    wanted = [0.9 * lr(t - 1) / lr(t) for t in range(2, 101)]
    assert 2 + next(i for i, value in enumerate(wanted) if value > 1) == 84
    assert wanted[-1] == pytest.approx(
        0.9 * (1 - math.cos(0.02 * math.pi)) / (1 - math.cos(0.01 * math.pi))
    )
