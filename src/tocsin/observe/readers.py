"""Whom the URLs of a mail could name, and what in its header names this copy: by fields alone."""

from __future__ import annotations

import re

from tocsin.mail.addresses import parse_addresses
from tocsin.model.observation import Sender
from tocsin.observe.envelope import Recipients, bounded
from tocsin.observe.fields import Fields

# Identifiers in these differ from reader to reader. Those of a campaign, a job, an account or a host stand in
# Feedback-ID, X-Campaign, X-Job, X-Mandrill-User and the like, which are left out.
_OF_COPY = (
    "message-id", "x-message-id", "x-original-message-id", "return-path", "errors-to", "x-envelope-from",
    "x-envelope-sender", "x-bounce-to", "bounces-to", "list-unsubscribe", "x-list-unsubscribe", "x-unsubscribe-web",
    "x-sg-eid", "x-msfbl", "x-mailer-recptid", "x-rcpt-id", "x-recipient-id", "x-recipientid", "x-subscriber",
    "x-subscriber-id", "x-subscriberid", "x-subscriber-uid", "x-contact-id", "x-member-id", "x-mail-id",
)  # fmt: skip
_COPY_FIELDS = frozenset(_OF_COPY)
_OF_READER = ("x-forwarded-for", "x-forwarded-to", "x-recipient", "x-receiver", "x-to", "x-mailer-recipient")
_READER_FIELDS = frozenset(_OF_READER)
_OF_LIST = ("list-id", "list-post", "x-beenthere", "x-mailing-list", "mailing-list", "x-list")
_LIST_FIELDS = frozenset(_OF_LIST)
_DISCUSSION_FIELDS = frozenset(("list-post", "list-archive", "x-beenthere", "x-mailing-list", "mailing-list"))
_RETURN_FIELDS = frozenset(("return-path", "errors-to", "x-envelope-from", "x-envelope-sender"))
_MOST_VALUES = 40  # of all these fields together
_LONGEST = 8_000  # characters of a value
# Variable envelope return path: bounces+12-jane=mail.example@news.example.
_RETURN_ADDRESS = re.compile(r"([A-Za-z0-9._]{1,64})=([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})@")
_ADDRESS = re.compile(r"[^\s<>:,;\"]{1,64}@[^\s<>:,;\"?]{1,255}")


def readers_of(people: Recipients, sender: Sender, fields: Fields) -> tuple[str, ...]:
    """The addresses that a URL could encode, as they are written, each spelling once.

    To, Cc, Bcc, what the delivery recorded, whom a forwarder names, and whom a return address encodes. The address
    of a mailing list is nobody's: its pages and pictures bear its name for all readers.
    """
    found = {person.address: None for person in people.people}
    if not _READER_FIELDS.isdisjoint(fields):
        for name in _OF_READER:
            for value in fields.get(name, ())[:4]:
                found.update(
                    (person.address, None) for person in parse_addresses(bounded(value[:_LONGEST]), 8)
                )
    if "=" in sender.return_path:
        for match in _RETURN_ADDRESS.finditer(sender.return_path):
            encoded = f"{match[1]}@{match[2]}"
            if not any(address.lower().endswith(encoded) for address in found):
                found[encoded] = None
    if not _LIST_FIELDS.isdisjoint(fields):
        lists = _lists(fields)
        lists.add(sender.address)
        return tuple([address for address in found if address.lower() not in lists])
    return tuple(found)


def _lists(fields: Fields) -> set[str]:
    """The addresses that are a mailing list's own."""
    found: set[str] = set()
    for name in _OF_LIST:
        for value in fields.get(name, ())[:4]:
            value = value[:_LONGEST].lower()
            found.update(_ADDRESS.findall(value.replace("mailto:", " ").replace("list ", " ")))
            if name == "list-id":  # <name.lists.example> stands for name@lists.example
                found.add(value.rpartition("<")[2].partition(">")[0].strip().replace(".", "@", 1))
    return found


def copy_marks(sender: Sender, fields: Fields) -> tuple[str, ...]:
    """The raw values of fields that name this copy of the mail.

    Of a discussion list's mails only the return address does: their Message-ID names the message, and it stands in
    the address of the list's archive.
    """
    values = [sender.return_path]
    names = _COPY_FIELDS.intersection(fields)
    if names and not _DISCUSSION_FIELDS.isdisjoint(fields):
        names = _RETURN_FIELDS.intersection(names)
    for name in sorted(names):
        values += fields[name]
    return tuple([value[:_LONGEST] for value in values[:_MOST_VALUES]])
