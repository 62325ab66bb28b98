"""Who answers for a notice: an analyst confirms it, somebody else approves it, both by signature."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from tocsin.app.analysts import analysts, id_of, is_signed, sign
from tocsin.app.notices import Followed, NoticeError, record
from tocsin.model.judgement import Analyst
from tocsin.model.notice import Assent
from tocsin.store.interface import Store

CONFIRM, APPROVE = "confirm", "approve"
_STATE = {CONFIRM: "confirmed", APPROVE: "approved"}
_PREFIX = b"tocsin notice assent 1\0"

_decoder = msgspec.msgpack.Decoder(Assent)


class Assented(msgspec.Struct, frozen=True):
    """Who stands behind one notice: None where nobody does (any more)."""

    confirmed: Analyst | None = None
    approved: Analyst | None = None


def give_assent(
    store: Store,
    role: str,
    wanted: Sequence[Followed],
    analyst: Analyst,
    passphrase: str = "",
    *,
    now_s: float,
) -> Assent:
    """Sign under notices, all at once. Raises NoticeError, AnalystError, PassphraseNeeded; nothing is kept then."""
    if not wanted:
        raise NoticeError("there is no notice to sign; draft one: tocsin notify CAMPAIGN")
    given = assents(store)
    for one in wanted:
        id = one.notice.id
        if not one.intact:
            raise NoticeError(
                f"{id}: its text is not the one that was drafted; withdraw it and draft another"
            )
        if one.ended:
            raise NoticeError(f"{id}: was {one.state} already; there is nothing more to sign")
        if role == CONFIRM:
            continue
        confirmed = standing(given, one).confirmed
        if confirmed is None:
            raise NoticeError(
                f"{id}: nobody has confirmed it yet; first: tocsin notices confirm {id} --as ANALYST"
            )
        if confirmed.id == analyst.id or confirmed.name == analyst.name:
            raise NoticeError(f"{id}: {analyst.name} has confirmed it; somebody else approves")
    pairs = tuple(sorted((one.notice.id, one.notice.text_sha256) for one in wanted))
    unsigned = Assent("", role, analyst.id, now_s, pairs)
    message = _message(unsigned)
    kept = msgspec.structs.replace(unsigned, id=_id(message), signature=sign(analyst, message, passphrase))
    with store.transaction():
        store.put("assent", kept.id, msgspec.msgpack.encode(kept))
        for id, _ in pairs:
            record(store, id, _STATE[role], at_s=now_s, by=analyst.name)
    return kept


def assents(store: Store) -> tuple[tuple[Assent, Analyst], ...]:
    """Every assent whose signature holds, with who signed, the earliest first."""
    known = {one.id: one for one in analysts(store)}
    found = []
    for id, body in store.documents("assent"):
        try:
            one = msgspec.structs.replace(_decoder.decode(body), id=id)
        except msgspec.DecodeError:
            continue
        analyst = known.get(one.analyst)
        if analyst is not None and _holds(one, analyst):
            found.append((one, analyst))
    return tuple(sorted(found, key=lambda pair: (pair[0].at_s, pair[0].id)))


def standing(given: Sequence[tuple[Assent, Analyst]], one: Followed) -> Assented:
    """Who stands behind a notice, by the assents that hold: approval counts from somebody else than confirmed."""
    pair = (one.notice.id, one.notice.text_sha256)
    confirmed: Analyst | None = None
    approved: Analyst | None = None
    if not one.intact:
        return Assented()
    for assent, analyst in given:
        if pair not in assent.notices:
            continue
        if assent.role == CONFIRM:
            confirmed = confirmed or analyst
        elif assent.role == APPROVE and confirmed is not None and analyst.id != confirmed.id:
            approved = approved or analyst
    return Assented(confirmed, approved)


def missing(assented: Assented, *, second_person: bool) -> str:
    """What a notice still waits for before it may leave, in a sentence; "" for nothing."""
    if assented.confirmed is None:
        return "no analyst has confirmed it: tocsin notices confirm"
    if second_person and assented.approved is None:
        return f"nobody besides {assented.confirmed.name} has approved it: tocsin notices approve"
    return ""


def _holds(one: Assent, analyst: Analyst) -> bool:
    if id_of(analyst.public_key) != analyst.id or (
        analyst.retired_s is not None and one.at_s > analyst.retired_s
    ):
        return False
    message = _message(msgspec.structs.replace(one, id="", signature=b""))
    return one.id == _id(message) and is_signed(analyst, message, one.signature)


def _message(unsigned: Assent) -> bytes:
    return _PREFIX + msgspec.msgpack.encode([getattr(unsigned, name) for name in Assent.__struct_fields__])


def _id(message: bytes) -> str:
    return "as-" + blake2b(message, digest_size=6).hexdigest()
