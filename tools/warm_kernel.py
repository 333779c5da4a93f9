"""Kernels that have imported what the chapters import before anybody asks for one.

    python tools/warm_kernel.py FOLDER

makes FOLDER, once it is a part of JUPYTER_PATH, offer a kernel named warm, until the standard input
ends. To start a kernel and to import matplotlib takes longer than many a chapter takes to run. A
fork of a process that did both takes no time, and is as new as a kernel of its own: it has run
nothing. With more arguments, as Jupyter starts what it takes for the kernel, this asks for one, and
lasts as long as it does.
"""

import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path

# What a kernel imports to run, and a chapter's first cells. Not Jupyter's back end of matplotlib,
# which takes hold of the kernel when it is imported; but matplotlib must know that it comes.
BACKEND = "module://matplotlib_inline.backend_inline"
IMPORTED = ["ipykernel.kernelapp", "ipykernel.zmqshell", "matplotlib.backends.backend_agg"]
IMPORTED += ["matplotlib.pyplot", "minioptim.datasets", "minioptim.live", "minioptim.losses"]
IMPORTED += ["minioptim.plots", "minioptim.problems", "minioptim.tables", "minioptim.training"]


def serve(folder: Path) -> None:
    """Import, offer the kernel in the folder, and fork one for each who asks."""
    del sys.path[0]  # this file's folder, which is on no kernel's path
    os.environ["MPLBACKEND"] = BACKEND
    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that end
    address, spec = folder / "socket", folder / "kernels" / "warm" / "kernel.json"
    argv = [sys.executable, "-S", __file__, str(address), "{connection_file}"]
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(address))
        door.listen(64)
        spec.parent.mkdir(parents=True)
        unfinished = spec.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"argv": argv, "display_name": "", "language": "python"}))
        unfinished.rename(spec)
        while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
            asking, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _become_kernel(asking)
            asking.close()


def _become_kernel(asking: socket.socket) -> None:
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    asked = json.loads(asking.recv(65536))
    os.chdir(asked["folder"])
    asking.sendall(f"{os.getpid()}\n".encode())

    def leave() -> None:
        asking.recv(1)  # comes back when the one who asked has ended
        os._exit(0)

    threading.Thread(target=leave, daemon=True).start()
    try:
        IPKernelApp.launch_instance(argv=["-f", *asked["arguments"]])
    finally:
        os._exit(0)


def ask(address: str, arguments: list[str]) -> None:
    """Ask for a kernel, hand interrupts on to it, and return when it has ended."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(address)
        door.sendall(json.dumps({"arguments": arguments, "folder": os.getcwd()}).encode())
        kernel = int(door.recv(64))
        signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
        door.recv(1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(Path(sys.argv[1]))
    else:
        ask(sys.argv[1], sys.argv[2:])
