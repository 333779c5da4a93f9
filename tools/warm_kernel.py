"""Kernels that have imported what the chapters import before anybody asks for one.

    python tools/warm_kernel.py SOCKET                    fork a kernel for each who asks there
    python tools/warm_kernel.py SOCKET CONNECTION_FILE    ask for one, and last as long as it does

To start a kernel and to import matplotlib takes longer than many a chapter takes to run. A fork of
a process that did both takes no time, and is as new as a kernel of its own: it has run nothing.
"""

import importlib
import json
import os
import signal
import socket
import sys
import threading

# What a kernel imports to run, and a chapter's first cells. Not Jupyter's back end of matplotlib,
# which takes hold of the kernel when it is imported; but matplotlib must know that it comes.
BACKEND = "module://matplotlib_inline.backend_inline"
IMPORTED = ["ipykernel.kernelapp", "ipykernel.zmqshell", "matplotlib.backends.backend_agg"]
IMPORTED += ["matplotlib.pyplot", "minioptim.datasets", "minioptim.live", "minioptim.losses"]
IMPORTED += ["minioptim.plots", "minioptim.problems", "minioptim.tables", "minioptim.training"]


def serve(address: str) -> None:
    """Import, then fork a kernel for each who asks at the address, without end."""
    del sys.path[0]  # this folder, which is on no kernel's path
    os.environ["MPLBACKEND"] = BACKEND
    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that end
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen(64)
        while True:
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
        IPKernelApp.launch_instance(argv=["-f", asked["file"]])
    finally:
        os._exit(0)


def ask(address: str, file: str) -> None:
    """Ask for a kernel, hand interrupts on to it, and return when it has ended."""
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(address)
        door.sendall(json.dumps({"file": file, "folder": os.getcwd()}).encode())
        kernel = int(door.recv(64))
        signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
        door.recv(1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    ask(*sys.argv[1:])
