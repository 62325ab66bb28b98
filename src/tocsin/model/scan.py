"""What a scan hands to renderers: judged mails, mailboxes, counts over time."""

from __future__ import annotations

import msgspec

from tocsin.model.observation import Observed
from tocsin.model.source import ReadError
from tocsin.model.verdict import Verdict


class Judged(msgspec.Struct, frozen=True):
    """One mail judged for one owner.

    `owner` is the address of the person whose mailbox it lies in, "" if unknown; `occurrences` are all places
    (path#member) where exactly these bytes lie for this owner, the first one being `observed.source`. `earlier` tells
    that the store held it before and that this scan did not read it: it alarms now and did not before.
    """

    observed: Observed
    verdict: Verdict
    owner: str
    occurrences: tuple[str, ...]
    earlier: bool = False


class Stored(msgspec.Struct, frozen=True):
    """What a scan did to a store.

    `new` mails were added, `known` ones were there before, `total` are in it now, of `people` people. `changed` counts
    earlier verdicts that got another version, `alarmed` those of them that alarm now and did not before. `hits` are new
    meetings with intelligence. `made` tells that the scan made the store, `mandate` what it was done under. Of the
    `campaigns` that are worth listing some are new, others have grown.
    """

    url: str
    encrypted: bool
    made: bool
    new: int
    known: int
    total: int
    changed: int
    alarmed: int
    hits: int
    people: int
    mandate: str = ""
    campaigns: int = 0
    new_campaigns: int = 0
    grown_campaigns: int = 0


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox that was read: its owner, how that is known, how much it holds.

    `owner_known_by` is "people", "delivered-to", "recipients", "sender" or "" (unknown). Times are Unix
    seconds UTC of the first and last mail by arrival, None if no mail bears a usable date.
    """

    name: str
    owner: str
    owner_known_by: str
    mails: int
    first_s: float | None
    last_s: float | None


class Month(msgspec.Struct, frozen=True):
    """Beacons of one month (UTC, "2021-01"): mails in all, and mails that phone home when opened, by whom.

    `vendors` counts mails whose beacons all go to known services or to the sender's own site, `strangers`
    those with a beacon to neither, `alerts` the alerts among them.
    """

    month: str
    mails: int
    vendors: int
    strangers: int
    alerts: int


class SiteCount(msgspec.Struct, frozen=True):
    """How many mails phone home to one vendor (`vendor` is its name) or other site (`vendor` is "").

    `own` counts those of a site's mails that the same site sent: a newsletter of its own, no stranger.
    """

    site: str
    vendor: str
    mails: int
    alerts: int
    own: int = 0


class Queued(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """What people should look at: one mail, or several that seem to come from one hand.

    `sha256`, `subject` and `sender` are those of the likeliest of its `members` (SHA-256 each); `alerts` counts how
    many of them alarm. `within_budget` tells that it lies above the line that the operator's alert budget draws,
    `indicator` that intelligence points at it. `rank` counts from 1; `height` is in nats.
    """

    class_: str
    likelihood: float
    alert: bool
    indicator: bool
    sha256: str
    subject: str
    sender: str
    members: tuple[str, ...]
    alerts: int
    people: tuple[str, ...]
    first_s: float | None
    last_s: float | None
    height: float
    rank: int = 0
    within_budget: bool = False


class Summary(msgspec.Struct, frozen=True):
    """All that the head of a report says.

    `classes` counts verdicts by class; `beaconing` counts mails that phone home on receipt or opening;
    `not_evaluated` counts mails with something not evaluated; `threshold` and `prior` are those used. `queue` has
    the likeliest first; `budget` is how many of its entries people said they can look at, 0 for no limit.
    """

    mails: int
    unique: int
    mailboxes: tuple[Mailbox, ...]
    first_s: float | None
    last_s: float | None
    classes: dict[str, int]
    alerts: int
    beaconing: int
    not_evaluated: int
    defective: int
    months: tuple[Month, ...]
    sites: tuple[SiteCount, ...]
    errors: tuple[ReadError, ...]
    elapsed_s: float
    bytes_read: int
    prior: float
    threshold: float
    rules: str
    exercise: bool
    interrupted: bool = False
    queue: tuple[Queued, ...] = ()
    budget: int = 0
    stored: Stored | None = None
