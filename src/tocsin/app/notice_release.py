"""Letting a notice go: only what two people signed, each time with a code of its own, and a log of who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.app.assents import assents, missing, standing
from tocsin.app.campaigns import load_campaigns
from tocsin.app.config import Config
from tocsin.app.deciding import DecisionError, find_campaign
from tocsin.app.notice_codes import Checked, check_code, issue_code
from tocsin.app.notices import Followed, NoticeError, find_notice, followed, names_of, record
from tocsin.app.releases import taken_back_since
from tocsin.app.telling import TellingError, record_telling
from tocsin.model.notice import Notice
from tocsin.respond.notice_text import with_code
from tocsin.store.interface import Store

_RESULTS = {"told": "told", "attempted": "tried", "declined": "declined"}
_LISTED = 3


class Released(msgspec.Struct, frozen=True):
    """A text that may leave now, with its code in it; it is kept nowhere else."""

    notice: Notice
    text: str


def select(store: Store, wanted: Sequence[str]) -> tuple[Followed, ...]:
    """The notices that are named: by id, or all open ones about a campaign or mail. Raises NoticeError."""
    found: dict[str, Followed] = {}
    for name in wanted:
        if name.strip().lower().startswith("n-"):
            those = [find_notice(store, name)]
        else:
            those = [one for one in followed(store, subjects_of(store, name)) if not one.ended]
            if not those:
                raise NoticeError(f"{name}: no open notice is about it; tocsin notices list shows all")
        found.update({one.notice.id: one for one in those})
    return tuple(found.values())


def subjects_of(store: Store, name: str) -> tuple[str, ...]:
    """All ids that notices on a campaign or mail may bear; a mail is named by 8 or more digits of its SHA-256."""
    try:
        return names_of(find_campaign(load_campaigns(store), name))
    except DecisionError:
        digest = name.strip().lower()
        known = {one.notice.subject for one in followed(store)}
        return tuple(one for one in known if len(digest) >= 8 and one.startswith(digest))


def hindrance(store: Store, settings: Config, wanted: Sequence[Followed]) -> dict[str, str]:
    """Why notices may not leave, by id, in a sentence each; {} where all may."""
    given = assents(store)
    found = {}
    for one in wanted:
        why = ""
        if not one.intact:
            why = "its text is not the one that was drafted; withdraw it and draft another"
        elif one.ended:
            why = f"was {one.state} already; nobody is told twice"
        elif gone := taken_back_since(store, one.notice.audience, one.notice.made_s):
            why = f"the release {gone} was taken back since it was drafted; withdraw it and draft another"
        else:
            why = missing(standing(given, one), second_person=settings.second_person)
        if why:
            found[one.notice.id] = why
    return found


def listed(stopped: Mapping[str, str]) -> str:
    """Reasons in sentences, each once, after the notices that it holds for."""
    by_why: dict[str, list[str]] = {}
    for id, why in stopped.items():
        by_why.setdefault(why, []).append(id)
    return "; ".join(f"{', '.join(ids[:_LISTED])}{_more(ids)}: {why}" for why, ids in by_why.items())


def _more(ids: Sequence[str]) -> str:
    return f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else ""


def release(
    store: Store, settings: Config, wanted: Sequence[Followed], *, now_s: float
) -> tuple[Released, ...]:
    """Texts with new codes, of notices that may leave; earlier codes of theirs stop working.

    Raises NoticeError where one of them may not, and releases none then.
    """
    stopped = hindrance(store, settings, wanted)
    if stopped:
        raise NoticeError(listed(stopped))
    with store.transaction():
        return tuple(
            Released(one.notice, with_code(one.notice.text, issue_code(store, one.notice.id, now_s=now_s)))
            for one in wanted
        )


def note_told(
    store: Store,
    settings: Config,
    one: Followed,
    *,
    how: str,
    result: str,
    note: str = "",
    by: str = "",
    now_s: float,
) -> None:
    """Note that a reader was told by telephone, letter or in person, or that it was tried. Raises NoticeError.

    A campaign's own list of who was told is kept with it.
    """
    if result not in _RESULTS:
        raise NoticeError(f"--result {result}: expected one of {', '.join(_RESULTS)}")
    if not how.strip():
        raise NoticeError("--how: say by which way, as in telephone, letter or in person")
    stopped = hindrance(store, settings, [one]).get(one.notice.id, "")
    if stopped:
        raise NoticeError(f"{one.notice.id}: {stopped}")
    with store.transaction():
        record(
            store,
            one.notice.id,
            _RESULTS[result],
            at_s=max(now_s, one.last_s),
            by=by,
            how=how.strip(),
            note=note.strip(),
        )
        note_for_campaign(store, one.notice, how=how, result=result, note=note, by=by, now_s=now_s)


def note_for_campaign(
    store: Store, notice: Notice, *, how: str, result: str, note: str = "", by: str = "", now_s: float
) -> None:
    """Keep it with the campaign that its person was told, where the notice is the person's own and about one."""
    if notice.audience != "person":
        return
    try:
        campaign = find_campaign(load_campaigns(store), notice.subject)
        record_telling(
            store, campaign, notice.person, how=how, result=result, note=note or notice.id, by=by, now_s=now_s
        )
    except (DecisionError, TellingError):  # a mail by itself, or one that has left the campaign since
        return


def check(store: Store, spoken: str, *, now_s: float, by: str = "") -> Checked:
    """Look up a code that a caller read out, use it up, and note that its reader was told. Raises NoticeError."""
    checked = check_code(store, spoken, now_s=now_s, by=by)
    if checked.answer == "genuine" and checked.notice is not None:
        note_for_campaign(store, checked.notice, how="code read out", result="told", by=by, now_s=now_s)
    return checked


def withdraw(store: Store, wanted: Sequence[Followed], because: str, *, by: str = "", now_s: float) -> None:
    """Take notices back; what has left cannot be called back, but its code no longer proves it. Raises NoticeError."""
    if not because.strip():
        raise NoticeError("--because: say why it is taken back")
    for one in wanted:
        if one.state == "withdrawn":
            raise NoticeError(f"{one.notice.id}: was withdrawn before")
    with store.transaction():
        for one in wanted:
            at_s = max(now_s, one.last_s)
            record(store, one.notice.id, "withdrawn", at_s=at_s, by=by, note=because.strip())
