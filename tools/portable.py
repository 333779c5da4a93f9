"""Execute the chapters as other processors would, and compare each time with what is stored.

    python tools/portable.py COMMAND ...

OpenBLAS has a set of routines ("kernels") for each kind of processor, and NumPy has several forms
of functions such as exp. They round differently in the last bit, and whatever a chaotic or a
diverging run prints depends on that bit. COMMAND, which compares the chapters with their stored
outputs, is run once as the machine chooses and once as each older processor would. Texts alone are
compared, so the pictures are drawn in the first run only. A chapter's kernel is a fork of one that
has imported and run nothing (`warm_kernel.py`), where processes fork safely; `make chapters` starts
a kernel for each.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Kernel(NamedTuple):
    """A set of OpenBLAS's routines, and the kind of processor that it was written for."""

    name: str  # what OPENBLAS_CORETYPE calls it
    level: str | None  # of x86-64, which the processor must have, else NumPy would crash
    reported: str  # what OpenBLAS calls it when asked: of two names for one, the older


# These are x86's, oldest first. Other machines have others, and NumPy for macOS may not use
# OpenBLAS at all: there the machine's own choice is all that is tried.
KERNELS = [
    Kernel("Prescott", None, "Katmai"),
    Kernel("Haswell", "X86_V3", "Haswell"),
    Kernel("SkylakeX", "X86_V4", "SkylakeX"),
]

ASK = """
import numpy, threadpoolctl
print(*{pool.get("architecture", "none of OpenBLAS") for pool in threadpoolctl.threadpool_info()})
"""


# A kernel's configuration: a figure is told by its text, and not drawn in any format.
UNDRAWN = "c.InlineBackend.figure_formats = set()\n"
WARM = Path(__file__).with_name("warm_kernel.py")
OFFERED = "kernels/warm/kernel.json"
OPTION = "--nbval-current-env"  # of nbval, for kernels as this Python starts them


def features() -> list[str]:
    """Return what this processor has beyond what NumPy needs, each level after those below it."""
    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return found


def environment(kernel: Kernel | None) -> dict[str, str]:
    """Return the environment in which OpenBLAS and NumPy compute as for the kernel's processor."""
    variables = dict(os.environ)
    for name in ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"):
        variables.pop(name, None)
    if kernel is not None:
        above = features()[features().index(kernel.level) + 1 if kernel.level else 0 :]
        variables["OPENBLAS_CORETYPE"] = kernel.name
        if above:
            variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(above)
    return variables


def chosen(kernel: Kernel | None) -> str:
    """Return the kernel that OpenBLAS reports; it ignores a name that it does not know."""
    command = [sys.executable, "-c", ASK]
    found = subprocess.run(
        command, env=environment(kernel), check=True, capture_output=True, text=True
    )
    return found.stdout.strip()


def to_try() -> list[Kernel]:
    """Return the kernels that this processor can run, except the one that it chooses itself."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return []
    own = chosen(None)
    levels = {None, *features()}
    return [kernel for kernel in KERNELS if kernel.level in levels and kernel.reported != own]


@contextmanager
def warm(
    command: list[str], variables: dict[str, str], *, drawn: bool
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield the command and its environment with kernels that start warm, and draw or do not."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile_default" / "ipython_kernel_config.py"
        profile.parent.mkdir()
        profile.write_text("" if drawn else UNDRAWN, encoding="utf-8")
        variables = variables | {"IPYTHONDIR": folder, "JUPYTER_PATH": folder}
        server = subprocess.Popen(
            [sys.executable, str(WARM), folder], env=variables, stdin=subprocess.PIPE
        )
        with server:  # it ends when its input is closed
            while not (Path(folder) / OFFERED).exists() and server.poll() is None:
                time.sleep(0.05)
            asked = [word for word in command if word != OPTION]
            yield [*asked, "--nbval-kernel-name=warm"], variables


def main(command: list[str]) -> int:
    """Run the command for each processor, also after one that failed; 1 if any did."""
    failed = []
    for kernel in (None, *to_try()):
        used = chosen(kernel)
        name = kernel.name if kernel else f"none set, which is {used}"
        print(f"--- BLAS kernel: {name}", flush=True)
        if kernel and used != kernel.reported:
            print(f"OpenBLAS does not take {name}: it uses {used}", file=sys.stderr)
            failed.append(name)
        elif sys.platform == "linux":
            with warm(command, environment(kernel), drawn=kernel is None) as (asked, variables):
                code = subprocess.run(asked, env=variables).returncode
            failed += [name] * bool(code)
        elif subprocess.run(command, env=environment(kernel)).returncode:
            failed.append(name)
    if failed:
        print(f"Outputs differ ({'; '.join(failed)}): see CONTRIBUTING.md", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
