"""Mail that a program wrote because of something the reader did: bounces, auto-replies, receipts."""

from __future__ import annotations

import re
from collections.abc import Set

from tocsin.model.message import Message
from tocsin.observe.fields import first_of

_BOUNCE_FROM = ("mailer-daemon", "postmaster", "mail delivery s", "mail-daemon", "double-bounce")
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver|delivery (?:status|failure|delayed|has failed)|returned mail|mail delivery|failure notice|"
    r"unzustellbar|nicht zustellbar|échec de (?:remise|la remise)|non remis|onbestelbaar|warning: could not send)",
    re.IGNORECASE,
)
_REPLY_SUBJECT = re.compile(
    r"\s*(?:(?:re|aw)\s*:\s*)?(?:auto(?:matic)?[- ]?(?:reply|response|matische antwort)|out of (?:the )?office|"
    r"autoreply|abwesenheit|automatische antwort|réponse automatique|absence du bureau|absent du bureau|"
    r"automatisch antwoord|afwezig|niet aanwezig)",
    re.IGNORECASE,
)
_REPLY_FIELDS = frozenset(
    ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-from", "x-mail-autoreply")
)
_MACHINE_LOCAL = re.compile(
    r"(?:no|do[-_.]?not|donot|ne[-_.]?pas|niet|nicht)[-_.]?(?:reply|repondre|antwoorden|antworten)|noreply|"
    r"(?:orders?|billing|invoices?|receipts?|bookings?|reservations?|shipping|shipment|tracking|commandes?|factur\w*|"
    r"rechnung\w*|bestell\w*|payments?|accounts?|service|support|auto-?confirm|ship-confirm|order-update)\b",
    re.IGNORECASE,
)
_CURRENCIES = ("€", "$", "£", "EUR", "USD", "GBP", "CHF", "euro")
_AMOUNT = re.compile(r"(?:[€$£]|\b(?:EUR|USD|GBP|CHF)) ?\d|\d[.,]\d\d ?(?:€|\$|£|EUR\b|CHF\b|euros?\b)")


def automatic_kind(
    message: Message, fields: dict[str, list[str]], address: str, subject: str, text: str, kinds: Set[str]
) -> str:
    """ "bounce", "auto-reply", "receipt" or "".

    `address` is the From address, `subject` decoded, `kinds` the phrase kinds found in subject and text. A bounce
    is a delivery report (RFC 3464), or a failure notice of the mail system or with a null return path (RFC 5321
    4.5.5). A receipt needs its words and the mechanics of a machine: a no-reply or order address, RFC 3834
    auto-generated, or an amount of money beside a number.
    """
    root = message.parts[0] if message.parts else None
    if root is not None and root.media_type == "multipart/report":
        report = root.params.get("report-type", "").lower()
        if report in ("delivery-status", ""):
            return "bounce"
        if report == "disposition-notification":
            return "auto-reply"
    return_path = first_of(fields, "return-path")
    lower = address.lower()
    if "x-failed-recipients" in fields:
        return "bounce"
    if (return_path == "<>" or lower.startswith(_BOUNCE_FROM)) and _BOUNCE_SUBJECT.search(subject[:200]):
        return "bounce"
    auto = first_of(fields, "auto-submitted").lower()
    if auto.startswith("auto-replied") or first_of(fields, "precedence").lower() == "auto_reply":
        return "auto-reply"
    if not _REPLY_FIELDS.isdisjoint(fields) or _REPLY_SUBJECT.match(subject):
        return "auto-reply"
    if "receipt" in kinds and (
        auto.startswith("auto-generated")
        or _MACHINE_LOCAL.match(lower.partition("@")[0]) is not None
        or (any(sign in text for sign in _CURRENCIES) and _AMOUNT.search(text[:8_000]) is not None)
    ):
        return "receipt"
    return ""
