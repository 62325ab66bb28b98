"""The reminder of an Outlook item: the sound that Outlook plays for it, and when that path lies elsewhere.

Outlook keeps the path of the sound in the named property PidLidReminderFileParameter, which it obeys where
PidLidReminderOverride is set. Neither is a body or a file, so both are handed on as a small calendar.
Source: MS-OXORMDR 2.2.1.4 and 2.2.1.7; MS-OXPROPS; CVE-2023-23397.
"""

from __future__ import annotations

import struct

COMMON_SET = bytes.fromhex("0820060000000000c000000000000046")  # PSETID_Common, as it is stored
REMINDER_FILE = 0x851F  # PidLidReminderFileParameter
MEDIA_TYPE = "text/calendar"
NAME = "reminder.ics"

_FIELD = "X-TOCSIN-REMINDER-FILE"
_LONGEST = 2_000


def reminder_calendar(path: str) -> bytes:
    """Give a calendar that names the reminder's sound file, b"" where the path is no other computer's."""
    path = "".join(c for c in path[:_LONGEST] if c.isprintable()).strip()
    if not path.startswith(("\\\\", "//")) and "://" not in path:
        return b""
    return f"BEGIN:VCALENDAR\r\n{_FIELD}:{path}\r\nEND:VCALENDAR\r\n".encode("utf-8", "replace")


def number_of_reminder(guids: bytes, entries: bytes) -> int | None:
    """Give the property number under which a .msg file keeps the reminder's sound, None where it names none.

    `guids` and `entries` are the streams 0002 and 0003 of `__nameid_version1.0` (MS-OXMSG 2.2.3.1): sets of
    16 bytes; entries of 8 bytes: the number, then the set (from 3 on) and whether it is a string, then the
    index that, added to 0x8000, is the property's number in this file.
    """
    for at in range(0, min(len(entries), 8 * 10_000) - 7, 8):
        number, kind, index = struct.unpack_from("<IHH", entries, at)
        set_at = ((kind >> 1) - 3) * 16
        if (
            number == REMINDER_FILE
            and not kind & 1
            and set_at >= 0
            and guids[set_at : set_at + 16] == COMMON_SET
        ):
            return 0x8000 + int(index)
    return None
