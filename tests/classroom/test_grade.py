"""A batch ends, whatever is in it; interrupted, it goes on where it was."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classroom import grade as module
from classroom import sandbox
from classroom.course import Course
from classroom.files import ClassroomError, read_json, write
from classroom.grade import grade, records, set_exam
from classroom.ledger import Ledger
from classroom.sandbox import NoSandboxError
from classroom.submissions import collect, notebook_path

from .a_class import ALL_KINDS, hand_in, scored
from .handed_in import COURSE, DERIVE, SOUGHT, STEP, TINY, VALUE, WRONG, data, notebook, sandboxed

pytestmark = pytest.mark.timeout(1800)
ROOT = Path(__file__).parents[2]


def collected_class(folder, count):
    known = hand_in(folder / "export", count)
    collect(folder / "export", folder / "class", "tiny", SOUGHT)
    return folder / "class", known


def graded(into, **options):
    sandboxed()
    return grade(TINY, into, jobs=options.pop("jobs", 2), quiet=True, **options)


@pytest.fixture
def without_code(monkeypatch):
    """Grade one after another, here, and without running anything: for what is not about code."""
    count = []

    def quick(_paper, student, *_content):
        count.append(student)
        rows = [
            {"name": name, "points": 1.0, "score": 1.0, "status": "right", "reason": ""}
            for name in (STEP, VALUE, DERIVE)
        ]
        return {"student": student, "status": "graded", "reason": "", "notes": []} | {
            "exercises": rows,
            "notebook": None,
        }

    def here(exam, work, _jobs, _unsafe):
        for item in work:
            yield item if isinstance(item, dict) else module.grade_submission(exam, *item)

    monkeypatch.setattr(module, "_over_processes", here)
    monkeypatch.setattr(module, "grade_submission", quick)
    monkeypatch.setattr(sandbox, "why_not", lambda: None)
    return count


def test_a_mixed_class_has_its_rows_and_its_scores(tmp_path):
    into, known = collected_class(tmp_path, len(ALL_KINDS))
    batch = graded(into)
    assert scored(batch.records) == known
    assert (batch.graded, batch.kept) == (len(known), 0)
    assert not list(into.rglob("*.unfinished"))
    again = graded(into)
    assert (again.graded, again.kept) == (0, len(known))
    assert again.records == batch.records
    assert records(TINY, into) == batch.records
    # A regrade asks the same questions, and so comes to the same.
    forced = graded(into, force=True)
    assert (forced.graded, scored(forced.records)) == (len(known), known)


def listens_to_an_interrupt():
    # A shell lets what it runs in the background ignore interrupts, and a child inherits that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_batch_loses_and_doubles_nothing(tmp_path):
    sandboxed()
    into, known = collected_class(tmp_path, 2 * len(ALL_KINDS))
    command = [sys.executable, "-m", "classroom", "grade", "tiny", "--course", str(COURSE)]
    command += ["--class", str(into), "--jobs", "2", "--quiet"]
    ledger = Ledger(into, "tiny")
    for stop in (signal.SIGINT, signal.SIGKILL):
        running = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True, preexec_fn=listens_to_an_interrupt,
        )  # fmt: skip
        before = len(list(ledger.folder.glob("records/*.json")))
        deadline = time.monotonic() + 1000
        while time.monotonic() < deadline and running.poll() is None:
            if len(list(ledger.folder.glob("records/*.json"))) >= before + 3:
                break
            time.sleep(0.02)
        os.killpg(running.pid, stop)
        said = running.communicate(timeout=600)[1]
        # 130 is what `grade` returns when interrupted: 0 would say that it was not stopped in time.
        assert running.returncode == (130 if stop == signal.SIGINT else -signal.SIGKILL), said
        if stop == signal.SIGINT:
            assert "run the same command to go on" in said
    done = {path: path.stat().st_mtime_ns for path in ledger.folder.glob("records/*.json")}
    assert 6 <= len(done) < len(known)
    batch = graded(into)
    assert batch.kept == len(done)
    assert batch.graded == len(known) - len(done)
    assert scored(batch.records) == known
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())


class Deadly:
    """Stands for what is graded, in another process: dies there on some submissions."""

    def __init__(self, folder, always=False):
        self.folder, self.always = folder, always

    def __call__(self, exam, student, content, _others=(), *, unsafe=False):
        died = self.folder / f"{student}-died"
        if b"deadly" in content and (self.always or not died.exists()):
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return module.nothing_graded(exam, student, "done")


@pytest.mark.parametrize("always", [False, True])
def test_a_killed_process_loses_no_submission(tmp_path, monkeypatch, always):
    monkeypatch.setattr(module, "grade_submission", Deadly(tmp_path, always))
    exam = set_exam(TINY, 1)
    work = [(f"s{k}", b"deadly" if k in (2, 5) else b"harmless") for k in range(9)]
    found = list(module._over_processes(exam, iter(work), 2, False))
    assert sorted(record["student"] for record in found) == [name for name, _ in work]
    said = {record["student"]: record["reason"] for record in found}
    for name, content in work:
        died = always and content == b"deadly"
        assert said[name].endswith("died 3 times") if died else said[name] == "done"


@pytest.mark.usefixtures("without_code")
def test_what_the_grader_failed_on_is_tried_again(tmp_path):
    into, known = collected_class(tmp_path, 3)
    batch = graded(into)
    student = next(iter(known))
    record = module._failed(set_exam(TINY, 1), student, OSError("no more memory"))
    assert "the grader failed on it: OSError: no more memory" in record["reason"]
    Ledger(into, "tiny").keep(record, "")
    again = graded(into)
    assert (batch.graded, again.graded) == (3, 1)


def test_new_work_is_graded_and_the_rest_is_kept(tmp_path, without_code):
    into, known = collected_class(tmp_path, 4)
    graded(into)
    student = next(iter(known))
    notebook_path(into, "tiny", student).write_bytes(data(notebook({STEP: WRONG})))
    del without_code[:]
    batch = graded(into)
    assert without_code == [student]
    assert batch.kept == 3


def test_what_another_notebook_has_is_part_of_the_work(tmp_path, without_code):
    into, _ = collected_class(tmp_path, 1)
    graded(into)
    graded(into)
    (folder,) = (tmp_path / "export").iterdir()
    (folder / "draft.ipynb").write_bytes(data(notebook({STEP: WRONG})))
    collect(tmp_path / "export", into, "tiny", SOUGHT)
    graded(into)
    assert len(without_code) == 2


@pytest.mark.usefixtures("without_code")
def test_a_newer_submission_has_no_score_until_graded(tmp_path):
    into, known = collected_class(tmp_path, 3)
    graded(into)
    student = next(iter(known))
    notebook_path(into, "tiny", student).write_bytes(data(notebook({STEP: WRONG})))
    first, *rest = sorted(records(TINY, into), key=lambda record: record["student"] != student)
    assert "run grade again" in first["reason"]
    assert {row["score"] for row in first["exercises"]} == {None}
    assert {row["score"] for record in rest for row in record["exercises"]} == {1.0}
    graded(into)
    assert {r["status"] for r in records(TINY, into)} == {"graded"}


@pytest.mark.usefixtures("without_code")
def test_a_damaged_record_is_graded_again(tmp_path):
    into, known = collected_class(tmp_path, 3)
    graded(into)
    Ledger(into, "tiny").path(next(iter(known))).write_text('{"exercises": [')
    assert graded(into).graded == 1


@pytest.mark.usefixtures("without_code")
def test_a_damaged_seed_is_told_and_not_drawn_again(tmp_path):
    into, _ = collected_class(tmp_path, 1)
    graded(into)
    (into / "grades" / "tiny" / "seed.json").write_text("{}")
    with pytest.raises(ClassroomError, match="seed.json is damaged"):
        graded(into)


@pytest.mark.usefixtures("without_code")
def test_two_gradings_at_once_are_refused(tmp_path):
    into, _ = collected_class(tmp_path, 1)
    with (
        Ledger(into, "tiny").alone(),
        pytest.raises(ClassroomError, match="being graded by another"),
    ):
        graded(into)


def test_without_bubblewrap_nothing_is_graded(tmp_path, monkeypatch):
    into, _ = collected_class(tmp_path, 1)
    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is not installed")
    with pytest.raises(NoSandboxError, match="--unsafe students' code would run with your rights"):
        grade(TINY, into, quiet=True)
    assert not (into / "grades").exists()


def test_unsafe_grades_the_same(tmp_path):
    into, known = collected_class(tmp_path, 6)
    batch = grade(TINY, into, jobs=2, quiet=True, unsafe=True)
    assert scored(batch.records) == known


@pytest.mark.usefixtures("without_code")
def test_a_full_disk_is_one_clear_line_and_keeps_what_was_graded(tmp_path, monkeypatch):
    into, known = collected_class(tmp_path, 5)
    real = os.fsync
    writes = []

    def full(descriptor):
        writes.append(descriptor)
        if len(writes) > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ClassroomError, match="the disk is full.*run the same command again"):
        graded(into)
    monkeypatch.setattr(os, "fsync", real)
    assert not list(into.rglob(".*unfinished"))
    kept = list((into / "grades" / "tiny" / "records").glob("*"))
    assert 0 < len(kept) < len(known)
    assert all(read_json(path) for path in kept)
    batch = graded(into)
    assert (batch.kept, batch.graded) == (len(kept), len(known) - len(kept))


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ClassroomError, match="could not be written"):
        write(tmp_path / "file" / "record.json", b"{}")


@pytest.mark.usefixtures("without_code")
def test_a_submission_that_vanished_has_a_row(tmp_path):
    into, known = collected_class(tmp_path, 3)
    student = next(iter(known))
    notebook_path(into, "tiny", student).unlink()
    batch = graded(into)
    (record,) = [record for record in batch.records if record["student"] == student]
    assert "cannot be read" in record["reason"]


@pytest.mark.usefixtures("without_code")
def test_a_link_put_in_place_of_a_submission_is_refused(tmp_path):
    into, known = collected_class(tmp_path, 2)
    student = next(iter(known))
    path = notebook_path(into, "tiny", student)
    path.unlink()
    path.symlink_to(into / "gradebook.db")
    batch = graded(into)
    (record,) = [record for record in batch.records if record["student"] == student]
    assert "links are not followed" in record["reason"]


def test_an_assignment_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(ClassroomError, match="no assignment large in .*known: tiny"):
        Course(COURSE).assignment("large")
    with pytest.raises(ClassroomError, match="run `python -m classroom collect tiny"):
        grade(TINY, tmp_path, quiet=True, unsafe=True)
    with pytest.raises(ClassroomError, match="has not been graded"):
        records(TINY, tmp_path)


def test_a_class_is_graded_by_two_workers_of_a_cluster(tmp_path):
    distributed = pytest.importorskip("distributed")
    into, known = collected_class(tmp_path, 8)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
    ):
        batch = graded(into, cluster=cluster.scheduler_address)
    assert scored(batch.records) == known


def test_a_killed_worker_of_a_cluster_loses_no_submission(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(module, "grade_submission", Deadly(tmp_path))
    exam = set_exam(TINY, 1)
    work = [(f"s{k}", b"deadly" if k == 3 else b"harmless") for k in range(8)]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
    ):
        address = cluster.scheduler_address
        found = list(module._over_cluster(exam, iter(work), address, False))
    assert (tmp_path / "s3-died").exists()
    assert sorted(record["student"] for record in found) == [name for name, _ in work]
    assert {record["reason"] for record in found} == {"done"}


@pytest.mark.usefixtures("without_code")
def test_a_scheduler_that_does_not_answer_is_one_clear_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    into, _ = collected_class(tmp_path, 1)
    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(ClassroomError, match="no Dask scheduler answers at tcp://127.0.0.1:1"):
        graded(into, cluster="tcp://127.0.0.1:1")
