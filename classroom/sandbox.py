"""A process for code that nobody has vouched for.

bubblewrap gives it a world of its own: no network, no other process, no file but the system's and
Python's (read-only) and a small folder in memory that goes with it; its whole process tree dies
with the one who started it. A filter in the kernel refuses new processes, so that the limits on
memory and time, which hold for each process, bound all of it, for root as well: Linux does not
count root's processes.

Where bubblewrap is missing, nothing is run unless the caller says ``unsafe``: limits hold then,
but the code has the rights of whoever grades.
"""

from __future__ import annotations

import os
import platform
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

UNSAFE_MEANS = (
    "students' code would run with your rights: it could read and change your files, the solutions "
    "and the gradebook, use the network, and go on running after grading"
)
# The whole environment of a process in the sandbox. One thread, as each takes memory too.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 (the work folder inside the sandbox)
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp",  # noqa: S108
}
# Limits are set before the script is read, and no process may raise its own again.
LAUNCH = """
import resource, runpy, sys
memory, cpu, files = map(int, sys.argv[1:4])
for what, most in (
    (resource.RLIMIT_AS, memory),
    (resource.RLIMIT_CPU, cpu),
    (resource.RLIMIT_FSIZE, files),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 256),
):
    resource.setrlimit(what, (most, most))
sys.argv = sys.argv[4:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class NoSandboxError(RuntimeError):
    """bubblewrap is missing or cannot work here, and ``unsafe`` was not asked for."""


class StoppedError(Exception):
    """The process ended, stopped answering or sent too much; the message says which."""


@dataclass(frozen=True)
class Limits:
    """What one process may use.

    Parameters
    ----------
    memory : int, bytes
        Address space; NumPy alone takes about 300 MB of it.
    cpu : int, seconds
        Processor time in all.
    files : int, bytes
        The largest file, and the size of the work folder.
    line : int, bytes
        The longest line it may send.
    """

    memory: int = 2 * 1024**3
    cpu: int = 60
    files: int = 32 * 1024**2
    line: int = 8 * 1024**2


@cache
def why_not() -> str | None:
    """Return why there is no sandbox here, in one line, or None where it works."""
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, this is {sys.platform}"
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)"
    command = [*_sandboxed({}, 1024**2), "/usr/bin/true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if tried.returncode:
        said = tried.stderr.strip().splitlines()[-1:] or [f"exit status {tried.returncode}"]
        return f"bubblewrap cannot make a sandbox here ({said[0]}); see exercises/README.md"
    return None


def require(*, unsafe: bool = False) -> None:
    """Return if code can be run safely here, or if ``unsafe`` was asked for.

    Raises
    ------
    NoSandboxError
        Neither is the case; the message says why, and what ``unsafe`` would mean.
    """
    reason = why_not()
    if reason and not unsafe:
        raise NoSandboxError(f"{reason}. With --unsafe {UNSAFE_MEANS}.")


class Process:
    """One Python file, run apart; lines go in and lines come out.

    Parameters
    ----------
    script : Path
        A Python file; its folder is not on the import path.
    files : mapping of str to Path
        What it may read besides Python itself: name -> file or folder. The script's arguments
        say where it finds them, as name=path.
    limits : Limits
        What it may use.
    unsafe : bool
        Run it without bubblewrap.

    Raises
    ------
    NoSandboxError
        bubblewrap is missing or cannot work, and ``unsafe`` is False.
    """

    def __init__(
        self, script: Path, files: Mapping[str, Path], limits: Limits, *, unsafe: bool = False
    ) -> None:
        require(unsafe=unsafe)
        self.limits = limits
        self._pending = b""
        self._started = time.monotonic()
        filter_in, filter_out = os.pipe()
        try:
            handed: tuple[int, ...] = ()
            sandbox: list[str] = []
            if not unsafe:
                os.write(filter_out, system_call_filter(platform.machine()))
                inside = {name: f"/given/{name}" for name in files}
                binds = {inside[name]: path for name, path in files.items()}
                sandbox = _sandboxed({**binds, "/given/script.py": script}, limits.files, filter_in)
                files = {name: Path(path) for name, path in inside.items()}
                script = Path("/given/script.py")
                handed = (filter_in,)
            command = [*sandbox, sys.executable, "-I", "-B", "-c", LAUNCH]
            command += [str(most) for most in (limits.memory, limits.cpu, limits.files)]
            command += [str(script), *(f"{name}={path}" for name, path in files.items())]
            os.close(filter_out)
            filter_out = -1
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=handed,
                start_new_session=True,
                env=ENVIRONMENT if unsafe else {"PATH": os.environ.get("PATH", os.defpath)},
            )
        finally:
            os.close(filter_in)
            if filter_out >= 0:
                os.close(filter_out)
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 (it was opened as a pipe)
        return self._process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 (it was opened as a pipe)
        return self._process.stdout

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Send a line and return the next line that comes back, without its newline.

        Parameters
        ----------
        line : bytes
            Without a newline.
        seconds : float, > 0
            How long both may take together.

        Raises
        ------
        StoppedError
            No line came in time, a too long one came, or the process ended.
        """
        deadline = time.monotonic() + seconds
        self._send(line + b"\n", deadline, seconds)
        while b"\n" not in self._pending:
            self._wait(self._out, selectors.EVENT_READ, deadline, seconds)
            chunk = os.read(self._out.fileno(), 1 << 16)
            if not chunk:
                raise StoppedError(self._last_words())
            self._pending += chunk
            if len(self._pending) > self.limits.line:
                raise StoppedError(f"sent more than {self.limits.line // 1024**2} MB at once")
        answer, _, self._pending = self._pending.partition(b"\n")
        return answer

    def _send(self, data: bytes, deadline: float, seconds: float) -> None:
        while data:
            self._wait(self._in, selectors.EVENT_WRITE, deadline, seconds)
            try:
                data = data[os.write(self._in.fileno(), data) :]
            except BrokenPipeError:
                raise StoppedError(self._last_words()) from None

    def _wait(self, pipe: IO[bytes], event: int, deadline: float, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(deadline - time.monotonic(), 0)):
                raise StoppedError(
                    f"gave no answer within {seconds:.3g} s: does it sleep, or wait for something?"
                )

    def _last_words(self) -> str:
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "closed its output and went on"
        # bubblewrap reports a signal as a shell does.
        number = -status if status < 0 else status - 128
        # Less time than that cannot have been used up, on however many cores.
        cores = os.cpu_count() or 1
        if number in (signal.SIGXCPU, signal.SIGKILL) and (
            (time.monotonic() - self._started) * cores >= self.limits.cpu
        ):
            return (
                f"used more than {self.limits.cpu} s of processor time: is there a loop that never "
                "ends?"
            )
        if 0 < number < signal.NSIG:
            return f"was ended by the signal {signal.Signals(number).name}"
        return f"ended by itself (exit status {status})"

    def close(self) -> None:
        """End the process and everything it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            try:
                pipe.close()
            except BrokenPipeError:
                continue

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _sandboxed(files: Mapping[str, Path], room: int, filter_fd: int | None = None) -> list[str]:
    """Return the command that puts what follows in a sandbox."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    command += ["--cap-drop", "ALL", "--clearenv", "--hostname", "grading"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    # First of all folders, as Python itself may live below it.
    command += ["--size", str(room), "--tmpfs", "/tmp"]  # noqa: S108 (inside the sandbox)
    for path in ("/usr", "/bin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    for path in _python():
        command += ["--ro-bind", path, path]
    command += ["--chdir", "/tmp"]  # noqa: S108
    for inside, outside in files.items():
        command += ["--ro-bind", str(outside), inside]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    # Nothing but the work folder can be written.
    command += ["--remount-ro", "/dev", "--remount-ro", "/"]
    if filter_fd is not None:
        command += ["--seccomp", str(filter_fd)]
    return command


@cache
def _python() -> list[str]:
    """Return the folders that this Python needs and that are not below /usr."""
    paths = sysconfig.get_paths()
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, paths["purelib"], paths["platlib"]]
    wanted += [str(Path(sys.executable).resolve().parents[1])]
    found: list[str] = []
    for path in sorted({os.path.realpath(path) for path in wanted} | {sys.prefix}, key=len):
        below = any(Path(path).is_relative_to(other) for other in [*found, "/usr"])
        if not below and path != "/":
            found.append(path)
    return found


# --- The filter ---------------------------------------------------------------------------------
# A program of the kernel's packet filter (classic BPF), which sees the number of a system call and
# its arguments; see seccomp(2) and linux/filter.h.
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE, _NOT_KNOWN = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_CLONE_THREAD = 0x00010000

# clone3 hides its flags behind a pointer; told that it does not exist, the C library uses clone.
_CLONE3 = 435


@dataclass(frozen=True)
class _Machine:
    audit: int  # its number in linux/audit.h
    clone: int
    # fork, vfork, ptrace, unshare, setns, keyctl, bpf, userfaultfd; and what holds memory that is
    # in no address space: memfd_create, memfd_secret, shmget, msgget.
    refused: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 56, (57, 58, 101, 272, 308, 250, 321, 323, 319, 447, 29, 68)),
    # It has neither fork nor vfork.
    "aarch64": _Machine(0xC00000B7, 220, (117, 97, 268, 219, 280, 282, 279, 447, 194, 186)),
}


def system_call_filter(machine: str) -> bytes:
    """Return a filter that lets a program start threads but no processes.

    Parameters
    ----------
    machine : str
        As `platform.machine` says it.

    Raises
    ------
    NoSandboxError
        The system calls of that machine are not known here.
    """
    known = _MACHINES.get(machine)
    if known is None:
        raise NoSandboxError(
            f"no filter for machine {machine}; known are {', '.join(_MACHINES)}. "
            f"With --unsafe {UNSAFE_MEANS}."
        )
    # (code, value, jump if true, jump if false); "refuse" and so on are filled in below.
    steps: list[tuple[int, int, str, str]] = [
        (_LOAD, _MACHINE_AT, "", ""),
        (_EQUAL, known.audit, "", "refuse"),
        (_LOAD, _NUMBER_AT, "", ""),
        # On x86_64 the same calls exist a second time under numbers from here on.
        (_AT_LEAST, 0x40000000, "refuse", ""),
        (_EQUAL, _CLONE3, "not known", ""),
        *((_EQUAL, number, "refuse", "") for number in known.refused),
        (_EQUAL, known.clone, "", "allow"),
        (_LOAD, _FIRST_ARGUMENT_AT, "", ""),
        (_ANY_BIT, _CLONE_THREAD, "allow", "refuse"),
    ]
    ends = {"allow": _ALLOW, "refuse": _REFUSE, "not known": _NOT_KNOWN}
    place = {name: len(steps) + k for k, name in enumerate(ends)}
    program = b""
    for at, (code, value, true, false) in enumerate(steps):
        jumps = [place[name] - at - 1 if name else 0 for name in (true, false)]
        program += struct.pack("=HBBI", code, *jumps, value)
    for value in ends.values():
        program += struct.pack("=HBBI", _RETURN, 0, 0, value)
    return program
