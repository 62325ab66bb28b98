"""Fetch over HTTPS from hosts that the operator configured, and from no other; never from a host that a mail names.

Proxies of the environment are not used: what leaves this machine goes to the configured host itself.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import ssl
import time
import zlib
from collections.abc import Iterable

import msgspec

from tocsin.mail.url import Url, resolve

MAX_BYTES = 256 * 1024 * 1024  # of one body, unpacked
TIMEOUT_S = 30.0  # for connecting and for each wait for data
TOTAL_S = 900.0  # for one body
MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class FetchError(ValueError):
    """Nothing could be fetched; the message says from where, what came, and what to do. `status` is HTTP's, or 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Freshness(msgspec.Struct, frozen=True):
    """What a server said of the last body, so that it need not send it again (RFC 9110, section 13)."""

    etag: str = ""
    last_modified: str = ""


class Login(msgspec.Struct, frozen=True):
    """A name and a password; the password is in no message and no repr."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


class Fetched(msgspec.Struct, frozen=True):
    """A body, the address that it came from in the end, and its header fields in small letters.

    `unchanged` tells that the server has nothing newer than `Freshness` said; the body is then empty.
    """

    body: bytes
    url: str
    headers: dict[str, str]
    freshness: Freshness = Freshness()
    unchanged: bool = False


def allowed(url: str, hosts: Iterable[str]) -> Url:
    """The address in its parts, if it may be fetched at all. Raises FetchError and says which setting to change."""
    parsed = resolve(url.strip())
    if parsed is None or not parsed.host or parsed.scheme not in ("http", "https"):
        raise FetchError(f"{url!r:.200}: is no address to fetch from; expected https://HOST/PATH")
    if "@" in parsed.href.split("/", 3)[2]:
        raise FetchError(
            f"https://{parsed.host}: has a name or password in the address; put them into the netrc file instead"
        )
    known = {name.strip().lower().rstrip(".") for name in hosts}
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if parsed.host not in known and f"{parsed.host}:{port}" not in known:
        raise FetchError(
            f"{parsed.host}: is not among the hosts to fetch from; if it should be, add it to the settings: "
            f'intel_hosts = ["{parsed.host}"]'
        )
    if parsed.scheme == "http" and not is_loopback(parsed.host):
        raise FetchError(f"{parsed.href:.200}: is fetched by https only; give the address with https://")
    return parsed


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or the name localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fetch(
    url: str,
    hosts: Iterable[str],
    *,
    accept: str = "*/*",
    login: Login | None = None,
    freshness: Freshness | None = None,
    max_bytes: int = MAX_BYTES,
    timeout_s: float = TIMEOUT_S,
    total_s: float = TOTAL_S,
) -> Fetched:
    """Get one body, of at most `max_bytes` unpacked, within `total_s`.

    Redirects are followed on the same host, and never from https to http; `login` goes to the origin of `url` only.
    Raises FetchError for whatever goes wrong.
    """
    hosts = tuple(hosts)
    first = target = allowed(url, hosts)
    until_s = time.monotonic() + total_s
    for _ in range(MAX_REDIRECTS + 1):
        headers = {"User-Agent": "tocsin", "Accept": accept, "Accept-Encoding": "gzip", "Connection": "close"}
        if login is not None and _origin(target) == _origin(first):
            pair = f"{login.user}:{login.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        if freshness is not None and freshness.etag:
            headers["If-None-Match"] = freshness.etag
        if freshness is not None and freshness.last_modified:
            headers["If-Modified-Since"] = freshness.last_modified
        found = _get(target, headers, max_bytes, timeout_s, until_s)
        if isinstance(found, Fetched):
            return found
        target = _redirected(target, found, hosts)
    raise FetchError(f"{first.host}: redirects more than {MAX_REDIRECTS} times; give the address it ends at")


def words_of(status: int, host: str, retry_after: str = "") -> str:
    """What an HTTP status that is no success means to whoever fetches, and what to do."""
    when = f" in {retry_after} seconds" if retry_after.isdigit() and len(retry_after) < 7 else " later"
    match status:
        case 401:
            return f"{host}: wants a name and password, or refused those it was given; check the netrc file"
        case 403:
            return f"{host}: does not let this account read that; ask its operator"
        case 404 | 410:
            return f"{host}: has nothing at this address; check it with the publisher"
        case 406 | 415:
            return f"{host}: does not speak the version asked for (TAXII 2.1, STIX 2.1)"
        case 408 | 425 | 429:
            return f"{host}: asks for fewer requests; try again{when}"
        case _ if 500 <= status < 600:
            return f"{host}: failed on its side (HTTP {status}); try again{when}"
    return f"{host}: answered HTTP {status}, which is not understood here"


def _origin(url: Url) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _redirected(target: Url, location: str, hosts: tuple[str, ...]) -> Url:
    there = resolve(location, target.href)
    if there is None or there.host != target.host:
        name = there.host if there is not None and there.host else "nowhere"
        raise FetchError(
            f"{target.host}: redirects to {name}, another host, which is not followed; "
            "if that is right, give its address and add it to intel_hosts"
        )
    if target.scheme == "https" and there.scheme != "https":
        raise FetchError(f"{target.host}: redirects to an address without encryption, which is not followed")
    return allowed(there.href, hosts)


def _get(
    target: Url, headers: dict[str, str], max_bytes: int, timeout_s: float, until_s: float
) -> Fetched | str:
    """A body, or the place that a redirect names."""
    connection: http.client.HTTPConnection
    if target.scheme == "https":
        connection = http.client.HTTPSConnection(
            target.host, target.port or 443, timeout=timeout_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(target.host, target.port or 80, timeout=timeout_s)
    try:
        connection.request("GET", target.path_query or "/", headers=headers)
        with connection.getresponse() as response:
            fields = {name.lower(): value for name, value in response.getheaders()}
            if response.status in _REDIRECTS:
                return fields.get("location", "")
            if response.status == 304:
                return Fetched(b"", target.href, fields, _freshness(fields), unchanged=True)
            if not 200 <= response.status < 300:
                words = words_of(response.status, target.host, fields.get("retry-after", ""))
                raise FetchError(words, response.status)
            body = _body(response, fields, target.host, max_bytes, until_s)
            return Fetched(body, target.href, fields, _freshness(fields))
    except ssl.SSLCertVerificationError as error:
        raise FetchError(
            f"{target.host}: its certificate cannot be trusted ({error.verify_message}); nothing was fetched"
        ) from error
    except TimeoutError as error:
        raise FetchError(f"{target.host}: gave no answer within {timeout_s:g} s; try again later") from error
    except http.client.HTTPException as error:
        raise FetchError(
            f"{target.host}: its answer is cut off or no HTTP ({type(error).__name__})"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise FetchError(f"{target.host}: cannot be reached ({reason}); try again later") from error
    except ValueError as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(f"{target.host}: its answer is no HTTP ({error!s:.100})") from error
    finally:
        connection.close()


def _freshness(fields: dict[str, str]) -> Freshness:
    return Freshness(fields.get("etag", "")[:500], fields.get("last-modified", "")[:100])


def _body(
    response: http.client.HTTPResponse, fields: dict[str, str], host: str, max_bytes: int, until_s: float
) -> bytes:
    length = response.length  # of what is sent, None where it is not said
    packed = fields.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "", "gzip", "x-gzip"):
        raise FetchError(f"{host}: sends its answer packed as {packed[:40]}, which was not asked for")
    gzip = zlib.decompressobj(31) if packed.endswith("gzip") else None
    out = bytearray()
    received = 0
    while chunk := response.read1(_CHUNK):
        received += len(chunk)
        if gzip is None:
            out += chunk
        else:
            try:
                out += gzip.decompress(chunk, max_bytes + 1 - len(out))
            except zlib.error as error:
                raise FetchError(f"{host}: sends damaged gzip; try again later") from error
        if len(out) > max_bytes or received > max_bytes:
            raise FetchError(f"{host}: sends more than {max_bytes:,} bytes, which is not taken")
        if time.monotonic() > until_s:
            raise FetchError(f"{host}: sends so slowly that it was given up; try again later")
    if (length is not None and received < length) or (gzip is not None and not gzip.eof):
        raise FetchError(f"{host}: its answer was cut off after {received:,} bytes; try again")
    return bytes(out)
