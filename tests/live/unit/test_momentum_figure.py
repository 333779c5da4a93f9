"""The rate on the page, from a formula, is the one in Python, from the step's matrix."""

import json
import subprocess

import numpy as np

from minioptim.live.figures.momentum import _rate
from minioptim.live.page import FOLDER

from ...node import node


def test_the_map_of_the_page_is_the_map_of_the_still():
    module = (FOLDER / "figures" / "momentum.mjs").as_uri()
    a, mu = np.meshgrid(np.linspace(0.01, 4, 23), np.linspace(0, 0.99, 17))
    places = json.dumps(np.stack([a, mu], axis=-1).reshape(-1, 2).tolist())
    code = (
        f"import {{rateOf}} from '{module}';"
        f"console.log(JSON.stringify({places}.map(([a, mu]) => rateOf(a, mu))));"
    )
    command = [node(), "--input-type=module", "-e", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # Where the two eigenvalues meet, a rounding error of 1e-16 is one of 1e-8 in both.
    np.testing.assert_allclose(_rate(a, mu).ravel(), json.loads(done.stdout), atol=1e-7)
