"""What has been graded, on disk: one file per student, whole or absent.

A batch that is interrupted goes on from here: a record counts if it belongs to the same bytes
handed in and to the same questions, else the submission is graded again. So nothing is lost and
nothing is graded twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from classroom.files import ClassroomError, read_json, write_json
from classroom.record import Record

# Letters of a key that tell what was handed in; those that follow tell what was asked.
DIGEST = 64


class Ledger:
    """The records of one assignment of one class.

    Parameters
    ----------
    into : Path
        The class' folder.
    assignment : str
        The assignment's name.
    """

    def __init__(self, into: Path, assignment: str) -> None:
        self.folder = into / "grades" / assignment

    def seed(self) -> int:
        """Return the seed of this class' inputs: drawn once, then read.

        Raises
        ------
        ClassroomError
            The file is damaged: another seed would give other inputs to those who come later.
        """
        path = self.folder / "seed.json"
        if not path.exists():
            write_json(path, {"seed": secrets.randbits(62)})
        content = read_json(path)
        if not isinstance(content, dict) or type(content.get("seed")) is not int:
            raise ClassroomError(
                f"{path} is damaged; remove {self.folder} to grade everything again"
            )
        return int(content["seed"])

    def path(self, student: str) -> Path:
        """Return where a student's record is."""
        return self.folder / "records" / f"{student}.json"

    def record(self, student: str) -> Record | None:
        """Return a student's record; None where there is none or it is damaged."""
        content = read_json(self.path(student))
        whole = isinstance(content, dict) and "exercises" in content
        return cast("Record", content) if whole else None

    def keep(self, record: Record, key: str) -> None:
        """Store a record under the key of what was graded."""
        write_json(self.path(record["student"]), {**record, "key": key})

    def has(self, student: str, key: str) -> bool:
        """Whether exactly this was graded."""
        record = self.record(student)
        return record is not None and record.get("key") == key

    def is_of_another(self, student: str, key: str) -> bool:
        """Whether what was graded is something else than what is there now.

        What was asked may have changed since; that alone makes no score another student's work.
        """
        record = self.record(student)
        # A record that is to be made again has no key.
        then = (record.get("key") if record else "") or key
        return bool(then[:DIGEST] != key[:DIGEST])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second grading of the same assignment out.

        Raises
        ------
        ClassroomError
            One is running.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / "lock").open("w")
        except OSError as error:
            raise ClassroomError(f"{self.folder} cannot be written: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ClassroomError(f"{self.folder} is being graded by another process") from None
            yield


def key_of(data: bytes | str, exam: str) -> str:
    """Return the fingerprint of what was handed in (or why nothing was) and of the questions."""
    if isinstance(data, str):
        data = b"nothing: " + data.encode("utf-8", "replace")
    return hashlib.sha256(data).hexdigest() + exam[:32]
