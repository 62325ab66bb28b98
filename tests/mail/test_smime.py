"""What the signature of a mail is found to be: by what it covers, who signed it, and who vouches for that."""

from __future__ import annotations

import base64
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mail.signers import (
    ADDRESS,
    AT_S,
    FIELDS,
    MAIL,
    NOW,
    PAGE,
    anchors,
    certificate,
    clear,
    clear_body,
    edwards,
    key,
    opaque,
    opaque_body,
    pem,
    pem_key,
    root,
    signature,
    signer,
)

from tocsin.mail.ber import Malformed
from tocsin.mail.cms import kind_of, read_signed
from tocsin.mail.mime import scan
from tocsin.mail.smime import arrival_of, signature_of
from tocsin.model.signature import NO_ANCHORS, Signature


def found(raw: bytes, *trusted: x509.Certificate, at_s: float = AT_S) -> Signature:
    return signature_of(raw, anchors(*trusted), at_s)


def of(raw: bytes, *trusted: x509.Certificate, at_s: float = AT_S) -> tuple[str, str]:
    result = found(raw, *trusted, at_s=at_s)
    return result.state, result.why


@pytest.mark.parametrize("build", [clear, opaque])
def test_a_signature_by_the_author_verifies_to_the_anchor(build: Any) -> None:
    raw = build()
    result = found(raw)
    assert (result.state, result.signer) == ("verified", ADDRESS)
    assert signature_of(scan(raw), anchors(), AT_S) == result
    if build is clear:
        assert raw[result.start : result.end] == PAGE
    assert signature_of(raw, NO_ANCHORS, AT_S).state == "unverified"
    nobody = "The signature proves nothing here: no anchor that was configured vouches for the signer."
    assert of(raw, root(1)) == ("unverified", nobody)


def test_line_ends_are_those_of_the_wire_whatever_the_disk_has() -> None:
    raw = clear()
    assert of(raw.replace(b"\r\n", b"\n"))[0] == "verified"
    head, page, rest = raw.partition(PAGE)
    assert of(head + page.replace(b"\r\n", b"\n") + rest)[0] == "verified"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Dear Ann", b"Dear Bob"),
        (b"charset=utf-8\r\n\r\n<p>", b"charset=utf-7\r\n\r\n<p>"),
        (b"<p>Dear", b"<p> Dear"),
    ],
)
def test_what_was_changed_after_signing_is_broken(before: bytes, after: bytes) -> None:
    assert of(clear().replace(before, after)) == (
        "broken", "The signature does not hold: the signed text was changed after it was signed.",
    )  # fmt: skip


def test_fields_of_the_mail_are_not_signed_but_from_must_fit() -> None:
    raw = clear()
    assert of(raw.replace(b"Interview", b"Another"))[0] == "verified"
    other = "The signature proves nothing here: it was made by another address than the one in From."
    assert of(raw.replace(b"<ruth@", b"<tom@")) == ("unverified", other)
    assert of(raw.replace(b"<ruth@", b"<RUTH@"))[0] == "verified"
    assert "2 From fields" in of(b"From: Tom <tom@weekly-observer.example>\r\n" + raw)[1]
    assert "0 From fields" in of(raw.replace(b"From:", b"Sender:"))[1]
    two = raw.replace(b"From: ", b"From: tom@weekly-observer.example, ")
    assert "does not name one address" in of(two)[1]
    in_name = raw.replace(b"From: Ruth Hadley <ruth@", b'From: "ruth@weekly-observer.example" <tom@')
    assert of(in_name) == ("unverified", other)


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"end": NOW.replace(hour=11)}, "unverified", "had run out"),
        ({"start": NOW.replace(hour=13)}, "unverified", "not valid yet"),
        ({"purposes": (ExtendedKeyUsageOID.CLIENT_AUTH,)}, "unverified", "not meant for mail"),
        ({"purposes": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}, "unverified", "not meant for mail"),
        ({"purposes": ()}, "verified", ""),
        ({"usage": "encipher"}, "unverified", "not meant for signing"),
        ({"usage": ""}, "verified", ""),
        ({"address": "tom@weekly-observer.example"}, "unverified", "another address"),
        ({"address": "", "subject_address": ADDRESS}, "verified", ""),
        ({"address": ""}, "unverified", "another address"),
        (
            {"more": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True),)},
            "unverified",
            "not understood",
        ),
        ({"more": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), False),)}, "verified", ""),
        ({"issuer_key": "another"}, "unverified", "no anchor"),
    ],
)  # fmt: skip
def test_the_certificate_must_be_for_signing_mail_and_hold(
    changes: dict[str, Any], state: str, words: str
) -> None:
    values = {**changes}
    if values.get("issuer_key") == "another":
        values["issuer_key"] = key(77)
    result = of(clear(by=signer(**values)))
    assert result[0] == state
    assert words in result[1]


def chain(*authorities: dict[str, Any], **last: Any) -> tuple[x509.Certificate, ...]:
    """Authorities below root 0, the lowest last, and after them the signer they vouch for."""
    made: list[x509.Certificate] = []
    above, above_key = root(), key(0)
    for number, values in enumerate(authorities, 20):
        kept = {"ca": True, "usage": "vouch", **values}
        above = certificate(f"Authority {number}", key(number), above, above_key, **kept)
        above_key = key(number)
        made.append(above)
    made.append(signer(issuer=above, issuer_key=above_key, **last))
    return tuple(made)


def limited(*permitted: str) -> dict[str, Any]:
    names = x509.NameConstraints([x509.RFC822Name(one) for one in permitted], None)
    return {"more": ((names, True),)}


@pytest.mark.parametrize(
    ("authorities", "state", "words"),
    [
        (({},), "verified", ""),
        (({}, {}), "verified", ""),
        (({"path_length": 0}, {}), "unverified", "longer than it allows"),
        (({"path_length": 1}, {}), "verified", ""),
        (({"path_length": 0},), "verified", ""),
        (({"ca": False, "path_length": None},), "unverified", "may not vouch"),
        (({"ca": None},), "unverified", "may not vouch"),
        (({"usage": "sign"},), "unverified", "may not vouch"),
        (({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)},), "unverified", "not meant for mail"),
        (({"purposes": MAIL},), "verified", ""),
        (({"end": NOW.replace(hour=1)},), "unverified", "had run out"),
        ((limited("weekly-observer.example"),), "verified", ""),
        ((limited(ADDRESS),), "verified", ""),
        ((limited("outlet.example"),), "unverified", "may not vouch"),
        ((limited(".weekly-observer.example"),), "unverified", "may not vouch"),
        (tuple({} for _ in range(12)), "unverified", "no anchor"),
    ],
)
def test_the_way_to_an_anchor_is_held_to_its_rules(
    authorities: tuple[dict[str, Any], ...], state: str, words: str
) -> None:
    *above, last = chain(*authorities)
    result = of(clear(by=last, others=tuple(above)))
    assert result[0] == state
    assert words in result[1]
    reverse = of(clear(by=last, others=tuple(reversed(above))))
    assert reverse[0] == state


def test_the_certificate_in_between_may_be_missing_where_it_is_an_anchor() -> None:
    middle, last = chain({})
    raw = clear(by=last)
    assert of(raw)[0] == "unverified"
    assert of(raw, middle)[0] == "verified"
    assert of(raw, last)[0] == "verified"


def test_two_authorities_that_vouch_for_each_other_end() -> None:
    one = certificate("One", key(30), ca=True)
    two = certificate("Two", key(31), ca=True)
    crossed = (
        certificate("One", key(30), two, key(31), ca=True),
        certificate("Two", key(31), one, key(30), ca=True),
    )
    last = signer(issuer=one, issuer_key=key(30))
    assert of(clear(by=last, others=(*crossed, one, two)))[0] == "unverified"


def test_old_and_short_keys_prove_nothing() -> None:
    short = key(11, "rsa-short")
    assert "1024 bits" in of(clear(by=signer(own=short), own=short))[1]


def test_a_key_of_edwards_curve_verifies() -> None:
    own = key(13, "ed25519")
    by = signer(own=own)
    data = edwards(PAGE, by, own)
    assert found(FIELDS.encode() + clear_body(PAGE, data)).state == "verified"
    assert found(FIELDS.encode() + clear_body(PAGE.replace(b"Ann", b"Bob"), data)).state == "broken"
    assert found(FIELDS.encode() + clear_body(PAGE, edwards(PAGE, by, key(14, "ed25519")))).state == "broken"


def test_what_stands_around_the_signature_must_be_plain() -> None:
    raw = clear()
    body = raw.partition(b"Content-Type: multipart/signed")
    html = b'Content-Type: text/html\r\n\r\n<img src="https://t.beacon.example/x.gif">'
    before = raw.replace(b"\r\n\r\n--sig\r\n", b"\r\n\r\n<p>preamble</p>\r\n--sig\r\n", 1)
    assert of(before)[0] == "unverified"
    third = raw.replace(b"--sig--", b"--sig\r\n" + html + b"\r\n--sig--")
    assert of(third)[0] == "unverified"
    forwarded = (FIELDS + 'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n').encode()
    forwarded += b"Content-Type: message/rfc822\r\n\r\n" + raw + b"\r\n--out--\r\n"
    assert "something else than what was signed" in of(forwarded)[1]
    mixed = body[0] + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n' + body[1] + body[2]
    mixed += b"\r\n--out\r\n" + html + b"\r\n--out--\r\n"
    result = found(mixed)
    assert result.state == "verified"
    assert mixed[result.start : result.end] == PAGE


def test_a_signature_in_a_signature_counts_once() -> None:
    inner = clear_body(PAGE, signature(PAGE, signer(), key(77)), "in")
    raw = clear(inner)
    assert found(raw).state == "verified"
    assert raw[found(raw).start : found(raw).end] == inner
    triple = opaque(opaque_body(signature(PAGE, signer(), key(10), opaque=True)))
    assert found(triple).state == "verified"
    assert of(clear(inner).replace(b"Dear Ann", b"Dear Bob"))[0] == "broken"


def test_ten_thousand_certificates_are_not_looked_at() -> None:
    one = signature(PAGE, signer(), key(10), (root(),))
    der = root().public_bytes(Encoding.DER)
    assert der in one
    many = der * 10_000
    # The lengths of the outer elements are left open, so that the certificates can be many.
    signed = read_signed(one)
    body = b"\x02\x01\x01" + b"\x31\x00" + b"\x30\x0b\x06\x09" + bytes.fromhex("2a864886f70d010701")
    body += b"\xa0\x80" + many + b"\0\0" + b"\x31\x80" + signed.signers[0] + b"\0\0"
    data = (
        b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80\x30\x80" + body + b"\0\0" * 3
    )
    for raw in (FIELDS.encode() + clear_body(PAGE, data), FIELDS.encode() + opaque_body(data)):
        assert found(raw).state != "verified"
    with pytest.raises(Malformed):
        read_signed(data)


def test_open_lengths_and_pieces_are_read_and_torn_data_is_broken() -> None:
    content = opaque()
    data = base64.b64decode(content.partition(b"\r\n\r\n")[2])
    for cut in (1, 3, 20, len(data) // 2, len(data) - 1):
        assert found(FIELDS.encode() + opaque_body(data[:cut])).state in ("none", "broken")
    detached = signature(PAGE, signer(), key(10))
    for cut in range(0, len(detached), 37):
        assert found(FIELDS.encode() + clear_body(PAGE, detached[:cut])).state in ("broken", "unverified")


def test_openpgp_is_not_checked() -> None:
    head, _, rest = clear().partition(b"application/pkcs7-signature; name=smime.p7s")
    pgp = head.replace(b"pkcs7-signature", b"pgp-signature") + b"application/pgp-signature" + rest
    assert found(pgp).form == "openpgp"
    inline = FIELDS.encode() + b"\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nHi\r\n"
    for raw in (pgp, inline):
        assert of(raw) == ("unverified", "It has an OpenPGP signature; Tocsin cannot check those.")


def test_mail_without_a_signature_has_none() -> None:
    assert found(FIELDS.encode() + PAGE) == Signature()
    assert found(b"") == Signature()


def test_arrival_is_what_the_last_receiver_recorded() -> None:
    stamp = b"Received: from a.example by mx.parliament.example; Mon, 1 Jun 2026 10:00:00 +0000\r\n"
    assert arrival_of(scan(stamp + clear()), AT_S) == AT_S - 7200
    assert arrival_of(scan(clear()), AT_S) == AT_S
    assert arrival_of(scan(stamp.replace(b"2026", b"2036") + clear()), AT_S) == AT_S


@cache
def whole() -> bytes:
    return signature(PAGE, signer(own=key(12, "rsa")), key(12, "rsa"), opaque=True)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_that_is_turned_over_raises_or_verifies(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 1 << 11)) % len(whole())
    changed = bytearray(whole())
    changed[at] = data.draw(st.integers(0, 255))
    more = data.draw(st.binary(max_size=12))
    torn = bytes(changed[:at]) + more + bytes(changed[at:]) if data.draw(st.booleans()) else bytes(changed)
    result = found(FIELDS.encode() + opaque_body(torn))
    if result.state == "verified":  # only where the change is in what nobody reads
        assert read_signed(torn).content == PAGE
    assert kind_of(more) in ("", "signed", "encrypted", "compressed")


# -- against openssl -----------------------------------------------------------------------------------------------

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(
    OPENSSL is None, reason="openssl is not installed (Debian package openssl)"
)


def openssl(folder: Path, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *arguments], cwd=folder, input=data, capture_output=True, timeout=30)


def accepted(folder: Path, raw: bytes, trusted: tuple[x509.Certificate, ...]) -> bool:
    (folder / "anchors.pem").write_bytes(b"".join(pem(one) for one in trusted))
    done = openssl(
        folder, "cms", "-verify", "-purpose", "smimesign", "-CAfile", "anchors.pem", "-no-CApath", "-no-CAstore",
        "-attime", str(int(AT_S)), "-out", "out", data=raw,
    )  # fmt: skip
    return done.returncode == 0


WAYS = ("", "-nodetach", "-nodetach -stream", "-keyid", "-noattr", "-md sha512", "-md sha1")


@needs_openssl
@pytest.mark.parametrize(
    ("kind", "options"),
    [*((kind, way) for kind in ("rsa", "ec") for way in WAYS), ("rsa", "-keyopt rsa_padding_mode:pss")],
)
def test_what_openssl_signs(tmp_path: Path, kind: str, options: str) -> None:
    own = key(12, kind)
    (tmp_path / "page").write_bytes(PAGE)
    (tmp_path / "signer.pem").write_bytes(pem(signer(own=own)))
    (tmp_path / "key.pem").write_bytes(pem_key(own))
    digest = () if "-md" in options else ("-md", "sha256")
    done = openssl(
        tmp_path, "cms", "-sign", "-in", "page", "-signer", "signer.pem", "-inkey", "key.pem", *digest,
        *options.split(), "-crlfeol",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    raw = FIELDS.replace("MIME-Version: 1.0\r\n", "").encode() + done.stdout
    assert accepted(tmp_path, raw, (root(),))
    assert found(raw).state == ("unverified" if "sha1" in options else "verified"), found(raw).why
    assert not accepted(tmp_path, raw, (root(1),))
    assert found(raw, root(1)).state == "unverified"
    if "-nodetach" not in options:
        changed = raw.replace(b"Dear Ann", b"Dear Bob")
        assert not accepted(tmp_path, changed, (root(),))
        assert found(changed).state == ("unverified" if "sha1" in options else "broken")


CASES: dict[str, Any] = {
    "plain": lambda: clear(),
    "opaque": lambda: opaque(),
    "rsa": lambda: clear(by=signer(own=key(12, "rsa")), own=key(12, "rsa")),
    "run out": lambda: clear(by=signer(end=NOW.replace(hour=1))),
    "not yet": lambda: clear(by=signer(start=NOW.replace(hour=13))),
    "purpose": lambda: clear(by=signer(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))),
    "usage": lambda: clear(by=signer(usage="encipher")),
    "not understood": lambda: clear(
        by=signer(more=((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True),))
    ),
    "other issuer": lambda: clear(by=signer(issuer_key=key(77))),
    **{
        name: (
            lambda authorities=authorities: clear(by=chain(*authorities)[-1], others=chain(*authorities)[:-1])
        )
        for name, authorities in {
            "chain": ({},),
            "long chain": ({}, {}),
            "too long": ({"path_length": 0}, {}),
            "no authority": ({"ca": False},),
            "authority's usage": ({"usage": "sign"},),
            "authority's purpose": ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)},),
            "authority run out": ({"end": NOW.replace(hour=1)},),
            "its names": (limited("weekly-observer.example"),),
            "not its names": (limited("outlet.example"),),
        }.items()
    },
    "altered": lambda: clear().replace(b"Dear Ann", b"Dear Bob"),
    "line feeds": lambda: clear().replace(b"\r\n", b"\n"),
}


@needs_openssl
@pytest.mark.parametrize("name", CASES)
def test_openssl_says_the_same(tmp_path: Path, name: str) -> None:
    raw = CASES[name]()
    assert (found(raw).state == "verified") == accepted(tmp_path, raw, (root(),)), found(raw).why
