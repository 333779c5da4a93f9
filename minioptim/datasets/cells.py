"""The cells of a table, from a CSV file or from columns, as numbers or as words."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minioptim._arguments import Array

Column: TypeAlias = Any  # a list, or an array of numbers

# What stands for "not known" in a cell of text, as R, pandas and spreadsheets write it.
GAPS = {"", "NA", "N/A", "NaN", "nan", "null", "NULL"}
BOOLS = {"true": True, "false": False}
# Words that are meant as something else: 1,5 or 1.234,5 or 1,000; 2024-01-31 or 31.1.2024 12:30.
WITH_COMMA = re.compile(r"[+-]?\d[\d.]*(,\d+)+")
DATE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([./])\d{1,2}\2\d{2,4})([ T].*)?")


class Parsed(NamedTuple):
    """A column as numbers, NaN in its gaps, or as words, None in its gaps.

    Attributes
    ----------
    numbers : array of shape (n,) or None
        None if these are words.
    words : list of str or None, or None
        None if these are numbers.
    bools : bool
        Whether the numbers are True and False, as 1 and 0.
    """

    numbers: Array | None
    words: list[str | None] | None
    bools: bool


@dataclass(frozen=True)
class Cells:
    """A table's columns before they are understood.

    Parameters
    ----------
    columns : mapping of name to list or array
        The cells of each column.
    lines : list of int or None
        The line of the file in which each row ends; None if this is no file, and then a text
        never stands for a number.
    decimal : "." or ","
        What stands before the decimals of a number in a file.
    """

    columns: Mapping[Any, Column]
    lines: list[int] | None
    decimal: str = "."

    def place(self, row: int) -> str:
        """Return where a row is, for a message: a line of the file, or a row counted from 0."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    def column(self, name: Any) -> Column:
        """Return the cells of a column.

        Raises
        ------
        ValueError
            There is no such column.
        """
        if name not in self.columns:
            raise ValueError(f"there is no column {name!r}; the columns are {list(self.columns)}")
        return self.columns[name]

    def parsed(self, name: Any, *, gaps_alone: bool = False) -> Parsed:
        """Return a column as numbers or as words.

        Where ``gaps_alone``, a column may hold nothing else, as new rows do, and is both then.

        Raises
        ------
        TypeError, ValueError
            There is no such column, or a cell is neither a number, a word, a bool nor a gap, or is
            infinite, or there are numbers beside words, or gaps alone.
        """
        cells = self.column(name)
        if gaps_alone and all(
            self._cell(name, row, cell) is None for row, cell in enumerate(cells)
        ):
            return Parsed(np.full(len(cells), math.nan), [None] * len(cells), False)
        kind = getattr(getattr(cells, "dtype", None), "kind", None)
        if kind in ("i", "u", "f", "b") and isinstance(cells, np.ndarray):
            return self._checked(name, cells.astype(np.float64), None, kind == "b")
        found = [self._cell(name, row, cell) for row, cell in enumerate(cells)]
        words = next((row for row, cell in enumerate(found) if isinstance(cell, str)), None)
        known = [cell for cell in found if cell is not None]
        bools = bool(known) and all(isinstance(cell, bool) for cell in known)
        if words is None:
            values = np.array([math.nan if cell is None else float(cell) for cell in found])
            return self._checked(name, values, None, bools)
        if not all(isinstance(cell, str) for cell in known):
            meant = self.meant(name, [str(found[words])])
            raise ValueError(
                f"column {name!r} holds numbers beside the word {found[words]!r} in "
                f"{self.place(words)}: make it one or the other, or leave_out=[{name!r}]; "
                "if the word means a gap, leave the cell empty (NA, NaN and null are gaps too)"
                f"{meant and f'. Column {meant}'}"
            )
        return self._checked(name, None, [cell if cell is None else str(cell) for cell in found])

    def meant(self, name: Any, words: Iterable[str]) -> str:
        """Return what all words of a column seem to be meant as, and what to do; else nothing."""
        words = list(words)
        if words and all(WITH_COMMA.fullmatch(word) for word in words):
            way = "decimal=',' reads them, if it stands before the decimals"
            if self.lines is None:
                way = "a text stands for no number here; float(cell.replace(',', '.')) makes one"
            return f"{name!r} looks like numbers with a comma, such as {words[0]!r}: {way}"
        if words and all(DATE.fullmatch(word) for word in words):
            return (
                f"{name!r} looks like dates, such as {words[0]!r}: make a number of them, such as "
                f"days since the first, or leave_out=[{name!r}]"
            )
        return ""

    def _number(self, text: str) -> float:
        """Return the number that a file's text stands for, or raise a ValueError."""
        if self.decimal == ",":
            if "." in text:
                raise ValueError(text)
            text = text.replace(",", ".", 1)
        return float(text)

    def _cell(self, name: Any, row: int, cell: Any) -> float | bool | str | None:
        """Return a cell as a number, a bool or a word, or as None if it is a gap."""
        if isinstance(cell, str):
            text = cell.strip()
            if text in GAPS:
                return None
            if self.lines is None:
                return str(text)
            # Python reads 1_000 as a number; a table that holds it means a word.
            if text.lower() in BOOLS:
                return BOOLS[text.lower()]
            try:
                return str(text) if "_" in text else self._number(text)
            except ValueError:
                return str(text)
        if isinstance(cell, (bool, np.bool_)):
            return bool(cell)
        if isinstance(cell, (Real, np.number)) and not isinstance(cell, np.complexfloating):
            return None if math.isnan(cell) else float(cell)
        # pandas.NA is neither true nor false, and pandas.NaT is not itself.
        if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
            return None
        raise TypeError(
            f"column {name!r} must hold numbers, words or bools, got {cell!r} in "
            f"{self.place(row)}: rewrite it, or leave_out=[{name!r}]"
        )

    def _checked(
        self, name: Any, values: Array | None, words: list[str | None] | None, bools: bool = False
    ) -> Parsed:
        gaps = np.isnan(values).all() if values is not None else not any(words or ())
        if gaps:
            raise ValueError(f"column {name!r} holds nothing but gaps: leave_out=[{name!r}]")
        if values is not None and np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise ValueError(
                f"column {name!r} must be finite, got {values[row]} in {self.place(row)}"
            )
        return Parsed(values, words, bools)


def cells(source: Any, delimiter: str = ",", decimal: str = ".") -> Cells:
    """Return the cells of a CSV file, of columns or of rows.

    Parameters
    ----------
    source : str or path, or mapping of name to sequence, or mappings of name to cell
        A file's path; or columns such as a dict, a pandas or polars data frame, or a structured
        array of NumPy's; or a row, ``{"size": 1.5}``, or a list of rows.
    delimiter : str
        What stands between the cells of a file's line.
    decimal : "." or ","
        What stands before the decimals of a number in a file.

    Raises
    ------
    TypeError, ValueError
        These are no columns, they differ in length or there are none, or the file is no such
        table.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> cells({"size": [1.5, None], "kind": ["a", "b"]}).parsed("size").numbers
    array([1.5, nan])
    """
    if isinstance(source, (str, os.PathLike)):
        return _of_file(Path(source), delimiter, decimal)
    source = _of_rows(source)
    names = _names(source)
    columns = {name: _listed(name, source[name]) for name in names}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns must be equally long, got {lengths} cells")
    if not columns or not max(lengths.values()):
        raise ValueError("columns must hold at least one row, got none")
    return Cells(columns, None)


def _of_rows(source: Any) -> Any:
    """Return a row, or a list of rows, as columns; anything else as it is."""
    if isinstance(source, Mapping) and source and all(map(_is_cell, source.values())):
        source = [source]
    rows = source if isinstance(source, (list, tuple)) else ()
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        return source
    names = list(rows[0])
    for place, row in enumerate(rows):
        if set(row) != set(names):
            raise ValueError(f"row {place} must have the columns {names}, got {list(row)}")
    return {name: [row[name] for row in rows] for name in names}


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, (str, Real, np.generic))


def _names(source: Any) -> list[Any]:
    """Return the names of what has named columns."""
    dtype = getattr(source, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.names:
        return list(dtype.names)
    if callable(getattr(source, "keys", None)):
        names = list(source.keys())
    elif hasattr(source, "columns"):
        names = list(source.columns)
    else:
        raise TypeError(
            "columns must be a CSV file's path, or a mapping of name to cells such as a dict or a "
            f"pandas data frame, or a list of rows that are dicts, got {type(source).__name__}"
        )
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise ValueError(f"columns must differ in name, got {twice} more than once")
    return names


def _listed(name: Any, column: Any) -> Column:
    if isinstance(column, (str, bytes)) or not hasattr(column, "__iter__"):
        raise TypeError(f"column {name!r} must be a list of cells, got {column!r}")
    # NumPy's own numbers need no look at each cell; those of a data frame come as such, too.
    if isinstance(getattr(column, "dtype", None), np.dtype) and column.dtype.kind in "iufb":
        column = np.asarray(column)
    listed: Column = column if isinstance(column, np.ndarray) else list(column)
    if isinstance(listed, np.ndarray) and listed.ndim != 1:
        raise ValueError(f"column {name!r} must have shape (n,), got {listed.shape}")
    return listed


def _of_file(path: Path, delimiter: str, decimal: str) -> Cells:
    """Read a CSV file, whose first line names the columns."""
    if decimal not in (".", ","):
        raise ValueError(f"decimal must be '.' or ',', got {decimal!r}")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ValueError(f"delimiter must be one character, got {delimiter!r}")
    rows, lines = [], []
    try:
        # The mark with which some programs begin a file is no part of the first name.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(reader.line_num)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} must be UTF-8: save it so, or read it yourself and pass the columns"
        ) from error
    except csv.Error as error:
        raise ValueError(f"{path} is no CSV file: {error}, near line {len(rows) + 1}") from error
    if len(rows) < 2:
        raise ValueError(f"{path} must hold a line of names and at least one row")
    names = [name.strip() for name in rows[0]]
    other = next((mark for mark in ";\t|" if mark in rows[0][0]), None)
    if len(names) == 1 and other is not None:
        raise ValueError(f"{path} has one column, {names[0]!r}: is it delimiter={other!r}?")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{path} must name each column differently, got {twice} more than once")
    if all(_is_number(name) for name in names):
        raise ValueError(f"the first line of {path} must name the columns, got {names}")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            raise ValueError(
                f"line {line} of {path} has {len(row)} cells where the first has {len(names)}"
            )
    columns = {name: [row[j] for row in rows[1:]] for j, name in enumerate(names)}
    return Cells(columns, lines[1:], decimal)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
