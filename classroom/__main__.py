"""``python -m classroom release``, ``collect``, ``grade``, ``read``, ``feedback``, ``export``.

The guide is exercises/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

from tqdm import tqdm

from classroom import export, gradebook, late, marking, marks, pages, results, similar
from classroom.course import Course
from classroom.files import ClassroomError
from classroom.grade import grade, records, to_look_at
from classroom.intake import Notebook, grade_id, text_of
from classroom.platforms import all_platforms
from classroom.record import (
    HANDED_IN_NOTHING,
    MANUAL,
    NOT_GRADED,
    Record,
    is_absent,
    of_one_number,
    status,
    still_open,
    total,
    with_zeros,
)
from classroom.release import ReleaseError, release
from classroom.sandbox import UNSAFE_MEANS, NoSandboxError
from classroom.submissions import collect


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--course", type=Path, default=Path("exercises"), metavar="FOLDER")
    shared.add_argument("--quiet", action="store_true", help="show no progress")
    classed = argparse.ArgumentParser(add_help=False, parents=[shared])
    classed.add_argument("assignment", help="its name, as in exercises/release")
    classed.add_argument(
        "--class", dest="into", type=Path, default=Path("class"), metavar="FOLDER",
        help="where this class' submissions and grades are kept (default: class)",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True)

    step = steps.add_parser("release", parents=[shared], help="make the notebooks for students")
    step.add_argument("assignments", nargs="*", help="their names (default: all)")

    step = steps.add_parser("collect", parents=[classed], help="take in what was handed in")
    step.add_argument("export", type=Path, help="folder or zip, as the platform exports it")
    step.add_argument("--roster", type=Path, metavar="CSV", help="everybody who should hand in")

    step = steps.add_parser("grade", parents=[classed], help="grade what was collected")
    step.add_argument("--jobs", type=int, metavar="N", help="processes (default: the cores)")
    step.add_argument("--force", action="store_true", help="grade again what has a record")
    step.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler that does the work")
    step.add_argument("--unsafe", action="store_true", help=f"without bubblewrap: {UNSAFE_MEANS}")

    step = steps.add_parser("read", parents=[classed], help="give points for what people read")
    step.add_argument("--reader", default="teacher", metavar="NAME", help="who reads (teacher)")
    step.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")

    counted = argparse.ArgumentParser(add_help=False)
    counted.add_argument(
        "--absent-as-zero", action="store_true", help="count those who handed in nothing as 0"
    )
    counted.add_argument(
        "--open-as-zero", action="store_true",
        help="count all that has no points as 0: unread, NOT GRADED and absent",
    )  # fmt: skip
    counted.add_argument(
        "--late-per-day", type=float, metavar="PERCENT",
        help="take so much of the points off for each day begun that work came late",
    )  # fmt: skip
    counted.add_argument(
        "--late-most", type=float, default=100.0, metavar="PERCENT", help="at most so much"
    )
    counted.add_argument(
        "--late", type=Path, metavar="CSV", help="days late: columns student, days, assignment"
    )
    steps.add_parser("results", parents=[classed], help="say how the class did, and which mistakes")
    steps.add_parser("similar", parents=[classed], help="list answers that are alike: a hint")
    steps.add_parser("feedback", parents=[classed, counted], help="write a page for each student")

    step = steps.add_parser("export", parents=[classed, counted], help="write tables of scores")
    for platform in all_platforms():
        to, sheet = f"--{platform.name}", f"--{platform.sheet}"
        said = f"write a table for {platform.title}"
        step.add_argument(to, type=Path, metavar="CSV", help=said)
        step.add_argument(sheet, type=Path, metavar="CSV", help=platform.sheet_title)
    step.add_argument("--title", help="the assignment's title there (default: its name)")
    return parser


def _release(options: argparse.Namespace) -> None:
    known = Course(options.course).sources()
    wanted = options.assignments or known
    if unknown := sorted(set(wanted) - set(known)):
        raise ClassroomError(f"no assignment {', '.join(unknown)}; known: {', '.join(known)}")
    for name in tqdm(wanted, unit="assignment", disable=options.quiet):
        notebook, data = (os.path.relpath(path) for path in release(name, options.course))
        tqdm.write(f"wrote {notebook} for students, and {data}, by which their checks judge")


def _say(line: str) -> None:
    """Print a line in which students may have chosen names, so that it stays one line.

    A newline in a name would begin another student's, and a terminal obeys some letters.
    """
    print("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))


def _collect(options: argparse.Namespace) -> None:
    wanted = options.of_course.sought
    students, unmatched = collect(
        options.export, options.into, options.assignment, wanted, options.roster
    )
    look = list(to_look_at(options.into, options.assignment, students, wanted))
    if look:
        print("look at these first, as they may cost points:")
    for name, line in look:
        _say(f"  {name}: {line}")
    for student in students:
        if student.problem:
            _say(f"{student.student}: nothing to grade: {student.problem}")
        elif student.file != f"{options.assignment}.ipynb":
            _say(f"{student.student}: took {student.file}")
        for note in student.notes:
            if note not in student.first:
                _say(f"{student.student}: {note}")
    if unmatched:
        _say(f"these files belong to no student and were not taken: {', '.join(unmatched)}")
    print(f"{len(students)} students, {sum(not s.problem for s in students)} with a notebook")
    print("next: grade")


def _grade(options: argparse.Namespace) -> None:
    if options.jobs is not None and options.jobs < 1:
        raise ClassroomError(f"--jobs must be a whole number >= 1, got {options.jobs}")
    if options.unsafe:
        print(f"unsafe: {UNSAFE_MEANS}.", file=sys.stderr)
    batch = grade(
        options.of_course,
        options.into,
        jobs=options.jobs,
        unsafe=options.unsafe,
        cluster=options.cluster,
        force=options.force,
        quiet=options.quiet,
    )
    print(f"{batch.graded} graded now, {batch.kept} before")
    changed = gradebook.update(options.of_course, options.into, batch.records)
    for student, name in changed:
        print(f"{student}: {name} changed after it was graded by hand; the points stay: look again")
    found = _with_hand(options, batch.records)
    readers = marks.everybodys(options.into, options.assignment)
    for student, name in marks.changed(batch.records, readers):
        print(
            f"{student}: {name} was handed in anew after it was read; the points stay: look again"
        )
    for record in found:
        if record["notebook"] is None:
            _say(f"{record['student']}: NOT GRADED: {record['reason']}")
            continue
        for row in record["exercises"]:
            if row["status"] == NOT_GRADED:
                _say(f"{record['student']}: {row['name']} NOT GRADED: {row['reason']}")
    for number, name, students in of_one_number(found):
        _say(f"{', '.join(students)} all gave the student number {number} for {name}: whose is it?")
    counts = Counter(status(record) for record in found)
    said = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    print(f"{len(found)} students: {said or 'nobody handed in'}")
    to_be_read = still_open(found)[MANUAL]
    if to_be_read:
        print(
            f"next: read {sum(to_be_read.values())} answers: "
            f"python -m classroom read {options.assignment}; then feedback and export"
        )
    else:
        print("next: feedback and export")


def _with_hand(options: argparse.Namespace, found: list[Record]) -> list[Record]:
    """Return the records with what people gave, in formgrader and on the reading page."""
    readers = marks.everybodys(options.into, options.assignment)
    return marks.with_marks(gradebook.read(options.into, options.assignment, found), readers)


def _read(options: argparse.Namespace) -> None:
    reader = marks.reader_named(options.reader)
    desk = marking.Desk(options.of_course, options.into, reader)
    with closing(desk), desk.marks.alone(), marking.Page(desk, options.port) as page:
        print(f"read at {page.address}", "(Ctrl+C ends it; every mark is kept at once)", flush=True)
        with suppress(KeyboardInterrupt):
            page.serve_forever()
    print("next: feedback and export, or read --reader NAME for a second reader")


def _records(options: argparse.Namespace) -> list[Record]:
    """Return everybody's record with what people gave, and with the zeros that were asked for."""
    found = records(options.of_course, options.into)
    found = _with_hand(options, found)
    counted = with_zeros(
        found, open_as_zero=options.open_as_zero, absent_as_zero=options.absent_as_zero
    )
    left = still_open(counted)
    for kind, students in still_open(found).items():
        zeros = {name: number for name, number in students.items() if name not in left[kind]}
        if zeros:
            print(f"counted as 0: {_list_of(kind, zeros)}")
    return _late(options, counted)


def _late(options: argparse.Namespace, found: list[Record]) -> list[Record]:
    """Return the records with what lateness takes off, if the teacher has a rule for it."""
    if options.late_per_day is None:
        if options.late:
            raise ClassroomError("--late needs --late-per-day: what a day costs, in per cent")
        return found
    rule = late.Rule(options.late_per_day, options.late_most)
    days = late.days_late(options.late, options.assignment) if options.late else {}
    counted, unknown = late.with_late(found, rule, days)
    if unknown:
        print(
            f"late, and no total, as --late does not say how many days: {', '.join(unknown)} "
            "(0 days are an extension)"
        )
    return counted


def _results(options: argparse.Namespace) -> None:
    found = records(options.of_course, options.into)
    declared = options.of_course.exercises
    known = {one.name: [mistake.sentence for mistake in one.wrong] for one in declared}
    for line in results.in_words(results.results(_with_hand(options, found), known)):
        _say(line)


def _similar(options: argparse.Namespace) -> None:
    found = records(options.of_course, options.into)
    release = options.of_course.release
    names = {row["name"] for record in found for row in record["exercises"]}
    answers = {record["student"]: _texts(record["notebook"], names) for record in found}
    pairs = similar.alike(answers, _texts(release, names))
    for pair in pairs:
        who = " and ".join(pair.students)
        _say(f"{pair.name}: {who} share {pair.share:.0%} of what is rare in the shorter answer")
    print(f"{len(pairs)} pairs; a hint, and no proof: who learns together writes alike")


def _texts(notebook: Notebook | None, names: set[str]) -> dict[str, str]:
    cells = (notebook or {"cells": []})["cells"]
    return {name: text_of(cell) for cell in cells if (name := grade_id(cell) or "") in names}


OPEN_IN_WORDS = {
    MANUAL: "{answers} that nobody has read yet, of {names}",
    NOT_GRADED: "{answers} NOT GRADED, of {names}",
    HANDED_IN_NOTHING: "handed in nothing: {names}",
}


def _list_of(kind: str, students: dict[str, int]) -> str:
    number = sum(students.values())
    answers = f"{number} answer{'s' if number > 1 else ''}"
    return OPEN_IN_WORDS[kind].format(answers=answers, names=", ".join(students))


def _feedback(options: argparse.Namespace) -> None:
    found = _records(options)
    paths = pages.write_pages(found, options.into, options.assignment, quiet=options.quiet)
    written = [path for path in paths if path.suffix == ".html"]
    print(f"{len(written)} pages in {options.into / 'feedback' / options.assignment}")
    for path in paths[len(written) :]:
        print(f"wrote {path}")
    if absent := [record["student"] for record in found if is_absent(record)]:
        print(f"no page for students who handed in nothing: {', '.join(absent)}")


def _export(options: argparse.Namespace) -> None:
    for platform in all_platforms():
        if getattr(options, platform.sheet) and not getattr(options, platform.name):
            raise ClassroomError(
                f"--{platform.sheet} is not changed: say with --{platform.name} where to write"
            )
    found = _records(options)
    said = []
    title = options.title or options.assignment
    for platform in all_platforms():
        path, sheet = getattr(options, platform.name), getattr(options, platform.sheet)
        if path:
            said += export.for_platform(platform, found, path, sheet, title)
            said.append(f"wrote {path}")
    path = options.into / "grades" / options.assignment / "exercises.csv"
    export.by_exercise(found, path)
    print(*said, f"wrote {path}", sep="\n")
    waiting = {kind: names for kind, names in still_open(found).items() if names}
    without = sum(total(record) is None for record in found)
    if waiting:
        print(f"{without} of {len(found)} students have no total yet, and no grade was written:")
    for kind, students in waiting.items():
        print(f"  {_list_of(kind, students)}")


STEPS = {
    "release": _release,
    "collect": _collect,
    "grade": _grade,
    "read": _read,
    "results": _results,
    "similar": _similar,
    "feedback": _feedback,
    "export": _export,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one step; 1, and one line that says what is wrong, if it cannot be done."""
    options = _arguments().parse_args(arguments)
    try:
        if options.step != "release":
            # Read once; every step asks it and opens no file of the course itself.
            options.of_course = Course(options.course).assignment(options.assignment)
        STEPS[options.step](options)
    except (ClassroomError, NoSandboxError, ReleaseError, FileNotFoundError) as error:
        print(f"{options.step}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            f"{options.step}: interrupted; what was done is kept, run the same command to go on",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
