"""The program inside the sandbox: run what an answer needs, then call it as often as asked.

It reads JSON lines and writes one for each. The first has the notebook's cells and the name of the
answer; each that follows has the arguments of one call. The grader trusts nothing that happens
here: student code shares this process, so only data comes back, and is compared elsewhere.

The answer's own cell is run whole, and an import in it that fails stops only what uses it. Of all
others, given ones, other answers and the student's further cells, only those statements run that
define a name which the answer uses, directly or through others, or that change what it holds. So a
plot, a long run or a crash in another exercise's cell costs this one nothing. A name has the
meaning that the cells up to the answer's give it, as when the student ran them from top to bottom;
later cells supply only names that are still missing.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import os
import random
import symtable
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class Unit:
    """Statements that run together or not at all."""

    code: CodeType
    binds: frozenset[str]
    uses: frozenset[str]
    changes: frozenset[str]
    imports: frozenset[str]
    wanted: bool  # whatever it binds


def python_of(source: str) -> str:
    """Return a cell without IPython's own lines; every other line keeps its number.

    >>> python_of("%matplotlib inline")
    'pass'
    """
    try:
        ast.parse(source)
    except SyntaxError:
        return "\n".join(map(_line_of_python, source.split("\n")))
    return source


def _line_of_python(line: str) -> str:
    """Return a line, or ``pass`` for IPython's: %matplotlib inline, !pip, help?, files = !ls."""
    text = line.lstrip(" \t")
    help_on = text.rstrip(" \t")
    word = help_on.rstrip("?")
    name, _, value = text.partition("=")
    if (
        text.startswith(("%", "!", "?"))
        or (len(help_on) - len(word) in (1, 2) and _is_word(word.replace(".", "_")))
        or (_is_word(name.rstrip(" ")) and value.lstrip(" ").startswith(("%", "!")))
    ):
        return line[: len(line) - len(text)] + "pass"
    return line


def _is_word(text: str) -> bool:
    return text.replace("_", "a").isalnum()


def names(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the global names that a text binds and those that it uses, inside functions too.

    >>> binds, uses = names("def f(x): return np.sqrt(x) + c")
    >>> sorted(binds), sorted(uses)
    (['f'], ['c', 'np'])
    """
    binds: set[str] = set()
    uses: set[str] = set()
    tables = [symtable.symtable(source, "<cell>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            is_global = table.get_type() == "module" or symbol.is_global()
            if is_global and (symbol.is_assigned() or symbol.is_imported()):
                binds.add(symbol.get_name())
            if is_global and symbol.is_referenced():
                uses.add(symbol.get_name())
    return frozenset(binds), frozenset(uses)


def changed(source: str) -> frozenset[str]:
    r"""Return the names whose objects a text changes as it runs: lists appended to, entries set.

    A method call whose result is not used counts, as in ``table.append(1)``. A call that takes the
    object as an argument, as in ``print(table)``, does not: most of those only read it.

    >>> sorted(changed("for k in range(3):\n    table.append(k); sums[k] = k"))
    ['sums', 'table']
    """
    found: set[str | None] = set()
    todo: list[ast.AST] = [ast.parse(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue  # it changes nothing before it is called
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add(_root(node))
        elif isinstance(node, ast.Expr):
            # [table.append(k) for k in range(3)]
            call = node.value.elt if isinstance(node.value, ast.ListComp) else node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                found.add(_root(call.func))
    return frozenset(name for name in found if name is not None)


def _root(node: ast.AST) -> str | None:
    """Return the name at the left of ``table.setdefault(k, []).append``, or None."""
    while True:
        match node:
            case ast.Name():
                return node.id
            case ast.Attribute() | ast.Subscript():
                node = node.value
            case ast.Call(func=ast.Attribute()):
                node = node.func
            case _:
                return None


def run_apart(sources: list[str]) -> list[str]:
    r"""Return the sources of cells that share one name, as they are to be run.

    Each runs on its own, so that a draft that fails is not part of the answer. The halves of a
    cell that was split inside a function are joined, because only together are they Python.

    >>> run_apart(["def f():\n    a = 1", "    return a"])
    ['def f():\n    a = 1\n\n    return a']
    """
    whole = "\n\n".join(sources)
    return [whole] if not all(map(is_python, sources)) and is_python(whole) else sources


def is_python(source: str) -> bool:
    """Whether a cell parses once IPython's own lines are taken out."""
    try:
        ast.parse(python_of(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def units(name: str | None, source: str, exercise: str) -> list[Unit]:
    """Return a cell as units: the answer's own in few, any other statement by statement.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        The cell cannot be read, or is the answer's own and a part of it cannot be compiled.
    """
    source = python_of(source)
    this = name == exercise
    label = f"<{name}>" if name else "<cell>"
    tree = ast.parse(source, label)
    parts = parts_of(tree) if this else [ast.Module([node], []) for node in tree.body]
    found = []
    for part in parts:
        try:
            found.append(_unit(part, label, wanted=this))
        except (SyntaxError, ValueError):
            if this:
                raise
    return found


def parts_of(tree: ast.Module) -> list[ast.Module]:
    """Return a cell in parts: each import by itself, as it may be of something that is not here.

    Not where the cell imports from the future, which concerns all of it.
    """
    if any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in tree.body):
        return [tree]
    parts: list[ast.Module] = []
    open_part = False
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            parts.append(ast.Module([node], []))
            open_part = False
        elif open_part:
            parts[-1].body.append(node)
        else:
            parts.append(ast.Module([node], []))
            open_part = True
    return parts


class _WithoutAwait(ast.NodeTransformer):
    """Takes out ``await``, which may stand outside of functions in a notebook and nowhere else."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        found: ast.AST = self.visit(node.value)
        return found


def _unit(part: ast.Module, label: str, *, wanted: bool) -> Unit:
    """Return one part of a cell, compiled, with what it binds, uses and changes."""
    code = compile(part, label, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    awaits = code.co_flags & inspect.CO_COROUTINE
    text = ast.unparse(_WithoutAwait().visit(part) if awaits else part)
    binds, uses = names(text)
    star = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in part.body)
    future = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in part.body)
    imports = frozenset(
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(part)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
    return Unit(code, binds, uses, changed(text), imports, wanted or star or future)


def program(
    cells: list[dict[str, Any]], answer: str, exercise: str, also: Sequence[str] = ()
) -> list[tuple[Unit, bool]]:
    """Return the units to run, in order, each with whether its failure counts as the answer's.

    They define the answer, and what else is asked for beside it.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        The answer's own cell cannot be read, and no other copy of it binds the answer.
    """
    everything: list[tuple[Unit, bool]] = []
    unread: Exception | None = None
    texts = [(cell["name"], text) for cell in cells for text in run_apart(cell["sources"])]
    for name, text in texts:
        this = name == exercise
        try:
            everything += [(unit, this) for unit in units(name, text, exercise)]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            # Another exercise's cell costs this one nothing; nor does a draft beside the answer.
            unread = error if this else unread
    if unread and not any(this and answer in unit.binds for unit, this in everything):
        raise unread
    found = [unit for unit, _ in everything]
    end = max((at for at, (_, this) in enumerate(everything) if this), default=len(everything)) + 1
    known = frozenset(name for unit in found[:end] for name in unit.binds)
    # plt.plot(x) changes plt, but nothing that an answer could use.
    modules = frozenset(name for unit in found for name in unit.imports)
    needed, chosen = {answer, *also}, set[int]()
    while True:
        new = {
            at
            for at, unit in enumerate(found)
            if at not in chosen
            and (
                unit.wanted
                or (unit.binds | unit.changes - modules) & (needed if at < end else needed - known)
            )
        }
        if not new:
            return [everything[at] for at in sorted(chosen)]
        chosen |= new
        needed |= {name for at in new for name in found[at].uses}


def failure(error: BaseException) -> dict[str, str]:
    """Return an error as one line, with the line of the student's text that raised it.

    Of a result that is no plain data, its type: to return it is no error.
    """
    if kind := getattr(error, "kind", ""):
        return {"kind": kind}
    try:
        # The full message names a file that is not the student's and repeats the line.
        text = error.msg if isinstance(error, SyntaxError) else error
        said = f"{type(error).__name__}: {text}"
    except BaseException:
        said = type(error).__name__
    where = ""
    if isinstance(error, SyntaxError) and error.lineno:
        where = f" (line {error.lineno} of the cell)"
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith("<"):
                where = f" (line {frame.lineno} of the cell)"
    return {"error": " ".join(said.split())[:500] + where}


class Nobody:
    """Replaces IPython's shell and display, which are absent here; accepts every call."""

    def __getattr__(self, _name: str) -> Nobody:
        return self

    def __call__(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing."""


class Absent:
    """Replaces what could not be imported; who uses it is told what is missing."""

    def __init__(self, error: ImportError) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        raise self._error

    def __call__(self, *_arguments: Any, **_options: Any) -> Any:
        """Say what is missing."""
        raise self._error


def run(unit: Unit, space: dict[str, Any]) -> None:
    """Run a part of a cell; what it imports and is not here is `Absent` afterwards.

    Raises
    ------
    BaseException
        Whatever the code raises.
    """
    try:
        # To run students' code is what this process is for.
        if unit.code.co_flags & inspect.CO_COROUTINE:
            import asyncio  # here, because it takes long, and hardly any work has an await

            asyncio.run(eval(unit.code, space))  # noqa: S307
        else:
            exec(unit.code, space)  # noqa: S102
    except ImportError as error:
        space.update({name: Absent(error) for name in unit.imports if name not in space})
        raise


def seed_everything(seed: int) -> None:
    """Seed the generators of Python and NumPy, also those that the code makes without a seed."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (for students' code that uses it)
    seeds, with_seed = np.random.SeedSequence(seed), np.random.default_rng

    def default_rng(seed: Any = None) -> np.random.Generator:
        return with_seed(seeds.spawn(1)[0] if seed is None else seed)

    np.random.default_rng = default_rng


def prepare(task: dict[str, Any]) -> dict[str, Any]:
    """Run what the answer needs and return the namespace."""
    seed_everything(task["seed"])
    # Nobody loses points for an overflow or for correct code that warns.
    warnings.simplefilter("ignore")
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    # They are in every notebook.
    space |= {"display": Nobody(), "get_ipython": Nobody}
    failed: BaseException | None = None
    for unit, of_the_answer in program(
        task["cells"], task["answer"], task["exercise"], task.get("also", ())
    ):
        try:
            run(unit, space)
        except BaseException as error:
            failed = failed or (error if of_the_answer else None)
    if task["answer"] not in space or isinstance(space[task["answer"]], Absent):
        raise failed or NameError(f"the name {task['answer']} is not defined")
    return space


def main() -> None:
    """Answer one line at a time until there are none."""
    # What a student's code prints or reads must not mix with the messages.
    messages_in = os.fdopen(os.dup(0), "r", encoding="utf-8")
    messages_out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    given = {name: path for name, _, path in (word.partition("=") for word in sys.argv[1:])}
    sys.path.append(str(Path(given["minioptim"]).parent))
    wire: dict[str, Any] = {"__name__": "wire"}
    exec(compile(Path(given["wire.py"]).read_text("utf-8"), "wire.py", "exec"), wire)  # noqa: S102
    dumps, loads = json.dumps, json.loads
    encode, decode = wire["encode"], wire["decode"]
    space: dict[str, Any] | None = None
    answer = ""
    for line in messages_in:
        message = loads(line)
        reply: dict[str, Any]
        try:
            if space is None:
                answer = message["answer"]
                space = prepare(message)
                reply = {"is_function": callable(space[answer])}
            elif "call" in message:
                arguments = decode(message["call"])
                try:
                    result = space[answer](*arguments)
                    # Dots are what the release has in place of an answer.
                    reply = {"result": encode(None if result is ... else result)}
                except BaseException as error:
                    reply = dict(failure(error))
                if message["and_arguments"]:
                    reply["arguments"] = encode(arguments)
            else:
                reply = {"result": encode(space[message.get("name", answer)])}
        except BaseException as error:
            reply = failure(error)
        messages_out.write(dumps(reply) + "\n")
        messages_out.flush()


if __name__ == "__main__":
    main()
