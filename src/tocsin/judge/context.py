"""Facts about a mail's surroundings as of just before it came: all that detectors may know beyond the
mail.
"""

from __future__ import annotations

import msgspec

from tocsin.judge.ages import Age
from tocsin.judge.fanout import Reach
from tocsin.judge.hands import Company
from tocsin.judge.identity import NOTHING_ODD, Identity
from tocsin.judge.mailings import Mailing
from tocsin.judge.pointers import Pointer
from tocsin.judge.timing import Nearness
from tocsin.judge.traits import Traits
from tocsin.model.observation import Observed
from tocsin.model.people import Owner


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What one address or site did earlier in this mailbox.

    `days` counts different days with mail, `span_days` lies between the first and the last, `aligned`
    counts the mails that the From domain vouched for, `suspect` those that looked like reconnaissance or
    phishing. `interval_days` lies between its mails where they come at steady intervals, else 0. `calls` counts
    the mails that called a stranger or reported to its own site.
    """

    mails: int = 0
    days: int = 0
    span_days: int = 0
    aligned: int = 0
    suspect: int = 0
    interval_days: int = 0
    calls: int = 0


UNSEEN = Seen()


class Context(msgspec.Struct, frozen=True, gc=False):
    """Facts as of before this mail, for one owner.

    `history_known` is False where the mailbox tells too little (fewer than twenty earlier mails and
    nothing that the owner sent): then "never seen before" means nothing. `linked` names what ties the
    mail to an earlier alert ("address", "name", "host", "token") or is ""; `linked_level` is "alert" or
    "suspect". `ages` tells how old the mail's domains were, as far as the operator's list names them; `doubts` are
    sentences about what could not be evaluated. `nearness` is how the mail lies to an event that it speaks of;
    `topic_share` how much of the mail by strangers to this person is about the person's topics, None where that is
    not known. `subscribed` is the strongest trace that the owner asked for this mailing: "asked" (own mail
    to join), "list" (the same list wrote for weeks), "welcome" (a confirmation came before) or "". `mailing` is all
    that the sender wrote to everybody, earlier and later, None where nobody else got any.
    """

    owner: Owner
    traits: Traits
    history_known: bool = False
    own: bool = False  # the owner's own mail
    address: Seen = UNSEEN
    site: Seen = UNSEEN
    wrote_to_address: bool = False
    wrote_to_site: bool = False
    began: bool = False  # the owner wrote to the address before anything came from it
    replied: bool = False  # the owner answered a mail of this address
    answers_owner: bool = False  # this mail answers one that the owner sent
    same_house: bool = False  # the sender's site is the owner's own
    beacon_before: bool = False  # a stranger's host in this mail was in an earlier mail of the same address
    beacon_changed: bool = False  # earlier mails of the address called other hosts, never this one
    borrowed_name: bool = False  # the owner writes to somebody of this name at another address
    subscribed: str = ""
    other_addresses: bool = False  # the same address wrote to another address of the owner
    imitates: str = (
        ""  # the site, known here or linked in the mail, that the sender's site looks like but is not
    )
    identity: Identity = (
        NOTHING_ODD  # what is odd about who the mail says it is, by the mail and the lists alone
    )
    linked: str = ""
    linked_level: str = ""
    drill: bool = False  # a known service for phishing drills carried it, or its links or calls go there
    announced: bool = False  # the owner's own organisation announced a drill within sixty days
    reaches: tuple[Reach, ...] = ()
    ages: tuple[Age, ...] = ()
    doubts: tuple[str, ...] = ()
    nearness: Nearness | None = None
    topic_share: float | None = None
    mailing: Mailing | None = None
    company: Company | None = None  # other mails of the same hand that alarm by themselves
    indicators: tuple[Pointer, ...] = ()  # intelligence that meets the mail and is in force

    def unasked(self, mail: Observed) -> bool:
        """Whether the mail calls itself a list of subscribers (RFC 2919, RFC 8058), yet its sender began suddenly with
        protected people, and nothing shows that this reader asked for it.
        """
        return (
            self.mailing is not None
            and bool(mail.sender.list_id or mail.sender.one_click)
            and self.mailing.sudden
            and not self.subscribed
            and not self.same_house
            and not self.answers_owner
            and not self.wrote_to_address
            and not self.wrote_to_site
        )
