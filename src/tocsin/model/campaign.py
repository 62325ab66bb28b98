"""Campaigns: mails of one hand, each tie with its reason; and what else happened around them."""

from __future__ import annotations

import msgspec


class Link(msgspec.Struct, frozen=True):
    """Why two mails are taken for one hand's: `reason` is a kind of `link.reasons`, `text` the sentence for people.

    `a` and `b` are SHA-256 with a < b; `weight` is in nats; `shared` is the value both show.
    """

    a: str
    b: str
    reason: str
    weight: float
    text: str = ""
    shared: str = ""


class Member(msgspec.Struct, frozen=True):
    """One mail of a campaign, for one owner."""

    sha256: str
    message_id: str
    owner: str
    time_s: float | None
    number: int = -1  # in the store


class Campaign(msgspec.Struct, frozen=True):
    """Mails that hang together; derived from the mails and the analysts' decisions, never edited.

    `id` persists as members come and go ("c-" and twelve hex digits); `aliases` are ids that were merged into it or
    split from it, which cases and notices may still name. `links` hold the members together: the strongest ones, a
    spanning tree at least. `people` are owners' addresses; `countries` and `sectors` those of the people, as
    people.toml has them. `likelihood` is the highest of its members'. Its mails came from `first_seen_s` to
    `last_seen_s`; `known_s` is when it was first listed here, which may be years later.
    """

    id: str
    members: tuple[Member, ...]
    links: tuple[Link, ...]
    people: tuple[str, ...]
    first_seen_s: float | None
    last_seen_s: float | None
    aliases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    likelihood: float = 0.0
    alerts: int = 0
    known_s: float | None = None


class Decision(msgspec.Struct, frozen=True):
    """What an analyst said about campaigns; it stands over the machine's opinion and can be undone.

    `action` is "merge" (all `mails` are one hand's), "split" (`mails` are not of one hand with the other members of
    `campaign`) or "undo" (of the decision `undoes`). Mails are named by SHA-256, since campaign ids are derived.
    """

    id: str
    at_s: float
    who: str
    action: str
    mails: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # for a split: the members they are parted from
    campaign: str = ""
    undoes: str = ""
    because: str = ""


class Incident(msgspec.Struct, frozen=True):
    """Something else that happened: an outage, a postponed hearing, an intrusion. It has no author here.

    `observed` and `reported` are days, months or RFC 3339 times as given, "" where unknown; `added_by` and
    `withdrawn_by` are those who said so here. A withdrawn one stays, with the reason. `tlp` is of TLPS, "" for what is
    known publicly.
    """

    id: str
    title: str
    kind: str
    observed: str
    reported: str
    place: str
    source: str
    text: str = ""
    added_s: float = 0.0
    added_by: str = ""
    withdrawn_s: float | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""
    tlp: str = ""
