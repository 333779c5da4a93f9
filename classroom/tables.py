"""Tables as platforms, spreadsheets and teachers write them, and as they read ours."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classroom.files import ClassroomError, write


@dataclass(frozen=True)
class Table:
    """A table with a head.

    Parameters
    ----------
    path : Path
        Where it was read.
    columns : list of str
        Their names.
    rows : list of dict
        Column -> text.
    """

    path: Path
    columns: list[str]
    rows: list[dict[str, str]]


def read_table(path: Path) -> Table:
    """Return a CSV, with commas, semicolons or tabs, in UTF-8 or Latin-1.

    Raises
    ------
    ClassroomError
        It cannot be read, or has no rows.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClassroomError(f"{path} could not be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
        columns = list(reader.fieldnames or [])
    except csv.Error as error:
        raise ClassroomError(f"{path} is no table: {error}") from error
    if not rows:
        raise ClassroomError(f"{path} has no rows; expected a CSV with one row per student")
    return Table(path, columns, rows)


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV that no spreadsheet takes for formulas.

    Raises
    ------
    ClassroomError
        The file cannot be written.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    if path.is_dir():
        raise ClassroomError(f"{path} is a folder; expected the name of a file")
    write(path, text.getvalue().encode("utf-8", "replace"))


def number(value: float | None) -> str:
    """Return a number as tables have it; "" for none.

    >>> number(2.50), number(None)
    ('2.5', '')
    """
    return "" if value is None else f"{value:.10g}"


def _cell(value: str) -> str:
    """Return a text that no spreadsheet reads as a formula, as students choose some texts."""
    text = str(value)
    is_formula = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text)
    return f"'{text}" if is_formula else text


def _is_number(text: str) -> bool:
    """Whether a text is a number as tables have them, or the dash of none."""
    digits, e, exponent = text.removeprefix("-").removeprefix("+").partition("e")
    fine = bool(digits) and set(digits) <= set("0123456789.,")
    return text == "-" or (fine and (not e or exponent.lstrip("+-").isdecimal()))
