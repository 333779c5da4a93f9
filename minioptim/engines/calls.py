"""Operations as calls of NumPy that write to arrays which are there already.

NumPy makes a new array for the result of each operation. The operations of
`minioptim.engines.exact`, in the same order, are given a few arrays to write to instead, each used
again as soon as nothing reads it any more. The bits are the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array
from minioptim.engines.exact import Equations, Operation, Part, at_many_steps, function
from minioptim.rules import Rule

MANY = 1_024
"""For how many steps what hangs on t is computed at once."""
LINE = 64
"""How many bytes the cache takes in at a time."""

# These may take another way through an array that they also write to, and round otherwise there.
NEVER_IN_PLACE = frozenset({"exp", "log", "cos", "sin"})
UFUNCS = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "positive",
    "square",
    "sqrt",
    "absolute",
)
SCOPE = {
    name: getattr(np, name)
    for name in (*UFUNCS, "sign", "maximum", "minimum", "copyto", *NEVER_IN_PLACE)
}


class Written(NamedTuple):
    """Lines that write the results of a part to their targets, and how many arrays they use."""

    lines: list[str]
    scratch: int


def written(part: Part, targets: Sequence[str], prefix: str) -> Written:
    r"""Return the calls of NumPy that write the results of a part into given arrays.

    Parameters
    ----------
    part : Part
    targets : sequence of str
        Where each result goes. A target that the part reads too, such as x, is read before it is
        written to; others are not read.
    prefix : str
        The arrays for what is computed on the way are named by it and a number.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> from minioptim.engines.exact import of_rule
    >>> from minioptim.rules import Momentum
    >>> print(*written(of_rule(Momentum()).step[0], ["x", "s0"], "b").lines, sep="\n")
    multiply(k0, s0, out=s0)
    multiply(k1, g, out=b0)
    subtract(s0, b0, out=s0)
    add(x, s0, out=x)
    """
    operations, wanted = _apart(part, targets)
    uses = Counter(name for operation in operations for name in operation.given)
    uses.update(wanted)
    place: dict[str, str] = {}  # where each value that is made here lies
    holds = {target: target for target in targets}  # what lies in each target at the moment
    free: list[str] = []
    count, lines = 0, []
    for made, called, given in operations:
        uses.subtract(given)
        read = [place.get(name, name) for name in given]
        dead = {place.get(name, name) for name in given if not uses[name]}
        spent = {out for out in dead if out.startswith(prefix) or out in holds}
        mine = [t for t, name in zip(targets, wanted, strict=True) if name == made]
        if called in NEVER_IN_PLACE:
            over, mine = set[str](), [target for target in mine if target not in read]
        else:  # a result stays where it is, so another's target is no place for it
            over = spent - set(targets) if made in wanted else spent
        if mine and not uses[holds[mine[0]]]:
            out = mine[0]
        elif over:
            out = min(over)
        elif free:
            out = free.pop()
        else:
            out, count = f"{prefix}{count}", count + 1
        free += sorted(name for name in spent - {out} if name not in holds)
        place[made] = out
        if out in holds:
            holds[out] = made
        lines.append(f"{called}({', '.join(read)}, out={out})")
    lines += [
        f"copyto({target}, {place.get(name, name)})"
        for target, name in zip(targets, wanted, strict=True)
        if place.get(name, name) != target
    ]
    return Written(lines, count)


def _apart(part: Part, targets: Sequence[str]) -> tuple[tuple[Operation, ...], tuple[str, ...]]:
    """Return the operations and results, none of them an array that another is written to."""
    copies, wanted = [], []
    for target, name in zip(targets, part.results, strict=True):
        if name in targets and name != target:
            copies.append(Operation(f"copy_{target}", "positive", (name,)))
            wanted.append(copies[-1].made)
        else:
            wanted.append(name)
    return (*copies, *part.operations), tuple(wanted)


def aligned(shape: tuple[int, ...], kind: npt.DTypeLike = float) -> npt.NDArray[Any]:
    """Return an empty array that begins where a line of the cache does.

    Of others NumPy writes each line of the cache in two pieces, which takes up to twice as long.

    Raises
    ------
    MemoryError
        There is no room for it.

    Examples
    --------
    >>> aligned((2, 3)).shape
    (2, 3)
    """
    size = math.prod(shape) * np.dtype(kind).itemsize
    memory = np.empty(size + LINE, np.uint8)
    begun = -memory.ctypes.data % LINE
    return memory[begun : begun + size].view(kind).reshape(shape)


class Calls:
    """Makes the steps of a rule, each result in a new array, and nothing else in new memory.

    Parameters
    ----------
    equations : Equations
        Those of the rule.
    shape : tuple of int
        The shape of x, (d, *S).
    scheduled : bool
        Whether the rule is another at each step.

    Examples
    --------
    >>> from minioptim.engines.exact import of_rule
    >>> from minioptim.rules import Momentum
    >>> rule = Momentum(lr=0.5, momentum=0.25).as_arrays()
    >>> calls = Calls(of_rule(rule), (1,), scheduled=False)
    >>> calls.step(rule, 1, np.array([4.0]), np.array([8.0]), (np.array([-2.0]),))
    (array([5.5]), array([-2.5]))
    """

    def __init__(self, equations: Equations, shape: tuple[int, ...], scheduled: bool) -> None:
        self.equations, self.shape = equations, shape
        self.many = 1 if scheduled else MANY
        self.call, count = _into_new(equations)
        self.room = [aligned(shape) for _ in range(count)]
        self.rule: Rule | None = None  # what the constants are of
        self.steps = range(0)

    def step(
        self, now: Rule, t: int, g: Array, x: Array, state: tuple[Array, ...]
    ) -> tuple[Array, ...]:
        """Return what ``now.step(g, x, t, *state)`` does, where ``now`` holds arrays."""
        made = tuple(np.empty(self.shape) for _ in (x, *state))
        self.call(g, x, *state, *self._constants(now, t), *made, *self.room)
        return made

    def _constants(self, now: Rule, t: int) -> tuple[Array, ...]:
        """Return what is the same for all coordinates."""
        if now is not self.rule:
            self.rule, self.steps = now, range(0)
            self.fixed = self.equations.at_start(now, None)
            self.laid_out = _laid_out(self.fixed)
        if not self.equations.moving:
            return self.laid_out
        if t not in self.steps:
            self.steps = range(t, t + self.many)
            self.moving = at_many_steps(self.equations, now, None, self.fixed, self.steps)
        if self.moving is None:  # they differ from run to run
            return self.laid_out + _laid_out(self.equations.at_step(now, None, t, *self.fixed))
        row = t - self.steps.start
        return self.laid_out + tuple(values[row, ...] for values in self.moving)


def _laid_out(values: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return arrays, without an axis where there is a single number: NumPy has less to do then."""
    arrays = (np.asarray(value, dtype=float) for value in values)
    return tuple(array.reshape(()) if array.size == 1 else array for array in arrays)


@lru_cache(maxsize=256)
def _into_new(equations: Equations) -> tuple[Callable[..., Any], int]:
    """Return what writes a step to new arrays, and how many arrays it computes in."""
    states = [f"s{j}" for j in range(len(equations.step[0].results) - 1)]
    made = ["made", *(f"made_{state}" for state in states)]
    lines, count = written(equations.step[0], made, "b")
    room = [f"b{j}" for j in range(count)]
    arguments = ["g", "x", *states, *equations.fixed, *equations.moving, *made, *room]
    return function("step", arguments, lines, [], SCOPE), count
