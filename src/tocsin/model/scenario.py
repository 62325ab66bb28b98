"""What an exercise is made from: scenarios, the fictional cast, and the mails that come out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.model.names import KnownName
from tocsin.model.people import Event

Label = Literal["reconnaissance", "phishing", "bulk", "tracked-personal", "no-sign"]
Language = Literal["en", "fr", "nl", "de"]
Layout = Literal["bare", "letter", "article", "newsletter", "card", "receipt"]
Beacon = Literal[
    "pixel", "hidden-picture", "picture", "logo", "background-attribute", "css-background", "css-import",
    "css-font", "css-escaped", "css-list", "css-link", "srcset", "picture-source", "svg", "receipt",
    "cid-logo",
]  # fmt: skip
Auth = Literal["aligned", "service-aligned", "service-only", "spoofed", "unsigned", "spf-only", "list"]
Via = Literal["own", "exchange", "freemail", "service", "relay"]
Stratum = Literal["hostile", "adversarial", "hard-negative", "ordinary"]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wording: a subject and a body in one language.

    `{a|b}` is a choice made once a campaign, `{name}` a slot. In the body a blank line separates paragraphs,
    `# ` opens a heading, `- ` a list item, `| a | b` a table row,
    `![alt](key)` is a picture and `[text](key)` a link. `step` names the step of the scenario that uses it.
    """

    lang: Language
    subject: str
    body: str
    step: str = "first"
    preheader: str = ""


class Mechanics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a mail is built: layout, transport encoding, beacons and list headers.

    URL templates hold slots such as `{hex32}`, `{uuid}`, `{b64mail}`; the same slot gives the same value all
    through one mail, `{hex32+}` a fresh one each time. Where a list is given, a sender keeps to one item; form,
    encoding and charset that are not given are drawn for the sender. With `service_tracking` the first beacon is the
    service's, further ones follow `beacon_url`.
    `no_links` takes the wording's links and pictures out. `to: everyone` names all readers of the campaign and some
    outsiders.
    """

    layout: Layout = "bare"
    form: Literal["any", "alternative", "html", "text"] = "any"
    encoding: tuple[Literal["quoted-printable", "base64", "8bit"], ...] = ()
    charset: Literal["", "utf-8", "iso-8859-1", "windows-1252"] = ""
    beacons: tuple[Beacon, ...] = ()
    beacon_url: tuple[str, ...] = ()
    link_url: tuple[str, ...] = ()
    picture_url: tuple[str, ...] = ()
    pictures: int = 0
    service_tracking: bool = False
    no_links: bool = False
    list_headers: Literal["none", "unsubscribe", "list", "one-click", "discussion"] = "none"
    footer: Literal["none", "unsubscribe", "postal", "both", "view-online"] = "none"
    to: Literal["direct", "undisclosed", "sender", "list", "everyone"] = "direct"
    headers: dict[str, str] = {}


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a scenario's mails claim to come from and the road they take.

    `address` may hold `{first}`, `{last}`, `{f}`, `{nn}` of a persona. `cast` takes personas from the owner's
    own circle instead, and with an `address` only their names. `hosts` names the hosts that URL templates call
    `{beacon}`, `{image}`, `{click}`, ... `founded` says when the sender's own domains were registered: years ago, or
    weeks before the first mail; where it is empty, chance decides by side.
    """

    mechanics: tuple[str, ...]
    name: str = "{first} {last}"
    address: str = ""
    personas: tuple[str, ...] = ()
    cast: Literal["", "contacts", "colleagues", "it"] = ""
    languages: tuple[Language, ...] = ("en", "fr", "nl", "de")
    organisation: str = ""
    via: Via = "own"
    service: str = ""
    auth: Auth = "aligned"
    relay: str = ""
    reply_to: str = ""
    mailer: str = ""
    postal: str = ""
    hosts: dict[str, str] = {}
    links: dict[str, str] = {}
    founded: Literal["", "old", "young"] = ""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mail of an exchange: who writes, how long after the one before, and whether it is a reply.

    A step left to chance ends the exchange, or, if `optional`, is passed over; the next step then takes its wording
    from `otherwise`, if given.
    """

    text: str = "first"
    by: Literal["sender", "owner", "it"] = "sender"
    after_days: tuple[float, float] = (0.0, 0.0)
    chance: float = 1.0
    mechanics: str = ""
    label: Label | None = None
    reply: bool = False
    optional: bool = False
    otherwise: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often, to whom and when.

    `campaigns` counts per owner where `reach` is `each`, otherwise in all. `share` is the least and the
    greatest part of the owners that a campaign of reach `several` hits, in two organisations at least.
    `window` is a part of the period, 0..1; within `within_hours` all owners of a campaign are reached.
    `personal_too` is the part of threads that reach the owner's private address as well, `personal` the part that goes
    there alone. `aimed` is the part of campaigns about something their readers work on, `timed` the part that begins
    shortly before something in a reader's calendar. `voices` writers, each under a name of their own, send a
    campaign's text.
    """

    campaigns: int = 1
    reach: Literal["each", "several", "all"] = "each"
    share: tuple[float, float] = (0.4, 0.8)
    window: tuple[float, float] = (0.0, 1.0)
    within_hours: float = 1.0
    issues: int = 1
    every_days: float = 7.0
    language: Literal["owner", "campaign"] = "owner"
    personal_too: float = 0.0
    personal: float = 0.0
    aimed: float = 0.6
    timed: float = 0.0
    voices: int = 1


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One family of mails, hostile or benign, with the published description that it follows.

    `stratum` is how an evaluation counts it: hostile mail that behaves as described, adversarial mail that wears what
    speaks for ordinary mail, benign mail that shares evidence with the hostile, or ordinary mail. Where it is not
    given, hostile or ordinary by side.
    """

    name: str
    title: str
    side: Literal["hostile", "benign"]
    label: Label
    sources: tuple[str, ...]
    plan: Plan
    senders: tuple[Sender, ...]
    mechanics: dict[str, Mechanics]
    texts: tuple[Text, ...] = ()
    borrow: tuple[str, ...] = ()
    steps: tuple[Step, ...] = (Step(),)
    slots: dict[str, dict[Language, tuple[str, ...]]] = {}
    start: str = "2025-01-06"
    days: int = 170
    stratum: Stratum | None = None


class Mix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several scenarios for the same people over one period.

    `parts` gives each scenario's share of its own size; `hostile_window` the part of the period, 0..1, in
    which hostile campaigns begin, in place of the scenarios' own. `own` are scenarios that this mix alone has; `parts`
    names them like any other. `boxes` are folders for the mailboxes, each with the day from which mail lies in it,
    where they are not to hold all mail at once; in those folders the people of `maildirs` (slugs) have Maildirs, with
    flags. `case` is a folder of data/exercise with what others hand in besides mail.
    """

    name: str
    title: str
    parts: dict[str, float]
    hostile_window: tuple[float, float] | None = None
    start: str = "2025-01-06"
    days: int = 170
    own: tuple[Scenario, ...] = ()
    boxes: dict[str, str] = {}
    maildirs: tuple[str, ...] = ()
    case: str = ""


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional organisation whose people are protected, and the server that receives their mail."""

    id: str
    name: str
    domain: str
    country: str
    languages: tuple[Language, ...]
    receiver: str
    store: str
    results: Literal["one", "several"] = "one"
    sector: str = ""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional owner of a mailbox.

    `personal` is an address outside the organisation, or empty; `listed` says that it stands in public.
    """

    first: str
    last: str
    organisation: str
    languages: tuple[Language, ...]
    topics: tuple[str, ...]
    personal: str = ""
    listed: bool = False


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional correspondent of the owners."""

    first: str
    last: str
    address: str
    languages: tuple[Language, ...]
    via: Via = "own"
    title: str = ""


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional news article that outlets publish and that others copy."""

    topic: str
    lang: Language
    headline: str
    body: str


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fictional mail service of the evaluation-only alias table, with how it writes its mails."""

    relay: str
    domain: str
    bounce: str
    open_url: str = ""
    click_url: str = ""
    unsubscribe_url: str = ""
    picture_url: str = ""
    headers: dict[str, str] = {}


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """First and last names of one language, for people beyond the named ones and for personas."""

    first: tuple[str, ...]
    last: tuple[str, ...]


class Cast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody and everything that scenarios share.

    `topics` gives each topic as a phrase in every language, `topic_words` the words that stand for it in people.toml.
    `occasions` are names of events, `errands` those of events that have to do with no topic. `known` are the outlets
    and institutions of names.toml.
    """

    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    contacts: tuple[Contact, ...]
    services: dict[str, Service]
    names: dict[Language, Names]
    articles: tuple[Article, ...]
    topics: dict[str, dict[Language, str]]
    slots: dict[str, dict[Language, tuple[str, ...]]]
    texts: dict[str, tuple[Text, ...]]
    topic_words: dict[str, tuple[str, ...]]
    occasions: dict[Language, tuple[str, ...]]
    errands: dict[Language, tuple[str, ...]]
    known: tuple[KnownName, ...]


class Occasion(msgspec.Struct, frozen=True):
    """An event in an owner's calendar and the topic it is about, "" for none."""

    topic: str
    event: Event


class MailboxOwner(msgspec.Struct, frozen=True):
    """One mailbox owner of an exercise.

    `topics` are keys of the cast's topics; `unpublished` those of the addresses that stand nowhere in public.
    """

    slug: str
    name: str
    first: str
    last: str
    addresses: tuple[str, ...]
    organisation: Organisation
    languages: tuple[Language, ...]
    topics: tuple[str, ...]
    unpublished: tuple[str, ...] = ()
    occasions: tuple[Occasion, ...] = ()


class ExerciseMail(msgspec.Struct, frozen=True):
    """One generated mail in one mailbox: bytes with LF line ends, and the truth about it."""

    raw: bytes
    sent_from: str
    at: datetime
    message_id: str
    owner: str
    label: str
    scenario: str
    campaign: str | None


class Truth(msgspec.Struct, frozen=True):
    """A line of truth.jsonl; `sha256` is of the mail's bytes as sent, mbox quoting undone."""

    sha256: str
    message_id: str
    owner: str
    label: str
    scenario: str
    campaign: str | None
