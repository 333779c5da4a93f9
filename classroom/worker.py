"""The program inside the sandbox: run what an answer needs, then call it as often as asked.

It reads JSON lines and writes one for each. The first has the notebook's cells and the name of the
answer; each that follows has the arguments of one call. Nothing here is trusted by the grader:
student code shares this process, so all that comes back is data, compared elsewhere.

The answer's own cell is run whole. Of all others, given ones, other answers and the student's
further cells, only those statements run that define a name which the answer uses, directly or
through others. So a plot, a long run or a crash in another exercise's cell costs this one nothing.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import random
import re
import symtable
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

# A line for IPython, not for Python: %matplotlib inline, !pip install, ?help, help?
IPYTHON = re.compile(r"^(\s*)(?:[%!?].*|.*\w\?\s*)$", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """Statements that run together or not at all."""

    code: CodeType
    binds: frozenset[str]
    uses: frozenset[str]
    wanted: bool  # whatever it binds


def python_of(source: str) -> str:
    """Return a cell without IPython's own lines; numbers of lines stay.

    >>> python_of("%matplotlib inline")
    'pass'
    """
    try:
        ast.parse(source)
    except SyntaxError:
        return IPYTHON.sub(r"\1pass", source)
    return source


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


def units(cell: dict[str, Any], exercise: str) -> list[Unit]:
    """Return a cell as units: this answer as a whole, another cell statement by statement."""
    source = python_of(cell["source"])
    this = cell["name"] == exercise
    label = f"<{cell['name']}>" if cell["name"] else "<cell>"
    tree = ast.parse(source, label)
    parts = [tree] if this else [ast.Module([node], []) for node in tree.body]
    found = []
    for part in parts:
        binds, uses = names(ast.unparse(part))
        star = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in part.body)
        future = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in part.body)
        code = compile(part, label, "exec", dont_inherit=True)
        found.append(Unit(code, binds, uses, this or star or future))
    return found


def program(cells: list[dict[str, Any]], answer: str, exercise: str) -> list[tuple[Unit, bool]]:
    """Return the units to run, in order, each with whether its failure is the answer's."""
    everything: list[tuple[Unit, bool]] = []
    for cell in cells:
        this = cell["name"] == exercise
        try:
            everything += [(unit, this) for unit in units(cell, exercise)]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            if this:
                raise
            # A cell of another exercise, or of the student's own, that cannot be read.
    needed = {answer}
    chosen: set[int] = set()
    while True:
        new = {
            at
            for at, (unit, _) in enumerate(everything)
            if at not in chosen and (unit.wanted or unit.binds & needed)
        }
        if not new:
            return [everything[at] for at in sorted(chosen)]
        chosen |= new
        needed |= {name for at in new for name in everything[at][0].uses}


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


def prepare(task: dict[str, Any]) -> dict[str, Any]:
    """Run what the answer needs and return the namespace."""
    import numpy as np

    random.seed(task["seed"])
    np.random.seed(task["seed"] % 2**32)  # noqa: NPY002 (for students' code that uses it)
    # Numbers that overflow or correct code that warns cost nobody a mark.
    warnings.simplefilter("ignore")
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    # There is in every notebook, and there is nobody here to see it.
    space["display"] = lambda *_shown, **_how: None
    for unit, of_the_answer in program(task["cells"], task["answer"], task["exercise"]):
        try:
            exec(unit.code, space)  # noqa: S102 (to run students' code is what this process is for)
        except BaseException:
            if of_the_answer and task["answer"] not in space:
                raise
    if task["answer"] not in space:
        raise NameError(f"the name {task['answer']} is not defined")
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
                reply["arguments"] = encode(arguments)
            else:
                reply = {"result": encode(space[answer])}
        except BaseException as error:
            reply = failure(error)
        messages_out.write(dumps(reply) + "\n")
        messages_out.flush()


if __name__ == "__main__":
    main()
