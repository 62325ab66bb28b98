"""Signatures, certificates and keys: what programs ask on the network to check them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.mail.decompressors import Deflate
from tocsin.mail.transfer import base64_bytes
from tocsin.mail.url import find_urls
from tocsin.model.attached import AttachedFile, FileReading, Member
from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.openpgp import Pgp, read_pgp
from tocsin.observe.files.streams import unpack
from tocsin.observe.files.unpacking import tidy_name
from tocsin.observe.files.x509 import Signed, read_certificates

TECHNIQUE = "certificate"

ABOUT = Technique(
    TECHNIQUE,
    "Signature, certificate or key",
    "open",
    ("address", "time"),
    "S/MIME signatures (`.p7s`, `.p7m`) and certificates: authority access (`caIssuers`, OCSP), revocation lists "
    "(CRL), logotypes, policies; OpenPGP keys and signatures: preferred key server, policy, notations",
    "To check a signature, programs ask for the certificate of its issuer, for lists of revoked certificates or for "
    "the state of a certificate, at addresses that stand in the signature itself. Anyone can make a certificate "
    "that names an address of their own. The check runs when the mail is opened or earlier, whether remote "
    "pictures are blocked or not, and an invalid signature is no obstacle: the question is asked to find out.",
    "Where your program allows it, set it not to ask for certificates of unknown issuers and not to fetch keys by "
    "itself. Addresses of the large public certificate authorities stand in most signed mail and are ordinary.",
    "Windows and so Outlook fetch missing issuers and revocation lists; so do Apple's programs and GnuPG (`gpgsm`, "
    "used by KMail and Kleopatra), whose manual calls a list that is made for one certificate a web bug. "
    "Thunderbird asks OCSP servers. GnuPG fetches OpenPGP keys from the server that a signature names only with "
    "`auto-key-retrieve` and `honor-keyserver-url`, which its manual warns of in the same words. Programs that "
    "look for the key of an unknown signer at a key server or at the sender's domain give the same away without "
    "any address in the mail.",
    (
        "RFC 5280 sections 4.2.1.13, 4.2.2.1",
        "RFC 5652",
        "RFC 9580 sections 5.2.3.26, 5.2.3.28",
        'A. Klink, "HTTP over X.509" (2008); CVE-2008-3068',
        'Poddebniak et al., "Efail" (USENIX Security 2018), section on back channels',
        "GnuPG manual: --disable-crl-checks, --auto-key-retrieve",
    ),
)

_PEM = re.compile(rb"-----BEGIN (?!PGP)[A-Z0-9 ]{3,40}-----([^-]*+)")
_MOST_BLOCKS = 200
_MIME = re.compile(
    rb"\s*(?:content-type|mime-version|content-transfer-encoding|from|subject):", re.IGNORECASE
)


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Find what certificates, signatures and keys make programs ask.

    In certificates, alone or inside a signature, the places of issuer, revocation lists, status and logotype
    (trigger open, conditional: what is asked depends on the program and on what it has asked before); policies and
    statements are told as links. In OpenPGP keys and signatures, attached or in the text of the mail, the
    preferred key server (conditional, GnuPG), policies, notations and comments as links. Certificates are found
    wherever they lie, also in damaged files. The mail inside an opaque signature, and the text inside a message
    that is signed only, is read too; what is encrypted is said. Directory entries without a host (`ldap:///`)
    contact nobody by name.

    Source: RFC 5280 section 4.2, RFC 5652, RFC 9580.
    """
    data = file.data
    if b"-----BEGIN PGP " in data or _is_pgp(data):
        return _of_pgp(file, read_pgp(data, allowance))
    blocks = [data]
    if b"-----BEGIN " in data:
        blocks = [base64_bytes(block) for block in _PEM.findall(data)[:_MOST_BLOCKS]]
    elif data[:2] == b"MI":
        blocks = [base64_bytes(data)]
    found = [read_certificates(block) for block in blocks if block]
    return _of_certificates(file, found, allowance)


def armor_in(text: str) -> bytes:
    """Give what of a text part OpenPGP programs take for themselves: from the first block to the end, b"" for none.

    Blocks in quoted lines are passed over.
    """
    mark = "-----BEGIN PGP "
    if mark not in text:
        return b""
    start = 0 if text.startswith(mark) else text.find("\n" + mark) + 1
    return text[start:].encode("utf-8", "replace") if text.startswith(mark, start) else b""


def _is_pgp(data: bytes) -> bool:
    """Whether the first byte is that of an OpenPGP packet; ASN.1 begins with 0x30, texts below 0x80."""
    return data[:1] >= b"\x80" and data[:3] != b"\xef\xbb\xbf"


def _of_certificates(file: AttachedFile, found: list[Signed], allowance: Allowance) -> FileReading:
    references: dict[tuple[str, str], Reference] = {}
    defects: list[Defect] = []
    sentences: list[str] = []
    mail = b""
    for signed in found:
        for named in signed.named:
            references.setdefault(
                (named.role, named.url),
                Reference(
                    TECHNIQUE,
                    named.url,
                    "",
                    named.role,
                    "open" if named.asked else "click",
                    True,
                    label=named.role,
                ),
            )
        if signed.content and not mail:
            mail = signed.content
            if signed.compressed:
                unpacked = unpack(Deflate(15), memoryview(mail), allowance.largest(len(mail)))
                allowance.take_bytes(len(unpacked.data))
                mail = unpacked.data
                if unpacked.over or unpacked.damaged:
                    _not_whole(file, defects, sentences)
        if signed.encrypted:
            _encrypted(file, defects, sentences)
        elif not signed.whole:
            _not_whole(file, defects, sentences)
    return FileReading(
        tuple(references.values()),
        defects=tuple(dict.fromkeys(defects)),
        not_evaluated=tuple(dict.fromkeys(sentences)),
        mail=mail,
    )


def _of_pgp(file: AttachedFile, pgp: Pgp) -> FileReading:
    defects: list[Defect] = []
    sentences: list[str] = []
    if pgp.encrypted:
        _encrypted(file, defects, sentences)
    if not pgp.whole:
        _not_whole(file, defects, sentences)
    mail = b""
    members = []
    for name, text in pgp.texts:
        if not mail and _MIME.match(text):
            mail = text
        else:
            members.append(Member(tidy_name(name) or "message.txt", text, "text/plain"))
    return FileReading(tuple(_references(pgp)), tuple(members), tuple(defects), tuple(sentences), mail=mail)


def _references(pgp: Pgp) -> Iterator[Reference]:
    for role, text in pgp.named:
        if role == "key server":
            trigger = "attachment" if pgp.key else "open"
            url = text if "://" in text else f"hkp://{text}"
            yield Reference(TECHNIQUE, url, "", role, trigger, True, ("gnupg",), label=role)
        else:
            for url, _ in find_urls(text):
                yield Reference(TECHNIQUE, url, "", role, "click", True, label=role)


def _encrypted(file: AttachedFile, defects: list[Defect], sentences: list[str]) -> None:
    defects.append(Defect("encrypted-content", "the content is encrypted", file.path))
    sentences.append("The content of the mail, or of a file in it, is encrypted and was not looked into.")


def _not_whole(file: AttachedFile, defects: list[Defect], sentences: list[str]) -> None:
    text = "a signature, certificate or key is damaged or too large"
    defects.append(Defect("signature-not-read-whole", text, file.path))
    sentences.append(f"Not all of the attached file {tidy_name(file.name)} could be read.".replace("  ", " "))
