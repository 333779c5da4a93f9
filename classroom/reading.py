"""A process that reads what students handed in, and that can be ended.

What reads files of strangers may have a flaw, and a file made for it could then keep the grader
for hours. So reading has a process of its own: what does not end costs its own student, who is
named, and nobody else. Processor time ends it, of which a busy machine takes nothing away.

No code of a student's runs there; it imports these tools alone and sends back plain data.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from classroom.intake import NotTakenError

Result = TypeVar("Result")

# An honest notebook takes a tenth of a second; one of a hundred megabytes, a few.
CPU_SECONDS = 30
# Read, a notebook of a hundred megabytes takes some ten times as much.
MEMORY = 4 * 1024**3
# By the clock, for what waits without working; nothing here does.
SECONDS = 1800.0
LENGTH = struct.Struct("=Q")
LAUNCH = "import sys; sys.path.insert(0, sys.argv[1]); from classroom.reading import main; main()"


class Reader:
    """Runs functions of these tools apart, one at a time, each within limits.

    The process starts when it is first asked for, and anew after it was ended.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Return what a function of these tools returns.

        Parameters
        ----------
        function : callable
            By its name in its module.
        arguments
            Plain data, or other things that can be sent to a process.

        Raises
        ------
        NotTakenError
            The function raises it; or it did not end within its limits.
        """
        if self._process is None:
            # Isolated (-I): where grading is started a student's json.py may lie.
            root = str(Path(__file__).parents[1])
            command = [sys.executable, "-I", "-B", "-c", LAUNCH, root]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        process = self._process
        assert process.stdin is not None  # noqa: S101 (it was opened as a pipe)
        assert process.stdout is not None  # noqa: S101 (it was opened as a pipe)
        clock = threading.Timer(SECONDS, process.kill)
        clock.daemon = True
        clock.start()
        try:
            _send(process.stdin, (CPU_SECONDS, MEMORY, function, arguments))
            fine, answer = _receive(process.stdout)
        except (EOFError, BrokenPipeError):
            status = process.wait()
            self.close()
            said = f"reading it ended its process (exit status {status})"
            if status in (-signal.SIGXCPU, -signal.SIGKILL):
                said = f"reading it did not end within {CPU_SECONDS} s of processor time"
            raise NotTakenError(said) from None
        finally:
            clock.cancel()
        if not fine:
            raise answer
        found: Result = answer
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None  # noqa: S101 (it was opened as a pipe)
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


def _send(pipe: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message)
    pipe.write(LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 (from our own process, which runs our own code)


def main() -> None:
    """Answer one request at a time, within the limits that come with it, until there are none."""
    import resource

    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Nothing that is printed may mix with the answers.
    os.dup2(2, 1)
    while True:
        try:
            cpu, memory, function, arguments = _receive(requests)
        except EOFError:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        # Of this process in all, as the kernel counts.
        end = int(used.ru_utime + used.ru_stime) + cpu + 1
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            answer = True, function(*arguments)
        except MemoryError:
            said = f"reading it takes more than {memory // 1024**2} MB of memory"
            answer = False, NotTakenError(said)
        except Exception as error:
            answer = False, error
        _send(answers, answer)
