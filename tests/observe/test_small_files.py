"""Calendars, cards, certificates and keys: what is found in them, when it acts, and that damage ends in words."""

from __future__ import annotations

import base64
import zlib
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.mail.mime import scan
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.reference import Reference
from tocsin.observe.beacons import calendar, certificate, contact
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import MAX_BYTES, Allowance
from tocsin.observe.files.ber import MAX_ELEMENTS, elements
from tocsin.observe.tokens import needles_for
from tocsin.observe.vendors import index_catalogue

SAMPLES = Path(__file__).parents[1] / "samples"


def attached(data: bytes | str, name: str = "file") -> AttachedFile:
    raw = data.encode() if isinstance(data, str) else data
    return AttachedFile(raw, name, "", kinds.kind_of(raw[: kinds.HEAD], name, ""), "2")


def sample_file(sample: str) -> bytes:
    """The last part of a sample mail, decoded."""
    mail = message_from_bytes((SAMPLES / f"{sample}.eml").read_bytes())
    part = mail.get_payload()[-1] if mail.is_multipart() else mail  # type: ignore[index]
    data = part.get_payload(decode=True)  # type: ignore[union-attr]
    assert isinstance(data, bytes)
    return data


def events(*lines: str) -> FileReading:
    text = "\r\n".join(["BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", *lines, "END:VEVENT", ""])
    return calendar.read(attached(text), Allowance())


def one(reading: FileReading) -> Reference:
    (reference,) = reading.references
    return reference


@pytest.mark.parametrize(
    ("line", "url", "trigger", "label"),
    [
        ("ATTACH:https://a.example/x", "https://a.example/x", "open", "ATTACH"),
        ("IMAGE;VALUE=URI:https://a.example/x", "https://a.example/x", "open", "IMAGE"),
        ("SOURCE;VALUE=URI:https://a.example/x", "https://a.example/x", "open", "SOURCE"),
        ("TZURL:http://tz.example/zone", "http://tz.example/zone", "open", "TZURL"),
        ("X-ORIGINAL-URL:https://a.example/x", "https://a.example/x", "open", "X-ORIGINAL-URL"),
        ('LOCATION;ALTREP="https://a.example/x":Hall', "https://a.example/x", "open", "ALTREP of LOCATION"),
        ("URL:https://a.example/x", "https://a.example/x", "click", "URL"),
        ("CONFERENCE;VALUE=URI:https://a.example/x", "https://a.example/x", "click", "CONFERENCE"),
        ("X-MICROSOFT-SKYPETEAMSMEETINGURL:https://a.example/x", "https://a.example/x", "click",
         "X-MICROSOFT-SKYPETEAMSMEETINGURL"),
        ("DESCRIPTION:at https://a.exa\r\n mple/x\\, today", "https://a.example/x", "click", "DESCRIPTION"),
        ('ATTENDEE;DIR="ldap://dir.example/cn=a":mailto:a@b.example', "ldap://dir.example/cn=a", "click",
         "DIR of ATTENDEE"),
        ("ATTACH:\\\\192.0.2.7\\s\\x.wav", "\\\\192.0.2.7\\s\\x.wav", "open", "ATTACH"),
        ("ATTACH:\\\\\\\\192.0.2.7\\\\s\\\\x.wav", "\\\\192.0.2.7\\s\\x.wav", "open", "ATTACH"),
        ("AALARM:20250312T084500Z;PT5M;2;file://h.example/x.wav", "file://h.example/x.wav", "open",
         "AALARM sound"),
        ("ORGANIZER;CN=\"A; B: C\":MAILTO:a@b.example", "mailto:a@b.example", "click", "ORGANIZER"),
    ],
)  # fmt: skip
def test_property_of_a_calendar(line: str, url: str, trigger: str, label: str) -> None:
    found = one(events(line))
    assert (found.technique, found.url, found.trigger, found.label) == ("calendar", url, trigger, label)
    assert found.conditional == (trigger != "click" or label in ("ORGANIZER", "DIR of ATTENDEE"))


def test_alarm_that_plays_or_writes() -> None:
    found = events(
        "BEGIN:VALARM", "ATTACH:https://a.example/s.wav", "ATTENDEE:mailto:a@b.example", "ACTION:EMAIL", "END:VALARM",
        "ATTENDEE:mailto:c@d.example", "BEGIN:VALARM", "ACTION:AUDIO", "ATTENDEE:mailto:e@f.example", "END:VALARM",
    )  # fmt: skip
    assert [(reference.url, reference.label) for reference in found.references] == [
        ("https://a.example/s.wav", "ATTACH in VALARM"),
        ("mailto:a@b.example", "ATTENDEE of VALARM"),
    ]


def test_html_of_an_invitation_is_read_like_a_body() -> None:
    markup = (
        '<html><body><img src="https://a.example/1.gif"><a href="https://b.example/">here</a></body></html>'
    )
    found = events(f"X-ALT-DESC;FMTTYPE=text/html:{markup}").references
    assert [(r.technique, r.url, r.trigger, r.fires_in, r.label) for r in found] == [
        ("calendar", "https://a.example/1.gif", "open", ("outlook-windows",), "X-ALT-DESC img src"),
        ("calendar", "https://b.example/", "click", (), "here"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "ATTACH:CID:plan@a.example",
        "ATTACH;ENCODING=BASE64:iVBORw0KGgo=",
        "LOCATION:Hall",
        "nonsense",
        ":",
        ";;:",
    ],
)
def test_property_that_contacts_nobody(line: str) -> None:
    assert events(line).references == ()


def test_an_answer_asks_for_none() -> None:
    text = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nORGANIZER:mailto:a@b.example\r\n"
    assert calendar.read(attached(text), Allowance()).references == ()


@pytest.mark.parametrize(
    ("line", "url", "trigger"),
    [
        ("PHOTO;VALUE=uri:https://a.example/x.jpg", "https://a.example/x.jpg", "attachment"),
        ("item1.PHOTO:https://a.example/x.jpg", "https://a.example/x.jpg", "attachment"),
        ("LOGO;VALUE=URL:file://h.example/x", "file://h.example/x", "attachment"),
        ("SOUND:\\\\192.0.2.7\\s\\x", "\\\\192.0.2.7\\s\\x", "attachment"),
        ("KEY:https\\://a.example/k", "https://a.example/k", "attachment"),
        ("FBURL;PREF=1:ftp://a.example/f.ifb", "ftp://a.example/f.ifb", "attachment"),
        ("AGENT:BEGIN:VCARD\\nPHOTO:https\\://a.example/x\\nEND:VCARD", "https://a.example/x", "attachment"),
        ("URL:https://a.example/", "https://a.example/", "click"),
        ("URL:a.example/x", "http://a.example/x", "click"),
        ("NOTE:see https://a.example/x\\, please", "https://a.example/x", "click"),
        ("NOTE;QUOTED-PRINTABLE:https://a.example/=\r\nx=3Dy", "https://a.example/x=y", "click"),
    ],
)
def test_property_of_a_card(line: str, url: str, trigger: str) -> None:
    found = one(contact.read(attached(f"BEGIN:VCARD\r\n{line}\r\nEND:VCARD\r\n"), Allowance()))
    assert (found.technique, found.url, found.trigger) == ("contact", url, trigger)


def test_card_in_a_card_is_read_once() -> None:
    inner = "AGENT:" + "BEGIN:VCARD\\nAGENT:" * 500
    assert contact.read(attached(f"BEGIN:VCARD\r\n{inner}"), Allowance()).references == ()


@pytest.mark.parametrize("read", [calendar.read, contact.read])
def test_what_is_not_read_is_said(read: object) -> None:
    assert callable(read)
    many = "".join(f"URL:https://a.example/{number}\r\n" for number in range(2_100))
    reading = read(attached(many, "plan\n.ics"), Allowance())
    assert len(reading.references) == 2_000
    assert [defect.code for defect in reading.defects] == ["too-many-beacons"]
    assert reading.not_evaluated == (
        "Not all of the attached file plan_.ics was searched: only the first 2000 links of a file were kept.",
    )
    reading = read(attached("X" * 2_000_001), Allowance())
    assert [defect.code for defect in reading.defects] == ["text-too-large"]
    assert len(reading.not_evaluated) == 1


def roles(reading: FileReading) -> list[tuple[str, str, str]]:
    return [(reference.label, reference.url, reference.trigger) for reference in reading.references]


ASKED = [
    ("caIssuers", "http://pki.havsnytt.example/i/7f3a91c2.cer", "open"),
    ("OCSP", "http://ocsp.havsnytt.example/7f3a91c2", "open"),
    ("CRL", "http://crl.havsnytt.example/l/7f3a91c2.crl", "open"),
    ("CRL", "ldap://ldap.havsnytt.example/cn=l", "open"),
    ("policy", "https://cps.havsnytt.example/", "click"),
]


@pytest.mark.parametrize(
    "sample",
    ["hit-detached-signature", "hit-certificates-only", "hit-certificate-file", "hit-certificate-as-text"],
)
def test_places_in_a_certificate(sample: str) -> None:
    reading = certificate.read(attached(sample_file(f"certificate/{sample}")), Allowance())
    assert roles(reading) == ASKED
    assert all(reference.conditional for reference in reading.references)
    assert (reading.defects, reading.mail) == ((), b"")


@pytest.mark.parametrize("sample", ["hit-opaque-signature", "hit-opaque-signature-in-pieces"])
def test_mail_inside_a_signature_is_handed_on(sample: str) -> None:
    reading = certificate.read(attached(sample_file(f"certificate/{sample}")), Allowance())
    assert roles(reading) == ASKED
    assert reading.mail.startswith(b"Content-Type: text/html\r\n\r\n<p>")


def test_certificate_as_base64_without_armor() -> None:
    data = base64.encodebytes(sample_file("certificate/hit-certificate-file"))
    assert roles(certificate.read(attached(data), Allowance())) == ASKED


def test_encrypted_content_is_said() -> None:
    reading = certificate.read(attached(sample_file("certificate/near-encrypted")), Allowance())
    assert [defect.code for defect in reading.defects] == ["encrypted-content"]
    assert reading.not_evaluated


@pytest.mark.parametrize("length", [1, 40, 300, 700, 1_100])
def test_cut_signature_gives_what_is_left_and_says_so(length: int) -> None:
    reading = certificate.read(
        attached(sample_file("certificate/hit-detached-signature")[:length]), Allowance()
    )
    assert roles(reading) == ASKED[: len(reading.references)]
    assert [defect.code for defect in reading.defects] == ["signature-not-read-whole"]
    assert reading.not_evaluated == ("Not all of the attached file file could be read.",)


def test_elements_are_bounded() -> None:
    found, whole = elements(b"\x30\x80" * 200_000)
    assert len(found) <= MAX_ELEMENTS
    assert not whole
    found, whole = elements(b"\x30\x84\x00\x06\x1a\x80" + b"\x05\x00" * 200_000)
    assert len(found) == MAX_ELEMENTS
    assert not whole


def packet(kind: int, body: bytes) -> bytes:
    return bytes((0xC0 | kind, 255)) + len(body).to_bytes(4, "big") + body


def signature(*subpackets: tuple[int, bytes]) -> bytes:
    hashed = b"".join(bytes((len(value) + 1, kind)) + value for kind, value in subpackets)
    return packet(2, bytes((4, 0, 22, 8)) + len(hashed).to_bytes(2, "big") + hashed + b"\0\0\xab\xcd")


def test_what_an_openpgp_signature_names() -> None:
    reading = certificate.read(attached(sample_file("certificate/hit-openpgp-key-server")), Allowance())
    assert sorted(roles(reading)) == [
        ("key server", "hkp://keys.noordpost.example/7f3a91c2", "open"),
        ("notation", "https://note.noordpost.example/", "click"),
        ("policy", "https://policy.noordpost.example/", "click"),
    ]
    assert {reference.fires_in for reference in reading.references} == {(), ("gnupg",)}


def test_key_server_of_a_key_waits_for_the_key_to_be_opened() -> None:
    data = packet(6, b"\x04") + signature((24, b"keys.a.example"))
    assert roles(certificate.read(attached(data), Allowance())) == [
        ("key server", "hkp://keys.a.example", "attachment")
    ]


def test_comment_of_an_armored_key() -> None:
    data = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: see https://a.example/k\n\nxgA=\n-----END PGP"
    assert roles(certificate.read(attached(data), Allowance())) == [
        ("comment", "https://a.example/k", "click")
    ]


@pytest.mark.parametrize("method", [0, 1, 2])
def test_text_inside_a_message_that_is_only_signed(method: int) -> None:
    literal = packet(11, b"b\x05a.txt\0\0\0\0" + b"see https://a.example/x")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15 if method == 1 else 15)
    packed = packer.compress(literal) + packer.flush() if method else literal
    reading = certificate.read(attached(packet(8, bytes((method,)) + packed)), Allowance())
    (member,) = reading.members
    assert (member.name, member.data) == ("a.txt", b"see https://a.example/x")


def test_message_that_expands_without_end_is_said() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15)
    packed = packer.compress(bytes(MAX_BYTES + 10)) + packer.flush()
    reading = certificate.read(attached(packet(8, b"\x02" + packed)), Allowance())
    assert [defect.code for defect in reading.defects] == ["signature-not-read-whole"]


def test_message_that_is_encrypted_is_said() -> None:
    reading = certificate.read(
        attached(packet(1, b"\x03" + bytes(8)) + packet(18, b"\x01secret")), Allowance()
    )
    assert [defect.code for defect in reading.defects] == ["encrypted-content"]


SEEDS = (
    sample_file("certificate/hit-opaque-signature-in-pieces"),
    sample_file("certificate/hit-openpgp-key-server"),
    packet(8, b"\x02" + zlib.compress(signature((24, b"keys.a.example")))),
    sample_file("calendar/hit-answer"),
    sample_file("contact/hit-quoted-printable-note"),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 4_000), st.binary(max_size=6)), max_size=8),
    st.data(),
)
def test_damage_never_raises(seed: bytes, changes: list[tuple[int, bytes]], data: st.DataObject) -> None:
    damaged = seed[: data.draw(st.integers(0, len(seed)))]
    for at, piece in changes:
        damaged = damaged[:at] + piece + damaged[at + len(piece) :]
    for read in (calendar.read, contact.read, certificate.read):
        reading = read(attached(damaged, "x"), Allowance())
        assert len(reading.references) <= 2_000
        assert all(sentence.endswith(".") for sentence in reading.not_evaluated)


def test_encrypted_text_in_a_mail_is_said() -> None:
    packet = base64.b64encode(b"\xd2\x02\x01\x00").decode()  # data, encrypted (RFC 9580 section 5.13)
    body = f"See below.\n-----BEGIN PGP MESSAGE-----\n\n{packet}\n-----END PGP MESSAGE-----\n"
    message = scan(f"From: a@a.example\nContent-Type: text/plain\n\n{body}".encode())
    found = observe_beacons(message, index_catalogue((), {}), needles_for((), ()))
    assert [defect.code for defect in found.defects] == ["encrypted-content"]
    assert found.not_evaluated
    left = observe_beacons(message, index_catalogue((), {}), needles_for((), ()), "it took too long")
    assert (left.defects, left.not_evaluated) == (
        (),
        ("An OpenPGP text was not looked into: it took too long.",),
    )
