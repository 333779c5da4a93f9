"""The figure of the roots shows what its chapter says, and its formula is the matrix of a step."""

import json
import subprocess

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures.nesterov_roots import LONGEST, NEAR, _roots
from minioptim.live.page import FOLDER, page_script
from minioptim.problems import Quadratic
from minioptim.run import minimize

from ...node import node
from .test_page import LARGEST


def test_the_roots_of_the_page_are_the_eigenvalues_of_a_step():
    module = (FOLDER / "figures" / "nesterov_roots.mjs").as_uri()
    a, mu = np.linspace(0.01, 4, 37), 0.9
    kept = np.concatenate([mu + 0 * a, mu * (1 - a)])
    places = json.dumps(np.stack([np.tile(a, 2), kept], axis=-1).tolist())
    code = (
        f"import {{pairOf, sizeOf}} from '{module}';"
        f"console.log(JSON.stringify({places}.map(([a, k]) => sizeOf(pairOf(a, k)))));"
    )
    command = [node(), "--input-type=module", "-e", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sizes = [abs(_roots(a, mu, ahead=ahead)).max(axis=-1) for ahead in (False, True)]
    # Where the two eigenvalues meet, a rounding error of 1e-16 is one of 1e-8 in both.
    np.testing.assert_allclose(np.concatenate(sizes), json.loads(done.stdout), atol=1e-7)


@pytest.mark.parametrize(
    ("a", "momentum", "nesterov"), [(0.01, 85, 83), (0.1, 81, 42), (0.5, 86, 10)]
)
def test_the_steps_that_the_chapter_counts(a, momentum, nesterov):
    needed = {}
    for rule in figures.nesterov_roots.rules:
        run = minimize(Quadratic([1.0]), rule(lr=a, momentum=0.9), [1.0], LONGEST)
        needed[rule.__name__] = np.flatnonzero(abs(run.x[:, 0]) > NEAR)[-1] + 1
    assert needed == {"Momentum": momentum, "Nesterov": nesterov}


@pytest.mark.parametrize(("a", "diverges"), [(1.35, False), (1.37, True)])
def test_nesterov_diverges_beyond_its_limit(a, diverges):
    x = figures.nesterov_roots(a=a).traces["Nesterov"].x[:, 0]
    assert (abs(x[-1]) > abs(x[-2])) == diverges


def test_the_page_with_both_figures_of_nesterovs_method_is_light():
    designs = figures.nesterov, figures.nesterov_roots
    assert len(page_script(designs).encode()) <= LARGEST
