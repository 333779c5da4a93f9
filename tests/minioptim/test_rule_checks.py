"""A rule of one's own, checked from the command line: a right one, and a wrong one each."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from minioptim.checks.__main__ import main
from minioptim.checks.rules import check_rule
from minioptim.rules import Adam, HeavyBallMuon, Real, RMSProp, Rule

from ..discovery import all_matrix_rules, all_rules
from ..node import node

HEAD = """
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minioptim.rules import MatrixRule, Real, Rule


@dataclass(frozen=True)
class Mine(Rule):
    r\"\"\"A mean of gradients, divided by the root of a mean of squares.

    .. math::
        v_t &= \\mathrm{beta}\\, v_{t-1} + (1 - \\mathrm{beta})\\, g_t^2 \\\\
        x_t &= x_{t-1} - \\mathrm{lr}\\; \\frac{g_t}{\\sqrt{v_t} + \\mathrm{eps}}
    \"\"\"

    lr: Real = 0.1
    beta: Real = 0.9
    eps: Real = 1e-8

    state = ("v",)
"""
STEP = """
    def step(self, g, x, t, v):
        v = self.beta * v + (1 - self.beta) * g**2
        return x - self.lr * g / (np.sqrt(v) + self.eps), v
"""
NAMES = [
    "hyper-parameters",
    "start",
    "step",
    "inputs unchanged",
    "batch = alone",
    "equation",
    "JavaScript",
]


def checked(folder, text, *options):
    """Return what is found about the class Mine of a file, check by check, and the exit code."""
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "minioptim.checks", f"{file}:Mine", *options]
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONUTF8": "1", "PATH": str(Path(node()).parent)},
    )
    assert done.stderr == ""
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return {rest.partition(":")[0]: mark + rest for mark, _, rest in lines}, done.returncode


def test_a_right_rule_passes_all(tmp_path):
    found, code = checked(tmp_path, HEAD + STEP)
    assert list(found) == NAMES
    assert {line[0] for line in found.values()} == {"✓"}
    assert code == 0


WRONG = {
    "hyper-parameters": (
        "lr=nan is taken",
        STEP + "\n    def __post_init__(self):\n        pass\n",
    ),
    "start": (
        "start must return a tuple of a value for each of ('v',)",
        STEP + "\n    def start(self, x):\n        return 0.0, 0.0\n",
    ),
    "step": ("step must return the tuple (x, v,)", STEP.replace(", v\n", ",\n")),
    "inputs unchanged": (
        "step writes into v",
        STEP.replace("v = self.beta * v +", "v *= self.beta\n        v = v +"),
    ),
    "batch = alone": ("mixes the runs of a batch", STEP.replace("g**2", "(g * abs(g).max())")),
    "equation": (
        "at step 1 of Mine(",
        STEP.replace("np.sqrt(v) + self.eps", "np.sqrt(v + self.eps)"),
    ),
}


@pytest.mark.parametrize(("name", "wrong"), WRONG.items(), ids=WRONG)
def test_a_wrong_rule_is_told_what_is_wrong(name, wrong, tmp_path):
    reason, step = wrong
    found, code = checked(tmp_path, HEAD + step)
    assert found[name].startswith(f"✗{name}: ")
    assert reason in found[name]
    assert code == 1


@pytest.mark.parametrize(
    ("reason", "step"),
    {
        "If has no": STEP.replace(
            "        return", "        if t < 0:\n            v = v\n        return"
        ),
        "np.tanh": STEP.replace("v = self", "g = np.tanh(np.arctanh(g))\n        v = self"),
    }.items(),
)
def test_what_only_a_live_figure_needs_is_said_and_not_wrong(reason, step, tmp_path):
    found, _ = checked(tmp_path, HEAD + step)
    assert found["JavaScript"].startswith("–JavaScript: only a live figure needs it")
    assert reason in found["JavaScript"]


def test_a_rule_that_draws_numbers_depends_on_more_than_inputs(tmp_path):
    found, _ = checked(tmp_path, HEAD + STEP.replace("g**2", "g**2 * np.random.rand()"))
    assert "two steps from the same place differ" in found["inputs unchanged"]


@pytest.mark.parametrize("rule_class", all_rules(), ids=lambda rule: rule.__name__)
def test_the_packages_own_rules_pass_all(rule_class):
    assert [str(finding) for finding in check_rule(rule_class) if finding.right is False] == []


@pytest.mark.parametrize("rule_class", all_matrix_rules(), ids=lambda rule: rule.__name__)
def test_of_matrix_rules_what_does_not_apply_is_said_not_wrong(rule_class):
    findings = {finding.name: finding.right for finding in check_rule(rule_class)}
    assert findings == dict.fromkeys(NAMES, True) | {"equation": None, "JavaScript": None}


def test_a_matrix_rule_may_be_wrong_too():
    class Growing(HeavyBallMuon):
        def step(self, g, x, t, m):
            return super().step(g, x, t, m)[0], m[:1]

    (finding,) = [f for f in check_rule(Growing) if f.name == "step"]
    assert finding.right is False
    assert "m must keep its shape" in finding.reason


def test_a_rule_without_an_equation_is_told_so():
    class Silent(Adam):
        """Says nothing."""

    (finding,) = [f for f in check_rule(Silent) if f.name == "equation"]
    assert finding.right is None
    assert "has no equation" in finding.reason


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nowhere.py:Mine", "nowhere.py cannot be read: FileNotFoundError"),
        ("minioptim.nowhere:Mine", "minioptim.nowhere cannot be read: ModuleNotFoundError"),
        ("minioptim.rules:Nowhere", "minioptim.rules has no class Nowhere"),
        (
            "minioptim.rules:newton_schulz",
            "has no rule (a subclass of Rule) called newton_schulz",
        ),
        ("mine.py", "write the file and the class as mine.py:MyRule, not 'mine.py'"),
    ],
)
def test_what_is_no_rule_is_one_sentence(where, words, capsys):
    assert main([where]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert words in said.err


def test_greek_letters_stand_for_hyper_parameters():
    @dataclass(frozen=True)
    class Mine(Rule):
        r"""Momentum with Adam's letters.

        .. math::
            m_t &= \beta_1 m_{t-1} + (1 - \beta_{1})\, g_t \\
            x_t &= x_{t-1} - \eta \frac{m_t}{1 + \varepsilon}
        """

        lr: Real = 0.1
        beta1: Real = 0.9
        eps: Real = 0.5
        state = ("m",)

        def step(self, g, x, t, m):
            m = self.beta1 * m + (1 - self.beta1) * g
            return x - self.lr * m / (1 + self.eps), m

    class Forgetful(Mine):
        __doc__ = Mine.__doc__.replace(r"(1 - \beta_{1})\, ", "")

    assert dict(f[:2] for f in check_rule(Mine))["equation"] is True
    assert dict(f[:2] for f in check_rule(Forgetful))["equation"] is False


def test_the_line_of_a_file_that_fails_is_named(tmp_path, capsys):
    broken = tmp_path / "broken.py"
    broken.write_text("one = 1\n\nundefined(one)\n", encoding="utf-8")
    assert main([f"{broken}:Mine"]) == 2
    assert "cannot be read: line 3, 'undefined(one)': NameError" in capsys.readouterr().err


def test_a_file_that_fails_is_one_sentence(tmp_path, capsys):
    broken = tmp_path / "broken.py"
    broken.write_text("def step(:\n", encoding="utf-8")
    assert main([f"{broken}:Mine"]) == 2
    assert "broken.py cannot be read: SyntaxError" in capsys.readouterr().err


def test_a_library_that_is_not_there_is_said_and_not_wrong(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.optim", None)
    (finding,) = [f for f in check_rule(Adam, like="torch.optim.Adam") if "like" in f.name]
    assert str(finding) == "– like torch.optim.Adam: torch is not installed"


def test_a_library_that_is_not_known_is_wrong():
    (finding,) = [f for f in check_rule(RMSProp, like="numpy.sin") if "like" in f.name]
    assert finding.right is False
    assert "name it as torch.optim.Adam or optax.adam" in finding.reason


def test_without_node_the_translation_is_tried_and_not_run(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)  # noqa: ARG005
    (finding,) = [f for f in check_rule(Adam) if f.name == "JavaScript"]
    assert finding.right is None
    assert "node must be installed" in finding.reason
