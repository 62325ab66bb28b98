"""A world of synthetic mail for `benchmarks/hunt.py`: mailings, their readers, and what each copy shows.

Hosts follow what mailboxes show: most pictures come from few mail services (Zipf), the rest from a long tail of own
domains; URLs carry a token for each reader. Everything follows from a seed and the number of a mailing, so that mail
can be made again, and is made as the observer would (`check`).
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator

from tocsin.hunt.observables import digests_of, domains_over, observables, texts_of
from tocsin.link.traits import pack
from tocsin.model.observable import Observable, digest
from tocsin.model.observation import Beacon, Content, Observed, Personal, Sender
from tocsin.model.stored import NewMail

SERVICES = 3_000  # hosts of mail services
OWN = 400_000  # domains of senders that serve pictures themselves
READERS = 5_000
COPIES = 20  # of a mailing, on average
URLS = (1, 2, 2, 3, 3, 4)  # of a mail: 2.5 on average
OBSERVER = "benchmark"


class World:
    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(SERVICES)))
        self._weights = [weight / weights[-1] for weight in weights]
        self._hosts: dict[str, tuple[tuple[int, ...], tuple[tuple[str, str], ...]]] = {}

    def mails(self, first: int, last: int) -> Iterator[NewMail]:
        """The mails of mailings in a range."""
        for mailing in range(first, last):
            yield from self._mailing(mailing)

    def _mailing(self, mailing: int) -> Iterator[NewMail]:
        chance = random.Random(self._seed * 1_000_003 + mailing)
        domain = f"outlet-{int(chance.paretovariate(0.6)) % OWN}.example"
        address = f"news@{domain}"
        service = self._service(chance)
        relay = f"198.51.{chance.randrange(100)}.{chance.randrange(256)}"
        sender = Sender(
            name="The news",
            address=address,
            domain=domain,
            site=domain,
            return_path=f"bounce@{service}",
            message_id_host=service,
            dkim_domains=(domain, service),
            spf="pass",
            dkim="pass",
            dmarc="pass",
            relays=(f"mx.{service}", relay),
            mailer=f"Sender {chance.randrange(40)}",
            list_id=f"list.{domain}",
            list_unsubscribe=True,
        )
        subject = f"What happened this week, number {mailing} of {domain}"
        content = Content(
            language="en",
            text_length=chance.randrange(400, 9000),
            links=chance.randrange(1, 40),
            link_sites=(domain, "social.example"),
            pictures=chance.randrange(1, 12),
            unsubscribe=True,
            text_hash=chance.randbytes(16).hex(),
            structure_hash=chance.randbytes(16).hex(),
            excerpt=f"Good morning. What happened this week, number {mailing}, and why it matters to those who read "
            f"{domain}; the first of our stories is about the harbour, the second about rents in the old town.",
            text_sketch=chance.randbytes(64),
            structure_sketch=chance.randbytes(64),
        )
        hosts = [service if chance.random() < 0.7 else f"img.{self._own(chance)}" for _ in range(4)]
        base = _shown_by(sender, subject, content)
        base_digests = digests_of(base)
        base_texts = texts_of(base)
        model: bytes | None = None
        for _ in range(chance.randrange(1, 2 * COPIES)):
            reader = f"reader-{chance.randrange(READERS)}@parliament.example"
            token = f"{chance.getrandbits(128):032x}"
            own = chance.getrandbits(256)
            sha256 = f"{own:064x}"
            digests = dict.fromkeys(base_digests)
            texts = dict.fromkeys(base_texts)
            beacons = []
            for place in range(chance.choice(URLS)):
                host = hosts[place]
                path = f"//{host}/o/{mailing:x}/{token[:20]}.gif?p={place}"
                url = f"https:{path}"
                site = host.split(".", host.count(".") - 1)[-1]
                personal = Personal("high-entropy", token[:20])
                beacons.append(
                    Beacon(
                        "img",
                        url,
                        host,
                        site,
                        "open",
                        False,
                        (),
                        ("address", "client", "time"),
                        "1.2",
                        personal,
                    )
                )
                digests[digest("url", path)] = None
                texts["url", url] = None
                host_digests, host_texts = self._host(host)
                digests.update(dict.fromkeys(host_digests))
                texts.update(dict.fromkeys(host_texts))
            digests[digest("token", token[:20])] = None
            digests[digest("hash", sha256)] = None
            time_s = 1_500_000_000.0 + mailing * 300 + (own & 0xFFFF)
            mail = Observed(
                source=f"{reader}/mail.mbox@{own & 0xFFFFFFFF}",
                mailbox=f"{reader}/mail.mbox",
                folder="",
                sha256=sha256,
                fingerprint=sha256[:32],
                message_id=f"<{token}@{service}>",
                date_s=time_s,
                arrival_s=time_s + 3,
                subject=subject,
                to=(reader,),
                delivered_to=(reader,),
                sender=sender,
                content=content,
                beacons=tuple(beacons),
                observations=(),
                defects=(),
                not_evaluated=(),
                size=20_000,
            )
            if model is None:
                model = pack(mail)  # the same for all copies but for what stands for the reader
            yield NewMail(
                mail, reader, tuple(digests), tuple(texts), model + own.to_bytes(32, "little")[:16], OBSERVER
            )

    def _service(self, chance: random.Random) -> str:
        rank = bisect.bisect(self._weights, chance.random())
        return f"track.service-{rank}.example"

    def _own(self, chance: random.Random) -> str:
        return f"own-{int(chance.paretovariate(0.4)) % OWN}.example"

    def _host(self, host: str) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
        if host not in self._hosts:
            if len(self._hosts) > 20_000:
                self._hosts.clear()
            shown = [Observable("host", host), *(Observable("under", one) for one in domains_over(host))]
            self._hosts[host] = digests_of(shown), texts_of(shown)
        return self._hosts[host]


def check(world: World, mailings: int = 20) -> None:
    """Raises AssertionError where mails are not made as the program would make them."""
    for mail in world.mails(0, mailings):
        shown = observables(mail.observed)
        assert set(mail.digests) == set(digests_of(shown)), mail.observed.source
        assert set(mail.texts) == set(texts_of(shown)), mail.observed.source


def _shown_by(sender: Sender, subject: str, content: Content) -> tuple[Observable, ...]:
    """What the copies of a mailing have in common."""
    empty = "0" * 64
    mail = Observed(
        source="", mailbox="", folder="", sha256=empty, fingerprint="", message_id="", date_s=None, arrival_s=None,
        subject=subject, to=(), delivered_to=(), sender=sender, content=content, beacons=(), observations=(),
        defects=(), not_evaluated=(), size=0,
    )  # fmt: skip
    return tuple(one for one in observables(mail) if one.value != empty)
