"""How often real ordinary mail shows each sign and theme, as measured (benchmarks/attribution/sign_rates.py)."""

from __future__ import annotations

import tomllib
from importlib import resources

import msgspec

from tocsin.attribute.hypotheses import Rates


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    marketing: dict[str, float]
    criminal: dict[str, float]
    measured_on: str = ""


def load_sign_rates() -> Rates:
    """Read data/sign_rates.toml. Raises msgspec.ValidationError where it has another shape."""
    text = resources.files("tocsin").joinpath("data", "sign_rates.toml").read_text(encoding="utf-8")
    written = msgspec.convert(tomllib.loads(text), _Written)
    return Rates(written.marketing, written.criminal)
