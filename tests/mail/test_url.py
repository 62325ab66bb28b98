"""URLs as browsers read them, their sites, how people are shown them, and where plain text has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.url import Url, defang, defang_host, find_urls, resolve, site_of

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)
URL_LIKE = st.text(alphabet="htps:/\\.@[]%?#&=x-_ \t\n0149éß。\ud800<>()", max_size=80)


def read(raw: str, base: str | None = None) -> Url:
    url = resolve(raw, base)
    assert url is not None
    return url


@pytest.mark.parametrize(
    ("raw", "href", "host"),
    [
        ("http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1"),
        ("http:\\\\evil.example\\a", "http://evil.example/a", "evil.example"),
        ("http://ex%41mple.test/", "http://example.test/", "example.test"),
        ("HTTP://News.EXAMPLE", "http://news.example/", "news.example"),
        ("  https:\n//x.ex\tample/ a ", "https://x.example/%20a", "x.example"),
        ("http:///x.example/", "http://x.example/", "x.example"),
        ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC", "xn--bcher-kva.example"),
        ("http://user:secret@a.example:8080/", "http://user:secret@a.example:8080/", "a.example"),
        ("http://[2001:db8::1]:81/", "http://[2001:db8::1]:81/", "2001:db8::1"),
        ("http://a.example./p", "http://a.example./p", "a.example"),
        ("//cdn.example/x.png", "https://cdn.example/x.png", "cdn.example"),
        ("/\\cdn.example/x.png", "https://cdn.example/x.png", "cdn.example"),
        ("http://a.example/\ud800", "http://a.example/%EF%BF%BD", "a.example"),
        ("ftp://F.example/x", "ftp://f.example/x", "f.example"),
        ("smb://%48OST.example/share", "smb://%48OST.example/share", "host.example"),
    ],
)
def test_resolves_like_a_browser(raw: str, href: str, host: str) -> None:
    url = read(raw)
    assert (url.href, url.host) == (href, host)


@pytest.mark.parametrize(
    ("raw", "host", "path"),
    [
        ("\\\\server\\share\\a.png", "server", "/share/a.png"),
        ("\\\\HOST.example@SSL@8443\\DavWWWRoot\\x", "host.example", "/DavWWWRoot/x"),
        ("\\\\?\\UNC\\host.example\\share", "host.example", "/share"),
        ("file:////host.example/share", "host.example", "/share"),
        ("file:///\\\\host.example/share!note", "host.example", "/share!note"),
        ("file://host.example/share", "host.example", "/share"),
        ("file:///etc/hosts", "", "/etc/hosts"),
    ],
)
def test_network_paths_are_files_on_a_host(raw: str, host: str, path: str) -> None:
    for base in (None, "https://x.example/"):
        url = read(raw, base)
        assert (url.scheme, url.host, url.path_query) == ("file", host, path)


def test_a_drive_letter_names_no_host() -> None:
    url = read("C:\\Users\\a.png")
    assert (url.scheme, url.host) == ("file", "")


@pytest.mark.parametrize(
    "raw",
    [
        "data:image/png;base64,AAAA",
        "CID:part1@x.example",
        " mid:1@x",
        "javascript:go('http://x.example')",
        "ja\nvascript:x()",
        "mailto:a@b.example",
        "about:blank",
        "search-ms:query=x",
    ],
)
def test_hostless_schemes(raw: str) -> None:
    url = read(raw)
    assert url.host == url.site == ""
    assert url.scheme == raw.replace("\n", "").strip().partition(":")[0].lower()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "x/y.png",
        "/only/path",
        "?q",
        "#top",
        "http://",
        "http://a b/",
        "http://1.2.3.256/",
        "http://[::",
    ],
)
def test_what_a_browser_requests_nothing_for(raw: str) -> None:
    assert resolve(raw) is None


@pytest.mark.parametrize(
    ("raw", "base", "href"),
    [
        ("../a?b", "https://x.example/1/2/3", "https://x.example/1/a?b"),
        ("//y.example/z", "http://x.example/", "http://y.example/z"),
        ("http://z.example/", "https://x.example/", "http://z.example/"),
        ("http://z.example/", "no base at all", "http://z.example/"),
        ("p.png", "//x.example/d/", "https://x.example/d/p.png"),
    ],
)
def test_base(raw: str, base: str, href: str) -> None:
    assert read(raw, base).href == href


@pytest.mark.parametrize("base", ["cid:part", "", "x/y", "\ud800", "http://["])
def test_a_base_that_is_none(base: str) -> None:
    assert resolve("p.png", base) is None


def test_parts() -> None:
    url = read("https://a.b.example:8443/p/q?r=s#t")
    assert (url.scheme, url.port, url.path_query, url.fragment, url.site) == (
        "https",
        8443,
        "/p/q?r=s",
        "t",
        "b.example",
    )
    assert read("https://a.example:443/").port is None
    assert read("http://u@a.example/p?q#f").path_query == "/p?q"


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("click.news.example", "news.example"),
        ("a.b.co.uk", "b.co.uk"),
        ("a.name.github.io", "name.github.io"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"),
        ("www.ck", "www.ck"),
        ("a.b.kobe.jp", "a.b.kobe.jp"),
        ("a..b", "a..b"),
        ("", ""),
    ],
)
def test_site(host: str, site: str) -> None:
    assert site_of(host) == site


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.b.example/x.y?z=1", "hxxps://a[.]b[.]example/x.y?z=1"),
        ("HTTP://X.test", "HxxP://X[.]test"),
        ("write to john.smith@mail.example today", "write to john.smith@mail[.]example today"),
        ("see evil.example.", "see evil[.]example."),
        ("www.hostname.unheard-of/x", "www[.]hostname[.]unheard-of/x"),
        ("report.pdf, v1.2 and z.B.", "report.pdf, v1.2 and z.B."),
        ("192.0.2.1", "192[.]0[.]2[.]1"),
        ("from 203.0.113.9.", "from 203[.]0[.]113[.]9."),
        ("203.0.113.9...", "203[.]0[.]113[.]9..."),
        ("\\\\files.example\\share", "\\\\files[.]example\\share"),
        ("ftp://f.internal/x", "fxp://f[.]internal/x"),
        ("http://intranet.corp-name/x", "hxxp://intranet[.]corp-name/x"),
        ("nothing here", "nothing here"),
    ],
)
def test_defang(text: str, shown: str) -> None:
    assert defang(text) == shown


def test_defang_host() -> None:
    assert defang_host("a.b.example") == "a[.]b[.]example"
    assert defang_host("2001:db8::1") == "2001[:]db8[:][:]1"
    assert defang_host(defang_host("a.b.example")) == "a[.]b[.]example"


@given(URL_LIKE | ANY_TEXT)
def test_defang_twice_is_once(text: str) -> None:
    once = defang(text)
    assert defang(once) == once
    assert "http://" not in once.lower()


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("See http://a.example/b, please.", ["http://a.example/b"]),
        ("(http://a.example/b_(c))", ["http://a.example/b_(c)"]),
        ("[text](http://a.example/x 'title')", ["http://a.example/x"]),
        ("[http://a.example/](https://b.example/z)", ["http://a.example/", "https://b.example/z"]),
        ("<http://a.example/lo\nng/url> and", ["http://a.example/long/url"]),
        ("<URL:ftp://a.example/x>", ["ftp://a.example/x"]),
        ("go to www.a.example/b!", ["http://www.a.example/b"]),
        ("mail@www.a.example is an address", []),
        ("http://a.example,http://b.example", ["http://a.example", "http://b.example"]),
        ("http://a.example/?u=http://b.example/", ["http://a.example/?u=http://b.example/"]),
        ("'https://a.example/q'", ["https://a.example/q"]),
        ("http://", []),
        ("no URL", []),
    ],
)
def test_find_urls(text: str, urls: list[str]) -> None:
    assert [url for url, _ in find_urls(text)] == urls


@given(URL_LIKE | ANY_TEXT)
def test_found_urls_stand_where_they_are_said_to(text: str) -> None:
    for url, offset in find_urls(text):
        assert 0 <= offset < len(text)
        assert text[offset : offset + 3].lower() in (url[:3].lower(), "www")


@given(URL_LIKE | ANY_TEXT, st.none() | URL_LIKE)
def test_resolve_never_raises(raw: str, base: str | None) -> None:
    url = resolve(raw, base)
    assert url is None or (url.scheme == url.scheme.lower() and url.host == url.host.lower())


@pytest.mark.parametrize(
    "junk",
    [
        "http://a" * 200_000,
        "<http://a\n" * 100_000,
        "http://a" + ")" * 1_000_000,
        "a." * 500_000,
        "/" * 1_000_000,
        "http" * 300_000,
        "<" + " " * 1_000_000,
        "](" * 500_000 + "http://a",
    ],
    ids=lambda junk: junk[:12],
)
def test_long_junk_ends(junk: str) -> None:
    assert len(defang(junk)) >= len(junk)
    assert sum(1 for _ in find_urls(junk)) <= 100_000
