"""The script of a page: drawing code, figures, translated rules and texts, joined into one.

Browsers refuse to load modules from files, and a page of this book must work from a file. The
modules are therefore joined into one classic script: their imports and exports are removed, because
all names share one scope, and an enclosing function hides these names from the rest of the page.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from minioptim._catalogues import LANGUAGE
from minioptim.engines.javascript import module_source
from minioptim.live import words
from minioptim.live.controls import Control
from minioptim.problems import Surface
from minioptim.rules import Rule

FOLDER = Path(__file__).parent
DRAWING = (
    *("geometry", "simulate", "state", "words"),  # pure
    *(
        "elements",
        "controls",
        "frame",
        "plane",
        "anatomy",
        "chart",
        "player",
        "tabs",
        "picture",
        "foot",
        "mount",
    ),
)
"""The modules of the folder `drawing`, each after the modules that it imports."""

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\./|\.\./drawing/)(\w+)\.mjs";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
TOP_LEVEL = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
NAME = re.compile(r"\w+")
COMMENT = re.compile(r"^ *(?://.*|/\*\*?(?:.|\n)*?\*/)\n", re.MULTILINE)
# With no quotation mark after the slashes, they cannot be inside a string.
END_COMMENT = re.compile(r"(?<=[;,{}()\]]) +// [^\"'`\n]*$", re.MULTILINE)
TYPE = re.compile(r"/\*\* @type \{.*?\} \*/ ?")
BLANK = re.compile(r"\n{2,}")
INSIDE = tuple(" )]}")
"""How a line begins that belongs to the one above it."""
CLOSED = re.compile(r"^(?!.*//)(.*?),?\n *(?=[)\]])", re.MULTILINE)

QUOTED = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
# Signs that need no space beside them; + and - might grow together, and / begin something else.
APART = re.compile(r" *([=<>?:,;{}()\[\]&|*!]+) *")
# These too, where no other one is beside them.
SUMS = re.compile(r"(?<![-+/]) ([-+/%]) (?![-+/*])")
LONE = re.compile(r"(?<=[(,=:?&|>{;\[])\((\w+)\)(?==>)")  # the only parameter of a function
ZEROS = re.compile(r"(?<![\w.])(?:(\d+)\.0(?![\w.])|0(?=\.\d))")  # 1.0 is 1, and 0.5 is .5


# How each class is made, as `module_source` writes it, and what a page has in its place.
MAKES = "constructor(values = {}) {\n      Object.assign(Object.seal(this), values);\n    }"
CLASSES = re.compile(r"^(export const \w+ = )(\{.*?\n\});", re.MULTILINE | re.DOTALL)
SEALED = """\
function sealed(classes) {
  for (const [name, Class] of Object.entries(classes)) {
    classes[name] = class extends Class {
      constructor(values) {
        super();
        Object.assign(Object.seal(this), values);
      }
    };
  }
  return classes;
}
"""

# What a page, a notebook, and the kit itself ask of the script beside the figures.
ASKED = ("mountAll", "mount", "pageModel", "rules", "surfaces")


class LinkError(ValueError):
    """The modules cannot be joined into one script; the message says which and why."""


class Drawn(Protocol):
    """The part of `minioptim.live.figure.Design`, a module above this one, that a page needs."""

    @property
    def figure(self) -> str:
        """The name of the module that draws the figure."""

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls that a reader can set."""

    @property
    def rules(self) -> tuple[type[Rule], ...]:
        """The rules to translate for the page."""

    @property
    def surfaces(self) -> tuple[type[Surface], ...]:
        """The surfaces to translate for the page."""


def style() -> str:
    """Return the style sheet of all live figures.

    Examples
    --------
    >>> ".live-view" in style()
    True
    """
    text = (FOLDER / "live.css").read_text(encoding="utf-8")
    bare = re.sub(r" */\*(?:.|\n)*?\*/", "", text)
    tight = re.sub(r"\s*([{},;>])\s*", r"\1", for_machines(bare))
    return tight.replace(": ", ":").replace(";}", "}")


def for_machines(text: str) -> str:
    r"""Return a script or a style sheet without comments, each declaration of a script on a line.

    They help people who read the modules; a page is smaller without them. No line of these leaves
    off its semicolon, so what stands below one and further in can follow it at once.

    Raises
    ------
    TypeError
        ``text`` is not a string.

    Examples
    --------
    >>> for_machines("// why\nif (a) {\n\n  b(); // kept\n}\n")
    'if (a) {b();}\n'
    """
    bare = END_COMMENT.sub("", TYPE.sub("", COMMENT.sub("", text)))
    lines: list[str] = []
    for line in CLOSED.sub(r"\1", BLANK.sub("\n", bare).lstrip("\n")).splitlines():
        if lines and line[:1] in INSIDE and "//" not in lines[-1]:
            words = lines[-1][-1:].isalnum() and line.lstrip()[:1].isalnum()
            lines[-1] += " " * words + line.lstrip()
        else:
            lines.append(line.lstrip())
    return "".join(f"{line}\n" for line in lines)


def tight(script: str) -> str:
    r"""Return a script without what only people need beside its signs; quoted text stays as it is.

    These are spaces, the parentheses of a function's only parameter, and a number's zeros.

    Raises
    ------
    TypeError
        ``script`` is not a string.

    Examples
    --------
    >>> print(tight('if (a > 0.50) b = c + `(${d} , e)`; f = (x) => 2.0 * x;'))
    if(a>.50)b=c+`(${d} , e)`;f=x=>2*x;
    """
    shorter = (SUMS, APART, LONE, ZEROS)

    def shortened(part: str) -> str:
        for pattern in shorter:
            part = pattern.sub(lambda found: found[1] or "", part)
        return part

    return "".join(
        part if i % 2 else shortened(part) for i, part in enumerate(QUOTED.split(script))
    )


def modules_of(figures: Iterable[str]) -> dict[str, str]:
    """Return the text of the drawing modules and of these figures' modules, by name, in order.

    Raises
    ------
    ValueError
        There is no figure of that name.

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


def needed(modules: Iterable[str], asked: Iterable[str]) -> list[str]:
    r"""Return what is asked of some modules: those of their definitions, and all that they name.

    A definition begins a line, and what stands further in belongs to it. A word that is like a name
    counts as one, wherever it stands.

    Raises
    ------
    TypeError
        A module is not a string.

    Examples
    --------
    >>> needed(["const a = 1;\nconst b = 2;\nfunction c() {\n  return a;\n}\n"], ["c"])
    ['const a = 1;\n', 'function c() {\n  return a;\n}\n']
    """
    texts = []
    for module in modules:
        starts = [found.start() for found in TOP_LEVEL.finditer(module)]
        texts += [module[i:j] for i, j in itertools.pairwise([*starts, len(module)])]
    defined = {found[1]: text for text in texts if (found := TOP_LEVEL.match(text))}
    wanted, seen = list(asked), set[str]()
    while wanted:
        text = defined.get(wanted.pop())
        if text is not None and text not in seen:
            seen.add(text)
            wanted += NAME.findall(for_machines(text))
    return [text for text in texts if text in seen]


def link(modules: Mapping[str, str], asked: Iterable[str] | None = None) -> str:
    """Join modules, each after those it imports, into one text without imports and exports.

    The text is reduced by `for_machines` and `tight`, and to what is `needed`, if `asked` says of
    what.

    Raises
    ------
    LinkError
        A module imports from one that does not come before it or does not export the name, imports
        or exports in an unsupported form, or two modules define the same top-level name.

    Examples
    --------
    >>> print(link({"a": "export const a = 1;", "b": "const b = 2;"}))
    const a=1;
    const b=2;
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
        texts.append(plain)
    whole = texts if asked is None else needed(texts, asked)
    return "\n".join(tight(for_machines(text)).strip() for text in whole) + "\n"


def kit(designs: Iterable[Drawn], language: str = LANGUAGE) -> str:
    """Return the text that defines `kit`: figures, rules, surfaces, texts, and drawing code.

    Parameters
    ----------
    designs : iterable of Design
        The designs of the figures to include, with their drawing code, their texts, and the rules
        and surfaces that they need, translated from the current source.
    language : str
        Language of the texts.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError, MissingWordsError
        As for `modules_of`, `link`, `minioptim.engines.javascript.module_source` and
        `minioptim.live.words.texts`.

    Examples
    --------
    >>> kit([]).splitlines()[-1]
    'const kit = {figures: {}, rules, surfaces, words: {"common":{}}};'
    """
    designs = list(designs)
    figures = [design.figure for design in designs]
    rules = dict.fromkeys(rule for design in designs for rule in design.rules)
    surfaces = dict.fromkeys(surface for design in designs for surface in design.surfaces)
    modules = modules_of(figures)
    # Each class says how it is made; on a page that stands once.
    module = CLASSES.sub(r"\1sealed(\2);", module_source(rules, surfaces).replace(MAKES, ""))
    translated = {"translated": f"{SEALED}{module}"}
    # What figures share stands on a page once.
    texts: dict[str, dict[str, str]] = {words.COMMON: {}}
    for design in designs:
        own = words.catalogue(language)[design.figure]
        for key, text in words_of(design, modules, language).items():
            texts.setdefault(design.figure if key in own else words.COMMON, {})[key] = text
    said = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    names = ", ".join(figures)
    return (
        link(modules | translated, [*figures, *ASKED])
        + f"const kit = {{figures: {{{names}}}, rules, surfaces, words: {said}}};\n"
    )


def words_of(design: Drawn, modules: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the texts that a figure's page needs: those that its modules and controls use.

    Raises
    ------
    ValueError, MissingWordsError
        As for `minioptim.live.words.texts`.

    Examples
    --------
    >>> from minioptim.live.figures import adam
    >>> words_of(adam, modules_of(["adam"]), "en")["title"]
    'Adam in a ravine, step by step, live'
    """
    own = f"figures/{design.figure}"
    scripts = [text for name, text in modules.items() if name in DRAWING or name == own]
    keys = set().union(*map(words.keys_in, scripts))
    keys.update(key for control in design.controls for key in control.text_keys())
    return words.texts(design.figure, keys, language)


def page_script(designs: Iterable[Drawn], language: str = LANGUAGE) -> str:
    """Return the classic script that makes the placeholders of a page live.

    Parameters
    ----------
    designs : iterable of Design
        The designs of the figures on the page.
    language : str
        Language of the page.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError, MissingWordsError
        As for `kit`.

    Examples
    --------
    >>> page_script([]).splitlines()[0]
    '(() => {'
    """
    # The page's template defers it: then all placeholders are there.
    return f'(() => {{\n"use strict";\n{kit(designs, language)}mountAll(kit);\n}})();\n'


def widget_module(designs: Iterable[Drawn], language: str = LANGUAGE) -> str:
    """Return the same script as an ES module for anywidget.

    Raises
    ------
    ValueError, LinkError, TypeError, TranslationError, MissingWordsError
        As for `kit`.

    Examples
    --------
    >>> "export default" in widget_module([])
    True
    """
    model = (FOLDER / "widget.mjs").read_text(encoding="utf-8")
    return (
        f"{kit(designs, language)}{link({'widget': model})}"
        "export default {render: ({model, el}) => "
        'mount(el, model.get("declaration"), kit, widgetModel(model))};\n'
    )
