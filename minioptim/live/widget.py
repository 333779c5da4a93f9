"""A live figure as a widget, for use with a kernel. Needs anywidget, the extra `widgets`."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from minioptim.live.page import Drawn, style, widget_module


class LiveWidget(anywidget.AnyWidget):
    """A live figure whose values are a traitlet.

    Attributes
    ----------
    declaration : dict
        The description of the figure; it does not change.
    values : dict
        The value of each control, by name: set by the user, or from Python.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    declaration = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)


def make_widget(design: Drawn, declaration: dict[str, Any], values: dict[str, Any]) -> LiveWidget:
    """Return a widget that runs the script of this figure, with its rules in their current form.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError, MissingWordsError
        As for `minioptim.live.page.widget_module`.
    """
    return LiveWidget(
        declaration=declaration,
        values=values,
        _esm=widget_module([design]),
        _css=style(),
    )
