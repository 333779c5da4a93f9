"""Grade a class: every submission once, over the cores or over a cluster, resumed if interrupted.

The unit of work is `classroom.recheck.grade_submission`: a function of plain data, so the same
one runs in this machine's processes and on Dask's workers.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tqdm import tqdm

from classroom import sandbox
from classroom.course import Assignment
from classroom.elsewhere import in_words
from classroom.files import ClassroomError
from classroom.intake import (
    GONE,
    Intake,
    NotTakenError,
    Sought,
    grade_id,
    read_bytes,
)
from classroom.ledger import Ledger, key_of
from classroom.reading import Reader
from classroom.recheck import (
    Exam,
    ask,
    grade_submission,
    nothing_graded,
)
from classroom.record import Record
from classroom.submissions import Other, Student, collected, notebook_path, other_notebooks

Work = tuple[str, bytes, list[Other]]

# A process that dies under a submission takes others with it, which are tried again.
MOST_TRIES = 3
SECONDS_TO_CONNECT = 20


def to_look_at(
    into: Path, assignment: str, students: Iterable[Student], sought: Sought
) -> Iterator[tuple[str, str]]:
    """Yield what may cost a student points, before `grade` runs: a line for each.

    Notebooks of which nothing can be graded, answers that may stand elsewhere, and those whose cell
    is gone.

    Yields
    ------
    student, line : str
        Who, and what.
    """
    with Reader() as reader:
        for student in students:
            for line in student.first:
                yield student.student, line
            if student.problem:
                continue
            try:
                data = read_bytes(notebook_path(into, assignment, student.student))
                intake: Intake = reader.ask(Sought.take, sought, data)
            except NotTakenError as error:
                yield student.student, f"nothing to grade: {error}"
                continue
            for name, found in sorted(intake.elsewhere.items()):
                if not any(thing.is_likely for thing in found):
                    continue
                yield student.student, f"{name} is open: see {in_words(found)}"
            for note in intake.notes:
                if note.endswith(GONE):
                    yield student.student, note


def set_exam(assignment: Assignment, seed: int) -> Exam:
    """Return an assignment as it is asked: calls drawn, right results computed.

    Parameters
    ----------
    assignment : Assignment
        Of the course.
    seed : int
        Of this class.

    Raises
    ------
    ClassroomError
        The course lacks a part of it, or the parts do not fit each other.
    """
    cells = {grade_id(cell) for cell in assignment.release["cells"]}
    for exercise in assignment.exercises:
        if exercise.name not in cells:
            raise ClassroomError(
                f"the release notebook of {assignment.name} has no cell {exercise.name}: "
                f"run `python -m classroom release {assignment.name}`"
            )
    right = assignment.reference
    asked = tuple(ask(exercise, right[exercise.answer], seed) for exercise in assignment.exercises)
    return Exam(
        assignment.name, assignment.release, asked, assignment.manual, seed, assignment.others
    )


@dataclass(frozen=True)
class Batch:
    """What one run of the grader did.

    Parameters
    ----------
    graded, kept : int
        Submissions graded now; records that were there already.
    records : list of Record
        Everybody's, sorted by student.
    """

    graded: int
    kept: int
    records: list[Record]


def grade(
    assignment: Assignment,
    into: Path,
    *,
    jobs: int | None = None,
    unsafe: bool = False,
    cluster: str | None = None,
    force: bool = False,
    quiet: bool = False,
) -> Batch:
    """Grade all that was collected and has no record yet.

    Parameters
    ----------
    assignment : Assignment
        Of the course.
    into : Path
        The folder of the class.
    jobs : int or None
        Processes; None takes the cores of this machine.
    unsafe : bool
        Run without bubblewrap.
    cluster : str or None
        The address of a Dask scheduler, whose workers then do the work.
    force : bool
        Grade again what has a record.
    quiet : bool
        Show no progress.

    Raises
    ------
    NoSandboxError
        There is no bubblewrap, and ``unsafe`` is False.
    ClassroomError
        Nothing was collected, the course is incomplete, or the disk is full.
    """
    if cluster is None:
        sandbox.require(unsafe=unsafe)
    students = collected(into, assignment.name)
    ledger = Ledger(into, assignment.name)
    keys: dict[str, str] = {}
    with ledger.alone():
        exam = set_exam(assignment, ledger.seed())
        bar = tqdm(total=len(students), unit="submission", desc=assignment.name, disable=quiet)
        kept = None if force else ledger
        to_do = _to_do(exam, into, students, keys, kept, bar.update)
        if cluster is None:
            done = _over_processes(exam, to_do, jobs or os.cpu_count() or 1, unsafe)
        else:
            done = _over_cluster(exam, to_do, cluster, unsafe)
        graded = 0
        with bar:
            for record in done:
                again = record.get("again", False)
                ledger.keep(record, "" if again else keys[record["student"]])
                graded += 1
                bar.update()
        records = [_whole(ledger, exam, student, keys[student.student]) for student in students]
    return Batch(graded, len(students) - graded, records)


def _to_do(
    exam: Exam,
    into: Path,
    students: Iterable[Student],
    keys: dict[str, str],
    ledger: Ledger | None,
    pass_over: Callable[[], object],
) -> Iterator[Work | Record]:
    """Yield what is to be graded, or the record of what cannot be; ``keys`` gets everybody's key.

    Each submission is read once, when its turn comes: a class of large files need not fit in
    memory. Who has a record of just this in the ledger is passed over.
    """
    digest = exam.digest()
    for student in students:
        work, problem = _handed_in(into, exam.assignment, student)
        key = keys[student.student] = _key(work, problem, digest)
        if ledger is not None and ledger.has(student.student, key):
            pass_over()
            continue
        yield work or nothing_graded(exam, student.student, problem)


def _handed_in(into: Path, assignment: str, student: Student) -> tuple[Work | None, str]:
    """Return what a student handed in, or None and why there is nothing."""
    if student.problem:
        return None, student.problem
    try:
        data = read_bytes(notebook_path(into, assignment, student.student))
    except NotTakenError as error:
        return None, str(error)
    return (student.student, data, other_notebooks(into, assignment, student.student)), ""


def _key(work: Work | None, problem: str, digest: str) -> str:
    if work is None:
        return key_of(problem, digest)
    _, data, others = work
    return key_of(data + (repr(others).encode("utf-8", "replace") if others else b""), digest)


def _whole(ledger: Ledger, exam: Exam, student: Student, key: str) -> Record:
    """Return a student's record with what `collect` knows of them.

    If a newer submission was collected since, there is no record: the old scores are not its own.
    """
    record = ledger.record(student.student)
    if record is None:
        record = nothing_graded(exam, student.student, "there is no record; run grade again")
    elif ledger.is_of_another(student.student, key):
        said = "other work was collected after this was graded; run grade again"
        record = nothing_graded(exam, student.student, said)
    return {
        **record,
        "name": student.name,
        "identity": student.identity,
        "late": student.late,
        "platform": student.platform,
        "upload": student.upload,
        "notes": [*student.notes, *record["notes"]],
    }


def records(assignment: Assignment, into: Path) -> list[Record]:
    """Return everybody's record as `grade` left it.

    Raises
    ------
    ClassroomError
        Nothing was graded.
    """
    ledger = Ledger(into, assignment.name)
    if not (ledger.folder / "seed.json").exists():
        raise ClassroomError(
            f"{assignment.name} has not been graded: "
            f"run `python -m classroom grade {assignment.name}` first"
        )
    # What right answers return is of no use here, and takes seconds to compute.
    exam = Exam(assignment.name, assignment.release, (), assignment.answers, 0)
    found = []
    for student in collected(into, assignment.name):
        key = _key(*_handed_in(into, assignment.name, student), "")
        found.append(_whole(ledger, exam, student, key))
    return found


def _failed(exam: Exam, student: str, error: BaseException | str) -> Record:
    """Return the record of a submission on which the grader itself failed; it is tried again."""
    said = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    record = nothing_graded(exam, student, f"the grader failed on it: {said[:300]}")
    return {**record, "again": True}


def _over_processes(
    exam: Exam, work: Iterator[Work | Record], jobs: int, unsafe: bool
) -> Iterator[Record]:
    """Spread the work over processes of this machine; if one dies, no submission is lost."""
    lost: list[Work] = []
    yield from _in_a_pool(exam, work, jobs, unsafe, lost)
    while lost:
        # One at a time, to find out under which submission processes die: the first of what is
        # left then. One process does as many as it can: to start one takes longer than to grade.
        deaths = Counter[str]()
        while lost:
            rest, again = iter(lost), list[Work]()
            yield from _in_a_pool(exam, rest, 1, unsafe, again)
            lost = [*again, *rest]
            deaths.update(student for student, *_ in lost[:1])
            if lost and deaths[lost[0][0]] == MOST_TRIES:
                student, *_ = lost.pop(0)
                yield _failed(exam, student, f"its process died {MOST_TRIES} times")
        yield from _in_a_pool(exam, work, jobs, unsafe, lost)


def _in_a_pool(
    exam: Exam, work: Iterator[Work | Record], jobs: int, unsafe: bool, lost: list[Work]
) -> Iterator[Record]:
    """Work until the end, or until a process dies: ``lost`` then has what was begun, in order."""
    grade_one = partial(grade_submission, exam, unsafe=unsafe)
    # Fresh interpreters: a fork would copy this one's threads, the progress bar's among them.
    context = multiprocessing.get_context("spawn")
    running: dict[Future[Record], Work] = {}
    # `concurrent.futures.wait` locks every future: an interrupt that comes between leaves one
    # locked, and closing the pool then waits for it forever.
    ended = SimpleQueue[Future[Record]]()
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        while True:
            # A few ahead keep every process busy; all at once would fill the memory.
            while len(running) < 2 * jobs and (item := next(work, None)) is not None:
                if isinstance(item, dict):
                    yield item
                    continue
                try:
                    future = pool.submit(grade_one, *item)
                except BrokenProcessPool:
                    lost += [*running.values(), item]
                    return
                running[future] = item
                future.add_done_callback(ended.put)
            if not running:
                return
            # They come in the order in which they ended: what was done before a process died is
            # done.
            future = ended.get()
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                lost += running.values()
                return
            student, *_ = running.pop(future)
            if isinstance(error, sandbox.NoSandboxError):
                raise error
            yield future.result() if error is None else _failed(exam, student, error)


def _over_cluster(
    exam: Exam, work: Iterator[Work | Record], address: str, unsafe: bool
) -> Iterator[Record]:
    """Give the work to a Dask scheduler; if a worker dies, another takes over its submissions."""
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ClassroomError(
            "--cluster needs Dask: pip install 'minioptim[cluster]' (requirements/classroom.txt)"
        ) from error
    grade_one: Callable[..., Record] = grade_submission
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClassroomError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        width = 2 * max(1, sum(client.nthreads().values()))
        running: dict[Any, tuple[Work, int]] = {}
        done = as_completed()

        def submit(item: Work, tries: int) -> None:
            # The exam goes with each: what is stored on the cluster dies with the worker that
            # has it. Not pure: the same bytes by two students are two submissions.
            future = client.submit(grade_one, exam, *item, unsafe=unsafe, pure=False)
            running[future] = item, tries
            done.add(future)

        while True:
            while len(running) < width and (item := next(work, None)) is not None:
                if isinstance(item, dict):
                    yield item
                else:
                    submit(item, 1)
            if not running:
                return
            future = next(done)
            item, tries = running.pop(future)
            try:
                record = future.result()
            except sandbox.NoSandboxError:
                raise
            # Dask reports lost work as a CancelledError, which is not an Exception.
            except (Exception, CancelledError) as error:
                if tries < MOST_TRIES:
                    submit(item, tries + 1)
                    continue
                record = _failed(exam, item[0], error)
            yield record
