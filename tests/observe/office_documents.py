"""Office documents made from scratch for tests: one for each carrier, and harmless ones beside them."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

from tests.observe.compound_file import compound_file

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Give a zip with these members, always the same bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2025, 3, 11, 8, 0, 0))
            info.compress_type = method
            archive.writestr(info, content)
    return output.getvalue()


def rels(*targets: tuple[str, str], external: bool = True, types: str = _OFFICE) -> str:
    """Give a relationships part from (type, target) pairs."""
    mode = ' TargetMode="External"' if external else ""
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{types}/{kind}" Target="{target}"{mode}/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.'
        f'openxmlformats.org/package/2006/relationships">{rows}</Relationships>'
    )


def word(body: str = "<w:p><w:r><w:t>The programme</w:t></w:r></w:p>", /, **members: str | bytes) -> bytes:
    """Give a .docx; members by name with "__" for "/" are added."""
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": rels(("officeDocument", "word/document.xml"), external=False),
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{_W}" xmlns:r="{_OFFICE}" '
        f'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><w:body>{body}'
        "</w:body></w:document>",
    }
    content.update(members)
    return zipped(content)


def sheet(**members: str | bytes) -> bytes:
    """Give an .xlsx with these members beside the usual."""
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": rels(("officeDocument", "xl/workbook.xml"), external=False),
        "xl/workbook.xml": "<workbook><sheets><sheet name='a'/></sheets></workbook>",
    }
    content.update(members)
    return zipped(content)


def cells(*formulas: str) -> str:
    """Give a worksheet part with these formulas."""
    rows = "".join(f'<c r="A{row}"><f>{formula}</f></c>' for row, formula in enumerate(formulas, 1))
    return f"<worksheet><sheetData><row>{rows}</row></sheetData></worksheet>"


def runs(*codes: str) -> str:
    """Give a field whose code is split over runs."""
    pieces = "".join(f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>' for code in codes)
    return (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'{pieces}<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        '<w:r><w:t>shown</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


def opendocument(content: str = "", kind: str = "text", /, **members: str | bytes) -> bytes:
    """Give an OpenDocument zip around this content."""
    whole: dict[str, str | bytes] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": "<manifest:manifest/>",
        "content.xml": flat_opendocument(content),
    }
    whole.update(members)
    return zipped(whole, zipfile.ZIP_STORED)


def flat_opendocument(content: str) -> str:
    """Give the XML of an OpenDocument text."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:'
        'opendocument:xmlns:office:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:draw="urn:oasis:names:tc:'
        'opendocument:xmlns:drawing:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f"<office:text>{content}</office:text></office:body></office:document-content>"
    )


def url_moniker(url: str) -> bytes:
    """Give a URL moniker (MS-OSHARED 2.3.7.6)."""
    text = url.encode("utf-16-le") + b"\0\0"
    return bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + struct.pack("<I", len(text)) + text


def file_moniker(path: str) -> bytes:
    """Give a file moniker (MS-OSHARED 2.3.7.8) without a UTF-16 path."""
    text = path.encode("latin-1") + b"\0"
    head = bytes.fromhex("0303000000000000c000000000000046") + struct.pack("<HI", 0, len(text))
    return head + text + struct.pack("<HH", 0xFFFF, 0xDEAD) + bytes(20) + struct.pack("<I", 0)


def old_word(text: str, template: str = "", *, wide: bool = False, encrypted: bool = False) -> bytes:
    """Give a .doc whose text is one piece."""
    fib = bytearray(0x400)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x409, 0, 0x0200 | (0x0100 if encrypted else 0))
    raw = text.encode("utf-16-le" if wide else "cp1252")
    offset = len(fib) if wide else (len(fib) * 2) | 0x40000000
    piece = struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, offset, 0)
    clx = b"\x02" + struct.pack("<I", len(piece)) + piece
    strings = struct.pack("<HHH", 0xFFFF, 2, 0) + struct.pack("<H", 0)
    strings += struct.pack("<H", len(template)) + template.encode("utf-16-le")
    struct.pack_into("<II", fib, 0x1A2, 0, len(clx))
    struct.pack_into("<II", fib, 0x19A, len(clx), len(strings))
    return compound_file({"WordDocument": bytes(fib) + raw, "1Table": clx + strings})


def record(kind: int, body: bytes) -> bytes:
    """Give one BIFF record."""
    return struct.pack("<HH", kind, len(body)) + body


def old_sheet(*records: bytes) -> bytes:
    """Give an .xls of these records."""
    return compound_file({"Workbook": record(0x809, bytes(16)) + b"".join(records) + record(0x0A, b"")})


def supbook(path: str) -> bytes:
    """Give a SupBook record that names an external workbook."""
    return record(0x1AE, struct.pack("<HHB", 1, len(path), 1) + path.encode("utf-16-le"))


def hlink(moniker: bytes) -> bytes:
    """Give an HLink record with one moniker."""
    standard = bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
    return record(0x1B8, bytes(8) + standard + struct.pack("<II", 2, 3) + moniker)


def formula(text: str) -> bytes:
    """Give a Formula record in which a string stands."""
    body = bytes(20) + b"\x17" + struct.pack("<BB", len(text), 0) + text.encode("latin-1")
    return record(0x23, b"\0\0WEBSERVICE") + record(0x06, body)


def old_slides(kind: int, url: str, instance: int = 1) -> bytes:
    """Give a .ppt with one external object: `kind` is its container."""
    text = url.encode("utf-16-le")
    atom = struct.pack("<HHI", instance << 4, 0x0FBA, len(text)) + text
    inside = struct.pack("<HHI", 0x0F, kind, len(atom)) + atom
    stream = struct.pack("<HHI", 0x0F, 0x0409, len(inside)) + inside
    return compound_file({"PowerPoint Document": stream})


def link_object(moniker: bytes) -> bytes:
    """Give the compound file of a linked object (MS-OLEDS 2.3.3)."""
    return compound_file({"\x01Ole": struct.pack("<IIII", 0x02000001, 1, 1, 0) + bytes(4) + moniker})


def old_object(class_name: str, native: bytes = b"", topic: str = "") -> bytes:
    """Give an OLE 1.0 object (MS-OLEDS 2.2.4 with `topic`, else 2.2.5)."""
    strings = [class_name, topic, ""]
    head = struct.pack("<II", 0x501, 1 if topic else 2)
    head += b"".join(
        struct.pack("<I", len(text) + 1) + text.encode() + b"\0" if text else bytes(4) for text in strings
    )
    return head if topic else head + struct.pack("<I", len(native)) + native


def packaged(name: str, content: bytes) -> bytes:
    """Give what Windows' packager makes of a file."""
    path = f"C:\\{name}\0".encode()
    head = b"\x02\0" + name.encode() + b"\0" + path + struct.pack("<HHI", 0, 3, len(path)) + path
    return head + struct.pack("<I", len(content)) + content


def drawing(url: str, flags: int = 0x0A) -> bytes:
    """Give OfficeArt properties that link a picture (pibName, pibFlags)."""
    name = url.encode("utf-16-le") + b"\0\0"
    properties = struct.pack("<HI", 0xC105, len(name)) + struct.pack("<HI", 0x0106, flags)
    return struct.pack("<HHI", 0x23, 0xF00B, len(properties) + len(name)) + properties + name


def flat_package(part: str) -> str:
    """Give a Word document in one file (flat OPC) around relationships."""
    return (
        '<?xml version="1.0" standalone="yes"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg='
        '"http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/word/_rels/document.xml.rels">'
        f"<pkg:xmlData>{part}</pkg:xmlData></pkg:part></pkg:package>"
    )


def based(data: bytes) -> str:
    """Give base64 in lines, as XML files hold it."""
    return base64.encodebytes(data).decode()
