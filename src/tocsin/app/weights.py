"""Reads weights.toml, the numbers that judging adds up."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import msgspec

from tocsin.model.weights import DetectorWeight, Fitted, Weights


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


class FittedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """fitted.toml: weights for reconnaissance by detector and level, as `python -m benchmarks.fit` writes them."""

    version: str
    about: str
    cap: float
    detector: dict[str, dict[str, Fitted]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    prior: _Prior
    group: dict[str, _Group]
    detector: dict[str, _Detector]


def load_weights(text: str | None = None, fitted: str | None = None) -> Weights:
    """The weights in this TOML text, or those that come with the package.

    `fitted` is the TOML text of weights fitted on data that take the place of those set by people, "" for none;
    with the package's weights come the package's fitted ones. Raises ValueError with the key at fault: a detector
    in a group without a cap, a prior outside 0..1, a cap that is not positive, an empty source, or anything that is
    not as docs/detectors.md describes.
    """
    if text is None:
        text = _shipped("weights.toml")
        fitted = _shipped("fitted.toml") if fitted is None else fitted
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
    weights = Weights(
        version=file.version,
        prior=file.prior.reconnaissance,
        phishing_prior=file.prior.phishing,
        prior_source=file.prior.source,
        caps={name: group.cap for name, group in file.group.items()},
        detectors={
            name: DetectorWeight(
                d.group,
                d.source,
                _levels(d.reconnaissance),
                _levels(d.phishing),
                judged=_levels(d.reconnaissance),
            )
            for name, d in file.detector.items()
        },
    )
    if not fitted:
        return weights
    return with_fitted(weights, msgspec.convert(tomllib.loads(fitted), FittedFile, strict=True))


def with_fitted(weights: Weights, file: FittedFile) -> Weights:
    """These weights with the fitted ones in their place.

    Raises ValueError for a fitted weight beyond the cap, of another sign than people gave it, or of a detector or
    level that is not there.
    """
    detectors = dict(weights.detectors)
    for name, levels in file.detector.items():
        entry = detectors.get(name)
        if entry is None:
            raise ValueError(f"fitted weights: {name} is no detector of weights.toml; fit again")
        for level, found in levels.items():
            judged = entry.judged.get(level)
            if judged is None:
                raise ValueError(f"fitted weights: {name} has no level {level!r} in weights.toml; fit again")
            if abs(found.weight) > file.cap or found.weight * judged < 0:
                raise ValueError(
                    f"fitted weights: {name} {level!r} is {found.weight}; expected the sign of {judged} and at "
                    f"most {file.cap} nats"
                )
        now = {**entry.judged, **{level: found.weight for level, found in levels.items()}}
        detectors[name] = msgspec.structs.replace(entry, reconnaissance=now, fitted=levels)
    return msgspec.structs.replace(weights, version=file.version, detectors=detectors, fitted_cap=file.cap)


def _shipped(name: str) -> str:
    file = resources.files("tocsin.judge").joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _levels(value: float | dict[str, float]) -> dict[str, float]:
    return value if isinstance(value, dict) else {"": value}
