r"""The reference of the package, made from its docstrings while the site is built.

    ```{api} minioptim.schedules
    ```

is the module's introduction and all that it makes public, in the order of its source, and

    ```{api-names} api/schedules
    ```

a table of what stands on that page: a line for each name. So no list of names is kept by hand; what
a module gains is on its page. Sphinx's autodoc reads the docstrings and napoleon their sections.
What both cannot know is here: which names are public, what each is called, which chapter a rule
belongs to, and what a name between backticks means.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from book.extensions.used_in import Page, read_page, used_by
from book.pages import parts

DIRECTIVE = re.compile(r"^`{3,}\{api\} (\S+)$", re.MULTILINE)
LISTING = re.compile(r"^:pyobject: (\w+)(?:\.\w+)?$", re.MULTILINE)
# A star of (*S, d), which reStructuredText would read as the beginning of emphasis.
STAR = re.compile(r"(?<![\\*`\w])(\*{1,2})(?=[A-Za-z_]+\b(?!\*))")
LITERAL = re.compile(r"(``.*?``|`[^`]*`)")
COLON = "\ue000"  # stands for one where napoleon is not to see it


class Entry(NamedTuple):
    """A public name: the path by which it is imported, what it is, and its value."""

    path: str
    kind: str  # as autodoc calls it: "class", "exception" or "function", else "data" or "alias"
    value: Any
    said: str  # its docstring


def assigned(node: ast.stmt) -> list[str]:
    """Return the names that a statement gives a value to.

    >>> assigned(ast.parse("A, B = 1, 2").body[0]), assigned(ast.parse("print(A)").body[0])
    (['A', 'B'], [])
    """
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return [
        each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
    ]


@cache
def statements(module: ModuleType) -> list[ast.stmt]:
    """Return the statements of a module's source, which is read once."""
    return ast.parse(inspect.getsource(module)).body


def said_of_constants(module: ModuleType) -> dict[str, str]:
    """Return the docstring of each constant of a module that has one, below its assignment.

    >>> from minioptim import looks
    >>> said_of_constants(looks)["COLORS"].partition(":")[0]
    'The colour of each rule, by its name'
    """
    found: dict[str, str] = {}
    for node, after in pairwise(statements(module)):
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            said = inspect.cleandoc(str(after.value.value))
            found |= dict.fromkeys(assigned(node), said)
    return found


def above(name: str) -> list[str]:
    """Return the packages that hold a module, from the outermost, and the module itself.

    >>> above("minioptim.rules.matrix")
    ['minioptim', 'minioptim.rules', 'minioptim.rules.matrix']
    """
    steps = name.split(".")
    return [".".join(steps[:end]) for end in range(1, len(steps) + 1)]


def exported(name: str) -> list[str]:
    """Return what a module lists in ``__all__``, if it has that."""
    return list(getattr(importlib.import_module(name), "__all__", []))


def public_names(module: ModuleType) -> list[str]:
    """Return what a module makes public: its ``__all__``, else what it defines, in that order.

    Of its constants those are public that have a docstring, or that a package above lists.

    >>> from minioptim import stepper, storage
    >>> public_names(stepper), public_names(storage)
    (['Stepper'], ['save', 'load', 'columns'])
    """
    listed = exported(module.__name__)
    if listed:
        return sorted(listed, key=lambda name: (name.islower(), name.isupper(), name.lower()))
    higher = {name for package in above(module.__name__)[:-1] for name in exported(package)}
    constants = said_of_constants(module)
    found = []
    for node in statements(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.append(node.name)
        found += [name for name in assigned(node) if name in constants or name in higher]
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


def path_of(module: ModuleType, name: str) -> str:
    """Return the shortest path by which a package offers a name, else that of its module.

    >>> from minioptim.rules import elementwise, matrix
    >>> path_of(elementwise, "Adam"), path_of(matrix, "Muon"), path_of(matrix, "Part")
    ('minioptim.Adam', 'minioptim.rules.Muon', 'minioptim.rules.matrix.Part')
    """
    for package in above(module.__name__):
        if name in exported(package):
            offered = getattr(importlib.import_module(package), name)
            if offered is getattr(module, name):
                return f"{package}.{name}"
    return f"{module.__name__}.{name}"


def entry(module: ModuleType, name: str) -> Entry:
    """Return a public name of a module as an entry."""
    value = getattr(module, name)
    path = path_of(module, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        if value.__name__ != name:
            said = constant(module, name) or f"Another name of `{value.__name__}`."
            return Entry(path, "alias", value, said)
        kind = "function" if inspect.isfunction(value) else "class"
        if inspect.isclass(value) and issubclass(value, BaseException):
            kind = "exception"
        return Entry(path, kind, value, inspect.getdoc(value) or "")
    return Entry(path, "data", value, constant(module, name))


def constant(module: ModuleType, name: str) -> str:
    """Return what is said of a constant where it is assigned."""
    return said_of_constants(importlib.import_module(home_of(module, name))).get(name, "")


def sources_of(module: ModuleType, name: str) -> Iterator[ModuleType]:
    """Yield the module from which a module imports a name, and that from which this one does."""
    # What is imported when it is asked for stands below `if TYPE_CHECKING`.
    nested = (node.body if isinstance(node, ast.If) else [node] for node in statements(module))
    for node in chain.from_iterable(nested):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        if name in {alias.asname or alias.name for alias in node.names}:
            source = importlib.import_module(node.module)
            yield source
            yield from sources_of(source, name)


def home_of(module: ModuleType, name: str) -> str:
    """Return the module that defines a name which this module has.

    >>> from minioptim import plots, run
    >>> home_of(run, "Trace"), home_of(plots, "COLORS"), home_of(run, "RECORDABLE")
    ('minioptim.trace', 'minioptim.looks', 'minioptim.trace')
    """
    return [module, *sources_of(module, name)][-1].__name__


def entries(name: str, described: Collection[str]) -> list[Entry]:
    """Return what a module makes public, less what one of the ``described`` modules defines.

    >>> [one.path for one in entries("minioptim.run", ["minioptim.run", "minioptim.trace"])]
    ['minioptim.feed', 'minioptim.iterate', 'minioptim.minimize']
    """
    module = importlib.import_module(name)
    names = public_names(module)
    homes = {each: home_of(module, each) for each in names}
    return [entry(module, each) for each in names if homes[each] not in {*described} - {name}]


def modules_on(page: Path) -> list[str]:
    """Return the modules that a page of the reference describes."""
    return DIRECTIVE.findall(page.read_text(encoding="utf-8"))


def modules_described(root: Path) -> list[str]:
    """Return the modules that the pages of the reference describe."""
    return [module for page in sorted(root.glob("api/*.md")) for module in modules_on(page)]


def first_sentence(said: str) -> str:
    r"""Return the first paragraph of a docstring as one line.

    >>> first_sentence("Return the\nmean.\n\nMore.")
    'Return the mean.'
    """
    return " ".join(said.partition("\n\n")[0].split())


def escaped(line: str) -> str:
    r"""Return a line of a docstring with a star that begins a name as a star.

    >>> print(escaped("array of shape (*S, d), **options, *mean*, 2 * x"))
    array of shape (\*S, d), \*\*options, *mean*, 2 * x
    >>> escaped("``(t, *state)``")
    '``(t, *state)``'
    """
    pieces = LITERAL.split(line)  # text, literal, text, ...
    pieces[::2] = [
        STAR.sub(lambda found: "".join(f"\\{star}" for star in found[1]), text)
        for text in pieces[::2]
    ]
    return "".join(pieces)


# --- Where the book explains a name --------------------------------------------------------------


class Explaining(NamedTuple):
    """A page of a chapter: its path, its chapter's title, the names it uses, the code it shows."""

    path: str
    title: str
    page: Page
    shown: frozenset[str]


@lru_cache(maxsize=1)
def chapters(root: Path) -> list[Explaining]:
    """Return the pages of the chapters that are notebooks, in the order of the contents."""
    found = []
    for chapter in (c for part in parts(root / "_toc.yml") for c in part.chapters):
        paths = {page: root / f"{page}.ipynb" for page in chapter}
        read = {page: path for page, path in paths.items() if path.exists()}
        title = read_page(next(iter(read.values()))).title if read else ""
        for page, path in read.items():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
            found.append(Explaining(page, title, read_page(path), frozenset(LISTING.findall(text))))
    return found


def explained(pages: Sequence[Explaining], name: str) -> str:
    """Return a line that leads to the page that shows a rule's code, else the first to use it.

    >>> page = Explaining("chapters/adam", "Adam", Page("Adam", frozenset({"Ravine"})), frozenset())
    >>> explained([page], "Ravine"), explained([page._replace(shown={"Adam"})], "Adam")
    ('**Used in** :doc:`Adam </chapters/adam>`.', '**Explained in** :doc:`Adam </chapters/adam>`.')
    """
    shown = [page for page in pages if name in page.shown]
    using = used_by(name, {page.path: page.page for page in pages})
    for word, found in (
        ("Explained", shown),
        ("Used", [page for page in pages if page.path in using]),
    ):
        if found:
            return f"**{word} in** :doc:`{found[0].title} </{found[0].path}>`."
    return ""


# --- The directives ------------------------------------------------------------------------------


def described(one: Entry, place: str) -> list[str]:
    r"""Return the reStructuredText that describes an entry.

    >>> print("\n".join(described(Entry("a.B", "alias", int, "Another name of `int`."), "")))
    .. py:data:: B
       :module: a
    <BLANKLINE>
       Another name of `int`.
    <BLANKLINE>
    """
    if one.kind in {"alias", "data"}:
        module, _, name = one.path.rpartition(".")
        said = [f"   {line}" for line in one.said.splitlines()]
        return [f".. py:data:: {name}", f"   :module: {module}", "", *said, ""]
    members = ["   :members:"] if one.kind == "class" else []
    return [f".. auto{one.kind}:: {one.path}", *members, "", f"   {place}", ""]


class Api(SphinxDirective):
    """``{api} module``: its introduction and its public names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of them."""
        name = self.arguments[0]
        lines = [f".. automodule:: {name}", ""]
        root = Path(self.env.srcdir)
        pages = chapters(root)
        for page in pages:
            self.env.note_dependency(f"{page.path}.ipynb")
        for one in entries(name, modules_described(root)):
            lines += described(one, explained(pages, one.path.rpartition(".")[2]))
        return self.parse_text_to_nodes("\n".join(["````{eval-rst}", *lines, "````"]))


class ApiNames(SphinxDirective):
    """``{api-names} page``: a table of the names on a page of the reference."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        root = Path(self.env.srcdir)
        page = root / f"{self.arguments[0]}.md"
        self.env.note_dependency(str(page))
        lines = [".. list-table::", "   :header-rows: 1", "   :class: api-names", ""]
        lines += ["   * - Name", "     - What it is"]
        described = modules_described(root)
        for one in (one for module in modules_on(page) for one in entries(module, described)):
            short = one.path.rpartition(".")[2]
            said = escaped(first_sentence(one.said))
            lines += [f"   * - :py:obj:`{short} <{one.path}>`", f"     - {said}"]
        return self.parse_text_to_nodes("\n".join(["````{eval-rst}", *lines, "````"]))


# --- What autodoc is told ------------------------------------------------------------------------


def escape(
    _app: Sphinx, kind: str, _name: str, _value: Any, _options: Any, lines: list[str]
) -> None:
    """Escape the stars of a docstring, but for those of its examples.

    Napoleon takes what stands before a colon in a property's first line for a type. So it does not
    see that colon, which `colon_back` puts back.
    """
    if kind in {"property", "attribute"} and lines:
        lines[0] = lines[0].replace(":", COLON)
    inside = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith(">>>"):
            inside = True
        elif not line.strip():
            inside = False
        if not inside:
            lines[place] = escaped(line)


def colon_back(
    _app: Sphinx, _kind: str, _name: str, _value: Any, _options: Any, lines: list[str]
) -> None:
    """Put back the colon that `escape` has hidden."""
    lines[:] = [line.replace(COLON, ":") for line in lines]


def without_fields(
    _app: Sphinx, _kind: str, _name: str, value: Any, _skip: bool, _options: Any
) -> bool | None:
    """Leave out the fields of a named tuple, which its docstring describes."""
    return True if type(value).__name__ == "_tuplegetter" else None


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Element | None:
    """Link a name between backticks to the one thing of that name; else show it as code.

    In a docstring it may be a name of the package without its path, or a letter of an equation.
    """
    if node.get("refdomain") != "py" or node.get("reftype") != "obj" or node.get("refexplicit"):
        return None
    target = node["reftarget"]
    domain = env.get_domain("py")
    assert isinstance(domain, PythonDomain)  # noqa: S101
    found = {
        (place.docname, place.node_id): name
        for name, place in domain.objects.items()
        if f".{name}".endswith(f".{target}") and not place.aliased
    }
    inside = [key for key in found if key[0] == node.get("refdoc")]
    places = list(found) if len(found) == 1 else inside if len(inside) == 1 else []
    if not places:
        return nodes.literal("", text.astext())
    page, anchor = places[0]
    shown = nodes.literal("", text.astext())
    return make_refnode(app.builder, node["refdoc"], page, anchor, [shown], found[places[0]])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, and what autodoc is told."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("api", Api)
    app.add_directive("api-names", ApiNames)
    app.connect("autodoc-process-docstring", escape, priority=400)  # before napoleon, at 500
    app.connect("autodoc-process-docstring", colon_back, priority=600)  # and after it
    app.connect("autodoc-skip-member", without_fields)
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
