"""Each row of the appendix on the libraries is run: its own text is what is tested.

Both sides of a row meet the same gradients, whatever the point is, so that a small difference of
the rules does not grow with the run: sizes from 10 down to 1e-6, for it is the faint ones that
tell where an eps stands.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from minioptim import schedules
from minioptim.libraries import KERAS, OPTAX, TORCH

from . import rosetta

# The libraries as they are set up there: back end, double precision.
from .libraries import VERSIONS, jax, keras, optax, torch
from .rosetta import NAMES

STEPS = 40
RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(STEPS, 8)) * 10.0 ** np.arange(-6, 2)
START = np.full(8, 1e-3)
ROWS = rosetta.rows()
PACKAGES = {TORCH: "torch", KERAS: "keras", OPTAX: "optax"}


def constant(t):  # noqa: ARG001
    return 1.0


def fall(t):
    return 1 / (1 + 0.2 * (t - 1))


# --- The two sides ------------------------------------------------------------------------------


def ours(text, factor=constant, *, queries=False):
    """Return the points of the rule that a text stands for, or those where it asks."""
    if factor is fall:
        text = rosetta.with_falling_lr(text)
    rule = rosetta.rule_of(text, NAMES | {"fall": factor})
    x, state, points = START, rule.start(START), []
    for t, g in enumerate(GRADIENTS, start=1):
        now = rule.at(t)
        x, *state = now.step(g, x, t, *state)
        points.append(now.query(x, *state) if queries else x)
    return np.array(points)


def of_torch(call, factor=constant):
    x = torch.tensor(START.copy(), requires_grad=True)
    optimizer = rosetta.evaluate(call, {"torch": torch, "params": [x]})
    (group,) = optimizer.param_groups
    lr = group["lr"]
    points = []
    for t, g in enumerate(GRADIENTS, start=1):
        group["lr"] = lr * factor(t)
        x.grad = torch.from_numpy(g.copy())
        optimizer.step()
        points.append(x.detach().numpy().copy())
    return np.array(points)


def of_keras(call, factor=constant):
    x = keras.Variable(START, dtype="float64")
    optimizer = rosetta.evaluate(call, {"keras": keras})
    lr = float(optimizer.learning_rate)
    points = []
    for t, g in enumerate(GRADIENTS, start=1):
        optimizer.learning_rate = lr * factor(t)
        optimizer.apply([g], [x])
        points.append(np.array(x.value))
    return np.array(points)


def of_optax(call, factor=constant):
    if factor is fall:
        call = rosetta.with_falling_lr(call)
    optimizer = rosetta.evaluate(call, {"optax": optax, "fall": factor})

    @jax.jit
    def step(x, state, g):
        update, state = optimizer.update(g, state, x)
        return optax.apply_updates(x, update), state

    x = jax.numpy.asarray(START)
    state, points = optimizer.init(x), []
    for g in GRADIENTS:
        x, state = step(x, state, g)
        points.append(np.array(x))
    return np.array(points)


RUN: dict[str, Callable] = {TORCH: of_torch, KERAS: of_keras, OPTAX: of_optax}


def agree(one, other):
    """Whether two runs agree to ten digits of how far each coordinate has moved."""
    assert one.dtype == other.dtype == np.float64
    moved = np.abs(one - START).max(axis=0)
    return bool((np.abs(one - other) <= 1e-10 * moved + 1e-16).all())


@cache
def theirs(row, factor=constant):
    return RUN[row.library](row.call, factor)


def row_agrees(row, factor=constant):
    queries = rosetta.QUERIES in row.remarks
    return agree(ours(row.rule, factor, queries=queries), theirs(row, factor))


# --- The rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_call_of_a_row_makes_the_steps_of_its_rule(row):
    assert row_agrees(row)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_holds_for_a_falling_lr_unless_it_says_otherwise(row):
    assert row_agrees(row, fall) is (rosetta.CONSTANT_ONLY not in row.remarks)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_number_of_a_row_could_be_another(row):
    queries = rosetta.QUERIES in row.remarks
    others = list(rosetta.changed(row.rule))
    assert others
    for text in others:
        assert not agree(ours(text, queries=queries), theirs(row)), text


@pytest.mark.parametrize("row", [row for row in ROWS if row.plain], ids=str)
def test_the_translation_that_a_row_uses_is_needed(row):
    assert not agree(ours(row.plain), theirs(row))


def test_a_row_of_a_wrong_library_or_of_stored_points_is_noticed():
    (nesterov,) = [row for row in ROWS if row.section == "Nesterov" and row.library == KERAS]
    assert not row_agrees(nesterov._replace(remarks=frozenset()))
    for row in ROWS:
        assert f"{PACKAGES[row.library]}." in row.call


def test_the_versions_that_the_page_names_are_installed():
    text = " ".join(cell.source for cell in rosetta.cells())
    for library in RUN:
        assert f"{library} {VERSIONS[library]}" in text


# --- The schedules ------------------------------------------------------------------------------


def values(text, count=100):
    """Return what a library's schedule, as the table has it, gives at its steps 0, 1, 2, ..."""
    if not text.startswith("torch"):
        schedule = rosetta.evaluate(text, {"keras": keras, "optax": optax})
        return [float(schedule(np.int64(step))) for step in range(count)]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    schedule = rosetta.evaluate(text, {"torch": torch, "optimizer": optimizer})
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize(("book", "library"), rosetta.table("Schedules"))
def test_the_schedules_of_a_row_have_the_same_values(book, library):
    schedule = rosetta.evaluate(book.strip("`"), vars(schedules))
    text = library.removesuffix("(Optax)").strip().strip("`")
    # Keras computes its schedules in single precision; PyTorch each cosine from the one before.
    rel = 1e-5 if text.startswith("keras") else 1e-11
    expected = values(text)
    assert [schedule(t) for t in range(1, 101)] == pytest.approx(expected, rel=rel, abs=rel)


def test_past_its_end_the_cosine_of_pytorch_alone_rises():
    beyond = {}
    for book, library in rosetta.table("Schedules"):
        if book.startswith("`Cosine"):
            text = library.strip("`")
            beyond[text.partition(".")[0]] = values(text, count=151)[100:]
    assert beyond["torch"][50] == pytest.approx(0.15)
    assert np.diff(beyond["torch"]).min() > 0
    for library in ("keras", "optax"):
        assert beyond[library] == pytest.approx([0.0] * 51, abs=1e-8)
    assert [schedules.Cosine(0.3, steps=100)(t) for t in (101, 151)] == [0.0, 0.0]


# --- What is said of the libraries beside the rows ----------------------------------------------


RMSPROP_WITH_MOMENTUM = {
    TORCH: "torch.optim.RMSprop(params, lr=0.01, alpha=0.9, eps=0.0, momentum=0.8)",
    KERAS: "keras.optimizers.RMSprop(learning_rate=0.01, rho=0.9, epsilon=0.0, momentum=0.8)",
    OPTAX: "optax.rmsprop(learning_rate=0.01, decay=0.9, eps=0.0, momentum=0.8)",
}


@pytest.mark.parametrize(
    ("library", "inside"),
    [(TORCH, False), (KERAS, True), (OPTAX, True)],
    ids=lambda value: str(value),
)
def test_rmsprop_with_momentum_has_lr_inside_velocity_or_outside(library, inside):
    x, v, velocity, points = START, np.zeros(8), np.zeros(8), []
    for t, g in enumerate(GRADIENTS, start=1):
        v = 0.9 * v + (1 - 0.9) * g**2
        lr = 0.01 * fall(t)
        velocity = 0.8 * velocity + (lr if inside else 1.0) * g / np.sqrt(v)
        x = x - (1.0 if inside else lr) * velocity
        points.append(x)
    assert agree(np.array(points), RUN[library](RMSPROP_WITH_MOMENTUM[library], fall))


@pytest.mark.parametrize(
    "call",
    [
        "torch.optim.RMSprop(params, lr=0.01, alpha=0.9, eps=1e-8, centered=True)",
        "torch.optim.RMSprop(params, lr=0.01, alpha=0.9, eps=1e-3, centered=True)",
    ],
)
def test_pytorchs_centred_form_has_nan_for_a_gradient_that_stays(call):
    slopes = torch.linspace(0.01, 3.0, 400)
    x = torch.zeros(400, requires_grad=True)
    optimizer = rosetta.evaluate(call, {"torch": torch, "params": [x]})
    for _ in range(400):
        x.grad = slopes.clone()
        optimizer.step()
    assert 0 < int(x.isnan().sum()) < 400


# The back end may be NumPy, which warns.
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("epsilon", "none"), [(1e-8, False), (1e-3, True)])
def test_a_large_eps_inside_the_root_saves_the_centred_form(epsilon, none):
    x = keras.Variable(np.zeros(400), dtype="float32")
    optimizer = keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=epsilon, centered=True)
    slopes = np.linspace(0.01, 3.0, 400).astype(np.float32)
    for _ in range(400):
        optimizer.apply([keras.ops.convert_to_tensor(slopes)], [x])
    assert (not np.isnan(np.array(x.value)).any()) is none


def test_float16_forgets_the_eps_that_bfloat16_keeps():
    for size in (1e-8, 1e-16):
        assert torch.tensor(size, dtype=torch.float16).item() == 0
        assert torch.tensor(size, dtype=torch.bfloat16).item() == pytest.approx(size, rel=0.01)
