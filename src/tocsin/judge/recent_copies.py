"""Copies of arriving mail among what came of late: what tells their readers apart, mail by mail."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from tocsin.judge.copies import Differences, compare, copy_keys, merged, window_of
from tocsin.judge.fanout import moment
from tocsin.model.observation import Observed

_MOST_BYTES = 48 * 1024 * 1024
_MOST_COPIES = 8  # that one mail is compared with, the latest
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Observed).decode


class _Copy(msgspec.Struct, frozen=True, gc=False):
    record: bytes
    owners: tuple[str, ...]
    at_s: float
    keys: tuple[int, ...]


class RecentCopies:
    """What came of late and phones home, packed, with whose mailbox it lies in; the oldest goes where it is too much.

    Copies in several mailboxes show which pieces of a URL are their readers' (`copies.compare`).
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._alike: dict[int, tuple[str, ...]] = {}

    def differences(self, mail: Observed, owners: Sequence[str]) -> Differences:
        """What `copies.apply` must change in a mail that comes to these owners' mailboxes, b"" for nothing."""
        at = moment(mail)
        if at is None:
            return b""
        found = b""
        for key in copy_keys(mail):
            others = [
                copy
                for sha256 in self._alike.get(key, ())
                if sha256 != mail.sha256
                and (copy := self._copies.get(sha256)) is not None
                and abs(copy.at_s - at) <= window_of(key)
            ]
            if others and {owner for copy in others for owner in copy.owners} | set(owners) > set(owners[:1]):
                found = merged(found, _compared(mail, owners, others))
        return found

    def add(self, mail: Observed, owners: Sequence[str]) -> None:
        """Takes in one mail, in the order in which mails come."""
        keys, at = copy_keys(mail), moment(mail)
        if not keys or at is None or not owners:
            return
        before = self._copies.pop(mail.sha256, None)
        if before is not None:
            self._bytes -= len(before.record)
            owners = tuple(dict.fromkeys((*before.owners, *owners)))
        try:
            record = _encode(mail)
        except UnicodeEncodeError:  # lone surrogates cannot be packed; such a mail stands alone
            return
        self._copies[mail.sha256] = _Copy(record, tuple(owners)[:_MOST_COPIES], at, keys)
        self._bytes += len(record)
        for key in keys:
            known = tuple(one for one in self._alike.get(key, ()) if one != mail.sha256)
            self._alike[key] = (*known, mail.sha256)[-_MOST_COPIES:]
        while self._bytes > self._most_bytes:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        sha256, copy = self._copies.popitem(last=False)
        self._bytes -= len(copy.record)
        for key in copy.keys:
            left = tuple(one for one in self._alike.get(key, ()) if one != sha256)
            if left:
                self._alike[key] = left
            else:
                self._alike.pop(key, None)


def _compared(mail: Observed, owners: Sequence[str], others: Sequence[_Copy]) -> Differences:
    group = [(_decode(copy.record), owner) for copy in others for owner in copy.owners[:2]]
    ours = [(mail, owner) for owner in owners[:2]]
    found = b""
    for differences in compare([*group, *ours])[len(group) :]:
        found = merged(found, differences)
    return found
