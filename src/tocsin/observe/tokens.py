"""Does a URL know its reader? Encodings of the reader's addresses, echoed identifiers, and random tokens."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import filterfalse
from urllib.parse import unquote

import msgspec

from tocsin.mail.url import Url, site_of
from tocsin.model.observation import Personal
from tocsin.observe.digests import Reader, hashed_readers, numbered_readers
from tocsin.observe.encodings import LEAST_DECODED, decoded, encoded_url, rot13, tokens_of, words_of
from tocsin.observe.identifiers import find_echo, find_random, identifiers
from tocsin.observe.randomness import joined_looks_random, longest_run, looks_random
from tocsin.observe.readable import find_readable, segments_of

MAX_ADDRESSES = 32  # beyond: a conversation with many readers, whose later ones are not looked for
# Local parts that say nothing about who reads, or that URLs hold for other reasons.
_COMMON_WORDS = (
    " abuse account accounts admin administrator alert alerts anonymous archive billing blog bounce"
    " calendar campaign client company contact contacts customer data default desk direct director dpo"
    " editor editorial email enquiries events finance forum general group guest hello help helpdesk home"
    " hostmaster image images inbox index info jobs kontakt legal list lists login mail mailbox main"
    " manager marketing media member members message news newsdesk newsletter newsletters noreply"
    " notification notifications office online open order orders page pixel post postmaster press presse"
    " privacy public reader reception redaction redaktion register reply reports root sales secretariat"
    " security sender service services shop signup spam staff store subscribe support system team test"
    " tips track tracking undisclosed-recipients unsubscribe user users view webmaster welcome work"
)
_COMMON_LOCALS = frozenset(_COMMON_WORDS.split())
# Addresses of lists and of programs: pages and folders bear these names for everybody.
_LIST_LABELS = frozenset(("groups", "list", "listman", "lists", "mailman", "noreply", "reply", "vger"))
_LIST_ENDS = (
    "-announce",
    "-commits",
    "-dev",
    "-devel",
    "-discuss",
    "-l",
    "-list",
    "-talk",
    "-users",
    "-workers",
)
_DEPTH = 2  # an encoding within an encoding
# Characters that the tokens of one text may decode to, each counting for so many more: what is left is called random.
_MOST_TEXT, _EACH, _MANY = 1_000_000, 200, 1_000
_NOTHING: frozenset[bytes] = frozenset()


class Needles(msgspec.Struct, frozen=True, gc=False):
    """What would give a reader away, built once for all URLs of a mail.

    `exact` maps tokens to what they mean; `within` are substrings of the lower-cased text (those of what is encoded,
    with the kind and the address), `cores` substrings of it as it is; `echoes` are identifiers that the mail's own
    headers hold. `random` are the mail's tokens that look random, None as long as nobody has looked; `joined` the
    longest runs of those that look so without their "-" and "_".
    """

    readers: tuple[Reader, ...] = ()
    exact: dict[bytes, Personal] = {}
    within: tuple[tuple[str, str, str], ...] = ()  # (substring, kind, address)
    cores: tuple[tuple[str, str], ...] = ()  # (base64 core, address)
    echoes: frozenset[bytes] = _NOTHING
    random: frozenset[bytes] | None = None
    joined: frozenset[bytes] = _NOTHING


NO_NEEDLES = Needles()


def needles_for(addresses: Iterable[str], message_tokens: Iterable[str] = ()) -> Needles:
    """Needles for the readers of a mail; cheap when the same readers came before.

    `addresses` without display names, at most `MAX_ADDRESSES` are used. `message_tokens` are values of header
    fields that name the copy (Message-ID, Return-Path, List-Unsubscribe, …), raw: their identifiers are cut out
    here, of 8 characters at least; words, dates and host names are none.
    """
    needles = _address_needles(tuple(addresses)[:MAX_ADDRESSES])
    echoes = frozenset().union(*map(identifiers, filter(None, message_tokens)))
    return msgspec.structs.replace(needles, echoes=echoes) if echoes else needles


def needed(blob: str, needles: Needles) -> Needles | None:
    """What `find_personal` must look for in each URL of a blob (joined by spaces); None: it would find nothing.

    One look at all URLs of a part decodes every token once and spares most mails the look at each of them.
    """
    tokens = tokens_of(blob)
    long = [token for token in tokens if len(token) >= LEAST_DECODED]
    single = list(filter(bytes.isalnum, long))
    random = frozenset(filter(looks_random, single))
    joined = _NOTHING
    if len(single) < len(long):
        joined = frozenset(map(longest_run, filter(joined_looks_random, filterfalse(bytes.isalnum, long))))
    if "aHR0c" in blob:  # base64 of "http"
        plain = {run for token in long if is_plain_url(token) for run in words_of(token.decode())}
        random, joined = random - plain, joined - plain
    echoes = needles.echoes if not needles.echoes.isdisjoint(tokens) else _NOTHING
    if needles.readers:
        found = _present(blob, tokens, long, needles)
        if found is not None:
            return msgspec.structs.replace(found, echoes=echoes, random=random, joined=joined)
    return Needles(echoes=echoes, random=random, joined=joined) if echoes or random or joined else None


def find_personal(url: Url, needles: Needles, *, hidden: bool = False) -> Personal | None:
    """How a URL knows its reader, or None.

    An encoded address is told first, then an echo of the mail's own identifiers (kind "echo"), then a random
    token ("high-entropy") in a path segment, query value, fragment or sub-domain label. Random names of
    pictures, fonts and styles are the rule on content networks and do not count, unless the picture is
    `hidden`.
    """
    href = url.href
    if needles.random is None:
        sought = needed(href, needles)
        if sought is None:
            return None
        needles = sought
    if needles.readers:
        personal = _find_address(href, needles)
        if personal is not None:
            return personal
    words = words_of(href)
    if needles.echoes and not needles.echoes.isdisjoint(words):
        found = find_echo(url, [word for word in words if word in needles.echoes], hidden)
        if found is not None:
            return found
    if needles.random and not needles.random.isdisjoint(words):
        found = find_random(url, [word for word in words if word in needles.random], hidden)
        if found is not None:
            return found
    if needles.joined and not needles.joined.isdisjoint(words):
        return find_random(url, [word for word in words if word in needles.joined], hidden)
    return None


def is_plain_url(token: bytes) -> bool:
    """Whether a token is base64 of a URL in which nothing is random: where a link leads, not who follows it."""
    target = encoded_url(token)
    return bool(target) and not any(map(looks_random, tokens_of(target)))


# Escapes of characters that addresses and digests consist of; "%40" is looked for by itself.
_HIDING_ESCAPE = re.compile(r"%(?:2[BDEbde]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|25)")


def _present(text: str, tokens: set[bytes], long: list[bytes], needles: Needles) -> Needles | None:
    """The needles that a text with these tokens holds, with what each of its tokens means; None: it holds none."""
    lower = text.lower()
    exact = _meanings(tokens, long, needles, _DEPTH)
    if "//" in lower:
        exact.update(_of_hosts(lower, needles))
    if "%" in text and _HIDING_ESCAPE.search(text):
        plain = unquote(unquote(text))
        if plain != text:
            further = tokens_of(plain).difference(tokens)
            exact |= _meanings(further, [t for t in further if len(t) >= LEAST_DECODED], needles, _DEPTH)
            text = f"{text} {plain}"
            lower = text.lower()
    readers = [r for r in needles.readers if r.local in lower and (r.alone or r.domain in lower)]
    within = [entry for entry in needles.within if entry[0] in lower]
    cores = [entry for entry in needles.cores if entry[0] in text]
    if not exact and not readers and not within and not cores:
        return None
    return Needles(tuple(readers) or needles.readers[:1], exact, tuple(within), tuple(cores))


def _meanings(
    tokens: Iterable[bytes], long: list[bytes], needles: Needles, depth: int
) -> dict[bytes, Personal]:
    """Which tokens mean a reader, and how; `long` are those of `LEAST_DECODED` characters or more."""
    found = hashed_readers(tokens, needles.readers)
    found.update(numbered_readers(long, needles.readers))
    exact = needles.exact
    if not exact.keys().isdisjoint(tokens):
        found.update((token, exact[token]) for token in tokens if token in exact)
    if depth:
        budget = _MOST_TEXT
        for token, encoding, text in decoded(sorted(long) if len(long) > _MANY else long):
            budget -= len(text) + _EACH
            if budget < 0:
                break
            inner = _inside(text, needles, depth - 1)
            if inner is not None:
                found.setdefault(token, _nested(encoding, inner))
    return found


def _nested(outer: str, inner: Personal) -> Personal:
    if inner.kind in ("plain", "percent"):
        return Personal(outer, inner.value)
    if inner.kind in ("plain-local", "percent-local"):
        return Personal(outer + "-local", inner.value)
    return Personal(f"{outer}-{inner.kind}", inner.value)


def _inside(text: str, needles: Needles, depth: int) -> Personal | None:
    """What a decoded token says of a reader."""
    for plain in _texts(text):
        personal = find_readable(plain, "plain", needles.readers)
        if personal is not None:
            return personal
    for plain in _texts(text):
        tokens = tokens_of(plain)
        known = _meanings(tokens, [t for t in tokens if len(t) >= LEAST_DECODED], needles, depth)
        if known:
            return known[_foremost(plain, known)]
        personal = _find_within(plain, needles)
        if personal is not None:
            return personal
    return None


def _texts(text: str) -> list[str]:
    """The text, and what is left when its escapes are undone once and twice."""
    if "%" not in text:
        return [text]
    plain = unquote(text)
    return list(dict.fromkeys((text, plain, unquote(plain))))


_HOST = re.compile(r"//([a-z0-9._-]{24,253})(?=[/:?# ]|$)")


def _of_hosts(lower: str, needles: Needles) -> dict[bytes, Personal]:
    """What sub-domain labels mean when the dots between them are left out."""
    joined = [whole for host in set(_HOST.findall(lower)) if (whole := joined_labels(host, site_of(host)))]
    return _meanings(joined, joined, needles, _DEPTH) if joined else {}


def joined_labels(host: str, site: str) -> bytes:
    """The labels of a host below its site, as one token; b"" for fewer than two or a short one."""
    labels = host[: -len(site) - 1] if site else ""
    joined = labels.replace(".", "").encode() if "." in labels else b""
    return joined if len(joined) >= LEAST_DECODED else b""


@lru_cache(maxsize=1024)
def _address_needles(addresses: tuple[str, ...]) -> Needles:
    known = [found for found in map(_needles_of, dict.fromkeys(addresses)) if found is not None]
    if not known:
        return NO_NEEDLES
    exact: dict[bytes, Personal] = {}
    for found in reversed(known):  # the first reader wins
        exact.update(found.exact)
    return Needles(
        tuple(reader for found in known for reader in found.readers),
        exact,
        tuple(dict.fromkeys(needle for found in known for needle in found.within)),
        tuple(dict.fromkeys(pair for found in known for pair in found.cores)),
    )


@lru_cache(maxsize=4096)
def _needles_of(written: str) -> Needles | None:
    written = written.strip()
    local, at, domain = written.rpartition("@")
    if not at or not local or not domain or len(written) > 320:
        return None
    address = written.lower()
    lower_local, lower_domain = local.lower(), domain.lower()
    alone = (
        len(local) >= 4
        and lower_local not in _COMMON_LOCALS
        and not lower_local.endswith(_LIST_ENDS)
        and lower_domain.partition(".")[0] not in _LIST_LABELS
    )
    exact: dict[bytes, Personal] = {}
    turned = rot13(address)
    within = [(turned.rpartition("@")[2], "rot13", address), (lower_domain[::-1], "reversed", address)]
    within.append((address.encode("utf-8", "replace").hex(), "hex", address))
    if alone:
        for spelling in {lower_local, local, local.upper()}:
            coded = spelling.encode("utf-8", "replace")
            exact[base64.urlsafe_b64encode(coded).rstrip(b"=")] = Personal("base64-local", address)
            exact[coded.hex().encode()] = exact[coded.hex().upper().encode()] = Personal("hex-local", address)
        within.append((turned.rpartition("@")[0], "rot13-local", address))
    cores = tuple(dict.fromkeys(core for spelling in (address, written) for core in _base64_cores(spelling)))
    return Needles(
        (Reader(address, lower_local, lower_domain, alone, written),),
        exact,
        tuple(dict.fromkeys(within)),
        tuple((core, address) for core in cores),
    )


def _base64_cores(text: str) -> list[str]:
    """What base64 always makes of a text that starts 0, 1 or 2 bytes into a group, without its ends."""
    coded = text.encode("utf-8", "replace")
    cores = []
    for shift in range(3):
        body = base64.b64encode(b"\0" * shift + coded)
        whole = (shift + len(coded)) // 3 * 4
        core = body[(0, 2, 3)[shift] : whole].decode()
        cores.append(core)
        if "+" in core or "/" in core:
            cores.append(core.replace("+", "-").replace("/", "_"))
    return cores


def _find_address(href: str, needles: Needles) -> Personal | None:
    texts = _texts(href)
    for text in texts:
        found = find_readable(text, "plain" if text is href else "percent", needles.readers)
        if found is not None:
            return found
    for text in texts:
        found = _find_within(text, needles)
        if found is None and needles.exact:
            found = _find_exact(text, needles.exact)
        if found is not None:
            return found
    return None


def _find_exact(text: str, exact: dict[bytes, Personal]) -> Personal | None:
    tokens = exact.keys() & tokens_of(text)
    if (host := _HOST.search(text.lower())) is not None and (
        labels := joined_labels(host[1], site_of(host[1]))
    ) in exact:
        tokens.add(labels)
    if not tokens:
        return None
    return exact[_foremost(text, {token: exact[token] for token in tokens})]


def _foremost(text: str, known: dict[bytes, Personal]) -> bytes:
    """The token to tell of: a whole address before a local part, which may be its beginning, then as they stand."""
    if len(known) == 1:
        return next(iter(known))
    return min(
        known, key=lambda token: (known[token].kind.endswith("-local"), text.find(token.decode()), token)
    )


_JOINTS = "-_"
_ALNUM = "".join(chr(i) for i in range(128) if chr(i).isalnum())
_BASE64_RUN = re.compile(r"[A-Za-z0-9_\-]*")


def _find_within(text: str, needles: Needles) -> Personal | None:
    for core, address in needles.cores:
        at = text.find(core)
        if at >= 0:
            start = len(text[:at].rstrip(_JOINTS + _ALNUM))
            run = _BASE64_RUN.match(text, start)
            url_safe = run is not None and ("-" in run[0] or "_" in run[0])
            return Personal("base64url" if url_safe else "base64", address)
    if needles.within:
        lower = text.lower()
        for needle, kind, address in needles.within:
            if needle in lower and _is_whole(lower, needle, kind, address):
                return Personal(kind, address)
    return None


def _is_whole(lower: str, needle: str, kind: str, address: str) -> bool:
    """Whether all of what a needle is a part of stands in a text."""
    if kind == "hex":
        return True
    if kind == "rot13-local":
        return needle in segments_of(lower)
    whole = rot13(address) if kind == "rot13" else address[::-1]
    return whole in lower or whole.replace("@", "%40") in lower
