"""One case with all that belongs to it: who was told, what happened when, which mails, what is due."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from statistics import median

from tocsin.app.account import account
from tocsin.app.campaign_views import view_campaign
from tocsin.app.campaigns import known_people, load_campaigns, load_decisions
from tocsin.app.case_log import CaseError, cases, find_case
from tocsin.app.deciding import DecisionError, find_campaign
from tocsin.app.judgements import judgements
from tocsin.app.notices import Followed, by_person, followed, names_of
from tocsin.app.telling import tellings
from tocsin.model.campaign import Campaign
from tocsin.model.case import CaseFile, CaseView, Custody, Entry, PersonState
from tocsin.model.judgement import Telling
from tocsin.model.people import Contact, Owner, People
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import Store

_DAY_S = 86_400.0
_REMIND_S = 3 * _DAY_S
_MOST_ENTRIES = 2_000
_RANK = {"told": 3, "checked": 3, "sent": 2}  # what counts for a person, the most


def resolve(store: Store, wanted: str) -> CaseFile:
    """A case by its id, or by the campaign or mail it is about, under any id that this has borne. Raises CaseError."""
    names: tuple[str, ...] = ()
    if not wanted.strip().lower().startswith("case-"):
        campaign = _campaign(store, wanted)
        names = names_of(campaign) if campaign is not None else ()
    return find_case(store, wanted, names)


def subject_of(store: Store, wanted: str, *, now_s: float, mandate: str = "") -> tuple[str, str]:
    """The id and a title of a campaign, or of a stored mail, that a case is to be opened about. Raises CaseError."""
    from tocsin.app.recall import stored_mails

    campaign = _campaign(store, wanted)
    if campaign is not None:
        taken = [
            one for one in cases(store) if one.case.subject in names_of(campaign) and one.state != "closed"
        ]
        if taken:
            raise CaseError(
                f"{wanted}: {taken[0].case.id} is open about it; tocsin cases show {taken[0].case.id}"
            )
        return campaign.id, f"{len(campaign.members)} mails to {len(campaign.people)} people"
    found = {
        judged.observed.sha256: judged
        for judged, _ in stored_mails(store, wanted, now_s=now_s, mandate=mandate)
    }
    if len(found) != 1:
        why = "several mails answer to this" if found else "there is no such campaign or mail"
        raise CaseError(f"{wanted}: {why}; name a campaign (tocsin campaigns list) or a mail by its SHA-256")
    ((sha256, judged),) = found.items()
    return sha256, f"one mail: {judged.observed.subject[:120]}"


def view_case(store: Store, wanted: str, people: People, *, now_s: float, mandate: str = "") -> CaseView:
    """The case with all that is known of it; noted in the audit. Raises CaseError."""
    file = resolve(store, wanted)
    campaign = _campaign(store, file.case.subject) if file.case.subject.startswith("c-") else None
    names = names_of(campaign) if campaign is not None else (file.case.subject,)
    numbers = _numbers(store, file, campaign)
    notices = followed(store, names)
    told = tellings(store, campaign) if campaign is not None else ()
    states = tuple(_people(store, people, campaign, numbers, notices, told))
    days = [one.days for one in states if one.days is not None and not one.reader]
    timeline = sorted(
        _timeline(store, file, campaign, numbers, notices, told, now_s),
        key=lambda one: (one.at_s, one.kind, one.text),
    )
    custody = tuple(_custody(store, numbers))
    store.audit(
        AuditEntry(
            now_s, account(), "show", tuple(numbers), False, len(numbers), mandate, f"case {file.case.id}"
        )
    )
    return CaseView(
        file,
        campaign.id if campaign is not None else "",
        states,
        tuple(timeline[:_MOST_ENTRIES]),
        custody,
        tuple(_reminders(file, states, notices, now_s)),
        median(days) if days else None,
        max(days, default=None),
        now_s,
    )


def _campaign(store: Store, wanted: str) -> Campaign | None:
    try:
        return find_campaign(load_campaigns(store), wanted)
    except DecisionError:
        return None


def _numbers(store: Store, file: CaseFile, campaign: Campaign | None) -> list[int]:
    if campaign is not None:
        return sorted(member.number for member in campaign.members)
    return sorted(store.numbers(file.case.subject)) if len(file.case.subject) == 64 else []


def _people(
    store: Store,
    people: People,
    campaign: Campaign | None,
    numbers: Sequence[int],
    notices: Sequence[Followed],
    told: Sequence[Telling],
) -> Iterator[PersonState]:
    """Everyone who was sent the mails, by organisation and name, and whoever else has a notice."""
    known = {address: owner for owner in people.owners for address in owner.addresses} or dict(
        known_people(store)
    )
    contacts = {one.person: one for one in people.contacts}
    first: dict[str, float | None] = {}
    for row in store.rows(numbers):
        earlier = first.get(row.owner)
        first[row.owner] = row.time_s if earlier is None else min(earlier, row.time_s or earlier)
    grouped = by_person(notices)
    found: list[PersonState] = []
    for address in sorted({*first, *grouped}):
        owner = known.get(address, Owner((address,), name=address))
        contact = contacts.get(owner.addresses[0], Contact(address))
        own = [one for one in grouped.get(address, ()) if one.notice.audience == "person"]
        by_hand = [one for one in told if one.person == address]
        found.append(_person(address, owner, contact, first.get(address), own, by_hand))
        others = [one for one in grouped.get(address, ()) if one.notice.audience != "person"]
        for reader in dict.fromkeys(one.notice.to for one in others):
            theirs = [one for one in others if one.notice.to == reader]
            found.append(_person(address, owner, contact, first.get(address), theirs, [], reader))
    yield from sorted(found, key=lambda one: (one.organisation, one.name, bool(one.reader), one.reader))


def _person(
    address: str,
    owner: Owner,
    contact: Contact,
    first_s: float | None,
    notices: Sequence[Followed],
    told: Sequence[Telling],
    reader: str = "",
) -> PersonState:
    standing = [one for one in notices if one.state != "withdrawn"] or list(notices)
    newest = max(standing, key=lambda one: (one.reached, one.notice.made_s), default=None)
    state = newest.state if newest is not None else "not-drafted"
    times = [event.at_s for one in notices for event in one.log if event.state in ("told", "checked")]
    times += [one.at_s for one in told if one.result == "told"]
    told_s = min(times, default=None)
    if told_s is not None and _RANK.get(state, 0) < _RANK["told"]:
        state = "told"
    if told_s is None and state == "not-drafted" and told:
        state = {"attempted": "tried", "declined": "declined"}.get(told[-1].result, state)
    ways = contact.ways
    if reader:
        ways = next((one.ways for one in contact.delegates if reader in (one.address, one.name)), ())
    return PersonState(
        address,
        newest.notice.name if reader and newest is not None else owner.name or address,
        owner.organisation,
        state,
        newest.notice.id if newest is not None else "",
        first_s,
        told_s,
        (told_s - first_s) / _DAY_S if told_s is not None and first_s is not None else None,
        any(event.state in ("answered", "checked") for one in notices for event in one.log),
        tuple(f"{way.kind}: {way.to}" for way in ways),
        newest.notice.language if newest is not None else next(iter(owner.languages), ""),
        reader,
    )


def _timeline(
    store: Store,
    file: CaseFile,
    campaign: Campaign | None,
    numbers: Sequence[int],
    notices: Sequence[Followed],
    told: Sequence[Telling],
    now_s: float,
) -> Iterator[Entry]:
    """Everything with a time, each from where it is kept."""
    records = dict(store.records(numbers))
    for row in store.rows(numbers):
        if row.time_s is not None:
            subject = records[row.number].subject if row.number in records else ""
            yield Entry(row.time_s, "mail", f"to {row.owner}: {subject}", row.sha256)
    for number in numbers:
        for one in store.verdicts(number)[1:]:
            yield Entry(
                one.at_s,
                "verdict",
                f"version {one.version} ({one.reason}): {one.because}",
                records[number].sha256,
            )
    if campaign is not None:
        yield from _around(store, campaign, now_s)
    else:
        yield from _met(store, numbers)
    for notice in notices:
        for event in notice.log:
            how = f" by {event.how}" if event.how else ""
            yield Entry(
                event.at_s,
                "notice",
                f"{event.state}{how}: {notice.notice.name} ({event.by})",
                notice.notice.id,
            )
    for each in told:
        yield Entry(each.at_s, "told", f"{each.result} by {each.how}: {each.person} ({each.by})", each.id)
    for entry in file.log:
        yield Entry(
            entry.at_s, "case", f"{entry.kind}: {entry.text.partition(chr(10))[0]} ({entry.by})", entry.ref
        )


def _around(store: Store, campaign: Campaign, now_s: float) -> Iterator[Entry]:
    view = view_campaign(store, campaign.id, now_s=now_s)
    for one in (*view.happenings, *view.later):
        yield Entry(one.first_s, one.kind, one.title)
    members = {member.sha256 for member in campaign.members}
    for decision in load_decisions(store):
        if members & {*decision.mails, *decision.others}:
            yield Entry(
                decision.at_s,
                "decision",
                f"{decision.action}: {decision.because} ({decision.who})",
                decision.id,
            )
    for signed in judgements(store, campaign):
        who = signed.analyst.name if signed.analyst is not None else signed.judgement.analyst
        what = (
            "withdrawn"
            if signed.judgement.withdraws
            else f"{signed.judgement.title or signed.judgement.hypothesis}"
        )
        yield Entry(signed.judgement.signed_s, "judgement", f"{what}, signed by {who}", signed.judgement.id)


def _met(store: Store, numbers: Sequence[int]) -> Iterator[Entry]:
    seen: set[str] = set()
    for number in numbers:
        for hit in store.hits(number=number):
            if hit.indicator not in seen:
                seen.add(hit.indicator)
                one = store.indicator(hit.indicator)
                yield Entry(
                    hit.found_s, "known", one.written if one is not None else hit.indicator, hit.indicator
                )


def _custody(store: Store, numbers: Collection[int]) -> Iterator[Custody]:
    """Each mail with its digest, and whether the bytes that are kept still give it."""
    looks: Counter[int] = Counter()
    for entry in store.audit_entries():
        if entry.through and entry.mails:
            looks.update(number for number in numbers if entry.mails[0] <= number <= entry.mails[-1])
        else:
            looks.update(set(entry.mails) & set(numbers))
    records = dict(store.records(numbers))
    for row in store.rows(numbers):
        raw = store.raw(row.number) if row.raw else None
        kept = "not-kept"
        if raw is not None:
            kept = "kept" if hashlib.sha256(raw).hexdigest() == row.sha256 else "changed"
        message_id = records[row.number].message_id if row.number in records else ""
        places = store.occurrences(row.number)
        yield Custody(row.sha256, row.owner, message_id, row.stored_s, places, kept, looks[row.number])


def _reminders(
    file: CaseFile, people: Iterable[PersonState], notices: Sequence[Followed], now_s: float
) -> Iterator[str]:
    """What waits: who was not told, who has not answered, what is due."""
    if file.broken:
        yield f"the log of the case does not hold together: {file.broken}"
    if file.state == "closed":
        return
    untold = [one for one in people if one.told_s is None and one.state not in ("declined", "sent")]
    if untold:
        yield f"{len(untold)} readers were not told: {', '.join(one.name for one in untold[:8])}"
    for one in notices:
        last = one.log[-1] if one.log else None
        if (
            last is not None
            and last.state in ("sent", "tried", "bounced", "refused")
            and now_s - last.at_s > _REMIND_S
        ):
            days = (now_s - last.at_s) / _DAY_S
            yield f"{one.notice.name} ({one.notice.id}): {last.state} {days:.0f} days ago, no answer"
    for affected in file.affected:
        if affected.told_s is None:
            yield f"{affected.name} is affected by {affected.incident} and was not told"
    for task in file.tasks:
        if task.done_s is None and task.due_s is not None and task.due_s < now_s:
            yield f"task {task.id} is overdue: {task.text}"
    for clock in file.clocks:
        if clock.stopped_s is None:
            for deadline in clock.deadlines:
                if deadline.due_s < now_s:
                    yield f"{clock.title}: {deadline.what} was due {(now_s - deadline.due_s) / 3600:.0f} hours ago"
