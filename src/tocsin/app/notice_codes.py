"""Single-use codes by which the reader of a notice finds out that it is genuine.

The reader looks up the sender's number in a place of their own, calls, and reads the code out; the sender types it in
here. A code is worth one call: 22^8 are possible, the store keeps a keyed digest of each, and guesses are counted.
"""

from __future__ import annotations

import os
import secrets
from hashlib import blake2b
from typing import Literal

import msgspec

from tocsin.app.notices import NoticeError, find_notice, record
from tocsin.model.notice import Notice
from tocsin.store.interface import Store

# Letters and digits that are told apart on paper and on the telephone; no vowels, so that no words come out.
ALPHABET = "23456789CFGHJKMPQRTVWX"
_LETTERS = 8
LIFETIME_S = 180 * 86_400.0
GUESSES_A_DAY = 20  # for all notices together
_DAY_S = 86_400.0
_KEY = "notice-code-key"


class Code(msgspec.Struct, frozen=True):
    """What the store keeps of a code; `used_s` is when it was read out by somebody."""

    digest: bytes
    issued_s: float
    used_s: float | None = None


class Checked(msgspec.Struct, frozen=True):
    """What became of a code that was read out: `answer` is "genuine", "used", "expired", "withdrawn" or "unknown"."""

    answer: Literal["genuine", "used", "expired", "withdrawn", "unknown"]
    notice: Notice | None = None
    at_s: float | None = None  # of the earlier use


_decoder = msgspec.msgpack.Decoder(Code)


def issue_code(store: Store, notice: str, *, now_s: float) -> str:
    """A new code for this notice, as it is printed ("7KQX-42MP"); an earlier one is good for nothing from now on."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LETTERS))
    store.put("notice-code", notice, msgspec.msgpack.encode(Code(_digest(store, letters), now_s)))
    return f"{letters[:4]}-{letters[4:]}"


def check_code(store: Store, spoken: str, *, now_s: float, by: str = "") -> Checked:
    """Look up a code that a caller read out, and use it up. Raises NoticeError where too many were wrong today."""
    letters = "".join(letter for letter in spoken.upper() if letter.isascii() and letter.isalnum())
    guesses = [at_s for at_s in _guesses(store) if now_s - at_s < _DAY_S]
    if len(guesses) >= GUESSES_A_DAY:
        raise NoticeError(
            f"{len(guesses)} codes that nobody was given were tried within a day, so no code is looked up: somebody "
            "may be guessing. Call the person back on a number that you know; codes are taken again a day after"
        )
    digest = _digest(store, letters)
    found = next(
        (
            (id, code)
            for id, body in store.documents("notice-code")
            if (code := _read(body)) is not None and secrets.compare_digest(code.digest, digest)
        ),
        None,
    )
    if found is None:
        store.put("setting", "notice-code-guesses", msgspec.msgpack.encode([*guesses, now_s]))
        return Checked("unknown")
    id, code = found
    one = find_notice(store, id)
    if one.state == "withdrawn":
        record(store, id, "check-failed", at_s=now_s, by=by, note="the notice had been withdrawn")
        return Checked("withdrawn", one.notice)
    if code.used_s is not None:
        record(store, id, "check-failed", at_s=now_s, by=by, note="the code had been read out before")
        return Checked("used", one.notice, code.used_s)
    if now_s - code.issued_s > LIFETIME_S:
        record(store, id, "check-failed", at_s=now_s, by=by, note="the code had expired")
        return Checked("expired", one.notice)
    with store.transaction():
        store.put("notice-code", id, msgspec.msgpack.encode(msgspec.structs.replace(code, used_s=now_s)))
        record(store, id, "checked", at_s=now_s, by=by, how="code read out")
    return Checked("genuine", one.notice)


def _guesses(store: Store) -> list[float]:
    body = store.get("setting", "notice-code-guesses")
    try:
        return msgspec.msgpack.decode(body, type=list[float]) if body else []
    except msgspec.DecodeError:
        return []


def _digest(store: Store, letters: str) -> bytes:
    key = store.get("setting", _KEY)
    if key is None:
        key = os.urandom(32)
        store.put("setting", _KEY, key)
    return blake2b(letters.encode(), key=key, digest_size=16).digest()


def _read(body: bytes) -> Code | None:
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return None
