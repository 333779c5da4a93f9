"""Every rule on every surface: the script that a page really runs, beside Python."""

import json
import subprocess
from dataclasses import fields, replace

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures import DESIGNS
from minioptim.live.page import kit
from minioptim.problems import SURFACES
from minioptim.problems.surfaces import Bowl
from minioptim.run import minimize

from ...discovery import all_rules
from ...node import node

RULES = all_rules()
STEPS = 300
TOLERANCE = 1e-9  # of the largest coordinate so far

# Small enough that no run crosses a valley to and fro at full step: that is a chaotic motion, which
# multiplies the last bit until two faithful machines part. For rules that move by the size of the
# gradient, the step that the curvature at the start and along the way allows.
LR = {
    "Rosenbrock": 1e-4,
    "GoldsteinPrice": 1e-7,
    "Beale": 1e-3,
    "Himmelblau": 1e-3,
    "Rastrigin": 5e-4,
}
ADAPTIVE_LR = 1e-3

RUNNER = """
const {runs} = JSON.parse(readFileSync(0, "utf8"));
const paths = runs.map(({rule, values, surface, start, steps}) =>
  Array.from(runOn(new kit.surfaces[surface](), new kit.rules[rule](values), start, steps).x));
process.stdout.write(JSON.stringify(paths));
"""


def on_page(runs, folder):
    """Run the text of a page's script under node: the engine's loop on translated rules."""
    others = tuple(rule for rule in RULES if rule not in figures.race.rules)
    text = kit([*DESIGNS[:-1], replace(figures.race, rules=figures.race.rules + others)])
    file = folder / "page.mjs"
    file.write_text('import { readFileSync } from "node:fs";\n' + text + RUNNER)
    question = json.dumps({"runs": runs})
    command = [node(), str(file)]
    done = subprocess.run(command, input=question, capture_output=True, text=True, check=True)
    return [np.array(path).reshape(-1, 2) for path in json.loads(done.stdout)]


def lr_of(rule, surface):
    adaptive = "eps" in [field.name for field in fields(rule)]
    return ADAPTIVE_LR if adaptive else LR.get(surface.__name__, 1e-2)


def test_page_and_python_walk_the_same_paths(tmp_path):
    cases = [(rule, surface) for rule in RULES for surface in [*SURFACES, Bowl]]
    runs = [
        {
            "rule": rule.__name__,
            "values": {"lr": lr_of(rule, surface)},
            "surface": surface.__name__,
            "start": list(surface.start),
            "steps": STEPS,
        }
        for rule, surface in cases
    ]
    worst = {}
    for (rule, surface), page in zip(cases, on_page(runs, tmp_path), strict=True):
        python = minimize(surface(), rule(lr=lr_of(rule, surface)), steps=STEPS).x
        assert np.isfinite(python).all()
        assert not np.array_equal(python[0], python[-1])
        assert np.array_equal(page[0], python[0])
        scale = np.maximum.accumulate(np.abs(python[1:]).max(axis=1))[:, None]
        worst[rule.__name__, surface.__name__] = (np.abs(page - python)[1:] / scale).max()
    beyond = {case: error for case, error in worst.items() if not error <= TOLERANCE}
    assert beyond == {}


def test_a_rule_that_changes_changes_the_page(monkeypatch):
    changed = next(rule for rule in RULES if rule.__name__ == "Momentum")
    before = kit([figures.momentum])

    def step(self, g, x, t, v):  # noqa: ARG001
        v = self.momentum * v - 2 * self.lr * g
        return x + v, v

    monkeypatch.setattr(changed, "step", step)
    assert "2*this.lr*g" in kit([figures.momentum]) != before


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)
def test_a_figure_asks_for_rules_and_surfaces_we_can_translate(design):
    text = kit([design])  # joined without the spaces beside signs
    for wanted in (*design.rules, *design.surfaces):
        assert f"class {wanted.__name__}{{" in text
