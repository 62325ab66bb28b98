"""Reads weights.toml, the numbers that judging adds up."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import msgspec

from tocsin.model.weights import DetectorWeight, Weights


class _Prior(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reconnaissance: float
    phishing: float
    source: str


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cap: float
    about: str


class _Detector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group: str
    source: str
    reconnaissance: float | dict[str, float] = {}
    phishing: float | dict[str, float] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    prior: _Prior
    group: dict[str, _Group]
    detector: dict[str, _Detector]


def load_weights(text: str | None = None) -> Weights:
    """The weights in this TOML text, or those that come with the package.

    Raises ValueError with the key at fault: a detector in a group without a cap, a prior outside 0..1, a cap
    that is not positive, an empty source, or anything that is not as docs/detectors.md describes.
    """
    if text is None:
        text = resources.files("tocsin.judge").joinpath("weights.toml").read_text(encoding="utf-8")
    document: dict[str, Any] = tomllib.loads(text)
    file = msgspec.convert(document, _File, strict=True)
    for name, prior in (("reconnaissance", file.prior.reconnaissance), ("phishing", file.prior.phishing)):
        if not 0.0 < prior < 1.0:
            raise ValueError(f"prior.{name} is {prior}: expected a probability between 0 and 1")
    for name, group in file.group.items():
        if group.cap <= 0:
            raise ValueError(f"group.{name}.cap is {group.cap}: expected a positive number of nats")
    for name, detector in file.detector.items():
        if detector.group not in file.group:
            raise ValueError(
                f"detector.{name}.group is {detector.group!r}: no [group.{detector.group}] with a cap"
            )
        if not detector.source.strip():
            raise ValueError(f"detector.{name}.source is empty: say why this number")
    return Weights(
        version=file.version,
        prior=file.prior.reconnaissance,
        phishing_prior=file.prior.phishing,
        prior_source=file.prior.source,
        caps={name: group.cap for name, group in file.group.items()},
        detectors={
            name: DetectorWeight(d.group, d.source, _levels(d.reconnaissance), _levels(d.phishing))
            for name, d in file.detector.items()
        },
    )


def _levels(value: float | dict[str, float]) -> dict[str, float]:
    return value if isinstance(value, dict) else {"": value}
