"""What a student gets back: a page with a comment for each exercise, and their own answers.

Made from the record alone, which holds no solution and no hidden test; so none can be shown.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classroom.export import status, total
from classroom.files import write
from classroom.gradebook import BY_HAND
from classroom.intake import grade_id, text_of
from classroom.recheck import MANUAL, MISSING, NOT_GRADED, RIGHT

# An answer may be long; a page that nobody can open helps nobody.
LONGEST_SHOWN = 20_000
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem;
  color: #1f2328; background: #fff }
section { border-left: .3rem solid #8c959f; padding: 0 1rem; margin: 1.5rem 0 }
section.right { border-color: #1a7f37 } section.wrong, section.error { border-color: #b35900 }
pre { background: #f6f8fa; padding: .7rem; overflow: auto; white-space: pre-wrap }
""".strip()
WORDS = {
    RIGHT: "Right.",
    MISSING: "There is no answer yet.",
    NOT_GRADED: "This could not be graded; your teacher knows of it.",
    MANUAL: "Your teacher reads this answer.",
    BY_HAND: "Graded by your teacher.",
}


def page(record: dict[str, Any], assignment: str) -> str:
    """Return a student's feedback as one HTML page that needs nothing else.

    Parameters
    ----------
    record : dict
        As `classroom.grade.records` returns it.
    assignment : str
        Its name.
    """
    answers = {}
    for cell in (record["notebook"] or {"cells": []})["cells"]:
        answers[grade_id(cell)] = text_of(cell)
    score = total(record)
    points = sum(row["points"] for row in record["exercises"])
    known = "not complete yet" if score is None else f"{score:g}"
    title = html.escape(assignment.replace("_", " ").capitalize())
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        # Nothing on the page may run or load, whatever a student wrote.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{title}</h1>",
        f"<p>{html.escape(record['name'])}: {known} of {points:g} points.</p>",
    ]
    if status(record) == NOT_GRADED and record["notebook"] is None:
        parts.append(f"<p>Nothing was graded: {html.escape(record['reason'])}.</p>")
    parts += [f"<p>{html.escape(note)}</p>" for note in record["notes"]]
    for row in record["exercises"]:
        got = "–" if row["score"] is None else f"{row['score']:g}"
        kind = row["status"].lower().replace(" ", "-")
        said = " ".join(filter(None, [WORDS.get(row["status"], ""), _reason(row)]))
        parts.append(f'<section class="{kind}">\n<h2>{html.escape(row["name"])}</h2>')
        parts.append(f"<p>{got} of {row['points']:g}. {html.escape(said)}</p>")
        answer = answers.get(row["name"], "")
        if answer and row["status"] != MISSING:
            text = answer[:LONGEST_SHOWN]
            parts.append("<details><summary>Your answer</summary>")
            parts.append(f"<pre>{html.escape(text)}</pre></details>")
        parts.append("</section>")
    return "\n".join([*parts, "</main>\n</body>\n</html>\n"])


def _reason(row: dict[str, Any]) -> str:
    return "" if row["status"] in (MISSING, MANUAL) else str(row["reason"])


def write_pages(
    records: Sequence[dict[str, Any]], into: Path, assignment: str, *, quiet: bool = False
) -> Path:
    """Write everybody's page, and a zip of them as Moodle takes it back; return their folder.

    Raises
    ------
    ClassroomError
        A file cannot be written.
    """
    folder = into / "feedback" / assignment
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in tqdm(records, unit="page", desc="feedback", disable=quiet):
            text = page(record, assignment)
            write(folder / f"{record['student']}.html", text.encode("utf-8", "replace"))
            if record["identity"].isdigit():
                # Moodle knows whose a file is by the name of the folder it was downloaded in.
                owner = f"{record['name']}_{record['identity']}_assignsubmission_file_"
                archive.writestr(f"{owner.replace('/', ' ')}/{assignment}.html", text)
    write(folder / f"{assignment}-moodle.zip", pack.getvalue())
    return folder
