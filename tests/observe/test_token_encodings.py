"""Every encoding of a reader in every place of a URL, in every spelling, once within another, and what is none."""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tocsin.mail.url import Url, resolve
from tocsin.model.observation import Personal
from tocsin.observe import murmur
from tocsin.observe.tokens import find_personal, needed, needles_for

WRITTEN = "Jane.Doe@Mail.example"
ADDRESS = WRITTEN.lower()
NEEDLES = needles_for([WRITTEN, "info@office.example"])

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def look(url: str) -> Personal | None:
    """What is found, alone and among other URLs: both must agree."""
    read = resolve(url)
    assert isinstance(read, Url), url
    alone = find_personal(read, NEEDLES)
    sought = needed(f"http://a.example/x.png {read.href} http://b.example/news/today", NEEDLES)
    assert (find_personal(read, sought) if sought is not None else None) == alone
    return alone


def positional(text: str, digits: str) -> str:
    number, signs = int.from_bytes(text.encode(), "big"), ""
    while number:
        number, digit = divmod(number, len(digits))
        signs = digits[digit] + signs
    return signs


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def b64url(data: str | bytes) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).decode().rstrip("=")


def every_sign(text: str) -> str:
    return "".join(f"%{ord(sign):02X}" for sign in text)


def digest(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode()).hexdigest()


def raw_digest(name: str) -> Callable[[str], str]:
    return lambda text: b64url(hashlib.new(name, text.encode()).digest())


READABLE: dict[str, tuple[str, Callable[[str], str]]] = {
    "as it is": ("plain", str),
    "percent-encoded": ("percent", lambda text: quote(text, safe="")),
    "every sign percent-encoded": ("percent", every_sign),
    "percent-encoded twice": ("percent", lambda text: quote(every_sign(text), safe="")),
    "for a return path": ("plain", lambda text: text.replace("@", "=")),
    "rot13": ("rot13", lambda text: codecs.encode(text, "rot13")),
    "reversed": ("reversed", lambda text: text[::-1]),
}
CODED: dict[str, tuple[str, Callable[[str], str]]] = {
    "base64": ("base64", b64),
    "base64 without padding": ("base64", lambda text: b64(text).rstrip("=")),
    "base64, escaped": ("base64", lambda text: quote(b64(text), safe="")),
    "hex": ("hex", lambda text: text.encode().hex()),
    "HEX": ("hex", lambda text: text.encode().hex().upper()),
    "base32": ("base32", lambda text: base64.b32encode(text.encode()).decode()),
    "base32 without padding": ("base32", lambda text: base64.b32encode(text.encode()).decode().rstrip("=")),
    "base32 in small letters": (
        "base32",
        lambda text: base64.b32encode(text.encode()).decode().rstrip("=").lower(),
    ),
    "base58": ("base58", lambda text: positional(text, _BASE58)),
    "base62": ("base62", lambda text: positional(text, _BASE62)),
    "base62, small letters first": (
        "base62",
        lambda text: positional(text, "0123456789" + _BASE62[36:] + _BASE62[10:36]),
    ),
}
HASHED: dict[str, tuple[str, Callable[[str], str]]] = {
    "crc32": ("crc32", lambda text: f"{zlib.crc32(text.encode()):08x}"),
    "CRC32": ("crc32", lambda text: f"{zlib.crc32(text.encode()):08X}"),
    "crc32 in decimal": ("crc32", lambda text: str(zlib.crc32(text.encode()))),
    "adler32": ("adler32", lambda text: f"{zlib.adler32(text.encode()):08x}"),
    "adler32 in decimal": ("adler32", lambda text: str(zlib.adler32(text.encode()))),
    "murmur2": ("murmur2", lambda text: f"{murmur.murmur2(text.encode()):08x}"),
    "murmur2 in decimal": ("murmur2", lambda text: str(murmur.murmur2(text.encode()))),
    "murmur2, 64 bits": ("murmur2", lambda text: f"{murmur.murmur2_64a(text.encode()):016x}"),
    "murmur2, 64 bits in decimal": ("murmur2", lambda text: str(murmur.murmur2_64a(text.encode()))),
    "murmur3": ("murmur3", lambda text: f"{murmur.murmur3(text.encode()):08x}"),
    "murmur3 in decimal": ("murmur3", lambda text: str(murmur.murmur3(text.encode()))),
    "murmur3, signed": (
        "murmur3",
        lambda text: str((murmur.murmur3(text.encode()) ^ 0x80000000) - 0x80000000),
    ),
    "murmur3 x64": ("murmur3", lambda text: murmur.murmur3_x64_128(text.encode()).hex()),
    "murmur3 x86": ("murmur3", lambda text: murmur.murmur3_x86_128(text.encode()).hex()),
    **{name: (name, digest(name)) for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")},
    "SHA1": ("sha1", lambda text: hashlib.sha1(text.encode()).hexdigest().upper()),
    **{
        f"{name} of bytes": (f"base64-{name}", raw_digest(name))
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
    },
    "base64 of md5": ("base64-md5", lambda text: b64(hashlib.md5(text.encode()).hexdigest())),
    "base64 of MD5": ("base64-md5", lambda text: b64(hashlib.md5(text.encode()).hexdigest().upper())),
}
PLACES = {
    "folder": "https://t.example/o/{}/x",
    "query": "https://t.example/o?a=1&e={}&z=2",
    "only query": "https://t.example/?{}",
    "fragment": "https://t.example/o#{}",
    "file name": "https://t.example/o/{}.gif",
    "user": "https://{}@t.example/o",
    "parameter": "https://t.example/o;e={}",
}
IN_HOSTS = ("hex", "base32 in small letters", "md5", "sha1", "sha224", "crc32", "murmur3", "murmur3 x64")
SPELLINGS = {"as written": WRITTEN, "small": ADDRESS, "capitals": ADDRESS.upper()}
LOCAL = {name: spelling.partition("@")[0] for name, spelling in SPELLINGS.items()}


def only(kind: str) -> tuple[str, ...]:
    """base64 of ASCII is the same in both alphabets; what surrounds it may use the one for URLs."""
    return (kind, "base64url") if kind == "base64" else (kind,)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", [*READABLE, *CODED, *HASHED])
def test_the_address_in_every_place(name: str, spelling: str, place: str) -> None:
    kind, encode = (READABLE | CODED | HASHED)[name]
    found = look(PLACES[place].format(encode(SPELLINGS[spelling])))
    assert found is not None
    assert found.value == ADDRESS
    assert found.kind == kind or (place == "user" and found.kind in (kind, "percent"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", LOCAL)
@pytest.mark.parametrize(
    "name",
    [
        *("as it is", "every sign percent-encoded", "rot13", *HASHED),
        *(name for name in CODED if not name.startswith(("base58", "base62"))),  # for short ones see below
    ],
)
def test_the_local_part_in_every_place(name: str, spelling: str, place: str) -> None:
    kind, encode = (READABLE | CODED | HASHED)[name]
    assert look(PLACES[place].format(encode(LOCAL[spelling]))) == Personal(kind + "-local", ADDRESS)


@pytest.mark.parametrize("digits", [_BASE58, _BASE62])
def test_a_longer_local_part_as_a_number(digits: str) -> None:
    read = resolve(f"https://t.example/{positional('jane.doe-maes', digits)}/x.gif")
    assert read is not None
    found = find_personal(read, needles_for(["jane.doe-maes@mail.example"]))
    assert found is not None
    assert found.kind in ("base58-local", "base62-local")


@pytest.mark.parametrize("name", IN_HOSTS)
def test_host_labels(name: str) -> None:
    kind, encode = (CODED | HASHED)[name]
    assert look(f"https://{encode(ADDRESS)}.t.example/") == Personal(kind, ADDRESS)
    assert look(f"https://x.{encode('jane.doe')}.t.example/") == Personal(kind + "-local", ADDRESS)


@pytest.mark.parametrize("name", ["hex", "base32 in small letters"])
@pytest.mark.parametrize("step", [7, 14, 20])
def test_an_encoding_cut_into_several_host_labels(name: str, step: int) -> None:
    kind, encode = CODED[name]
    coded = encode(ADDRESS)
    labels = ".".join(coded[at : at + step] for at in range(0, len(coded), step))
    assert look(f"https://{labels}.t.example/") == Personal(kind, ADDRESS)


def test_many_short_labels_say_nothing() -> None:
    assert look("https://a.b.c.d.e.f.g.h.mail-server.example/") is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://jane.doe.mail.example.t.example/", "plain"),
        ("https://jane.doe.t.example/", "plain-local"),
        ("https://x7.jane.doe.t.example/", "plain-local"),
        ("https://t.example/jane.doe/mail.example/x", "plain"),
        ("https://t.example/jane.doe_at_mail.example", "plain"),
        ("https://t.example/o?u=jane.doe|mail.example", "plain"),
    ],
)
def test_other_joints(url: str, kind: str) -> None:
    assert look(url) == Personal(kind, ADDRESS)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha384"])
@pytest.mark.parametrize("alphabet", ["+/", "-_", "escaped"])
def test_base64_of_digests_with_either_alphabet(name: str, alphabet: str) -> None:
    needs_signs = 0
    for number in range(40):
        address = f"reader{number}@mail.example"
        coded = b64(hashlib.new(name, address.encode()).digest())
        if "+" not in coded and "/" not in coded:
            continue
        needs_signs += 1
        if alphabet == "-_":
            coded = coded.replace("+", "-").replace("/", "_").rstrip("=")
        elif alphabet == "escaped":
            coded = quote(coded, safe="")
        read = resolve(f"https://t.example/o?h={coded}&x=1")
        assert read is not None
        found = find_personal(read, needles_for([address]))
        assert found == Personal(f"base64-{name}", address), coded
    assert needs_signs > 5


OUTER: dict[str, Callable[[str], str]] = {
    "percent": every_sign,
    "base64": b64,
    "base64url": b64url,
    "hex": lambda text: text.encode().hex(),
    "base32": lambda text: base64.b32encode(text.encode()).decode().rstrip("="),
    "reversed base64": lambda text: b64(text)[::-1],
    "JSON in base64": lambda text: b64url(json.dumps({"campaign": 77, "r": text})),
    "JSON web token": lambda text: (
        b64url('{"alg":"none"}')
        + "."
        + b64url(json.dumps({"sub": text, "n": "Zoë"}, ensure_ascii=False))
        + "."
    ),
    "URL in base64": lambda text: b64url(f"https://t.example/o?x=1&e={text}"),
    "zlib": lambda text: b64url(zlib.compress(f"x=1&e={text}&z".encode())),
    "gzip": lambda text: b64url(gzip.compress(json.dumps({"e": text}).encode())),
}
INNER = [
    *(
        name
        for name in [*READABLE, *CODED, *HASHED]
        if name not in ("percent-encoded twice", "for a return path")
    )
]


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER)
def test_an_encoding_within_another(outer: str, inner: str) -> None:
    _, encode = (READABLE | CODED | HASHED)[inner]
    coded = OUTER[outer](encode(ADDRESS))
    for url in (f"https://t.example/o?d={coded}&z=1", f"https://t.example/c/{coded}/x"):
        found = look(url)
        assert found is not None
        assert found.value == ADDRESS
        assert found.kind not in ("high-entropy", "echo")


@pytest.mark.parametrize(
    ("coded", "kind"),
    [
        (b64(hashlib.md5(ADDRESS.encode()).hexdigest()), "base64-md5"),
        (b64(every_sign(hashlib.md5(ADDRESS.encode()).hexdigest())), "base64-md5"),
        (b64(quote(ADDRESS, safe="")), "base64"),
        (b64(ADDRESS.encode().hex()), "base64-hex"),
        (b64(b64(ADDRESS)).rstrip("="), "base64-base64"),
        (b64(codecs.encode(ADDRESS, "rot13")), "base64-rot13"),
        (codecs.encode(b64(ADDRESS), "rot13"), "rot13-base64"),
        (codecs.encode(hashlib.md5(ADDRESS.encode()).hexdigest(), "rot13"), "rot13-md5"),
        (b64('{"u":"jane.doe"}'), "base64-local"),
        (b64("4711|jane.doe|77"), "base64-local"),
    ],
)
def test_how_nested_encodings_are_called(coded: str, kind: str) -> None:
    assert look(f"https://t.example/o?d={quote(coded, safe='')}") == Personal(kind, ADDRESS)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.news.example/2024/06/13/harbour-plan-passes",
        "https://www.news.example/jane/doe",
        "https://www.news.example/mail.example/jane",
        "https://www.news.example/john.jane.doherty",
        "https://www.news.example/maryjane.doe@mail.example",  # somebody else
        "https://www.news.example/jane.doe@mail.examples.example",
        "https://lore.news.example/20240613.4711-1-jane.doe@mail.example/",  # a Message-ID
        "https://info.office.example/",  # a host of the reader's own house
        "https://office.example/info/",
        "https://t.example/v/2.14.1/style.css?ver=6.5.2",
        "https://t.example/c/ff8800/00ccaa.png",
        "https://t.example/?color=336699&bg=aabbccdd",
        "https://t.example/o?d=20240613&t=1718280000&m=1718280000123",
        "https://t.example/o?campaign=20240613&issue=4711&edition=0012",
        "https://t.example/o?utm_source=newsletter&utm_campaign=june_2024_harbour-plan",
        "https://t.example/images/newsletter_header_600x200.png",
        "https://t.example/c/deadbeef/cafebabe",
        "https://t.example/search?q=jane+and+doe+%23harbour",
        f"https://t.example/?d={b64('campaign=harbour;issue=12')}",
        f"https://t.example/?d={b64url('https://www.news.example/harbour/plan')}",
        f"https://t.example/c/17.22/{b64url('https://www.news.example/harbour/plan/2024/the-vote')}/",
        f"https://t.example/?d={binascii.hexlify(b'harbour plan').decode()}",
        f"https://t.example/?c={zlib.crc32(b'john.roe@mail.example')}",
    ],
)
def test_what_names_no_reader(url: str) -> None:
    found = look(url)
    assert found is None or (found.kind == "high-entropy" and "?d=" in url)


@pytest.mark.parametrize(
    "address", ["harbour@lists.mail.example", "harbour-users@mail.example", "harbour@noreply.mail.example"]
)
def test_names_of_lists_name_no_reader(address: str) -> None:
    needles = needles_for([address])
    for url in ("https://code.example/harbour/harbour-users/issues/1", "https://harbour.code.example/"):
        read = resolve(url)
        assert read is not None
        assert find_personal(read, needles) is None
    read = resolve(f"https://t.example/?e={address}")
    assert read is not None
    assert find_personal(read, needles) == Personal("plain", address)
