"""The reading page: people read derivations and experiments by question, and give points.

A small server on this machine shows one answer at a time, beside its question and the rubric, and
keeps each mark on disk before it says so (`classroom.marks`). It is a server and not a file because
a page that was opened from a file may write nothing: marks would wait in the browser until somebody
saves them.

**Who may write.** The address begins with a random word that only this run knows. A request without
it, under another host's name or from another page is refused, so no page that is open in the same
browser, and no other user of the machine, can read answers or write marks.

**What a student wrote** comes as a page of its own in a frame: made inert (`classroom.inert`), with
a content policy that lets nothing run and nothing load, in a sandbox without scripts. The page
around it sets the formulas in it, with the book's KaTeX, by commands of our list alone.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from classroom import gradebook
from classroom.beside import Piece, beside, heading_at, section_of
from classroom.course import Assignment
from classroom.files import ClassroomError
from classroom.grade import records
from classroom.inert import PICTURES, letters, page_text
from classroom.intake import Notebook, NotTakenError, grade_id, read_bytes, text_of, titles
from classroom.marks import (
    FORMGRADER,
    Mark,
    Marks,
    everybodys,
    fingerprint_of,
    opinions,
    with_marks,
)
from classroom.reading import Reader
from classroom.record import BY_HAND, MANUAL, OPEN, Record, Row, is_absent
from classroom.submissions import notebook_path

PAGE = Path(__file__).with_name("page")
KATEX = Path(__file__).parents[1] / "book" / "assets" / "katex"
FILES = {
    "reading.js": (PAGE / "reading.js", "text/javascript"),
    "reading.css": (PAGE / "reading.css", "text/css"),
    "answer.css": (PAGE / "answer.css", "text/css"),
    "katex.min.js": (PAGE / "katex.min.js", "text/javascript"),
    "katex.min.css": (KATEX / "katex.min.css", "text/css"),
}
LARGEST_BODY = 100_000
STEP = 0.5  # of the buttons with points; a person may type others
MOST_BUTTONS = 21

HOME = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# KaTeX places parts of a formula by their style, which its own script sets one by one.
ANSWER = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)


@dataclass(frozen=True)
class Question:
    """What is read, as the page shows it: of our own text."""

    name: str
    title: str
    points: float
    is_code: bool
    before: Markup
    asked: Markup
    rubric: Markup

    def steps(self) -> list[float]:
        """Return the points of the buttons."""
        width = STEP if self.points / STEP < MOST_BUTTONS else 1.0
        number = int(self.points / width)
        return sorted({*(width * k for k in range(number + 1)), self.points})


class BadRequestError(Exception):
    """What was asked for is not there, or is no mark; the message says why."""


class Desk:
    """What one reader has before them: the answers of a class, and everybody's marks.

    Parameters
    ----------
    assignment : Assignment
        Of the course.
    into : Path
        The folder of the class.
    reader : str
        Whose marks are written.

    Raises
    ------
    ClassroomError
        Nothing was graded, or a file is damaged.
    """

    def __init__(self, assignment: Assignment, into: Path, reader: str) -> None:
        self.into, self.assignment = into, assignment.name
        self.marks = Marks(into, assignment.name, reader)
        self.questions = {question.name: question for question in _questions(assignment)}
        self._of_course = assignment
        self._lock = threading.RLock()
        self._reader = Reader()
        self._seen: object = None
        self._records: list[Record] = []

    @property
    def reader(self) -> str:
        """Who reads."""
        return self.marks.reader

    def close(self) -> None:
        """End the process that looks into submissions."""
        self._reader.close()

    def records(self) -> list[Record]:
        """Return everybody's record, read again if `collect` or `grade` ran since."""
        with self._lock:
            seen = [
                path.stat().st_mtime_ns if path.exists() else 0
                for path in (
                    self.into / "grades" / self.assignment / "records",
                    self.into / "collected" / self.assignment / "students.json",
                    self.into / "gradebook.db",
                )
            ]
            if seen != self._seen:
                found = records(self._of_course, self.into)
                self._records = gradebook.read(self.into, self.assignment, found)
                self._seen = seen
            return self._records

    def readers(self) -> dict[str, dict[tuple[str, str], Mark]]:
        """Return everybody's marks, those of other readers as they are on disk now."""
        return everybodys(self.into, self.assignment) | {self.reader: self.marks.now()}

    def overview(self) -> list[dict[str, Any]]:
        """Return for each question how much of it this reader has read."""
        with self._lock:
            readers = self.readers()
            found = []
            for question in self.questions.values():
                states = [state["state"] for state in self.answers(question.name, readers)]
                counts = {kind: states.count(kind) for kind in ("read", "changed", "differs")}
                if states:
                    found.append({"question": question, "of": len(states), **counts})
            return found

    def answers(
        self, name: str, readers: dict[str, dict[tuple[str, str], Mark]] | None = None
    ) -> list[dict[str, Any]]:
        """Return who is to be read on a question, in order, and how far that is."""
        if name not in self.questions:
            raise BadRequestError(f"there is no question {name}")
        readers = self.readers() if readers is None else readers
        found = []
        for record in self.records():
            row = _row_of(record, name)
            given = opinions(record, row, readers)
            if (row["status"] in OPEN and not is_absent(record)) or given:
                state = self._state(record, row, given)
                found.append(
                    {"student": record["student"], "name": record.get("name", ""), "state": state}
                )
        return found

    def _state(self, record: Record, row: Row, given: dict[str, Mark]) -> str:
        own = given.get(self.reader)
        if own is None:
            return "unread"
        if own["answer"] != fingerprint_of(record, row["name"]):
            return "changed"
        (after,) = with_marks([{**record, "exercises": [row]}], {**_only(given)})
        return "differs" if after["exercises"][0]["status"] == MANUAL else "read"

    def record(self, student: str) -> Record:
        """Return a student's record."""
        found = next((one for one in self.records() if one["student"] == student), None)
        if found is None:
            raise BadRequestError(f"there is no student {student}")
        return found

    def state(self, name: str, student: str) -> dict[str, Any]:
        """Return what is to be shown of an answer's marks.

        What others gave is shown once this reader has given points: a second reading that has
        seen the first is none.
        """
        with self._lock:
            record = self.record(student)
            row = _row_of(record, name)
            given = opinions(record, row, self.readers())
            own = self.marks.now().get((student, name))
            others = {reader: mark for reader, mark in given.items() if reader != self.reader}
            return {
                "points": own["points"] if own else None,
                "comment": own["comment"] if own else "",
                "settles": bool(own and own["settles"]),
                "answer": fingerprint_of(record, name),
                "state": self._state(record, row, given),
                "others": [
                    {"reader": who, "points": mark["points"], "comment": mark["comment"]}
                    for who, mark in sorted(others.items())
                    if self.reader in given
                ],
                "hidden": len(others) if self.reader not in given else 0,
            }

    def comments(self, name: str) -> list[str]:
        """Return the comments that this reader gave on a question, the most frequent first."""
        counts: dict[str, int] = {}
        for (_, question), mark in self.marks.now().items():
            text = mark["comment"].strip()
            if question == name and text:
                counts[text] = counts.get(text, 0) + 1
        return sorted(counts, key=lambda text: -counts[text])[:8]

    def give(self, wanted: Any) -> dict[str, Any]:
        """Keep a mark that the page sends, and return the state after it.

        Raises
        ------
        BadRequestError
            It is no mark, or the answer is another one by now.
        ClassroomError
            It could not be written.
        """
        if not isinstance(wanted, dict):
            raise BadRequestError("a mark must be an object")
        name, student = wanted.get("question"), wanted.get("student")
        if not isinstance(name, str) or not isinstance(student, str) or name not in self.questions:
            raise BadRequestError(f"there is no question {name!r}")
        points, comment = wanted.get("points"), wanted.get("comment")
        most = self.questions[name].points
        is_number = isinstance(points, int | float) and not isinstance(points, bool)
        if points is not None and not (is_number and 0 <= points <= most):
            raise BadRequestError(f"points must be a number from 0 to {most:g}, got {points!r}")
        if not isinstance(comment, str):
            raise BadRequestError("comment must be a text")
        with self._lock:
            answer = fingerprint_of(self.record(student), name)
            if wanted.get("answer") != answer:
                raise BadRequestError(
                    "the answer was handed in anew since this page was opened: load it again"
                )
            value = None if points is None else float(points)
            settles = wanted.get("settles") is True
            self.marks.give((student, name), value, comment, answer, settles=settles)
            return self.state(name, student)

    def undo(self) -> dict[str, Any]:
        """Undo this reader's last mark; return which one it was."""
        with self._lock:
            mark = self.marks.undo()
        if mark is None:
            raise BadRequestError("there is nothing to undo")
        return {"question": mark["question"], "student": mark["student"]}

    def differences(self) -> list[dict[str, Any]]:
        """Return the answers on which readers differ, and on which they once did."""
        readers = self.readers()
        found = []
        for record in self.records():
            for row in record["exercises"]:
                given = opinions(record, row, readers)
                if len({mark["points"] for mark in given.values()}) > 1 and self.reader in given:
                    points = {who: mark["points"] for who, mark in sorted(given.items())}
                    open_still = not any(mark["settles"] for mark in given.values())
                    found.append(
                        {"record": record, "question": self.questions[row["name"]]}
                        | {"points": points, "open": open_still}
                    )
        return found

    def shown(self, name: str, student: str) -> dict[str, Any]:
        """Return an answer for its frame: all that a student wrote, inert."""
        if name not in self.questions:
            raise BadRequestError(f"there is no question {name}")
        record = self.record(student)
        row = _row_of(record, name)
        said = "" if row["status"] == MANUAL and "machine" not in row else row["reason"]
        if row["status"] == BY_HAND:
            said = row.get("machine", "")
        pieces: list[Piece] = []
        problem = ""
        if record["notebook"] is not None:
            try:
                data = read_bytes(notebook_path(self.into, self.assignment, student))
                with self._lock:
                    pieces = self._reader.ask(beside, data, self._of_course.sought, name)
            except NotTakenError as error:
                problem = str(error)
        return {
            "answer": Markup(_answer(record, name)),  # noqa: S704 (inert)
            "pieces": [_piece(piece) for piece in pieces],
            "said": said,
            "notes": record["notes"],
            "problem": problem,
        }


def _only(given: dict[str, Mark]) -> dict[str, dict[tuple[str, str], Mark]]:
    return {
        reader: {(mark["student"], mark["question"]): mark}
        for reader, mark in given.items()
        if reader != FORMGRADER
    }


def _row_of(record: Record, name: str) -> Row:
    for row in record["exercises"]:
        if row["name"] == name:
            return row
    raise BadRequestError(f"there is no question {name}")


def _questions(assignment: Assignment) -> list[Question]:
    """Return the questions that people may give points for, in the notebook's order."""
    release = assignment.release
    rubrics = {grade_id(cell): text_of(cell) for cell in assignment.source["cells"]}
    named = titles(release)
    cells: list[dict[str, Any]] = release["cells"]
    found = []
    for want in assignment.sought.wanted:
        place = next(at for at, cell in enumerate(cells) if grade_id(cell) == want.name)
        first, _ = section_of(cells, place)
        texts = [
            (at, _from_heading(cells[at]) if at == first else text_of(cells[at]))
            for at in range(first, place)
            if cells[at]["cell_type"] == "markdown"
        ]
        last = texts.pop()[1] if texts else ""
        before = "\n\n".join(text for _, text in texts)
        rubric = _without_marks(rubrics.get(want.name, ""))
        is_code = want.answer is not None
        found.append(
            Question(
                want.name,
                named[want.name],
                _points(release, want.name),
                is_code,
                _html(before, is_code=False),
                _html(last, is_code=False),
                _html(rubric, is_code=is_code),
            )
        )
    order = list(named)
    return sorted(found, key=lambda question: order.index(question.name))


def _points(release: Notebook, name: str) -> float:
    """Return what an answer is worth: its own cell's points, or those of its check below."""
    cells = [cell for cell in release["cells"] if grade_id(cell)]
    at = next(at for at, cell in enumerate(cells) if grade_id(cell) == name)
    marks = [cell["metadata"]["nbgrader"] for cell in cells[at:]]
    return next(float(mark.get("points", 0)) for mark in marks if mark.get("grade"))


def _from_heading(cell: dict[str, Any]) -> str:
    return "\n".join(text_of(cell).split("\n")[heading_at(cell) or 0 :])


def _without_marks(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(line for line in lines if not line.strip().startswith("### ")).strip()


def _html(text: str, *, is_code: bool) -> Markup:
    """Return a text as HTML that does nothing: of a cell of text, or of a cell of code."""
    # Lines of our own texts end where the file is full, not where a thought ends.
    flowing = "" if is_code else page_text(text).replace("<br>", " ")
    shown = f"<pre><code>{letters(text)}</code></pre>" if is_code else flowing
    return Markup(shown) if text.strip() else Markup()  # noqa: S704 (inert)


def _answer(record: Record, name: str) -> str:
    for cell in (record["notebook"] or {"cells": []})["cells"]:
        if grade_id(cell) == name:
            pictures = cell.get("attachments", {})
            if cell["cell_type"] == "code":
                photos = page_text("", pictures) if pictures else ""
                return f"<pre><code>{letters(text_of(cell))}</code></pre>{photos}"
            return page_text(text_of(cell), pictures)
    return ""


def _piece(piece: Piece) -> dict[str, Any]:
    text = piece.source
    shown = _html(text, is_code=True) if piece.is_code else Markup(page_text(text, piece.pictures))  # noqa: S704
    plots = [
        Markup(f'<img alt="plot" src="data:{kind};base64,{text}">')  # noqa: S704 (checked: base64)
        for kind, text in piece.plots
        if kind in PICTURES
    ]
    return {"is_code": piece.is_code, "shown": shown, "outputs": piece.outputs, "plots": plots}


# --- The server ----------------------------------------------------------------------------------


class Page(ThreadingHTTPServer):
    """Serves a desk on this machine alone.

    Parameters
    ----------
    desk : Desk
        What is read.
    port : int
        0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        self.home = f"/{self.token}"
        self.hosts = {f"{host}:{self.server_port}" for host in ("127.0.0.1", "localhost")}
        self.templates = Environment(
            loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters["number"] = lambda value: f"{value:g}"
        self.templates.filters["path"] = lambda text: quote(text, safe="")

    @property
    def address(self) -> str:
        """Return where the page is; whoever knows it can read and write."""
        return f"http://127.0.0.1:{self.server_port}{self.home}/"


class _Handler(BaseHTTPRequestHandler):
    """Answers the page's requests; every other is refused before anything is looked at."""

    server: Page
    protocol_version = "HTTP/1.1"
    timeout = 60
    server_version, sys_version = "reading", ""

    def do_GET(self) -> None:
        parts = self._asked()
        if parts is None:
            return
        pages: dict[tuple[str, int], Callable[..., None]] = {
            ("", 1): self._overview,
            ("question", 2): self._first,
            ("question", 3): self._question,
            ("answer", 3): self._frame,
            ("differences", 1): self._differences,
            ("files", 2): self._file,
            ("files", 3): self._font,
        }
        show = pages.get((parts[0], len(parts)))
        if show is None:
            self._send(404, "There is no such page.")
        else:
            self._answer_by(lambda: show(*parts[1:]))

    def do_POST(self) -> None:
        parts = self._asked()
        if parts is None:
            return
        # A form of another page can send neither this type nor this origin.
        origins = {f"http://{host}" for host in self.server.hosts}
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if self.headers.get("Origin") not in origins or kind != "application/json":
            self.close_connection = True
            self._send(403, "This request is not from the reading page.")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(413, "The request is too long.")
            return
        body = self.rfile.read(int(length))
        self._answer_by(lambda: self._write(parts, body))

    def _asked(self) -> list[str] | None:
        """Return the parts of the address behind the secret; None once the request is refused."""
        pieces = self.path.partition("?")[0].split("/")
        token, parts = (pieces[1], pieces[2:]) if len(pieces) > 2 else ("", [])
        known = secrets.compare_digest(token.encode(), self.server.token.encode())
        if not known or self.headers.get("Host") not in self.server.hosts:
            self.close_connection = True
            self._send(403, "Open the address that the command printed.")
            return None
        return [unquote(part) for part in parts]

    def _answer_by(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BadRequestError as error:
            said = str(error)
            self._send(400, f"{said[:1].upper()}{said[1:]}.")
        except (ClassroomError, OSError) as error:
            self._send(500, str(error))

    def _write(self, parts: Sequence[str], body: bytes) -> None:
        try:
            wanted = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequestError("the request is no JSON") from None
        desk = self.server.desk
        if list(parts) == ["mark"]:
            self._json(desk.give(wanted))
        elif list(parts) == ["undo"]:
            self._json(desk.undo())
        else:
            raise BadRequestError("nothing can be written there")

    def _overview(self) -> None:
        desk = self.server.desk
        self._page("overview.html", overview=desk.overview(), differences=desk.differences())

    def _differences(self) -> None:
        self._page("differences.html", differences=self.server.desk.differences())

    def _first(self, name: str) -> None:
        """Go to the first answer that this reader has not read."""
        answers = self.server.desk.answers(name)
        if not answers:
            raise BadRequestError(f"nobody has an answer to {name}")
        wanted = next((one for one in answers if one["state"] != "read"), answers[0])
        where = f"{self.server.home}/question/{quote(name, safe='')}"
        self._send(303, "", Location=f"{where}/{quote(wanted['student'], safe='')}")

    def _question(self, name: str, student: str) -> None:
        desk = self.server.desk
        answers = desk.answers(name)
        at = next((at for at, one in enumerate(answers) if one["student"] == student), None)
        if at is None:
            raise BadRequestError(f"{student} has no answer to {name} that is to be read")
        unread = [one for one in answers[at + 1 :] + answers[:at] if one["state"] != "read"]
        self._page(
            "question.html",
            question=desk.questions[name],
            answers=answers,
            at=at,
            one=answers[at],
            before=answers[at - 1] if at else None,
            after=answers[at + 1] if at + 1 < len(answers) else None,
            unread=unread[0] if unread else None,
            record=desk.record(student),
            state=desk.state(name, student),
            comments=desk.comments(name),
        )

    def _frame(self, name: str, student: str) -> None:
        self._page("answer.html", ANSWER, **self.server.desk.shown(name, student))

    def _page(self, template: str, policy: str = HOME, **shown: Any) -> None:
        desk = self.server.desk
        text = self.server.templates.get_template(template).render(
            home=self.server.home, assignment=desk.assignment, reader=desk.reader, **shown
        )
        self._send(200, text, "text/html", policy)

    def _file(self, name: str) -> None:
        path, kind = FILES.get(name, (None, ""))
        if path is None:
            raise BadRequestError(f"there is no file {name}")
        self._send(200, path.read_bytes(), kind)

    def _font(self, folder: str, name: str) -> None:
        known = {path.name: path for path in (KATEX / "fonts").glob("*.woff2")}
        if folder != "fonts" or name not in known:
            raise BadRequestError(f"there is no file {name}")
        self._send(200, known[name].read_bytes(), "font/woff2")

    def _json(self, content: dict[str, Any]) -> None:
        self._send(200, json.dumps(content), "application/json")

    def _send(
        self,
        status: int,
        body: str | bytes,
        kind: str = "text/plain",
        policy: str = "",
        **more: str,
    ) -> None:
        data = body.encode("utf-8", "replace") if isinstance(body, str) else body
        self.send_response(status)
        is_text = kind.startswith("text/") or kind == "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if is_text else kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", policy or "default-src 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Print nothing: the address is a secret."""
