"""Small observed mails and contexts: everything has a harmless default, a test names what matters."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.judge.context import Context
from tocsin.judge.fanout import Reach
from tocsin.judge.traits import read_traits
from tocsin.model.observation import Beacon, Content, Observation, Observed, Personal, Sender
from tocsin.model.people import Owner

READER = Owner(("reader@house.example",), "Reader", "House")
NOON_S = 1_700_000_000.0
DAY_S = 86_400.0


def beacon(url: str = "https://t.stranger.test/p.gif", **values: Any) -> Beacon:
    """An open picture beacon; host and site follow from the URL unless given."""
    host = url.split("//", 1)[1].partition("/")[0] if "//" in url else ""
    labels = host.split(".")
    defaults: dict[str, Any] = {
        "technique": "image",
        "url": url,
        "host": host,
        "site": ".".join(labels[-2:]) if not host.replace(".", "").isdigit() else host,
        "trigger": "open",
        "conditional": False,
        "fires_in": (),
        "leaks": ("address", "client", "time"),
        "part": "1",
    }
    return Beacon(**{**defaults, **values})


def pixel(url: str = "https://t.stranger.test/p.gif", **values: Any) -> Beacon:
    """An open beacon out of sight."""
    return beacon(url, **{"hidden": True, **values})


def link(url: str = "https://www.stranger.test/page", **values: Any) -> Beacon:
    """A link to click."""
    return beacon(url, **{"technique": "link", "trigger": "click", **values})


def token(value: str = "9f8e7d6c5b4a39281706", kind: str = "high-entropy") -> Personal:
    """What tells one reader from another."""
    return Personal(kind, value)


def sender(address: str = "writer@outlet.test", **values: Any) -> Sender:
    """A sender whose domain and site are the address's."""
    domain = address.rpartition("@")[2]
    return Sender(**{"address": address, "domain": domain, "site": domain, "name": "Some Writer", **values})


def vouched(address: str = "writer@outlet.test", **values: Any) -> Sender:
    """A sender whose domain vouches for the mail."""
    return sender(address, **{"dmarc": "pass", "spf": "pass", "dkim": "pass", **values})


def mail(*beacons: Beacon, **values: Any) -> Observed:
    """A mail with these beacons; `kinds` gives further observations by kind."""
    kinds = values.pop("kinds", ())
    defaults: dict[str, Any] = {
        "source": "box.mbox#@0",
        "mailbox": "box.mbox",
        "folder": "",
        "sha256": "0" * 64,
        "fingerprint": "f",
        "message_id": "one@outlet.test",
        "date_s": NOON_S,
        "arrival_s": NOON_S,
        "subject": "A word about next week",
        "to": READER.addresses,
        "delivered_to": READER.addresses,
        "sender": sender(),
        "content": Content(text_length=500),
        "beacons": beacons,
        "observations": tuple(Observation(kind, "value") for kind in kinds),
        "defects": (),
        "not_evaluated": (),
        "size": 2000,
    }
    return Observed(**{**defaults, **values})


def content(**values: Any) -> Content:
    """What a mail of ordinary length shows."""
    return Content(**{"text_length": 500, **values})


def context(observed: Observed, **values: Any) -> Context:
    """The context of a mail in a mailbox whose past is known and that never saw the sender."""
    traits = read_traits(observed)
    if changes := values.pop("traits", None):
        traits = msgspec.structs.replace(traits, **changes)
    return Context(**{"owner": READER, "traits": traits, "history_known": True, **values})


def reach(kind: str = "sender", people: int = 4, organisations: int = 3, **values: Any) -> Reach:
    """How far a mail reached; one sender, one copy a person."""
    return Reach(
        **{
            "kind": kind,
            "people": people,
            "organisations": organisations,
            "mails": people,
            "senders": 1,
            **values,
        }
    )


def letter(*beacons: Beacon, **values: Any) -> Observed:
    """A plain letter of a stranger with a pixel, unless other beacons are given."""
    return mail(*(beacons or (pixel(),)), **values)


# detector, level that it finds or None for silence, mail, what the context adds
Case = tuple[str, str | None, Observed, dict[str, Any]]
