"""Invitations and calendar files: what programs fetch, play, open and answer when they enter an appointment."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.reference import Reference
from tocsin.observe.beacons import find_references
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.embedded import OUTLOOK_WINDOWS
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.content_lines import (
    ContentLine,
    is_url,
    lines_of,
    links_in,
    plain_url,
    reading_of,
)
from tocsin.observe.html import read_html

TECHNIQUE = "calendar"

ABOUT = Technique(
    TECHNIQUE,
    "Invitation or calendar file",
    "receipt",
    VISIT,
    "`text/calendar` parts and `.ics` and `.vcs` files: `ATTACH`, sounds and attachments of alarms, `IMAGE`, "
    "`SOURCE`, `TZURL`, `ALTREP`, `STRUCTURED-DATA`, HTML descriptions, `CONFERENCE`, `URL` and links in texts; "
    "`ORGANIZER` and the addressees of alarms; the reminder sound of Outlook items (`PidLidReminderFileParameter`)",
    "Programs enter an invitation into the calendar by themselves, many before anybody opened the mail. What the "
    "appointment refers to can be fetched then, when it is shown, or when its alarm goes off; a sound on a file "
    "share makes Windows log on there. An answer, which some programs send by themselves, tells the organiser that "
    "the address is read.",
    "Set the calendar not to enter invitations of unknown senders by itself, and do not answer those you did not "
    "expect: delete them in the calendar without sending a response. Keep Windows and Outlook up to date, and have "
    "outgoing connections to file shares (port 445) blocked at the edge of the network.",
    "Outlook for Windows played reminder sounds from file shares until March 2023 (CVE-2023-23397), and was "
    "brought to log on at a file share by the header fields of a shared calendar until December 2023 "
    "(CVE-2023-35636; those fields are told as `header-url`). Calendar programs that keep to RFC 7986 fetch "
    "`IMAGE` and, again and again, `SOURCE`; the iCal4j library fetches `TZURL`. Web calendars enter invitations on "
    "receipt and fetch attachments through servers of their own, if at all.",
    (
        "RFC 5545",
        "RFC 7986",
        "RFC 9073",
        "MS-OXCICAL",
        "MS-OXORMDR 2.2.1.4, 2.2.1.7 (PidLidReminderOverride, PidLidReminderFileParameter)",
        "CVE-2023-23397",
        "CVE-2023-35636",
    ),
)
REMINDER = "X-TOCSIN-REMINDER-FILE"  # how mail.reminder hands on what Outlook keeps in a MAPI property

# Fetched by some programs unasked, by those named where there are any.
_FETCHED: dict[str, tuple[str, ...]] = {
    "ATTACH": (),
    "IMAGE": (),
    "SOURCE": (),
    "STRUCTURED-DATA": (),
    "STYLED-DESCRIPTION": (),
    "X-ORIGINAL-URL": (),
    "TZURL": ("ical4j",),
}
_TEXTS = frozenset({"DESCRIPTION", "LOCATION", "SUMMARY", "COMMENT", "CONTACT", "X-WR-CALDESC", "X-ALT-DESC"})
_HTML = frozenset({"X-ALT-DESC", "STYLED-DESCRIPTION"})
_SOUNDS = frozenset({"AALARM", "PALARM", "MALARM"})  # vCalendar 1.0: date; repetition; count; file or address
_DEEPEST = 50  # components in components
_MOST_WRITTEN_TO = 100  # addressees of one alarm
_MOST_DOCUMENTS = 50  # descriptions that are read as HTML; links are looked for in those beyond
_MARKUP = re.compile(r"<(?:html|body|img|a|p|div|table|style|!doctype)\b", re.IGNORECASE)


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Find what a calendar makes programs contact.

    Attachments, pictures, sounds, sources and data are fetched by some programs when they enter, show or
    announce the appointment: trigger open, conditional. The HTML of `X-ALT-DESC` and `STYLED-DESCRIPTION` is
    read like a body, for Outlook. `URL`, `CONFERENCE`, other properties that hold URLs and the links in texts
    need a click. The `ORGANIZER` of a request becomes `mailto:`, on a click: most programs send the answer
    that the reader chose. So do the addressees of an alarm that sends mail (trigger open). A path in
    Outlook's reminder sound acts on receipt, without any click. What is folded is joined; `data:` and `cid:`
    contact nobody.

    Source: RFC 5545, RFC 7986, RFC 9073, vCalendar 1.0; MS-OXORMDR 2.2.1.7; CVE-2023-23397.
    """
    lines, said = lines_of(file)
    return reading_of(file, _references(lines), said)


def _references(lines: Iterator[ContentLine]) -> Iterator[Reference]:
    components: list[str] = []
    asks = writes = False
    organizer: Reference | None = None
    written_to: list[Reference] = []
    documents = 0
    for line in lines:
        name = line.name
        if name == "BEGIN":
            if len(components) < _DEEPEST:
                components.append(line.value.strip().upper())
            continue
        if name == "END":
            if components and components.pop() == "VALARM":
                yield from written_to if writes else ()
                writes, written_to = False, []
            continue
        if altrep := line.parameters.get("ALTREP"):
            yield _fetched(line, plain_url(altrep), f"ALTREP of {name}")
        in_alarm = "VALARM" in components
        if name == "METHOD":
            asks = asks or line.value.strip().upper() in ("REQUEST", "COUNTER", "ADD")
        elif name == "ACTION":
            writes = in_alarm and line.value.strip().upper() == "EMAIL"
        elif name == "ATTENDEE":
            if in_alarm and len(written_to) < _MOST_WRITTEN_TO and (address := _address(line)):
                written_to.append(_answer(line, address, "open", "ATTENDEE of VALARM"))
            if is_url(directory := line.parameters.get("DIR", "")):
                yield Reference(
                    TECHNIQUE, plain_url(directory), "", "DIR", "click", True, offset=line.offset,
                    label="DIR of ATTENDEE",
                )  # fmt: skip
        elif name == "ORGANIZER":
            if organizer is None and (address := _address(line)):
                organizer = _answer(line, address, "click", "ORGANIZER")
        elif name == REMINDER:
            yield Reference(
                TECHNIQUE, line.url(), "", "reminder", "receipt", True, (OUTLOOK_WINDOWS,), False, line.offset,
                "PidLidReminderFileParameter",
            )  # fmt: skip
        elif name in _HTML and documents < _MOST_DOCUMENTS and _MARKUP.search(line.value):
            documents += 1
            yield from _markup(line)
        else:
            yield from _property(line, in_alarm)
    if organizer is not None and asks:
        yield organizer


def _answer(line: ContentLine, address: str, trigger: str, label: str) -> Reference:
    return Reference(TECHNIQUE, address, "", "organizer", trigger, True, offset=line.offset, label=label)


def _property(line: ContentLine, in_alarm: bool) -> Iterator[Reference]:
    name = line.name
    if name in _SOUNDS:
        for piece in line.value.split(";"):
            if is_url(piece):
                yield _fetched(line, plain_url(piece), f"{name} sound")
    elif name in _FETCHED and line.is_url():
        yield _fetched(line, line.url(), f"{name} in VALARM" if in_alarm else name, _FETCHED[name])
    elif name in _TEXTS:
        yield from links_in(line, TECHNIQUE, name)
    elif line.is_url():
        yield Reference(TECHNIQUE, line.url(), "", name, "click", offset=line.offset, label=name)
    elif name[:2] == "X-":
        yield from links_in(line, TECHNIQUE, name)


def _fetched(line: ContentLine, url: str, label: str, clients: tuple[str, ...] = ()) -> Reference:
    return Reference(TECHNIQUE, url, "", line.name, "open", True, clients, False, line.offset, label)


def _markup(line: ContentLine) -> Iterator[Reference]:
    for reference in find_references(read_html(line.text())):
        clients = reference.fires_in or ((OUTLOOK_WINDOWS,) if line.name == "X-ALT-DESC" else ())
        yield msgspec.structs.replace(
            reference,
            technique=TECHNIQUE,
            conditional=reference.conditional or reference.trigger == "open",
            fires_in=clients if reference.trigger == "open" else reference.fires_in,
            offset=line.offset,
            label=reference.label
            if reference.trigger == "click"
            else f"{line.name} {reference.label}".strip(),
        )


def _address(line: ContentLine) -> str:
    """Give `mailto:address`, "" where the value is none."""
    value = line.value.strip()
    address = value[7:].partition("?")[0].strip() if value[:7].lower() == "mailto:" else value
    whole = len(address) <= 320 and "@" in address and not any(c.isspace() or c in "<>" for c in address)
    return f"mailto:{address}" if whole else ""
