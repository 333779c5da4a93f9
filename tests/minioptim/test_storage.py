"""Traces in files and as columns: the same bits again, no code in a file, whole or not at all."""

import copy
import csv
import json
import pickle
import zipfile
from dataclasses import dataclass

import numpy as np
import pytest

from minioptim import Adam, Momentum, Rule, columns, feed, load, minimize, save
from minioptim.problems import Quadratic, Ravine
from minioptim.rules import RULES, Averaged, ClippedNorm, Frozen, Muon, PerLayer
from minioptim.rules.variants import VARIANTS
from minioptim.schedules import Constant, Cosine, Sequence, WarmUp

BOWL = Quadratic([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
START = [1.0, -2.0, 3.0, 1.0, 0.5, -1.0]
SCHEDULE = 0.5 * WarmUp(3, Sequence((Constant(0.1), Cosine(0.2, steps=9)), ends=(5,))) + 0.01

WHOLE = [
    *(rule() for rule in (*RULES, *VARIANTS)),
    Adam(lr=[0.1, 0.2], beta2=[[0.9], [0.99]]),
    Adam(lr=SCHEDULE),
    Averaged(ClippedNorm(Frozen(Adam(lr=0.1), [True, False] * 3), [1.0, 2.0])),
    PerLayer([("W", (2, 2), Muon(lr=SCHEDULE)), ("b", (2,), Momentum(lr=0.1))]),
]


@dataclass(frozen=True)
class Own(Rule):
    lr: float = 0.1

    def step(self, g, x, t):
        return (x - self.lr * g,)


def same(one, other):
    assert one.rule == other.rule
    assert one.recorded.keys() == other.recorded.keys()
    for name in one.recorded.keys() - {"state"}:
        assert np.array_equal(one.recorded[name], other.recorded[name], equal_nan=True)
    for mine, theirs in ((one.final_state, other.final_state), *states(one, other)):
        assert list(mine) == list(theirs)
        for name, array in mine.items():
            assert np.array_equal(array, theirs[name], equal_nan=True)
    for name in ("t", "final", "diverged", "stopped"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def states(one, other):
    return [(one.state, other.state)] if "state" in one.recorded else []


@pytest.mark.parametrize("rule", WHOLE, ids=lambda rule: type(rule).__name__)
def test_a_saved_run_comes_back_and_goes_on_bit_for_bit(rule, tmp_path):
    trace = minimize(BOWL, rule, START, 7)
    save(trace, tmp_path / "run.npz")
    again = load(tmp_path / "run.npz")
    same(again, trace)
    assert not again.x.flags.writeable
    same(minimize(BOWL, again.rule, again, 6), minimize(BOWL, rule, trace, 6))


def test_what_was_not_recorded_is_not_in_the_file(tmp_path):
    trace = minimize(BOWL, Adam(), START, 9, record=("f",), every=4)
    save(trace, str(tmp_path / "run"))
    same(load(str(tmp_path / "run")), trace)


@pytest.mark.parametrize(
    "rule",
    [Own(0.2), Adam(lr=lambda t: 0.1 / t), Averaged(Own())],
    ids=["class", "schedule", "inside"],
)
def test_a_rule_of_ones_own_is_given_again(rule, tmp_path):
    trace = minimize(BOWL, rule, START, 4)
    save(trace, tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"^rule must be given for .*not made of this package's"):
        load(tmp_path / "run.npz")
    same(load(tmp_path / "run.npz", rule=rule), trace)


def test_a_rule_with_other_states_is_refused(tmp_path):
    save(minimize(BOWL, Adam(), START, 4), tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"^rule must be that of .*Adam\(.*, got Momentum\("):
        load(tmp_path / "run.npz", rule=Momentum())
    of_another_file = dataclass(frozen=True)(type("Adam", (Own,), {"state": ("u",)}))
    with pytest.raises(ValueError, match=r"^rule must have the states \('m', 'v'\)"):
        load(tmp_path / "run.npz", rule=of_another_file(0.001))


@pytest.mark.parametrize(
    ("kept", "given", "name"),
    [
        (Own(0.2), Own(0.3), "lr is 0.2"),
        (Own([0.2, 0.3]), Own([0.2, 0.4]), r"lr is array\(\[0.2, 0.3\]\)"),
        (Adam(lr=lambda t: 0.1 / t), Adam(lr=lambda t: 0.1 / t, eps=1e-3), "eps is 1e-08"),
        (Adam(lr=SCHEDULE), Adam(lr=0.1), "lr is "),
        (Averaged(Own(0.2)), Averaged(Own(0.3)), "rule.lr is 0.2"),
    ],
    ids=["number", "array", "beside a schedule", "schedule", "inside"],
)
def test_a_rule_that_is_not_the_files_is_refused(kept, given, name, tmp_path):
    save(minimize(BOWL, kept, START, 4), tmp_path / "run.npz")
    with pytest.raises(ValueError, match=f"^rule must be that of .*run.npz, whose {name}"):
        load(tmp_path / "run.npz", rule=given)


def test_whether_a_run_was_stopped_is_in_the_file(tmp_path):
    rule = Adam(lr=[0.1, 1e200])
    trace = minimize(BOWL, rule, START, 9, stop=lambda step: step.t >= [3, 20] * np.ones(2))
    assert trace.stopped.tolist() == [True, False]
    save(trace, tmp_path / "run.npz")
    assert load(tmp_path / "run.npz").stopped.tolist() == [True, False]


def test_a_file_of_before_is_still_read(tmp_path):
    file = tmp_path / "run.npz"
    save(minimize(BOWL, Own(), START, 4), file)
    with np.load(file) as archive:
        held = dict(archive)
    about = json.loads(str(held["about"]))
    del about["kinds"], about["hyper_parameters"], held["stopped"]
    np.savez(file, **held | {"about": np.array(json.dumps(about))})
    assert not load(file, rule=Own()).stopped


def test_the_states_are_not_pickled_in_silence(tmp_path):
    trace = minimize(BOWL, Adam(), START, 4)
    with pytest.raises(TypeError, match=r"save\(trace, path\) writes the whole run"):
        np.savez(tmp_path / "run.npz", **trace.recorded)
    np.savez(tmp_path / "states.npz", **trace.state)


def test_a_copy_of_a_trace_is_read_only_too():
    trace = minimize(BOWL, Adam(), START, 4)
    for again in (pickle.loads(pickle.dumps(trace)), copy.deepcopy(trace)):  # noqa: S301
        same(again, trace)
        for array in (again.x, again.final, again.state["m"], again.final_state["v"]):
            assert not array.flags.writeable


@pytest.mark.parametrize("rule", [Own, 0.1])
def test_what_is_given_again_must_be_a_rule(rule, tmp_path):
    save(minimize(BOWL, Own(), START, 4), tmp_path / "run.npz")
    with pytest.raises(TypeError, match="^rule must be a rule such as Adam"):
        load(tmp_path / "run.npz", rule=rule)


class Trap:
    def __reduce__(self):
        return print, ("a file ran code",)


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "other", "pickle", "format", "zip"])
def test_another_file_is_named_and_runs_nothing(kind, tmp_path, capsys):
    file = tmp_path / "run.npz"
    save(minimize(BOWL, Adam(), START, 4), file)
    whole = file.read_bytes()
    match kind:
        case "text":
            file.write_text("t,x\n0,1\n", encoding="utf-8")
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "other":
            np.savez(file, x=np.ones(3))
        case "pickle":
            file.write_bytes(pickle.dumps(Trap()))
        case "format":
            with np.load(file) as archive:
                held = dict(archive)
            held["about"] = np.array(str(held["about"]).replace('"format": 1', '"format": 2'))
            np.savez(file, **held)
        case "zip":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("about.npy", b"nothing")
    with pytest.raises(ValueError, match=r"run\.npz is not a file that save wrote: ") as caught:
        load(file)
    assert "pickle" not in str(caught.value), "that would run what the file holds"
    assert capsys.readouterr().out == ""


def test_a_class_of_another_module_is_never_made(tmp_path):
    file = tmp_path / "run.npz"
    save(minimize(BOWL, Adam(), START, 4), file)
    with np.load(file) as archive:
        held = dict(archive)
    held["about"] = np.array(str(held["about"]).replace('"class": "Adam"', '"class": "Path"'))
    np.savez(file, **held)
    with pytest.raises(ValueError, match="^rule must be given"):
        load(file)


def test_a_file_that_cannot_be_written_is_as_before(tmp_path, monkeypatch):
    file = tmp_path / "run.npz"
    save(minimize(BOWL, Adam(), START, 4), file)
    before = file.read_bytes()

    def fails(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("minioptim.storage.np.savez", fails)
    with pytest.raises(OSError, match="no space left"):
        save(minimize(BOWL, Adam(), START, 5), file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


@pytest.mark.parametrize("function", [lambda x: save(x, "run.npz"), columns])
def test_only_traces_are_kept(function):
    with pytest.raises(TypeError, match="^trace must be a Trace, such as minimize returns, got 1"):
        function(1)


# ---------------------------------------------------------------- columns


def test_columns_hold_each_step_with_what_led_to_it(tmp_path):
    trace = minimize(Ravine(), Adam(lr=SCHEDULE), steps=5)
    table = columns(trace)
    assert list(table)[:5] == ["t", "lr", "f", "x[0]", "x[1]"]
    assert len({len(column) for column in table.values()}) == 1
    assert table["x[1]"].tolist() == trace.x[:, 1].tolist()
    assert table["m[0]"].tolist() == trace.state["m"][:, 0].tolist()
    for name, column in (("lr", trace.lr), ("grad[1]", trace.grad[:, 1])):
        assert np.isnan(table[name][0])
        assert table[name][1:].tolist() == column.tolist()
    assert trace.lr.tolist() == [SCHEDULE(t) for t in range(1, 6)]

    with open(tmp_path / "run.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    with open(tmp_path / "run.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["f"]) for row in rows] == trace.f.tolist()


def test_columns_of_a_batch_name_the_place_of_each_run():
    trace = minimize(BOWL, Adam(lr=[0.1, 0.2], beta2=[[0.9], [0.99], [0.999]]), START, 8, every=3)
    table = columns(trace)
    one = (table["run[0]"] == 2) & (table["run[1]"] == 1)
    assert table["t"][one].tolist() == [0, 3, 6, 8]
    assert table["x[5]"][one].tolist() == trace.x[:, 2, 1, 5].tolist()
    assert table["lr"][one][1:].tolist() == [0.2] * 3


def test_the_learning_rate_of_a_rule_inside_another_is_kept():
    trace = minimize(BOWL, ClippedNorm(Adam(lr=SCHEDULE), 1.0), START, 5)
    assert columns(trace)["lr"][1:].tolist() == [SCHEDULE(t) for t in range(1, 6)]


def test_columns_of_matrices_and_of_rules_without_one_learning_rate():
    rule = PerLayer([("W", (2, 2), Muon()), ("b", (2,), Momentum())])
    table = columns(minimize(BOWL, rule, START, 3))
    assert {"W.m[3]", "b.v[1]"} <= table.keys()
    assert "lr" not in table
    with pytest.raises(AttributeError, match="PerLayer has no single learning rate"):
        _ = feed(rule, np.ones((2, 6))).lr
