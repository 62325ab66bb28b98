"""What verdicts find, miss and alarm about for nothing: `python -m benchmarks.verdicts`, or `make evaluate`.

Two parts: exercises, whose truth is known because they are made, with seeds that no weight was set or fitted on; and
real mail from TOCSIN_CORPUS (a folder that holds labels.tsv and dev/), whose labels are weak.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import fit
from benchmarks.fitting import Row, fitted_weights
from benchmarks.tables import Table, as_markdown, as_text
from benchmarks.verdict_checks import (
    bands_of,
    disguised_table,
    permuted_changes,
    reason_table,
    reliability_table,
    strongest_reason,
)
from benchmarks.verdict_tables import (
    HOSTILE,
    PHISHING,
    RECONNAISSANCE,
    Judgement,
    benign_table,
    campaign_table,
    confusion_table,
    missed_share,
    phishing_row,
    real_table,
    recall_table,
)
from benchmarks.worlds import ALONE, MAILBOX, TOGETHER, WAYS, World, only, outcomes
from tocsin.app.weights import load_weights
from tocsin.model.weights import Weights

SEEDS = (501, 502, 503)
PEOPLE = 9


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; 0, or 2 when the corpus is missing."""
    options = _parser().parse_args(arguments)
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not options.exercises_only and not (corpus / "labels.tsv").is_file():
        sys.stderr.write(
            "TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/; nothing was measured. "
            "Exercises alone need no corpus: --exercises-only.\n"
        )
        return 2
    tell = fit.teller()
    weights, judged = load_weights(), load_weights(fitted="")
    with tempfile.TemporaryDirectory(prefix="tocsin-verdicts-") as name:
        made = fit.exercises(options.seeds, options.people, Path(name), options.jobs, tell)
        training = fit.exercises(fit.SEEDS, fit.PEOPLE, Path(name), options.jobs, tell)
    real = [] if options.exercises_only else fit.real_mail(corpus, options.jobs, tell)
    rows = fit.settled_rows([*training, *real], judged, tell)
    tell("judging")
    judgements = judged_all([*made, *real], weights)
    left_out = judged_without_family(made, judged, rows, tell)
    draw = as_markdown if options.markdown else as_text
    seeds = ", ".join(map(str, options.seeds))
    mails = sum(len(world.cases) for world in made)
    print(
        f"Exercises: {mails} mails, seeds {seeds}, {options.people} people; real mail: "
        f"{sum(len(world.cases) for world in real)}; rules {weights.version}\n"
    )
    for table in tables(judgements, left_out, weights):
        print(draw(table), flush=True)
    for line in closing_lines(made, judgements, left_out, weights):
        print(line, flush=True)
    tell("done")
    return 0


def judged_all(worlds: Sequence[World], weights: Weights) -> list[Judgement]:
    """Every case of these worlds, judged in all ways."""
    judgements = []
    for world in worlds:
        columns = {way: outcomes(world, way, weights) for way in WAYS}
        judgements += [
            Judgement(world.name, case, {way: columns[way][number] for way in WAYS})
            for number, case in enumerate(world.cases)
        ]
    return judgements


def judged_without_family(
    worlds: Sequence[World], judged: Weights, rows: Sequence[Row], tell: Callable[[str], None]
) -> list[Judgement]:
    """The mails of each hostile family, judged by weights that were fitted without that family."""
    families = sorted(
        {
            case.family
            for world in worlds
            for case in world.cases
            if case.stratum == HOSTILE and case.label == RECONNAISSANCE
        }
    )
    judgements = []
    for family in families:
        tell(f"without {family}")
        weights = fitted_weights(judged, rows, without=family)
        for world in worlds:
            numbers = [n for n, case in enumerate(world.cases) if case.family == family]
            columns = {way: outcomes(world, way, weights) for way in (TOGETHER, MAILBOX)}
            alone = outcomes(only(world, numbers), ALONE, weights)
            judgements += [
                Judgement(
                    world.name,
                    world.cases[number],
                    {**{way: columns[way][number] for way in columns}, ALONE: alone[at]},
                )
                for at, number in enumerate(numbers)
            ]
    return judgements


def tables(judgements: Sequence[Judgement], left_out: Sequence[Judgement], weights: Weights) -> list[Table]:
    """All tables; `left_out` are the hostile mails as judged without their family."""

    def unseen(one: Judgement) -> bool:
        return fit.held_out(one.case)

    return [
        *(real_table(judgements, class_, unseen) for class_ in (RECONNAISSANCE, PHISHING)),
        *(benign_table(judgements, class_) for class_ in (RECONNAISSANCE, PHISHING)),
        recall_table(
            left_out,
            "Reconnaissance found, each family by weights fitted without it",
            "Alerts of the class reconnaissance, of all mails so labelled: count, share and 95 % interval.",
        ),
        recall_table(judgements, "Reconnaissance found, by the weights that ship", ""),
        phishing_row(judgements),
        campaign_table(left_out),
        disguised_table(judgements),
        bands_of(judgements, TOGETHER),
        *(reliability_table(judgements, way, weights.prior) for way in (TOGETHER, MAILBOX)),
        reason_table(judgements, weights),
        *(confusion_table(judgements, way) for way in WAYS),
    ]


def closing_lines(
    made: Sequence[World], judgements: Sequence[Judgement], left_out: Sequence[Judgement], weights: Weights
) -> list[str]:
    """What one line says: permutations, the strongest reason, and the miss rate that the program shows."""
    by_world = [[one for one in judgements if one.world == world.name] for world in made]
    changes = [permuted_changes(world, own, weights) for world, own in zip(made, by_world, strict=True)]
    name, likelihood = strongest_reason(weights)
    missed = ", ".join(f"{100 * missed_share(left_out, way):.0f} ({way})" for way in WAYS)
    by_order, by_ending = (sum(change[at] for change in changes) for at in (0, 1))
    moved = f"when all top-level domains change places: {by_ending}; of {sum(map(len, by_world))}."
    return [
        f"Verdicts that change when mails come in another order: {by_order}; {moved}",
        f"The strongest single reason, {name}, gives {likelihood:.3f} by itself.",
        f"Reconnaissance mails without any alert, of 100: {missed}",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verdicts", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--exercises-only", action="store_true", help="leave real mail out")
    parser.add_argument("--markdown", action="store_true", help="print for docs/measurements.md")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="seeds of the exercises")
    parser.add_argument("--people", type=int, default=PEOPLE, help="people in each exercise")
    parser.add_argument("--jobs", type=int, default=2, help="processes that observe")
    return parser


if __name__ == "__main__":
    sys.exit(main())
