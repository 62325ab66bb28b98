"""What others said about who did it: quoted, never believed or disbelieved here."""

from __future__ import annotations

import msgspec

CLAIM_KINDS = ("attribution", "confirmation", "denial", "answer", "no-response", "retraction")
SPEAKER_KINDS = ("government", "agency", "parliament", "court", "company", "press", "person", "organisation")

# How strongly the words hold, the weakest first; what is said, not how probable it is.
STRENGTHS = (
    "not-stated",
    "could-not-confirm",
    "possible",
    "likely",
    "highly-likely",
    "near-certain",
    "asserted",
)


class Tie(msgspec.Struct, frozen=True):
    """Who said that a claim is about a campaign, profile or incident here (`to`, its id)."""

    to: str
    by: str
    at_s: float


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who said what about whom and which event, in which words.

    `id` is "k-" and twelve hex digits. `kind` is of CLAIM_KINDS, `by_kind` of SPEAKER_KINDS. `by` is who said it and
    `government` the state or union it spoke for (ISO 3166 code or "EU"), "" if none. `about` is the actor as the
    words name it, `accused` the government or body that the words hold responsible, both "" where they name none;
    `actor` the id of a profile where a person tied it to one. `event` is the id of an event (a slug, "ipac-mails-2021")
    and `event_title` its name. `said` is the day, month or year; "" where the source gives none. `words` are quoted
    exactly, in `language`; `translation` is `translated_by` someone. `reported_by` is who reported it, "" where the
    speaker published it. `answers` is the claim that this one answers. `strength` is of STRENGTHS. `campaigns` are ids
    here that a person tied it to, `incidents` likewise; `ties` says who did.
    """

    id: str
    kind: str
    by: str
    by_kind: str
    event: str
    words: str
    source: str
    event_title: str = ""
    government: str = ""
    about: str = ""
    actor: str = ""
    accused: str = ""
    said: str = ""
    language: str = ""
    translation: str = ""
    translated_by: str = ""
    reported_by: str = ""
    strength: str = "not-stated"
    answers: str = ""
    grade: str = ""
    tlp: str = ""
    campaigns: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    added_s: float = 0.0
    added_by: str = ""
    withdrawn_s: float | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""


class Arrow(msgspec.Struct, frozen=True):
    """An incident, an actor, and the claim that ties them; `against` are claims that answer it.

    There is no other way to draw one: whoever draws shows `claim.by` and `claim.words` with it.
    """

    incident: str
    actor: str
    claim: Claim
    against: tuple[Claim, ...] = ()
