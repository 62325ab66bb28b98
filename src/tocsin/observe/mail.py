"""One mail to its re-judgeable record: everything observed, nothing judged."""

from __future__ import annotations

from tocsin.mail.body import part_text
from tocsin.mail.dates import parse_date
from tocsin.mail.dns_records import NO_RECORDS, Records, parse_records
from tocsin.mail.headers import decode_words
from tocsin.mail.mime import scan
from tocsin.model.catalogue import Catalogue
from tocsin.model.message import Envelope, Message
from tocsin.model.observation import Beacon, Observation, Observed, Sender
from tocsin.model.source import RawMail
from tocsin.observe.articles import NO_ARTICLES, ArticleBook
from tocsin.observe.attachments import attachment_hashes
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.content import observe_content
from tocsin.observe.envelope import arrival, observe_dates, read_recipients
from tocsin.observe.fields import fields_by_name, first_of
from tocsin.observe.names import NO_NAMES, NameBook
from tocsin.observe.phrases import PhraseBook
from tocsin.observe.readers import copy_marks, readers_of
from tocsin.observe.sender import observe_sender
from tocsin.observe.tokens import needles_for
from tocsin.observe.yara_rules import YaraRules, observe_yara

# Names that no resolver answers (RFC 2606, RFC 6761): exercises live there, real mail does not.
_RESERVED = ("example", "test", "invalid", "localhost")
_RESERVED_SITES = ("example.com", "example.net", "example.org")

_DOUBTS = {
    "too-many-parts": "The mail has more parts than are read; the rest was not looked into.",
    "too-deep": "Parts are nested deeper than is read; what lies below was not looked into.",
    "part-too-large": "A part is larger than is read; the rest of it was not looked into.",
    "message-fragment": "The mail is one piece of a larger one; the other pieces were not looked into.",
    "too-many-headers": "The mail has more header fields than are read.",
}


def observe_message(
    found: RawMail,
    without_attachments: str = "",
    *,
    catalogue: Catalogue,
    phrases: PhraseBook,
    names: NameBook = NO_NAMES,
    yara: YaraRules | None = None,
    articles: ArticleBook = NO_ARTICLES,
    records: Records = NO_RECORDS,
    authserv_ids: tuple[str, ...] = (),
) -> Observed:
    """Observe one mail as it was found.

    Whatever the mail holds, this yields a record: what is wrong with it are defects, what could not be looked
    into stands in `not_evaluated`. `without_attachments` says why attached files are left alone, "" where
    they are not. `names` are the outlets and institutions that a mail can claim to be from, `articles` texts
    that it could copy. `yara` are the operator's YARA rules. `records` are DNS records that signatures are held
    against, beside those that lie with the mail; `authserv_ids` the servers whose results are believed, () for any
    that stand in the right place.
    """
    message = scan(
        found.raw,
        envelope=Envelope(found.envelope_sender, found.envelope_recipients),
        arrival_s=found.arrival_s,
        headers_missing=found.headers_missing,
    )
    fields = fields_by_name(message.headers)
    people = read_recipients(message)
    unread_records: tuple[Observation, ...] = ()
    if found.records:
        beside, bad = parse_records(found.records.decode("utf-8", "replace"))
        records = beside.beside(records)
        unread_records = tuple(
            Observation("records-unread", f"line {b.number}: {b.text}"[:300]) for b in bad[:5]
        )
    sender, about_sender = observe_sender(message, catalogue, fields, records, authserv_ids)
    message_id = first_of(fields, "message-id")
    needles = needles_for(readers_of(people, sender, fields), copy_marks(sender, fields))
    seen = observe_beacons(message, catalogue, needles, without_attachments)
    text = seen.view.visible_text if seen.view is not None else _plain_text(message)
    structure = seen.view.structure if seen.view is not None else ""
    outline = seen.view.outline if seen.view is not None else ""
    content, about_content = observe_content(
        message, text, structure, seen.beacons, people.people, phrases, fields, names, articles, outline
    )
    date_s = parse_date(first_of(fields, "date"))
    arrival_s = arrival(message, fields)
    defects = (*message.defects, *people.defects, *seen.defects)
    doubts = [_DOUBTS[defect.code] for defect in defects if defect.code in _DOUBTS]
    if unread_records:
        doubts.append("Lines of the DNS records beside the mail could not be read; they were not used.")
    matched, unmatched = _held_against(yara, message, without_attachments)
    return Observed(
        source=found.source,
        mailbox=found.mailbox,
        folder=found.folder,
        sha256=message.sha256,
        fingerprint=message.fingerprint,
        message_id=message_id.strip("<> "),
        date_s=date_s,
        arrival_s=arrival_s,
        subject=decode_words(first_of(fields, "subject"))[:1000],
        to=people.to,
        delivered_to=people.delivered_to,
        sender=sender,
        content=content,
        beacons=seen.beacons,
        observations=(
            *about_sender,
            *about_content,
            *seen.observations,
            *observe_dates(date_s, arrival_s),
            *matched,
            *(() if without_attachments else attachment_hashes(message)),
            *unread_records,
        ),
        defects=defects,
        not_evaluated=tuple(dict.fromkeys((*seen.not_evaluated, *doubts, *unmatched))),
        size=len(found.raw),
        flags=found.flags,
        outgoing=found.outgoing,
        headers_missing=found.headers_missing,
        exercise=message.exercise and _is_fictional(sender, seen.beacons),
    )


def _held_against(
    yara: YaraRules | None, message: Message, without_attachments: str
) -> tuple[tuple[Observation, ...], tuple[str, ...]]:
    if yara is None:
        return (), ()
    if without_attachments:  # they may have been what took too long
        return (), ("The mail was not held against your YARA rules.",)
    return observe_yara(message, yara)


def _plain_text(message: Message) -> str:
    for part in message.parts:
        if part.media_type == "text/plain" and part.disposition != "attachment" and not part.reading:
            return part_text(message, part)
    return ""


def _is_fictional(sender: Sender, beacons: tuple[Beacon, ...]) -> bool:
    """Whether all hosts of a mail are reserved: the mark alone could be worn by a hostile mail."""
    hosts = {beacon.host or beacon.site for beacon in beacons} | {sender.domain}
    return all(_is_reserved(host) for host in hosts if host)


def _is_reserved(host: str) -> bool:
    if host.startswith(("192.0.2.", "198.51.100.", "203.0.113.")):  # RFC 5737
        return True
    return host.rpartition(".")[2] in _RESERVED or host.endswith(_RESERVED_SITES)
