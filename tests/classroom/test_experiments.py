"""The experiments' grid on a Dask cluster, which the teacher's environment has."""

import os
from pathlib import Path

import pytest

from experiments.grid import Grid, GridError

from ..missing import skip_or_fail

pytestmark = pytest.mark.timeout(600)
WORKS = "tests.experiments.works"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster(monkeypatch):
    """The address of a scheduler with two workers of one thread each, which find the tests."""
    try:
        from distributed import LocalCluster
    except ImportError:
        skip_or_fail("no Dask: this needs the classroom's environment (make classroom)")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made:
        yield made.scheduler_address


def marks(folder, what, count):
    found = [folder / f"{what}-{k}" for k in range(count)]
    return [mark.stat().st_size if mark.exists() else 0 for mark in found]


def test_a_killed_worker_loses_no_cell_and_no_cell_that_is_kept_runs_twice(tmp_path, cluster):
    journal, count = tmp_path / "journal", 12
    cells = [{"folder": str(tmp_path), "journal": str(journal), "k": k} for k in range(count)]
    with Grid(f"{WORKS}:deadly_to_a_worker", journal, cluster=cluster, quiet=True) as grid:
        found = grid.compute(cells)
    assert marks(tmp_path, "begun", count)[5] == 2  # killed the first time
    assert marks(tmp_path, "ran", count) == [1] * count
    assert len(journal.read_text().splitlines()) == 1 + count
    with Grid(f"{WORKS}:counted", tmp_path / "here", jobs=1, quiet=True) as grid:
        assert grid.compute(cells) == found


def test_a_cell_that_fails_on_a_cluster_is_named_and_the_run_goes_on_later(tmp_path, cluster):
    cells = [{"folder": str(tmp_path), "k": k} for k in range(4)]
    (tmp_path / "stop-1").touch()
    with (
        Grid(f"{WORKS}:stopping", tmp_path / "journal", cluster=cluster, quiet=True) as grid,
        pytest.raises(GridError, match=r'"k": 1\} failed, RuntimeError: stopped'),
    ):
        grid.compute(cells)
    (tmp_path / "stop-1").unlink()
    with Grid(f"{WORKS}:stopping", tmp_path / "journal", jobs=1, quiet=True) as grid:
        assert len(grid.compute(cells)) == 4


def test_a_scheduler_that_does_not_answer_is_one_clear_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("experiments.grid.SECONDS_TO_CONNECT", 1)
    with (
        Grid(f"{WORKS}:counted", tmp_path / "journal", cluster="tcp://127.0.0.1:1") as grid,
        pytest.raises(GridError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"),
    ):
        grid.compute([{"folder": str(tmp_path), "k": 0}])
