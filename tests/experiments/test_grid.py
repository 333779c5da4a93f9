"""A grid that was stopped goes on where it was, and finds what one that was not stopped finds."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from experiments import grid as module
from experiments.grid import Grid, GridError, Journal, commanded, key

from .works import summed

ROOT = Path(__file__).parents[2]
WORKS = "tests.experiments.works"


def cells(folder, count=6):
    return [{"folder": str(folder), "k": k} for k in range(count)]


def computed(folder, work="counted", count=6, **options):
    with Grid(f"{WORKS}:{work}", folder / "journal", quiet=True, **options) as grid:
        return grid.compute(cells(folder, count))


def times(folder, count=6):
    """How often each cell was computed."""
    marks = [folder / f"ran-{k}" for k in range(count)]
    return [mark.stat().st_size if mark.exists() else 0 for mark in marks]


@pytest.fixture
def threads(monkeypatch):
    """Work in threads, which start at once; what is tested does not hang on processes."""
    monkeypatch.setattr(
        module, "ProcessPoolExecutor", lambda jobs, **_context: ThreadPoolExecutor(jobs)
    )


def test_two_processes_find_what_one_finds_in_the_cells_order(tmp_path):
    found = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        found.append(computed(folder, jobs=jobs))
        assert times(folder) == [1] * 6
    assert found[0] == found[1] == [{**summed(cell), "pair": [1, 2.5]} for cell in cells(tmp_path)]


@pytest.mark.usefixtures("threads")
def test_a_run_that_was_stopped_goes_on_and_computes_nothing_twice(tmp_path):
    (tmp_path / "stop-3").touch()
    with pytest.raises(GridError, match=r'"k": 3\} failed, RuntimeError: stopped.*goes on'):
        computed(tmp_path, "stopping", jobs=1)
    assert times(tmp_path)[3] == 0 < sum(times(tmp_path))
    assert sum(times(tmp_path)) == len((tmp_path / "journal").read_text().splitlines()) - 1
    (tmp_path / "stop-3").unlink()
    resumed = computed(tmp_path, "stopping", jobs=1)
    assert times(tmp_path) == [1] * 6
    whole = tmp_path / "whole"
    whole.mkdir()
    assert resumed == computed(whole, "stopping", jobs=1)


@pytest.mark.usefixtures("threads")
def test_what_is_done_needs_no_process_at_all(tmp_path, monkeypatch):
    first = computed(tmp_path)
    monkeypatch.setattr(module, "_over_processes", None)
    assert computed(tmp_path) == first


def test_a_process_that_dies_is_one_clear_line_and_loses_nothing(tmp_path):
    asked = [{**cell, "journal": str(tmp_path / "journal")} for cell in cells(tmp_path)]
    with (
        Grid(f"{WORKS}:deadly", tmp_path / "journal", jobs=1, quiet=True) as grid,
        pytest.raises(GridError, match="a process died.*the same command goes on"),
    ):
        grid.compute(asked)
    with Grid(f"{WORKS}:deadly", tmp_path / "journal", jobs=1, quiet=True) as grid:
        assert len(grid.compute(asked)) == 6
    assert times(tmp_path) == [1] * 6


@pytest.mark.usefixtures("threads")
def test_a_line_that_was_cut_is_computed_again_and_no_other(tmp_path):
    first = computed(tmp_path)
    journal = tmp_path / "journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    assert computed(tmp_path) == first
    assert sorted(times(tmp_path)) == [1] * 5 + [2]
    assert len(journal.read_bytes().splitlines()) == 7


@pytest.mark.usefixtures("threads")
def test_more_cells_than_last_time_compute_only_what_is_new(tmp_path):
    computed(tmp_path, count=4)
    computed(tmp_path, count=6)
    assert times(tmp_path) == [1] * 6


@pytest.mark.usefixtures("threads")
def test_the_journal_of_other_code_is_refused_and_not_changed(tmp_path):
    computed(tmp_path, "counted", count=1)
    before = (tmp_path / "journal").read_bytes()
    with pytest.raises(GridError, match="was begun by other code or versions"):
        computed(tmp_path, "stopping", count=1)
    assert (tmp_path / "journal").read_bytes() == before


@pytest.mark.usefixtures("threads")
def test_a_worker_with_other_code_is_refused(tmp_path):
    with Grid(f"{WORKS}:counted", tmp_path / "journal", jobs=1, quiet=True) as grid:
        grid.journal.code = "of another checkout"
        with pytest.raises(GridError, match="by other code or versions than this process"):
            grid.compute(cells(tmp_path, 1))
        assert grid.journal.done == {}


def test_two_runs_at_the_same_journal_are_refused(tmp_path):
    with (
        Grid(f"{WORKS}:counted", tmp_path / "journal"),
        pytest.raises(GridError, match="another process is at work on"),
    ):
        Journal(tmp_path / "journal", "any")


@pytest.mark.usefixtures("threads")
def test_a_damaged_line_is_named(tmp_path):
    computed(tmp_path, count=2)
    with (tmp_path / "journal").open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(GridError, match=r"line 4 of .*journal is damaged"):
        computed(tmp_path, count=2)


@pytest.mark.usefixtures("threads")
def test_cells_are_plain_data_and_differ(tmp_path):
    assert key({"b": 1, "a": 2}) == key({"a": 2, "b": 1})
    with Grid(f"{WORKS}:infinite", tmp_path / "journal", quiet=True) as grid:
        with pytest.raises(ValueError, match="twice"):
            grid.compute([{"k": 1}, {"k": 1}])
        with pytest.raises(ValueError, match="a cell must be plain data"):
            grid.compute([{"k": {1, 2}}])
        with pytest.raises(ValueError, match="gives must be plain data with finite numbers"):
            grid.compute([{"k": 1}])


@pytest.mark.usefixtures("threads")
def test_the_seconds_are_those_of_all_cells_whenever_they_ran(tmp_path):
    computed(tmp_path)
    entries = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()[1:]]
    with Grid(f"{WORKS}:counted", tmp_path / "journal") as grid:
        assert grid.seconds == sum(entry["seconds"] for entry in entries)


@pytest.mark.usefixtures("threads")
def test_a_command_has_its_journal_and_result_and_forgets_the_journal_at_the_end(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "JOURNALS", tmp_path)
    monkeypatch.setattr("sys.argv", ["experiment", "--jobs", "1", "--quiet", "--size", "paper"])
    (tmp_path / "stop-1").touch()
    with (
        pytest.raises(SystemExit, match="failed, RuntimeError"),
        commanded(f"{WORKS}:stopping", None) as (grid, _, _),
    ):
        grid.compute(cells(tmp_path, 2))
    assert (tmp_path / "works_paper.jsonl").exists()
    (tmp_path / "stop-1").unlink()
    with commanded(f"{WORKS}:stopping", None) as (grid, result, size):
        grid.compute(cells(tmp_path, 2))
    assert (size, result) == ("paper", module.RESULTS / "works_paper.json")
    assert times(tmp_path, 2) == [1, 1]
    assert not (tmp_path / "works_paper.jsonl").exists()


@pytest.mark.usefixtures("threads")
def test_a_command_says_in_a_line_what_it_cannot_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "JOURNALS", tmp_path)
    monkeypatch.setattr("sys.argv", ["experiment", "--quiet"])
    Journal(tmp_path / "works.jsonl", "of another checkout").close()
    with (
        pytest.raises(SystemExit, match="was begun by other code"),
        commanded(f"{WORKS}:counted", None),
    ):
        pass


def test_a_run_that_is_killed_loses_nothing_that_was_kept_and_leaves_no_process(tmp_path):
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from experiments.grid import Grid\n"
        "if __name__ == '__main__':\n"
        f"    folder = {str(tmp_path)!r}\n"
        "    asked = [{'folder': folder, 'k': k} for k in range(6)]\n"
        f"    with Grid('{WORKS}:counted', Path(folder) / 'journal', jobs=1, quiet=True) as grid:\n"
        "        kept = grid.journal.append\n"
        "        def append(cell, done):\n"
        "            kept(cell, done)\n"
        "            if cell['k'] == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        grid.journal.append = append\n"
        "        grid.compute(asked)\n"
    )
    script = tmp_path / "killed.py"
    script.write_text(program)
    # A worker that outlived the killed process would hold the pipe, and this would not return.
    ended = subprocess.run(
        [sys.executable, script],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    assert len((tmp_path / "journal").read_text().splitlines()) == 1 + 3
    found = computed(tmp_path, jobs=1)
    assert [each["sum"] for each in found] == [summed(cell)["sum"] for cell in cells(tmp_path)]
