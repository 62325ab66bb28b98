"""Notices by mail: signed, through the operator's relay, never to the mailbox that was targeted alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from tocsin.app.catalogues import load_wording
from tocsin.app.config import Config
from tocsin.app.notice_release import hindrance, listed, note_for_campaign, release
from tocsin.app.notices import Followed, NoticeError, find_notice, followed, record
from tocsin.app.relay import Outgoing, RelayFileError, load_relay, signed
from tocsin.connect.smtp import Refused, Relay, RelayError
from tocsin.model.notice import Notice
from tocsin.model.people import Contact, Owner, People
from tocsin.store.interface import Store

__all__ = ["Posted", "RelayError", "connected", "mail_of", "note_answer", "note_bounce", "post"]

_PLAIN = policy.SMTP.clone(max_line_length=78, cte_type="7bit")
_MOST_ANSWER_BYTES = 1024 * 1024


class Posted(msgspec.Struct, frozen=True):
    """What became of one notice: `state` is "sent" or "refused", "" where nothing was tried; `why` says more."""

    notice: Notice
    to: str
    state: str
    why: str = ""


def connected(settings: Config) -> tuple[Relay, Outgoing]:
    """The relay of the settings, connected. Raises RelayError, RelayFileError."""
    if settings.relay is None:
        raise RelayFileError("no relay is named: give --relay FILE, or relay in the settings; docs/notify.md")
    outgoing = load_relay(settings.relay, settings.office)
    return Relay(outgoing.server), outgoing


def mail_addresses(one: Followed, people: People) -> tuple[str, ...]:
    """Where a notice may be mailed to: addresses of its reader that the mails did not come to; () where none is known.

    Once the reader was told in another way, the mailbox itself will do.
    """
    notice = one.notice
    owner = next((each for each in people.owners if notice.person in each.addresses), Owner((notice.person,)))
    contact = next(
        (each for each in people.contacts if each.person == owner.addresses[0]), Contact(notice.person)
    )
    own: tuple[str, ...]
    if notice.audience == "delegate":
        found = next((each for each in contact.delegates if notice.to in (each.address, each.name)), None)
        ways = found.ways if found is not None else ()
        own = (found.address,) if found is not None else ()
    else:
        ways, own = contact.ways, owner.addresses
    named = [way.to.strip().lower() for way in ways if way.kind == "mail"]
    known = dict.fromkeys(address for address in (*named, *own) if "@" in address)
    elsewhere = tuple(address for address in known if address not in notice.targeted)
    told = any(each.state == "told" and each.how != "mail" for each in one.log)
    return elsewhere or (tuple(known) if told else ())


def post(
    store: Store,
    settings: Config,
    people: People,
    relay: Relay,
    outgoing: Outgoing,
    wanted: Sequence[Followed],
    *,
    by: str = "",
    now: Callable[[], float],
) -> list[Posted]:
    """Mail notices one by one; each is noted as tried before, and as sent or refused after.

    A notice whose sending was broken off stays "tried": it may have left, so that it is not sent again by itself.
    Raises NoticeError where one may not leave (nothing is sent then), RelayError where the relay goes away.
    """
    stopped = hindrance(store, settings, wanted)
    for one in wanted:
        if (
            one.notice.id not in stopped
            and one.log
            and one.log[-1].state == "tried"
            and one.log[-1].how == "mail"
        ):
            stopped[one.notice.id] = (
                "sending was broken off, and it may have left; ask its reader, or withdraw it"
            )
    if stopped:
        raise NoticeError(listed(stopped))
    done = []
    for one in wanted:
        addresses = mail_addresses(one, people)
        if not addresses:
            why = "no address of this reader is known that the mails did not come to; tell them in another way first"
            done.append(Posted(one.notice, "", "", why))
            continue
        done.append(_post(store, settings, relay, outgoing, one, addresses[0], by=by, now=now))
    return done


def _post(
    store: Store,
    settings: Config,
    relay: Relay,
    outgoing: Outgoing,
    one: Followed,
    to: str,
    *,
    by: str,
    now: Callable[[], float],
) -> Posted:
    id, now_s = one.notice.id, max(now(), one.last_s)
    (released,) = release(store, settings, [one], now_s=now_s)
    message_id = f"{id}.{secrets.token_hex(8)}@{outgoing.sender.rpartition('@')[2]}"
    raw = mail_of(released.notice, released.text, to, message_id, outgoing, made_s=now_s)
    record(store, id, "tried", at_s=now_s, by=by, how="mail", note=f"{message_id} to {to}")
    try:
        answer = relay.send(raw, outgoing.sender, to)
    except Refused as error:
        later = "; it may be taken later" if error.code < 500 else ""
        record(store, id, "refused", at_s=max(now(), now_s), by=by, how="mail", note=f"{to}: {error}")
        return Posted(one.notice, to, "refused", f"the relay answered {error}{later}")
    except RelayError as error:
        raise RelayError(f"{error}. {id} may have left: ask its reader before you send it again") from error
    with store.transaction():
        record(
            store,
            id,
            "sent",
            at_s=max(now(), now_s),
            by=by,
            how="mail",
            note=f"{message_id} to {to}: {answer}",
        )
        note_for_campaign(store, one.notice, how="mail", result="attempted", by=by, now_s=max(now(), now_s))
    return Posted(one.notice, to, "sent", answer)


def mail_of(
    notice: Notice, text: str, to: str, message_id: str, outgoing: Outgoing, *, made_s: float
) -> bytes:
    """The signed mail: plain text alone, CRLF line ends."""
    inner = EmailMessage(policy=_PLAIN)
    inner.set_content(text, charset="utf-8", cte="quoted-printable")
    del inner["MIME-Version"]
    head = EmailMessage(policy=policy.SMTP)
    user, _, domain = outgoing.sender.rpartition("@")
    head["From"] = Address(_clean(outgoing.name), user, domain)
    head["To"] = to
    subject = (
        load_wording("notices", notice.language).texts["mail-subject"][0].format(office=_clean(outgoing.name))
    )
    head["Subject"] = ("EXERCISE: " if notice.exercise else "") + subject
    head["Date"] = format_datetime(datetime.fromtimestamp(made_s, UTC))
    head["Message-ID"] = f"<{message_id}>"
    head["Auto-Submitted"] = "no"
    fields = head.as_bytes().rstrip(b"\r\n") + b"\r\n"
    body = signed(inner.as_bytes(), outgoing.signer).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return fields + body


def _clean(name: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:120]


def note_bounce(store: Store, raw: bytes, *, by: str = "", now_s: float) -> Followed:
    """Note that a notice came back: `raw` is the report (RFC 3464) that says so. Raises NoticeError.

    It counts only where it holds the Message-ID that the notice was sent with, which nobody else can know.
    """
    one = _sent_as(store, raw)
    if one.state == "bounced":
        raise NoticeError(f"{one.notice.id}: was noted as bounced before")
    record(store, one.notice.id, "bounced", at_s=max(now_s, one.last_s), by=by, how="mail")
    return find_notice(store, one.notice.id)


def note_answer(store: Store, raw: bytes, *, by: str = "", now_s: float) -> Followed:
    """Note that somebody answered a notice by mail. Raises NoticeError where it answers none that was sent.

    Whoever reads the mailbox can answer: it is no proof that the person has read the notice.
    """
    one = _sent_as(store, raw)
    note = "by mail; not proven to be the reader's own words"
    record(store, one.notice.id, "answered", at_s=max(now_s, one.last_s), by=by, how="mail", note=note)
    return find_notice(store, one.notice.id)


def _sent_as(store: Store, raw: bytes) -> Followed:
    if len(raw) > _MOST_ANSWER_BYTES:
        raise NoticeError(
            f"the mail has more than {_MOST_ANSWER_BYTES:,} bytes; expected an answer or a report"
        )
    text = raw.decode("latin-1")
    for one in followed(store):
        for event in one.log:
            if event.state == "tried" and event.how == "mail" and event.note.partition(" ")[0] in text:
                return one
    raise NoticeError(
        "this mail belongs to no notice that was sent: it holds the Message-ID of none. Somebody may have made it up; "
        "nothing was noted"
    )
