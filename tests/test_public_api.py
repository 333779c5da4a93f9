"""What importing the package costs, which module may know which, and what is documented."""

import ast
import doctest
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
    "_arguments": set(),
    "rules": {"_arguments"},
    "problems": {"_arguments"},
    "schedules": {"_arguments"},
    "averages": {"_arguments"},
    "datasets": {"_arguments"},
    "run": {"_arguments", "problems", "rules"},
    "losses": {"_arguments", "problems", "datasets"},
    "plots": {"_arguments", "problems", "rules", "run"},
    "interactive": {"problems", "rules", "run"},
    "": {"rules", "run"},
}
CORE = ["rules", "problems", "schedules", "averages", "run"]
HEAVY = [
    "matplotlib",
    "scipy",
    "numba",
    "anywidget",
    "sklearn",
    "pooch",
    "tqdm",
    "pscript",
    "torch",
]


def module_name(path):
    """Return the dotted name below the package; "" is the package itself."""
    return (
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        .removesuffix("__init__")
        .strip(".")
    )


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


@pytest.mark.parametrize("name", CORE)
def test_the_core_needs_numpy_alone(name):
    outside = {module.split(".")[0] for module in imports(PACKAGE / f"{name}.py")} - {"minioptim"}
    allowed = {*sys.stdlib_module_names, "numpy", *(["tqdm"] if name == "run" else [])}
    assert outside <= allowed


def test_importing_the_package_loads_no_heavy_library():
    program = (
        "import sys, minioptim, minioptim.problems, minioptim.schedules, minioptim.averages\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = result.stdout.split()
    assert {"minioptim", "numpy"} <= set(loaded)
    assert not set(HEAVY) & set(loaded)


def test_every_exported_name_exists_and_is_listed_once():
    assert len(set(minioptim.__all__)) == len(minioptim.__all__)
    for name in minioptim.__all__:
        assert getattr(minioptim, name).__doc__


def test_nothing_is_public_in_the_package_but_what_is_exported():
    classes_and_functions = {
        name
        for name, value in vars(minioptim).items()
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


@pytest.mark.parametrize("name", CORE)
def test_every_public_method_is_documented_where_it_is_defined_or_above(name):
    module = importlib.import_module(f"minioptim.{name}")
    for class_name, cls in inspect.getmembers(module, inspect.isclass):
        if cls.__module__ != module.__name__ or class_name.startswith("_"):
            continue
        for method_name, method in vars(cls).items():
            if inspect.isfunction(method) and not method_name.startswith("_"):
                assert inspect.getdoc(getattr(cls, method_name)), f"{class_name}.{method_name}"


@pytest.mark.parametrize("name", CORE)
def test_public_functions_say_what_they_raise_and_show_an_example(name):
    module = importlib.import_module(f"minioptim.{name}")
    for function_name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not function_name.startswith("_"):
            doc = inspect.getdoc(function)
            assert "Raises\n------" in doc, function_name
            assert ">>> " in doc, function_name


@pytest.mark.parametrize("name", ["", *CORE])
def test_the_examples_of_the_core_run(name):
    module = importlib.import_module(f"minioptim.{name}".rstrip("."))
    failed, attempted = doctest.testmod(
        module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert attempted > 0
    assert failed == 0
