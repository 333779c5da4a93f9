"""Run the papers' experiments again, one after the other, and judge what they claim.

    python -m experiments.papers
    python -m experiments.papers --judge

The second computes no cell: it writes the verdicts anew from the stored results, after a claim was
put in better words.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any

from experiments import (
    claims,
    duchi_2011,
    kingma_ba_2015,
    loshchilov_hutter_2019,
    race_to_target,
    reddi_2018,
    sutskever_2013,
    wilson_2017,
    zeiler_2012,
)
from experiments.grid import command_line
from experiments.store import RESULTS, write

PAPERS: tuple[ModuleType, ...] = (
    zeiler_2012,
    duchi_2011,
    wilson_2017,
    kingma_ba_2015,
    reddi_2018,
    sutskever_2013,
    loshchilov_hutter_2019,
    race_to_target,
)
VERDICTS = RESULTS / "verdicts.json"


def result(paper: ModuleType) -> dict[str, Any]:
    """Return what the runs of a paper found, as it is stored."""
    found: dict[str, Any] = json.loads((RESULTS / f"{paper.NAME}.json").read_text(encoding="utf-8"))
    return found


def judged(paper: ModuleType) -> dict[str, Any]:
    """Return a paper's claims with their verdicts, and what we do otherwise, as a page shows them.

    Raises
    ------
    ValueError
        The runs were made for other claims: what decides was changed after them.
    """
    written, found = claims.read(paper.NAME), result(paper)
    if found["claims"] != claims.digest(written):
        raise ValueError(
            f"the parts of claims/{paper.NAME}.toml were changed after the runs: run them again"
        )
    verdicts = claims.judge(written, paper.measures(found))
    return {
        "paper": written.title,
        "claims": [
            {
                "name": each.claim.name,
                "source": each.claim.source,
                "says": each.claim.says,
                "published": each.claim.published,
                "verdict": each.verdict,
                "why": each.claim.why,
                "parts": [
                    {
                        "says": part.part.says(),
                        "holds": part.holds,
                        "turned": part.turned,
                        "shown": part.shown,
                    }
                    for part in each.parts
                ],
            }
            for each in verdicts
        ],
        "deviations": [vars(each) for each in written.deviations],
    }


def main() -> None:
    """Run all papers, if not told to judge alone, and write the verdicts."""
    parser = command_line(__doc__)
    parser.add_argument("--judge", action="store_true", help="run nothing; write the verdicts")
    chosen = parser.parse_args()
    for paper in () if chosen.judge else PAPERS:
        paper.main()
    verdicts = {paper.NAME: judged(paper) for paper in PAPERS}
    write(VERDICTS, verdicts)
    for found in verdicts.values():
        print(found["paper"], file=sys.stderr)
        for claim in found["claims"]:
            print(f"  {claim['name']}: {claim['verdict']}", file=sys.stderr)


if __name__ == "__main__":
    main()
