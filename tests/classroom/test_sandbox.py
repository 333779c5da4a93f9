"""The wall: what a process behind it can do, and what it cannot."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from ast import literal_eval
from pathlib import Path

import pytest

from classroom import sandbox
from classroom.sandbox import Limits, NoSandboxError, Process, StoppedError

from .handed_in import walled

pytestmark = pytest.mark.timeout(600)
# Seconds for an answer that comes at once, also on a machine with other things to do.
LONG = 500

# Evaluates each line that it is sent.
SCRIPT = """
import json, sys
for line in sys.stdin:
    try:
        reply = eval(json.loads(line))
    except BaseException as error:
        reply = type(error).__name__ + ": " + str(error)
    print(json.dumps(repr(reply)), flush=True)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT))
    return path


@pytest.fixture
def inside(script):
    walled()
    with Process(script, {}, Limits()) as process:
        yield lambda text: json.loads(process.ask(json.dumps(text).encode(), LONG))


def test_numpy_works(inside):
    assert inside("__import__('numpy').arange(3).sum().item()") == "3"


@pytest.mark.parametrize(
    "attempt",
    [
        "__import__('os').fork()",
        "__import__('subprocess').run(['/usr/bin/true'])",
        "__import__('os').posix_spawn('/usr/bin/true', ['true'], {})",
        "__import__('multiprocessing').Process(target=print).start()",
        "open('/escaped', 'w')",
        "open('/usr/escaped', 'w')",
        "open('/dev/shm/escaped', 'w')",
        "__import__('os').setuid(12345)",
        "__import__('os').unshare(0x10000000) if hasattr(__import__('os'), 'unshare') else 1/0",
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (2**45, 2**45))",
        "bytearray(6 * 10**9)",
        "__import__('os').memfd_create('memory that no limit counts')",
        "open('/tmp/large', 'wb').write(bytes(10**8))",
    ],
)
def test_what_a_process_behind_the_wall_cannot_do(inside, attempt):
    said = inside(attempt)
    assert "Error" in said, said


@pytest.mark.parametrize("call", ["shmget(0, 4096, 0o1600)", "msgget(0, 0o1600)"])
def test_memory_outside_of_the_limit_is_refused(inside, call):
    assert inside(f"__import__('ctypes').CDLL(None).{call}") == "-1"


def test_there_is_no_network(inside):
    said = inside("__import__('socket').create_connection(('192.0.2.1', 80), timeout=2)")
    assert "Network is unreachable" in said


def test_a_server_of_this_machine_is_not_there(inside):
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        said = inside(f"__import__('socket').create_connection(('127.0.0.1', {port}), timeout=2)")
    assert "ConnectionRefusedError" in said


def test_files_of_the_teacher_are_not_there(inside, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("secret")
    here = Path(__file__).resolve()
    for path in (secret, here, here.parents[2] / "exercises", Path("/etc/passwd"), Path("/home")):
        said = inside(f"__import__('os').path.lexists({str(path)!r})")
        assert said == "False", path
    assert secret.read_text() == "secret"


def test_the_environment_is_ours_alone(inside):
    assert set(literal_eval(inside("dict(__import__('os').environ)"))) - {"PWD", "LC_CTYPE"} == set(
        sandbox.ENVIRONMENT
    )


def test_other_processes_are_not_seen(inside):
    names = literal_eval(inside("__import__('os').listdir('/proc')"))
    # bubblewrap's own, and the process itself.
    assert len([name for name in names if name.isdigit()]) <= 3


def test_threads_are_allowed_as_numpy_starts_some(inside):
    start = "[thread := __import__('threading').Thread(target=int), thread.start()]"
    assert inside(f"{start}[1]") == "None"


def test_a_process_that_says_nothing_is_stopped_in_time(script):
    walled()
    no_answer = pytest.raises(StoppedError, match="no answer within 0.5 s")
    with Process(script, {}, Limits()) as process, no_answer:
        process.ask(b"\"__import__('time').sleep(10**6)\"", 0.5)


def test_a_process_that_says_too_much_is_stopped(script):
    walled()
    with (
        Process(script, {}, Limits(line=1024**2)) as process,
        pytest.raises(StoppedError, match="more than 1 MB at once"),
    ):
        process.ask(b"\"__import__('os').write(1, bytes(2**25))\"", LONG)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        ("__import__('os')._exit(0)", "exit status 0"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "SIGKILL"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "SIGSEGV"),
    ],
)
def test_a_process_that_ends_is_noticed(script, attempt, said):
    walled()
    with Process(script, {}, Limits()) as process, pytest.raises(StoppedError, match=said):
        process.ask(json.dumps(attempt).encode(), LONG)


def test_processor_time_is_bounded(script):
    walled()
    said = "more than 1 s of processor time"
    with Process(script, {}, Limits(cpu=1)) as process, pytest.raises(StoppedError, match=said):
        process.ask(json.dumps("[0 for _ in iter(int, 1)]").encode(), LONG)


def test_nothing_is_left_when_the_grader_is_killed(script, tmp_path):
    walled()
    marker = f"marker-{os.getpid()}-{tmp_path.name}"
    grader = f"""
import sys, time
from pathlib import Path
from classroom.sandbox import Limits, Process, StoppedError
with Process(Path({str(script)!r}), {{{marker!r}: Path({str(script)!r})}}, Limits()) as process:
    process.ask(b'"1"', {LONG})
    # Busy with something that does not end when nobody listens.
    try:
        process.ask(b\'"__import__(\\\'time\\\').sleep(10**6)"\', 0.2)
    except StoppedError:
        print("ready", flush=True)
    time.sleep(10**6)
"""
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, "-c", grader], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert running.stdout.readline() == "ready\n"
    assert _commands_with(marker)
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    while _commands_with(marker):  # what the killed grader leaves ends soon, or this test never
        time.sleep(0.05)


def _commands_with(marker):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if marker.encode() in command and b"print(" not in command:
            found.append(command)
    return found


def test_without_bubblewrap_nothing_is_run(script, monkeypatch):
    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is not installed")
    with pytest.raises(NoSandboxError, match="not installed.*--unsafe.*with your rights"):
        Process(script, {}, Limits())


def test_that_bubblewrap_is_missing_is_noticed(monkeypatch):
    sandbox.why_not.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: None)
    assert "apt install bubblewrap" in sandbox.why_not()
    sandbox.why_not.cache_clear()


def test_that_bubblewrap_cannot_work_is_noticed(monkeypatch):
    sandbox.why_not.cache_clear()
    monkeypatch.setattr(sandbox, "_wall", lambda *_: ["/usr/bin/false"])
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: "/usr/bin/bwrap")
    assert "cannot make a sandbox here" in sandbox.why_not()
    sandbox.why_not.cache_clear()


def test_unsafe_runs_without_a_wall_but_with_limits(script, monkeypatch):
    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is not installed")
    with Process(script, {}, Limits(), unsafe=True) as process:
        limit = process.ask(b"\"__import__('resource').getrlimit(9)\"", LONG)
        assert str(Limits().memory).encode() in limit


def test_an_unknown_machine_is_refused():
    with pytest.raises(NoSandboxError, match="no filter for machine sparc"):
        sandbox.system_call_filter("sparc")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_whose_jumps_stay_inside(machine):
    program = sandbox.system_call_filter(machine)
    count = len(program) // 8
    assert len(program) == 8 * count
    for at in range(count):
        code, true, false = program[8 * at], program[8 * at + 2], program[8 * at + 3]
        if code & 7 == 5:
            assert at + 1 + max(true, false) < count
    assert program[-8] == 6
