"""The themes that lures are about, from the package's own data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources

import msgspec

from tocsin.attribute.signs import THEMES
from tocsin.attribute.themes import Term, ThemeBook, compile_themes, fold_term


class ThemeTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one theme, as data/themes.toml has them; a list among the weak ones is one group."""

    terms: tuple[str, ...]
    weak: tuple[str | tuple[str, ...], ...] = ()


def load_themes() -> ThemeBook:
    """Read data/themes.toml and make it searchable.

    Raises msgspec.ValidationError or ValueError where the file has another shape; the message names the place.
    """
    text = resources.files("tocsin").joinpath("data", "themes.toml").read_text(encoding="utf-8")
    themes = msgspec.convert(tomllib.loads(text), dict[str, ThemeTerms])
    unknown = themes.keys() - set(THEMES)
    if unknown:
        raise ValueError(
            f"data/themes.toml: {', '.join(sorted(unknown))}: is no theme of attribute.signs.THEMES"
        )
    return compile_themes([term for theme, listed in themes.items() for term in _terms(theme, listed)])


def _terms(theme: str, listed: ThemeTerms) -> Iterator[Term]:
    for written in listed.terms:
        yield Term(theme, fold_term(written))
    for number, group in enumerate(listed.weak):
        for written in (group,) if isinstance(group, str) else group:
            yield Term(theme, fold_term(written), True, f"group {number}")
