"""Writes what the measurement of techniques leaves behind: the calibration in the package, pictures for docs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.attribution.metrics import Answer, bins, risk_coverage
from benchmarks.attribution.pictures import reliability_picture, risk_picture
from tocsin.attribute.techniques import Calibration

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "src" / "tocsin" / "data" / "calibration" / "techniques.toml"
PICTURES = ROOT / "docs" / "images" / "attribution"
COMMAND = "python -m benchmarks.attribution techniques --write"


def write_calibrations(full: Calibration, mail: Calibration, reports: int, mail_reports: int) -> None:
    """Puts both calibrations into the package."""
    lines = [
        f"# Written by `{COMMAND}`; see docs/measurements.md.",
        f'command = "{COMMAND}"',
        f'made = "{time.strftime("%Y-%m-%d", time.gmtime())}"',
        f'fitted_on = "ATT&CK enterprise, {reports} reports before 2022, {mail_reports} with techniques of mail"',
        *_section("full", full),
        *_section("mail", mail),
        "",
    ]
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text("\n".join(lines), encoding="utf-8")


def write_pictures(known: Sequence[Answer], bayes: Sequence[Answer]) -> None:
    """Draws the reliability diagram of known actors, and risk and coverage beside naive Bayes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "techniques-reliability.svg").write_text(
        reliability_picture(bins(known), "Techniques to actor: stated and true"), encoding="utf-8"
    )
    curves = [
        ("Tocsin, known actors", _drawn(known)),
        ("naive Bayes, known actors", _drawn(bayes)),
    ]
    (PICTURES / "techniques-risk-coverage.svg").write_text(
        risk_picture(curves, "Techniques to actor: risk and coverage", 1.0), encoding="utf-8"
    )


def _drawn(answers: Sequence[Answer]) -> list[tuple[float, float]]:
    """The curve without its first points, where one answer more or less moves it across the picture."""
    return [point for point in risk_coverage(answers) if point[0] >= 0.02]


def _section(name: str, one: Calibration) -> list[str]:
    lines = [
        "",
        f"[{name}]",
        f"unknown = {one.unknown}",
        f"unknown_length = {one.unknown_length}",
        f"threshold = {one.threshold}",
        f"concentration = {one.concentration}",
        f"half_life_years = {one.half_life_years}",
        f"sharpness = {one.sharpness}",
        f"parent = {one.parent}",
        "",
        f"[{name}.weights]",
        *(f"{feature} = {value}" for feature, value in one.weights.items()),
    ]
    for band in one.bands:
        lines += [
            "",
            f"[[{name}.bands]]",
            f"start = {band.start}",
            f"low = {band.low}",
            f"high = {band.high}",
        ]
    return lines
