"""What the book says of the libraries' ways, each as numbers that could come out otherwise."""

import math

import numpy as np
import pytest

from minioptim import minimize, rules
from minioptim.libraries import KERAS, OPTAX, TORCH, Peer
from minioptim.problems import Function, Quadratic

from .libraries import keras, library_iterates, optax, torch
from .peers import PROBLEMS, TOLERANCE, Case, deviation, iterates

LINE = Function(lambda x: x.sum(axis=-1), np.ones_like, start=(0.0,))  # g = 1 everywhere


@pytest.fixture(autouse=True)
def line(monkeypatch):
    monkeypatch.setitem(PROBLEMS, "line", LINE)


def first_steps(library, name, arguments, rule, steps):
    """Return the library's first points on the line, from 0."""
    case = Case(rule, Peer(library, name, arguments), "line")
    return library_iterates(case, steps)[1:, 0]


def drop(t):
    return 0.1 if t == 1 else 0.01


def test_when_lr_falls_only_keras_velocity_keeps_the_old_lr():
    # g = 1, momentum 0.9, lr 0.1 then 0.01. Keras: v = -0.1, then 0.9 v - 0.01 = -0.1.
    # PyTorch and Optax: v = 1, then 1.9; the second step is 0.01 * 1.9.
    rule = rules.Momentum(lr=drop, momentum=0.9)
    buffer = rules.BufferMomentum(lr=drop, momentum=0.9)
    keras_sgd = {"learning_rate": "lr", "momentum": "momentum"}
    torch_sgd = {"lr": "lr", "momentum": "momentum"}

    assert first_steps(KERAS, "SGD", keras_sgd, rule, 2) == pytest.approx([-0.1, -0.200])
    assert first_steps(TORCH, "SGD", torch_sgd, rule, 2) == pytest.approx([-0.1, -0.119])
    assert first_steps(OPTAX, "sgd", keras_sgd, rule, 2) == pytest.approx([-0.1, -0.119])
    assert minimize(LINE, rule, steps=2).final == pytest.approx([-0.200])
    assert minimize(LINE, buffer, steps=2).final == pytest.approx([-0.119])


@pytest.mark.parametrize(("library", "name"), [(TORCH, "SGD"), (OPTAX, "sgd")])
def test_when_lr_falls_nesterov_of_pytorch_and_optax_leaves_ours(library, name):
    lr = "lr" if library == TORCH else "learning_rate"
    arguments = {lr: "lr", "momentum": "momentum", "nesterov": True}
    rule = rules.Nesterov(lr=drop, momentum=0.9)
    # y1 = -(1 + 0.9) lr1; y2 = y1 - lr2 (1 + 0.9 (1 + 0.9)): the second with the new lr alone.
    assert first_steps(library, name, arguments, rule, 2) == pytest.approx([-0.19, -0.2171])
    query = minimize(LINE, rule, steps=3).query[:, 0]
    # Ours: v1 = -0.1, v2 = 0.9 v1 - 0.01 = -0.1; the third question is at x2 + 0.9 v2.
    assert query == pytest.approx([0.0, -0.19, -0.29])


def test_nesterov_of_keras_keeps_our_query_points_at_any_lr():
    rule = rules.Nesterov(lr=drop, momentum=0.9)
    arguments = {"learning_rate": "lr", "momentum": "momentum", "nesterov": True}
    assert first_steps(KERAS, "SGD", arguments, rule, 2) == pytest.approx([-0.19, -0.29])


def test_dampening_of_pytorch_leaves_the_first_step_undamped():
    rule = rules.EWMAMomentum(lr=1.0, beta=0.9)
    arguments = {"lr": "lr", "momentum": "beta", "dampening": "beta"}
    # Ours: v = 0.1, then 0.19. PyTorch: the buffer starts as the gradient 1, and stays 1.
    assert first_steps(TORCH, "SGD", arguments, rule, 2) == pytest.approx([-1.0, -2.0])
    assert minimize(LINE, rule, steps=2).x[1:, 0] == pytest.approx([-0.1, -0.29])


@pytest.mark.parametrize("t", [1, 100, 1000])
def test_eps_of_keras_adam_is_larger_by_the_corrections_root(t):
    # With g = 1 both corrected moments are 1: each step is lr / (1 + effective eps).
    rule = rules.Adam(lr=1.0, eps=0.01)
    arguments = {"learning_rate": "lr", "epsilon": "eps"}
    points = np.append(0.0, first_steps(KERAS, "Adam", arguments, rule, t))
    effective = 1 / (points[-2] - points[-1]) - 1
    factor = {1: 31.6, 100: 3.24, 1000: 1.26}[t]
    assert effective / 0.01 == pytest.approx(factor, rel=2e-3)
    assert effective == pytest.approx(0.01 / math.sqrt(1 - 0.999**t), rel=1e-8)


def test_unlike_its_adam_keras_nadam_adds_eps_to_corrected_roots():
    rule = rules.NAdam(lr=1.0, eps=0.01, psi=1.0)
    arguments = {"learning_rate": "lr", "epsilon": "eps"}
    with_eps = first_steps(KERAS, "Nadam", arguments, rule, 1)
    without = first_steps(KERAS, "Nadam", arguments, rules.NAdam(lr=1.0, eps=0.0), 1)
    assert without / with_eps == pytest.approx(1.01)  # 1.316 if it were as in its Adam


@pytest.mark.parametrize(
    ("library", "name", "floor"),
    [(TORCH, "Adagrad", 1e-7), (KERAS, "Adagrad", 3.162e-4), (OPTAX, "adagrad", 3.162e-4)],
)
def test_eps_inside_the_root_is_a_floor_of_its_root(library, name, floor, monkeypatch):
    # A gradient far below eps: the step is lr g / floor.
    faint = Function(lambda x: x.sum(axis=-1) * 1e-12, lambda x: np.full_like(x, 1e-12), (0.0,))
    monkeypatch.setitem(PROBLEMS, "line", faint)
    lr = "lr" if library == TORCH else "learning_rate"
    eps = "epsilon" if library == KERAS else "eps"
    arguments = {lr: "lr", eps: "eps", "initial_accumulator_value": 0.0}
    (step,) = first_steps(library, name, arguments, rules.Adagrad(lr=1.0, eps=1e-7), 1)
    assert -1e-12 / step == pytest.approx(floor, rel=1e-3)


@pytest.mark.parametrize(
    ("library", "name", "extra", "root"),
    [
        (TORCH, "RMSprop", {}, "outside"),
        (KERAS, "RMSprop", {}, "inside"),
        (OPTAX, "rmsprop", {}, "inside"),
        (OPTAX, "rmsprop", {"eps_in_sqrt": False}, "outside"),
    ],
)
@pytest.mark.parametrize("centered", [False, True])
def test_eps_of_rmsprop_stands_where_the_table_says(library, name, extra, root, centered):
    # At step 1 the mean square is (1 - rho) g^2 and the variance rho (1 - rho) g^2.
    lr, rho, eps = {
        TORCH: ("lr", "alpha", "eps"),
        KERAS: ("learning_rate", "rho", "epsilon"),
        OPTAX: ("learning_rate", "decay", "eps"),
    }[library]
    arguments = {lr: "lr", rho: "rho", eps: "eps", "centered": centered, **extra}
    (step,) = first_steps(library, name, arguments, rules.RMSProp(lr=1.0, rho=0.75, eps=0.1), 1)
    square = 0.25 * (0.75 if centered else 1.0)
    expected = math.sqrt(square + 0.1) if root == "inside" else math.sqrt(square) + 0.1
    assert -1 / step == pytest.approx(expected)


@pytest.mark.parametrize(
    ("library", "name", "arguments", "psi"),
    [
        (TORCH, "NAdam", {"lr": "lr"}, 0.004),
        (KERAS, "Nadam", {"learning_rate": "lr", "epsilon": 1e-8}, 1.0),
        (OPTAX, "nadam", {"learning_rate": "lr"}, math.inf),
    ],
)
def test_by_default_each_library_raises_nadams_momentum_its_way(library, name, arguments, psi):
    case = Case(rules.NAdam(psi=psi), Peer(library, name, arguments), "valley")
    assert deviation(iterates(case), library_iterates(case)) < TOLERANCE
    for other in {0.004, 1.0, math.inf} - {psi}:
        ours = iterates(case._replace(rule=rules.NAdam(psi=other)))
        assert deviation(ours, library_iterates(case)) > 1e-5


def test_optax_keeps_the_corrected_maximum_and_so_steps_less(
    monkeypatch,
):
    # Gradients 1, 0, 0, ...: corrected, v is 1 at step 1, the largest it will ever be. Uncorrected
    # it is 0.001 for ever, and the correction goes on growing towards 1.
    kick = Function(lambda x: 0 * x.sum(axis=-1), lambda x: np.where(x == 0, 1.0, 0.0), (0.0,))
    monkeypatch.setitem(PROBLEMS, "line", kick)
    rule = rules.AMSGrad(lr=1.0, eps=0.0)
    ours = np.diff(minimize(kick, rule, steps=2).x[:, 0])
    torch_adam = {"lr": "lr", "eps": "eps", "amsgrad": True}
    m_hat = 0.09 / (1 - 0.9**2)
    by_torch = np.diff(first_steps(TORCH, "Adam", torch_adam, rule, 2))
    by_optax = np.diff(
        first_steps(OPTAX, "amsgrad", {"learning_rate": "lr", "eps": "eps"}, rule, 2)
    )
    assert by_optax == pytest.approx([-m_hat])
    assert by_torch == pytest.approx([-m_hat * math.sqrt(1.999)])
    assert ours[1:] == pytest.approx(by_torch)


@pytest.mark.parametrize(
    ("library", "name", "arguments"),
    [
        (TORCH, "Adam", {"lr": "lr", "eps": "eps", "weight_decay": 0.1}),
        (KERAS, "Adam", {"learning_rate": "lr", "epsilon": 0.0, "weight_decay": 0.1}),
    ],
)
def test_adams_weight_decay_is_l2_in_pytorch_and_adamw_in_keras(
    library, name, arguments, monkeypatch
):
    plain = Quadratic([1.0, 5.0], rotation=0.5)
    penalised = Function(
        lambda x: plain.value(x) + 0.05 * (x**2).sum(axis=-1),
        lambda x: plain.gradient(x) + 0.1 * x,
        (1.0, 1.0),
    )
    monkeypatch.setitem(PROBLEMS, "plain", plain)
    adam = rules.Adam(lr=0.01, eps=0.0)
    theirs = library_iterates(Case(adam, Peer(library, name, arguments), "plain"))
    as_penalty = minimize(penalised, adam, steps=len(theirs) - 1).x
    as_decay = minimize(
        plain, rules.AdamW(lr=0.01, eps=0.0, weight_decay=0.1), steps=len(theirs) - 1
    ).x
    same, other = (as_penalty, as_decay) if library == TORCH else (as_decay, as_penalty)
    assert deviation(same, theirs) < TOLERANCE
    assert deviation(other, theirs) > 1e-4


def test_adadelta_starts_with_a_step_that_eps_sets():
    # sqrt(eps / (1 - rho)) = 4.47e-3 at (0.95, 1e-6), for any gradient well above eps.
    rule = rules.Adadelta(lr=1.0, rho=0.95, eps=1e-6)
    (step,) = first_steps(TORCH, "Adadelta", {"lr": "lr", "rho": "rho", "eps": "eps"}, rule, 1)
    assert -step == pytest.approx(4.47e-3, rel=1e-3)
    assert minimize(LINE, rule, steps=1).final == pytest.approx([step])


def test_adadelta_of_optax_without_a_learning_rate_walks_uphill():
    # Its learning_rate may be left out; what is left out with it is the minus sign.
    optimizer = optax.adadelta()
    update, _ = optimizer.update(np.ones(1), optimizer.init(np.zeros(1)), np.zeros(1))
    assert update[0] > 0


def test_keras_keeps_float64_here():
    # Without the entry in its table of promotions (libraries.py) this comes out as float32, and
    # no run agrees beyond seven digits.
    assert keras.ops.multiply(np.ones(1), np.ones(1)).dtype == np.float64
    assert torch.get_default_dtype() == torch.float64
