"""Attached pages, drawings and XML: read as a browser reads them once they are opened."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe import archive_files as made
from tests.observe.make_file_samples import mail, pages

from tocsin.mail.mime import scan
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import html_attachment
from tocsin.observe.beacons.assemble import Found, observe_beacons
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

URL = "https://img.beacon.example/77ab"
FILES = {name: (file, data) for name, file, data in pages()}
PAGE = f'<html><body><p>é</p><img src="{URL}"></body></html>'
XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'


def observe(name: str, data: bytes) -> Found:
    return observe_beacons(scan(mail("html-attachment", 0, name, data)), index_catalogue((), {}), NO_NEEDLES)


def read(name: str, data: bytes, kind: str) -> FileReading:
    return html_attachment.read(AttachedFile(data, name, "", kind, "2"), Allowance())


@pytest.mark.parametrize(
    "data",
    [
        PAGE.encode(),
        PAGE.encode("utf-8-sig"),
        PAGE.encode("utf-16"),
        PAGE.encode("utf-16-le"),
        PAGE.encode("utf-16-be"),
        ("<meta charset=windows-1252>" + PAGE).encode("cp1252"),
        f'<script>document.write(unescape("{"".join(f"%{byte:02X}" for byte in PAGE.encode())}"))</script>'.encode(),
        b'<script>x = "' + base64.b64encode(PAGE.encode() * 3) + b'"</script>',
        f'<x:html xmlns:x="http://www.w3.org/1999/xhtml"><x:img src="{URL}"/></x:html>'.encode(),
    ],
)
def test_a_page_is_read_in_whatever_form_it_comes(data: bytes) -> None:
    (beacon,) = observe("page.html", data).beacons
    assert (beacon.technique, beacon.url, beacon.trigger) == ("html-attachment", URL, "attachment")


@pytest.mark.parametrize(
    ("data", "conditional"),
    [
        (f'<?xml version="1.0"?><?xml-stylesheet href="{URL}" type="text/css"?><r/>', False),
        (f'<!DOCTYPE r SYSTEM "{URL}"><r/>', True),
        (f'<!DOCTYPE r PUBLIC "-//X//Y" "{URL}"><r/>', True),
        (f"<!DOCTYPE r [<!ENTITY e SYSTEM '{URL}'>]><r>&e;</r>", True),
        (f"<!DOCTYPE r [<!ENTITY % e PUBLIC 'x' '{URL}'>%e;]><r/>", True),
        (f'<r xmlns:x="http://www.w3.org/2001/XInclude"><x:include parse="text" href="{URL}"/></r>', True),
        (f'<xsl:stylesheet {XSL}><xsl:import href="{URL}"/></xsl:stylesheet>', True),
        (f'<xsl:stylesheet {XSL}><xsl:include href = "{URL}"/></xsl:stylesheet>', True),
        (f"<xsl:stylesheet {XSL}><xsl:copy-of select=\"document('{URL}')\"/></xsl:stylesheet>", True),
    ],
)
def test_what_an_xml_file_names(data: str, conditional: bool) -> None:
    (beacon,) = observe("feed.xml", data.encode()).beacons
    assert (beacon.technique, beacon.url, beacon.trigger) == ("html-attachment", URL, "attachment")
    assert beacon.conditional == conditional


def test_a_share_named_by_an_xml_file_is_logged_on_to() -> None:
    data = b'<?xml version="1.0"?><?xml-stylesheet href="\\\\files.beacon.example\\s\\a.xsl"?><r/>'
    (beacon,) = observe("feed.xml", data).beacons
    assert "ntlm" in beacon.leaks


@pytest.mark.parametrize(
    "data",
    [
        '<r xmlns="https://ns.beacon.example/r"><image src="https://ns.beacon.example/1.png"/></r>',
        f'<xsl:stylesheet {XSL}><!-- <xsl:import href="{URL}"/> --></xsl:stylesheet>',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><r/>',
    ],
)
def test_names_in_xml_are_no_places(data: str) -> None:
    assert observe("feed.xml", data.encode()).beacons == ()


def test_relative_addresses_stay_on_the_readers_disk() -> None:
    page = b'<html><img src="logo.png"><a href="/next">next</a><form action="send"></form></html>'
    assert observe("page.html", page).beacons == ()


def test_entities_are_never_expanded() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 60))
    data = f'<!DOCTYPE r [<!ENTITY a0 "x">{entities}]><r>&a59;</r>'.encode()
    found = observe("feed.xml", data)
    assert found.beacons == ()


def test_carried_files_count_against_the_allowance() -> None:
    allowance = Allowance()
    archive = made.zipped({"a.html": PAGE.encode()})
    page = f"<script>z = atob('{base64.b64encode(archive).decode()}')</script>".encode()
    reading = html_attachment.read(AttachedFile(page, "a.html", "", kinds.HTML, "2"), allowance)
    assert [(member.name, member.data) for member in reading.members] == [("download", archive)]
    before = Allowance()
    assert before.bytes_left - allowance.bytes_left == len(archive)
    assert before.members_left - allowance.members_left == 1


def test_pictures_and_noise_in_base64_are_left_alone() -> None:
    noise = base64.b64encode(bytes(range(256)) * 8).decode()
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(500)).decode()
    page = f"<html><img src='data:image/png;base64,{picture}'><script>a='{noise}'</script></html>".encode()
    reading = read("a.html", page, kinds.HTML)
    assert reading.members == ()
    assert len(reading.documents) == 1


@pytest.mark.parametrize(
    "text",
    ["A" * 99 + " ", "'%3C", "<xi:include ", "<!--", "document('", " download=", "<!ENTITY ", "xmlns:a"],
)
@pytest.mark.parametrize("kind", [kinds.HTML, kinds.XML])
def test_text_made_to_cost_time_ends(text: str, kind: str) -> None:
    whole = "http://www.w3.org/2001/XInclude http://www.w3.org/1999/xhtml" + text * (2_000_000 // len(text))
    reading = read("a", whole.encode(), kind)
    assert reading.documents[0].startswith("http://www.w3.org/2001/XInclude")
    assert len(reading.references) <= 1_100


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.sampled_from([kinds.HTML, kinds.SVG, kinds.XML]), st.data())
def test_damage_never_raises(sample: str, kind: str, data: st.DataObject) -> None:
    name, whole = FILES[sample]
    raw = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for broken in (bytes(raw), bytes(raw[:cut])):
        reading = read(name, broken, kind)
        assert kind == kinds.XML or len(reading.documents) >= 1
