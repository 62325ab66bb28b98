"""Intelligence: what others know to be hostile, where it comes from, and which mails it touches."""

from __future__ import annotations

import msgspec

from tocsin.model.observable import Observable

TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # TLP 2.0, the freest first
PAPS = ("CLEAR", "GREEN", "AMBER", "RED")

# How an indicator met a mail, the most telling first.
MATCHES = (
    "url",
    "token",
    "host",
    "address",
    "hash",
    "template",
    "ip",
    "cidr",
    "domain",
    "subject",
    "mailer",
    "pattern",
)


class IntelSource(msgspec.Struct, frozen=True):
    """Where indicators come from: one file, collection or feed, by the name people know it by.

    `id` is stable for one source, so that adding it again renews it. `format` is "stix", "taxii", "misp", "csv",
    "list" or "maltrail". `grade` is the Admiralty grade that a person gave, "" where nobody did; `tlp` and `pap`
    are of TLPS and PAPS, "" where not stated. Times are Unix seconds UTC.
    """

    id: str
    name: str
    format: str
    location: str  # path or URL as given
    added_s: float
    renewed_s: float
    grade: str = ""
    tlp: str = ""
    pap: str = ""
    sha256: str = ""  # of the bytes last read


class Comparison(msgspec.Struct, frozen=True, gc=False, tag="compare"):
    """A leaf of a pattern: an observable's kind compared with a value.

    `kind` is of observable KINDS but never "under": a domain is "host" with `operator` "under" (the host itself or
    any name below it). `operator` is "=", "in" (`values`), "like" (STIX LIKE: % and _), "matches" (PCRE as STIX
    has it), "cidr" (IP network) or "under". Values are normalised as observables are.
    """

    kind: str
    operator: str
    values: tuple[str, ...]
    negated: bool = False


class Combination(msgspec.Struct, frozen=True, gc=False, tag="combine"):
    """An inner node: `operator` is "and" or "or"."""

    operator: str
    parts: tuple[Comparison | Combination, ...]


Pattern = Comparison | Combination


class Indicator(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One thing to look for.

    `id` is stable: the producer's own (STIX id, MISP UUID), or derived from source and pattern. `pattern` is what
    to match, `written` how the source wrote it. `valid_from_s` and `valid_until_s` are Unix seconds or None;
    `confidence` 0..100 or None where the source gives none. `names` are what the source links it to (campaign, actor,
    malware), as quoted. `warning` names the warning list that says this value is shared by strangers, "" if none: such
    an indicator is matched and shown, and never alarms.
    """

    id: str
    source: str  # IntelSource.id
    pattern: Pattern
    written: str
    name: str = ""
    description: str = ""
    valid_from_s: float | None = None
    valid_until_s: float | None = None
    confidence: int | None = None
    grade: str = ""
    tlp: str = ""
    pap: str = ""
    names: tuple[str, ...] = ()
    revoked: bool = False
    created_s: float | None = None
    modified_s: float | None = None
    warning: str = ""


class NotUnderstood(msgspec.Struct, frozen=True):
    """Something in a source that Tocsin cannot act on: what it says, where it stands, and why."""

    written: str
    where: str
    reason: str


class Intelligence(msgspec.Struct, frozen=True):
    """What one reading of one source gave; nothing it holds is dropped in silence.

    `other` counts objects that are no indicators and were left out on purpose, by type.
    """

    indicators: tuple[Indicator, ...]
    not_understood: tuple[NotUnderstood, ...] = ()
    other: dict[str, int] = {}


class Hit(msgspec.Struct, frozen=True):
    """An indicator met a mail. `match` is of MATCHES; `seen` is what the mail shows, and where.

    `alarms` is False where a warning list, expiry or revocation keeps it from alarming; `excuse` says which.
    """

    indicator: str
    number: int  # of the stored mail
    match: str
    seen: Observable
    found_s: float
    alarms: bool = True
    excuse: str = ""
