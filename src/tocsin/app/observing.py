"""Wires the observing stages for one worker: catalogue and phrases are loaded once, then mail by mail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from tocsin.app.lists import Lists
from tocsin.app.rules import yara_scanner_of
from tocsin.model.observation import Content, Observed, Sender
from tocsin.model.rules import YaraSource
from tocsin.model.source import RawMail

Observe = Callable[[RawMail, str], Observed]


def observer_factory(lists: Lists, yara: tuple[YaraSource, ...] = ()) -> Callable[[], Observe]:
    """A function that a worker calls once to get its observing function.

    That one's second argument says why attachments are left alone, "" where they are not. `yara` are rules that
    the worker compiles for itself.
    """
    return partial(_make_observer, lists, yara)


def _make_observer(lists: Lists, yara: tuple[YaraSource, ...]) -> Observe:
    from tocsin.app.articles import load_articles
    from tocsin.app.catalogue import load_catalogue
    from tocsin.app.names import load_names
    from tocsin.app.phrases import load_phrases
    from tocsin.app.records import load_records
    from tocsin.observe.mail import observe_message
    from tocsin.observe.names import compile_names

    return partial(
        observe_message,
        catalogue=load_catalogue(lists.vendors),
        phrases=load_phrases(),
        names=compile_names(load_names(lists.names)),
        yara=yara_scanner_of(yara),
        articles=load_articles(lists.articles),
        records=load_records(lists.dns_records),
        authserv_ids=lists.authserv_ids,
    )


def unobserved(found: RawMail, reason: str) -> Observed:
    """The record of a mail that could not be looked into: it is counted and said, never called clean."""
    return Observed(
        source=found.source,
        mailbox=found.mailbox,
        folder=found.folder,
        sha256=hashlib.sha256(found.raw).hexdigest(),
        fingerprint="",
        message_id="",
        date_s=None,
        arrival_s=found.arrival_s,
        subject="",
        to=(),
        delivered_to=(),
        sender=Sender(),
        content=Content(),
        beacons=(),
        observations=(),
        defects=(),
        not_evaluated=(reason,),
        size=len(found.raw),
        flags=found.flags,
        outgoing=found.outgoing,
        headers_missing=found.headers_missing,
        unread=True,
    )
