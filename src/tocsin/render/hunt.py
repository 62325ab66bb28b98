"""What a hunt found: by indicator and person in words, hit by hit as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.mail.plain_json import plain_json
from tocsin.mail.url import defang_host
from tocsin.model.hunt import HuntHit, HuntResult, Person, Touched
from tocsin.render import words
from tocsin.render.records import rfc3339
from tocsin.render.shown import short, shown

HIT_SCHEMA = "tocsin.hit/1"
_DAY_S = 86_400
_SHOWN = 20  # indicators; the rest is counted
_SHOWN_PEOPLE = 10
_SHOWN_PROBLEMS = 5
MATCH = {
    "url": "the very address",
    "token": "the token",
    "host": "the host",
    "address": "the mail address",
    "hash": "the file or mail itself, by its hash",
    "template": "the same text or structure, by its hash",
    "ip": "the address of a host",
    "cidr": "an address in the network",
    "domain": "a host below the domain",
    "subject": "the subject",
    "mailer": "the mail program",
    "pattern": "several things together",
}


class Seen(msgspec.Struct, frozen=True):
    """What the mail shows: kind of observable, value, and the place (part path, header, or "")."""

    kind: str
    value: str
    where: str


class HitRecord(msgspec.Struct, frozen=True):
    """One indicator in one mail of one person, as scripts read it.

    `person` is the owner's address, `first_seen` when the mail came; `known_after_s` are the seconds from then until
    this hunt, None for hits that an earlier hunt found. `match` is how the indicator met the mail: url, token, host,
    address, hash, template, ip, cidr, domain, subject, mailer, or pattern (several things together). `excuse` says why
    a hit does not alarm. `before_valid` tells that the mail is older than the time from which its source counts it.
    """

    schema: str
    indicator: str
    sha256: str
    message_id: str
    person: str
    first_seen: str | None
    match: str
    seen: Seen
    new: bool
    alarms: bool
    excuse: str
    found: str | None
    known_after_s: int | None
    written: str
    name: str
    names: tuple[str, ...]
    source: str
    source_name: str
    grade: str
    confidence: int | None
    tlp: str
    pap: str
    valid_from: str | None
    valid_until: str | None
    before_valid: bool
    subject: str
    from_address: str
    exercise: bool


def hit_record(found: HuntHit) -> HitRecord:
    """The published form of a hit."""
    hit, one, source = found.hit, found.indicator, found.source
    came_s = found.time_s
    return HitRecord(
        HIT_SCHEMA,
        hit.indicator,
        found.sha256,
        found.message_id,
        found.person,
        rfc3339(came_s),
        hit.match,
        Seen(hit.seen.kind, hit.seen.value, hit.seen.where),
        found.new,
        hit.alarms,
        hit.excuse,
        rfc3339(hit.found_s) if found.new else None,
        round(hit.found_s - came_s) if found.new and came_s is not None else None,
        one.written,
        one.name,
        one.names,
        one.source,
        source.name if source is not None else "",
        one.grade or (source.grade if source is not None else ""),
        one.confidence,
        one.tlp or (source.tlp if source is not None else ""),
        one.pap or (source.pap if source is not None else ""),
        rfc3339(one.valid_from_s),
        rfc3339(one.valid_until_s),
        is_before(came_s, one.valid_from_s),
        found.subject,
        found.sender,
        found.exercise,
    )


def hit_line(found: HuntHit) -> bytes:
    """One hit as a line of JSON, line end included."""
    return plain_json(hit_record(found)) + b"\n"


def is_before(came_s: float | None, valid_from_s: float | None) -> bool:
    """Whether a mail is older than the time from which an indicator counts."""
    return came_s is not None and valid_from_s is not None and came_s < valid_from_s


def render_hunt(result: HuntResult) -> Iterator[RenderableType]:
    """The hunt for the terminal: the outcome, each indicator that met mail with the people, and what to do."""
    if result.exercise:
        yield Text(words.EXERCISE, style="bold reverse")
    yield Text(headline(result), style="bold red" if result.new_alarms else "bold")
    ordered = sorted(
        result.touched.values(),
        key=lambda one: (not one.new_alarms, not one.alarms, not one.new, _first(one)),
    )
    for number, touched in enumerate(ordered[:_SHOWN], 1):
        yield _touched(number, touched, result.now_s)
    if len(ordered) > _SHOWN:
        yield Text(f"and {words.count(len(ordered) - _SHOWN, 'more indicator')}; --json lists every hit")
    for id, reason in result.problems[:_SHOWN_PROBLEMS]:
        yield Text(f"Not searched for: {short(id, 80)}: {shown(reason)}")
    if len(result.problems) > _SHOWN_PROBLEMS:
        yield Text(f"and {words.count(len(result.problems) - _SHOWN_PROBLEMS, 'more indicator')} like these")
    if result.alarms:
        yield Text(f"\n{words.ADVICE_LINE}", style="italic")
    else:
        yield Text(f"\n{words.NO_ALERT}", style="italic")


def headline(result: HuntResult) -> str:
    """The outcome in a sentence or two."""
    held = (
        f"{words.count(result.indicators, 'indicator')} held against {words.count(result.mails, 'stored mail')}"
        if result.indicators
        else f"{words.count(result.mails, 'stored mail')} held against all intelligence"
    )
    if not result.hits:
        return f"No mail meets this intelligence ({held})."
    people = {person for touched in result.touched.values() for person in touched.people}
    met = (
        f"{words.count(len(result.touched), 'indicator')} met mail of "
        f"{words.count(len(people), 'person', 'people')}: {words.count(result.hits, 'hit')}"
    )
    new = "nothing new" if not result.new else f"{result.new:,} new"
    alarms = "" if not result.new else f", {result.new_alarms:,} of them an alert"
    return f"{met}, {new}{alarms} ({held})."


def _touched(number: int, touched: Touched, now_s: float) -> RenderableType:
    one, source = touched.indicator, touched.source
    title = Text(f"\n{number}. ", style="bold")
    title.append(shown(one.written, 160))
    if one.name:
        title.append(f"  {shown(one.name, 100)}", style="not bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    marks = [f"graded {one.grade or (source.grade if source else '')}"]
    marks = [*marks, f"confidence {one.confidence}"] if one.confidence is not None else marks
    tlp = one.tlp or (source.tlp if source else "")
    pap = one.pap or (source.pap if source else "")
    marks += [f"TLP:{tlp}"] if tlp else []
    marks += [f"PAP:{pap}"] if pap else []
    named = shown(source.name, 100) if source is not None else "a source that is no longer kept"
    table.add_row("Source", Text(", ".join([named, *(mark for mark in marks if mark != "graded ")])))
    if one.names:
        table.add_row("Said to be", Text(", ".join(shown(name, 80) for name in one.names[:5])))
    people = sorted(touched.people.values(), key=lambda person: (_none_last(person.first_s), person.address))
    for place, person in enumerate(people[:_SHOWN_PEOPLE]):
        table.add_row("Sent to" if place == 0 else "", Text(_person(person)))
    if len(people) > _SHOWN_PEOPLE:
        rest = words.count(len(people) - _SHOWN_PEOPLE, "more person", "more people")
        table.add_row("", Text(f"and {rest}; --json lists all"))
    for line in exposure(touched, now_s):
        table.add_row("Exposure", Text(line))
    for excuse, mails in touched.excuses.items():
        table.add_row("No alert", Text(f"for {words.count(mails, 'mail')}: {shown(excuse)}"))
    return Group(title, Padding(table, (0, 0, 0, 3)))


def exposure(touched: Touched, now_s: float) -> Iterator[str]:
    """Since when, and how long it took until anybody here knew; nothing where no mail has a usable date."""
    first_s = touched.first_s
    if first_s is None:
        return
    days = max(0, round((now_s - first_s) // _DAY_S))
    began = f"the first mail came on {words.day(first_s)}"
    if touched.new == touched.mails:
        yield f"{began}, {words.count(days, 'day')} before this was known here"
    elif touched.new:
        yield f"{began}; an earlier hunt found {touched.mails - touched.new:,} of these mails"
    else:
        yield f"{began}; an earlier hunt found all of this"
    if is_before(first_s, touched.indicator.valid_from_s):
        yield f"the source counts it from {words.day(touched.indicator.valid_from_s)}; mail from before is shown too"


def _person(person: Person) -> str:
    seen = person.seen
    value = defang_host(short(seen, 120)) if "/" not in seen and "@" not in seen else shown(seen, 160)
    place = f", {shown(words.where(person.where), 60)}" if person.where else ""
    new = "" if person.new == person.mails else f", {person.new:,} new" if person.new else ", known before"
    by = f"by {MATCH[person.match]}" + (f" {value}" if seen else "")
    return (
        f"{shown(person.address) or 'owner not known'}: {words.count(person.mails, 'mail')}, "
        f"{words.span(person.first_s, person.last_s)}{new}; {by}{place}"
    )


def _first(touched: Touched) -> float:
    return _none_last(touched.first_s)


def _none_last(time_s: float | None) -> float:
    return time_s if time_s is not None else float("inf")
