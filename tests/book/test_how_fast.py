"""The page on speed shows every group that is measured; a group has a row to hold it to."""

import re
from pathlib import Path

import pytest

from benchmarks import rows
from book.extensions import timings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "chapters" / "how_fast.md").read_text(encoding="utf-8")
GROUPS = rows.groups(quick=True)


def test_the_page_shows_every_group_once():
    assert sorted(re.findall(r"^```\{timings\} (\w+)$", PAGE, re.MULTILINE)) == sorted(GROUPS)


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_unit_of_a_group_is_a_row_that_is_always_there(group):
    assert {"torch", "jax", "optax", "keras", "sklearn"}.isdisjoint(group.rows[group.unit].needs)


def test_work_is_timed_by_its_own_clock_if_it_has_one():
    assert rows.timed(lambda: 3.5, cpu=False) == 3.5
    assert rows.timed(lambda: 3.5, cpu=True, at_least=1e-3) == 3.5


def test_a_bound_moves_as_many_bytes_as_a_step():
    work = rows.bound(300, "float32", 7)
    assert work().size == 700  # two arrays read and one written, of 700 each: 7 of 300


def test_a_group_is_a_table_of_its_rows():
    row = {"seconds": 0.5, "ratio": 2.0, "quartiles": [1.0, 3.0], "memory": 7e6}
    group = {"key": "memory", "name": "x", "unit": "a", "rows": {"a": row, "b": row}, "absent": []}
    head, _, *lines = timings.table(group).splitlines()[2:]
    assert head == "| | time | times | of its own |"
    assert lines == [f"| {n} | 500 ms | 2.0 (1.00 to 3.0) | 7 MB |" for n in ("a (unit)", "b")]
