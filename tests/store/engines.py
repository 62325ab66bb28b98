"""Every kind of store there is, and mails to put into them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.app.memory import open_store
from tocsin.model.observation import Beacon, Content, Observed, Sender
from tocsin.model.stored import NewMail
from tocsin.model.verdict import Verdict
from tocsin.store.interface import Store

OWNER = "mp@parliament.example"
VERDICT = Verdict("no-sign", 0.02, 0.01, "almost no chance", False, (), (), ())


@dataclass(frozen=True)
class Engine:
    """A place for one store, and how to open it."""

    name: str
    url: str

    def open(self, **options: Any) -> Store:
        return open_store(self.url, plain=self.name == "sqlite-plain", **options)

    def elsewhere(self, code: str, **options: Any) -> subprocess.Popen[str]:
        """Start a process that runs code with this store open as `store`; its first word of output awaits us."""
        head = (
            "import sys, time\n"
            "from tests.store.engines import *\n"
            f"store = Engine({self.name!r}, {self.url!r}).open()\n"
        )
        return subprocess.Popen(
            [sys.executable, "-c", head + code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )


def observed(number: int, **fields: Any) -> Observed:
    """A mail that asks beacon-NUMBER.example for a picture; `fields` replace what it has."""
    host = f"beacon-{number}.example"
    beacon = Beacon(
        "img", f"https://{host}/p/{number}.png", host, host, "open", False, (), ("address",), "1.2"
    )
    mail = Observed(
        source=f"mail/{number}.eml",
        mailbox="mail",
        folder="",
        sha256=f"{number:064x}"[::-1],
        fingerprint="",
        message_id=f"<{number}@sender.example>",
        date_s=1_600_000_000.0 + number,
        arrival_s=None,
        subject=f"Question {number}",
        to=(OWNER,),
        delivered_to=(OWNER,),
        sender=Sender(address="press@outlet.example"),
        content=Content(),
        beacons=(beacon,),
        observations=(),
        defects=(),
        not_evaluated=(),
        size=1000,
    )
    return msgspec.structs.replace(mail, **fields)


def new_mail(number: int, *, owner: str = OWNER, observer: str = "1", **fields: Any) -> NewMail:
    """That mail, to be kept; its digests are NUMBER and 7, which all mails show."""
    mail = observed(number, **fields)
    texts = (("url", mail.beacons[0].url), ("subject", mail.subject.casefold()))
    return NewMail(mail, owner, (number, 7), texts, f"traits {number}".encode(), observer)
