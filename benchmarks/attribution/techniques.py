"""Techniques to actor: `python -m benchmarks.attribution techniques`, on ATT&CK's reports (TOCSIN_CTI)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.attribution.bayes import class_prior, naive_bayes
from benchmarks.attribution.cases import MISSING, cases_of, read_attack_reports, split_by_year
from benchmarks.attribution.metrics import Answer, calibration_error, interval, log_loss, top
from benchmarks.tables import Table, as_text

FIRST_TEST_YEAR = 2022


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 0, or 2 when the data is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attribution techniques", description=(__doc__ or "").partition("\n")[0]
    )
    parser.parse_args(arguments)
    found = read_attack_reports()
    if found is None:
        sys.stderr.write(MISSING)
        return 2
    cases = cases_of(found)
    split = split_by_year(cases.reports, FIRST_TEST_YEAR, also=cases.campaigns)
    rows = [
        _row("class prior", class_prior(split.train, split.known)),
        _row("naive Bayes", naive_bayes(split.train, split.known)),
    ]
    head = ("model", "top-1", "top-3", "log-loss", "ECE")
    sys.stdout.write(as_text(Table("Techniques to actor, known actors", head, tuple(rows))))
    return 0


def _row(name: str, answers: Sequence[Answer]) -> tuple[str, ...]:
    figures = (lambda some: top(some, 1), lambda some: top(some, 3), log_loss, calibration_error)
    return (name, *(_figure(figure(answers), interval(answers, figure)) for figure in figures))


def _figure(value: float, around: tuple[float, float]) -> str:
    return f"{value:.2f} ({around[0]:.2f}–{around[1]:.2f})"
