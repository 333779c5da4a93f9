"""The page's random numbers, followed by Python."""

import json
import subprocess

import numpy as np

from minioptim.live.noise import normal, uniform
from minioptim.live.page import FOLDER

from ...node import node


def test_python_draws_the_numbers_that_the_page_draws():
    module = (FOLDER / "drawing" / "simulate.mjs").as_uri()
    code = (
        f"import {{uniform, normal}} from '{module}';"
        "const u = uniform(7), n = normal(4294967295);"
        "console.log(JSON.stringify([Array.from({length: 50}, u), Array.from({length: 50}, n)]));"
    )
    command = [node(), "--input-type=module", "-e", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    evenly, normally = json.loads(done.stdout)
    draw = uniform(7)
    assert [draw() for _ in range(50)] == evenly
    np.testing.assert_allclose(normal(4294967295, 50), normally, rtol=1e-12)


def test_the_draws_look_as_they_should():
    numbers = normal(1, 4000)
    assert abs(numbers.mean()) < 3 / np.sqrt(4000)
    assert abs(numbers.std() - 1) < 0.05
    assert not np.array_equal(normal(1, 5), normal(2, 5))
