"""Have the text of a loop compiled by Numba, and keep it on disk for the next process.

A text is written once, as a module of its own, to a folder: that of `FOLDER` in the environment, or
the user's cache folder, or a temporary one where neither can be written to. Numba keeps the machine
code beside it.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

from minioptim.engines.compiled.text import run_text, step_text

FOLDER = "MINIOPTIM_CACHE"
"""The environment variable that names the folder for compiled loops."""

# Arithmetic as NumPy's: a division by 0 is no error, and nothing is rounded elsewhere. The lock of
# the interpreter is given up, so that threads share the work.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "cache": True}

HEAD = "# Written by minioptim from the source of {}; it is written anew if it is changed.\n"

Loop = Callable[..., None]


@functools.lru_cache(maxsize=256)
def stepper(rule: type[Any], number: str) -> tuple[Loop, Loop | None]:
    """Return the compiled ``advance`` and ``look`` of a rule, as `text.step_text` says.

    Parameters
    ----------
    rule : subclass of Rule
    number : "float32" or "float64"

    Raises
    ------
    ImportError
        Numba is not installed.
    TranslationError
        The rule lies outside the language.

    Examples
    --------
    >>> import numpy as np
    >>> from minioptim.rules import GradientDescent
    >>> advance, look = stepper(GradientDescent, "float64")
    >>> x = np.array([2.0])
    >>> advance(1.0, 0.0, 0.5, np.array([3.0]), x)
    >>> x
    array([0.5])
    """
    jit = _jit()
    module = _module(HEAD.format(rule.__name__) + step_text(rule, number))
    # Compiled now, not at the first step; and once, for gradients that may be written to or not.
    from numba import types

    real = types.float64
    written = types.Array(getattr(types, number), 1, "C")
    read = types.Array(getattr(types, number), 1, "C", readonly=True)
    values, states = len(fields(rule)), [written] * len(rule.state)
    advance = jit([(*[real] * (2 + values), read, written, *states)])(module.advance)
    if not hasattr(module, "look"):
        return advance, None
    return advance, jit([(*[real] * values, written, *states, written)])(module.look)


@functools.lru_cache(maxsize=256)
def runner(rule: type[Any], surface: type[Any], varied: frozenset[str] | None) -> Loop:
    """Return the compiled ``run`` of a rule on a surface, as `text.run_text` says.

    Parameters
    ----------
    rule : subclass of Rule
    surface : subclass of Surface
    varied : set of str, or None
        The hyper-parameters that differ between runs; None for a single run.

    Raises
    ------
    ImportError
        Numba is not installed.
    TranslationError
        The rule or the surface lies outside the language.

    Examples
    --------
    >>> from minioptim.problems import Ravine
    >>> from minioptim.rules import GradientDescent
    >>> runner(GradientDescent, Ravine, None).__name__
    'run'
    """
    jit = _jit()
    text = run_text(rule, surface, varied)
    head = HEAD.format(f"{rule.__name__} and {surface.__name__}")
    return jit()(_module(head + text).run)


def _jit() -> Callable[..., Callable[[Any], Loop]]:
    """Return Numba's decorator, which takes the signatures to compile at once, if any."""
    try:
        from numba import njit
    except ImportError as error:
        raise ImportError(
            'engine="compiled" needs Numba: python -m pip install "minioptim[fast]"; '
            'engine="arrays" computes the same without it'
        ) from error
    return functools.partial(njit, **OPTIONS)


def _module(text: str) -> ModuleType:
    """Return the module with this text, from its file, which is written if it is not there."""
    name = f"minioptim_loop_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    file = _folder() / f"{name}.py"
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        # In one move, so that another process finds the whole file or none.
        handle, draft = tempfile.mkstemp(dir=file.parent, suffix=".draft")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(draft).replace(file)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:  # never for a .py file
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Numba names compiled functions by their module, which a pickle of one looks up.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    """Return the folder for compiled loops; it exists, and can be written to."""
    chosen = os.environ.get(FOLDER)
    try:
        folder = Path(chosen).absolute() if chosen else _users_caches() / "minioptim" / "loops"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return _temporary()


@functools.cache
def _temporary() -> Path:
    """Return a new folder of this process, which is removed when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="minioptim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _users_caches() -> Path:
    """Return the folder that the platform has for a user's caches."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
