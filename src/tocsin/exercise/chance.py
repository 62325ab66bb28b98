"""Repeatable chance: one independent stream a key, and the tokens that services put into addresses."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections.abc import Mapping
from urllib.parse import quote

from tocsin.model.scenario import MailboxOwner

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ENDING = re.compile(r"\.(?:example|test|invalid)\b")
_SLOT = re.compile(r"\{([a-z0-9_]+)(\+?)\}")


def stream(seed: int, *key: object) -> random.Random:
    """A random stream for this seed and key; adding another key elsewhere leaves it unchanged.

    Reserved endings of hosts in the key draw nothing: renaming them all renames the exercise and no more.
    """
    return random.Random(_ENDING.sub("", "/".join([str(seed), *map(str, key)])))


def base62(rng: random.Random, length: int) -> str:
    """`length` characters of A-Z, a-z, 0-9."""
    return "".join(rng.choices(_BASE62, k=length))


def hexadecimal(rng: random.Random, length: int) -> str:
    """`length` lower-case hexadecimal digits."""
    return "".join(rng.choices("0123456789abcdef", k=length))


def uuid(rng: random.Random) -> str:
    """A version 4 UUID (RFC 9562) drawn from the stream."""
    digits = hexadecimal(rng, 30)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{rng.choice('89ab')}{digits[15:18]}-{digits[18:30]}"


def token(kind: str, rng: random.Random, address: str) -> str:
    """A token of this kind for this address.

    Kinds: `hex32`, `b62_22`, `n6` with any length, `uuid`, `mail`, `b64mail`, `hexmail`, `md5mail`,
    `sha1mail`, `sha256mail`. Raises KeyError for a kind that is not known.
    """
    raw = address.encode()
    if kind == "uuid":
        return uuid(rng)
    if kind == "mail":
        return quote(address, safe="")
    if kind == "b64mail":
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
    if kind == "hexmail":
        return raw.hex()
    if kind in ("md5mail", "sha1mail", "sha256mail"):
        return hashlib.new(kind.removesuffix("mail"), raw, usedforsecurity=False).hexdigest()
    sized = re.fullmatch(r"(hex|b62_|n)(\d+)", kind)
    if sized is None:
        raise KeyError(kind)
    length = int(sized[2])
    if sized[1] == "hex":
        return hexadecimal(rng, length)
    if sized[1] == "b62_":
        return base62(rng, length)
    return str(rng.randrange(10 ** (length - 1), 10**length))


class Tokens:
    """Fills URL templates for one mail; a slot keeps its value through the mail unless written `{slot+}`."""

    def __init__(
        self, rng: random.Random, owner: MailboxOwner, address: str, values: Mapping[str, str]
    ) -> None:
        self._rng = rng
        self._address = address
        self._values = dict(values)
        self.owner = owner

    def fill(self, template: str) -> str:
        """The template with every slot replaced; values may hold slots themselves."""
        for _ in range(4):
            filled = _SLOT.sub(self._one, template)
            if filled == template:
                break
            template = filled
        return template

    def _one(self, match: re.Match[str]) -> str:
        kind, fresh = match[1], match[2]
        if kind in self._values and not fresh:
            return self._values[kind]
        value = token(kind, self._rng, self._address)
        if not fresh:
            self._values[kind] = value
        return value


def slug(text: str, limit: int = 48) -> str:
    """The text as lower-case ASCII words joined by hyphens, for paths and file names."""
    folded = text.lower().translate(
        str.maketrans("àâäáãçéèêëíìîïñóòôöúùûüÿœæß", "aaaaaceeeeiiiinoooouuuuyoas")
    )
    words = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")
    return words[:limit].rstrip("-") or "x"


def test_net(name: str) -> str:
    """An address of TEST-NET-1..3 (RFC 5737) that always goes with this host name."""
    digest = hashlib.sha256(name.encode()).digest()
    net = ("192.0.2", "198.51.100", "203.0.113")[digest[0] % 3]
    return f"{net}.{digest[1] % 253 + 1}"
