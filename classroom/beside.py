"""What stands beside an answer in the notebook as it was handed in: tables, plots, own cells.

The record has the texts of answers alone. A reader of an experiment wants to see what came of it,
so we look once more into the submission: at the section of the answer, for what the student added
there, and for what its cells printed and drew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from classroom.files import writable
from classroom.inert import BASE64, PICTURES
from classroom.intake import LARGEST_PICTURE, Matches, Sought, grade_id, read_cells, text_of

LONGEST_OUTPUT = 10_000
LONGEST_SOURCE = 20_000
# A notebook that shows more has something else in mind.
MOST_PIECES = 60
MOST_PICTURES = 20


@dataclass(frozen=True)
class Piece:
    """A cell of a student's, as text and pictures.

    Parameters
    ----------
    is_code : bool
        It is a cell of code, else of text.
    source : str
        What the student wrote; "" for a cell that is as we released it.
    pictures : dict
        The pictures in it: name -> kind -> base64.
    outputs : tuple of str
        What it printed.
    plots : tuple of (kind, base64)
        What it drew.
    """

    is_code: bool
    source: str
    pictures: dict[str, dict[str, str]] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    plots: tuple[tuple[str, str], ...] = ()


def beside(data: bytes, sought: Sought, name: str) -> list[Piece]:
    """Return what a student has in the section of an answer, besides the answer itself.

    Parameters
    ----------
    data : bytes
        The file that was handed in.
    sought : Sought
        Our release notebook and its answers.
    name : str
        The answer's.

    Raises
    ------
    NotTakenError
        The file contains no readable cell.
    """
    handed, _ = read_cells(data)
    ours = sought.release["cells"]
    matches = Matches(handed, ours, sought.wanted, [])
    for want in sought.wanted:
        matches.answer(want)
    first, behind = section_of(ours, matches.place[name])
    shown = set(matches.found[name])
    texts = {at for want in sought.wanted if want.answer is None for at in matches.found[want.name]}
    found: list[Piece] = []
    place, left = -1, MOST_PICTURES
    for at, cell in enumerate(handed):
        is_ours = at in matches.twin
        if is_ours:
            place = matches.twin[at]
        elif cell["grade_id"] in matches.place:
            place = matches.place[cell["grade_id"]]
        if (
            not first <= place < behind
            or at in shown
            or at in texts
            or _is_check(ours[place], cell)
        ):
            continue
        is_code = cell["cell_type"] == "code"
        outputs, plots = _outputs(cell["outputs"]) if is_code else ((), ())
        source = "" if is_ours else cell["source"][:LONGEST_SOURCE]
        if source.strip() or cell["pictures"] or outputs or plots:
            pictures = dict(list(cell["pictures"].items())[:left]) if not is_ours else {}
            left -= len(pictures)
            found.append(Piece(is_code, source, pictures, outputs, plots[:left]))
            left -= len(found[-1].plots)
        if len(found) == MOST_PIECES:
            break
    return found


def section_of(ours: list[dict[str, Any]], place: int) -> tuple[int, int]:
    """Return where the section of a cell begins, and the place behind its end."""
    heads = [at for at, cell in enumerate(ours) if heading_at(cell) is not None]
    first = max((at for at in heads if at <= place), default=0)
    return first, min((at for at in heads if at > place), default=len(ours))


def heading_at(cell: Mapping[str, Any]) -> int | None:
    """Return in which line of a cell of text a section begins, or None."""
    if cell["cell_type"] != "markdown":
        return None
    lines = text_of(cell).split("\n")
    return next((at for at, line in enumerate(lines) if line.startswith("## ")), None)


def _is_check(ours: dict[str, Any], cell: dict[str, Any]) -> bool:
    """Whether a cell is our check of an answer, whose output says nothing that we do not know."""
    marks = ours.get("metadata", {}).get("nbgrader", {})
    is_check = marks.get("grade") and not marks.get("solution")
    return bool(is_check) and cell["grade_id"] == grade_id(ours)


def _outputs(raw: Any) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    texts, plots = [], []
    for output in raw if isinstance(raw, list) else ():
        if isinstance(output, dict):
            if picture := next(_pictures_of(output), None):
                plots.append(picture)
            elif text := _text_of(output):
                texts.append(text)
    return tuple(texts[:MOST_PIECES]), tuple(plots)


def _pictures_of(output: dict[str, Any]) -> Iterator[tuple[str, str]]:
    # Format 3 has no "data", and the names of kinds without "image/".
    data = output.get("data")
    kinds = data if isinstance(data, dict) else output
    for kind in PICTURES:
        value = kinds.get(kind, kinds.get(kind.removeprefix("image/")))
        text = "".join(_joined(value).split())
        if text and len(text) <= LARGEST_PICTURE and BASE64.issuperset(text):
            yield kind, text


def _text_of(output: dict[str, Any]) -> str:
    data = output.get("data")
    kinds = data if isinstance(data, dict) else {}
    if "ename" in output:
        text = f"{_joined(output['ename'])}: {_joined(output.get('evalue'))}"
    else:
        text = _joined(kinds.get("text/plain", output.get("text")))
    # Matplotlib's objects, which stand beside their picture.
    is_object = text.startswith(("<Figure", "<matplotlib", "[<matplotlib", "Text("))
    return "" if is_object else writable(text[:LONGEST_OUTPUT]).rstrip()


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
