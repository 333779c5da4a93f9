"""Learning-rate schedules beside PyTorch's, Keras' and Optax', at t = 1, 2, 3, ...

All three count from 0: their step 0 is our t = 1.
"""

import numpy as np
import pytest

from minioptim import schedules

from .libraries import keras, optax, torch

STEPS = 200


def ours(schedule, steps=STEPS):
    return [schedule(t) for t in range(1, steps + 1)]


def of_torch(lr, make, steps=STEPS):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


of = torch.optim.lr_scheduler


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (schedules.Constant(0.3), lambda o: of.ConstantLR(o, factor=1.0)),
        (schedules.StepDecay(0.3, factor=0.5, every=30), lambda o: of.StepLR(o, 30, gamma=0.5)),
        (schedules.Exponential(0.3, decay=0.97), lambda o: of.ExponentialLR(o, gamma=0.97)),
        (
            schedules.Linear(0.3, final=0.03, steps=120),
            lambda o: of.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=120),
        ),
        # PyTorch's goes up again after T_max; ours stays down, so they are compared until there.
        (
            schedules.Cosine(0.3, steps=STEPS, final=0.01),
            lambda o: of.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.01),
        ),
        (
            schedules.CosineRestarts(0.3, every=25, growth=2, final=0.01),
            lambda o: of.CosineAnnealingWarmRestarts(o, T_0=25, T_mult=2, eta_min=0.01),
        ),
        (
            schedules.InverseRoot(0.3),
            lambda o: of.LambdaLR(o, lambda epoch: 1 / np.sqrt(epoch + 1)),
        ),
        (
            schedules.Cyclic(0.03, peak=0.3, half_period=25),
            lambda o: of.CyclicLR(o, 0.03, 0.3, step_size_up=25, cycle_momentum=False),
        ),
        (
            schedules.Sequence(
                (schedules.Constant(0.3), schedules.Exponential(0.3, decay=0.9)), ends=(50,)
            ),
            lambda o: of.SequentialLR(
                o,
                [of.ConstantLR(o, factor=1.0), of.ExponentialLR(o, gamma=0.9)],
                milestones=[50],
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_schedule_equals_pytorchs(schedule, make):
    # An absolute part, because PyTorch computes each cosine from the one before.
    assert ours(schedule) == pytest.approx(of_torch(0.3, make), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    ("schedule", "theirs"),
    [
        (schedules.Constant(0.3), optax.constant_schedule(0.3)),
        (
            schedules.StepDecay(0.3, factor=0.5, every=30),
            optax.exponential_decay(0.3, 30, 0.5, staircase=True),
        ),
        (schedules.Exponential(0.3, decay=0.97), optax.exponential_decay(0.3, 1, 0.97)),
        (schedules.Linear(0.3, final=0.03, steps=120), optax.linear_schedule(0.3, 0.03, 120)),
        (
            schedules.Cosine(0.3, steps=120, final=0.03),
            optax.cosine_decay_schedule(0.3, 120, alpha=0.1),
        ),
        (
            schedules.Sequence(
                (schedules.Linear(0.1, 0.3, steps=50), schedules.Cosine(0.3, steps=100)),
                ends=(50,),
            ),
            optax.warmup_cosine_decay_schedule(0.1, 0.3, 50, 150),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_schedule_equals_optaxs(schedule, theirs):
    expected = [float(theirs(np.int64(count))) for count in range(STEPS)]
    assert ours(schedule) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("schedule", "theirs"),
    [
        (
            schedules.StepDecay(0.3, factor=0.5, every=30),
            keras.optimizers.schedules.ExponentialDecay(0.3, 30, 0.5, staircase=True),
        ),
        (
            schedules.Exponential(0.3, decay=0.97),
            keras.optimizers.schedules.ExponentialDecay(0.3, 1, 0.97),
        ),
        (
            schedules.Linear(0.3, final=0.03, steps=120),
            keras.optimizers.schedules.PolynomialDecay(0.3, 120, 0.03),
        ),
        (
            schedules.Cosine(0.3, steps=120, final=0.03),
            keras.optimizers.schedules.CosineDecay(0.3, 120, alpha=0.1),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_schedule_equals_keras(schedule, theirs):
    # Keras computes its schedules in float32, whatever floatx says.
    expected = [float(theirs(count)) for count in range(STEPS)]
    assert ours(schedule) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_pytorchs_warm_up_reaches_its_value_where_ours_does():
    warm = schedules.WarmUp(10, after=schedules.Constant(0.3))
    theirs = of_torch(
        0.3, lambda o: of.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=9)
    )
    assert ours(warm) == pytest.approx(theirs, rel=1e-12)
