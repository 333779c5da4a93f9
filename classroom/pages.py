"""What a student gets back: a page with a comment for each exercise, and their own answers.

It is made from the record alone, which holds no solution and no hidden test, so it can show none.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from tqdm import tqdm

from classroom.files import write
from classroom.intake import grade_id, text_of
from classroom.platforms import all_platforms
from classroom.record import MISSING, Record, as_in_notebook, is_absent, said_of, so_far

# Long answers are cut, because a page that is too large to open helps nobody.
LONGEST_SHOWN = 20_000
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("page")), autoescape=True,
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
)  # fmt: skip
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem;
  color: #1f2328; background: #fff }
section { border-left: .3rem solid #8c959f; padding: 0 1rem; margin: 1.5rem 0 }
section.right { border-color: #1a7f37 } section.wrong, section.error { border-color: #b35900 }
pre { background: #f6f8fa; padding: .7rem; overflow: auto; white-space: pre-wrap }
""".strip()


def page(record: Record, assignment: str) -> str:
    """Return a student's feedback as one HTML page that needs nothing else.

    Parameters
    ----------
    record : Record
        As `classroom.grade.records` returns it.
    assignment : str
        Its name.
    """
    answers = {
        grade_id(cell): text_of(cell) for cell in (record["notebook"] or {"cells": []})["cells"]
    }
    parts = []
    # If the whole file could not be read, the page says so above.
    for title, row in as_in_notebook(record):
        answer = "" if row["status"] == MISSING else answers.get(row["name"], "")
        got = "–" if row["score"] is None else f"{row['score']:g}"
        kind = row["status"].lower().replace(" ", "-")
        part = {"title": title, "got": got, "points": f"{row['points']:g}", "said": said_of(row)}
        parts.append({**part, "kind": kind, "answer": answer[:LONGEST_SHOWN]})
    return TEMPLATES.get_template("feedback.html").render(
        title=assignment.replace("_", " ").capitalize(),
        style=Markup(STYLE),  # noqa: S704 (ours)
        name=record["name"],
        so_far=so_far(record),
        problem="" if record["notebook"] is not None else record["reason"],
        notes=record["notes"],
        parts=parts,
    )


def write_pages(
    records: Sequence[Record], into: Path, assignment: str, *, quiet: bool = False
) -> list[Path]:
    """Write a page for everybody who handed something in, and zips that platforms take back.

    Returns
    -------
    list of Path
        The pages, then the zips, as ``<assignment>-moodle.zip``, for each platform where somebody
        handed in.

    Raises
    ------
    ClassroomError
        A file cannot be written.
    """
    folder = into / "feedback" / assignment
    pages: list[Path] = []
    platforms = {platform.name: platform for platform in all_platforms()}
    packs: dict[str, dict[str, str]] = {name: {} for name in platforms}
    for record in tqdm(records, unit="page", desc="feedback", disable=quiet):
        path = folder / f"{record['student']}.html"
        if is_absent(record):
            path.unlink(missing_ok=True)
            continue
        text = page(record, assignment)
        write(path, text.encode("utf-8", "replace"))
        pages.append(path)
        platform = platforms.get(record.get("platform", ""))
        if platform and (name := platform.feedback_name(record, assignment)):
            packs[platform.name][name] = text
    zips = []
    for name, texts in packs.items():
        path = folder / f"{assignment}-{name}.zip"
        if not texts:
            path.unlink(missing_ok=True)
            continue
        pack = io.BytesIO()
        with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, text in texts.items():
                archive.writestr(place, text.encode("utf-8", "replace"))
        write(path, pack.getvalue())
        zips.append(path)
    return pages + zips
