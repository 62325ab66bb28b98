"""A campaign as people look at it: members with what they say, what ties them, what else happened meanwhile."""

from __future__ import annotations

import msgspec

from tocsin.model.campaign import Campaign, Decision, Incident


class MailLine(msgspec.Struct, frozen=True):
    """One member; `class_` and `probability` are those of its standing verdict, `shows` indexes `View.shared`."""

    sha256: str
    message_id: str
    owner: str
    time_s: float | None
    subject: str
    sender: str
    sender_name: str
    class_: str
    probability: float
    alert: bool
    shows: tuple[int, ...] = ()


class Shared(msgspec.Struct, frozen=True):
    """Something that several members show: `kind` of `link.kinds`, `value` for people, personal labels cut.

    `mails` counts the members that show it, `people` their owners; `others` the kept mails outside the campaign that
    show it too, -1 where they were not counted. `group` is "call", "words", "form", "sender" or "road"; `weight` the
    most nats it ties two members with.
    """

    kind: str
    group: str
    value: str
    mails: int
    people: int
    others: int
    weight: float


class Weakest(msgspec.Struct, frozen=True):
    """The join that would break first: `apart` members (SHA-256) hang on the rest by `ties` pairs of mails.

    `reasons` are those of the strongest of these pairs, kind and value; `analyst` tells that an analyst's word alone
    holds.
    """

    apart: tuple[str, ...]
    ties: int
    reasons: tuple[tuple[str, str], ...]
    analyst: bool = False


class Happening(msgspec.Struct, frozen=True):
    """What else lies on the timeline, from `first_s` to `last_s` (Unix seconds UTC).

    `kind` is "incident", or "intelligence" for the time from which a source counts an indicator, "known" for when a
    hunt met it here, "event" for what people.toml says was going on, "claim" for when somebody said who it was.
    `claimed` are sentences on whom others name for an incident, with their words and what was answered; without a
    claim an incident has no author, and there is no other way to give it one. For a claim they are others without a
    date on the same event. `tlp` is the mark of an incident, "" for what is known publicly.
    """

    kind: str
    title: str
    first_s: float
    last_s: float
    place: str = ""
    source: str = ""
    claimed: tuple[str, ...] = ()
    tlp: str = ""


class View(msgspec.Struct, frozen=True):
    """Everything that is shown of one campaign.

    `asked` is the id it was asked by where that is another one now. `names` are owners' names by address, where
    people.toml has them. `pieces` counts, for lists, members beyond those in `mails`. `happenings` lie around the
    campaign's time, `later` far from it.
    """

    campaign: Campaign
    organisations: tuple[str, ...]
    names: dict[str, str]
    mails: tuple[MailLine, ...]
    unlisted: int
    shared: tuple[Shared, ...]
    weakest: Weakest | None
    happenings: tuple[Happening, ...]
    later: tuple[Happening, ...]
    decisions: tuple[Decision, ...]
    unknown: tuple[str, ...]
    exercise: bool
    asked: str = ""


class ListLine(msgspec.Struct, frozen=True):
    """One campaign in a list."""

    campaign: Campaign
    organisations: tuple[str, ...]
    top: Shared | None


class IncidentLine(msgspec.Struct, frozen=True):
    """One incident with the span of its observed date (Unix seconds UTC)."""

    incident: Incident
    first_s: float
    last_s: float
