"""Fills texts of a catalogue: numbers and days as the language writes them, text from mail set apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from tocsin.model.wording import Wording
from tocsin.render.report.values import Line
from tocsin.render.shown import shown

_APART = "…"  # stands for text from mail and places in what is checked


class Data(msgspec.Struct, frozen=True):
    """Text from mail, or of a place or host: shown defanged, and no sentence of ours."""

    text: str
    limit: int = 160


Value = str | int | Data | Line


def line(wording: Wording, key: str, number: int | None = None, /, **values: Value) -> Line:
    """A text with its places filled in; `number` chooses singular or plural and fills the place {n}."""
    forms = wording.texts[key]
    if number is not None:
        values["n"] = number
        form = forms[0] if len(forms) == 1 or _singular(wording.language, number) else forms[1]
    else:
        form = forms[0]
    told = {name: _told(wording, value) for name, value in values.items()}
    return Line(
        form.format(**{name: text for name, (text, _) in told.items()}),
        form.format(**{name: checked for name, (_, checked) in told.items()}),
    )


def _told(wording: Wording, value: Value) -> tuple[str, str]:
    if isinstance(value, Data):
        return shown(value.text, value.limit), _APART
    if isinstance(value, Line):
        return value.text, value.checked
    if isinstance(value, int):
        text = number(wording, value)
        return text, text
    return value, value


def _singular(language: str, number: int) -> bool:
    return number in (0, 1) if language == "fr" else number == 1


def _locale(wording: Wording) -> str:
    return "en_GB" if wording.language == "en" else wording.language


def number(wording: Wording, value: int) -> str:
    """A whole number as the language writes it."""
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=_locale(wording)))


def percent(wording: Wording, probability: float) -> str:
    """A probability 0..1 in percent, never 0 or 100."""
    from babel.numbers import format_percent

    if probability < 0.01:
        return "< " + str(format_percent(0.01, locale=_locale(wording)))
    if probability > 0.99:
        return "> " + str(format_percent(0.99, locale=_locale(wording)))
    return str(format_percent(round(probability, 2), locale=_locale(wording)))


def day(wording: Wording, time_s: float | None) -> str:
    """A day as the language writes it; the catalogue's word for an unknown one."""
    from babel.dates import format_date

    if time_s is None:
        return wording.texts["no-date"][0]
    try:
        return str(format_date(datetime.fromtimestamp(time_s, UTC).date(), "long", locale=_locale(wording)))
    except (ValueError, OverflowError, OSError):
        return wording.texts["no-date"][0]


def written_day(wording: Wording, said: str) -> str:
    """A day, month or year ("2021-02-17", "2021-02", "2021") as the language writes it."""
    from babel.dates import format_date, format_skeleton

    try:
        if len(said) == 4:
            return said if said.isdigit() else wording.texts["no-date"][0]
        if len(said) == 7:
            return str(format_skeleton("yMMMM", date.fromisoformat(f"{said}-01"), locale=_locale(wording)))
        return str(format_date(date.fromisoformat(said[:10]), "long", locale=_locale(wording)))
    except ValueError:
        return shown(said, 40) if said else wording.texts["no-date"][0]


def country(wording: Wording, code: str) -> str:
    """The name of a country by its ISO 3166 code, the code itself where the language has none."""
    from babel import Locale

    return str(Locale.parse(_locale(wording)).territories.get(code.upper(), code))


def in_a_row(wording: Wording, items: Sequence[str]) -> str:
    """Items as the language lists them: "a, b and c"."""
    from babel.lists import format_list

    return str(format_list(list(items), locale=_locale(wording))) if items else ""
