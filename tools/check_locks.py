"""Try whether each lock installs with the oldest and the newest pip, though newer releases are out.

    python tools/check_locks.py

A lock that lacks what pip wants to resolve installs until somebody releases something, and stops on
that day. So each is installed as the Makefile does it, into a new environment, while a folder
offers a release 9999 of every package in it. pip changes nothing (PIP_DRY_RUN); it decides all the
same, and downloads.
"""

import ensurepip
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What ensurepip of this Python's first release brings (an older pip need not run on it), and the
# newest.
OLDEST = {(3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2"}
PIPS = [f"pip=={OLDEST.get(sys.version_info[:2], ensurepip.version())}", "pip"]
# A lock, the Makefile's name for the folder of its environment, and the stamp in that folder.
# What book.txt holds is in test.txt, too.
LOCKS = {
    "test.txt": ("VENV", ".tests-installed"),
    "classroom.txt": ("CLASSROOM_VENV", ".installed"),
    "parity.txt": ("PARITY_VENV", ".installed"),
}
NEWER = "9999"
BACKEND = "flit_core>=3.12,<4"


def locked(lock: Path) -> list[str]:
    """Return the names of the packages in a lock."""
    return re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)


def offer(name: str, folder: Path) -> None:
    """Put a newer release of a package, an empty wheel, into a folder."""
    stem = f"{name.replace('-', '_')}-{NEWER}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", metadata)
        archive.writestr(f"{stem}.dist-info/WHEEL", wheel)
        archive.writestr(f"{stem}.dist-info/RECORD", "")


def installs(lock: str, offered: Path, venv: Path) -> bool:
    """Whether the Makefile's recipe for a lock succeeds; if not, print how it ended."""
    folder, stamp = LOCKS[lock]
    sources = " ".join([str(offered), *os.environ.get("PIP_FIND_LINKS", "").split()])
    environment = os.environ | {"PIP_DRY_RUN": "1", "PIP_FIND_LINKS": sources}
    environment.pop("MAKEFLAGS", None)
    make = [os.environ.get("MAKE", "make"), f"{folder}={venv}", f"{venv / stamp}"]
    result = subprocess.run(
        make, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace"
    )
    (venv / stamp).unlink(missing_ok=True)
    if result.returncode:
        print(*result.stderr.splitlines()[-20:], sep="\n", file=sys.stderr)
    return result.returncode == 0


def tried(pip: str, offered: Path, folder: Path) -> dict[str, bool]:
    """Return, for one pip in an environment of its own, which locks install."""
    venv = folder / re.sub(r"\W", "-", pip)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade"]
    subprocess.run([*install, pip], check=True)
    # The package's own build backend is really needed: a dry run builds, too.
    subprocess.run([*install, BACKEND], check=True)
    return {lock: installs(lock, offered, venv) for lock in LOCKS}


def main() -> int:
    """Try each lock with each pip; 1 if one does not install."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        offered = folder / "newer"
        offered.mkdir()
        for lock in LOCKS:
            for package in locked(ROOT / "requirements" / lock):
                offer(package, offered)
        with ThreadPoolExecutor() as pool:  # each waits for what it downloads
            results = list(pool.map(lambda pip: tried(pip, offered, folder), PIPS))
    for pip, works in zip(PIPS, results, strict=True):
        for lock, installed in works.items():
            print(f"{lock} with {pip}: {'installs' if installed else 'DOES NOT INSTALL'}")
    outcomes = [installed for works in results for installed in works.values()]
    print(f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed")
    return int(not all(outcomes))


if __name__ == "__main__":
    sys.exit(main())
