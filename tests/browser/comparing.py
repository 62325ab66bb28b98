"""Holds what was observed in a mail against what a browser asked for when it drew the same mail."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

import msgspec

from tests.browser.recorder import Recording
from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.url import resolve
from tocsin.model.message import Message, Part
from tocsin.model.observation import Beacon

FIRES = frozenset(("receipt", "open", "reply", "print"))  # what drawing and printing a mail can set off
_HTML = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
_NAMES_ONLY = frozenset(("dns-prefetch", "preconnect"))
_WEB = ("http:", "https:")
_STROKES = re.compile(r"/{2,}")


class Miss(msgspec.Struct, frozen=True):
    """One disagreement. `kind` is "unobserved", "unobserved-name" or "unrequested"."""

    kind: str
    url: str
    scripts: bool = False
    technique: str = ""
    label: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """Counts of one mail, each URL once.

    `requested` with scripts off, `scripted` only with scripts on, `names` looked up without a request; of
    each how many are observed. `certain` are the URLs that are observed as fetched by every client on
    opening, `confirmed` those of them that were requested with scripts off.
    """

    requested: int = 0
    requested_observed: int = 0
    scripted: int = 0
    scripted_observed: int = 0
    names: int = 0
    names_observed: int = 0
    certain: int = 0
    confirmed: int = 0
    not_web: int = 0  # certain, but of a scheme that browsers do not speak (ftp)
    misses: tuple[Miss, ...] = ()


def drawn_parts(message: Message) -> Iterator[Part]:
    """The HTML parts that a reader sees when the mail is opened, in the reading that standards give."""
    for part in message.parts:
        if part.media_type in _HTML and not part.reading and _is_drawn(message, part):
            yield part


def _is_drawn(message: Message, part: Part) -> bool:
    while part.disposition != "attachment":
        if part.parent < 0:
            return True
        part = message.parts[part.parent]
        if part.media_type in ("message/rfc822", "message/global"):
            return False
    return False


def documents(message: Message) -> tuple[str, ...]:
    """The texts of the HTML parts that are drawn, each once.

    Style sheets that lie in the mail are put where the text names them, as a mail program does.
    """
    sheets = {
        f"cid:{part.content_id}": f"data:text/css;base64,{b64encode(part_bytes(message, part)).decode()}"
        for part in message.parts
        if part.media_type == "text/css" and part.content_id
    }
    texts = []
    for part in drawn_parts(message):
        text = part_text(message, part)
        for name, held in sheets.items():
            text = text.replace(name, held)
        texts.append(text)
    return tuple(dict.fromkeys(texts))


def key_of(url: str) -> str:
    """What makes two URLs one: all but the fragment, how characters are escaped, and http or https.

    The scheme of `//host/path` is that of the page, and a browser knows hosts that it asks over https only. A
    path of a file share keeps its doubled strokes in a browser only.
    """
    parsed = resolve(url)
    if parsed is None or not parsed.host:
        return unquote(url)
    port = f":{parsed.port}" if parsed.port not in (None, 80, 443) else ""
    return f"{parsed.host}{port}{_STROKES.sub('/', unquote(parsed.path_query))}"


def compare(
    beacons: Iterable[Beacon], parts: Sequence[str], off: Sequence[Recording], on: Sequence[Recording]
) -> Comparison:
    """Compare the beacons of one mail with the recordings of its documents, scripts off and on.

    `parts` are the paths of the drawn parts: what is said about others, the browser was not shown. What only
    scripts ask for is compared without its query, which they put together while they run.
    """
    fires = [beacon for beacon in beacons if beacon.trigger in FIRES]
    observed = {key_of(beacon.url) for beacon in fires}
    hosts = {beacon.host for beacon in fires}
    requested = _keyed(off)
    scripted = {key: url for key, url in _keyed(on).items() if key not in requested}
    pages = {key.partition("?")[0] for key in observed}
    unseen = {
        key: url
        for key, url in scripted.items()
        if key not in observed and key.partition("?")[0] not in pages
    }
    names = {name for recording in (*off, *on) for name in recording.names}
    certain: dict[str, Beacon] = {}
    not_web = set()
    for beacon in fires:
        if (
            beacon.trigger == "open"
            and not beacon.conditional
            and not beacon.fires_in
            and beacon.part in parts
        ):
            if not _is_elsewhere(beacon.host):
                continue
            if not beacon.url.startswith(_WEB):
                not_web.add(beacon.url)
                continue
            by_name = beacon.label.rpartition(" ")[2] in _NAMES_ONLY or "resolver" in beacon.leaks == (
                "resolver",
            )
            certain.setdefault(beacon.host if by_name else key_of(beacon.url), beacon)
    asked_hosts = {key.partition("/")[0].partition(":")[0] for key in requested} | {
        name for recording in off for name in recording.names
    }
    confirmed = {key for key in certain if key in requested or key in asked_hosts}
    misses = [
        *(Miss("unobserved", url) for key, url in requested.items() if key not in observed),
        *(Miss("unobserved", url, True) for url in unseen.values()),
        *(Miss("unobserved-name", name) for name in sorted(names - hosts)),
        *(
            Miss("unrequested", beacon.url, False, beacon.technique, beacon.label)
            for key, beacon in certain.items()
            if key not in confirmed
        ),
    ]
    return Comparison(
        len(requested),
        len(observed & requested.keys()),
        len(scripted),
        len(scripted) - len(unseen),
        len(names),
        len(names & hosts),
        len(certain),
        len(confirmed),
        len(not_web),
        tuple(misses),
    )


def _keyed(recordings: Iterable[Recording]) -> dict[str, str]:
    found = {key_of(url): url for recording in recordings for url in recording.urls}
    return {key: url for key, url in found.items() if _is_elsewhere(key.partition("/")[0])}


def _is_elsewhere(host: str) -> bool:
    """Whether a host is another's: a name without a dot is the reader's own network, 127.0.0.1 the own machine."""
    return (":" in host or "." in host) and not host.startswith("127.")
