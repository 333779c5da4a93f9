"""What is measured: groups of rows, each row one way to do the work of its group.

    python -m benchmarks.rows GROUP ROW [--quick] [--cpu]

does a row's work in a process of its own: once to warm up, and once more for each line that it is
sent. `benchmarks.engines` starts these processes and takes the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import peers
from benchmarks.peers import BATCH, EPOCHS, HIDDEN, LR, Work

ROOT = Path(__file__).parents[1]
OURS = "minioptim"
ADAMS_STATES = 2
FIRST_CALL = """
from minioptim import Adam, minimize
from minioptim.problems import Rosenbrock
{clock}
begun = clock()
minimize(Rosenbrock(), Adam(lr=0.01), steps={steps}, engine="{engine}")
print(clock() - begun)
"""
FIRST_SCAN = """
from benchmarks.peers import optax_scan
{clock}
work = optax_scan({steps})
begun = clock()
work()
print(clock() - begun)
"""


class Row(NamedTuple):
    """One way to do a group's work: the modules that it needs, what makes it, and its threads.

    ``unit`` is the row that its ratio is to, if that is not the group's.
    """

    needs: tuple[str, ...]
    make: Callable[..., Work]
    threads: int = 1
    unit: str | None = None


class Group(NamedTuple):
    """Rows that do the same work; ratios are to the row ``unit``, where a row names no other."""

    name: str
    unit: str
    rows: dict[str, Row]

    def unit_of(self, row: str) -> str:
        """Return the row that a row's ratio is to."""
        return self.rows[row].unit or self.unit


# --- Work by minioptim and NumPy ----------------------------------------------------------------


def bound(size: int, number: str, states: int) -> Work:
    """Return what reads and writes the arrays of a step, and does next to nothing with them.

    As many arrays as the step has, of the same size: a few large ones would move as many bytes, but
    they may fit a cache that the step's do not.
    """
    return partial(pass_over, *(np.ones(size, dtype=number) for _ in range(2 + states)))


def pass_over(g: Any, x: Any, *states: Any) -> None:
    """Read and write arrays as a step does."""
    np.add(x, g, out=x)
    for state in states:
        np.negative(state, out=state)


def step(rule: str, size: int, number: str, **options: Any) -> Work:
    """Return a step of a rule on new parameters."""
    import minioptim

    rng = np.random.default_rng(0)
    x = rng.normal(size=size).astype(number)
    stepper = minioptim.Stepper(getattr(minioptim, rule)(), x, **options)
    g = rng.normal(size=size).astype(number)
    return lambda: stepper.step(g)


def numpy_step(size: int, number: str) -> Work:
    """Return Adam as NumPy is usually written: a new array for each operation."""
    rng = np.random.default_rng(0)
    x, g = (rng.normal(size=size).astype(number) for _ in range(2))
    held: list[Any] = [x, np.zeros_like(x), np.zeros_like(x), 0]

    def one() -> None:
        x, m, v, t = held
        t += 1
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        held[:] = x - 1e-3 * m_hat / (np.sqrt(v_hat) + 1e-8), m, v, t

    return one


def rosenbrock(steps: int, engine: str) -> Work:
    """Return Adam on Rosenbrock's function with all steps recorded."""
    from minioptim import Adam, minimize
    from minioptim.problems import Rosenbrock

    return lambda: minimize(Rosenbrock(), Adam(lr=LR), steps=steps, engine=engine)


def starts_and_rates(runs: int) -> tuple[Any, Any]:
    """Return where the runs of a sweep start, and their learning rates."""
    starts = np.random.default_rng(0).normal(size=(runs, 2))
    return starts, np.linspace(0.001, 0.15, runs)


def sweep(runs: int, steps: int, engine: str) -> Work:
    """Return many runs of momentum on the ravine, nothing recorded."""
    from minioptim import Momentum, minimize
    from minioptim.problems import Ravine

    starts, rates = starts_and_rates(runs)
    rule = Momentum(lr=rates)
    return lambda: minimize(Ravine(), rule, starts, steps, record=(), engine=engine)


def swept_by_vmap(runs: int, steps: int) -> Work:
    """Return the same by JAX."""
    return peers.jax_vmap(*starts_and_rates(runs), steps)


def our_digits(hidden: int, engine: str) -> Work:
    """Return twenty epochs on the digits by minioptim: a run, or a loop around compiled steps."""
    from minioptim import Adam, Stepper, minimize
    from minioptim.datasets import digits
    from minioptim.losses import MLP, SoftmaxRegression

    data = digits().train
    model: Any = MLP(data, hidden=(hidden,)) if hidden else SoftmaxRegression(data)
    steps = EPOCHS * -(-len(data) // BATCH)
    batches, rule, start = model.minibatch(BATCH), Adam(lr=LR), model.start

    def by_stepper() -> None:
        stepper, gradient = Stepper(rule, start.copy(), engine=engine), batches.oracle()
        for _ in range(steps):
            stepper.step(gradient(stepper.x))

    if engine == "compiled":
        return by_stepper
    return lambda: minimize(batches, rule, start, steps, record=())


# --- Work that needs an interpreter of its own --------------------------------------------------

CLOCKS = {
    False: "from time import perf_counter as clock",
    True: "from time import process_time as clock",
}


def importing(module: str) -> Work:
    """Return the start of an interpreter that imports a module."""
    program, environment = f"import {module}", {"KERAS_BACKEND": "torch", **_with_bytecode()}
    return lambda: _run(program, environment)


def first_call(program: str, steps: int, *, cpu: bool, kept: bool, **values: str) -> Work:
    """Return the first call in a new process, with or without what an earlier one has kept."""
    text = program.format(steps=steps, clock=CLOCKS[cpu], **values)
    folder = tempfile.mkdtemp(prefix="minioptim-bench-")
    environment = _with_bytecode()

    def run() -> float:
        place = folder if kept else tempfile.mkdtemp(dir=folder)
        return float(_run(text, {"MINIOPTIM_CACHE": place, **environment}))

    return run


def _with_bytecode() -> dict[str, str]:
    """Return what has Python keep modules as bytecode, as those of an installed package are.

    Where the environment forbids that, ours would be compiled anew by each process, and others not.
    """
    folder = tempfile.mkdtemp(prefix="minioptim-bench-")
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}


def _run(program: str, more: dict[str, str]) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env={**os.environ, **more}, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


# --- The groups ---------------------------------------------------------------------------------


def groups(quick: bool = False, cpu: bool = False) -> dict[str, Group]:
    """Return all groups by their key; ``quick`` makes them small, to see that they run."""
    found = {}
    for key, size in (("cache", 10**5), ("memory", 10**6 if quick else 10**7)):
        found[key] = _steps(size, "float32")
    found["double"] = _steps(10**6, "float64")
    found["rules"] = _rules(10**5 if quick else 10**7)
    steps = 1_000 if quick else 10_000
    found["plane"] = Group(
        f"Adam on Rosenbrock's function, {steps:,} recorded steps",
        "compiled",
        {
            "compiled": Row((OURS, "numba"), partial(rosenbrock, steps, "compiled")),
            "arrays": Row((OURS,), partial(rosenbrock, steps, "arrays")),
            "Optax, scan": Row(("optax",), partial(peers.optax_scan, steps)),
            "PyTorch, loop": Row(("torch",), partial(peers.torch_rosenbrock, steps)),
        },
    )
    runs, each = (4_096, 50) if quick else (65_536, 200)
    found["sweep"] = Group(
        f"momentum on the ravine, {runs:,} runs of {each} steps",
        "compiled",
        {
            "compiled": Row((OURS, "numba"), partial(sweep, runs, each, "compiled")),
            "arrays": Row((OURS,), partial(sweep, runs, each, "arrays")),
            "JAX, vmap": Row(("jax",), partial(swept_by_vmap, runs, each)),
        },
    )
    found["softmax"] = _digits("softmax regression", 0)
    found["network"] = _digits(f"a network with {HIDDEN} hidden units", HIDDEN)
    found["first"] = Group(
        f"the first call in a new process: Adam, {steps:,} recorded steps",
        "arrays",
        {
            "arrays": Row((OURS,), _first("arrays", steps, cpu, kept=True)),
            "compiled, never before": Row(
                (OURS, "numba"), _first("compiled", steps, cpu, kept=False)
            ),
            "compiled, kept from before": Row(
                (OURS, "numba"), _first("compiled", steps, cpu, kept=True)
            ),
            "Optax, scan": Row(
                ("optax",), partial(first_call, FIRST_SCAN, steps, cpu=cpu, kept=True)
            ),
        },
    )
    names = ("numpy", OURS, "sklearn", "torch", "jax", "optax", "keras")
    found["import"] = Group(
        "a new process that imports a module",
        "import numpy",
        {f"import {name}": Row((name,), partial(importing, name)) for name in names},
    )
    return found


def _first(engine: str, steps: int, cpu: bool, *, kept: bool) -> Callable[[], Work]:
    return partial(first_call, FIRST_CALL, steps, cpu=cpu, kept=kept, engine=engine)


def _steps(size: int, number: str) -> Group:
    compiled = partial(step, "Adam", size, number, engine="compiled")
    rows = {
        "bound": Row((), partial(bound, size, number, ADAMS_STATES)),
        "compiled": Row((OURS, "numba"), compiled),
        "compiled, 2 threads": Row((OURS, "numba"), partial(compiled, threads=2), threads=2),
        "arrays": Row((OURS,), partial(step, "Adam", size, number)),
        "NumPy, plain": Row((), partial(numpy_step, size, number)),
        "PyTorch, fused": Row(("torch",), partial(peers.torch_step, size, number, fused=True)),
        "PyTorch, foreach": Row(("torch",), partial(peers.torch_step, size, number, foreach=True)),
        "PyTorch, loop": Row(("torch",), partial(peers.torch_step, size, number, foreach=False)),
        "Optax, jit": Row(("optax",), partial(peers.optax_step, size, number)),
        "Keras on PyTorch": Row(("keras", "torch"), partial(peers.keras_step, size, number)),
    }
    if size <= 10**6:
        del rows["compiled, 2 threads"]
    return Group(f"one step of Adam, {size:,} parameters, {number}", "bound", rows)


def _rules(size: int) -> Group:
    from minioptim.rules import RULES

    bounds = {count: _bound_of(count) for count in sorted({len(rule.state) for rule in RULES})}
    rows = {
        name: Row((), partial(bound, size, "float32", count), unit=name)
        for count, name in bounds.items()
    }
    for rule in RULES:
        make = partial(step, rule.__name__, size, "float32", engine="compiled")
        rows[rule.__name__] = Row((OURS, "numba"), make, unit=bounds[len(rule.state)])
    name = f"one step of each rule, compiled, {size:,} parameters, float32"
    return Group(name, bounds[0], rows)


def _bound_of(states: int) -> str:
    return f"bound, {states} state{'s' * (states != 1)}"


def _digits(name: str, hidden: int) -> Group:
    rows = {
        OURS: Row((OURS,), partial(our_digits, hidden, "arrays")),
        f"{OURS}, compiled steps": Row((OURS, "numba"), partial(our_digits, hidden, "compiled")),
        "PyTorch": Row(("torch",), partial(peers.torch_digits, hidden)),
        "Optax, scan": Row(("optax",), partial(peers.optax_digits, hidden)),
        "Keras on PyTorch": Row(("keras", "torch"), partial(peers.keras_digits, hidden)),
        "scikit-learn, MLPClassifier": Row(("sklearn",), partial(peers.sklearn_digits, hidden)),
    }
    if not hidden:
        rows["scikit-learn, SGDClassifier"] = Row(("sklearn",), peers.sklearn_one_by_one)
    return Group(f"{name} on the digits: {EPOCHS} epochs of Adam, batch {BATCH}", OURS, rows)


# --- A row in its process -----------------------------------------------------------------------


def processor_time() -> float:
    """Return the seconds of processor of this process, its threads and the processes it ran."""
    import resource  # not on Windows

    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def timed(work: Work, *, cpu: bool, at_least: float = 0.05) -> float:
    """Return the seconds of one call; work that measures itself returns its seconds.

    It is the least of the calls that fit into ``at_least`` seconds. Of the processor's time it is
    the mean: the system counts the time of other threads in coarse steps.
    """
    clock = processor_time if cpu else time.perf_counter
    taken: list[float] = []
    begun = now = clock()
    while now - begun < at_least:
        own = work()
        before, now = now, clock()
        taken.append(own if isinstance(own, float) else now - before)
    return sum(taken) / len(taken) if cpu else min(taken)


def resident(which: str) -> int | None:
    """Return the bytes of memory that this process has (VmRSS) or had at most (VmHWM), on Linux."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if which in line)


def most_above(work: Work) -> int | None:
    """Return how many bytes a call holds at most above what was held before it, on Linux."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest
    except OSError:
        return None
    before = resident("VmRSS")
    work()
    most = resident("VmHWM")
    return None if before is None or most is None else max(0, most - before)


def main() -> None:
    """Answer each line of the input with the seconds of one measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("group")
    parser.add_argument("row")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    row = groups(options.quick, options.cpu)[options.group].rows[options.row]
    if row.threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    answer, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    work = row.make()
    work()  # what is compiled is compiled now, and states are there
    print(json.dumps({"memory": most_above(work)}), file=answer, flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed(work, cpu=options.cpu)), file=answer, flush=True)


if __name__ == "__main__":
    main()
