"""Techniques to actor: `python -m benchmarks.attribution techniques`, on ATT&CK's reports (TOCSIN_CTI).

Everything is chosen and fitted on reports before 2022, year by year; later ones and whole campaigns test it.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence

import msgspec

from benchmarks.attribution.bayes import class_prior, naive_bayes
from benchmarks.attribution.cases import MISSING, Case, Split, cases_of, read_attack_reports, split_by_year
from benchmarks.attribution.metrics import (
    Answer,
    at_coverage,
    bins,
    calibration_error,
    coverage,
    interval,
    log_loss,
    precision,
    separation,
    top,
)
from benchmarks.attribution.technique_files import write_calibrations, write_pictures
from benchmarks.attribution.technique_fit import (
    ABSTAINS,
    Asked,
    ask,
    fit,
    given_known,
    held_out,
    held_out_for_long,
    learnt,
    median,
)
from benchmarks.tables import Table, as_markdown, as_text
from tocsin.attribute.techniques import Calibration, seen_in_mail

FIRST_TEST_YEAR = 2022
FIRST_CHOICE_YEAR = 2019  # years before the test on which things were chosen
FOLDS = 5
SEED = 6
MANY = 8  # techniques
_Figure = Callable[[Sequence[Answer]], float]


class Run(msgspec.Struct, frozen=True):
    """One kind of techniques: what was learnt before the test, and what it answers in it."""

    reports: tuple[Case, ...]
    split: Split
    calibration: Calibration
    earlier: tuple[Asked, ...]
    known: tuple[Asked, ...]
    unknown: tuple[Asked, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 0, or 2 when the data is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attribution techniques", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--markdown", action="store_true", help="print tables for docs")
    parser.add_argument(
        "--write", action="store_true", help="write the calibration into the package, and pictures"
    )
    parser.add_argument("--before-test", action="store_true", help="leave the years from 2022 on alone")
    options = parser.parse_args(arguments)
    found = read_attack_reports()
    if found is None:
        sys.stderr.write(MISSING)
        return 2
    cases = cases_of(found)
    draw = as_markdown if options.markdown else as_text
    full = run(cases.reports, cases.campaigns, test=not options.before_test)
    mail = run(in_mail(cases.reports), in_mail(cases.campaigns), test=not options.before_test)
    tables = [
        dropped_table(len(found), cases.dropped, full.split),
        choice_table(full),
        choice_table(mail, " in mail"),
    ]
    if not options.before_test:
        tables += [
            known_table(full),
            parts_table(full),
            answers_table(full),
            reliability_table(full),
            unknown_table(full),
            known_table(mail, " in mail"),
            unknown_table(mail, " in mail"),
        ]
    for table in tables:
        sys.stdout.write(draw(table) + "\n")
    if options.write:
        write_calibrations(full.calibration, mail.calibration, len(full.split.train), len(mail.split.train))
        if not options.before_test:
            write_pictures(
                [given_known(one) for one in full.known],
                naive_bayes(full.split.train, full.split.known),
            )
    return 0


def in_mail(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The same cases with what a mail shows alone; those that show nothing are left out."""
    cut = (
        msgspec.structs.replace(one, techniques=frozenset(filter(seen_in_mail, one.techniques)))
        for one in cases
    )
    return tuple(one for one in cut if one.techniques)


def kept_up(one: Run) -> tuple[list[Asked], list[Asked]]:
    """Reports from the first test year on, each asked of all reports of earlier years, by the same calibration.

    The second list leaves out those of which half the techniques stand in one earlier report on the same actor: ATT&CK
    often cites several reports on one event together, and then knows their actor without telling it by habits.
    """
    answers: list[Asked] = []
    apart: list[Asked] = []
    for year in range(FIRST_TEST_YEAR, max(case.year for case in one.reports) + 1):
        split = split_by_year(one.reports, year, year)
        model = learnt(split.train, year, one.calibration)
        cases = (*split.known, *split.unknown)
        for case, asked in zip(cases, ask(cases, model), strict=True):
            answers.append(asked)
            if not any(
                earlier.actor == case.actor
                and 2 * len(earlier.techniques & case.techniques) >= len(case.techniques)
                for earlier in split.train
            ):
                apart.append(asked)
    return answers, apart


def run(reports: tuple[Case, ...], campaigns: Sequence[Case], *, test: bool) -> Run:
    """Fits before the test years, and asks about them."""
    split = split_by_year(reports, FIRST_TEST_YEAR, also=campaigns)
    calibration = fit(reports, FIRST_TEST_YEAR)
    earlier = tuple(held_out(reports, FIRST_TEST_YEAR, FIRST_CHOICE_YEAR))
    if not test:
        return Run(reports, split, calibration, earlier, (), ())
    model = learnt(split.train, FIRST_TEST_YEAR, calibration)
    return Run(
        reports, split, calibration, earlier, tuple(ask(split.known, model)), tuple(ask(split.unknown, model))
    )


def dropped_table(read: int, dropped: Sequence[tuple[str, int]], split: Split) -> Table:
    """What is measured on."""
    rows = [
        ("pairs of actor and cited report", str(read), ""),
        *((f"dropped: {why}", str(count), "") for why, count in dropped),
    ]
    for name, cases in (
        ("training", split.train),
        ("test, known", split.known),
        ("test, unknown", split.unknown),
    ):
        rows.append((name, str(len(cases)), str(len({one.actor for one in cases}))))
    return Table("Cases", ("", "cases", "actors"), tuple(rows))


def choice_table(one: Run, kind: str = "") -> Table:
    """The years on which everything was chosen."""
    prior: list[Answer] = []
    bayes: list[Answer] = []
    for year in range(FIRST_CHOICE_YEAR, FIRST_TEST_YEAR):
        split = split_by_year(one.reports, year, year)
        prior += class_prior(split.train, split.known)
        bayes += naive_bayes(split.train, split.known)
    ours = [given_known(asked) for asked in one.earlier if asked.answer.known]
    old = [
        given_known(asked) for asked in held_out_for_long(one.reports, FIRST_TEST_YEAR) if asked.answer.known
    ]
    return Table(
        f"Techniques{kind} to actor, known actors, 2019 to 2021 by rolling origin: {len(ours)} cases",
        ("model", "top-1", "top-3", "log-loss", "ECE"),
        (
            _row("class prior", prior),
            _row("naive Bayes", bayes),
            _row("Tocsin", ours),
            _row(f"Tocsin, up to four years old ({len(old)})", old),
        ),
    )


def known_table(one: Run, kind: str = "") -> Table:
    """The test, for actors that were trained on."""
    ours = [given_known(asked) for asked in one.known]
    fresh, apart = ([given_known(asked) for asked in some if asked.answer.known] for some in kept_up(one))
    return Table(
        f"Techniques{kind} to actor, known actors, from 2022 on: {len(ours)} cases of "
        f"{len({asked.actor for asked in ours})} actors",
        ("model", "top-1", "top-3", "log-loss", "ECE"),
        (
            _row("class prior", class_prior(one.split.train, one.split.known)),
            _row("naive Bayes", naive_bayes(one.split.train, one.split.known)),
            _row("Tocsin", ours),
            _row(f"Tocsin, profiles kept up to date ({len(fresh)} reports)", fresh),
            _row(f"the same without repeated reports ({len(apart)})", apart),
            ("aim", "≥ 0.20", "≥ 0.40", "< class prior", "≤ 0.10"),
        ),
        "With 95 % intervals, actors drawn again with all their cases.",
    )


def parts_table(one: Run) -> Table:
    """The same by kind and size of case."""
    pairs = list(zip(one.split.known, [given_known(asked) for asked in one.known], strict=True))
    parts: list[tuple[str, list[Answer]]] = [
        ("reports", [answer for case, answer in pairs if not case.campaign]),
        ("campaigns", [answer for case, answer in pairs if case.campaign]),
        (f"under {MANY} techniques", [answer for case, answer in pairs if len(case.techniques) < MANY]),
        (f"{MANY} and more", [answer for case, answer in pairs if len(case.techniques) >= MANY]),
    ]
    everything = [asked.answer for asked in (*one.known, *one.unknown)]
    return Table(
        "By part",
        ("part", "cases", "top-1", "top-3", "log-loss", "ECE"),
        tuple(
            (name, str(len(answers)), *_row("", answers)[1:])
            for name, answers in (*parts, ("unknown actors as errors", everything))
        ),
    )


def answers_table(one: Run) -> Table:
    """Known actors, weak answers withheld: at a threshold from earlier years, and the strongest half."""
    start = median([given_known(asked).score for asked in one.earlier if asked.answer.known])
    ours = [given_known(asked) for asked in one.known]
    rows = []
    for name, answers in (
        ("all", ours),
        (f"from {start:.3f} on (median of 2019 to 2021)", [each for each in ours if each.score >= start]),
        ("the strongest half", at_coverage(ours, 0.5)),
        ("the strongest fifth", at_coverage(ours, 0.2)),
    ):
        rows.append(
            (
                name,
                f"{len(answers) / len(ours):.2f}",
                _with(answers, precision),
                _with(answers, calibration_error),
            )
        )
    return Table(
        "Answers and errors, known actors",
        ("answered", "coverage", "right", "ECE"),
        (*rows, ("aim", "≥ 0.50", "", "≤ 0.10")),
    )


def reliability_table(one: Run) -> Table:
    """Stated and true, among known actors and among all."""
    rows = []
    for name, answers in (
        ("known", [given_known(asked) for asked in one.known]),
        ("all", [asked.answer for asked in (*one.known, *one.unknown)]),
    ):
        rows += [(name, f"{said:.2f}", f"{true:.2f}", str(count)) for said, true, count in bins(answers)]
    return Table("Stated and true", ("actors", "stated probability", "right", "cases"), tuple(rows))


def unknown_table(one: Run, kind: str = "") -> Table:
    """Actors never heard of, at the threshold of the calibration; and what another one would give at best."""
    fresh, apart = kept_up(one)
    rows = [
        _unknown_row("2019 to 2021, new actors", [asked.answer for asked in one.earlier], one.calibration),
        _unknown_row(
            "from 2022, new actors", [asked.answer for asked in (*one.known, *one.unknown)], one.calibration
        ),
        _unknown_row("from 2022, half of the known held out", hidden(one), one.calibration),
        _unknown_row(
            "from 2022, new actors, profiles kept up to date",
            [asked.answer for asked in fresh],
            one.calibration,
        ),
        _unknown_row("the same without repeated reports", [asked.answer for asked in apart], one.calibration),
        ("aim", "≥ 0.40", "≥ 0.90", "≥ 0.40", "", "", ""),
    ]
    return Table(
        f"Unknown actors, techniques{kind}, named from {one.calibration.threshold:.3f} on",
        (
            "cases",
            "unknown",
            "abstains on unknown",
            "coverage, known",
            "right, of all names",
            "coverage, threshold looked up",
            "AUC",
        ),
        tuple(rows),
        "Looked up: the coverage if the threshold were taken from these very cases, so that "
        f"{ABSTAINS:.0%} of the unknown actors get no name.",
    )


def hidden(one: Run) -> list[Answer]:
    """The test's known actors, half of them taken out of training, FOLDS times with seeded draws."""
    actors = sorted({case.actor for case in one.split.known})
    chance = random.Random(SEED)
    answers: list[Answer] = []
    for _ in range(FOLDS):
        out = set(chance.sample(actors, len(actors) // 2))
        train = [case for case in one.split.train if case.actor not in out]
        model = learnt(train, FIRST_TEST_YEAR, one.calibration)
        answers += [asked.answer for asked in ask(one.split.known, model)]
    return answers


def _unknown_row(name: str, answers: Sequence[Answer], calibration: Calibration) -> tuple[str, ...]:
    judged = [
        msgspec.structs.replace(one, answers=one.answers and one.score >= calibration.threshold)
        for one in answers
    ]
    known = [one for one in judged if one.known]
    unknown = [one for one in judged if not one.known]
    best = sorted(one.score for one in unknown)[min(int(ABSTAINS * len(unknown)), len(unknown) - 1)]
    named = [one for one in judged if one.answers]
    return (
        name,
        f"{len(unknown) / len(judged):.2f}",
        _with(unknown, lambda some: 1 - coverage(some)),
        _with(known, coverage),
        _with(named, precision),
        _figure(sum(one.score > best for one in known) / len(known)),
        _figure(separation(judged)),
    )


def _row(name: str, answers: Sequence[Answer]) -> tuple[str, ...]:
    figures: tuple[_Figure, ...] = (
        lambda some: top(some, 1),
        lambda some: top(some, 3),
        log_loss,
        calibration_error,
    )
    return (name, *(_with(answers, figure) for figure in figures))


def _with(answers: Sequence[Answer], figure: _Figure) -> str:
    low, high = interval(answers, figure)
    return f"{_figure(figure(answers))} ({_figure(low)}–{_figure(high)})" if answers else "–"


def _figure(value: float) -> str:
    return f"{value:.2f}"
