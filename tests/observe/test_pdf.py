"""PDF files: every carrier, when it acts, and files that are damaged, locked or built to be slow."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.pdf_carriers import SCRIPT, URI, WEB, carriers, without
from tests.observe.pdf_files import assembled, document, encrypted, packed, stream

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import pdf
from tocsin.observe.beacons.references import in_file
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.scripts import urls_in_script

CARRIERS = {name: (data, url, trigger, carrier) for name, data, url, trigger, carrier in carriers()}
WITHOUT = dict(without())
HREF = WEB.decode()


def read(data: bytes, name: str = "programme.pdf") -> FileReading:
    return pdf.read(AttachedFile(data, name, "application/pdf", kinds.PDF, "2"), Allowance())


def found(data: bytes) -> list[tuple[str, str, str]]:
    """URL as it is contacted, trigger and carrier of everything found in a file."""
    pairs = in_file(read(data).references)
    return [(url.href, reference.trigger, reference.attribute) for reference, url in pairs]


@pytest.mark.parametrize("name", CARRIERS)
def test_carrier_is_read_with_its_time(name: str) -> None:
    data, url, trigger, carrier = CARRIERS[name]
    assert kinds.kind_of(data[: kinds.HEAD], "a.bin", "") == kinds.PDF
    assert (url, trigger, carrier) in found(data)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_contacts_nobody_is_left_out(name: str) -> None:
    assert found(WITHOUT[name]) == []


def test_what_acts_by_itself_is_conditional_and_a_link_is_not() -> None:
    by_itself, link = (read(CARRIERS[name][0]).references[0] for name in ("open-action", "link"))
    assert (by_itself.conditional, by_itself.fires_in) == (True, ())
    assert (link.conditional, link.fires_in, link.label) == (False, (), "URI")


def test_scripts_are_limited_to_the_readers_that_run_them() -> None:
    assert read(CARRIERS["names-javascript"][0]).references[0].fires_in == (pdf.ADOBE, pdf.FOXIT)
    assert read(CARRIERS["external-stream"][0]).references[0].fires_in == (pdf.ADOBE,)


def test_one_action_behind_a_link_and_at_opening_is_told_for_both() -> None:
    data = document(b"/OpenAction 10 0 R", b"/Annots[<</A 10 0 R>>]", objects={10: URI})
    assert sorted(found(data)) == [(HREF, "attachment", "URI"), (HREF, "click", "URI")]


def test_repaired_file_is_read_in_full() -> None:
    assert read(CARRIERS["wrong-table"][0]).not_evaluated == ()


def test_file_with_a_password_is_said_not_to_be_evaluated() -> None:
    reading = read(encrypted(WEB, b"word"), "pro\x00gramme\u202e.pdf")
    assert [defect.code for defect in reading.defects] == ["pdf-encrypted"]
    assert reading.not_evaluated == (
        "The PDF file “pro_gramme_.pdf” is protected by a password and was not read.",
    )


def test_what_stands_bare_beside_encrypted_strings_is_told() -> None:
    locked = encrypted(WEB, b"word")
    added = locked.replace(b"%%EOF", b"20 0 obj\n" + URI + b"\nendobj\n%%EOF")
    assert found(added) == [(HREF, "click", "URI")]


def test_damaged_file_is_searched_and_said_to_be_damaged() -> None:
    hidden = stream(b"10 0 obj " + SCRIPT + b" endobj", deflated=True)
    reading = read(b"%PDF-1.7\n9 0 obj\n" + hidden + b"\nendobj\n")
    assert [defect.code for defect in reading.defects] == ["pdf-damaged"]
    assert [(one.url, one.attribute) for one in reading.references] == [(HREF, "JavaScript")]
    assert reading.not_evaluated == ("The PDF file “programme.pdf” is damaged and was not read in full.",)


@pytest.mark.parametrize("deflated", [True, False])
def test_embedded_files_are_taken_out(deflated: bool) -> None:
    holder = document(
        b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/UF(inner.html)/EF<</F 10 0 R>>>>]>>>>",
        b"/Annots[<</Subtype/FileAttachment/FS<</F(pinned.txt)/EF<</F 11 0 R>>>>>>]",
        {
            10: stream(b"<p>one</p>", b"/Type/EmbeddedFile/Subtype/text#2Fhtml", deflated=deflated),
            11: stream(b"two"),
        },
    )
    members = {(member.name, member.data, member.media_type) for member in read(holder).members}
    assert members == {("inner.html", b"<p>one</p>", "text/html"), ("pinned.txt", b"two", "")}


def test_signatures_are_looked_into_as_files() -> None:
    signed = document(
        b"/AcroForm<</Fields[10 0 R]>>", objects={10: b"<</FT/Sig/T(s)/V<</Type/Sig/Contents<300302010A>>>>>"}
    )
    (member,) = read(signed).members
    assert (member.media_type, member.data) == ("application/pkcs7-signature", bytes.fromhex("300302010A"))


def test_embedded_bomb_is_cut_and_said() -> None:
    bomb = zlib.compress(b"x" * 100_000_000, 9)
    data = document(
        b"/Names<</EmbeddedFiles<</Names[(a)<</F(b)/EF<</F 10 0 R>>>>]>>>>",
        objects={10: stream(bomb, b"/Filter/FlateDecode")},
    )
    allowance = Allowance()
    reading = pdf.read(AttachedFile(data, "a.pdf", "", kinds.PDF, "2"), allowance)
    assert len(reading.members[0].data) <= 64 << 20
    assert [defect.code for defect in reading.defects] == ["pdf-not-read-whole"]


def deep(opening: bytes, closing: bytes) -> bytes:
    return document(b"/X " + opening * 100_000 + b"1" + closing * 100_000)


def chain(following: bytes, count: int) -> bytes:
    """Actions that follow one another; `following` names the next one `count` times."""
    links = {}
    for number in range(10, 30_000):
        links[number] = URI[:-2] + following % ((number + 1,) * count) + b">>"
    return document(b"/OpenAction 10 0 R", objects=links)


def object_stream_bomb() -> bytes:
    return packed({10: b"(" + b" " * 60_000_000 + b")"})


BOMBS = {
    "arrays": deep(b"[", b"]"),
    "dictionaries": deep(b"<</A ", b">>"),
    "many-objects": assembled({1: b"<</Type/Catalog>>", **dict.fromkeys(range(2, 110000), b"<</A 1>>")}),
    "chain": chain(b"/Next %d 0 R", 1),
    "chain-of-pairs": chain(b"/Next[%d 0 R %d 0 R]", 2),
    "loop": document(b"/OpenAction 10 0 R", objects={10: URI[:-2] + b"/Next 10 0 R>>"}),
    "pages-in-a-loop": assembled(
        {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"}
    ),
    "outline-loop": document(b"/Outlines 10 0 R", objects={10: b"<</First 10 0 R/Next 10 0 R/A%s>>" % URI}),
    "object-stream": object_stream_bomb(),
    "openings": b"%PDF-1.4\n1 0 obj\n" + b"<<" * 1_000_000,
    "strings": b"%PDF-1.4\n" + b"/URI(" * 500_000,
    "scripts": b"%PDF-1.4\n" + b"/JS(" * 500_000,
    "tables": b"%PDF-1.4\n" + b"xref\n0 1\n" * 300_000 + b"startxref\n9\n%%EOF",
    "streams": b"%PDF-1.4\n" + b"1 0 obj<<>>stream\n" * 100_000,
    "scripts-in-streams": document(
        b"/Names<</JavaScript<</Names[%s]>>>>" % (b"(a)<</S/JavaScript/JS 10 0 R>>" * 2_000),
        objects={10: stream(b"'a'+" * 250_000, deflated=True)},
    ),
    "form-scripts": document(
        b"/AcroForm<</XFA 10 0 R>>",
        objects={
            10: stream(b"<a>" + (b"<script>" + b"'a'+" * 70_000 + b"</script>") * 40 + b"</a>", deflated=True)
        },
    ),
    "numbers": document(b"/X[" + b"1 " * 3_000_000 + b"]"),
    "script": document(b"/OpenAction<</S/JavaScript/JS(" + b"'" * 2_000_000 + b")>>"),
}


READ_WHOLE = {"loop", "outline-loop", "chain", "chain-of-pairs"}


@pytest.mark.parametrize("name", BOMBS)
def test_file_built_to_be_slow_ends(name: str) -> None:
    reading = read(BOMBS[name])
    assert len(reading.references) <= 5_010
    assert bool(reading.not_evaluated) == (name not in READ_WHOLE)


def drawing(content: bytes, resources: bytes, objects: dict[int, bytes]) -> bytes:
    return document(
        b"",
        b"/Contents 10 0 R/Resources<<" + resources + b">>",
        {10: stream(content, deflated=True), **objects},
    )


def nested_forms() -> dict[int, bytes]:
    entries = b"/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>"
    return {number: stream(b"/X Do " * 10, entries % (number + 1)) for number in range(11, 21)}


FORM_IN_ITSELF = b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 11 0 R>>>>"
FINE_PATTERN = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.01/YStep 0.01"
LARGE_PICTURE = b"/Subtype/Image/Width 2000/Height 2000/BitsPerComponent 8/ColorSpace/DeviceGray"
FORM = b"/XObject<</X 11 0 R>>"
TOO_ELABORATE = {
    "forms": drawing(b"/X Do", FORM, nested_forms()),
    "form-in-itself": drawing(b"/X Do", FORM, {11: stream(b"/X Do", FORM_IN_ITSELF)}),
    "pattern": drawing(
        b"/Pattern cs /P scn 0 0 595 842 re f",
        b"/Pattern<</P 11 0 R>>",
        {11: stream(b"0 0 1 1 re f " * 50, FINE_PATTERN)},
    ),
    "one-picture-a-thousand-times": drawing(b"/X Do " * 1000, FORM, {11: stream(b"", LARGE_PICTURE)}),
    "endless-drawing": drawing(b"0 0 1 1 re f\n" * 200_000, b"", {}),
}


@pytest.mark.parametrize("name", TOO_ELABORATE)
def test_page_that_would_take_long_is_not_drawn_and_said(name: str) -> None:
    reading = read(TOO_ELABORATE[name])
    assert [defect.code for defect in reading.defects] == ["pages-not-drawn"]
    assert reading.not_evaluated == (
        "Not all pages of the PDF file “programme.pdf” were searched for QR codes.",
    )


SEED = sorted(CARRIERS)


@given(st.sampled_from(SEED), st.data())
@settings(max_examples=150, deadline=None)
def test_cut_and_changed_files_never_raise(name: str, draw: st.DataObject) -> None:
    data = CARRIERS[name][0]
    end = draw.draw(st.integers(0, len(data)))
    start = draw.draw(st.integers(0, end))
    middle = draw.draw(st.binary(max_size=20))
    reading = read(data[:start] + middle + data[end:])
    assert all(one.technique in ("pdf", "qr") for one in reading.references)


SCRIPTS = [
    ('app.launchURL("https://a.example/1")', ["https://a.example/1"]),
    ("var a='ht'+'tps://b.example/'+id; this.submitForm({cURL: a})", ["https://b.example/"]),
    ('app["launch" + "URL"](unescape("%68ttps%3a//e.example/x"))', ["https://e.example/x"]),
    ("eval(String.fromCharCode(39,104,116,116,112,58,47,47,102,46,101,120,97,109,112,108,101,39))", ["http://f.example"]),
    (r'this.openDoc("\\\\192.0.2.1\\s\\f.pdf")', [r"\\192.0.2.1\s\f.pdf"]),
    (r'app.launchURL("\x68ttps:\u002f/g.example")', ["https://g.example"]),
    ('$.rawValue = Get("https://h.example/v")', ["https://h.example/v"]),
    ('app.launchURL("https://j.example/") // http://k.example', ["https://j.example/"]),
    ('app.launchURL("unclosed', []),
    ('app.alert("see https://d.example")', []),
    ("/* getURL('https://c.example') */", []),
]  # fmt: skip


@pytest.mark.parametrize(("script", "urls"), SCRIPTS)
def test_scripts_name_what_they_contact(script: str, urls: list[str]) -> None:
    assert list(urls_in_script(script)) == urls
