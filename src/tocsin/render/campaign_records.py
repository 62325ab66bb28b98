"""Campaigns, decisions and incidents as JSON objects, one a line; schemas in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.campaign import Decision, Incident
from tocsin.model.campaign_view import ListLine, View
from tocsin.render.campaign_words import band
from tocsin.render.records import rfc3339

CAMPAIGN_SCHEMA = "tocsin.campaign/1"
CAMPAIGN_VIEW_SCHEMA = "tocsin.campaign-view/1"
DECISION_SCHEMA = "tocsin.decision/1"
INCIDENT_SCHEMA = "tocsin.incident/1"


class MemberRecord(msgspec.Struct, frozen=True):
    """One mail of a campaign, for one owner."""

    sha256: str
    message_id: str
    owner: str
    date: str | None


class LinkRecord(msgspec.Struct, frozen=True):
    """Why two mails are taken for one hand's: `a` and `b` are SHA-256, `weight` in nats, `shared` what both show."""

    a: str
    b: str
    reason: str
    weight: float
    text: str
    shared: str


class CampaignRecord(msgspec.Struct, frozen=True):
    """Mails that hang together.

    `aliases` are ids it went by, or that were merged into it. `people` are addresses; `countries`, `sectors` and
    `organisations` those of the people, as people.toml has them. Its mails came from `first_seen` to `last_seen`;
    `known` is when it was first listed here. `likelihood` is the highest of its members'. `links` are those that hold
    it together and the strongest besides.
    """

    schema: str
    id: str
    aliases: tuple[str, ...]
    members: tuple[MemberRecord, ...]
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    first_seen: str | None
    last_seen: str | None
    known: str | None
    likelihood: float
    band: str
    alerts: int
    links: tuple[LinkRecord, ...]


class MailRecordLine(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """What a member says and is taken for; `shows` are places in `shared`."""

    sha256: str
    owner: str
    date: str | None
    subject: str
    from_address: str
    from_name: str
    class_: str
    likelihood: float
    alert: bool
    shows: tuple[int, ...]


class SharedRecord(msgspec.Struct, frozen=True):
    """What members share: `mails` show it, and `others` of the kept mails besides (null: not counted).

    Labels and tokens that could stand for one reader are cut in `value`; `links` of the campaign have them whole.
    """

    kind: str
    group: str
    value: str
    mails: int
    people: int
    others: int | None
    weight: float


class WeakestRecord(msgspec.Struct, frozen=True):
    """The join that would break first: `apart` hang on the rest by `ties` pairs; `reasons` are of the strongest."""

    apart: tuple[str, ...]
    ties: int
    reasons: tuple[str, ...]
    analyst: bool


class HappeningRecord(msgspec.Struct, frozen=True):
    """What else lies on the timeline; `kind` is incident, event, intelligence or known. An incident has no author."""

    kind: str
    title: str
    first: str | None
    last: str | None
    place: str
    source: str


class DecisionRecord(msgspec.Struct, frozen=True):
    """What an analyst said; `undone` tells that it no longer stands."""

    schema: str
    id: str
    at: str | None
    who: str
    action: str
    campaign: str
    mails: tuple[str, ...]
    others: tuple[str, ...]
    undoes: str
    because: str
    undone: bool


class CampaignViewRecord(msgspec.Struct, frozen=True):
    """One campaign with all that `campaigns show` tells."""

    schema: str
    campaign: CampaignRecord
    mails: tuple[MailRecordLine, ...]
    shared: tuple[SharedRecord, ...]
    weakest: WeakestRecord | None
    happenings: tuple[HappeningRecord, ...]
    later: tuple[HappeningRecord, ...]
    decisions: tuple[DecisionRecord, ...]
    unknown: tuple[str, ...]
    exercise: bool


class IncidentRecord(msgspec.Struct, frozen=True):
    """Something else that happened; nobody is named as its author, and there is no field for one."""

    schema: str
    id: str
    title: str
    kind: str
    observed: str
    reported: str
    place: str
    source: str
    text: str
    added: str | None
    added_by: str
    withdrawn: str | None
    withdrawn_by: str
    withdrawn_because: str
    tlp: str = ""


def campaign_record(line: ListLine) -> CampaignRecord:
    """The published form of a campaign."""
    one = line.campaign
    return CampaignRecord(
        CAMPAIGN_SCHEMA,
        one.id,
        one.aliases,
        tuple(MemberRecord(m.sha256, m.message_id, m.owner, rfc3339(m.time_s)) for m in one.members),
        one.people,
        line.organisations,
        one.countries,
        one.sectors,
        rfc3339(one.first_seen_s),
        rfc3339(one.last_seen_s),
        rfc3339(one.known_s),
        one.likelihood,
        band(one),
        one.alerts,
        tuple(
            LinkRecord(link.a, link.b, link.reason, link.weight, link.text, link.shared) for link in one.links
        ),
    )


def campaign_line(line: ListLine) -> bytes:
    """One campaign as a line of JSON, line end included."""
    return plain_json(campaign_record(line)) + b"\n"


def view_line(view: View, undone: frozenset[str]) -> bytes:
    """One campaign with everything as a line of JSON, line end included."""
    happenings, later = (
        tuple(
            HappeningRecord(
                one.kind, one.title, rfc3339(one.first_s), rfc3339(one.last_s), one.place, one.source
            )
            for one in some
        )
        for some in (view.happenings, view.later)
    )
    weakest = view.weakest
    record = CampaignViewRecord(
        CAMPAIGN_VIEW_SCHEMA,
        campaign_record(ListLine(view.campaign, view.organisations, None)),
        tuple(
            MailRecordLine(
                one.sha256,
                one.owner,
                rfc3339(one.time_s),
                one.subject,
                one.sender,
                one.sender_name,
                one.class_,
                one.probability,
                one.alert,
                one.shows,
            )
            for one in view.mails
        ),
        tuple(
            SharedRecord(
                one.kind,
                one.group,
                one.value,
                one.mails,
                one.people,
                one.others if one.others >= 0 else None,
                one.weight,
            )
            for one in view.shared
        ),
        WeakestRecord(
            weakest.apart, weakest.ties, tuple(kind for kind, _ in weakest.reasons), weakest.analyst
        )
        if weakest is not None
        else None,
        happenings,
        later,
        tuple(decision_record(one, one.id in undone) for one in view.decisions),
        view.unknown,
        view.exercise,
    )
    return plain_json(record) + b"\n"


def decision_record(one: Decision, undone: bool) -> DecisionRecord:
    """The published form of a decision."""
    return DecisionRecord(
        DECISION_SCHEMA,
        one.id,
        rfc3339(one.at_s),
        one.who,
        one.action,
        one.campaign,
        one.mails,
        one.others,
        one.undoes,
        one.because,
        undone,
    )


def decision_line(one: Decision, undone: bool) -> bytes:
    """One decision as a line of JSON, line end included."""
    return plain_json(decision_record(one, undone)) + b"\n"


def incident_json(one: Incident) -> bytes:
    """One incident as a line of JSON, line end included."""
    record = IncidentRecord(
        INCIDENT_SCHEMA,
        one.id,
        one.title,
        one.kind,
        one.observed,
        one.reported,
        one.place,
        one.source,
        one.text,
        rfc3339(one.added_s),
        one.added_by,
        rfc3339(one.withdrawn_s),
        one.withdrawn_by,
        one.withdrawn_because,
        one.tlp,
    )
    return plain_json(record) + b"\n"
