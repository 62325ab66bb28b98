"""The phrase tables that observing needs, from the package's own data."""

from __future__ import annotations

import tomllib
from importlib import resources

import msgspec

from tocsin.model.phrases import Phrases
from tocsin.observe.phrases import PhraseBook, compile_phrases


def load_phrases() -> PhraseBook:
    """Read data/phrases.toml and make it searchable.

    Raises msgspec.ValidationError where the file has another shape than `Phrases`; its message names the place.
    """
    text = resources.files("tocsin").joinpath("data", "phrases.toml").read_text(encoding="utf-8")
    return compile_phrases(msgspec.convert(tomllib.loads(text), Phrases))
