"""What the libraries call the state of a rule: `minioptim.libraries.KEPT` beside the libraries.

Each name is looked up after some steps of the library, in the call that the appendix on the
libraries has for the rule, and compared with the state of that row's own rule.
"""

import re

import numpy as np
import pytest

from minioptim.libraries import KEPT, KERAS, LIBRARIES, OPTAX, TORCH

from . import rosetta

# The libraries as they are set up there: back end, double precision.
from .libraries import jax, keras, optax, torch
from .rosetta import NAMES

GRADIENTS = np.random.default_rng(1).normal(size=(5, 3))
START = np.array([1.0, -0.5, 0.25])
ABSENT = {"none", "no such rule", "without a name"}


def state_of_torch(call, name):
    x = torch.tensor(START.copy(), requires_grad=True)
    optimizer = rosetta.evaluate(call, {"torch": torch, "params": [x]})
    for g in GRADIENTS:
        x.grad = torch.from_numpy(g.copy())
        optimizer.step()
    return np.asarray(optimizer.state[x][name])


def state_of_keras(call, name):
    x = keras.Variable(START, dtype="float64", name="x")
    optimizer = rosetta.evaluate(call, {"keras": keras})
    for g in GRADIENTS:
        optimizer.apply([g], [x])
    (found,) = [v for v in optimizer.variables if v.path.endswith(f"/x_{name}")]
    return np.asarray(found.value)


def state_of_optax(call, name):
    optimizer = rosetta.evaluate(call, {"optax": optax})
    x = jax.numpy.asarray(START)
    state = optimizer.init(x)
    for g in GRADIENTS:
        update, state = optimizer.update(g, state, x)
        x = optax.apply_updates(x, update)
    ((_, found),) = optax.tree.get_all_with_path(state, name)
    return np.asarray(found)


LOOK_UP = {TORCH: state_of_torch, KERAS: state_of_keras, OPTAX: state_of_optax}


def cells():
    """Yield (rule, state, library, what the cell says) for each cell of the table."""
    for kept in KEPT:
        for kind in kept.kinds:
            for library, words in zip(LIBRARIES, kept.names, strict=True):
                yield kind.__name__, kept.state, library, words


def told_lr(call):
    """Return the learning rate that a library is told."""
    return float(re.search(r"\b(?:lr|learning_rate)=([\d.e-]+)", call)[1])


# What a cell may say after the name, and what it means: the library's value times this is ours.
FACTORS = {
    "": lambda lr, ours: 1.0,  # noqa: ARG005
    ", the maximum of the corrected $\\hat v$": lambda lr, ours: 1.0,  # noqa: ARG005
    " times −lr": lambda lr, ours: -lr,  # noqa: ARG005
    " over −lr": lambda lr, ours: -1 / lr,  # noqa: ARG005
    " times 1 − beta": lambda lr, ours: 1 - ours.beta,  # noqa: ARG005
    " times −(1 − beta) over lr": lambda lr, ours: -(1 - ours.beta) / lr,
}
LESS_SQUARE = " less $m^2$"


def rows_of(rule, library):
    return [row for row in rosetta.rows() if (row.section, row.library) == (rule, library)]


@pytest.mark.parametrize(
    ("rule", "state", "library", "words"), [cell for cell in cells() if cell[3] not in ABSENT]
)
def test_the_library_keeps_the_state_under_this_name(rule, state, library, words):
    row = rows_of(rule, library)[0]
    ours = rosetta.rule_of(row.rule, NAMES)
    x, values = START, ours.start(START)
    for t, g in enumerate(GRADIENTS, start=1):
        x, *values = ours.at(t).step(g, x, t, *values)
    name, factor = re.fullmatch(r"`(\w+)`(.*)", words).groups()
    theirs = LOOK_UP[library](row.call, name)
    if factor == LESS_SQUARE:
        theirs = theirs - values[ours.state.index("m")] ** 2
    else:
        theirs = FACTORS[factor](told_lr(row.call), ours) * theirs
    index = ours.state.index(state)
    # An eps inside Adagrad's root is, on our side, a higher start of the sum.
    start = ours.start(0.0)[index] if state == "G" else 0.0
    np.testing.assert_allclose(values[index] - start, theirs, rtol=1e-12)


def test_with_dampening_only_the_buffers_first_gradient_differs():
    (row,) = [row for row in rows_of("EWMAMomentum", TORCH) if "dampening" in row.call]
    beta, average = 0.9, np.zeros(3)
    for g in GRADIENTS:
        average = beta * average + (1 - beta) * g
    lead = beta ** len(GRADIENTS) * GRADIENTS[0]
    theirs = state_of_torch(row.call, "momentum_buffer")
    np.testing.assert_allclose(theirs, average + lead, rtol=1e-12)


def test_optaxs_largest_second_moment_alone_is_corrected():
    call = {library: rows_of("AMSGrad", library)[0].call for library in LIBRARIES}
    v, largest, corrected = np.zeros(3), np.zeros(3), np.zeros(3)
    for t, g in enumerate(GRADIENTS, start=1):
        v = 0.99 * v + 0.01 * g**2
        largest = np.maximum(largest, v)
        corrected = np.maximum(corrected, v / (1 - 0.99**t))
    assert (corrected > 10 * largest).all()
    for library, name, value in (
        (TORCH, "max_exp_avg_sq", largest),
        (KERAS, "velocity_hat", largest),
        (OPTAX, "nu_max", corrected),
    ):
        np.testing.assert_allclose(LOOK_UP[library](call[library], name), value, rtol=1e-12)


def test_where_the_table_has_no_name_there_is_none():
    absent = [cell for cell in cells() if cell[3] in ABSENT and rows_of(cell[0], cell[2])]
    assert absent == [
        ("NAdam", "mu_product", KERAS, "without a name"),
        ("NAdam", "mu_product", OPTAX, "none"),
    ]
    with pytest.raises(ValueError, match="not enough values"):
        state_of_keras(rows_of("NAdam", KERAS)[0].call, "mu_product")
    with pytest.raises(ValueError, match="not enough values"):
        state_of_optax(rows_of("NAdam", OPTAX)[0].call, "mu_product")
