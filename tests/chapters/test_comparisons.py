"""The numbered equation of the chapter on the large comparisons."""

import nbformat
import numpy as np
import pytest

from .test_race import CHAPTERS


@pytest.fixture(scope="module")
def scores():
    """The chapter's own function."""
    cells = nbformat.read(CHAPTERS / "comparisons.ipynb", as_version=4).cells
    source = next(cell.source for cell in cells if "def scores" in cell.source)
    names = {"np": np}
    exec(source[source.index("def scores") : source.index("ratios = dict")], names)  # noqa: S102
    return names["scores"]


@pytest.mark.equation("cmp-score")
def test_a_score_is_the_mean_share_of_tasks_within_a_factor(scores):
    times = np.array([[1.0, 3.0, np.inf, 2.0], [2.5, 1.0, 1.0, 2.1], [9.0, 4.0, 3.5, 1.0]])
    ratios = times / times.min(axis=0)
    factors = np.linspace(1, 4, 30_001)
    shares = (ratios[:, :, np.newaxis] <= factors).mean(axis=1)
    np.testing.assert_allclose(scores(times), shares.mean(axis=1), atol=1e-4)
