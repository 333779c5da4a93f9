"""A grid of computations, spread over the cores or a cluster, which can be stopped and goes on.

A cell is plain data that says all that one computation hangs on, its seed included. The work is a
function that takes a cell and returns plain data, named as ``module:function`` so that any process
on any machine can find it. Each cell that is done becomes a line of the journal before the next
one counts as done, and a run reads the journal first: what stands there is not computed again.
Cells share nothing, so one process, two, and a cluster find the same.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import importlib.util
import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from tqdm import tqdm

import minioptim
from experiments.store import JOURNALS, RESULTS

if sys.platform != "win32":
    import fcntl

Cell: TypeAlias = Mapping[str, Any]
"""What to compute, as JSON can hold it."""
Found: TypeAlias = Any
"""What a cell gave, as JSON can hold it: a number that is not finite is None."""

SECONDS_TO_CONNECT = 20
LOCAL, SMALL = "local", "small"
# How many threads a sum is shared among decides the order in which it is added up.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class GridError(Exception):
    """A grid that could not be computed; the message says what to do."""


class Done(NamedTuple):
    """What a cell gave, the processor's seconds that it took, and by which code."""

    found: Found
    seconds: float
    code: str


class Grid:
    """Computes cells, and remembers them in a journal.

    Parameters
    ----------
    work : str
        The function that computes a cell, as ``module:function``.
    journal : Path
        The file of what is done. It may be there from a run that was stopped.
    jobs : int or None
        Processes; None takes the cores of this machine.
    cluster : str or None
        The address of a Dask scheduler, whose workers then compute; "local" starts such workers
        on this machine, ``jobs`` of them.
    quiet : bool
        Show no progress.

    Raises
    ------
    GridError
        The journal belongs to other code or other versions, is damaged, or is in use.
    """

    def __init__(
        self,
        work: str,
        journal: Path,
        *,
        jobs: int | None = None,
        cluster: str | None = None,
        quiet: bool = False,
    ) -> None:
        self.work, self.jobs, self.cluster, self.quiet = work, jobs or cores(), cluster, quiet
        self.journal = Journal(journal, code_of(work))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.journal.close()

    @property
    def seconds(self) -> float:
        """The processor's seconds that all cells of the journal took."""
        return sum(done.seconds for done in self.journal.done.values())

    def compute(self, cells: Sequence[Cell]) -> list[Found]:
        """Return what each cell gives, in the cells' order.

        Raises
        ------
        GridError
            A cell failed, or the cluster did. What was done is in the journal.
        ValueError
            A cell stands there twice, or is no plain data.
        """
        keys = [key(cell) for cell in cells]
        if len(set(keys)) < len(keys):
            twice = next(each for each in keys if keys.count(each) > 1)
            raise ValueError(f"the cells of a grid must differ, got {twice} twice")
        done = self.journal.done
        to_do = [cell for cell, each in zip(cells, keys, strict=True) if each not in done]
        name = self.work.partition(":")[0].rpartition(".")[2]
        with (
            closing(self._spread(to_do)) as computed,
            tqdm(
                total=len(cells),
                initial=len(cells) - len(to_do),
                desc=name,
                unit="cell",
                disable=self.quiet,
            ) as bar,
        ):
            for cell, each in computed:
                if each.code != self.journal.code:
                    raise GridError(
                        f"a worker computes {self.work} by other code or versions than this "
                        "process: start the workers from the same checkout and environment"
                    )
                self.journal.append(cell, each)
                bar.update()
        return [done[each].found for each in keys]

    def _spread(self, cells: Sequence[Cell]) -> Generator[tuple[Cell, Done]]:
        if not cells:
            return
        if self.cluster is None:
            yield from _over_processes(self.work, cells, min(self.jobs, len(cells)))
        else:
            yield from _over_cluster(self.work, cells, self.cluster, self.jobs)


@contextmanager
def commanded(work: str, about: str | None) -> Iterator[tuple[Grid, Path, str]]:
    """Make the grid that the command line asks for, and end with a line where it cannot be.

    Parameters
    ----------
    work : str
        The function that computes a cell, as ``module:function``.
    about : str or None
        The command's help.

    Yields
    ------
    grid : Grid
        Its journal is removed at the end, when the result is stored.
    result : Path
        Where the result belongs.
    size : str
        "small", which the book shows, or "paper".
    """
    chosen = vars(command_line(about).parse_args())
    size = chosen.pop("size")
    name = work.partition(":")[0].rpartition(".")[2] + ("" if size == SMALL else f"_{size}")
    try:
        with Grid(work, JOURNALS / f"{name}.jsonl", **chosen) as grid:
            yield grid, RESULTS / f"{name}.json", size
            grid.journal.remove()
    except GridError as error:
        raise SystemExit(f"{error}") from error


def command_line(about: str | None) -> argparse.ArgumentParser:
    """Return the options of a command that computes a grid."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, help="processes; the cores of this machine if not said")
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers compute; "
        f"{LOCAL!r} starts workers here",
    )
    parser.add_argument(
        "--size",
        choices=(SMALL, "paper"),
        default=SMALL,
        help="small: minutes, what the book shows; paper: the paper's own size, for a long night",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


class Journal:
    """The cells that are done, a line each: a line is there whole or does not count.

    Parameters
    ----------
    path : Path
        The file, which is made if it is missing.
    code : str
        What computes the cells: a journal that other code began is refused.

    Raises
    ------
    GridError
        The file belongs to other code, is damaged, or another process writes to it.
    """

    def __init__(self, path: Path, code: str) -> None:
        self.path, self.code = path, code
        self.done: dict[str, Done] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        try:
            self._alone()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def append(self, cell: Cell, done: Done) -> None:
        """Keep a cell: when this returns, not even a power cut loses it.

        Raises
        ------
        ValueError
            It was kept before, or is no plain data.
        """
        name = key(cell)
        if name in self.done:
            raise ValueError(f"{name} stands in {self.path} already")
        seconds = round(done.seconds, 3)
        line = {"cell": cell, "found": done.found, "seconds": seconds}
        text = _plain(line, f"what {name} gives")
        self._write(text)
        # As it is read back: a run that was stopped and one that was not find the same.
        self.done[name] = Done(json.loads(text)["found"], seconds, self.code)

    def remove(self) -> None:
        """Forget everything, once the result is stored."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process have it."""
        self._file.close()

    def _alone(self) -> None:
        if sys.platform != "win32":
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise GridError(f"another process is at work on {self.path}") from None

    def _read(self) -> None:
        self._file.seek(0)
        text = self._file.read()
        whole = text[: text.rfind(b"\n") + 1]  # a line that was being written when it all ended
        if len(whole) < len(text):
            self._file.truncate(len(whole))
        lines = whole.splitlines()
        if not lines:
            self._write(_plain({"code": self.code}, "the head"))
            return
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if number == 1:
                    self._held_to(entry["code"])
                else:
                    done = Done(entry["found"], entry["seconds"], self.code)
                    self.done[key(entry["cell"])] = done
            except (ValueError, KeyError, TypeError):
                raise GridError(
                    f"line {number} of {self.path} is damaged: remove the file to begin anew"
                ) from None

    def _held_to(self, code: str) -> None:
        if code != self.code:
            raise GridError(
                f"{self.path} was begun by other code or versions, whose cells must not be mixed "
                "with new ones: go back to those, or remove the file to begin anew"
            )

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8") + b"\n")
        os.fsync(self._file.fileno())


def key(cell: Cell) -> str:
    """Return the name of a cell in the journal, whatever the order of its entries.

    Raises
    ------
    ValueError
        The cell is no plain data.
    """
    return _plain(dict(cell), "a cell")


def _plain(data: object, name: str) -> str:
    try:
        return json.dumps(data, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be plain data with finite numbers: {error}") from error


def cores() -> int:
    """Return how many processes can work at once."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


# What computes nothing: a journal outlives a change of these.
AROUND = ("experiments.grid", "experiments.store", "experiments.claims")


@cache
def code_of(work: str) -> str:
    """Return a fingerprint of what decides what a cell gives.

    It is that of the work's module, of those of the same package that it imports, of minioptim,
    and of NumPy's version.
    """
    texts: dict[str, bytes] = {}
    _follow(work.partition(":")[0], texts)
    texts |= {
        str(file): file.read_bytes() for file in Path(minioptim.__file__).parent.rglob("*.py")
    }
    digest = hashlib.sha256(f"{work} numpy {np.__version__} {version('minioptim')}".encode())
    for name in sorted(texts):
        digest.update(texts[name])
    return digest.hexdigest()


def _follow(name: str, texts: dict[str, bytes]) -> None:
    """Add the text of a module, and of what it imports of its own package."""
    spec = importlib.util.find_spec(name)
    if name in texts or name in AROUND or spec is None or not spec.origin:
        return
    texts[name] = Path(spec.origin).read_bytes()
    package = name.partition(".")[0]
    for node in ast.walk(ast.parse(texts[name])):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == package:
            _follow(str(node.module), texts)
            for each in node.names if node.module == package else ():
                _follow(f"{package}.{each.name}", texts)


def _timed(work: str, cell: Cell) -> Done:
    """Compute a cell, in whichever process."""
    module, _, name = work.partition(":")
    function: Callable[[Cell], Found] = getattr(importlib.import_module(module), name)
    begin = time.process_time()
    found = function(cell)
    return Done(found, time.process_time() - begin, code_of(work))


def _over_processes(work: str, cells: Sequence[Cell], jobs: int) -> Generator[tuple[Cell, Done]]:
    """Spread cells over processes of this machine, in the order in which they end."""
    # `concurrent.futures.as_completed` locks every future: an interrupt that comes between leaves
    # one locked, and closing the pool then waits for it forever.
    ended = SimpleQueue[Future[Done]]()
    with ExitStack() as stack:
        stack.enter_context(_environment(dict.fromkeys(ONE_THREAD, "1")))
        # Fresh interpreters, which read these variables before NumPy is loaded.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent)
        stack.callback(pool.shutdown, cancel_futures=True)
        running = {pool.submit(_timed, work, cell): cell for cell in cells}
        for future in running:
            future.add_done_callback(ended.put)
        failed = None
        for _ in cells:
            future = ended.get()
            if future.cancelled():
                continue
            if future.exception() is None:
                yield running[future], future.result()
            elif failed is None:
                # What other processes are at is finished and kept; what nobody has begun is not.
                failed = future
                for other in running:
                    other.cancel()
        if failed is not None:
            _result(failed, running[failed])


def _end_with_parent() -> None:
    """Watch the process that started this one: if it is killed, nobody would ever end this one."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _over_cluster(
    work: str, cells: Sequence[Cell], address: str, jobs: int
) -> Generator[tuple[Cell, Done]]:
    """Give the cells to a Dask scheduler; if a worker dies, another takes over what it had."""
    try:
        from distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise GridError(
            "--cluster needs Dask: pip install 'minioptim[cluster]' (requirements/classroom.txt)"
        ) from error
    with ExitStack() as stack:
        if address == LOCAL:
            address = stack.enter_context(
                LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0")
            ).scheduler_address
        try:
            client = stack.enter_context(Client(address, timeout=SECONDS_TO_CONNECT))
        except (OSError, ValueError, TimeoutError) as error:
            raise GridError(f"no Dask scheduler answers at {address}: {error}") from error
        # Not pure: a result that another run left on the cluster may be of other code.
        running = {client.submit(_timed, work, cell, pure=False): cell for cell in cells}
        for future in as_completed(list(running)):
            cell = running.pop(future)
            done = _result(future, cell)
            # What is here need not be computed again if the worker that has it, too, dies.
            future.release()
            yield cell, done


def _result(future: Any, cell: Cell) -> Done:
    """Return what a cell gave, here or on a cluster."""
    kept = "What was done is in the journal: the same command goes on from there"
    try:
        done: Done = future.result()
    except BrokenProcessPool as error:
        raise GridError(f"a process died, perhaps for want of memory. {kept}") from error
    # Dask reports lost work as a CancelledError, which is not an Exception.
    except (Exception, CancelledError) as error:
        said = f"{type(error).__name__}: {error}".removesuffix(".")
        raise GridError(f"{key(cell)} failed, {said}. {kept}") from error
    return done


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
