"""Infrastructure to actor: `python -m benchmarks.attribution infrastructure`, on public blocks (TOCSIN_CTI).

Every block of indicators that has a registrable domain of its own is asked twice: with its reports left out, and with
its whole actor held out. What judges it was fitted on other actors. TOCSIN_CORPUS adds newsletters.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.attribution.benign import senders
from benchmarks.attribution.blocks import Block, DataMissing, data_folder, read_blocks, sharing
from benchmarks.attribution.overlap_cases import AT_S, Asked, asked, known_of, naive
from benchmarks.attribution.overlap_figures import (
    Figures,
    calibration_error,
    figures,
    reliability,
    risk_coverage,
)
from benchmarks.attribution.overlap_fit import ABSTAINS, SEED, Judged, nested, shipped
from benchmarks.attribution.pictures import reliability_picture, risk_picture
from benchmarks.attribution.planted import Planted, plant, plants
from benchmarks.tables import Table, as_markdown, as_text, at_most
from tocsin.attribute.overlap import Calibration, Known, attribute_domains

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "src" / "tocsin" / "data" / "calibration" / "infrastructure.toml"
PICTURES = ROOT / "docs" / "images" / "attribution"
OTHER_SEEDS = (7, 8, 9, 10)
OTHER_SHARES = (0.92, 0.94, 0.96, 0.97)
RULES = (
    "rule", "coverage", "coverage, known actors", "right, by name", "right, actors ≤ 100 blocks",
    "right, by actor named", "actors",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 0, or 2 when the data is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attribution infrastructure",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("--markdown", action="store_true", help="print tables for docs")
    parser.add_argument(
        "--write", action="store_true", help="write the calibration into the package, and pictures"
    )
    options = parser.parse_args(arguments)
    try:
        folder = data_folder()
        blocks = read_blocks(folder)
    except DataMissing as error:
        sys.stderr.write(f"{error}\n")
        return 2
    draw = as_markdown if options.markdown else as_text
    known = known_of(blocks)
    cases = asked(blocks, known)
    judged, models = nested(cases)
    about = f"maltrail apt_*, {len(cases) // 2:,} blocks of {len({b.actor for b in blocks})} names"
    model = shipped(cases, judged, about)
    ours = figures(judged)
    plain = figures([Judged(one, 1.0, bool(one.named)) for one in naive(blocks)])
    apart = known_of(blocks, by_report=False)
    leaky = figures(nested(asked(blocks, apart))[0])
    largest = Counter(one.block.actor for one in cases).most_common(1)[0][0]
    others = figures([one for one in judged if one.case.block.actor != largest])
    tables = [
        rules_table(plain, ours, leaky, others),
        strangers_table(plain, ours),
        planted_table(blocks, judged, models, known),
        calibration_table(judged),
        settings_table(cases, ours),
        mistakes_table(judged),
    ]
    for table in tables:
        sys.stdout.write(draw(table) + "\n")
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if (corpus / "labels.tsv").is_file():
        sys.stdout.write(draw(benign_table(senders(corpus, sharing(folder)), known, model)) + "\n")
    else:
        sys.stderr.write(
            "TOCSIN_CORPUS is not set to a folder that holds labels.tsv and dev/: newsletters were not asked.\n"
        )
    if options.write:
        write(model, judged)
    return 0


def rules_table(plain: Figures, ours: Figures, leaky: Figures, others: Figures) -> Table:
    """Blocks left out one by one."""

    def row(name: str, one: Figures) -> tuple[str, ...]:
        return (
            name,
            str(one.coverage),
            str(one.coverage_of_known),
            str(one.precision),
            str(one.precision_of_small),
            str(one.macro),
            str(one.actors),
        )

    return Table(
        "Infrastructure to actor, a block left out with its reports",
        RULES,
        (
            row("most domains in common", plain),
            row("Tocsin", ours),
            row("Tocsin, reports not told apart", leaky),
            row("Tocsin, without blocks of the largest list", others),
            ("aim", "≥ 0.30", "≥ 0.40", "", "", "≥ 0.85", ""),
        ),
        "Shares with 95 % intervals, actors drawn again with all their blocks.",
    )


def strangers_table(plain: Figures, ours: Figures) -> Table:
    """Whole actors held out, at the same threshold."""

    def row(name: str, one: Figures) -> tuple[str, ...]:
        return (
            name,
            f"{one.held_out:.2f}",
            str(one.abstains),
            str(one.abstains_by_actor),
            str(one.coverage_of_known),
        )

    return Table(
        "Actors never heard of, same thresholds",
        ("rule", "share of the test", "unnamed, by block", "unnamed, by actor", "coverage, known actors"),
        (
            row("most domains in common", plain),
            row("Tocsin", ours),
            ("aim", "≥ 0.40", "≥ 0.90", "≥ 0.90", "≥ 0.40"),
        ),
    )


def planted_table(
    blocks: Sequence[Block], judged: Sequence[Judged], models: Sequence[Calibration], known: Known
) -> Table:
    """Indicators of a rival planted in blocks that had a name, and in those that had none."""
    chest = plants(blocks, known)
    named = [one for one in judged if one.answers and not one.case.held_out]
    silent = [one for one in judged if not one.answers and one.case.known]
    rows = [
        ("one, in a named block", plant(named, models, known, chest)),
        ("the best known, in a named block", plant(named, models, known, chest, best_known=True)),
        ("two, in a named block", plant(named, models, known, chest, count=2)),
        ("one, in a block without a name", plant(silent, models, known, chest)),
        ("the best known, in a block without a name", plant(silent, models, known, chest, best_known=True)),
    ]

    def cells(name: str, one: Planted) -> tuple[str, ...]:
        return (
            name,
            f"{one.blocks:,}",
            f"{one.same:,}",
            f"{one.nobody:,}",
            at_most(one.rival, one.blocks),
            str(one.other),
        )

    return Table(
        "False flags: a rival's domains planted",
        ("planted", "blocks", "as before", "nobody", "the rival", "others"),
        (*(cells(name, one) for name, one in rows), ("aim, one in a named block", "", "", "", "0", "0")),
    )


def calibration_table(judged: Sequence[Judged]) -> Table:
    """How often names were right, by the probability that was stated for them."""
    known = [one for one in judged if not one.case.held_out]
    rows = [(f"{said:.2f}", f"{true:.2f}", f"{count:,}") for said, true, count in reliability(judged)]
    return Table(
        "Stated and true",
        ("stated probability", "right", "cases"),
        (
            *rows,
            ("calibration error", f"{calibration_error(judged):.3f}", ""),
            ("the same, no actor held out", f"{calibration_error(known):.3f}", ""),
        ),
        "Cases in which somebody leads; half of all cases are of actors held out.",
    )


def settings_table(cases: Sequence[Asked], ours: Figures) -> Table:
    """The same with other folds, and with other shares of strangers to be left unnamed."""
    rows = [(f"as above: {ABSTAINS:.2f}, folds {SEED}", ours)]
    rows += [(f"{ABSTAINS:.2f}, folds {seed}", figures(nested(cases, seed)[0])) for seed in OTHER_SEEDS]
    rows += [(f"{share:.2f}, folds {SEED}", figures(nested(cases, SEED, share)[0])) for share in OTHER_SHARES]
    return Table(
        "Other settings",
        (
            "strangers unnamed when fitting",
            "coverage, known actors",
            "right, by actor named",
            "actors",
            "unnamed",
        ),
        tuple(
            (
                name,
                f"{one.coverage_of_known.value:.3f}",
                f"{one.macro.value:.3f}",
                str(one.actors),
                f"{min(one.abstains.value, one.abstains_by_actor.value):.3f}",
            )
            for name, one in rows
        ),
    )


def mistakes_table(judged: Sequence[Judged], most: int = 12) -> Table:
    """Which names were given for which, most often first: much of it is one actor under two vendors' names."""
    wrong = Counter(
        (one.case.named, one.case.block.actor)
        for one in judged
        if one.answers and not one.case.held_out and not one.case.right
    )
    return Table(
        f"Wrong names: {wrong.total()}, the most frequent",
        ("named", "published as", "blocks"),
        tuple((said, true, str(count)) for (said, true), count in wrong.most_common(most)),
    )


def benign_table(found: Mapping[str, Sequence[str]], known: Known, model: Calibration) -> Table:
    """Senders of newsletters as if they were campaigns."""
    named = met = 0
    for values in found.values():
        ranked = attribute_domains(values, known, model, AT_S)
        met += bool(ranked)
        named += any(one.answers for one in ranked)
    showing = sum(bool(values) for values in found.values())
    return Table(
        "Newsletters",
        ("senders", "with hosts of their own", "share a host or name with an actor", "named"),
        (
            (f"{len(found):,}", f"{showing:,}", f"{met:,}", at_most(named, len(found))),
            ("aim", "", "", "0"),
        ),
    )


def as_toml(model: Calibration) -> str:
    """The calibration as the file that the package holds."""
    lines = [
        "# Written by `python -m benchmarks.attribution infrastructure --write`; see docs/measurements.md.",
        f'fitted_on = "{model.fitted_on}"',
        f"intercept = {model.intercept}",
        f"threshold = {model.threshold}",
        "# Stated, not fitted: public blocks carry no dates.",
        f"half_life_days = {model.half_life_days}",
        f"expired = {model.expired}",
        "",
        "[weights]",
        *(f"{name} = {value}" for name, value in model.weights.items()),
    ]
    for band in model.bands:
        lines += ["", "[[bands]]", f"start = {band.start}", f"low = {band.low}", f"high = {band.high}"]
    return "\n".join([*lines, ""])


def write(model: Calibration, judged: Sequence[Judged]) -> None:
    """Writes the calibration into the package, and the pictures of docs."""
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(as_toml(model), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "infrastructure-reliability.svg").write_text(
        reliability_picture(reliability(judged), "Infrastructure to actor: stated and true"), encoding="utf-8"
    )
    (PICTURES / "infrastructure-risk-coverage.svg").write_text(
        risk_picture([("Tocsin", risk_coverage(judged))], "Infrastructure to actor: risk and coverage"),
        encoding="utf-8",
    )
