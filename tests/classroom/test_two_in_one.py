"""A derivation that stands in the cell of another question's is shown, and gets no 0 unseen."""

import json

import pytest

from classroom.course import Course
from classroom.intake import Sought, grade_id

MOMENTUM = Course().assignment("momentum")
SOUGHT = MOMENTUM.sought
BOTH = "Sum: $v_t = -lr\\, g$.\n\n(b) Too small: it creeps. Too large: it swings. 0.81."


def taken(answers: dict[str, str]):
    found = json.loads(json.dumps(MOMENTUM.release))
    for cell in found["cells"]:
        if grade_id(cell) in answers:
            cell["source"] = answers[grade_id(cell)]
    return Sought.take(SOUGHT, json.dumps(found).encode())


@pytest.mark.parametrize(
    ("place", "other"),
    [("momentum-derive", "momentum-explain"), ("momentum-explain", "momentum-derive")],
)
def test_the_other_answers_cell_is_shown_and_the_answer_stays_open(place, other):
    intake = taken({place: BOTH})
    assert other in intake.missing
    (found,) = intake.elsewhere[other]
    assert (found.where, found.text) == (f"the cell of {place}", BOTH)
    # Most who leave one out mean it: it is read with the rest, and not listed first.
    assert not found.is_likely


def test_an_answer_that_is_there_is_not_looked_for_elsewhere():
    intake = taken({"momentum-derive": BOTH, "momentum-explain": "Friction."})
    assert not {"momentum-derive", "momentum-explain"} & set(intake.elsewhere)


def test_who_wrote_nothing_has_no_answer():
    intake = taken({"momentum-predict": "predicted_x = [4, 2, 1, 0, 0]"})
    assert "momentum-derive" in intake.missing
    assert "momentum-derive" not in intake.elsewhere
