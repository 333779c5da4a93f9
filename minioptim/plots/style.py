"""The style of the book's pictures: sizes for a phone, tints, legends."""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.gridspec import SubplotParams
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

from minioptim._arguments import whole
from minioptim.run import Trace

# Sizes are for a phone: a screen 360 pixels wide shows a figure of 6.4 inches at about half its
# size, where 12 points are as high as small print.
STYLE: dict[str, Any] = {
    "figure.figsize": (6.4, 4.2),
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same letters on every machine
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    # Without a fixed salt, an SVG's ids differ from one drawing to the next.
    "svg.hashsalt": "minioptim",
}
"""The settings of Matplotlib that `use_style` makes."""

# Of the figure: a legend as high as this leaves too little for the Axes.
MOST_HEIGHT = 0.5


def use_style() -> None:
    """Set the book's style for all figures that follow: one call at the top of a chapter.

    It writes `STYLE` into ``matplotlib.rcParams`` and leaves all other settings unchanged.
    For some figures only, call it inside ``with matplotlib.rc_context():``.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> use_style()
    >>> mpl.rcParams["axes.spines.top"]
    False
    """
    plt.style.use(STYLE)


def tints(color: str, count: int) -> list[str]:
    """Return ``count`` tints of a colour, from the colour itself to a light one.

    Runs of one rule that differ in a hyper-parameter differ in lightness, which every reader can
    see.

    Parameters
    ----------
    color : str
        Any colour that Matplotlib accepts.
    count : int, >= 0
        Number of tints.

    Returns
    -------
    list of str
        As "#rrggbb", the darkest first.

    Raises
    ------
    TypeError
        ``count`` is not a whole number.
    ValueError
        ``color`` is not a colour, or ``count`` is below 0.

    Examples
    --------
    >>> tints("black", 2)
    ['#000000', '#595959']
    """
    if not is_color_like(color):
        raise ValueError(f"color must be a colour that Matplotlib knows, got {color!r}")
    count = whole("count", count, at_least=0)
    red, green, blue = to_rgb(color)
    whiteness = [0.7 * k / count for k in range(count)]
    return [
        to_hex((red + w * (1 - red), green + w * (1 - green), blue + w * (1 - blue)))
        for w in whiteness
    ]


def legend(ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Put a legend under the Axes, where it covers nothing.

    It has two columns, or one where two would be wider than the figure. A figure without a layout
    of its own gets Matplotlib's "constrained" one, which makes room, so that the legend is in the
    file that ``savefig`` writes. Where it does not fit, or margins were set by ``subplots_adjust``,
    the layout stays as it is: then save with ``bbox_inches="tight"``.

    Parameters
    ----------
    ax : Axes, optional
        The current Axes by default.
    **kwargs
        For ``ax.legend``, for example ``ncols=1``.

    Raises
    ------
    TypeError
        ``ax`` is not an Axes.

    Warns
    -----
    UserWarning
        Nothing in the Axes has a label; the warning is Matplotlib's.

    Examples
    --------
    >>> ax = plt.subplots()[1]
    >>> _ = ax.plot([1, 2], label="a line")
    >>> [text.get_text() for text in legend(ax).get_legend().get_texts()]
    ['a line']
    """
    ax = _axes(ax)
    labels = ax.get_legend_handles_labels()[1]
    # Below the tick labels and the label of the axis. The distance is in points, 72 to the inch,
    # because a share of the height would be too small for low Axes.
    below = ScaledTranslation(0, -40 / 72, ax.figure.canvas.figure.dpi_scale_trans)
    placed: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, 0),
        "bbox_transform": ax.transAxes + below,
        "handlelength": 2.8,
        "columnspacing": 1.2,
        "labelspacing": 0.3,
    }
    figure = ax.figure.canvas.figure
    # A phone is just wide enough for two columns of long labels.
    chosen = {"ncols": kwargs.pop("ncol")} if "ncol" in kwargs else {}
    two = {"ncols": min(len(labels), 2) or 1}
    drawn = ax.legend(**(two | placed | chosen | kwargs))
    if not {"ncols"} & {*chosen, *kwargs} and _share(drawn, ax)[0] > 1:
        drawn = ax.legend(**(placed | {"ncols": 1} | kwargs))
    width, height = _share(drawn, ax)
    plain = vars(figure.subplotpars) == vars(SubplotParams())
    if plain and figure.get_layout_engine() is None and width < 1 and height < MOST_HEIGHT:
        figure.set_layout_engine("constrained")
    return ax


def _share(legend: Legend, ax: Axes) -> tuple[float, float]:
    """Return a legend's width and height as shares of what its Axes have of the figure."""
    taken, there = legend.get_window_extent(), ax.figure.canvas.figure.bbox
    place = ax.get_subplotspec()
    rows, columns = (1, 1) if place is None else place.get_gridspec().get_geometry()
    return taken.width * columns / there.width, taken.height * rows / there.height


def _axes(ax: Axes | None) -> Axes:
    if ax is None:
        return plt.gca()
    if not isinstance(ax, Axes):
        way = ": several traces go in one list" if isinstance(ax, Trace) else ""
        raise TypeError(f"ax must be one Matplotlib Axes, got {ax!r}{way}")
    return ax


def _merged(defaults: dict[str, Any], given: dict[str, Any], kind: type[Artist]) -> dict[str, Any]:
    """Return the arguments of an artist; those given override the defaults, under any alias."""
    return defaults | normalize_kwargs(given, kind)
