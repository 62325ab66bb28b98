"""Drafts notices: for each person of a campaign, or of one mail, what may be said to them, in their language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from tocsin.app.account import account
from tocsin.app.campaign_views import view_campaign
from tocsin.app.campaigns import known_people, load_campaigns
from tocsin.app.catalogues import CatalogueTextError, load_wording, notice_languages
from tocsin.app.config import Config
from tocsin.app.deciding import DecisionError, find_campaign
from tocsin.app.exposure import exposures
from tocsin.app.facts import common_facts, facts_for
from tocsin.app.notices import Followed, NoticeError, followed, keep_notice, names_of, record, text_digest
from tocsin.app.releases import releases
from tocsin.model.campaign_view import View
from tocsin.model.exposure import Exposure
from tocsin.model.fact import Cleared, Fact, Release, SentMails
from tocsin.model.notice import CHANNELS, Notice, NoticeWish, Sender
from tocsin.model.people import Contact, Delegate, Owner, People, Way
from tocsin.model.stored import AuditEntry
from tocsin.model.wording import Wording
from tocsin.respond.caveats import clear
from tocsin.respond.notice_text import compose
from tocsin.store.interface import Store

FALLBACK = "en"


class Wish(msgspec.Struct, frozen=True):
    """What is asked for.

    `subject` is a campaign, or a stored mail by SHA-256 or Message-ID. `persons` are addresses, () for all who were
    sent the mails; `language` and `channel` are "" for what suits each person. `again` says why people who were told
    before are told once more, "" where they are not. `delegates` tells that those who read a mailbox for somebody get
    a notice as well. `logs` are files that say what was asked for of the beacons' hosts.
    """

    subject: str
    persons: tuple[str, ...] = ()
    language: str = ""
    channel: str = ""
    again: str = ""
    delegates: bool = True
    mandate: str = ""
    logs: tuple[Path, ...] = ()


class Skipped(msgspec.Struct, frozen=True):
    """Somebody who gets no new draft, and why, in a sentence; `notice` is the one that stands, "" for none."""

    person: str
    to: str
    why: str
    notice: str = ""


class Drafts(msgspec.Struct, frozen=True):
    """What drafting made: new notices, the drafts that they replace, and who got none."""

    subject: str
    notices: tuple[Notice, ...]
    skipped: tuple[Skipped, ...] = ()


class _Reader(msgspec.Struct, frozen=True):
    """Somebody to tell: the person, or one who reads the mailbox for them; `targeted` are addresses that were hit."""

    person: str
    to: str
    name: str
    audience: str
    languages: tuple[str, ...]
    ways: tuple[Way, ...]
    targeted: tuple[str, ...] = ()


def draft_notices(
    store: Store,
    settings: Config,
    people: People,
    wish: Wish,
    *,
    now_s: float,
    keep: bool = True,
    report: Callable[[int, int], None] | None = None,
) -> Drafts:
    """Draft what is missing; with `keep` off nothing is written but the audit.

    Raises NoticeError, and DecisionError for a subject that is not known.
    """
    if not settings.office.strip():
        raise NoticeError(
            "nobody is named who tells: set office in the settings, the name by which people can find your number "
            'by themselves, as in office = "Security office of the parliament"'
        )
    if wish.channel and wish.channel not in CHANNELS:
        raise NoticeError(f"--channel {wish.channel}: expected one of {', '.join(CHANNELS)}")
    subject, names, view, numbers = _subject(store, wish.subject, wish.mandate, now_s)
    found = exposures(store, view.campaign if view is not None else numbers, people, logs=wish.logs)
    wanted = _chosen(found, people, wish.persons, subject)
    earlier = _earlier(followed(store, names))
    words = _Words()
    made: list[Notice] = []
    skipped: list[Skipped] = []
    released, common = releases(store), common_facts(store, view, threshold=settings.threshold)
    private = {one.person: one.private for one in people.contacts}
    for done, exposure in enumerate(wanted):
        if report is not None:
            report(done, len(wanted))
        facts = facts_for(store, common, exposure, private=private.get(exposure.person, ()))
        for reader in _readers(people, exposure, with_delegates=wish.delegates):
            one = _drafted(store, settings, wish, subject, reader, facts, released, words, earlier, now_s)
            if isinstance(one, Skipped):
                skipped.append(one)
            else:
                made.append(one)
    if keep:
        _keep(store, made)
    _audit(store, subject, numbers, len(made), wish.mandate, now_s)
    return Drafts(subject, tuple(made), tuple(skipped))


def people_for(store: Store, listed: People | None) -> People:
    """The people of a file, else those whom the store knows by name; nobody's way to be reached is known then."""
    if listed is not None:
        return listed
    return People(tuple({id(one): one for one in known_people(store).values()}.values()))


def chosen_exposures(
    store: Store,
    people: People,
    subject: str,
    persons: Sequence[str] = (),
    logs: Sequence[Path] = (),
    *,
    now_s: float,
    mandate: str = "",
) -> tuple[Exposure, ...]:
    """What the mails of a campaign, or one mail, could have shown about their readers, or about these persons.

    Raises NoticeError for a person who was sent none, DecisionError for a subject that is not known, LogError.
    """
    id, _, view, numbers = _subject(store, subject, mandate, now_s)
    found = exposures(store, view.campaign if view is not None else numbers, people, logs=logs)
    return _chosen(found, people, persons, id)


def _subject(
    store: Store, wanted: str, mandate: str, now_s: float
) -> tuple[str, tuple[str, ...], View | None, tuple[int, ...]]:
    """What the notices are about: its id, all names of it, the campaign (None for a mail), numbers of the mails."""
    from tocsin.app.recall import stored_mails

    campaigns = load_campaigns(store)
    try:
        campaign = find_campaign(campaigns, wanted)
    except DecisionError:
        mails = stored_mails(store, wanted, now_s=now_s, mandate=mandate)
        if not mails:
            raise
        digests = sorted({judged.observed.sha256 for judged, _ in mails})
        if len(digests) > 1:
            raise NoticeError(
                f"{wanted}: {len(digests)} mails bear this id; name one by its SHA-256: "
                + ", ".join(digest[:16] for digest in digests[:5])
            ) from None
        return digests[0], (digests[0],), None, store.numbers(digests[0])
    view = view_campaign(store, campaign.id, now_s=now_s, mandate=mandate)
    return campaign.id, names_of(campaign), view, tuple(member.number for member in campaign.members)


def _chosen(
    found: Sequence[Exposure], people: People, persons: Sequence[str], subject: str
) -> tuple[Exposure, ...]:
    if not persons:
        return tuple(found)
    from tocsin.app.matching import AddressBook

    book = AddressBook(people)
    known = {one.person: one for one in found}
    chosen = []
    for address in persons:
        person = book.get(address.strip().lower(), address.strip().lower())
        if person not in known:
            raise NoticeError(f"--person {address}: was sent no mail of {subject}")
        chosen.append(known[person])
    return tuple(chosen)


def _readers(people: People, exposure: Exposure, *, with_delegates: bool) -> list[_Reader]:
    person = exposure.person
    owner = next((one for one in people.owners if person in one.addresses), Owner((person,), name=person))
    contact = next((one for one in people.contacts if one.person == owner.addresses[0]), Contact(person))
    hit = tuple(sorted({mail.address for mail in exposure.mails if mail.address} | {person}))
    readers = [_Reader(person, person, owner.name or person, "person", owner.languages, contact.ways, hit)]
    if with_delegates:
        readers += [_delegate(person, one, owner.languages, hit) for one in contact.delegates]
    return readers


def _delegate(person: str, one: Delegate, languages: tuple[str, ...], hit: tuple[str, ...]) -> _Reader:
    to, spoken = one.address or one.name, one.languages or languages
    return _Reader(person, to, one.name, "delegate", spoken, one.ways, hit)


class _Words:
    """Catalogues of notices, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, Wording] = {}
        self._known = notice_languages()

    def choose(self, asked: str, languages: Sequence[str], settings: Config) -> tuple[Wording, str]:
        """The wording, and a sentence where the language that was wanted is not there."""
        fallback = settings.language if settings.language in self._known else FALLBACK
        wanted = (asked,) if asked else tuple(languages)
        chosen = next((one for one in wanted if one in self._known), fallback)
        note = ""
        if wanted and chosen not in wanted:
            known = ", ".join(self._known)
            note = (
                f"there are no notices in {', '.join(wanted)}; this one is in {chosen} (there are: {known})"
            )
        return self._wording(chosen), note

    def _wording(self, language: str) -> Wording:
        if language not in self._read:
            try:
                self._read[language] = load_wording("notices", language)
            except CatalogueTextError as error:
                raise NoticeError(str(error)) from error
        return self._read[language]


def _drafted(
    store: Store,
    settings: Config,
    wish: Wish,
    subject: str,
    reader: _Reader,
    facts: Sequence[Fact],
    released: Collection[Release],
    words: _Words,
    earlier: Mapping[tuple[str, str, str], Followed],
    now_s: float,
) -> Notice | Skipped:
    before = earlier.get((reader.person, reader.to, reader.audience))
    if before is not None and before.reached and not wish.again.strip():
        return Skipped(
            reader.person,
            reader.to,
            f"was told by {before.notice.id} ({before.state}); to tell anew: --again REASON",
            before.notice.id,
        )
    cleared = clear(facts, reader.audience, released)
    if not any(isinstance(fact, SentMails) for fact in cleared.facts):
        return Skipped(reader.person, reader.to, _nothing_told(cleared))
    wording, fallen = words.choose(wish.language, reader.languages, settings)
    channel, unreachable = _channel(wish.channel, reader.ways)
    notes = tuple(note for note in (fallen, unreachable) if note)
    if before is not None and not before.ended and before.intact:
        same = _text(
            store, settings, reader, cleared, wording, channel, before.notice.id, before.notice.made_s
        )
        if same == before.notice.text:
            return Skipped(
                reader.person, reader.to, f"is drafted already: {before.notice.id}", before.notice.id
            )
    name = (subject, reader.person, reader.to, reader.audience, wording.language, channel, repr(now_s))
    id = "n-" + blake2b("\0".join(name).encode(), digest_size=6).hexdigest()
    text = _text(store, settings, reader, cleared, wording, channel, id, now_s)
    return Notice(
        id=id,
        subject=subject,
        person=reader.person,
        to=reader.to,
        name=reader.name,
        audience=reader.audience,
        language=wording.language,
        channel=channel,
        text=text,
        text_sha256=text_digest(text),
        made_s=now_s,
        withheld=cleared.withheld,
        notes=notes,
        replaces=before.notice.id if before is not None else "",
        exercise=store.exercise,
        targeted=reader.targeted,
    )


def _text(
    store: Store,
    settings: Config,
    reader: _Reader,
    cleared: Cleared,
    wording: Wording,
    channel: str,
    reference: str,
    made_s: float,
) -> str:
    return compose(
        NoticeWish(
            language=wording.language,
            channel=channel,
            audience=reader.audience,
            name=reader.name,
            facts=cleared.facts,
            sender=Sender(settings.office.strip()),
            reference=reference,
            made_s=made_s,
            left_out=bool(cleared.withheld),
            exercise=store.exercise,
        ),
        wording,
    )


def _nothing_told(cleared: Cleared) -> str:
    """Why somebody cannot be told at all, and who could change that."""
    for one in cleared.withheld:
        ask = one.ask or "whoever marked it"
        return f"nothing may be told: {one.why}. Ask {ask}, and record the release of {one.ref}"
    return "nothing is known to tell"


def _channel(asked: str, ways: Sequence[Way]) -> tuple[str, str]:
    """By which way to tell, and a sentence where none is known that does not lead into the mailbox itself."""
    outside = [way.kind for way in ways if way.kind != "mail"]
    if not outside:
        note = "no way to reach this reader outside the mailbox is known; add one to the list of people"
        return asked or "letter", note
    kinds = ["telephone" if kind == "messenger" else kind for kind in outside]
    return asked or kinds[0], ""


def _earlier(found: Sequence[Followed]) -> dict[tuple[str, str, str], Followed]:
    """Each reader's newest notice that was not withdrawn; one that reached its reader stays before later drafts."""
    newest: dict[tuple[str, str, str], Followed] = {}
    for one in found:
        key = (one.notice.person, one.notice.to, one.notice.audience)
        if one.state == "withdrawn" and not one.reached:
            continue
        if key in newest and newest[key].reached and not one.reached:
            continue
        newest[key] = one
    return newest


def _keep(store: Store, made: Sequence[Notice]) -> None:
    """Keep all drafts, or none; a draft that is replaced is withdrawn."""
    open_ones = {one.notice.id for one in followed(store) if not one.ended}
    with store.transaction():
        for notice in made:
            if notice.replaces in open_ones:
                record(
                    store, notice.replaces, "withdrawn", at_s=notice.made_s, note=f"replaced by {notice.id}"
                )
            keep_notice(store, notice)


def _audit(
    store: Store, subject: str, numbers: Sequence[int], count: int, mandate: str, now_s: float
) -> None:
    store.audit(
        AuditEntry(
            now_s,
            account(),
            "show",
            tuple(sorted(numbers)),
            False,
            count,
            mandate,
            f"{count} notices on {subject}",
        )
    )
