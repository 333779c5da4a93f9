"""The page on speed shows every group that is measured; a group has a row to hold it to."""

import re
from pathlib import Path

import pytest

from benchmarks import rows
from book.extensions import timings
from minioptim.rules import RULES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "chapters" / "how_fast.md").read_text(encoding="utf-8")
GROUPS = rows.groups(quick=True)


def test_the_page_shows_every_group_once():
    assert sorted(re.findall(r"^```\{timings\} (\w+)$", PAGE, re.MULTILINE)) == sorted(GROUPS)


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_unit_of_a_row_is_one_that_is_always_there(group):
    others = {"torch", "jax", "optax", "keras", "sklearn"}
    for name in group.rows:
        unit = group.unit_of(name)
        assert group.unit_of(unit) == unit
        assert others.isdisjoint(group.rows[unit].needs)


def test_work_is_timed_by_its_own_clock_if_it_has_one():
    assert rows.timed(lambda: 3.5, cpu=False) == 3.5
    assert rows.timed(lambda: 3.5, cpu=True, at_least=1e-3) == 3.5


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_bound_of_a_rule_has_arrays_as_many_and_as_large_as_its_step(rule):
    work = GROUPS["rules"].rows[GROUPS["rules"].unit_of(rule.__name__)].make()
    assert {(array.size, array.dtype.name) for array in work.args} == {(10**5, "float32")}
    before = [array.copy() for array in work.args]
    work()
    written = [(array != old).all() for array, old in zip(work.args, before, strict=True)]
    assert written == [False, True] + [True] * len(rule.state)  # the gradient is read alone


def test_a_group_is_a_table_of_its_rows():
    row = {"seconds": 0.5, "ratio": 2.0, "quartiles": [1.0, 3.0], "memory": 7e6, "unit": "a"}
    group = {"key": "memory", "name": "x", "rows": {"a": row, "b": row}, "absent": []}
    head, _, *lines = timings.table(group).splitlines()[2:]
    assert head == "| what | time | times | of its own |"
    assert lines == [f"| {n} | 500 ms | 2.0 (1.00 to 3.0) | 7 MB |" for n in ("a (unit)", "b")]
