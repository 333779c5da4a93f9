"""A live figure in Python: its design, its values, and what a notebook shows of it.

On a static page a figure is a placeholder that says which figure it is, and a still picture; the
site's build puts a script beside it (`minioptim.live.page`). In a notebook with a kernel
and anywidget it is a widget that runs the same script (`minioptim.live.widget`).

Every other notebook viewer must show the still picture. JupyterLab takes HTML before PNG (its
``rendermime/src/factories.ts`` ranks them 50 and 90, the lower first), and so does nbconvert (its
``display_data_priority``). The placeholder shows nothing without the script, so it
is offered not as HTML but under a media type of our own, which these viewers ignore.
"""

from __future__ import annotations

import html
import importlib.util
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minioptim.live import words
from minioptim.live.controls import Control, by_name
from minioptim.live.looks import looks
from minioptim.problems import Surface
from minioptim.rules import Rule
from minioptim.run import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Values = dict[str, Any]

PLACEHOLDER = "text/vnd.minioptim.live+html"
"""The media type under which the site's build finds the placeholder in a stored notebook."""

HINT = words.text(words.COMMON, "hint")
"""The text of the placeholder until the figure moves; the site's build may translate it."""


@dataclass(frozen=True)
class Design:
    """A kind of figure, apart from its values: one constant in each module of `figures`.

    Parameters
    ----------
    figure : str
        The name of the JavaScript module that draws the figure, of its drawing function, and of
        the figure's texts in the catalogue.
    controls : tuple of Control
        The controls that a reader can set.
    rules, surfaces : tuples of classes
        The classes whose code the page needs, to be translated.
    traces : callable, values to {name: Trace}
        Computes in Python the runs that the figure shows.
    still : callable, (values, traces) to a Matplotlib figure
        Draws the still picture that replaces the figure where nothing moves.
    facts : dict
        Other plain data that the page needs.
    """

    figure: str
    controls: tuple[Control, ...]
    rules: tuple[type[Rule], ...]
    surfaces: tuple[type[Surface], ...]
    traces: Callable[[Values], dict[str, Trace]]
    still: Callable[[Values, dict[str, Trace]], Picture]
    facts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, **values: Any) -> LiveFigure:
        """Return a figure of this kind, whose controls start from the values given.

        Raises
        ------
        TypeError
            The figure has no control of this name.
        ValueError
            The control does not allow the value.
        """
        return LiveFigure(self, values)


class LiveFigure:
    """One figure: the last expression of a cell shows it.

    Parameters
    ----------
    design : Design
    values : mapping
        Values of controls, by name; the others start from the design's defaults.

    Attributes
    ----------
    values : dict
        The value of every control. In a notebook with a kernel, it follows the user's input.
    """

    def __init__(self, design: Design, values: Mapping[str, Any]) -> None:
        self.design = design
        controls = by_name(design.controls)
        for name in values:
            if name not in controls:
                known = ", ".join(n for n, c in controls.items() if hasattr(c, "value"))
                raise TypeError(f"{design.figure} has no control {name!r}; it has {known}")
        start = {name: c.value for name, c in controls.items() if hasattr(c, "value")}
        self._start = start | {name: controls[name].check(v) for name, v in values.items()}
        self._widget: Any = None

    @property
    def values(self) -> Values:
        """A copy of the value of every control, by name."""
        if self._widget is not None:
            return dict(self._widget.values)
        return dict(self._start)

    @property
    def traces(self) -> dict[str, Trace]:
        """The runs that the figure shows at its current values, computed in Python, by name."""
        return self.design.traces(self.values)

    def declaration(self) -> dict[str, Any]:
        """Return the data that the page needs, as plain data."""
        design = self.design
        controls = [
            control.declared()
            | ({"value": self._start[control.name]} if control.name in self._start else {})
            for control in design.controls
        ]
        return {
            "figure": design.figure,
            "id": design.figure,
            "controls": controls,
            "rules": [rule.__name__ for rule in design.rules],
            "looks": looks(design.rules),
            "facts": design.facts,
        }

    def widget(self) -> Any:
        """Return the figure as an anywidget, the same object each time.

        Raises
        ------
        ModuleNotFoundError
            anywidget is not installed.
        """
        if self._widget is None:
            from minioptim.live.widget import make_widget

            self._widget = make_widget(self.design, self.declaration(), self._start)
        return self._widget

    def picture(self) -> bytes:
        """Return the still picture, as PNG."""
        from matplotlib import pyplot as plt

        picture = self.design.still(self._start, self.design.traces(self._start))
        file = io.BytesIO()
        picture.savefig(file, format="png", dpi=100)
        plt.close(picture)
        return file.getvalue()

    def __repr__(self) -> str:
        return f"LiveFigure({self.design.figure})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:  # noqa: ARG002
        """Return the placeholder and the still picture; with anywidget, the widget too."""
        data = json.dumps(self.declaration(), ensure_ascii=False, separators=(",", ":"))
        bundle: dict[str, Any] = {
            "text/plain": repr(self),
            PLACEHOLDER: f"<div data-live-figure='{html.escape(data)}'><p>{HINT}</p></div>",
            "image/png": self.picture(),
        }
        if importlib.util.find_spec("anywidget") is not None:
            view = self.widget()._repr_mimebundle_()
            bundle = (view[0] if isinstance(view, tuple) else view) | bundle
        return bundle
