"""The log of a house's proxy, in Squid's own format: ordinary calls, and one that a mail made."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.exercise import chance
from tocsin.model.scenario import ExerciseMail

# What anybody's browser asks for, so that the one line must be found among others.
_ORDINARY = (
    "https://www.harbour-chronicle.test/", "https://weather.coast-office.example/today",
    "https://intranet.delegates-chamber.example/agenda", "https://www.dewaterkant.invalid/nieuws",
)  # fmt: skip
_PICTURE = re.compile(rb"""<img[^>]{0,400}?\bsrc=["'](https?://[^"'>]{1,400})["']""")
_CLIENT = "192.0.2.57"


def proxy_log(mails: Sequence[ExerciseMail], owner: str, scenario: str, seed: int) -> str:
    """The log of the day on which `owner` was sent the first mail of `scenario`; "" where there is none.

    Some time after the mail came its picture is asked for by the reader's machine.
    """
    sent = sorted((m.at, m.raw) for m in mails if m.owner == owner and m.scenario == scenario)
    url = picture(sent[0][1]) if sent else ""
    if not url:
        return ""
    rng = chance.stream(seed, "proxy", owner)
    first = sent[0][0]
    calls = [(rng.randrange(-300, 420), rng.choice(_ORDINARY), rng.randrange(400, 90_000)) for _ in range(40)]
    calls.append((rng.randrange(18, 55), url, 43))
    return "".join(
        _line(first + timedelta(minutes=minute), called, size) for minute, called, size in sorted(calls)
    )


def picture(raw: bytes) -> str:
    """The address of the first picture that a mail in quoted-printable or plain bytes loads, "" for none."""
    found = _PICTURE.search(binascii.a2b_qp(raw))
    return found[1].decode("ascii", "replace") if found else ""


def _line(at: datetime, url: str, size: int) -> str:
    host = url.split("/")[2]
    return (
        f"{at.timestamp():.3f} {size % 900 + 20:6d} {_CLIENT} TCP_MISS/200 {size} GET {url} - "
        f"HIER_DIRECT/{chance.test_net(host)} {'image/gif' if url.endswith('.gif') else 'text/html'}\n"
    )
