"""Points in time as mail writes them, in English whatever the locale."""

from __future__ import annotations

from datetime import datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def mail_date(at: datetime) -> str:
    """The date-time of RFC 5322, section 3.3: `Mon, 04 Jan 2021 08:12:33 +0100`; `at` knows its zone."""
    return f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S %z}"


def from_line_date(at: datetime) -> str:
    """The date of an mbox `From ` line (RFC 4155): `Mon Jan  4 08:12:33 2021`."""
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S} {at.year}"
