"""Reads data/calibration: what was fitted on public data, one file for each kind of evidence."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TypeVar

import msgspec

Form = TypeVar("Form", bound=msgspec.Struct)


class CalibrationError(ValueError):
    """A calibration that cannot be used; the message says which file, and what is wrong with it."""


def load_calibration(kind: str, form: type[Form]) -> Form:
    """The calibration for evidence of a kind ("infrastructure", "techniques"), as `form`.

    Raises CalibrationError where the package holds none, or not what `form` expects.
    """
    place = f"data/calibration/{kind}.toml"
    try:
        text = (
            resources.files("tocsin")
            .joinpath("data", "calibration", f"{kind}.toml")
            .read_text(encoding="utf-8")
        )
        return msgspec.convert(tomllib.loads(text), form)
    except FileNotFoundError as error:
        raise CalibrationError(
            f"{place}: not in the package; write it with `python -m benchmarks.attribution {kind} --write`"
        ) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CalibrationError(f"{place}: {error}") from error
