"""What a URL knows of its reader, encoding by encoding, and what it must not be taken to know."""

from __future__ import annotations

import base64
import codecs
import hashlib
import random
import string
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.url import Url, resolve
from tocsin.model.observation import Personal
from tocsin.observe.randomness import looks_random
from tocsin.observe.tokens import NO_NEEDLES, find_personal, needed, needles_for

ADDRESS = "jane.doe@mail.example"
LOCAL = "jane.doe"
NEEDLES = needles_for(["Jane.Doe@mail.example", "info@office.example"])


def look(url: str, needles: object = NEEDLES, *, hidden: bool = False) -> Personal | None:
    read = resolve(url)
    assert isinstance(read, Url)
    return find_personal(read, NEEDLES if needles is NEEDLES else needles, hidden=hidden)  # type: ignore[arg-type]


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


ENCODED = [
    (f"http://t.example/o?e={ADDRESS}", "plain"),
    ("http://t.example/o?e=JANE.DOE@Mail.Example", "plain"),
    ("http://t.example/bounce-jane.doe=mail.example-77", "plain"),
    (f"http://t.example/o?e={quote(ADDRESS, safe='')}", "percent"),
    (f"http://t.example/o?e={quote(quote(ADDRESS, safe=''), safe='')}", "percent"),
    ("http://t.example/o?e=" + "".join(f"%{ord(sign):02x}" for sign in ADDRESS), "percent"),
    (f"http://t.example/{LOCAL}/o.gif", "plain-local"),
    (f"http://t.example/o?u={LOCAL}&x=1", "plain-local"),
    (f"http://t.example/o?e={b64(ADDRESS)}", "base64"),
    (f"http://t.example/o?e={quote(b64(ADDRESS), safe='')}", "base64"),
    (f"http://t.example/o?e={b64('id=7;mail=' + ADDRESS + ';x')}", "base64"),
    (f"http://t.example/o?e={b64('id=77;mail=' + ADDRESS + ';x')}", "base64"),
    (f"http://t.example/o?e={b64('id=777;mail=' + ADDRESS + ';x')}", "base64"),
    (
        "http://t.example/o?e=" + base64.urlsafe_b64encode(b"\xfb\xff\xfe" + ADDRESS.encode()).decode(),
        "base64url",
    ),
    (f"http://t.example/o/{b64(LOCAL).rstrip('=')}", "base64-local"),
    (f"http://t.example/o/{ADDRESS.encode().hex()}", "hex"),
    (f"http://t.example/o/{ADDRESS.encode().hex().upper()}", "hex"),
    (f"http://t.example/o/{LOCAL.encode().hex()}.gif", "hex-local"),
    (f"http://t.example/o?e={codecs.encode(ADDRESS, 'rot13')}", "rot13"),
    (f"http://t.example/o?c={zlib.crc32(ADDRESS.encode()):08x}", "crc32"),
    (f"http://t.example/o?c={zlib.crc32(ADDRESS.encode())}", "crc32"),
    (f"http://{hashlib.md5(ADDRESS.encode()).hexdigest()}.t.example/", "md5"),
    (f"http://t.example/{hashlib.md5(LOCAL.encode()).hexdigest()}.png", "md5-local"),
    (f"http://t.example/{hashlib.md5(ADDRESS.upper().encode()).hexdigest()}", "md5"),
    (f"http://t.example/{hashlib.sha256(b'Jane.Doe@mail.example').hexdigest().upper()}", "sha256"),
    (f"http://t.example/?h={quote(b64(hashlib.md5(ADDRESS.encode()).hexdigest()), safe='')}", "base64-md5"),
    *(
        (f"http://t.example/?h={hashlib.new(name, ADDRESS.encode()).hexdigest()}", name)
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
    ),
]


@pytest.mark.parametrize(("url", "kind"), ENCODED)
def test_encodings_of_the_address(url: str, kind: str) -> None:
    assert look(url) == Personal(kind, ADDRESS)


@pytest.mark.parametrize(("url", "kind"), ENCODED)
def test_a_look_at_all_urls_sees_every_encoding(url: str, kind: str) -> None:
    read = resolve(url)
    assert read is not None
    sought = needed(f"http://a.example/x.png {read.href} http://b.example/", NEEDLES)
    assert sought is not None
    assert find_personal(read, sought) == Personal(kind, ADDRESS)


@pytest.mark.parametrize(
    "url",
    [
        "http://office.example/info/contact",  # a common local part alone
        "http://jane.example/doe/",
        "http://t.example/jane.doesnt/like-this",  # a longer word
        "http://t.example/news/2024/06/13/jane-doe-wins-prize",
        "http://t.example/mail.example",  # the domain alone
        "http://t.example/",
    ],
)
def test_no_address(url: str) -> None:
    assert look(url) is None


def test_short_and_common_local_parts_count_with_their_domain_only() -> None:
    needles = needles_for(["amy@mail.example", "info@office.example"])
    assert look("http://t.example/amy/info", needles) is None
    assert look("http://t.example/?e=amy@mail.example", needles) == Personal("plain", "amy@mail.example")
    assert look("http://t.example/?e=info%40office.example", needles) == Personal(
        "percent", "info@office.example"
    )
    digest = hashlib.md5(b"info").hexdigest()
    found = look(f"http://t.example/{digest}", needles)
    assert found is not None
    assert found.kind == "high-entropy"


def test_what_is_no_address_gives_no_needles() -> None:
    assert needles_for(["", "no address", "@", "a@", "@b", "x" * 400 + "@b.example"]).readers == ()


@pytest.mark.parametrize(
    ("url", "value"),
    [
        (
            "https://t.example/o/1e4b6f0a-9c3d-4e52-8b7f-2a6d0c9e8f13?x",
            "1e4b6f0a-9c3d-4e52-8b7f-2a6d0c9e8f13",
        ),
        ("https://t.example/o?u=9f86d081884c7d659a2f&x=1", "9f86d081884c7d659a2f"),
        ("https://t.example/c/aB3xK9pQzR7mT2vW", "aB3xK9pQzR7mT2vW"),
        ("https://t.example/c/aB3xK9pQzR7m_T2vW-x", "aB3xK9pQzR7m_T2vW-x"),
        ("https://0szl5vpfj3wz7tchqaqkiyfct.t.example/", "0szl5vpfj3wz7tchqaqkiyfct"),
        ("https://t.example/r?a=Lq%2BfjzVMkbjDF7LNeD9%2F&x=1", "Lq%2BfjzVMkbjDF7LNeD9%2F"),
        ("https://t.example/r?a=fjMk3jDF-7LNeD_9qWz4T", "fjMk3jDF-7LNeD_9qWz4T"),
        (
            "https://t.example/track/o54864MKqtn27539914bnav1547817coM70440LOcs176/",
            "o54864MKqtn27539914bnav1547817coM70440LOcs176",
        ),
        ("https://t.example/x#Zk3qP9vLw2XbN8rT", "Zk3qP9vLw2XbN8rT"),
        ("https://t.example/0szl5vpfj3wz7tchqaqkiyfct/pixel.gif", "0szl5vpfj3wz7tchqaqkiyfct"),
    ],
)
def test_random_tokens(url: str, value: str) -> None:
    assert look(url) == Personal("high-entropy", value)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.news.example/politics/2024/06/13/parliament-votes-on-harbour-plan",
        "https://www.news.example/Bundesverfassungsgerichtsentscheidung",
        "https://www.news.example/article/20240613123456789",
        "https://cdn.example/images/header-600x400-1718280000.png",
        "https://cdn.example/assets/logo-3f2a9c81d7e45b60.png",
        "https://cdn.example/a/9f86d081884c7d659a2feaa0c55ad015.css",
        "https://cdn.example/logo.png?v=9f86d081884c7d659a2feaa0c55ad015",
        "https://fonts.example/s/roboto/v30/KFOmCnqEu92Fr1Mu4mxK.woff2",
        "https://d3f7k2m9q1x8z5.example/picture.jpg",  # the site itself
        "https://www.shop.example/iPhone15ProMax2/iphone12promax256gb",
        "https://www.news.example/newsletter?utm_campaign=newsletter_june_2024&utm_medium=email",
    ],
)
def test_ordinary_names_are_not_random(url: str) -> None:
    assert look(url) is None


def test_the_name_of_a_hidden_picture_counts() -> None:
    url = "https://t.example/o/9f86d081884c7d659a2feaa0c55ad015.png"
    assert look(url) is None
    assert look(url, hidden=True) == Personal("high-entropy", "9f86d081884c7d659a2feaa0c55ad015")


@pytest.mark.parametrize(
    ("alphabet", "length"),
    [
        ("0123456789abcdef", 16),
        (string.ascii_lowercase + "234567", 26),
        (string.ascii_letters + string.digits, 16),
    ],
)
def test_random_draws_are_recognised(alphabet: str, length: int) -> None:
    draw = random.Random(7)
    seen = sum(looks_random("".join(draw.choices(alphabet, k=length)).encode()) for _ in range(500))
    assert seen >= 470


def test_echo_of_the_mails_own_identifiers() -> None:
    headers = (
        "<20240613.ab12cd34ef@mx.news.example>",
        "<bounce-4711-x9y8z7w6@news.example>",
        "<https://news.example/unsubscribe/newsletter?u=77ee88ff99>",
    )
    needles = needles_for([ADDRESS], headers)
    assert look("https://t.example/o/ab12cd34ef", needles) == Personal("echo", "ab12cd34ef")
    assert look("https://t.example/o/x9y8z7w6", needles) == Personal("echo", "x9y8z7w6")
    assert look("https://t.example/?u=77ee88ff99", needles) == Personal("echo", "77ee88ff99")
    assert look("https://t.example/20240613/unsubscribe/newsletter", needles) is None
    sought = needed("https://t.example/ https://t.example/o/ab12cd34ef", needles)
    assert sought is not None
    assert find_personal(
        Url("https://t.example/o/ab12cd34ef", "https", "t.example", None, "/o/ab12cd34ef", "", ""), sought
    )


def test_the_address_outranks_an_echo_and_a_random_token() -> None:
    needles = needles_for([ADDRESS], ["<ab12cd34ef@x.example>"])
    url = f"https://t.example/ab12cd34ef/9f86d081884c7d659a2f?e={ADDRESS}"
    assert look(url, needles) == Personal("plain", ADDRESS)


def test_the_first_reader_is_named() -> None:
    needles = needles_for(["first.reader@a.example", "second.reader@b.example"])
    url = "https://t.example/?a=second.reader@b.example&b=first.reader@a.example"
    assert look(url, needles) == Personal("plain", "first.reader@a.example")


@given(st.text(st.characters(codec=None), max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_never_raises(path: str, address: str, token: str) -> None:
    needles = needles_for([address, f"{address}@x.example"], [token])
    url = Url("https://x.example/" + path, "https", "x.example", None, "/" + path, path, "x.example")
    for chosen in (needles, NEEDLES, NO_NEEDLES):
        found = find_personal(url, chosen)
        assert found is None or found.kind
    assert needed(url.href, needles) is not None or find_personal(url, needles) is None


@given(
    st.sampled_from(["jane.doe@mail.example", "k_aerts+x@raad.example"]),
    st.binary(max_size=12),
    st.binary(max_size=12),
)
def test_base64_at_any_alignment(address: str, before: bytes, after: bytes) -> None:
    blob = base64.urlsafe_b64encode(before + address.encode() + after).decode()
    found = look(f"https://t.example/?d={blob}", needles_for([address]))
    assert found is not None
    assert found.kind in ("base64", "base64url")
    assert found.value == address


def test_long_urls_end() -> None:
    for path in ("a%2" * 100_000, "jane.doe" * 50_000, "-" * 500_000, "0123456789abcdef" * 30_000):
        url = Url("https://x.example/" + path, "https", "x.example", None, "/" + path, "", "x.example")
        found = find_personal(url, NEEDLES)
        assert found is None or found.kind in ("high-entropy", "plain")


def test_many_short_labels_are_no_token() -> None:
    """The dots make the name long, not the token: it must not be read past its end."""
    url = "https://a.b.c.d.e.f.g.weekly-observer.example/"
    assert needed(url, NEEDLES) is None
