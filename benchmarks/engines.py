"""What a step costs, with each engine and in PyTorch and Optax, beside what memory allows.

    python -m benchmarks.engines [--rounds 7] [--quick] [--cpu] [--json _build/engines.json]

Each case of a group is timed once in every round, one after another, so that whatever else the
machine does meets all of them; a ratio is the median of the rounds' ratios to the group's bound,
with the quartiles. The bound of a step on n parameters is the time in which NumPy adds one array to
another in place, of such a size that as many bytes are read and written; so it is measured, and can
be beaten a little. One thread, but for Optax and JAX, which take the threads that they find, and
for the case that says so. Peers that are not installed are named and left out.

On a machine that others load, ``--cpu`` counts the processor's time instead, of all threads
together: then a process that waits for its turn is not taken for a slow one.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minioptim import Adam, Momentum, Rule, Stepper, minimize
from minioptim.problems import Rosenbrock
from minioptim.problems.surfaces import Bowl
from minioptim.rules import RULES

Work = Callable[[], object]
Group = tuple[str, str, dict[str, Work]]  # its name, the case that is the bound, all cases

PEERS = ("torch", "jax", "optax")


def installed(name: str) -> bool:
    """Whether a peer is there."""
    return importlib.util.find_spec(name) is not None


def bound(size: int, number: str, arrays: int) -> Work:
    """Return what moves as many bytes as a step that reads or writes ``arrays`` arrays."""
    count = size * arrays // 3
    x, g = (np.ones(count, dtype=number) for _ in range(2))
    return lambda: np.add(x, g, out=x)


def moved(rule: type[Rule]) -> int:
    """Return how many arrays a step reads or writes: the gradient, x twice and each state twice."""
    return 3 + 2 * len(rule.state)


def step(rule: Rule, size: int, number: str, **options: Any) -> Work:
    """Return a step of a rule on new parameters."""
    rng = np.random.default_rng(0)
    stepper = Stepper(rule, rng.normal(size=size).astype(number), **options)
    g = rng.normal(size=size).astype(number)
    return lambda: stepper.step(g)


def torch_step(size: int, number: str, **options: bool) -> Work:
    """Return a step of PyTorch's Adam on one tensor."""
    import torch

    torch.set_num_threads(1)
    x = torch.randn(size, dtype=getattr(torch, number), requires_grad=True)
    x.grad = torch.randn(size, dtype=x.dtype)
    return torch.optim.Adam([x], lr=1e-3, **options).step


def optax_step(size: int, number: str) -> Work:
    """Return a jitted step of Optax' Adam that gives its memory on."""
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    method = optax.adam(1e-3)
    held = jax.random.normal(jax.random.key(0), (size,), dtype=number)
    now = [held, method.init(held)]
    g = jax.random.normal(jax.random.key(1), (size,), dtype=number)

    def made(x: Any, state: Any, g: Any) -> Any:
        update, state = method.update(g, state)
        return optax.apply_updates(x, update), state

    jitted = jax.jit(made, donate_argnums=(0, 1))

    def one() -> None:
        now[:] = jitted(*now, g)
        now[0].block_until_ready()

    return one


def steps_on_large_arrays(quick: bool) -> Iterator[Group]:
    """Yield Adam at three sizes in two types, and every other rule at the largest."""
    for number in ("float32", "float64"):
        for size in (10**5, 10**6) if quick else (10**5, 10**6, 10**7):
            cases = {
                "bound": bound(size, number, moved(Adam)),
                "compiled": step(Adam(), size, number, engine="compiled"),
                "arrays": step(Adam(), size, number),
            }
            if size > 10**6:
                cases["compiled, 2 threads"] = step(
                    Adam(), size, number, engine="compiled", threads=2
                )
            if installed("torch"):
                cases["torch fused"] = torch_step(size, number, fused=True)
                cases["torch foreach"] = torch_step(size, number, foreach=True)
                cases["torch loop"] = torch_step(size, number, foreach=False)
            if installed("optax"):
                cases["optax jit"] = optax_step(size, number)
            yield f"Adam, {number}, {size:,} parameters", "bound", cases
    size = 10**6 if quick else 10**7
    for rule in RULES:
        if rule is not Adam:
            cases = {
                "bound": bound(size, "float32", moved(rule)),
                "compiled": step(rule(), size, "float32", engine="compiled"),
            }
            yield f"{rule.__name__}, float32, {size:,} parameters", "bound", cases


def small_steps(quick: bool) -> Iterator[Group]:
    """Yield ten thousand recorded steps in the plane."""
    steps = 1_000 if quick else 10_000
    cases: dict[str, Work] = {
        engine: lambda engine=engine: minimize(  # type: ignore[misc]
            Rosenbrock(), Adam(lr=0.01), steps=steps, engine=engine
        )
        for engine in ("compiled", "arrays")
    }
    if installed("optax"):
        cases["optax scan"] = optax_scan(steps)
    if installed("torch"):
        cases["torch loop"] = torch_rosenbrock(steps)
    yield f"Adam on Rosenbrock, {steps:,} recorded steps", "compiled", cases


def optax_scan(steps: int) -> Work:
    """Return Adam on Rosenbrock's function in one scan, which keeps x and f."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    method = optax.adam(0.01)

    def f(p: Any) -> Any:
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2

    def one(carry: Any, _: None) -> Any:
        x, state = carry
        update, state = method.update(jax.grad(f)(x), state)
        x = optax.apply_updates(x, update)
        return (x, state), (x, f(x))

    start = jnp.array([-1.2, 1.0])
    run = jax.jit(lambda x: jax.lax.scan(one, (x, method.init(x)), None, steps))
    return lambda: jax.block_until_ready(run(start))


def torch_rosenbrock(steps: int) -> Work:
    """Return Adam on Rosenbrock's function with the slopes written out, keeping x."""
    import torch

    def run() -> None:
        x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        method = torch.optim.Adam([x], lr=0.01, foreach=False)
        x.grad = torch.zeros(2, dtype=torch.float64)
        kept = []
        for _ in range(steps):
            a, b = x.tolist()
            x.grad[0] = -2 * (1 - a) - 400 * a * (b - a * a)
            x.grad[1] = 200 * (b - a * a)
            method.step()
            kept.append(x.tolist())

    return run


def many_runs(quick: bool) -> Iterator[Group]:
    """Yield a sweep: many runs of momentum on a quadratic in the plane, nothing recorded."""
    runs, steps = (4_096, 50) if quick else (65_536, 200)
    starts = np.random.default_rng(0).normal(size=(runs, 2))
    rule = Momentum(lr=np.linspace(0.001, 0.15, runs))
    cases: dict[str, Work] = {
        engine: lambda engine=engine: minimize(  # type: ignore[misc]
            Bowl(), rule, starts, steps, record=(), engine=engine
        )
        for engine in ("compiled", "arrays")
    }
    if installed("jax"):
        cases["jax vmap"] = jax_vmap(starts, np.asarray(rule.lr), steps)
    yield f"momentum, {runs:,} runs of {steps} steps in the plane", "compiled", cases


def jax_vmap(starts: Any, rates: Any, steps: int) -> Work:
    """Return momentum on the same quadratic, a scan for each run, batched by vmap."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    curvatures = jnp.array([1.0, 10.0])

    def run(x: Any, lr: Any) -> Any:
        def one(carry: Any, _: None) -> Any:
            x, v = carry
            v = 0.9 * v - lr * curvatures * x
            return (x + v, v), None

        return jax.lax.scan(one, (x, jnp.zeros(2)), None, steps)[0][0]

    all_runs = jax.jit(jax.vmap(run))
    given = jnp.asarray(starts), jnp.asarray(rates)
    return lambda: jax.block_until_ready(all_runs(*given))


def timed(work: Work, clock: Callable[[], float], at_least: float = 0.05) -> float:
    """Return the seconds of one call, as the least of those that fit into ``at_least`` seconds."""
    best, spent = float("inf"), 0.0
    while spent < at_least:
        begun = clock()
        work()
        taken = clock() - begun
        best, spent = min(best, taken), spent + taken
    return best


def measured(group: Group, rounds: int, clock: Callable[[], float]) -> dict[str, Any]:
    """Return the median seconds of each case, and its ratio to the group's bound with quartiles."""
    name, unit, cases = group
    for work in cases.values():
        work()  # what is compiled is compiled now
    times: dict[str, list[float]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case, work in cases.items():
            times[case].append(timed(work, clock))
    found = {}
    for case, taken in times.items():
        ratios = [mine / one for mine, one in zip(taken, times[unit], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        found[case] = {
            "seconds": statistics.median(taken),
            "ratio": middle,
            "quartiles": [low, high],
        }
    return {"name": name, "unit": unit, "cases": found}


def main() -> None:
    """Measure, print a table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--cpu", action="store_true", help="count the processor's time")
    parser.add_argument("--only", default="", help="groups whose name contains this")
    parser.add_argument("--json", type=Path, default=Path("_build/engines.json"))
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    absent = [name for name in PEERS if not installed(name)]
    if absent:
        print(f"not installed, left out: {', '.join(absent)}")
    groups = []
    for groups_of in (steps_on_large_arrays, small_steps, many_runs):
        for group in groups_of(options.quick):
            if options.only not in group[0]:
                continue
            groups.append(measured(group, options.rounds, clock))
            print(f"\n{groups[-1]['name']} (ratio to: {groups[-1]['unit']})")
            for case, found in groups[-1]["cases"].items():
                low, high = found["quartiles"]
                print(
                    f"  {case:22}{found['ratio']:9.2f}  ({low:.2f} to {high:.2f})"
                    f"{found['seconds'] * 1e3:12.3f} ms"
                )
    record = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "clock": "processor" if options.cpu else "wall",
        "rounds": options.rounds,
        "absent": absent,
        "groups": groups,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
