"""Targets of a campaign for people, and what a domain's owner is given, as a table and as JSON."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.targets import DomainOwner, SentTo, Targets, TargetShare
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown, visible
from tocsin.render.words import EXERCISE, count, span

TARGET_SCHEMA = "tocsin.target/1"
TARGET_DOMAIN_SCHEMA = "tocsin.target-domain/1"
TARGET_SHARE_SCHEMA = "tocsin.target-share/1"
COLUMNS = ("exercise", "tlp", "campaign", "for", "address", "time", "message_id", "sha256")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheet programs would run
_LISTED = 200


class TargetRecord(msgspec.Struct, frozen=True):
    """One address that mails of a campaign went to: of whom, how many, when.

    `private` tells that no domain's owner is given it; `owner` is who answers for the domain by the register, "" if
    nobody is entered.
    """

    schema: str
    campaign: str
    address: str
    domain: str
    owner: str
    private: bool
    person: str
    name: str
    mails: int
    first: str | None
    last: str | None
    exercise: bool


class TargetDomainRecord(msgspec.Struct, frozen=True):
    """What of a campaign one domain's owner could be given; `private` counts mails there that nobody is given."""

    schema: str
    campaign: str
    domain: str
    owner: str
    contact: str
    addresses: int
    mails: int
    private: int
    first: str | None
    last: str | None
    exercise: bool


class SharedMailRecord(msgspec.Struct, frozen=True):
    """One mail to one address; `message_id` is "" where it was left out or the mail had none."""

    address: str
    time: str | None
    message_id: str
    sha256: str


class TargetShareRecord(msgspec.Struct, frozen=True):
    """What the owner of `domains` is given of a campaign, marked `tlp` (TLP 2.0); times are RFC 3339 UTC."""

    schema: str
    exercise: bool
    tlp: str
    campaign: str
    owner: str
    domains: tuple[str, ...]
    made: str | None
    mails: tuple[SharedMailRecord, ...]


class _Group(msgspec.Struct):
    sent: list[SentTo]

    def span_s(self) -> tuple[float | None, float | None]:
        times = [one.time_s for one in self.sent if one.time_s is not None]
        return min(times, default=None), max(times, default=None)

    def mails(self) -> int:
        return len({one.sha256 for one in self.sent})


_Key = Callable[[SentTo], str]


def target_lines(targets: Targets, owners: dict[str, DomainOwner | None]) -> Iterator[bytes]:
    """Each address as a line of JSON, line end included; `owners` are by domain."""
    for address, group in _grouped(targets.sent, lambda one: one.address):
        one = group.sent[0]
        owner = owners.get(one.domain)
        first, last = group.span_s()
        record = TargetRecord(
            TARGET_SCHEMA,
            targets.campaign,
            address,
            one.domain,
            owner.name if owner is not None and not one.private else "",
            one.private,
            one.person,
            targets.names.get(one.person, ""),
            group.mails(),
            rfc3339(first),
            rfc3339(last),
            targets.exercise,
        )
        yield plain_json(record) + b"\n"


def domain_lines(targets: Targets, owners: dict[str, DomainOwner | None]) -> Iterator[bytes]:
    """Each domain as a line of JSON, line end included."""
    for domain, group in _grouped(targets.sent, lambda one: one.domain):
        owner = owners.get(domain)
        given = _Group([one for one in group.sent if not one.private])
        first, last = given.span_s()
        record = TargetDomainRecord(
            TARGET_DOMAIN_SCHEMA,
            targets.campaign,
            domain,
            owner.name if owner is not None else "",
            owner.contact if owner is not None else "",
            len({one.address for one in given.sent}),
            given.mails(),
            _Group([one for one in group.sent if one.private]).mails(),
            rfc3339(first),
            rfc3339(last),
            targets.exercise,
        )
        yield plain_json(record) + b"\n"


def target_text(targets: Targets) -> Iterator[str]:
    """Each address for people, the most mails first, and what is not known."""
    yield from _marked(targets)
    groups = _grouped(targets.sent, lambda one: one.address)
    people = {one.person for one in targets.sent}
    yield (
        f"{targets.campaign}: {count(len(groups), 'address', 'addresses')} of "
        f"{count(len(people), 'person', 'people')}"
    )
    for address, group in groups[:_LISTED]:
        one = group.sent[0]
        name = targets.names.get(one.person, "")
        private = "; private: the person alone is told" if one.private else ""
        yield (
            f"  {shown(address)}{f' ({shown(name)})' if name and name != address else ''}: "
            f"{count(group.mails(), 'mail')}, {span(*group.span_s())}{private}"
        )
    yield from _rest(len(groups))
    yield from _unknown(targets)


def domain_text(targets: Targets, owners: dict[str, DomainOwner | None]) -> Iterator[str]:
    """Each domain for people: what its owner could be given."""
    yield from _marked(targets)
    groups = _grouped(targets.sent, lambda one: one.domain)
    yield f"{targets.campaign}: mails went to {count(len(groups), 'domain')}"
    for domain, group in groups[:_LISTED]:
        owner = owners.get(domain)
        given = _Group([one for one in group.sent if not one.private])
        private = _Group([one for one in group.sent if one.private])
        parts = []
        if given.sent:
            addresses = count(len({one.address for one in given.sent}), "address", "addresses")
            parts.append(f"{count(given.mails(), 'mail')} to {addresses}, {span(*given.span_s())}")
        if private.sent:
            parts.append(f"{count(private.mails(), 'mail')} to private addresses, for no domain's owner")
        whose = f" ({shown(owner.name)})" if owner is not None else ""
        yield f"  {shown(domain)}{whose}: {'; '.join(parts)}"
    yield from _rest(len(groups))
    yield from _unknown(targets)


def share_text(share: TargetShare) -> Iterator[str]:
    """What was written for one owner, and what was left out, for the operator."""
    addresses = {one.address for one in share.sent}
    yield (
        f"For {share.owner.name}: {count(len(share.sent), 'line')}, {count(len(addresses), 'address', 'addresses')} at "
        f"{', '.join(share.owner.domains)}; TLP:{share.tlp}."
    )
    yield from (f"Left out: {one.count:,} {one.what}: {one.why}." for one in share.left)


def share_csv(share: TargetShare) -> bytes:
    """The share as a table in UTF-8, a line for each mail and address.

    A cell that spreadsheet programs would run begins with an apostrophe.
    """
    lines = _Lines()
    table = csv.writer(lines, lineterminator="\r\n")
    table.writerow(COLUMNS)
    mark = "EXERCISE" if share.exercise else ""
    for one in share.sent:
        message_id = f"<{one.message_id.strip('<>')}>" if one.message_id else ""
        time = rfc3339(one.time_s) or ""
        row = (
            mark, f"TLP:{share.tlp}", share.campaign, share.owner.name, one.address, time, message_id, one.sha256,
        )  # fmt: skip
        table.writerow([_cell(value) for value in row])
    return "".join(lines.written).encode("utf-8", "replace")


def share_json(share: TargetShare) -> bytes:
    """The share as one line of JSON, line end included."""
    record = TargetShareRecord(
        TARGET_SHARE_SCHEMA,
        share.exercise,
        share.tlp,
        share.campaign,
        share.owner.name,
        share.owner.domains,
        rfc3339(share.made_s),
        tuple(
            SharedMailRecord(one.address, rfc3339(one.time_s), one.message_id, one.sha256)
            for one in share.sent
        ),
    )
    return plain_json(record) + b"\n"


class _Lines:
    """What the writer of tables writes to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line)


def _cell(value: str) -> str:
    plain = visible(value)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _grouped(sent: Sequence[SentTo], key: _Key) -> list[tuple[str, _Group]]:
    """By a key, the most mails first."""
    groups: dict[str, _Group] = {}
    for one in sent:
        groups.setdefault(key(one), _Group([])).sent.append(one)
    return sorted(groups.items(), key=lambda item: (-item[1].mails(), item[0]))


def _marked(targets: Targets) -> Iterator[str]:
    if targets.exercise:
        yield EXERCISE


def _rest(groups: int) -> Iterator[str]:
    if groups > _LISTED:
        yield f"and {groups - _LISTED:,} more; --json lists all"


def _unknown(targets: Targets) -> Iterator[str]:
    if targets.unplaced:
        yield f"{count(targets.unplaced, 'mail')}: not known to which of the person's addresses."
    if targets.gone:
        yield f"{count(targets.gone, 'mail')}: no longer kept."
