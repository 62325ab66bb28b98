"""Facts about a mail: beacons, the sender's marks, the content's marks. No judgement here."""

from __future__ import annotations

import msgspec

from tocsin.model.message import Defect

TRIGGERS = ("receipt", "open", "reply", "click", "attachment", "print")
LEAKS = ("address", "client", "time", "cookies", "resolver", "ntlm", "plaintext", "account")


class Personal(msgspec.Struct, frozen=True, gc=False):
    """How a URL knows its reader.

    `kind` is the encoding of the reader's address: "plain", "percent", "base64", "base64url", "base32", "base58",
    "base62", "hex", "rot13", "reversed", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32", "adler32",
    "murmur2", "murmur3". Encodings in encodings are joined, the outer first ("base64-md5"); "-local" at the end tells
    that only the local part is encoded. `value` is the address then. Other kinds have the token itself as `value`:
    "high-entropy" (random), "echo" (repeated from the mail's own header), "differs" (other readers' copies of the
    same mailing, found in the same scan, have another).
    """

    kind: str
    value: str


class Beacon(msgspec.Struct, frozen=True, gc=False):
    """One way in which the mail phones home.

    `technique` is a row id of docs/techniques; `url` as a browser would request it (or as written when it
    cannot be parsed); `host` lower-case ASCII, "" for receipt requests; `site` its registrable domain.
    `trigger` is the earliest that applies, of TRIGGERS; `conditional` tells that it needs print, dark mode,
    hover, a certain client, one of several candidates or an unmatched style; `fires_in` names the clients it is
    limited to (empty: all that load remote content). `part` is the part's path (with "/reading" where only an
    alternative reading shows it) or the header's name. `offset` is the byte or character offset in that part's
    decoded text where the value was found, -1 if unknown.
    """

    technique: str
    url: str
    host: str
    site: str
    trigger: str
    conditional: bool
    fires_in: tuple[str, ...]
    leaks: tuple[str, ...]
    part: str
    personal: Personal | None = None
    vendor: str | None = None
    hidden: bool = False  # drawn so that a person cannot see it (1x1, display none, zero size, opacity 0)
    offset: int = -1
    label: str = ""  # link text for links, "tag attribute" for the rest


class Observation(msgspec.Struct, frozen=True, gc=False):
    """A fact that is not a beacon: kind (kebab-case), value, and where it stands."""

    kind: str
    value: str
    where: str = ""


class Sender(msgspec.Struct, frozen=True, gc=False):
    """What the mail says about who sent it and how; every domain lower-case, every address normalised.

    `spf`, `dkim`, `dmarc`, `arc` are results ("pass", "fail", "softfail", "none", …) or "" for unknown;
    `dmarc_policy` is "none", "quarantine", "reject" or "". They are those that the receiver recorded, and where it
    recorded none, those computed from DNS records that were handed in: `verified_by` is "receiver", "records" where
    none was recorded, or "". `by_records` names the methods whose pass the handed-in records bear out, recorded or
    not. `strict` names the methods ("dkim", "spf") that From's domain wants to match itself, not only by its
    organisation, where its record is known. `relays` are host names and addresses of the Received chain, newest first.
    """

    name: str = ""
    address: str = ""
    domain: str = ""
    site: str = ""
    reply_to: str = ""
    reply_site: str = ""
    return_path: str = ""
    return_site: str = ""
    message_id_host: str = ""
    dkim_domains: tuple[str, ...] = ()
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    dmarc_policy: str = ""
    authserv_id: str = ""
    relays: tuple[str, ...] = ()
    mailer: str = ""
    list_id: str = ""
    list_unsubscribe: bool = False
    one_click: bool = False  # RFC 8058
    precedence: str = ""
    auto_submitted: str = ""
    service: str | None = None  # vendor id of the mail service that carried it
    in_reply_to: tuple[str, ...] = ()  # message ids of In-Reply-To and References
    arc: str = ""
    verified_by: str = ""
    by_records: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, gc=False):
    """What the mail shows and asks, in countable features."""

    language: str = ""
    text_length: int = 0  # visible characters
    links: int = 0
    link_sites: tuple[str, ...] = ()
    pictures: int = 0  # remote pictures that a reader can see
    attachments: int = 0
    attachment_names: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()  # credentials, payment, download, meeting, comment, documents, reply
    unsubscribe: bool = False  # an unsubscribe link or sentence in the body
    postal_address: bool = False
    personal_greeting: bool = False
    persona: tuple[str, ...] = ()  # claimed roles: journalist, agency, think-tank, un, parliament, …
    headline: bool = False  # the subject reads like a news headline
    article: bool = False  # the body reads like a copied article
    forwarded_inline: bool = False
    automatic: str = ""  # "bounce", "auto-reply", "receipt", ""
    text_hash: str = ""  # hash of the normalised visible text, without numbers, names and tokens
    structure_hash: str = ""  # hash of the HTML structure (tags and beacon places)
    excerpt: str = ""  # first 200 visible characters, for people
    # Sketches of runs of words and of tags (`observe.sketches`), by which near copies are found; b"" where the mail
    # is short, or neither phones home nor carries a link.
    text_sketch: bytes = b""
    structure_sketch: bytes = b""


class Observed(msgspec.Struct, frozen=True):
    """The re-judgeable record of one mail: all that judging needs, without the raw bytes."""

    source: str
    mailbox: str
    folder: str
    sha256: str
    fingerprint: str
    message_id: str
    date_s: float | None  # what the mail's Date says, Unix time UTC
    arrival_s: float | None  # when it arrived by the receiver's own stamps, or None
    subject: str
    to: tuple[str, ...]  # normalised addresses of To and Cc and Bcc
    delivered_to: tuple[
        str, ...
    ]  # Delivered-To, X-Original-To, Envelope-To and the envelope, outermost first
    sender: Sender
    content: Content
    beacons: tuple[Beacon, ...]
    observations: tuple[Observation, ...]
    defects: tuple[Defect, ...]
    not_evaluated: tuple[str, ...]  # sentences
    size: int
    flags: str = ""
    outgoing: bool = False
    headers_missing: bool = False
    unread: bool = False  # nothing in it was looked into; `not_evaluated` says why
    exercise: bool = False  # for renderers and stores only; judging must not read it
