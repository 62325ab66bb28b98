"""Releases: that a source let a fact out, to whom, and on what ground; recorded by hand, never assumed."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.model.fact import AUDIENCES, Release
from tocsin.store.interface import Store

_LONGEST = 1_000
_decoder = msgspec.msgpack.Decoder(Release)


class ReleaseError(ValueError):
    """A release cannot be recorded or found; the message says what was expected."""


def add_release(
    store: Store, ref: str, *, audience: str, by: str, ground: str, now_s: float, who: str = ""
) -> Release:
    """Record that a source let out what `ref` names (as a notice's list of what was left out does). ReleaseError."""
    if audience not in AUDIENCES:
        raise ReleaseError(f"--audience {audience}: expected one of {', '.join(AUDIENCES)}")
    for what, text in (("REF", ref), ("--by", by), ("--ground", ground)):
        if not text.strip():
            raise ReleaseError(f"{what}: is empty; say what was released, by whom, and how they said so")
        if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ReleaseError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
    one = Release("", ref.strip(), audience, by.strip(), now_s, ground.strip(), who or account())
    id = "r-" + blake2b(msgspec.msgpack.encode(one), digest_size=6).hexdigest()
    kept = msgspec.structs.replace(one, id=id)
    store.put("release", id, msgspec.msgpack.encode(kept))
    return kept


def releases(store: Store) -> tuple[Release, ...]:
    """All that stand, the earliest first; one that cannot be read releases nothing."""
    found = []
    for id, body in store.documents("release"):
        try:
            found.append(msgspec.structs.replace(_decoder.decode(body), id=id))
        except msgspec.DecodeError:
            continue
    return tuple(sorted(found, key=lambda one: (one.at_s, one.id)))


def withdraw_release(store: Store, wanted: str) -> Release:
    """Take a release back: what it let out is left out of all that is drafted from now on. Raises ReleaseError."""
    found = [one for one in releases(store) if wanted.strip() and one.id.startswith(wanted.strip())]
    if len(found) != 1:
        why = "several releases begin so" if found else "there is no such release"
        raise ReleaseError(f"{wanted}: {why}; tocsin releases list shows them")
    store.remove("release", found[0].id)
    return found[0]
