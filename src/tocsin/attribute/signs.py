"""The vocabulary in which published tradecraft and the mails of a campaign are compared."""

from __future__ import annotations

import msgspec


class Sign(msgspec.Struct, frozen=True, gc=False):
    """One habit that a mail can show.

    `forgeability` is of `model.assessment.FORGEABILITY`; `origin` groups signs of one cause, which count once.
    """

    id: str
    origin: str
    forgeability: str
    text: str


SIGNS = (
    # What phones home
    Sign("hidden-beacon", "beacon", "anyone", "a hidden picture or other call fires when the mail is opened"),
    Sign("visible-picture", "beacon", "anyone", "a visible remote picture fires when the mail is opened"),
    Sign("personal-token", "token", "anyone", "each reader's beacon is told apart from the others'"),
    Sign("address-in-url", "token", "anyone", "the reader's address stands in the URL, open or encoded"),
    Sign("personal-link", "token", "anyone", "each reader gets a link of his own"),
    Sign("credential-capture", "beacon", "anyone", "opening would make a client log on (NTLM)"),
    Sign("receipt-request", "beacon", "anyone", "a receipt is asked for"),
    Sign("beacon-only", "active", "anyone", "the beacon is the only active thing: no link, no attachment"),
    Sign("link-to-site", "active", "anyone", "a link leads to a site of the sender's"),
    Sign("file-host-link", "active", "anyone", "a link leads to a file host or cloud storage"),
    Sign("attachment", "active", "anyone", "a file is attached"),
    Sign("attachment-calls", "active", "anyone", "an attached file calls a server when it is opened"),
    Sign("later-click", "course", "anyone", "mail without a link was followed by mail that asks for a click"),
    # Who is said to write
    Sign("persona-journalist", "persona", "anyone", "the writer poses as a journalist or news outlet"),
    Sign(
        "persona-invented-outlet",
        "persona",
        "anyone",
        "the writer poses as an outlet that is not known to exist",
    ),
    Sign("persona-think-tank", "persona", "anyone", "the writer poses as a think tank or scholar"),
    Sign("persona-un", "persona", "anyone", "the writer poses as staff of the United Nations"),
    Sign("persona-government", "persona", "anyone", "the writer poses as a ministry, embassy or parliament"),
    Sign("persona-ngo", "persona", "anyone", "the writer poses as a rights or aid organisation"),
    Sign("persona-company", "persona", "anyone", "the writer poses as a company or recruiter"),
    Sign("persona-contact", "persona", "anyone", "the writer poses as somebody whom the reader knows"),
    # How it is sent
    Sign("freemail-sender", "sending", "anyone", "sent from an account of a free mail service"),
    Sign("freemail-reply", "sending", "anyone", "answers would go to a free mail service"),
    Sign(
        "spoofed-domain", "sending", "anyone", "From names a real domain that did not send it (DMARC fails)"
    ),
    Sign("mail-service", "sending", "anyone", "sent through a commercial mail service"),
    Sign("mail-merge", "sending", "anyone", "mechanics of a mailing under the face of a personal mail"),
    Sign("own-domain", "sending", "with-effort", "sent from a domain that belongs to nobody known"),
    Sign(
        "look-alike-domain",
        "domain",
        "with-effort",
        "a domain looks like that of a known outlet or institution",
    ),
    Sign("young-domain", "domain", "with-effort", "a domain was registered shortly before"),
    Sign(
        "aged-domain",
        "domain",
        "with-effort",
        "a domain was registered long before and bought or filled for use",
    ),
    Sign("free-host", "domain", "anyone", "a free or dynamic host, or a free ending, is used"),
    Sign("raw-address", "domain", "anyone", "a URL names an IP address"),
    # What it says
    Sign("article-copied", "pretext", "anyone", "the text or subject is that of a real article"),
    Sign("headline-subject", "pretext", "anyone", "the subject reads like a headline"),
    Sign("asks-nothing", "pretext", "anyone", "nothing is asked"),
    Sign("asks-meeting", "pretext", "anyone", "an interview, meeting or comment is asked for"),
    Sign("asks-documents", "pretext", "anyone", "documents or opinions in writing are asked for"),
    Sign("asks-credentials", "pretext", "anyone", "a log-on is asked for"),
    Sign("asks-payment", "pretext", "anyone", "a payment or change of account is asked for"),
    Sign("rapport-first", "course", "anyone", "harmless mails come first, and go on after an answer"),
    # Whom it reaches
    Sign(
        "many-targets", "reach", "anyone", "one template reaches people of several organisations within days"
    ),
    Sign("single-target", "reach", "anyone", "one person or one house is written to"),
    Sign("private-address", "reach", "anyone", "an unpublished or private address is written to"),
)

SIGN = {one.id: one for one in SIGNS}

# What lures and readers are about; data/themes.toml has the words by which a mail shows them.
THEMES = (
    "uyghurs", "tibet", "hong-kong", "taiwan", "china-policy", "falun-gong", "north-korea", "nuclear",
    "south-china-sea", "russia", "ukraine", "belarus", "nato-defence", "iran", "israel", "middle-east", "south-asia",
    "south-east-asia", "us-politics", "elections", "eu-policy", "human-rights", "press-freedom", "migration",
    "sanctions", "energy", "health", "academia", "technology", "finance", "crypto-currency", "jobs", "invoices",
)  # fmt: skip
SECTORS = (
    "parliament", "government", "diplomacy", "defence", "military", "press", "think-tank", "academia", "ngo",
    "dissidents", "lawyers", "religion", "international-organisation", "political-party", "technology", "energy",
    "telecoms", "finance", "health", "manufacturing", "transport", "crypto-currency", "aviation",
)  # fmt: skip
