"""The papers' stored results are what their code computes, and are judged by the claims alone."""

import json
from collections import Counter

import numpy as np
import pytest

from experiments import claims, papers, zeiler_2012
from experiments.settings import label, values

STORED = {paper: papers.result(paper) for paper in papers.PAPERS}
each_paper = pytest.mark.parametrize("paper", papers.PAPERS, ids=lambda paper: paper.NAME)
# The others have a test of their own for them.
each_of_numbers = pytest.mark.parametrize("paper", [zeiler_2012], ids=lambda paper: paper.NAME)


def sections(paper):
    """Each part of a result with the cells that it holds."""
    stored, found = STORED[paper], []
    if "settings" in stored:
        found.append((stored["settings"], paper.cells("small")))
    if "tuned" in stored:
        found.append((stored["tuned"], paper.tuning("small")))
    if "judged" in stored:
        found.append((stored["judged"], paper.judging(stored["best"], "small")))
    if "autoencoder" in stored:
        found.append((stored["autoencoder"], paper.correcting("small")))
    return found


@each_paper
def test_the_verdicts_on_the_page_are_those_of_the_claims_and_the_results(paper):
    shown = json.loads(papers.VERDICTS.read_text(encoding="utf-8"))
    assert shown[paper.NAME] == papers.judged(paper)


@each_paper
def test_the_claims_are_those_for_which_the_runs_were_made(paper):
    assert STORED[paper]["claims"] == claims.digest(claims.read(paper.NAME))
    assert STORED[paper]["about"].keys() >= {"date", "seconds", "numpy", "minioptim", "machine"}


def test_claims_that_were_changed_after_the_runs_are_refused(monkeypatch):
    monkeypatch.setattr(claims, "digest", lambda paper: paper.title)
    with pytest.raises(ValueError, match="were changed after the runs: run them again"):
        papers.judged(zeiler_2012)


@each_paper
def test_every_cell_is_there(paper):
    for stored, cells in sections(paper):
        seeds = Counter(map(label, cells))
        assert list(stored) == list(seeds)
        for setting, found in stored.items():
            assert {len(runs) for runs in found.values()} == {seeds[setting]}


def sample(paper, seed, count):
    """Draw some of the stored runs that did not fail: (cell, what is stored of it)."""
    rng, drawn = np.random.default_rng(seed), []
    for stored, cells in sections(paper):
        calm = []
        for cell in cells:
            found = stored[label(cell)]
            place = [c["seed"] for c in cells if label(c) == label(cell)].index(cell["seed"])
            one = {name: runs[place] for name, runs in found.items()}
            # Far above the best rate the last bit, which depends on the processor, decides.
            if None not in one.values() and one.get("error", 0) < 15:
                calm.append((cell, one))
        drawn += [calm[k] for k in rng.choice(len(calm), size=count, replace=False)]
    return drawn


@each_of_numbers
def test_a_seeded_sample_of_cells_is_what_the_code_computes(paper):
    for cell, stored in sample(paper, 2026, 2):
        again = paper.run(cell)
        assert again.keys() == stored.keys()
        if "error" in stored:  # in per cent, of 1,000 digits
            assert again["error"] == pytest.approx(stored["error"], abs=0.6)
        for name in stored.keys() - {"error"}:
            # Hundreds of steps amplify the last bit.
            np.testing.assert_allclose(again[name], stored[name], rtol=0.05, err_msg=label(cell))


def test_no_best_setting_of_zeilers_lies_at_an_edge():
    best = zeiler_2012.best(STORED[zeiler_2012]["settings"])
    assert STORED[zeiler_2012]["best"] == {rule: label(each) for rule, each in best.items()}
    for rule in ("SGD", "Momentum", "Adagrad"):
        assert best[rule]["lr"] in zeiler_2012.RATES[1:-1]
    assert best["Adadelta"]["rho"] in zeiler_2012.RHO[1:-1]
    assert best["Adadelta"]["eps"] in zeiler_2012.EPS[1:-1]


@each_paper
def test_nobody_is_tuned_and_judged_on_the_same_seeds(paper):
    seeds = STORED[paper]["seeds"]
    assert not {*seeds["tuned on"]} & {*seeds["judged on"]}
    assert len(seeds["judged on"]) >= 10


def test_a_run_that_diverged_is_infinite():
    assert values({"a": {"error": [None, 2.0]}}, "a", "error").tolist() == [np.inf, 2.0]
