"""How a table is read: learned from the rows to train on, and used again for all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, shown
from minioptim.datasets.cells import Cells, cells


class Column(NamedTuple):
    """A column of the table that is an input.

    Attributes
    ----------
    name : str
        Its name.
    words : tuple of str
        The words that have an input of 0 and 1 each; empty for a column of numbers or bools.
    """

    name: Any
    words: tuple[str, ...] = ()

    def inputs(self, table: Cells) -> Array:
        """Return the column as inputs, (n, 1) or (n, number of words), NaN in its gaps.

        Raises
        ------
        TypeError, ValueError
            The column is missing, is of another kind, or holds another word.
        """
        parsed = table.parsed(self.name, gaps_alone=True)
        if not self.words:
            if parsed.numbers is None:
                other = next(word for word in parsed.words or () if word is not None)
                raise ValueError(
                    f"column {self.name!r} must hold numbers or bools, as it did in training, got "
                    f"words such as {other!r}"
                )
            return parsed.numbers[:, None]
        found = parsed.words
        if found is None:
            raise ValueError(f"column {self.name!r} must hold words of {list(self.words)}")
        place = {word: i for i, word in enumerate(self.words)}
        inputs = np.zeros((len(found), len(self.words)))
        for row, word in enumerate(found):
            if word is None:
                inputs[row] = np.nan
            elif word in place:
                inputs[row, place[word]] = 1
            else:
                raise ValueError(
                    f"column {self.name!r} must hold words of {list(self.words)}, got {word!r} in "
                    f"{table.place(row)}"
                )
        return inputs


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What `table` did to make inputs of columns; ``data.reading`` of what it returned.

    Parameters
    ----------
    columns : tuple of Column
        The columns that became inputs, in order.
    target : str
        The column to predict.
    classes : tuple
        What each class is called in the table, class 0 first; empty if a number is predicted.
    gaps : "refuse", "drop" or "mean"
        What is done with gaps. New rows cannot be dropped, so that "drop" refuses them there.
    fill : array of shape (p,)
        What stands in the gaps of each input: its mean in the rows to train on.
    shift, scale : arrays of shape (p,)
        An input is the table's number minus ``shift``, divided by ``scale``.
    delimiter, decimal : str
        What stands between the cells of a file's line, and before the decimals of a number.
    """

    columns: tuple[Column, ...]
    target: Any
    classes: tuple[Any, ...]
    gaps: str
    fill: Array
    shift: Array
    scale: Array
    delimiter: str = ","
    decimal: str = "."

    def __repr__(self) -> str:
        what = f"classes {self.classes}" if self.classes else "a number"
        return f"Reading({len(self.names)} inputs, target {self.target!r}: {what})"

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each input; of a word's, ``column=word``."""
        return tuple(
            name
            for column in self.columns
            for name in (
                [f"{column.name}={word}" for word in column.words]
                if column.words
                else [str(column.name)]
            )
        )

    def inputs(self, rows: Any) -> Array:
        """Return new rows as inputs, to predict from: shape (m, p).

        Parameters
        ----------
        rows : str or path, mapping of name to sequence, row or list of rows
            A CSV file or columns, as for `table`, or a row, ``{"cm": 2.0}``, or a list of rows;
            other columns than the inputs' are ignored.

        Raises
        ------
        TypeError, ValueError
            A column is missing or of another kind, or holds a word that was not in the table, or a
            gap unless ``gaps`` is "mean".

        Examples
        --------
        >>> from minioptim.datasets import table
        >>> data = table({"cm": [1.0, 3.0], "kind": ["a", "b"]}, target="kind", scale=True)
        >>> data.reading.inputs({"cm": [2.0, 5.0]})
        array([[0.],
               [3.]])
        >>> data.reading.inputs({"cm": 2.0})
        array([[0.]])
        """
        table = cells(rows, self.delimiter, self.decimal)
        raw = raw_inputs(table, self.columns)
        if self.gaps != "mean" and np.isnan(raw).any():
            row, column = (int(i) for i in np.argwhere(np.isnan(raw))[0])
            raise ValueError(
                f"there is a gap at {self.names[column]!r} in {table.place(row)}: leave the row "
                "out, or read the table to train on with gaps='mean'"
            )
        return self.made(raw)

    def named(self, labels: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return what labels are called in the table: an array of the same shape.

        Parameters
        ----------
        labels : array-like of int
            Such as a model's ``predict`` returns, of one run or of a batch.

        Raises
        ------
        ValueError
            A number is predicted, not a class, or there is no such class.

        Examples
        --------
        >>> from minioptim.datasets import table
        >>> data = table({"cm": [1.0, 3.0], "kind": ["a", "b"]}, target="kind")
        >>> data.reading.named([[0, 1], [1, 1]]).tolist()
        [['a', 'b'], ['b', 'b']]
        """
        labels = np.asarray(labels)
        k = len(self.classes)
        if not k:
            raise ValueError(f"there are no classes: the target {self.target!r} is a number")
        if labels.dtype.kind not in "iu" or ((labels < 0) | (labels >= k)).any():
            raise ValueError(f"labels must be whole numbers from 0 to {k - 1}, got {shown(labels)}")
        return np.asarray(np.array(self.classes)[labels])

    def made(self, raw: Array) -> Array:
        """Return inputs from a table's numbers, (m, p): gaps filled, shifted and scaled."""
        return np.asarray((np.where(np.isnan(raw), self.fill, raw) - self.shift) / self.scale)

    def answers(self, table: Cells) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Return the labels or the targets of a table, and which of them are gaps.

        Raises
        ------
        TypeError, ValueError
            The column is missing or of another kind, or holds a class that is not known.
        """
        parsed = table.parsed(self.target)
        if parsed.words is not None:
            gaps = np.array([word is None for word in parsed.words])
            found: list[Any] = list(parsed.words)
        else:
            values = np.asarray(parsed.numbers)
            gaps = np.isnan(values)
            found = values.tolist()
        if not self.classes:
            if parsed.numbers is None:
                raise ValueError(f"column {self.target!r} must hold numbers, got words")
            return parsed.numbers, gaps
        place = {name: i for i, name in enumerate(self.classes)}
        labels = np.zeros(len(found), dtype=np.int64)
        for row in np.flatnonzero(~gaps):
            if found[row] not in place:
                raise ValueError(
                    f"column {self.target!r} must hold classes of {list(self.classes)}, got "
                    f"{found[row]!r} in {table.place(int(row))}"
                )
            labels[row] = place[found[row]]
        return labels, gaps


def raw_inputs(table: Cells, columns: tuple[Column, ...]) -> Array:
    """Return the numbers of columns, shape (n, p), before gaps are filled.

    Raises
    ------
    TypeError, ValueError
        As for `Column.inputs`.

    Examples
    --------
    >>> raw_inputs(cells({"size": [1.5, None]}), (Column("size"),))
    array([[1.5],
           [nan]])
    """
    return np.concatenate([column.inputs(table) for column in columns], axis=1)
