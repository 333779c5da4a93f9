"""A folder of submissions as a learning platform exports it: who handed in which notebook.

It reads Moodle's folders and its flat files, Canvas' flat files, nbgrader's layout, and plain
folders or files named after students; each as a folder or as the downloaded zip. Within what one
student handed in, it opens zips one level deep and tells copies apart. Files that belong to nobody
are named and not opened. Times of files are never used, because a student can set them.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from classroom.files import ClassroomError, read_json, write, write_json
from classroom.intake import LARGEST, NotTakenError, Sought, grade_id, normal, read_bytes, text_of
from classroom.platforms import all_platforms
from classroom.reading import Reader
from classroom.record import ABSENT
from classroom.tables import read_table

RUBBISH = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}
MOST_MEMBERS = 2000
# At most this many of one student's notebooks are opened to find the one to grade.
MOST_NOTEBOOKS = 50
# Of so many others the answers are kept, to show them where the one that is graded has none.
MOST_OTHERS = 5
# Reading raises these for a zip that is damaged, encrypted or packed in an unsupported way.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    MemoryError,  # an LZMA stream says how much it wants
    OSError,
    RuntimeError,
    ValueError,  # names that are no UTF-8, among others
)
# Beside the notebook to grade.
OTHERS = "others.json"


@dataclass(frozen=True)
class Student:
    """Somebody who handed in, or should have.

    Parameters
    ----------
    student : str
        A name for files and for the gradebook, safe in both.
    name : str
        As the platform shows it.
    identity : str
        The platform's number, or "".
    late : bool
        The platform says that it came late.
    file : str
        What the graded notebook was called, or "".
    notes : tuple of str
        What the teacher should know, one sentence each.
    problem : str
        Why there is nothing to grade, or "".
    upload : str
        The whole name that Canvas gave the file, by which it takes feedback on it, or "".
    first : tuple of str
        Those notes that the teacher must see, as they may cost the student points.
    platform : str
        By which it was handed in, as `classroom.platforms` calls it, or "".
    """

    student: str
    name: str
    identity: str = ""
    late: bool = False
    file: str = ""
    notes: tuple[str, ...] = field(default=())
    problem: str = ""
    upload: str = ""
    first: tuple[str, ...] = field(default=())
    platform: str = ""


@dataclass(frozen=True)
class Other:
    """What another notebook of a student's has, where the one that is graded differs.

    Parameters
    ----------
    file : str
        What it was called.
    is_tie : bool
        It has as many answers as the one that is graded, so that either may be meant.
    answers : dict of str to str
        By ``grade_id``, those that are not the same in both.
    """

    file: str
    is_tie: bool
    answers: dict[str, str]


@dataclass(frozen=True)
class _Item:
    """A file of an export, read when asked for; or a folder, which may be empty."""

    parts: tuple[str, ...]
    read: Callable[[], bytes] | None


@dataclass(frozen=True)
class _Piece:
    """A file that belongs to a student."""

    name: str
    read: Callable[[], bytes]
    late: bool = False
    number: int = 0  # the platform's, which grows
    upload: str = ""
    platform: str = ""


def collect(
    export: Path, into: Path, assignment: str, sought: Sought, roster: Path | None = None
) -> tuple[list[Student], list[str]]:
    """Take in an export: one notebook per student, and a list of everybody.

    Who was collected before and is not in this export stays as they are, so late work may be
    collected by itself; and who handed in a notebook before keeps it where now there is none.

    Parameters
    ----------
    export : Path
        A folder or a zip.
    into : Path
        The class' folder; ``into/collected/<assignment>`` is written.
    assignment : str
        Its name.
    sought : Sought
        What to look for, by which the notebook with the most work is told from others.
    roster : Path or None
        A CSV of everybody who should have handed in: Moodle's grading worksheet, Canvas'
        gradebook, or a table with a column ``student``.

    Returns
    -------
    list of Student, list of str
        Everybody, sorted; and the names of files that belong to nobody.

    Raises
    ------
    ClassroomError
        There is no export, nothing in it is a submission, or the roster has none of the students.
    """
    people, unmatched = _people(export)
    if not people:
        raise ClassroomError(
            f"{export} holds no submissions; expected a folder or zip as Moodle or Canvas export "
            f"it, or one folder or notebook per student"
        )
    before = _collected_before(into, assignment)
    absentees = _on_roster_alone(roster, people)
    folder = into / "collected" / assignment
    # Who was absent may be called by another name by then, as in Canvas.
    here = {identity for _, identity in people if identity}
    rows = {
        known.student: known
        for who, known in before.items()
        if who in people or known.problem != ABSENT or known.identity not in here
    }
    keys = {key.casefold() for key in rows}
    with Reader() as reader:
        for (name, identity), pieces in sorted(people.items()):
            known, others = before.get((name, identity)), list[Other]()
            student = Student(
                known.student if known else _key(name, identity, keys), name, identity
            )
            try:
                student, data, others = reader.ask(_chosen, student, pieces, assignment, sought)
            except NotTakenError as error:
                student, data = replace(student, problem=str(error)), None
            path = folder / student.student / "submission.ipynb"
            if data is not None:
                write(path, data)
                _keep(others, path.with_name(OTHERS))
            elif known and not known.problem and path.exists():
                student = _kept(known, student.problem)
            rows[student.student] = student
    there = {known.identity for known in before.values() if known.identity}
    for name, identity in absentees:
        if (name, identity) not in before and identity not in there:
            key = _key(name, identity, keys)
            rows[key] = Student(key, name, identity, problem=ABSENT)
    students = sorted(rows.values(), key=lambda student: student.student)
    write_json(folder / "students.json", [asdict(student) for student in students])
    return students, unmatched


def _collected_before(into: Path, assignment: str) -> dict[tuple[str, str], Student]:
    """Return whom `collect` found before, by name and number; nobody where there is no list."""
    if not (into / "collected" / assignment / "students.json").exists():
        return {}
    return {(known.name, known.identity): known for known in collected(into, assignment)}


def _kept(known: Student, problem: str) -> Student:
    """Return a student whose notebook of before stays, as there is none to replace it."""
    note = f"Collected again without a notebook ({problem}): the one of before is kept."
    if note in known.first:
        return known
    return replace(known, notes=(*known.notes, note), first=(*known.first, note))


def _keep(others: Iterable[Other], path: Path) -> None:
    found = [asdict(other) for other in others]
    if found:
        write_json(path, found)
    else:
        path.unlink(missing_ok=True)


def collected(into: Path, assignment: str) -> list[Student]:
    """Return everybody that `collect` found.

    Raises
    ------
    ClassroomError
        Nothing was collected, or the list is damaged.
    """
    path = into / "collected" / assignment / "students.json"
    rows = read_json(path)
    try:
        return [
            Student(**{**row, "notes": tuple(row["notes"]), "first": tuple(row.get("first", ()))})
            for row in rows
        ]
    except (TypeError, KeyError):
        raise ClassroomError(
            f"{path} is absent or damaged: run `python -m classroom collect {assignment} ...` first"
        ) from None


def notebook_path(into: Path, assignment: str, student: str) -> Path:
    """Return where a student's notebook is, if there is one."""
    return into / "collected" / assignment / student / "submission.ipynb"


def other_notebooks(into: Path, assignment: str, student: str) -> list[Other]:
    """Return what a student's other notebooks have that differs from the one to grade."""
    rows = read_json(notebook_path(into, assignment, student).with_name(OTHERS))
    return [Other(**row) for row in rows or []]


# --- Who handed in what --------------------------------------------------------------------------


def _people(export: Path) -> tuple[dict[tuple[str, str], list[_Piece]], list[str]]:
    if not export.exists():
        raise ClassroomError(f"there is no {export}")
    try:
        items = list(_files(export))
    except UNREADABLE as error:
        raise ClassroomError(f"{export} could not be read: {error}") from error
    items = [item for item in items if not RUBBISH & set(item.parts)]
    items = [item for item in items if not item.parts[-1].startswith("._")]
    # The export may be a zip of a folder, or a folder inside a folder.
    while items and len({item.parts[0] for item in items}) == 1:
        inner = [item for item in items if len(item.parts) > 1]
        seconds = {item.parts[1] for item in inner}
        if not any(platform.owner(name) for name in seconds for platform in all_platforms()):
            break
        items = [replace(item, parts=item.parts[1:]) for item in inner]
    people: dict[tuple[str, str], list[_Piece]] = {}
    unmatched = []
    for item in items:
        owner = _owner(item)
        if owner is None:
            unmatched.append("/".join(item.parts))
        else:
            people.setdefault(owner[0], []).append(owner[1])
    return people, unmatched


def _owner(item: _Item) -> tuple[tuple[str, str], _Piece] | None:
    top, inside = item.parts[0], "/".join(item.parts[1:])
    for platform in all_platforms():
        # A name at the top is a folder's, or a file's; only some platforms make folders.
        if upload := platform.owner(top):
            file = inside or upload.file
            if item.read is None:
                # A student with an empty folder gets a row as well.
                piece = _Piece("", bytes, platform=platform.name)
            elif file:
                piece = _Piece(
                    file, item.read, upload.late, upload.number, upload.whole, platform.name
                )
            else:
                continue
            return (upload.name, upload.identity), piece
    if item.read is None:
        return (top, ""), _Piece("", bytes)
    if inside:
        # nbgrader's <student>/<assignment>/<notebook>, or a student's own folder.
        return (top, ""), _Piece(inside, item.read)
    if (stem := _stem(top)) is not None:
        return (stem, ""), _Piece(top, item.read)
    if top.lower().endswith(".zip"):
        return (top[:-4], ""), _Piece(top, item.read)
    return None


def _stem(name: str) -> str | None:
    """Return a notebook's name without its suffix; None if it is another kind of file."""
    for ending in (".ipynb", ".ipynb.txt", ".ipynb.json"):
        if name[-len(ending) :].lower() == ending:
            return name[: -len(ending)]
    return None


def _files(export: Path) -> Iterator[_Item]:
    if export.is_file():
        archive = zipfile.ZipFile(export)
        for info in archive.infolist()[: MOST_MEMBERS * 50]:
            parts = _parts(info.filename)
            if parts:
                yield _Item(parts, None if info.is_dir() else partial(_member_of, export, info))
        return
    for root, folders, names in os.walk(export):
        folder = Path(root)
        folders.sort()
        # A link to a folder is listed among the folders, and not gone into.
        for name in sorted([*names, *folders]):
            path = folder / name
            is_folder = name in folders and not path.is_symlink()
            parts = tuple(map(_readable, path.relative_to(export).parts))
            yield _Item(parts, None if is_folder else partial(read_bytes, path))


def _readable(name: str) -> str:
    """Return a file's name as intended; some systems unpack names as Latin-1."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a name in a zip; one that climbs out of it is only a name to us."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return tuple(part for part in parts if part not in ("/", "..", "."))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise NotTakenError("the file is a link, and links are not followed")
    try:
        with archive.open(info) as file:
            # The size that the zip states may be wrong.
            data = file.read(LARGEST + 1)
    except UNREADABLE as error:
        raise NotTakenError(f"the zip cannot be read: {error}") from None
    if len(data) > LARGEST:
        raise NotTakenError(f"the file has more than {LARGEST // 1024**2} MB")
    return data


def _member_of(export: Path, info: zipfile.ZipInfo) -> bytes:
    """Return what `_member` returns, in a process other than the one that listed the zip."""
    try:
        archive = zipfile.ZipFile(export)
    except UNREADABLE as error:
        raise NotTakenError(f"the zip cannot be read: {error}") from None
    with archive:
        return _member(archive, info)


def _key(name: str, identity: str, taken: set[str]) -> str:
    """Return a new name that is safe for files on any system, and for a data base.

    Those in ``taken``, without regard to case, are other students'; it is added to them.
    """
    text = unicodedata.normalize("NFC", name)
    words = "".join(c if c.isalnum() or c in "_.@-" else " " for c in text).split(" ")
    safe = _cut("_".join(filter(None, words)).strip("._-")[:60], 120) or "student"
    key = _cut(f"{safe}-{identity}" if identity else safe, 160)
    if key.casefold() in taken or (not identity and safe != text):
        key += "-" + hashlib.sha256(f"{name}/{identity}".encode("utf-8", "replace")).hexdigest()[:6]
    taken.add(key.casefold())
    return key


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text, cut to a number of bytes, which file systems limit.

    >>> _cut("aé", 2)
    'a'
    """
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


# --- Which notebook ------------------------------------------------------------------------------


def _unpacked(pieces: list[_Piece], notes: list[str]) -> list[_Piece]:
    """Open zips, one level deep."""
    found = []
    for piece in pieces:
        if not piece.name.lower().endswith(".zip"):
            found.append(piece)
            continue
        try:
            archive = zipfile.ZipFile(io.BytesIO(piece.read()))
        except (*UNREADABLE, NotTakenError) as error:
            notes.append(f"{piece.name} cannot be opened: {error}.")
            continue
        for info in archive.infolist()[:MOST_MEMBERS]:
            parts = _parts(info.filename)
            if parts and not info.is_dir() and not RUBBISH & set(parts):
                name = f"{piece.name}/{'/'.join(parts)}"
                found.append(replace(piece, name=name, read=partial(_member, archive, info)))
    return found


def _chosen(
    student: Student, pieces: list[_Piece], assignment: str, sought: Sought
) -> tuple[Student, bytes | None, list[Other]]:
    """Return the student with the notes to show, the notebook to grade, and what others have."""
    notes: list[str] = []
    late = any(piece.late for piece in pieces)
    notebooks = []
    others = []
    for piece in _unpacked(pieces, notes):
        base = piece.name.rpartition("/")[2]
        if _stem(base) is not None and not base.startswith("._"):
            notebooks.append(piece)
        elif piece.name:
            others.append(piece.name)
    if others:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        notes.append(f"Also handed in, and not looked at: {shown}.")
    if len(notebooks) > MOST_NOTEBOOKS:
        notes.append(f"{len(notebooks)} notebooks: {MOST_NOTEBOOKS} of them were looked into.")
        notebooks = notebooks[:MOST_NOTEBOOKS]
    # One at a time is kept: a small zip may hold gigabytes.
    best: tuple[tuple[Any, ...], _Piece, bytes] | None = None
    readable = []
    problems = []
    work: dict[str, dict[str, str]] = {}
    for piece in notebooks:
        try:
            data = piece.read()
        except NotTakenError as error:
            problems.append(f"{piece.name}: {error}")
            continue
        readable.append(piece)
        # A notebook is opened only if there is a choice.
        fits, work[piece.name] = (True, {}) if len(notebooks) == 1 else _work(data, sought)
        rank = (fits, len(work[piece.name]), *_rank(piece, assignment), piece.name)
        if best is None or rank >= best[0]:
            best = rank, piece, data
        del data
    notes += [f"Not taken: {problem}." for problem in problems if readable]
    platform = next((piece.platform for piece in pieces if piece.platform), "")
    student = replace(student, late=late, notes=tuple(notes), platform=platform)
    if best is None:
        nothing = "no notebook was handed in" if any(piece.name for piece in pieces) else ABSENT
        problem = "; ".join(problems) or nothing
        return replace(student, problem=problem), None, []
    _, piece, data = best
    differing = _differing(work, piece.name)
    first = []
    if len(readable) > 1:
        rest = ", ".join(sorted(other.name for other in readable if other is not piece))
        notes.append(f"{len(readable)} notebooks: {piece.name} is graded, not {rest}.")
    for other in differing:
        names = ", ".join(sorted(other.answers))
        said = " has as many answers" if other.is_tie else " has other answers"
        first.append(f"{other.file}{said}: see {names}.")
    if late:
        notes.append("The platform says that it came late.")
    student = replace(student, file=piece.name, notes=(*notes, *first), upload=piece.upload)
    return replace(student, first=tuple(first)), data, differing


def _work(data: bytes, sought: Sought) -> tuple[bool, dict[str, str]]:
    """Return whether a notebook is of this assignment, and the answers that it has."""
    try:
        intake = sought.take(data)
    except NotTakenError:
        return False, {}
    answers = {want.name for want in sought.wanted} - intake.missing
    texts = {grade_id(cell): text_of(cell) for cell in intake.notebook["cells"]}
    return True, {name: texts[name] for name in sorted(answers)}


def _differing(work: dict[str, dict[str, str]], chosen: str) -> list[Other]:
    """Return the answers of other notebooks that differ: where ours has none, or all of a tie."""
    ours = work[chosen]
    found = []
    for file, answers in sorted(work.items()):
        is_tie = len(answers) == len(ours)
        texts = {
            name: text
            for name, text in answers.items()
            if (name not in ours or is_tie) and normal(text) != normal(ours.get(name, ""))
        }
        if file != chosen and texts:
            found.append(Other(file, is_tie, texts))
    return found[:MOST_OTHERS]


def _rank(piece: _Piece, assignment: str) -> tuple[int, bool, int]:
    """Return a key that grows from copy to copy: platform's number, then "-1", "(2)", "copy"."""
    base, which = _copy(_stem(piece.name.rpartition("/")[2]) or "")
    return piece.number, base.strip() == assignment, which


def _copy(stem: str) -> tuple[str, int]:
    """Return a name without its suffix as a copy, and the number of the copy, or 0.

    >>> [_copy(name) for name in ("a-2", "a (3)", "a-Copy4", "a copy", "a5")]
    [('a', 2), ('a', 3), ('a', 4), ('a', 1), ('a5', 0)]
    """
    text = stem.removesuffix(")")
    rest = text.rstrip("0123456789")
    digits = text[len(rest) :]
    word = rest[-4:].lower() == "copy" and text == stem
    base = rest[:-4] if word else rest.removesuffix("(")
    if not (word or digits) or not base.endswith(("-", "_", " ")):
        return stem, 0
    return base[:-1], min(int(digits[:7] or 1), 10**6)


# --- Who did not ---------------------------------------------------------------------------------


def _on_roster_alone(
    roster: Path | None, people: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the names and numbers of those on a roster who did not hand in."""
    if roster is None:
        return []
    known = {identity for _, identity in people if identity}
    named = {name for name, _ in people}
    absent = []
    recognised = 0
    table = read_table(roster)
    lists = (platform.people(table) for platform in all_platforms())
    everybody = next((people for people in lists if people is not None), None)
    if everybody is None and "student" in table.columns:
        everybody = [(row["student"], "") for row in table.rows if row["student"]]
    if everybody is None:
        kinds = ", ".join(platform.sheet_title for platform in all_platforms())
        raise ClassroomError(
            f"--roster {roster} has the columns {', '.join(table.columns)}; expected {kinds}, or "
            f"a table with a column student"
        )
    for name, identity in everybody:
        if (identity in known) if identity and known else (name in named):
            recognised += 1
        else:
            absent.append((name, identity))
    if not recognised:
        raise ClassroomError(
            f"--roster {roster} has {len(absent)} students, and none of those who handed in: is it "
            f"of this course, and from the same platform as the submissions?"
        )
    return absent
