"""The script of a page: the modules that draw, the figures' and the translated rules, as one text.

Browsers refuse modules from files, and a page of this book must work from a file. So the modules
are joined into one classic script: their imports and exports are taken away, since in one text
every name is in sight, and a function around all keeps the names from the rest of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from minioptim.engines.javascript import module_source
from minioptim.problems import Surface
from minioptim.rules import Rule

FOLDER = Path(__file__).parent
DRAWING = (
    *("geometry", "simulate", "state"),  # pure
    *("elements", "controls", "frame", "plane", "anatomy", "chart", "player", "mount"),
)
"""The modules of the folder `drawing`, each after those that it imports."""

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\./|\.\./drawing/)(\w+)\.mjs";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
TOP_LEVEL = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
INDENT = re.compile(r"^ +", re.MULTILINE)
COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.MULTILINE)


class LinkError(ValueError):
    """The modules cannot be joined into one script; the message says which and why."""


def style() -> str:
    """Return the style sheet of all live figures.

    Examples
    --------
    >>> ".live-view" in style()
    True
    """
    return (FOLDER / "live.css").read_text(encoding="utf-8")


def modules_of(figures: Iterable[str]) -> dict[str, str]:
    """Return the text of the modules that draw and of these figures', by name, in order.

    Raises
    ------
    ValueError
        There is no figure of such a name.

    Examples
    --------
    >>> list(modules_of(["adam"]))[-1]
    'figures/adam'
    """
    modules = {name: FOLDER / "drawing" / f"{name}.mjs" for name in DRAWING}
    for figure in figures:
        path = FOLDER / "figures" / f"{figure}.mjs"
        if not re.fullmatch(r"\w+", figure) or not path.is_file():
            raise ValueError(f"figures must name modules of the package, got {figure!r}")
        modules[f"figures/{figure}"] = path
    return {name: path.read_text(encoding="utf-8") for name, path in modules.items()}


def link(modules: Mapping[str, str]) -> str:
    """Join modules, each after those it imports, into one text without imports and exports.

    Indentation and comments on lines of their own are left out: they are for who reads the modules.

    Raises
    ------
    LinkError
        A module imports what does not come before it or is not exported there, imports or
        exports in a way that is not known here, or two modules have the same name at top level.

    Examples
    --------
    >>> print(link({"a": "export const a = 1;", "b": "const b = 2;"}))
    const a = 1;
    const b = 2;
    """
    exported: dict[str, set[str]] = {}
    owner: dict[str, str] = {}
    texts = []
    for name, text in modules.items():
        for names, _, source in IMPORT.findall(text):
            wanted = {entry.strip() for entry in names.split(",") if entry.strip()}
            if source not in exported:
                raise LinkError(f"{name} imports {source}, which does not come before it")
            if missing := sorted(wanted - exported[source]):
                raise LinkError(f"{name} imports {missing}, which {source} does not export")
        plain = IMPORT.sub("", text)
        exported[name.split("/")[-1]] = {
            match for line in EXPORT.split(plain)[1:] for match in TOP_LEVEL.findall(line)[:1]
        }
        plain = EXPORT.sub("", plain)
        if left := LEFT_OVER.search(plain):
            raise LinkError(f"{name} has a line that cannot be joined: {left[0]}")
        for defined in TOP_LEVEL.findall(plain):
            if defined in owner:
                raise LinkError(f"{name} and {owner[defined]} both define {defined}")
            owner[defined] = name
        texts.append(INDENT.sub("", COMMENT.sub("", plain)).strip())
    return "\n".join(texts) + "\n"


def kit(
    figures: Iterable[str],
    rules: Iterable[type[Rule]],
    surfaces: Iterable[type[Surface]],
) -> str:
    """Return the text that defines `kit`: figures, rules and surfaces by name, and what draws.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError
        As for `modules_of`, `link` and `minioptim.engines.javascript.module_source`.

    Examples
    --------
    >>> kit([], [], []).splitlines()[-1]
    'const kit = {figures: {}, rules, surfaces};'
    """
    figures = list(figures)
    modules = modules_of(figures) | {"translated": module_source(rules, surfaces)}
    names = ", ".join(figures)
    return link(modules) + f"const kit = {{figures: {{{names}}}, rules, surfaces}};\n"


def page_script(
    figures: Iterable[str],
    rules: Iterable[type[Rule]],
    surfaces: Iterable[type[Surface]],
) -> str:
    """Return the classic script that makes the placeholders of a page live.

    Parameters
    ----------
    figures : iterable of str
        The figures on the page, by the names of their modules.
    rules, surfaces : iterables of classes
        What they need, translated as it stands now.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError
        As for `kit`.

    Examples
    --------
    >>> page_script([], [], []).splitlines()[0]
    '(() => {'
    """
    return (
        f'(() => {{\n"use strict";\n{kit(figures, rules, surfaces)}'
        "const start = () => mountAll(kit);\n"
        'if (document.readyState === "loading") '
        'document.addEventListener("DOMContentLoaded", start, {once: true});\n'
        "else start();\n})();\n"
    )


def widget_module(
    figures: Iterable[str],
    rules: Iterable[type[Rule]],
    surfaces: Iterable[type[Surface]],
) -> str:
    """Return the same as an ES module for anywidget.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError
        As for `kit`.

    Examples
    --------
    >>> "export default" in widget_module([], [], [])
    True
    """
    return (
        kit(figures, rules, surfaces) + "export default {render: ({model, el}) => "
        'mount(el, model.get("declaration"), kit, widgetModel(model))};\n'
    )
