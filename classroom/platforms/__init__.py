"""Learning platforms, a file for each: what their exports look like, and which tables they take.

Another platform is one more file in this folder, with a `Platform` of its own named ``PLATFORM``.
Nothing else needs to change: `collect` then knows its exports and rosters, `export` has an option
of its name, and `feedback` packs a zip for it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from classroom.files import ClassroomError
from classroom.record import Record
from classroom.tables import Table


@dataclass(frozen=True)
class Upload:
    """What a platform says of a file in its export.

    Parameters
    ----------
    name, identity : str
        Of the student: as the platform shows it, and the platform's number.
    file : str
        As the student called it; "" for a folder of theirs.
    late : bool
        The platform says that it came late.
    number : int
        One that grows from upload to upload, or 0.
    whole : str
        The whole name, where feedback must be sent back under it, or "".
    """

    name: str
    identity: str
    file: str
    late: bool = False
    number: int = 0
    whole: str = ""


class Platform:
    """What these tools need to know of a platform; a subclass says it for one.

    Attributes
    ----------
    name : str
        For options, as in ``--moodle``, and for the zip of feedback.
    title : str
        As its makers write it.
    sheet : str
        Option for the table that the platform gave and takes back, as in ``--worksheet``.
    sheet_title : str
        What the platform calls that table.
    rank : int
        Those with a lower one are asked first whose a file is, for names that fit two platforms.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sheet: ClassVar[str]
    sheet_title: ClassVar[str]
    rank: ClassVar[int] = 10

    def owner(self, top: str) -> Upload | None:
        """Return whose an entry of an export is, by its name at the top; None if not of here."""
        raise NotImplementedError

    def people(self, table: Table) -> list[tuple[str, str]] | None:
        """Return name and number of everybody in a table of the platform's; None if it is none."""
        raise NotImplementedError

    def filled_in(
        self, records: Sequence[Record], sheet: Table | None, title: str
    ) -> tuple[list[list[str]], list[str]]:
        """Return the table that the platform takes, its head first, and what to tell the teacher.

        Parameters
        ----------
        records : sequence of Record
            Everybody's.
        sheet : Table or None
            As the platform exported it, to be filled in.
        title : str
            The assignment's, as the platform shows it.

        Raises
        ------
        ClassroomError
            The sheet is another table, or nobody has a number of this platform's.
        """
        raise NotImplementedError

    def feedback_name(self, record: Record, assignment: str) -> str | None:
        """Return the name in a zip by which the platform knows whose a page is, if there is one."""
        raise NotImplementedError

    def by_identity(self, records: Iterable[Record]) -> dict[str, Record]:
        """Return number -> record, of those that have a number.

        Raises
        ------
        ClassroomError
            Nobody has one.
        """
        found = {record["identity"]: record for record in records if record["identity"]}
        if not any(number.isdigit() for number in found):
            raise ClassroomError(
                f"nobody has a number of {self.title}'s: collect from {self.title}'s own export, "
                f"or with --roster"
            )
        return found


def all_platforms() -> list[Platform]:
    """Return every platform that has a file here, in the order in which they are asked."""
    return list(_found(tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))))


@functools.cache
def _found(names: tuple[str, ...]) -> tuple[Platform, ...]:
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted((module.PLATFORM for module in modules), key=lambda one: one.rank))
