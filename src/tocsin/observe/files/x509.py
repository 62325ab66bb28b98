"""What certificates name: where their issuer, their revocation lists and their status are to be had.

Read are all extensions in some bytes, wherever they lie: in a certificate, in the certificates of a signature, in
a list of certificates. Sources: RFC 5280 section 4.2, RFC 5652 (CMS), RFC 9399 (logotypes), ETSI EN 319 412-5.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.observe.files.ber import BOOLEAN, IA5, OCTETS, OID, SEQUENCE, Element, children, content, elements

_PKIX = "2b0601050507"  # 1.3.6.1.5.5.7
_CMS = "2a864886f70d01"  # 1.2.840.113549.1
_URI = 0x86  # GeneralName: uniformResourceIdentifier
_ISSUER, _STATUS, _LIST, _OTHER = "caIssuers", "OCSP", "CRL", "access"
_ACCESS = {bytes.fromhex(_PKIX + "3001"): _STATUS, bytes.fromhex(_PKIX + "3002"): _ISSUER}
_AUTHORITY_ACCESS = bytes.fromhex(_PKIX + "0101")
_EXTENSIONS: dict[bytes, tuple[str, bool]] = {  # what it is called, and whether programs ask by themselves
    _AUTHORITY_ACCESS: (_OTHER, True),
    bytes.fromhex(_PKIX + "0103"): ("statement", False),
    bytes.fromhex(_PKIX + "010c"): ("logotype", True),
    bytes.fromhex("551d1f"): (_LIST, True),
    bytes.fromhex("551d2e"): ("delta CRL", True),
    bytes.fromhex("551d1c"): (_LIST, True),
    bytes.fromhex("551d20"): ("policy", False),
    bytes.fromhex("6086480186f8420103"): (_LIST, True),  # Netscape's revocation URLs
    bytes.fromhex("6086480186f8420104"): (_LIST, True),
}
_SIGNED, _PLAIN = bytes.fromhex(_CMS + "0702"), bytes.fromhex(_CMS + "0701")
_COMPRESSED = bytes.fromhex(_CMS + "09100109")
_ENCRYPTED = frozenset(
    bytes.fromhex(_CMS + end)
    for end in ("0703", "0706", "09100117")  # enveloped, encrypted, authenticated
)


class Named(msgspec.Struct, frozen=True, gc=False):
    """A URL in a certificate: what it is for, and whether programs that check the certificate ask it."""

    role: str
    url: str
    asked: bool


class Signed(msgspec.Struct, frozen=True):
    """What some bytes of ASN.1 hold.

    `content` is the mail inside a signature that carries it, or packed (zlib) where `compressed`. `whole` tells
    that all could be read.
    """

    named: tuple[Named, ...]
    content: bytes = b""
    compressed: bool = False
    encrypted: bool = False
    whole: bool = True


def read_certificates(data: bytes) -> Signed:
    """Read certificates, alone or in a CMS message. Never raises."""
    found, whole = elements(data)
    named = tuple(dict.fromkeys(_named(data, found)))
    outer = children(found, 0) if found and found[0].tag == SEQUENCE else []
    kind = _bytes(data, found[outer[0]]) if outer and found[outer[0]].tag == OID else b""
    inside = _content(data, found, outer) if kind in (_SIGNED, _COMPRESSED) else b""
    return Signed(named, inside, kind == _COMPRESSED, kind in _ENCRYPTED, whole and bool(found))


def _bytes(data: bytes, element: Element) -> bytes:
    return data[element.start : element.end]


def _content(data: bytes, found: list[Element], outer: list[int]) -> bytes:
    """Give the content that a SignedData or CompressedData encapsulates (RFC 5652 section 5.2)."""
    for wrapper in outer[1:2]:
        for body in children(found, wrapper)[:1]:
            for member in children(found, body):
                pair = children(found, member)
                if found[member].tag == SEQUENCE and len(pair) > 1 and _bytes(data, found[pair[0]]) == _PLAIN:
                    strings = children(found, pair[1])
                    return content(data, found, strings[0]) if strings else b""
    return b""


def _named(data: bytes, found: list[Element]) -> Iterator[Named]:
    for index, element in enumerate(found):
        if element.tag != OID:
            continue
        extension = _EXTENSIONS.get(_bytes(data, element))
        if extension is None:
            continue
        at = index + 1
        if at < len(found) and found[at].tag == BOOLEAN:
            at += 1
        if at < len(found) and found[at].tag == OCTETS and found[at].parent == element.parent:
            yield from _locations(data, found[at], *extension)


def _locations(data: bytes, value: Element, role: str, asked: bool) -> Iterator[Named]:
    method = role
    for inner in elements(data, value.start, value.end)[0]:
        if inner.tag == OID and role == _OTHER:
            method = _ACCESS.get(_bytes(data, inner), _OTHER)
        elif inner.tag in (_URI, IA5):
            url = _bytes(data, inner).decode("utf-8", "replace").strip()
            if ":" in url:
                yield Named(method, url, asked)
