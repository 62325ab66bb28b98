"""Header fields that programs for mass mail leave behind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from tocsin.observe.words import join_words, split_words, word_set

# Programs and libraries that merge a list of people into copies of one mail, by what they call themselves in X-Mailer
# or User-Agent. Sources: the programs' own code and documentation.
_MERGE_WORDS = word_set(
    "gmass yamm phpmailer mautic sendblaster acymailing phplist mailmerge massmail massmailer groupmail interspire "
    "swiftmailer mailwizz sendy turbomailer maxbulk mailking postcast supermailer worldcast gophish listmonk oempro "
    "newsletter newsletters campaign campaigns bulkmail bulkmailer nodemailer woodpecker lemlist mailshake quickmail "
    "sarbacane cleverreach inxmail"
)
_MERGE_NAMES = tuple(
    join_words(split_words(name))
    for name in (
        "mail merge", "mass mail", "mass mailer", "group mail", "bulk mail", "bulk mailer", "swift mailer",
        "symfony mailer", "king phisher", "atomic mail", "email marketing", "dada mail", "turbo mailer",
    )
)  # fmt: skip
_MERGE_FIELDS: Mapping[str, str] = {
    "x-gophish-contact": "Gophish",
    "x-gophish-signature": "Gophish",
    "x-mw-campaign-uid": "MailWizz",
    "x-mw-subscriber-uid": "MailWizz",
    "x-phplist-version": "phpList",
    "x-listmonk-campaign": "listmonk",
}
_MERGE_KEYS = frozenset(_MERGE_FIELDS)
_BULK_FIELDS = frozenset((
    "feedback-id", "x-feedback-id", "list-id", "list-post", "list-subscribe", "list-unsubscribe",
    "list-unsubscribe-post", "list-owner", "list-help", "x-campaign", "x-campaign-id", "x-campaignid",
    "x-campaign_id", "x-csa-complaints", "x-report-abuse", "x-abuse-reports-to", "x-mailer-recptid", "x-job",
    "x-jobid", "x-mailing-id", "x-mailinglist", "x-mailing-list", "x-list-id", "x-list", "x-listmember", "x-listid",
    "x-batch-id", "x-binding", "x-smtpapi", "x-mc-user", "x-mailgun-sid", "x-mailgun-tag", "x-sg-eid",
    "x-ses-outgoing", "x-mandrill-user", "x-msys-api", "x-mj-mid", "x-pm-message-id", "x-sib-id", "x-cm-message-id",
    "x-roving-id", "x-sfmc-stack", "x-virtual-mta", "x-virtualserverid", "x-virtualservergroup", "x-destination-id",
    "x-linkname", "x-mailer-sid", "x-mailer-lid", "x-bulkmail",
))  # fmt: skip
_SCRIPT_FIELDS = ("x-php-originating-script", "x-php-script", "x-source-args")
# Message-IDs by the shape that mailer libraries and servers give them; people's mail programs have shapes of their own.
# Sources: the code of PHPMailer (generateId), CPython (email.utils.make_msgid), Jakarta Mail (UniqueValue), and of Exim
# and Postfix, which add an id to mail that a script hands in without one. Bare UUIDs tell nothing: many programs of
# people and of machines write them.
_ID_SHAPES = (
    ("PHPMailer", re.compile(r"(?:[A-Za-z0-9]{40,44}|[0-9a-f]{32})@")),
    ("Python", re.compile(r"\d{12,15}\.\d{1,7}\.\d{15,20}[\w.-]{0,64}@")),
    ("Java", re.compile(r"[\w.-]{1,80}\.JavaMail\.[\w.$-]{1,80}@|\d{5,10}\.\d{1,9}\.\d{13}@")),
    (
        "a mail server",
        re.compile(r"E1[0-9A-Za-z]{5}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}@|\d{14}\.[0-9A-F]{8,14}@"),
    ),
)
_BULK_PRECEDENCE = ("bulk", "list", "junk")


def merge_mailer(mailer: str, fields: Mapping[str, list[str]]) -> str:
    """The name of the mail-merge program or mailer library that made the mail, "" where none shows.

    `mailer` is what it calls itself; `fields` are the header fields by name.
    """
    if mailer and (merged := _merge_name(mailer[:200])):
        return merged
    if not _MERGE_KEYS.isdisjoint(fields):
        return next(label for name, label in _MERGE_FIELDS.items() if name in fields)
    return ""


@lru_cache(maxsize=512)
def _merge_name(mailer: str) -> str:
    words = split_words(mailer)
    for word in words:
        if word in _MERGE_WORDS:
            return word.decode()
    line = join_words(words)
    for name in _MERGE_NAMES:
        if name in line:
            return name.decode().strip()
    return ""


def script_mailer(fields: Mapping[str, list[str]]) -> str:
    """The web script that sent the mail, as a hosting server records it, "" where none did."""
    for name in _SCRIPT_FIELDS:
        if name in fields:
            return fields[name][0][:200]
    return ""


def message_id_maker(message_id: str) -> str:
    """The library, or "a mail server", that this Message-ID (without angle brackets) has its shape from, or "".

    Forgeable, and changed by nobody who has no reason to.
    """
    for name, shape in _ID_SHAPES:
        if shape.match(message_id, 0, 300):
            return name
    return ""


def bulk_fields(precedence: str, fields: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Names of the fields that mark mass mail, in order of the alphabet; Precedence only with such a value."""
    found = sorted(_BULK_FIELDS.intersection(fields))
    if precedence in _BULK_PRECEDENCE:
        found.append("precedence")
    return tuple(found)
