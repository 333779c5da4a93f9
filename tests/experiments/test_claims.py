"""A verdict follows from the claims and the measures by the stated rule alone."""

import math

import pytest

from experiments import claims
from experiments.claims import digest, judge, needed, parsed

FILES = sorted(path.stem for path in claims.CLAIMS.glob("*.toml"))


def paper(*parts, **more):
    entry = {"name": "A1", "source": "Table 1", "says": "so", "published": "1 < 2", **more}
    return parsed({"paper": "A (2000)", "claim": [{**entry, "parts": list(parts)}]})


def verdict(measures, *parts):
    (found,) = judge(paper(*parts), measures)
    return found


LOWER = {"lower": "a", "than": "b"}
TEN = list(range(10))


@pytest.mark.parametrize("seeds", range(6, 41))
def test_as_many_seeds_are_needed_as_a_fair_coin_seldom_shows(seeds):
    def chance(least):
        return sum(math.comb(seeds, k) for k in range(least, seeds + 1)) / 2**seeds

    assert chance(needed(seeds)) <= 1 / 40 < chance(needed(seeds) - 1)


def test_fewer_than_six_seeds_can_show_nothing():
    with pytest.raises(ValueError, match="at least six seeds, got 5"):
        needed(5)


@pytest.mark.parametrize(
    ("below", "said"),
    [
        (10, "reproduced"),
        (9, "reproduced"),
        (8, "not reproduced"),
        (2, "not reproduced"),
        (1, "turned round"),
        (0, "turned round"),
    ],
)
def test_a_measure_is_lower_in_nine_seeds_of_ten(below, said):
    other = [k + (1 if k < below else -1) for k in TEN]
    found = verdict({"a": TEN, "b": other}, LOWER)
    assert (found.verdict, found.parts[0].shown) == (said, f"{below} of 10 seeds")


def test_a_claim_that_misses_its_factor_is_not_turned_round_by_that():
    ones, twos = [1.0] * 10, [2.0] * 10
    assert verdict({"a": ones, "b": twos}, {**LOWER, "by": 5}).verdict == "not reproduced"
    assert verdict({"a": twos, "b": ones}, {**LOWER, "by": 5}).verdict == "turned round"
    # "Not worse by a quarter" is turned round only where it is worse by more than that.
    for a, said in ((1.2, "reproduced"), (1.3, "turned round")):
        assert verdict({"a": [a] * 10, "b": ones}, {**LOWER, "by": 0.8}).verdict == said


def test_all_parts_that_ask_for_lower_must_be_turned_round_and_one_at_least():
    measures = {"a": [2.0] * 10, "b": [1.0] * 10, "c": [2.0] * 10}
    close = {"close": "a", "to": "b", "within": 0.1}
    assert verdict(measures, LOWER, close).verdict == "turned round"
    assert verdict(measures, close).verdict == "not reproduced"
    assert verdict(measures, LOWER, {"lower": "a", "than": "c"}).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("a", "said"),
    [(0.5, "holds"), (1.0, "does not hold"), (2.0, "turned round")],
)
def test_our_own_questions_reproduce_nothing(a, said):
    measures = {"a": [a] * 10, "b": [1.0] * 10}
    asked = paper(LOWER, published="nothing: the paper has no such row")
    assert judge(asked, measures)[0].verdict == said
    half = paper({"lower": "a", "than": 3.0}, {"lower": "b", "than": 0.0}, published="nothing")
    assert judge(half, measures)[0].verdict == "holds in part"


def test_equal_is_not_lower_and_a_factor_counts():
    assert verdict({"a": TEN, "b": TEN}, LOWER).verdict == "not reproduced"
    ones, threes = [1.0] * 10, [3.0] * 10
    for by, said in ((2, "reproduced"), (3, "not reproduced")):
        assert verdict({"a": ones, "b": threes}, {**LOWER, "by": by}).verdict == said
    assert verdict({"a": ones}, {"lower": "a", "than": 1.5}).verdict == "reproduced"


def test_a_run_that_diverged_is_below_nothing_and_above_everything():
    diverged, fine = [None] * 10, [1.0] * 10
    assert verdict({"a": fine, "b": diverged}, LOWER).verdict == "reproduced"
    assert verdict({"a": diverged, "b": fine}, LOWER).verdict == "turned round"
    assert verdict({"a": diverged, "b": diverged}, LOWER).verdict == "not reproduced"
    close = {"close": "a", "to": "b", "within": 0.1}
    assert verdict({"a": diverged, "b": diverged}, close).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("a", "said"),
    [
        (1.09, "reproduced"),
        (0.92, "reproduced"),
        (1.11, "not reproduced"),
        (0.90, "not reproduced"),
    ],
)
def test_close_is_a_ratio_of_medians_either_way(a, said):
    measures = {"a": [a] * 6 + [100.0] * 4, "b": [1.0] * 10}
    assert verdict(measures, {"close": "a", "to": "b", "within": 0.1}).verdict == said


def test_some_parts_of_a_claim_make_it_hold_in_part():
    measures = {"a": [1.0] * 10, "b": [2.0] * 10}
    assert verdict(measures, LOWER, {"lower": "b", "than": "a"}).verdict == "in part"
    assert verdict(measures, LOWER, {"lower": "a", "than": 1.5}).verdict == "reproduced"


def test_a_claim_without_parts_says_why():
    (found,) = judge(paper(why="needs a GPU"), {})
    assert found.verdict == claims.NOT_TRIED
    for wrong in ({}, {"why": "no", "parts": [LOWER]}):
        with pytest.raises(ValueError, match="A1 must have parts, or say why"):
            paper(*wrong.get("parts", []), **{k: v for k, v in wrong.items() if k == "why"})


@pytest.mark.parametrize(
    "part",
    [
        {"lower": "a"},
        {**LOWER, "within": 0.1},
        {"close": "a", "to": "b"},
        {"close": "a", "to": "b", "within": 0.1, "by": 2},
        {"lower": 1, "than": "a"},
    ],
)
def test_a_part_that_is_neither_is_refused(part):
    with pytest.raises(ValueError, match="a part must be"):
        paper(part)


def test_what_is_compared_must_be_there_and_have_the_same_seeds():
    with pytest.raises(ValueError, match="no measure 'b'; there are"):
        verdict({"a": TEN}, LOWER)
    with pytest.raises(ValueError, match="must have the same seeds, got 10 and 9"):
        verdict({"a": TEN, "b": TEN[1:]}, LOWER)


def test_the_digest_hangs_on_what_decides_and_on_nothing_else():
    first = digest(paper(LOWER))
    assert digest(paper(LOWER, says="the same in better words")) == first
    assert digest(paper({**LOWER, "by": 2})) != first
    assert digest(paper({"lower": "b", "than": "a"})) != first


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_claims_can_be_read(name):
    found = claims.read(name)
    assert found.claims
    for claim in found.claims:
        assert all((claim.name, claim.source, claim.says, claim.published))
