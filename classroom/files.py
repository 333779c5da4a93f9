"""Files that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class ClassroomError(Exception):
    """An error that the teacher can fix; its message, one line, says what is wrong and how."""


def write(path: Path, data: bytes) -> None:
    """Put a file in place in one move; its folder is made, a crash leaves the old file whole.

    Raises
    ------
    ClassroomError
        The disk is full or the folder cannot be written.
    """
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".unfinished")
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
        draft = None
    except OSError as error:
        what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
        raise ClassroomError(
            f"{path} could not be written: {what}. Everything written earlier is complete; "
            f"fix this and run the same command again."
        ) from error
    finally:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Put a JSON file in place in one move; what UTF-8 cannot hold is a question mark there."""
    write(path, writable(json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def writable(text: str) -> str:
    r"""Return a text that any file takes: half of a pair of surrogates is in no encoding.

    >>> writable("a\ud800")
    'a?'
    """
    return text.encode("utf-8", "replace").decode()


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, or None where it is absent or damaged.

    Raises
    ------
    ClassroomError
        It is there and cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return None
    except OSError as error:
        raise ClassroomError(f"{path} could not be read: {error.strerror}") from error
