"""What of a mail is compared with other mails, in a few hundred bytes, so that linking reads no records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from tocsin.link.kinds import FIRST_SLOT, KINDS, SLOTS
from tocsin.mail.callbacks import LOOKS, out_of_sight, related, split_callbacks
from tocsin.mail.url_shape import holds_token, url_shape
from tocsin.model.observation import Beacon, Observed

VERSION = 1
_MOST_BEACONS = 200
_LEAST_TEXT = 80  # characters; shorter texts meet by chance
_LEAST_SUBJECT = 12
_LEAST_TOKEN = 12
_LONGEST = 200  # characters of a value that is kept for people
_TOKENS = frozenset(("high-entropy", "echo"))
_DIGITS = re.compile(r"\d+")
_ANSWER = re.compile(r"(?:(?:re|fwd?|aw|wg|tr|antw)\s*:\s*)+", re.IGNORECASE)
_RUNS = re.compile(r"[A-Za-z0-9]+")
_HEX = re.compile(r"[0-9a-fA-F]{6,}")
_NAME_LETTERS = re.compile(r"[^\w\s]+")


class Traits(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The compared traits of one mail.

    `slots` and `keys` belong together: the number of a slot (`kinds.FIRST_SLOT`), and 64 bits (little-endian) that
    stand for the value there; `values` are the values themselves, for people, joined by line ends. `unit` stands for
    whoever is taken as one sender when it is counted how many strangers share a value: the site of the address, or
    the address where others have addresses there too; `site` always stands for the site, since free addresses are
    no organisations that would rent a counter of their own. `calls` tells that the mail phones home, `copied` that
    its text is, or looks like, a published article, which anybody can copy. `text` and `structure` are the sketches
    of `model.observation.Content`. `time_s` is when it came (Unix seconds UTC), or None.
    """

    version: int
    message_id: str
    time_s: float | None
    unit: int
    site: int
    calls: bool
    copied: bool
    slots: bytes
    keys: bytes
    values: str
    text: bytes = b""
    structure: bytes = b""

    def shown(self, slot: int) -> str:
        """The value in a slot, "" where the mail shows none."""
        at = self.slots.find(slot)
        return "" if at < 0 else self.values.split("\n")[at]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Traits)


def pack(mail: Observed) -> bytes:
    """The traits of this mail, to be stored beside it."""
    return _encoder.encode(traits_of(mail))


def unpack(packed: bytes) -> Traits:
    """Traits as `pack` wrote them. Raises ValueError for anything else, and for those of another version."""
    try:
        traits = _decoder.decode(packed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not the traits of a mail: {error}") from error
    if traits.version != VERSION or len(traits.keys) != 8 * len(traits.slots):
        raise ValueError(f"traits of version {traits.version}, expected {VERSION}: observe the mail again")
    return traits


def traits_of(mail: Observed) -> Traits:
    """What is compared of this mail."""
    content = mail.content
    callbacks, strangers, own = split_callbacks(mail) if mail.beacons else ([], [], [])
    telling = [
        beacon
        for beacon in (*strangers, *own)[:_MOST_BEACONS]
        if beacon.personal is not None or out_of_sight(beacon)
    ]
    slots = bytearray()
    keys = bytearray()
    values: list[str] = []
    used = [0] * len(KINDS)
    seen: set[tuple[str, str]] = set()
    for kind, value in _values(mail, telling):
        if not value or (kind, value) in seen:
            continue
        seen.add((kind, value))
        number = _NUMBERS[kind]
        if used[number] >= KINDS[number].slots:
            continue
        slots.append(FIRST_SLOT[kind] + used[number])
        used[number] += 1
        keys += blake2b(f"{kind} {value}".encode("utf-8", "replace"), digest_size=8).digest()
        values.append(" ".join(value[:_LONGEST].split()))
    return Traits(
        version=VERSION,
        message_id=mail.message_id,
        time_s=mail.arrival_s if mail.arrival_s is not None else mail.date_s,
        unit=_digest(_unit(mail)),
        site=_digest(mail.sender.site or mail.sender.return_site),
        calls=bool(callbacks),
        copied=content.article or any(seen.kind == "article-copy" for seen in mail.observations),
        slots=bytes(slots),
        keys=bytes(keys),
        values="\n".join(values),
        text=content.text_sketch,
        structure=content.structure_sketch,
    )


_NUMBERS = {kind.name: number for number, kind in enumerate(KINDS)}
assert SLOTS < 256


def _values(mail: Observed, telling: list[Beacon]) -> Iterator[tuple[str, str]]:
    yield from _called(mail, telling)
    sender, content = mail.sender, mail.content
    if content.text_length >= _LEAST_TEXT:
        yield "text", content.text_hash
    subject = _subject_shape(mail.subject)
    if len(subject) >= _LEAST_SUBJECT:
        yield "subject", subject
    yield "structure", content.structure_hash
    yield "mailer", sender.mailer
    yield "making", _id_shape(mail.message_id)
    yield "address", sender.address
    if sender.reply_to != sender.address:
        yield "reply-address", sender.reply_to
    worn = False  # a known outlet's name is worn by itself and by all who borrow it
    for seen in mail.observations:
        if seen.kind == "claims-name":
            yield "claim", seen.value
            worn = worn or seen.where == "from"
        elif seen.kind == "handed-in-by" and sender.service is None:
            yield "relay", seen.value
    if not worn:
        yield "name", _name_key(sender.name)
    if not _is_open(mail) and (sender.dmarc or sender.dkim) == "pass":  # others may borrow it
        yield "domain", sender.site
    yield "service", sender.service or ""
    if sender.service is None:  # else everything about the road is the service's
        for relay in sender.relays[-2:]:
            yield "relay", relay
        yield "network", next((net for relay in reversed(sender.relays) if (net := _network(relay))), "")
        if sender.return_site != sender.site:
            yield "return-site", sender.return_site
        for domain in sender.dkim_domains:
            if not related(domain, sender.site):
                yield "signer", domain
                break
        if not related(sender.message_id_host, sender.site):
            yield "id-host", sender.message_id_host


def _called(mail: Observed, telling: list[Beacon]) -> Iterator[tuple[str, str]]:
    for beacon in telling:
        if beacon.personal is None and beacon.technique in LOOKS:
            yield "style-host", beacon.host
        else:
            yield "beacon-host", beacon.host
            yield "beacon-site", beacon.site
    for beacon in telling:
        shape = url_shape(beacon.url)
        if holds_token(shape):
            yield "grammar", f"{beacon.technique} {shape}"
    for beacon in mail.beacons[:_MOST_BEACONS]:
        if beacon.vendor is not None or not beacon.host:
            continue
        personal = beacon.personal
        if personal is not None and personal.kind in _TOKENS and len(personal.value) >= _LEAST_TOKEN:
            yield "token", personal.value
        if beacon.trigger == "click" and not related(beacon.host, mail.sender.site):
            yield "link-host", beacon.host


def _subject_shape(subject: str) -> str:
    """A subject without marks of answers, numbers and case."""
    return " ".join(_DIGITS.sub("9", _ANSWER.sub("", subject.strip()[:500])).split()).casefold()


def _id_shape(message_id: str) -> str:
    """How the local part of a message id is written: runs of digits, hexadecimal and letters, with their lengths."""
    local = message_id.partition("@")[0][:120]
    return _RUNS.sub(_run_kind, local)


def _run_kind(run: re.Match[str]) -> str:
    text = run[0]
    kind = "9" if text.isdigit() else "h" if _HEX.fullmatch(text) else "a" if text.isalpha() else "x"
    return f"{kind}{len(text)}"


def _name_key(name: str) -> str:
    """A name of two words or more, whatever their order and case; "" for anything shorter."""
    words = sorted(_NAME_LETTERS.sub(" ", name[:200]).casefold().split())
    return " ".join(words) if len(words) > 1 else ""


def _network(relay: str) -> str:
    """The /24 of an IPv4 address or the /48 of an IPv6 one, "" for names."""
    octets = relay.split(".")
    if len(octets) == 4 and all(octet.isdigit() for octet in octets):
        return ".".join(octets[:3]) + ".0/24"
    if ":" in relay:
        return ":".join(relay.split(":")[:3]) + "::/48"
    return ""


def _is_open(mail: Observed) -> bool:
    """Whether strangers have addresses at the sender's site as well."""
    return any(seen.kind == "from-domain-freemail" for seen in mail.observations)


def _unit(mail: Observed) -> str:
    sender = mail.sender
    return sender.address if _is_open(mail) else sender.site or sender.return_site or sender.address


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")
