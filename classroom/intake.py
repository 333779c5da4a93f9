"""From what a student handed in to what is graded: the sources of the answers, on our notebook.

A notebook comes back edited by people and by programs: cells copied, split or moved, metadata
gone, encodings changed, half of the file missing. We take nothing from it but the text of cells.
We find an answer by nbgrader's ``grade_id``, else by the name that it defines, else by its place,
and put it into our own release notebook. So no tag, output, kernel or test that a student made
reaches the grader, and no damage stops a batch. Of an answer that has nothing in its place we say
where else there may be something: `Intake.elsewhere`.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classroom.elsewhere import A_TEXT, Found, added, comments, is_comment, is_setup, is_text
from classroom.files import writable
from classroom.inert import BASE64, PICTURES

Notebook = dict[str, Any]

# No student writes this much, and a notebook with 50 MB of output is still accepted.
LARGEST = 100 * 1024**2
# In memory, an empty list takes about thirty times the bytes that it takes in the file.
MOST_LISTS = 1_000_000
LONGEST_ANSWER = 100_000
LARGEST_PICTURE = 10_000_000
DAMAGED = "The file is damaged or cut short"
CODE = "code near its place"
GONE = ": its cell is not there any more, and nothing was found that could be its answer."


class NotTakenError(Exception):
    """Nothing can be graded; the message says why, as the row of that student will."""


@dataclass(frozen=True)
class Wanted:
    """An answer to look for.

    Parameters
    ----------
    name : str
        The ``grade_id`` of its cell.
    answer : str or None
        The Python name that the cell defines; None where people read it.
    """

    name: str
    answer: str | None


@dataclass(frozen=True)
class Intake:
    """What was taken.

    Parameters
    ----------
    notebook : dict
        Our release notebook with the student's answers, without outputs.
    cells : list of {"name": str or None, "sources": list of str}
        The code to run, in order; ``name`` is that of the answer, None for other cells. An answer
        has several sources if several cells of the student's bear its name.
    missing : frozenset of str
        Answers that were not found, or were left as they were released.
    notes : tuple of str
        What was repaired, one sentence each.
    elsewhere : dict of str to list of Found
        Of missing answers: what stands in other places and may be the answer.
    later : dict of str to int
        Of answers that are there: the last one of ``cells`` that gives its name another meaning.
    """

    notebook: Notebook
    cells: list[dict[str, Any]]
    missing: frozenset[str]
    notes: tuple[str, ...] = field(default=())
    elsewhere: dict[str, list[Found]] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sought:
    """What to take from the notebooks of an assignment.

    Parameters
    ----------
    release : dict
        Our release notebook, as JSON.
    wanted : tuple of Wanted
        The answers to look for, each a cell of ``release``.
    others : dict of str to str
        What identifies another assignment's notebook, as `fingerprints_of_others` returns it.
    """

    release: Notebook
    wanted: tuple[Wanted, ...]
    others: dict[str, str] = field(default_factory=dict)

    def take(self, data: bytes) -> Intake:
        """Return a student's answers, as `take` does."""
        return take(data, self.release, self.wanted, self.others)


def read_bytes(path: Path) -> bytes:
    """Return a submitted file's bytes; a link or a device is refused, whatever it points at.

    Raises
    ------
    NotTakenError
        It is no regular file, is too large, or cannot be read.
    """
    try:
        # Opened without following links and inspected while open, so that nobody can swap the file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise NotTakenError("the file is a link, and links are not followed") from None
        raise NotTakenError(f"the file cannot be read: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotTakenError("the file is no regular file")
        if status.st_size > LARGEST:
            raise NotTakenError(
                f"the file has {status.st_size // 1024**2} MB; at most {LARGEST // 1024**2}"
            )
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise NotTakenError(f"the file cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)


def read_cells(data: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the cells of a notebook, whatever state it is in, and notes on what was repaired.

    Each cell is ``{"cell_type", "source", "id", "grade_id", "pictures", "outputs"}``, with None
    where one of the names is absent; the outputs are as they came.

    Raises
    ------
    NotTakenError
        The file contains no readable cell.
    """
    notes: list[str] = []
    if not data.strip():
        raise NotTakenError("the file is empty")
    if data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise NotTakenError(f"the file is no notebook: it has more than {MOST_LISTS} lists")
    text = _decoded(data, notes)
    try:
        content = json.loads(text)
        raw = _raw_cells(content)
    except RecursionError:
        raise NotTakenError("the file is no notebook: lists within lists without end") from None
    except ValueError:
        raw = _salvaged(text)
        notes.append(f"{DAMAGED}; what could be read of it was graded.")
        content = {}
    if not raw:
        raise NotTakenError("the file is no notebook, or has no cells")
    version = content.get("nbformat") if isinstance(content, dict) else None
    if content and version not in (3, 4):
        notes.append(f"The file says notebook format {_short(version)}; it was read as format 4.")
    cells = [cell for cell in map(_cell, raw) if cell]
    if not cells:
        raise NotTakenError("the file is no notebook, or has no cells")
    return cells, notes


def _decoded(data: bytes, notes: list[str]) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes.append("The file was in UTF-16, not UTF-8.")
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append("The file was not in UTF-8; it was read as Latin-1.")
        return data.decode("latin-1")


def _raw_cells(content: Any) -> list[Any]:
    """Return the list of cells of format 4, or of format 3, which had work sheets."""
    if not isinstance(content, dict):
        return []
    cells = content.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = content.get("worksheets")
    found: list[Any] = []
    for sheet in sheets if isinstance(sheets, list) else []:
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):
            found += sheet["cells"]
    return found


def _salvaged(text: str) -> list[Any]:
    """Return the complete cells of a notebook whose JSON is cut short."""
    found: list[Any] = []
    at = _first_cell(text)
    decoder = json.JSONDecoder()
    while at < len(text):
        at = _behind(text, at, " \t\r\n,")
        try:
            cell, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(cell)
    return found


def _first_cell(text: str) -> int:
    """Return where the list of cells begins, or the end of the text."""
    name = '"cells"'
    at = text.find(name)
    while at >= 0:
        colon = _behind(text, at + len(name), " \t\r\n")
        bracket = _behind(text, colon + 1, " \t\r\n")
        if text[colon : colon + 1] == ":" and text[bracket : bracket + 1] == "[":
            return bracket + 1
        at = text.find(name, at + 1)
    return len(text)


def _behind(text: str, at: int, letters: str) -> int:
    """Return the first position, from ``at`` on, that holds none of these characters."""
    while at < len(text) and text[at] in letters:
        at += 1
    return at


def _cell(raw: Any) -> dict[str, Any] | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    kind = raw.get("cell_type")
    if not isinstance(source, str) or kind not in ("code", "markdown", "raw"):
        return None
    grade_id = None
    metadata = raw.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader"), dict):
        grade_id = metadata["nbgrader"].get("grade_id")
    identity = raw.get("id")
    return {
        "cell_type": kind,
        # Python refuses a source that contains a NUL.
        "source": writable(source).replace("\0", ""),
        "id": identity if isinstance(identity, str) else None,
        "grade_id": writable(grade_id) if isinstance(grade_id, str) else None,
        "pictures": _pictures(raw.get("attachments")),
        "outputs": raw.get("outputs"),
    }


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """Return those of a cell's attachments that are pictures: name -> kind -> base64."""
    found: dict[str, dict[str, str]] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, text in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PICTURES and isinstance(text, str) and _is_base64(text):
                found.setdefault(writable(name), {})[kind] = text
    return found


def _is_base64(text: str) -> bool:
    return 0 < len(text) <= LARGEST_PICTURE and BASE64.issuperset("".join(text.split()))


def _short(value: Any) -> str:
    return writable(str(value)[:20])


def normal(source: str) -> str:
    r"""Return a text without what editors change on their own: line ends and trailing blanks.

    >>> normal("a = 1  \r\n") == normal("a = 1")
    True
    """
    return "\n".join(line.rstrip() for line in source.split("\n")).strip()


def defines(source: str, name: str) -> bool:
    r"""Whether a cell's text defines a name at the top level, judged without parsing it.

    >>> defines("def step(g):\n    return g", "step"), defines("    step = 1", "step")
    (True, False)
    """
    return name in defined(source)


def may_define(source: str, name: str) -> bool:
    r"""Whether a cell's text may define a name somewhere, in a block or among others.

    >>> may_define("if True:\n    step = 1", "step"), may_define("(step, _) = mine, 0", "step")
    (True, True)
    >>> may_define("run(step=1)", "step"), may_define("step == 1", "step")
    (False, False)
    """
    return name in perhaps_defined(source)


def defined(source: str) -> set[str]:
    r"""Return the names that the unindented lines of a text define.

    >>> sorted(defined("def f(): ...\na: int = 1\nb = c = 2\n    d = 3\ne == 4"))
    ['a', 'b', 'f']
    """
    found = set()
    for line in source[:LONGEST_ANSWER].splitlines():
        if line[:1].isspace():
            continue
        target, equals, rest = line.partition("=")
        name = target.partition(":")[0].rstrip()
        if equals and not rest.startswith("=") and name.isidentifier():
            found.add(name)
        else:
            found |= _of_definition(line)
    return found


def perhaps_defined(source: str) -> set[str]:
    r"""Return the names that a text may define, judged line by line.

    >>> sorted(perhaps_defined("  def f(): ...\n(a, *b), c = d = 1, 2\nwhile (e := g(h=1)): ..."))
    ['a', 'b', 'c', 'd', 'e', 'f']
    >>> sorted(perhaps_defined("(a,\n b) = 1, 2"))
    ['a', 'b']
    """
    found: set[str] = set()
    # A line that ends with a comma or an opening bracket continues on the next.
    begun: list[str] = []
    for line in source[:LONGEST_ANSWER].splitlines():
        found |= _of_definition(line)
        begun.append(line)
        if not line.rstrip().endswith((",", "(", "[")):
            found |= _targets("".join(begun))
            begun = []
    return found | _targets("".join(begun))


def _of_definition(line: str) -> set[str]:
    """Return the name that a line beginning with def, async def or class defines, as a set."""
    words = line.split(None, 2)
    if words[:1] == ["async"]:
        words = words[1:]
    if len(words) < 2 or words[0] not in ("def", "class"):
        return set()
    name = words[1].partition("(")[0].partition(":")[0].partition("[")[0]
    return {name} if name.isidentifier() else set()


def _targets(line: str) -> set[str]:
    """Return the names before an ``=`` or a ``:=``, also those in a tuple."""
    found: set[str] = set()
    parts = line.split("=")
    chain = True  # until something else stands there, as in f(a=1)
    for at, part in enumerate(parts[:-1]):
        if part.endswith(":"):
            found.add(_last_word(part[:-1]))
            chain = False
        names = [name.strip(" \t()[]*") for name in part.partition(":")[0].split(",")]
        is_comparison = not parts[at + 1] and at + 2 < len(parts)
        chain = chain and not is_comparison and all(map(str.isidentifier, filter(None, names)))
        if chain:
            found.update(names)
    return found - {""}


def _last_word(text: str) -> str:
    """Return the name that a text ends with, or nothing."""
    text = text.rstrip()
    start = len(text)
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return text[start:]


def grade_id(cell: Mapping[str, Any]) -> str | None:
    """Return nbgrader's name for one of our cells, or None."""
    named = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    return named if isinstance(named, str) else None


def text_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's source as one string; a file may store it as a string or a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def fingerprints(notebook: Notebook) -> set[str]:
    """Return what identifies a notebook's cells: their names, and hashes of their texts."""
    named = {grade_id(cell) or "" for cell in notebook["cells"]}
    return (named | {_fingerprint(text_of(cell)) for cell in notebook["cells"]}) - {""}


def _fingerprint(source: str) -> str:
    return f"text {hashlib.sha256(normal(source).encode()).hexdigest()[:16]}"


def fingerprints_of_others(release: Notebook, others: Mapping[str, Notebook]) -> dict[str, str]:
    """Return the fingerprints of other assignments' cells: fingerprint -> assignment.

    A fingerprint that ours has too, or that two others share, identifies none and is left out.
    """
    found = [(mark, name) for name, notebook in others.items() for mark in fingerprints(notebook)]
    times = Counter(mark for mark, _ in found)
    ours = fingerprints(release)
    return {mark: name for mark, name in found if times[mark] == 1 and mark not in ours}


def _other_assignment(
    handed: list[dict[str, Any]], release: Notebook, others: Mapping[str, str]
) -> str | None:
    """Return the other assignment that a notebook belongs to; None if it belongs to ours.

    A notebook with most of our answers is ours, even if it holds another assignment as well.
    Otherwise the assignment with the most cells decides, as a student may borrow a single cell.
    """
    ours, counts = fingerprints(release), Counter[str]()
    known = {cell["grade_id"] or _fingerprint(cell["source"]) for cell in handed}
    counts.update(others[mark] for mark in known if mark in others)
    if not counts:
        return None
    answers = {grade_id(cell) for cell in release["cells"]} - {None}
    if 2 * len(known & answers) >= len(answers):
        return None
    ((name, number),) = counts.most_common(1)
    return name if number > len(known & ours) else None


def titles(notebook: Notebook) -> dict[str, str]:
    """Return a readable title for each named cell, as in ``1 (b) Derive``.

    It is made of the heading above the cell, ``## 1. Derive: a subtitle (5 points)``, and of the
    last ``**(b)**`` that begins a line below that. Without such a heading, the title is the name.
    """
    found = {}
    number = part = word = ""
    for cell in notebook["cells"]:
        name = grade_id(cell)
        if name is not None:
            title = " ".join(filter(None, (number, part, word)))
            found[name] = title or name
        elif cell["cell_type"] == "markdown":
            for line in text_of(cell).splitlines():
                if line.startswith("#"):
                    first, _, rest = line.lstrip("#").strip().partition(".")
                    number, part = (first, "") if first.isdigit() else ("", "")
                    word = rest.partition(":")[0].partition("(")[0].strip() if number else ""
                elif line.startswith("**(") and line[4:7] == ")**":
                    part = line[2:5]
    return found


def take(
    data: bytes,
    release: Notebook,
    wanted: Sequence[Wanted],
    others: Mapping[str, str] | None = None,
) -> Intake:
    """Return a student's answers on our release notebook.

    Parameters
    ----------
    data : bytes
        The file that was handed in.
    release : dict
        Our release notebook, as JSON; it is not changed.
    wanted : sequence of Wanted
        The answers to look for, each a cell of ``release``.
    others : mapping of str to str, optional
        As `fingerprints_of_others` returns it: answers of another assignment may share their names
        with ours, and must not be graded as ours.

    Raises
    ------
    NotTakenError
        It is no notebook, or holds none of the answers, or is another assignment's.
    """
    handed, notes = read_cells(data)
    if other := _other_assignment(handed, release, others or {}):
        raise NotTakenError(f"this looks like {other}: its cells are of that assignment")
    ours = release["cells"]
    matches = Matches(handed, ours, wanted, notes)
    answers = {want.name: matches.answer(want) for want in wanted}
    if not any(matches.found.values()):
        raise NotTakenError(_none_found(handed, notes))
    notebook = copy.deepcopy(release)
    released = {grade_id(cell): text_of(cell) for cell in ours if grade_id(cell)}
    missing = {
        name
        for name, source in answers.items()
        if source is None or normal(source) == normal(released[name])
    }
    in_other_cells = matches.in_others(missing)
    missing -= in_other_cells
    elsewhere = matches.elsewhere(missing)
    is_cut = any(note.startswith(DAMAGED) for note in notes)
    for absent in sorted(missing):
        if is_cut:
            elsewhere.setdefault(absent, []).append(Found("what was behind the cut", ""))
        elif not matches.found[absent] and not any(
            thing.is_likely for thing in elsewhere.get(absent, ())
        ):
            notes.append(f"{absent}{GONE}")
    after = matches.own_cells()
    runnable = list(after.get(-1, []))
    wanted_names = {want.name for want in wanted}
    for at, cell in enumerate(notebook["cells"]):
        name = grade_id(cell)
        answer = answers.get(name) if name in wanted_names else None
        if answer is not None:
            cell["source"] = answer
        if pictures := matches.pictures(name):
            cell["attachments"] = pictures
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        # Our dots would take the place of an answer that stands elsewhere.
        if cell["cell_type"] == "code" and name not in in_other_cells:
            label = name if name in wanted_names else None
            sources = matches.parts.get(label or "", [text_of(cell)])
            runnable.append({"name": label, "sources": sources})
        runnable += after.get(at, [])
    later = matches.later(runnable)
    cells = [{"name": cell["name"], "sources": cell["sources"]} for cell in runnable]
    return Intake(notebook, cells, frozenset(missing), tuple(notes), elsewhere, later)


def _none_found(handed: list[dict[str, Any]], notes: list[str]) -> str:
    names = sorted({cell["grade_id"] for cell in handed if cell["grade_id"]})
    # A student may have chosen these names, so they are kept short.
    called = f"; its cells are called {', '.join(names)[:100]}" if names else ""
    said = "none of this assignment's answers"
    if any(note.startswith(DAMAGED) for note in notes):
        return f"the{DAMAGED[3:]}; what is left of it has {said}{called}"
    return f"the notebook has {said}{called}"


class Matches:
    """Finds, for each cell of ours, the cell of the submission that corresponds to it.

    ``place`` has where our cells are, by name; ``twin`` the cells that are still as we released
    them, their place -> ours; ``found`` where the cells of an answer are, once `answer` was asked.
    """

    def __init__(
        self,
        handed: list[dict[str, Any]],
        ours: list[dict[str, Any]],
        wanted: Sequence[Wanted],
        notes: list[str],
    ) -> None:
        self.handed, self.ours, self.notes = handed, ours, notes
        self.wanted = {want.name: want for want in wanted}
        self.place = {grade_id(cell): at for at, cell in enumerate(ours) if grade_id(cell)}
        self.by_name: dict[str, list[int]] = {}
        for at, cell in enumerate(handed):
            if cell["grade_id"] in self.wanted:
                self.by_name.setdefault(cell["grade_id"], []).append(at)
        self.our_ids = {cell["id"]: at for at, cell in enumerate(ours) if cell.get("id")}
        self.twin = self._twins()
        kept = set(self.twin.values())
        self.edited = [
            (at, defined(text_of(our)))
            for at, our in enumerate(ours)
            if our["cell_type"] == "code" and at not in kept and grade_id(our) not in self.wanted
        ]
        self.found: dict[str, list[int]] = {}
        self.parts: dict[str, list[str]] = {}

    def _twins(self) -> dict[int, int]:
        """Return the cells that are still as we released them: their place -> ours."""
        texts: dict[tuple[str, str], list[int]] = {}
        for at, cell in enumerate(self.ours):
            texts.setdefault((cell["cell_type"], normal(text_of(cell))), []).append(at)
        twin = {}
        for at, cell in enumerate(self.handed):
            places = texts.get((cell["cell_type"], normal(cell["source"])))
            if places:
                twin[at] = places.pop(0) if len(places) > 1 else places[0]
        return twin

    def answer(self, want: Wanted) -> str | None:
        """Return the text of an answer, or None; then `found` says whether its cell was there."""
        places = self._with_what_follows(want, self.by_name.get(want.name, []))
        stub = normal(text_of(self.ours[self.place[want.name]]))
        sources = self._worked_on(places, stub)
        if not sources:
            others = self._elsewhere(want)
            worked_on = self._worked_on(others, stub)
            if worked_on:
                places, sources = others, worked_on
                self.notes.append(f"{want.name}: its cell had lost its name and was found anyway.")
        if len(sources) > 1:
            self.notes.append(f"{want.name}: {len(sources)} cells were taken together, in order.")
        if not places:
            places = [at for at, our in self.twin.items() if our == self.place[want.name]]
        self.found[want.name] = places
        if not places:
            return None
        parts = sources or [stub]
        text = "\n\n".join(parts)
        if len(text) > LONGEST_ANSWER:
            self.notes.append(f"{want.name}: longer than {LONGEST_ANSWER} characters, not taken.")
            return None
        self.parts[want.name] = parts
        return text

    def in_others(self, missing: Iterable[str]) -> set[str]:
        """Return the missing answers that the student wrote into the cell of another answer."""
        found = set()
        code = [other for other in self.parts if self.wanted[other].answer]
        for name, other in itertools.product(sorted(missing), code):
            answer = self.wanted[name].answer
            stub = normal(text_of(self.ours[self.place[other]]))
            worked_on = [part for part in self.parts[other] if normal(part) != stub]
            if answer and other != name and any(defines(part, answer) for part in worked_on):
                self.notes.append(f"{name}: taken from the cell of {other}.")
                found.add(name)
        return found

    def pictures(self, name: str | None) -> dict[str, dict[str, str]]:
        """Return the pictures in the cells of an answer."""
        found: dict[str, dict[str, str]] = {}
        for at in self.found.get(name or "", []):
            found |= self.handed[at]["pictures"]
        return found

    def _worked_on(self, places: Iterable[int], stub: str) -> list[str]:
        """Return the texts of a cell's copies that differ from ours and from one another."""
        texts = [self.handed[at]["source"] for at in places]
        kept: dict[str, str] = {}
        for text in texts:
            if normal(text) not in ("", stub):
                kept.pop(normal(text), None)
                kept[normal(text)] = text
        return list(kept.values())

    def _with_what_follows(self, want: Wanted, places: list[int]) -> list[int]:
        """Return the places of an answer and of what goes on right below it.

        A derivation may say "see below"; code may have been split within a function, so that the
        next cell begins in the middle.
        """
        found: list[int] = []
        if want.answer is not None:
            for first in places:
                own = itertools.takewhile(self._goes_on, range(first + 1, len(self.handed)))
                found += [first, *own]
            return found
        for first in places:
            own = itertools.takewhile(self._is_own, range(first + 1, len(self.handed)))
            found += [first, *(at for at in own if self.handed[at]["cell_type"] == "markdown")]
        return found

    def _is_own(self, at: int) -> bool:
        """Whether a cell is the student's own: neither one of ours nor another notebook's title."""
        cell = self.handed[at]
        return (
            cell["grade_id"] not in self.place
            and at not in self.twin
            and (cell["id"] is None or cell["id"] not in self.our_ids)
            and not (cell["cell_type"] == "markdown" and cell["source"].startswith("# "))
        )

    def _goes_on(self, at: int) -> bool:
        """Whether a cell of the student's own begins in the middle of something."""
        cell = self.handed[at]
        indented = cell["source"].lstrip("\n")[:1].isspace()
        return self._is_own(at) and cell["cell_type"] == "code" and indented

    def _elsewhere(self, want: Wanted) -> list[int]:
        """Find the cell of an answer by what it defines, else by the cells around it."""
        free = [
            at
            for at, cell in enumerate(self.handed)
            if cell["grade_id"] not in self.wanted and at not in self.twin
        ]
        ours = self.ours[self.place[want.name]]
        if want.answer is not None:
            defining = [
                at
                for at in free
                if self.handed[at]["cell_type"] == "code"
                and defines(self.handed[at]["source"], want.answer)
            ]
            if defining:
                return defining
        same_id = [at for at in free if ours.get("id") and self.handed[at]["id"] == ours["id"]]
        if same_id:
            return same_id
        if want.answer is not None:
            return [
                at
                for at in free
                if self.handed[at]["cell_type"] == "code"
                and may_define(self.handed[at]["source"], want.answer)
            ]
        before, after = self._neighbours(self.place[want.name])
        return [
            at
            for at in free
            if before < at < after and self.handed[at]["cell_type"] == ours["cell_type"]
        ]

    def _neighbours(self, place: int) -> tuple[int, int]:
        """Return where our cells just before and just after a place are in the submission."""
        before = [at for at, our in self.twin.items() if our == place - 1]
        after = [at for at, our in self.twin.items() if our > place]
        return (min(before) if before else len(self.handed), min(after, default=len(self.handed)))

    def elsewhere(self, missing: Collection[str]) -> dict[str, list[Found]]:
        """Return what may be the missing answers: name -> what there is, where there is something.

        First we look around the place of the answer, between its neighbours; for what people
        read, then everywhere.
        """
        wanted = sorted(self.place[name] for name in self.wanted)
        left = self._left_over()
        found: dict[str, list[Found]] = {}
        for name in sorted(missing):
            place, answer = self.place[name], self.wanted[name].answer
            before = max((other for other in wanted if other < place), default=-1)
            behind = min((other for other in wanted if other > place), default=len(self.ours))
            heads = [
                at
                for at in range(before + 1, place + 1)
                if any(line.startswith("#") for line in text_of(self.ours[at]).split("\n"))
                and self.ours[at]["cell_type"] == "markdown"
            ]
            first = max(before, heads[-1] if heads else before)
            near = [thing for at, thing, _ in left if first <= at < behind]
            if answer is None:
                near += self._comments_of(before) + self._comments_of(behind)
                far = [thing for _, thing, is_text in left if is_text]
                near = [thing for thing in near if thing.where != CODE]
                near = near or far or self._texts_of_others(missing)
            else:
                near += [
                    thing
                    for at, thing, _ in left
                    if not first <= at < behind and may_define(thing.text, answer)
                ]
                near += [
                    Found(f"the cell of {other}", "\n\n".join(parts))
                    for other, parts in self.parts.items()
                    if not self.wanted[other].answer and may_define("\n".join(parts), answer)
                ]
            if near:
                found[name] = near
        return found

    def _texts_of_others(self, missing: Collection[str]) -> list[Found]:
        """Return the answers to other questions that people read; one may answer two of them."""
        return [
            Found(f"the cell of {other}", "\n\n".join(parts), self.pictures(other), is_likely=False)
            for other, parts in self.parts.items()
            if self.wanted[other].answer is None and other not in missing
        ]

    def _left_over(self) -> list[tuple[int, Found, bool]]:
        """Return what the student wrote outside of answers.

        Each with our place that it stands at or follows, and whether it may be a text that was
        meant for any place.
        """
        taken = {at for name, places in self.found.items() for at in places if name in self.parts}
        stubs = {normal(text_of(self.ours[self.place[name]])) for name in self.wanted}
        found: list[tuple[int, Found, bool]] = []
        place = -1
        for at, cell in enumerate(self.handed):
            if at in self.twin:
                place = self.twin[at]
            elif cell["grade_id"] in self.place:
                place = self.place[cell["grade_id"]]
            if at in self.twin or at in taken or normal(cell["source"]) in stubs:
                continue
            ours = self._base_of(cell)
            base = "" if ours is None else text_of(self.ours[ours])
            place = place if ours is None else ours
            text = added(cell["source"][:LONGEST_ANSWER], base)
            if not text and not cell["pictures"]:
                continue
            if cell["cell_type"] != "code":
                where = "a cell of the student's own" if ours is None else "the question's own cell"
                is_long = is_text(text) or bool(cell["pictures"])
                found.append((place, Found(where, text, cell["pictures"]), is_long))
                continue
            said = comments(text)
            if said and (is_comment(text) or len(said) >= A_TEXT):
                found.append((place, Found("comments in a cell of code", said), is_comment(text)))
            if not is_comment(text) and not is_setup(text) and (not base or is_comment(base)):
                found.append((place, Found(CODE, text), False))
        return found

    def _base_of(self, cell: dict[str, Any]) -> int | None:
        """Return the place of the cell of ours that a student wrote into, or None."""
        if cell["grade_id"] in self.place:
            return self.place[cell["grade_id"]]
        if cell["id"] in self.our_ids:
            return self.our_ids[cell["id"]]
        if cell["cell_type"] == "code":
            return None
        text, there = normal(cell["source"][:LONGEST_ANSWER]), set(self.twin.values())
        for place, our in enumerate(self.ours):
            own = normal(text_of(our))
            if own and place not in there and our["cell_type"] == "markdown" and own in text:
                return place
        return None

    def _comments_of(self, place: int) -> list[Found]:
        """Return what the comments in an answer's code say, where that is long enough."""
        if not 0 <= place < len(self.ours):
            return []
        name = grade_id(self.ours[place])
        stub = text_of(self.ours[place])
        if name not in self.parts or self.wanted[name].answer is None:
            return []
        said = comments(added("\n".join(self.parts[name]), stub))
        return [Found(f"comments in the cell of {name}", said)] if len(said) >= A_TEXT else []

    def later(self, cells: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Return the answers to which a later cell of the student's own gives another meaning.

        Parameters
        ----------
        cells : sequence of dict
            What is to be run; ``at`` says where a cell of the student's own stands.
        """
        found = {}
        last = {name: max(self.found[name], default=-1) for name in self.parts}
        for number, cell in enumerate(cells):
            if cell["name"] is not None or "at" not in cell:
                continue
            (source,) = cell["sources"]
            names = defined(source)
            for name, parts in self.parts.items():
                is_later = cell["at"] > last[name]
                if self.wanted[name].answer in names and is_later and source not in parts:
                    found[name] = number
        return found

    def own_cells(self) -> dict[int, list[dict[str, Any]]]:
        """Return the student's additional code cells: our place that they follow -> cells to run.

        They hold helper functions and imports, without which honest work would fail. An answer
        that was moved further down is among them, as it may use what is defined in between.
        """
        named = {at: name for name, places in self.found.items() for at in places}
        after: dict[int, list[dict[str, Any]]] = {}
        parts = {name: set(texts) for name, texts in self.parts.items()}
        place = -1
        for at, cell in enumerate(self.handed):
            name = named.get(at)
            ours = self.twin.get(at) if name is None else self.place[name]
            if ours is not None and (name is None or (ours >= place and ours not in after)):
                place = ours
            elif name is not None and cell["source"] not in parts.get(name, ()):
                continue  # a copy of our dots, or text that people read
            elif cell["cell_type"] == "code" and cell["source"].strip():
                own = {"name": name, "sources": [cell["source"][:LONGEST_ANSWER]], "at": at}
                after.setdefault(max(place, self._edited(cell)), []).append(own)
        return after

    def _edited(self, cell: dict[str, Any]) -> int:
        """Return the place of the given cell that a student edited in place, or -1.

        The edited cell runs after ours; otherwise ours would undo the student's change.
        """
        if cell["id"] in self.our_ids:
            return self.our_ids[cell["id"]]
        names = defined(cell["source"]) if self.edited else set()
        return next((at for at, known in self.edited if known & names), -1)
