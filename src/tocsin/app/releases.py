"""Releases: that a source let a fact out, to whom, and on what ground; recorded by hand, never assumed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import known_people
from tocsin.model.fact import AUDIENCES, Release
from tocsin.model.intel import IntelSource
from tocsin.store.interface import Store

_LONGEST = 1_000
# Documents whose ids a release may name, with what they are called.
_KINDS = ("source", "claim", "judgement", "incident")

_decoder = msgspec.msgpack.Decoder(Release)


class ReleaseError(ValueError):
    """A release cannot be recorded or found; the message says what was expected."""


def add_release(
    store: Store, ref: str, *, audience: str, by: str, ground: str, now_s: float, who: str = ""
) -> Release:
    """Record that a source let out what `ref` names (as a notice's list of what was left out does). ReleaseError.

    `ref` is the id of a claim, a judgement, an incident or a source of intelligence, a source's name, the beginning
    of an id, or the address of a person who agrees to be named. The same release that stands already is kept as it is.
    """
    if audience not in AUDIENCES:
        raise ReleaseError(f"--audience {audience}: expected one of {', '.join(AUDIENCES)}")
    for what, text in (("REF", ref), ("--by", by), ("--ground", ground), ("--as", who or "-")):
        if not text.strip():
            raise ReleaseError(f"{what}: is empty; say what was released, by whom, and how they said so")
        _check(what, text)
    wish = Release("", _found(store, ref), audience, by.strip(), now_s, ground.strip(), who or account())
    said = (wish.ref, wish.audience, wish.by, wish.ground)
    for one in releases(store):
        if (one.ref, one.audience, one.by, one.ground) == said:
            return one
    id = "r-" + blake2b(msgspec.msgpack.encode(wish), digest_size=6).hexdigest()
    kept = msgspec.structs.replace(wish, id=id)
    store.put("release", id, msgspec.msgpack.encode(kept))
    return kept


def releases(store: Store, *, withdrawn: bool = False) -> tuple[Release, ...]:
    """All that stand, with those that were withdrawn if asked, the earliest first; unreadable ones release nothing."""
    found = []
    for id, body in store.documents("release"):
        try:
            one = msgspec.structs.replace(_decoder.decode(body), id=id)
        except msgspec.DecodeError:
            continue
        if withdrawn or one.withdrawn_s is None:
            found.append(one)
    return tuple(sorted(found, key=lambda one: (one.at_s, one.id)))


def taken_back_since(store: Store, audience: str, at_s: float) -> str:
    """The id of a release to this audience that was taken back after a text was made; "" if none was."""
    return next(
        (
            one.id
            for one in releases(store, withdrawn=True)
            if one.withdrawn_s is not None
            and one.withdrawn_s >= at_s >= one.at_s
            and one.audience in (audience, "public")
        ),
        "",
    )


def withdraw_release(store: Store, wanted: str, because: str, *, now_s: float, who: str = "") -> Release:
    """Take a release back: it stays on record, and what it let out is left out of all that is drafted from now on.

    Raises ReleaseError.
    """
    found = [
        one for one in releases(store, withdrawn=True) if wanted.strip() and one.id.startswith(wanted.strip())
    ]
    if len(found) != 1:
        why = "several releases begin so" if found else "there is no such release"
        raise ReleaseError(f"{wanted}: {why}; tocsin releases list shows them")
    if found[0].withdrawn_s is not None:
        raise ReleaseError(f"{found[0].id}: was taken back before: {found[0].withdrawn_because}")
    if not because.strip():
        raise ReleaseError("--because: say why it is taken back")
    _check("--because", because)
    _check("--as", who)
    gone = msgspec.structs.replace(
        found[0], withdrawn_s=now_s, withdrawn_by=who or account(), withdrawn_because=because.strip()
    )
    store.put("release", gone.id, msgspec.msgpack.encode(gone))
    return gone


def _found(store: Store, ref: str) -> str:
    """The full id of what is named. Raises ReleaseError where nothing here, or more than one thing, is named so."""
    wanted = ref.strip()
    named = dict(_named(store))
    by_name = [id for id, name in named.items() if name and name.casefold() == wanted.casefold()]
    found = [id for id in named if id == wanted] or by_name or [id for id in named if id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    address = wanted.lower()
    known = known_people(store)
    if not found and (address in known or address in {owner for owner, _ in store.owners()}):
        return known[address].addresses[0] if address in known else address
    why = "several things here begin so" if found else "there is nothing here of that name"
    raise ReleaseError(
        f"{ref}: {why}; give the id of a claim, judgement, incident or source of intelligence as a notice's list of "
        "what was left out has it (tocsin notify --dry-run), or the address of a person who agrees to be named"
    )


def _named(store: Store) -> Iterator[tuple[str, str]]:
    """Ids of all that can be released, with the name that people know a source by."""
    for kind in _KINDS:
        for id, body in store.documents(kind):
            name = ""
            if kind == "source":
                try:
                    name = msgspec.msgpack.decode(body, type=IntelSource).name
                except msgspec.DecodeError:
                    name = ""
            yield id, name


def _check(what: str, text: str) -> None:
    if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ReleaseError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
