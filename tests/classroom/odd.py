"""Work that is honest and comes back in an unusual way: what a class hands in, kind by kind.

Each kind gives the files that one student hands in. Every answer in them is right. Where a person
has to look, because it stands in an unusual place, `OPEN` says at which answers.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from .handed_in import DERIVE, RIGHT, STEP, VALUE, WRONG, cell_of, code, data, notebook, release

SENTENCE = "It is a geometric series, whose sum is 1 / (1 - 0.9) = 10."
PNG = {"page.png": {"image/png": "iVBORw0KGgo="}}
STUBS = {name: cell_of(release(), name)["source"] for name in (STEP, VALUE, DERIVE)}
QUESTION = "tiny-task-derive"
MOODLE = "tiny.ipynb"

Made = dict[str, bytes]
KINDS: dict[str, Callable[[], Made]] = {}
OPEN: dict[str, tuple[str, ...]] = {}


def kind(*waiting: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Enter a kind; of the answers named, a person decides."""

    def enter(made: Callable[[], Any]) -> Callable[[], Any]:
        def files() -> Made:
            found = made()
            found = data(found) if "cells" in found else found
            return found if isinstance(found, dict) else {MOODLE: found}

        KINDS[made.__name__] = files
        OPEN[made.__name__] = waiting
        return made

    return enter


def work(answers: dict[str, str] | None = None) -> dict[str, Any]:
    return notebook({DERIVE: SENTENCE} | (answers or {}))


def text(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}, "id": None, **more}


def own(source: str) -> dict[str, Any]:
    return code(source, id=None)


def put(found: dict[str, Any], name: str, *cells: dict[str, Any], below: int = 1) -> dict[str, Any]:
    """Put cells below an answer's, or above it (``below=0``)."""
    at = found["cells"].index(cell_of(found, name)) + below
    found["cells"][at:at] = cells
    return found


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


UNTOUCHED = data(release())


# --- Files ---------------------------------------------------------------------------------------

FILES: dict[str, Callable[[], Made]] = {
    "as it should be": lambda: {MOODLE: data(work())},
    "renamed": lambda: {"HW4 Kim (final) v2.IPYNB": data(work())},
    "json for a suffix": lambda: {"tiny.ipynb.json": data(work())},
    "txt for a suffix": lambda: {"tiny.ipynb.txt": data(work())},
    "zip with a Mac's folder": lambda: {
        "work.zip": zipped({"work/tiny.ipynb": data(work()), "__MACOSX/work/._tiny.ipynb": b"x"})
    },
    "photos and a pdf beside it": lambda: {MOODLE: data(work()), "a.jpg": b"x", "tiny.pdf": b"x"},
    "Copy1 left untouched": lambda: {MOODLE: data(work()), "tiny-Copy1.ipynb": UNTOUCHED},
    "work in Copy1": lambda: {MOODLE: UNTOUCHED, "tiny-Copy1.ipynb": data(work())},
    "second download untouched": lambda: {MOODLE: data(work()), "tiny (1).ipynb": UNTOUCHED},
    "work in a file called final": lambda: {MOODLE: UNTOUCHED, "tiny_final.ipynb": data(work())},
    "work under the student's name": lambda: {MOODLE: UNTOUCHED, "HW4_Kim.ipynb": data(work())},
    "a draft with fewer answers": lambda: {
        MOODLE: data(work()),
        "tiny-Copy2.ipynb": data(work({STEP: WRONG, VALUE: STUBS[VALUE], DERIVE: STUBS[DERIVE]})),
    },
    "the same twice": lambda: {MOODLE: data(work()), "tiny-1.ipynb": data(work())},
    "another assignment's beside it": lambda: {
        MOODLE: data(work()),
        "zzz.ipynb": data({"nbformat": 4, "cells": [code("lengthening = 10")]}),
    },
    "an empty file beside it": lambda: {MOODLE: data(work()), "tiny-Copy1.ipynb": b""},
    "UTF-16": lambda: {MOODLE: json.dumps(work()).encode("utf-16")},
    "byte order mark": lambda: {MOODLE: b"\xef\xbb\xbf" + data(work())},
    "Latin-1": lambda: {
        MOODLE: json.dumps(work({DERIVE: SENTENCE + " Für Ångström."}), ensure_ascii=False).encode(
            "latin-1"
        )
    },
}
for _name, _files in FILES.items():
    KINDS[_name], OPEN[_name] = _files, ()


@kind(DERIVE)
def two_notebooks_with_a_part_in_each():
    return {
        MOODLE: data(work({DERIVE: STUBS[DERIVE]})),
        "theory.ipynb": data(work({STEP: STUBS[STEP], VALUE: STUBS[VALUE]})),
    }


@kind(DERIVE)
def cut_in_the_last_answer():
    found = json.dumps(work())
    return {MOODLE: found[: found.index("geometric")].encode()}


# --- Where other programs saved it ---------------------------------------------------------------


def stripped(found):
    for cell in found["cells"]:
        cell.pop("id", None)
        cell["metadata"] = {}
    return found


@kind()
def colab():
    found = work()
    found["metadata"] = {"colab": {"provenance": []}}
    setup = "from google.colab import drive\ndrive.mount('/x')\n!pip install y\n%cd /x"
    found["cells"].insert(0, own(setup))
    return found


@kind()
def colab_without_names():
    return stripped(colab.__wrapped__() if hasattr(colab, "__wrapped__") else colab())


@kind()
def vs_code():
    found = work() | {"nbformat_minor": 2}
    for cell in found["cells"]:
        cell.pop("id", None)
        cell["metadata"]["vscode"] = {"languageId": "python"}
    return found


@kind()
def sources_alone():
    cells = [{"cell_type": c["cell_type"], "source": c["source"]} for c in work()["cells"]]
    return {"cells": cells}


@kind()
def kernel_of_r():
    return work() | {"metadata": {"kernelspec": {"name": "ir", "language": "R"}}}


@kind()
def line_ends_of_windows():
    found = work()
    for cell in found["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return found


@kind()
def format_of_the_future():
    return work() | {"nbformat": 99}


# --- Cells ---------------------------------------------------------------------------------------


@kind()
def split_with_the_name_on_both():
    found = work({STEP: RIGHT.partition("\n")[0] + "\n    v = momentum * v - lr * g"})
    second = copy.deepcopy(cell_of(found, STEP)) | {"source": "    return x + v, v"}
    return put(found, STEP, second)


@kind()
def split_with_the_name_on_one():
    found = work({STEP: RIGHT.partition("\n")[0] + "\n    v = momentum * v - lr * g"})
    return put(found, STEP, own("    return x + v, v"))


@kind()
def stub_copied_below():
    return put(work(), STEP, copy.deepcopy(cell_of(release(), STEP)))


@kind()
def stub_copied_above():
    return put(work(), STEP, copy.deepcopy(cell_of(release(), STEP)), below=0)


@kind()
def all_code_in_one_cell():
    found = work({STEP: f"{RIGHT}\n\n\nlengthening = 10"})
    found["cells"].remove(cell_of(found, VALUE))
    return found


@kind()
def merged_with_its_check():
    found = work({STEP: RIGHT + "\nprint(momentum_step(1.0, 0.0, 0.0, 0.1, 0.9))"})
    found["cells"].remove(cell_of(found, "tiny-step-check"))
    return found


@kind()
def moved_to_the_end():
    found = work()
    moved = cell_of(found, STEP)
    found["cells"].remove(moved)
    found["cells"].append(moved)
    return found


@kind()
def removed_and_written_anew():
    found = work()
    found["cells"].remove(cell_of(found, STEP))
    found["cells"].append(own(RIGHT))
    return found


@kind()
def written_below_the_stub():
    return put(work({STEP: STUBS[STEP]}), STEP, own(RIGHT))


@kind()
def kept_the_dots_above():
    return work({VALUE: "lengthening = (\n    ...\n)\nlengthening = 10"})


@kind()
def draft_above():
    draft = copy.deepcopy(cell_of(release(), STEP)) | {"source": "def momentum_step(:\n    pass"}
    return put(work(), STEP, draft, below=0)


@kind()
def right_at_the_end():
    found = work({STEP: WRONG})
    found["cells"].append(own("# Now it is right:\n" + RIGHT))
    return found


@kind()
def tried_out_at_the_end():
    found = work()
    found["cells"].append(own("def momentum_step(*a):\n    return a  # what if?"))
    return found


@kind(VALUE)
def value_corrected_below():
    return put(work({VALUE: "lengthening = 9"}), VALUE, own("lengthening = 10"))


@kind(VALUE)
def value_as_a_text():
    return put(work({VALUE: STUBS[VALUE]}), VALUE, text("The factor is 10."))


@kind(VALUE)
def value_computed_and_not_written_down():
    return put(work({VALUE: STUBS[VALUE]}), VALUE, own("sum(0.9**k for k in range(999))"))


# --- Code ----------------------------------------------------------------------------------------

CODE = {
    "imports that are not here": "import pandas as pd\nimport seaborn\n{}",
    "one import for all": "import numpy as np, torch\n{}",
    "from what is not here": "from numba import njit, prange\n{}",
    "magic above": "%%time\n{}",
    "written to a file too": "%%writefile step.py\n{}",
    "magics between": "%matplotlib inline\n!pip install x\n{}\nmomentum_step?",
    "star import": "from numpy import *\n{}",
    "waits": "import asyncio\nawait asyncio.sleep(0)\n{}",
    "cell of its own call": "{}\nmomentum_step(1, 2)",
    "future": "from __future__ import annotations\n{}",
    "names in Greek": "η = 1\n{}",
    "types": "from typing import Any\n{}",
}
for _name, _code in CODE.items():

    def _made(text_of_it: str = _code) -> Made:
        return {MOODLE: data(work({STEP: text_of_it.format(RIGHT)}))}

    KINDS[_name], OPEN[_name] = _made, ()


@kind()
def waits_in_a_cell_of_its_own():
    helper = "import asyncio\nawait asyncio.sleep(0)\ndef push(lr, g):\n    return lr * g"
    return put(work({STEP: RIGHT.replace("lr * g", "push(lr, g)")}), STEP, own(helper), below=0)


@kind()
def helper_below():
    found = work({STEP: RIGHT.replace("lr * g", "push(lr, g)")})
    return put(found, STEP, own("def push(lr, g):\n    return lr * g"))


# --- Text ----------------------------------------------------------------------------------------


@kind()
def derivation_below():
    return put(work({DERIVE: STUBS[DERIVE]}), DERIVE, text(SENTENCE))


@kind()
def photo_in_the_answer():
    found = work({DERIVE: f"![](attachment:page.png) {SENTENCE}"})
    cell_of(found, DERIVE)["attachments"] = PNG
    return found


@kind()
def derivation_as_raw():
    found = work()
    cell_of(found, DERIVE)["cell_type"] = "raw"
    return found


@kind()
def derivation_as_code():
    found = work({DERIVE: f"# {SENTENCE}"})
    cell_of(found, DERIVE)["cell_type"] = "code"
    return found


@kind(DERIVE)
def derivation_in_the_question():
    found = work({DERIVE: STUBS[DERIVE]})
    cell_of(found, QUESTION)["source"] += f"\n\n{SENTENCE}"
    return found


@kind(DERIVE)
def derivation_in_the_question_without_names():
    found = stripped(work({DERIVE: STUBS[DERIVE]}))
    question = next(c for c in found["cells"] if c["source"].startswith("## Derive"))
    question["source"] += f"\n\n{SENTENCE}"
    return found


@kind(DERIVE)
def photo_in_the_question():
    found = work({DERIVE: STUBS[DERIVE]})
    cell_of(found, QUESTION)["source"] += f"\n![](attachment:page.png) {SENTENCE}"
    cell_of(found, QUESTION)["attachments"] = PNG
    return found


@kind(DERIVE)
def derivation_as_comments():
    return put(work({DERIVE: STUBS[DERIVE]}), DERIVE, own(f"# {SENTENCE}"))


@kind(DERIVE)
def derivation_as_a_string():
    return put(work({DERIVE: STUBS[DERIVE]}), DERIVE, own(f'"""\n{SENTENCE}\n"""'))


@kind(DERIVE)
def derivation_in_the_code_above():
    return work({DERIVE: STUBS[DERIVE], VALUE: f"# {SENTENCE}\nlengthening = 10"})


@kind(DERIVE)
def derivation_at_the_top():
    found = work({DERIVE: STUBS[DERIVE]})
    found["cells"].insert(0, text(SENTENCE))
    return found


@kind(DERIVE)
def derivation_in_a_cell_that_replaced_it():
    found = work()
    found["cells"].remove(cell_of(found, DERIVE))
    found["cells"].insert(2, text(SENTENCE))
    return found
