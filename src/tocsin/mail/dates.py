"""Dates of header fields, as standards and as mailers write them."""

from __future__ import annotations

import re
from functools import lru_cache

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv ene gen",
            "feb fev fév",
            "mar mär mrt maa mars",
            "apr avr abr",
            "may mai mei maj",
            "jun juin",
            "jul juil",
            "aug aou aoû ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez déc dic",
        ),
        1,
    )
    for name in names.split()
}
_ZONES = {
    "ut": 0, "gmt": 0, "utc": 0, "z": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "met": 1, "mez": 1,
    "cest": 2,
    "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "ast": -4, "adt": -3, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5,     "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10,
}  # fmt: skip
_TIME = r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:[.,]\d+)?\s*([AaPp]\.?[Mm]\.?)?"
_ZONE = r"\s*,?\s*(?:\(?(?:GMT|UTC|UT)?\s*([+-]\s?\d{1,2}:?\d{2}|[+-]\d{1,2})|\(?([A-Za-z]{1,5})\b)?"
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[\s,-]*([^\W\d_]{3,12})\.?[\s,-]*(\d{2,4})[\s,T]*(?:at\s+)?" + _TIME + _ZONE
)
_MONTH_FIRST = re.compile(
    r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(\d{4})[\s,]*(?:at\s+)?" + _TIME + _ZONE
)
_CTIME = re.compile(
    r"([^\W\d_]{3,12})\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([+-]\d{4})|([A-Za-z]{3,5}))?\s*(\d{4})"
    r"(?:\s+([+-]\d{4}))?"
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T\s,]*" + _TIME + _ZONE)
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})[\s,]*" + _TIME + _ZONE)


# What nearly all mailers write, with an offset that exists.
_USUAL = re.compile(
    r"\s*(?:[A-Za-z]{3},? )?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d) ([+-])([01]\d)([0-5]\d)(?!\d)"
)
_NUMBERS = {f"{number:02}": number for number in range(60)} | {str(number): number for number in range(32)}


def parse_date(value: str) -> float | None:
    """Unix time (UTC) of a date as found in mail, or None where none can be read. Never raises.

    Reads RFC 5322 4.3 and the breakage of real mailers: two-digit years, named zones, ctime and ISO 8601
    forms, AM and PM, missing seconds or zones (then UTC), some month names of other languages.
    """
    if (usual := _USUAL.match(value)) is not None:
        day_text, month, year_text, hour, minute, second, sign, hours, minutes = usual.groups()
        if 1 <= (day_of_month := int(day_text)) <= 31:
            offset_s = _NUMBERS[hours] * 3600 + _NUMBERS[minutes] * 60
            day_s = (_first_of_month(int(year_text), _MONTHS[month.lower()]) + day_of_month - 1) * 86400
            clock_s = _NUMBERS[hour] * 3600 + _NUMBERS[minute] * 60 + _NUMBERS[second]
            return float(day_s + clock_s - (-offset_s if sign == "-" else offset_s))
    value = value[:200]
    match = _DAY_FIRST.search(value)
    if match is not None:
        day, month, year, *clock = match.groups()
        found = _unix_time(year, _month(month), day, *clock)
        if found is not None:
            return found
    if (match := _ISO.search(value)) is not None:
        return _unix_time(*match.groups())
    if (match := _MONTH_FIRST.search(value)) is not None:
        month, day, year, *clock = match.groups()
        return _unix_time(year, _month(month), day, *clock)
    if (match := _CTIME.search(value)) is not None:
        month, day, hour, minute, second, offset, zone, year, late_offset = match.groups()
        return _unix_time(year, _month(month), day, hour, minute, second, None, offset or late_offset, zone)
    if (match := _SLASHED.search(value)) is not None:
        one, two, year, *clock = match.groups()
        month, day = (one, two) if int(one) <= 12 else (two, one)
        return _unix_time(year, month, day, *clock)
    return None


def _month(name: str) -> int:
    name = name.lower()
    return _MONTHS.get(name) or _MONTHS.get(name[:3]) or _MONTHS.get(name[:4]) or 0


def _unix_time(
    year_text: str,
    month_text: str | int,
    day_text: str,
    hour_text: str,
    minute_text: str,
    second_text: str | None,
    half: str | None,
    offset: str | None,
    zone: str | None,
) -> float | None:
    year, month, day = int(year_text), int(month_text), int(day_text)
    hour, minute, second = int(hour_text), int(minute_text), int(second_text or 0)
    if len(year_text) < 4:
        year += 2000 if year < 50 else 1900  # RFC 5322 4.3; three digits count from 1900
        if len(year_text) == 3:
            year = 1900 + int(year_text)
    if half:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    if not (
        1 <= month <= 12 and 1 <= day <= 31 and hour <= 24 and minute <= 59 and second <= 61 and year <= 9999
    ):
        return None
    seconds = _days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + min(second, 59)
    if offset:
        digits = "".join(character for character in offset if character.isdigit()).rjust(2, "0")
        hours, minutes = (int(digits[:-2] or 0), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        shift = hours * 3600 + minutes * 60
        if shift <= 24 * 3600:
            seconds -= -shift if offset[0] == "-" else shift
    elif zone:
        seconds -= int(_ZONES.get(zone.lower(), 0) * 3600)
    return float(seconds)


@lru_cache(maxsize=1024)
def _first_of_month(year: int, month: int) -> int:
    return _days_from_civil(year, month, 1)


def _days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar (H. Hinnant, chrono-compatible date algorithms)."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
