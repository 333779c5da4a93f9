"""Published files of data: found on this machine, or downloaded, and known by their hash."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from minioptim.datasets.base import needed

FOLDER = "MINIOPTIM_DATA"
"""The environment variable that names a folder of data, in place of the user's cache folder."""
GZIP = b"\x1f\x8b"  # how each packed file begins


@dataclass(frozen=True)
class Source:
    """A published file, and the hash that identifies it.

    Attributes
    ----------
    name : str
        The file's name. A folder may hold a file ``name.gz`` unpacked, as ``name``.
    url : str
        Where anybody can download it.
    sha256 : str
        The SHA-256 of its content, unpacked if the name ends in ``.gz``: those who pack it anew
        change the bytes of the ``.gz``, but not what is in it.
    package : str
        The package of a registry that carries it, to be named in advice; "" if there is none.
    installed : str
        The folder where that package puts it: an absolute path, or one in a Python package,
        whose name comes first; "" if there is none.
    """

    name: str
    url: str
    sha256: str
    package: str = ""
    installed: str = ""


def content(source: Source, path: str | os.PathLike[str] | None) -> bytes:
    """Return what a file holds, unpacked, once its hash is right.

    It is looked for in ``path``, or else in the folder that the environment variable
    ``MINIOPTIM_DATA`` names; then where the package that carries it is installed; and if no folder
    was named, in the user's cache folder. Where it is in none of them it is downloaded into the
    folder: to a temporary name, so that a file of its own name is always whole.

    Raises
    ------
    ConnectionError
        The file could not be downloaded.
    ValueError
        A file of this name, or the download, is another one. It is neither opened nor changed.
    ImportError
        pooch, which downloads, is not installed.
    TypeError, NotADirectoryError
        ``path`` is not a path, or that of a file of another name.

    Examples
    --------
    >>> source = Source("no.npz", "https://example.org/no.npz", sha256="00")
    >>> content(source, path=3)
    Traceback (most recent call last):
        ...
    TypeError: path must be the path of a file or folder, got 3
    """
    named = os.environ.get(FOLDER)
    folder = None
    if path is not None:
        folder = _folder(source, "path", path)
    elif named:
        folder = _folder(source, FOLDER, named)
    if folder is not None and (found := _lying(source, folder)) is not None:
        return found
    if (found := _installed(source)) is not None:
        return found
    if folder is None:
        folder = Path(_pooch(source).os_cache("minioptim"))
        if (found := _lying(source, folder)) is not None:
            return found
    return _downloaded(source, folder)


def _folder(source: Source, name: str, value: str | os.PathLike[str]) -> Path:
    """Return the folder that an argument or a variable names, itself or by the file in it."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name} must be the path of a file or folder, got {value!r}")
    given = Path(value).expanduser()
    if given in _names(source, given.parent) and not given.is_dir():
        return given.parent
    if given.exists() and not given.is_dir():
        raise NotADirectoryError(
            f"{name} must be a folder or a file named {source.name}, got the file {str(given)!r}"
        )
    return given


def _lying(source: Source, folder: Path) -> bytes | None:
    """Return what the file in a folder holds; None if there is none."""
    for file in _names(source, folder):
        if file.exists():
            return _checked(
                source,
                file.read_bytes(),
                repr(str(file)),
                f"Delete {str(file)!r} or move it away, and the next call downloads {source.name} "
                f"from {source.url}.",
            )
    return None


def _names(source: Source, folder: Path) -> Iterator[Path]:
    """Yield what the file may be called."""
    yield folder / source.name
    if _packed(source):
        yield folder / source.name.removesuffix(".gz")


def _installed(source: Source) -> bytes | None:
    """Return what the file of a package holds, if it is installed and has the content."""
    if not source.installed:
        return None
    folder = Path(source.installed)
    if not folder.is_absolute():
        package, *inside = folder.parts
        found = importlib.util.find_spec(package)  # without importing it
        if found is None or found.origin is None:
            return None
        folder = Path(found.origin).parent.joinpath(*inside)
    try:
        return _lying(source, folder)
    except ValueError:  # another release of the package has another file; ours can be downloaded
        return None


def _checked(source: Source, read: bytes, shown: str, advice: str) -> bytes:
    """Return what was read, unpacked, or say that it is another file, and what to do."""
    try:
        unpacked = gzip.decompress(read) if read[:2] == GZIP and _packed(source) else read
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{shown} is not {source.name}, or only a part of it: it cannot be unpacked "
            f"({error}). {advice}"
        ) from error
    sha256 = hashlib.sha256(unpacked).hexdigest()
    if sha256 != source.sha256:
        raise ValueError(
            f"{shown} is not {source.name}, or only a part of it: its SHA-256 is {sha256} "
            f"and must be {source.sha256}. {advice}"
        )
    return unpacked


def _packed(source: Source) -> bool:
    return source.name.endswith(".gz")


def _downloaded(source: Source, folder: Path) -> bytes:
    """Download a file into the folder, whole or not at all, and return its content."""
    pooch = _pooch(source)
    by_hand = (
        f"Try again later, or download {source.url} by hand and put it into {str(folder)!r}"
        + (f", or install {source.package}, which carries it" if source.package else "")
        + "."
    )
    there = next(above for above in (folder, *folder.parents) if above.exists())
    with tempfile.TemporaryDirectory(prefix=".download-", dir=there) as drafts:
        draft = Path(drafts) / source.name
        try:
            pooch.HTTPDownloader()(source.url, str(draft), None)
        except needed("requests").RequestException as error:  # pooch downloads with requests
            raise ConnectionError(
                f"could not download {source.name}: {_reason(error)}. {by_hand}"
            ) from error
        unpacked = _checked(source, draft.read_bytes(), "the download", by_hand)
        folder.mkdir(parents=True, exist_ok=True)
        draft.replace(folder / source.name)
    return unpacked


def _reason(error: Any) -> str:
    """Say in a few words why a download failed; requests tells the whole story of its layers."""
    exceptions = needed("requests.exceptions")
    host = urlsplit(error.request.url).hostname if error.request is not None else "the server"
    if isinstance(error, exceptions.Timeout):
        return f"{host} does not answer"
    if isinstance(error, exceptions.ConnectionError):
        return f"there is no connection to {host}"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off"
    return str(error)


def _pooch(source: Source) -> Any:
    try:
        return needed("pooch")
    except ImportError as error:
        carried = f", install {source.package}, which carries it" if source.package else ""
        raise ImportError(
            f"to download {source.name}, {error}; or name the folder that holds it with path= or "
            f"the environment variable {FOLDER}{carried}"
        ) from error
