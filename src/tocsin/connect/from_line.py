"""The line that starts a mail in an mbox: what is one, who sent and when by it.

Source: RFC 4155 appendix A, and the lines that mail programs really write (Mozilla, Eudora, Gmail, UUCP,
git).
"""

from __future__ import annotations

import calendar
import re

_MONTHS = {name: at for at, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAY = rb"[ \t](?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t]+"
_MONTH = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = rb"(\d{1,2}):(\d\d)(?::(\d\d))?"
_ZONE = rb"(?:[ \t]+([+-]\d{4}|[A-Z]{1,5})(?: DST)?)?"
# All are applied to one line without its end. The dates are searched for behind the sender, whatever that is: no
# pattern may try every split of a long run of blanks.
# asctime, with the zone before or after the year, or missing.
_ASCTIME = re.compile(
    _DAY + _MONTH + rb"[ \t]+(\d{1,2}),?[ \t]+" + _CLOCK + _ZONE + rb"[ \t]+(\d{4}|\d\d)" + _ZONE
    + rb"(?:[ \t]+\([^()]{0,40}\))?(?:[ \t]+remote from .{0,200})?\Z",
    re.IGNORECASE,
)  # fmt: skip
# The date as in a Date field.
_RFC5322 = re.compile(
    _DAY + rb"(\d{1,2})[ \t-]+" + _MONTH + rb"[ \t-]+(\d{4}|\d\d)[ \t]+" + _CLOCK + _ZONE + rb".{0,60}\Z",
    re.IGNORECASE,
)
# No date that we know: only an address, a mailer's name, or a time and a year in some other language.
_UNDATED = re.compile(
    rb"From (MAILER-DAEMON|\?\?\?@\?\?\?|-|<>|\"[^\"]{1,200}\"@[^\s]{1,255}"
    rb"|[^\s@]{1,200}@[^\s@]{1,255}(?=\Z|[ \t].{0,60}\d:\d\d)"
    rb"|[^\s]{1,255}(?=[ \t].{0,60}\d:\d\d.{0,20}\d{4}))"
    rb".{0,200}\Z"
)
_FIELD = re.compile(rb"(?:>?From |[!-9;-~]{1,256}[ \t]*:)")
_GIT_PATCH = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001")
_ZONES = {b"EST": -5, b"EDT": -4, b"CST": -6, b"CDT": -5, b"MST": -7, b"MDT": -6, b"PST": -8, b"PDT": -7,
          b"CET": 1, b"CEST": 2, b"MET": 1, b"MEST": 2, b"WET": 0, b"WEST": 1, b"BST": 1, b"EET": 2,
          b"EEST": 3, b"MSK": 3, b"JST": 9}  # fmt: skip
LONGEST = 1024


def is_separator(buffer: bytes, at: int, *, first: bool = False, patches: bool = False) -> bool:
    """Whether the line at `at`, which starts with "From ", starts a mail.

    The next line must be a header field (or the input ends). After a blank line, or at the very start, any
    known form is taken; elsewhere only one with a full date, since writers that leave the blank line out do
    exist while sentences that begin with "From" are common. `patches`: git's patch files are the mails
    here; where they are not, such a line belongs to a patch inside a mail.
    """
    if not buffer.startswith(b"From ", at):
        return False
    end = buffer.find(b"\n", at, at + LONGEST)
    if end < 0:
        end = buffer.find(b"\r", at, at + LONGEST)
    if end < 0:
        return first and _ASCTIME.search(buffer[at : at + LONGEST]) is not None
    line = buffer[at:end].rstrip()
    if not patches and _GIT_PATCH.match(line):
        return False
    blank = first or buffer[at - 2 : at] in (b"\n\n", b"\r\r") or buffer[at - 3 : at] == b"\n\r\n"
    after = end + 1
    if after < len(buffer) and not _FIELD.match(buffer, after):
        # a mail without any header: only where all else is right
        return blank and buffer[after] in b"\r\n" and _ASCTIME.search(line) is not None
    if _ASCTIME.search(line):
        return True
    return blank and (_RFC5322.search(line) or _UNDATED.match(line)) is not None


def is_git_patch(line: bytes) -> bool:
    """Whether the line starts a patch as `git format-patch` writes it."""
    return _GIT_PATCH.match(line) is not None


def envelope_of(line: bytes) -> tuple[str, float | None]:
    """The envelope sender and the time of arrival (seconds since 1970, UTC where no zone is given) in a
    From line.

    "" and None where the line has none: Mozilla writes "-", Eudora "???@???", Gmail a thread's number at
    "xxx", git a commit.
    """
    line = line.rstrip()
    match = _ASCTIME.search(line)
    if match:
        month, day, hour, minute, second, zone, year, late_zone = match.groups()
        return _sender(line[5 : match.start()]), _seconds(
            year, month, day, hour, minute, second, zone or late_zone
        )
    match = _RFC5322.search(line)
    if match:
        day, month, year, hour, minute, second, zone = match.groups()
        return _sender(line[5 : match.start()]), _seconds(year, month, day, hour, minute, second, zone)
    match = _UNDATED.match(line)
    return (_sender(match[1]) if match else ""), None


def _sender(found: bytes) -> str:
    found = found.strip()
    if not found or found in (b"-", b"???@???", b"<>") or found.endswith(b"@xxx"):
        return ""
    if len(found) >= 40 and b"@" not in found:
        return ""
    return found.strip(b"<>").decode("utf-8", "backslashreplace")


def _seconds(
    year: bytes,
    month: bytes,
    day: bytes,
    hour: bytes,
    minute: bytes,
    second: bytes | None,
    zone: bytes | None,
) -> float | None:
    full_year = int(year)
    if len(year) == 2:
        full_year += 1900 if full_year >= 70 else 2000
    try:
        moment = calendar.timegm(
            (full_year, _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second or 0))
        )
    except (ValueError, OverflowError):
        return None
    return float(moment - _offset_s(zone))


def _offset_s(zone: bytes | None) -> int:
    if not zone:
        return 0
    if zone[:1] in b"+-":
        offset = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
        return -offset if zone.startswith(b"-") else offset
    return _ZONES.get(zone.upper(), 0) * 3600
