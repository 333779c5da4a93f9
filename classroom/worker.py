"""The program inside the sandbox: run what an answer needs, then call it as often as asked.

It reads JSON lines and writes one for each. The first has the notebook's cells and the name of the
answer; each that follows has the arguments of one call. Nothing here is trusted by the grader:
student code shares this process, so all that comes back is data, compared elsewhere.

The answer's own cell is run whole. Of all others, given ones, other answers and the student's
further cells, only those statements run that define a name which the answer uses, directly or
through others, or that change what it holds. So a plot, a long run or a crash in another
exercise's cell costs this one nothing. What a name means is said by the cells up to the answer's,
as it was when the student ran them from top to bottom; later ones are asked for other names alone.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import random
import symtable
import sys
import traceback
import warnings
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
    """Return a cell without IPython's own lines; numbers of lines stay.

    >>> python_of("%matplotlib inline")
    'pass'
    """
    try:
        ast.parse(source)
    except SyntaxError:
        return "\n".join(map(_line_of_python, source.split("\n")))
    return source


def _line_of_python(line: str) -> str:
    """Return a line; one for IPython, %matplotlib inline, !pip, help?, files = !ls, as ``pass``."""
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
    """Return the global names that a text binds, and those that it uses, in functions too.

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

    A call counts whose result nobody takes, as of ``table.append(1)``. One that an object is
    handed to, as of ``print(table)``, does not: most of those only look at it.

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
    r"""Return the texts of cells that bear one name as they are to be run, each by itself.

    A copy that is a draft and fails is no part of the answer. But the halves of a cell that was
    split within a function are Python only together.

    >>> run_apart(["def f():\n    a = 1", "    return a"])
    ['def f():\n    a = 1\n\n    return a']
    """
    whole = "\n\n".join(sources)
    return [whole] if not all(map(is_python, sources)) and is_python(whole) else sources


def is_python(source: str) -> bool:
    """Whether a cell can be read, without IPython's own lines."""
    try:
        ast.parse(python_of(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def units(name: str | None, source: str, exercise: str) -> list[Unit]:
    """Return a cell as units: this answer as a whole, another cell statement by statement."""
    source = python_of(source)
    this = name == exercise
    label = f"<{name}>" if name else "<cell>"
    tree = ast.parse(source, label)
    parts = [tree] if this else [ast.Module([node], []) for node in tree.body]
    found = []
    for part in parts:
        text = ast.unparse(part)
        binds, uses = names(text)
        star = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in part.body)
        future = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in part.body)
        code = compile(part, label, "exec", dont_inherit=True)
        imports = frozenset(
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(part)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        )
        found.append(Unit(code, binds, uses, changed(text), imports, this or star or future))
    return found


def program(cells: list[dict[str, Any]], answer: str, exercise: str) -> list[tuple[Unit, bool]]:
    """Return the units to run, in order, each with whether its failure is the answer's.

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
    needed, chosen = {answer}, set[int]()
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
    """Return an error as one line, with the line of the student's text that raised it."""
    try:
        # In full, it names a file that is none of the student's, and the line once more.
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
    """Stands for IPython's shell and its display, of which there is nothing here: takes all."""

    def __getattr__(self, _name: str) -> Nobody:
        return self

    def __call__(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing."""


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
    # Numbers that overflow or correct code that warns cost nobody a mark.
    warnings.simplefilter("ignore")
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    # They are in every notebook.
    space |= {"display": Nobody(), "get_ipython": Nobody}
    failed: BaseException | None = None
    for unit, of_the_answer in program(task["cells"], task["answer"], task["exercise"]):
        try:
            exec(unit.code, space)  # noqa: S102 (to run students' code is what this process is for)
        except BaseException as error:
            failed = failed or (error if of_the_answer else None)
    if task["answer"] not in space:
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
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(compile(Path(given["plain.py"]).read_text("utf-8"), "plain.py", "exec"), plain)  # noqa: S102
    dumps, loads = json.dumps, json.loads
    encode, decode = plain["encode"], plain["decode"]
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
                reply = {"result": encode(space[answer])}
        except BaseException as error:
            reply = failure(error)
        messages_out.write(dumps(reply) + "\n")
        messages_out.flush()


if __name__ == "__main__":
    main()
