"""Header fields that ask the reader's program, or a server on the way, to report back."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.headers import decode_words
from tocsin.model.message import Message
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique

TECHNIQUE = "receipt-request"

ABOUT = Technique(
    TECHNIQUE,
    "Request for a receipt",
    "open",
    ("account", "time"),
    "`Disposition-Notification-To`, `Return-Receipt-To`, `X-Confirm-Reading-To`, "
    "`Generate-Delivery-Report`, `Return-Receipt-Requested`, "
    "`X-MS-Read-Receipt-To`, `X-MS-Delivery-Report-To`, `Notice-Requested-Upon-Delivery-To` and others",
    "The mail asks the reader's program, or a server on the way, to send a mail back when it arrives "
    "or when it is "
    "opened. The answer confirms the address and the time, and its header shows the program.",
    "Decline when the program asks, and set it never to send receipts.",
    "Outlook, Thunderbird, Apple Mail and others ask or follow a setting; some web mail never answers. "
    "Delivery "
    "reports are sent by servers without asking.",
    ("RFC 8098", "RFC 3461", "RFC 2076"),
)
MAX_ADDRESSES = 20

_ON_OPENING: dict[str, tuple[str, ...]] = {
    "disposition-notification-to": (),
    "x-confirm-reading-to": (),
    "read-receipt-to": (),
    "return-receipt-to": ("older mail programs",),  # some servers read it as a request for a delivery report
    "x-ms-read-receipt-to": ("outlook-windows",),
    "x-chase-reading-to": ("pegasus-mail",),
}
_ON_DELIVERY = frozenset(
    {
        "generate-delivery-report",
        "return-receipt-requested",
        "register-mail-reply-requested",
        "x-ms-delivery-report-to",
    }
    | {"x-confirm-delivery-to", "x-pmrqc", "x-confirm-delivery"}
    | {"notice-requested-upon-delivery-to", "register-mail-reply-requested-by", "return-receipt-requested-to"}
)
NAMES = _ON_DELIVERY | _ON_OPENING.keys()


def find_in_headers(message: Message) -> Iterator[Reference]:
    """Find requests for read receipts (trigger open) and for delivery reports (trigger receipt).

    Each address becomes `mailto:address`; a field that names none reports to the sender, so it takes the
    address of Return-Path or From. Sources: RFC 8098 section 2.1 (Disposition-Notification-To), RFC 2156
    (MIXER: Generate-Delivery-Report), RFC 2076 (Return-Receipt-To, Return-Receipt-Requested,
    X-Confirm-Reading-To), qreceipt of qmail (Notice-Requested-Upon-Delivery-To).
    """
    for header in message.headers:
        name = header.name
        clients = _ON_OPENING.get(name)
        if clients is None and name not in _ON_DELIVERY:
            continue
        addresses = _addresses(header.value) or _sender(message)
        for address in addresses:
            yield Reference(
                technique=TECHNIQUE,
                url="mailto:" + address,
                tag="",
                attribute=name,
                trigger="open" if clients is not None else "receipt",
                conditional=True,  # programs ask their user, or are told never to answer
                fires_in=clients or (),
                offset=header.start,
                label=name,
            )


def _addresses(value: str) -> list[str]:
    found = (entry.address for entry in parse_addresses(decode_words(value), MAX_ADDRESSES))
    return list(dict.fromkeys(address for address in found if "@" in address))


def _sender(message: Message) -> list[str]:
    for name in ("return-path", "from"):
        for header in message.headers:
            if header.name == name and (found := _addresses(header.value)):
                return found[:1]
    return []
