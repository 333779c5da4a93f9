"""The still pictures that stand for live figures on paper show what their chapters say of them."""

import re

import pytest
from matplotlib import pyplot as plt

from minioptim.live.figures import DESIGNS

DESIGN = {design.figure: design for design in DESIGNS}


@pytest.fixture
def still():
    """Draw the still picture of a figure as it is at first."""
    drawn = []

    def draw(figure):
        live = DESIGN[figure]()
        drawn.append(DESIGN[figure].still(live.values, live.traces))
        return live, drawn[-1]

    yield draw
    for picture in drawn:
        plt.close(picture)


@pytest.mark.parametrize("figure", ["adagrad", "nadam"])
def test_the_start_of_every_run_is_in_the_frame(still, figure):
    live, picture = still(figure)
    x, y = live.values["start"]
    (left, right), (bottom, top) = picture.axes[0].get_xlim(), picture.axes[0].get_ylim()
    assert left <= x <= right
    assert bottom <= y <= top


def test_adadeltas_panels_have_the_paths_of_one_unit_and_the_ends_of_all(still):
    _, picture = still("adadelta")
    paths, over = picture.axes
    assert re.search(r"units of ([\d.]+) m", paths.get_title())[1] == "1"
    descent = DESIGN["adadelta"]().traces["GradientDescent"].x
    assert any((line.get_xydata()[-1] == descent[-1]).all() for line in paths.lines)
    newton, _, _, adadelta = (line.get_ydata() for line in over.lines)
    assert abs(newton).max() < 1e-6
    assert adadelta[0] < -6.9
    assert abs(adadelta[-1]) < 0.01


def test_rmsprops_panels_stand_in_the_order_of_the_live_figure(still):
    _, picture = still("rmsprop")
    assert [ax.get_title() for ax in picture.axes] == ["|step| / lr", "|g|, and √v"]
