"""What importing the package costs, which module may know which, and what is documented."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import minioptim

PACKAGE = Path(minioptim.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# What each module may import of the package. It is the order of the house: no circle, one way.
MAY_IMPORT = {
    "_keywords": set(),
    "_arguments": {"_keywords"},
    "_catalogues": set(),
    "rules": {"_arguments", "_keywords"},
    "looks": {"rules"},
    "problems": {"_arguments", "_keywords"},
    "schedules": {"_arguments"},
    "datasets": {"_arguments", "_keywords"},
    "averages": {"_arguments"},
    "_progress": set(),
    "tables": set(),
    "_translations": {"_arguments", "rules"},
    "libraries": {"_translations", "rules"},
    "trace": {"_arguments", "rules"},
    "engines": {"_arguments", "problems", "rules", "trace"},
    "run": {"_arguments", "_keywords", "_progress", "engines", "problems", "rules", "trace"},
    "stepper": {"_arguments", "engines", "rules"},
    "storage": {"_arguments", "rules", "schedules", "trace"},
    "losses": {"_arguments", "problems", "datasets"},
    "plots": {"_arguments", "looks", "problems", "rules", "run"},
    "live": {"_arguments", "engines", "plots", "problems", "run", "schedules"}
    | {"_catalogues", "averages", "looks", "rules"},
    "interactive": {"live"},
    "training": {"_arguments", "_keywords", "_progress", "losses", "rules", "run"},
    "search": {"_arguments", "_keywords", "problems", "rules", "run"},
    "checks": {
        "_arguments",
        "_keywords",
        "datasets",
        "engines",
        "losses",
        "problems",
        "rules",
        "run",
    }
    | {"_catalogues"},
    "": {"_keywords", "rules", "run", "stepper", "storage"},
}


def module_name(path):
    """Return the dotted name below the package; "" is the package itself."""
    return (
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        .removesuffix("__init__")
        .strip(".")
    )


MODULES = [name for name in map(module_name, FILES) if not name.rpartition(".")[2].startswith("_")]
# What may be imported where NumPy is all that is installed.
NUMPY_ALONE = [name for name in MODULES if not name.startswith(("plots", "live.widget"))]


def dotted(name):
    """Return the full name of a module, from that below the package."""
    return f"minioptim.{name}".rstrip(".")


each_module = pytest.mark.parametrize("name", MODULES, ids=dotted)
each_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: module_name(path) or "minioptim"
)


def imports(path):
    """Yield the dotted name of each module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{path.name}: write the full name in place of a relative import"
            )
            if node.module == "minioptim":
                yield from (f"minioptim.{alias.name}" for alias in node.names)
            else:
                yield node.module


@each_file
def test_a_module_imports_only_those_below_it(path):
    part = module_name(path).split(".")[0]
    assert part in MAY_IMPORT, f"say in MAY_IMPORT what {part} may import"
    inside = {name.split(".")[1] for name in imports(path) if name.startswith("minioptim.")}
    assert inside - {part} <= MAY_IMPORT[part]


def test_the_order_of_the_modules_has_no_circle():
    settled = set()
    while settled != set(MAY_IMPORT):
        ready = {part for part, below in MAY_IMPORT.items() if below <= settled} - settled
        assert ready, f"a circle among {set(MAY_IMPORT) - settled}"
        settled |= ready


# What a function imports when it is called; each is in an extra of pyproject.toml.
ON_DEMAND = {
    "_progress": {"tqdm"},
    "live.widget": {"anywidget", "traitlets"},
    "engines.compiled.kernels": {"numba"},
}


@each_file
def test_a_module_needs_numpy_alone_but_for_what_is_said_here(path):
    name = module_name(path)
    outside = {module.split(".")[0] for module in imports(path)} - {"minioptim"}
    if name.startswith(("plots", "live.figure")):
        more = {"matplotlib"}  # of the figures, their still pictures
    else:
        more = ON_DEMAND.get(name, set())
    assert outside <= {*sys.stdlib_module_names, "numpy", *more}


def test_importing_all_but_the_plots_loads_numpy_alone():
    # What numpy brings with it, and what an interpreter loads by itself, was there before.
    program = (
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        f"import {', '.join(map(dotted, NUMPY_ALONE))}\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(result.stdout.split())
    assert "minioptim" in loaded
    assert loaded - {"minioptim", "numpy", *sys.stdlib_module_names} == set()


def test_what_few_programs_need_is_imported_when_it_is_asked_for():
    program = (
        "import sys, minioptim\n"
        "before = {'zipfile', 'json', 'concurrent.futures', 'minioptim.storage'} & {*sys.modules}\n"
        "assert not before, before\n"
        "from minioptim import load, save, columns\n"
        "assert minioptim.save is save\n"
        "try:\n    minioptim.keep\n"
        "except AttributeError as error:\n    assert 'keep' in str(error)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, check=True)


def test_every_exported_name_exists_and_is_listed_once():
    assert len(set(minioptim.__all__)) == len(minioptim.__all__)
    for name in minioptim.__all__:
        assert hasattr(minioptim, name), name


def test_nothing_is_public_in_the_package_but_what_is_exported():
    named = {name: getattr(minioptim, name) for name in {*vars(minioptim), *minioptim.__all__}}
    classes_and_functions = {
        name
        for name, value in named.items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and not name.startswith("_")
    }
    assert classes_and_functions == set(minioptim.__all__)


@each_file
def test_every_public_name_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module itself"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


@each_module
def test_public_methods_are_documented_where_defined_or_above(name):
    module = importlib.import_module(dotted(name))
    for class_name, cls in inspect.getmembers(module, inspect.isclass):
        if cls.__module__ != module.__name__ or class_name.startswith("_"):
            continue
        for method_name, method in vars(cls).items():
            if inspect.isfunction(method) and not method_name.startswith("_"):
                assert inspect.getdoc(getattr(cls, method_name)), f"{class_name}.{method_name}"


# Five download, two are checks that modules share, and one needs anywidget. The examples of all
# others are run as tests.
DOWNLOADS = {"mnist", "mnist_5k", "fashion_mnist", "imdb", "film_sentences"}
NO_EXAMPLE = {*DOWNLOADS, "as_inputs", "points", "make_widget"}


@each_module
def test_public_functions_say_what_they_raise_and_show_examples(name):
    module = importlib.import_module(dotted(name))
    for function_name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not function_name.startswith("_"):
            doc = inspect.getdoc(function)
            if inspect.signature(function).parameters:
                assert "Raises\n------" in doc, function_name
            if function_name not in NO_EXAMPLE:
                assert ">>> " in doc, function_name
