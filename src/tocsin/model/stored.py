"""What a store keeps of a mail, and of what was thought of it over time."""

from __future__ import annotations

import msgspec

from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict


class NewMail(msgspec.Struct, frozen=True):
    """One mail to keep for one owner.

    `digests` are those of its observables (`model.observable.digest`), `texts` the observables that patterns search by
    text: pairs of kind and value, each once. `traits` are what linking compares, as `link.traits` packs them; the
    store does not look inside. `observer` names the version and lists that observed it.
    """

    observed: Observed
    owner: str
    digests: tuple[int, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    traits: bytes = b""
    observer: str = ""
    occurrences: tuple[str, ...] = ()  # all places it was found in; () means observed.source alone


class MailRow(msgspec.Struct, frozen=True, gc=False):
    """The index row of a stored mail; `number` is the store's own and never used again for another mail.

    `time_s` is when it came (arrival, else Date; Unix seconds UTC) or None, `stored_s` when it was first stored.
    `raw` tells that the mail's bytes are kept as well.
    """

    number: int
    sha256: str
    owner: str
    mailbox: str
    time_s: float | None
    stored_s: float
    sender: str
    outgoing: bool
    observer: str
    raw: bool = False


class VerdictVersion(msgspec.Struct, frozen=True):
    """One opinion on a stored mail; versions are added, never changed.

    `version` counts from 1 for each mail. `reason` is of VERDICT_REASONS, `because` a sentence for people. `partial`
    tells that the raw mail was not at hand. `intelligence` names the state of intelligence that was held against it.
    """

    number: int
    version: int
    at_s: float
    reason: str
    because: str
    verdict: Verdict
    partial: bool = False
    intelligence: str = ""


VERDICT_REASONS = ("first", "later-mail", "rules", "intelligence", "observed-again", "analyst")


class AuditEntry(msgspec.Struct, frozen=True):
    """Who looked at which mails, when, by which command and under which mandate; entries are only ever added.

    `mails` are numbers, or first and last number of a run where `through` is set. `who` is the account of the
    operating system.
    """

    at_s: float
    who: str
    action: str  # "observe", "judge", "read", "show", "export", "erase", "expire", "hunt", "link"
    mails: tuple[int, ...] = ()
    through: bool = False
    count: int = 0
    mandate: str = ""
    detail: str = ""
