"""What a file is, by its first bytes, then by its name, then by what was declared."""

from __future__ import annotations

HEAD = 1_024  # bytes that decide

PICTURE = "picture"
ZIP = "zip"  # archives, and Office documents that are archives
OLE = "ole"
RTF = "rtf"
PDF = "pdf"
HTML = "html"
SVG = "svg"
XML = "xml"
MHTML = "mhtml"
MAIL = "mail"
OUTLOOK = "outlook"  # a .msg item
CALENDAR = "calendar"
CARD = "card"
SHORTCUT = "shortcut"
CERTIFICATE = "certificate"
PGP = "pgp"
SEVEN_ZIP = "7z"
TAR = "tar"
COMPRESSED = "compressed"  # gzip, bzip2, xz, lzma, zstd of one file
ISO = "iso"  # disk images
CAB = "cab"
OTHER_ARCHIVE = "other-archive"  # rar, ace, arj, lzh: known by sight, not unpacked
SHEET = "sheet"  # tables as text, with formulas or a query
TEXT = "text"
UNKNOWN = ""

_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08PK\x03\x04", ZIP),  # marks of split archives
    (b"PK00PK\x03\x04", ZIP),
    (b"Rar!\x1a\x07", OTHER_ARCHIVE),
    (b"MSCF\x00\x00\x00\x00", CAB),
    (b"\x60\xea", OTHER_ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"{\\rt", RTF),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\x1f\x8b", COMPRESSED),
    (b"BZh", COMPRESSED),
    (b"\xfd7zXZ\x00", COMPRESSED),
    (b"\x28\xb5\x2f\xfd", COMPRESSED),
    (b"\x89PNG\r\n\x1a\n", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF87a", PICTURE),
    (b"GIF89a", PICTURE),
    (b"BM", PICTURE),
    (b"II*\x00", PICTURE),
    (b"MM\x00*", PICTURE),
    (b"L\x00\x00\x00\x01\x14\x02\x00", SHORTCUT),
)
_ENDINGS = {
    "7z": SEVEN_ZIP,
    **dict.fromkeys(("zip", "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xlsb", "pptx"), ZIP),
    **dict.fromkeys(("pptm", "potx", "ppsx", "odt", "ods", "odp", "odg", "ott", "vsdx", "jar"), ZIP),
    **dict.fromkeys(("doc", "dot", "xls", "xlt", "ppt", "pps", "pub", "vsd"), OLE),
    "msg": OUTLOOK,
    "rtf": RTF,
    **dict.fromkeys(("pdf", "fdf", "xfdf"), PDF),
    **dict.fromkeys(("html", "htm", "shtml", "xhtml", "xht", "hta"), HTML),
    **dict.fromkeys(("mht", "mhtml"), MHTML),
    **dict.fromkeys(("svg", "svgz"), SVG),
    **dict.fromkeys(("xml", "xsl", "xslt"), XML),
    **dict.fromkeys(("eml", "emlx"), MAIL),
    **dict.fromkeys(("ics", "ifb", "vcs", "ical"), CALENDAR),
    **dict.fromkeys(("vcf", "vcard"), CARD),
    **dict.fromkeys(("url", "lnk", "library-ms", "search-ms", "searchconnector-ms", "webloc"), SHORTCUT),
    **dict.fromkeys(
        ("desktop", "scf", "inetloc", "fileloc", "website", "theme", "rdp", "ini", "inf"), SHORTCUT
    ),
    **dict.fromkeys(
        ("m3u", "m3u8", "pls", "asx", "wax", "wvx", "wpl", "xspf", "jnlp", "application"), SHORTCUT
    ),
    **dict.fromkeys(("p7s", "p7m", "p7c", "p7b", "cer", "crt", "der", "pem"), CERTIFICATE),
    **dict.fromkeys(("asc", "pgp", "gpg", "sig"), PGP),
    **dict.fromkeys(("tar", "tgz", "tbz2", "txz"), TAR),
    **dict.fromkeys(("gz", "bz2", "xz", "lzma", "zst", "z", "lz"), COMPRESSED),
    **dict.fromkeys(("iso", "img", "udf", "vhd", "vhdx", "dmg"), ISO),
    "cab": CAB,
    **dict.fromkeys(("rar", "r00", "ace", "arj", "lzh", "lha"), OTHER_ARCHIVE),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "jfif"), PICTURE),
    **dict.fromkeys(("iqy", "rqy", "slk", "csv", "tsv"), SHEET),
    **dict.fromkeys(("txt", "log", "md"), TEXT),
}
_TYPES = {
    "text/calendar": CALENDAR,
    "application/ics": CALENDAR,
    "text/x-vcalendar": CALENDAR,
    "text/vcard": CARD,
    "text/x-vcard": CARD,
    "text/directory": CARD,
    **dict.fromkeys(("application/pdf", "application/vnd.fdf", "application/vnd.adobe.xfdf"), PDF),
    "application/rtf": RTF,
    "text/rtf": RTF,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "image/svg+xml": SVG,
    "multipart/related": MHTML,
    "message/rfc822": MAIL,
    "application/vnd.ms-outlook": OUTLOOK,
    "application/pkcs7-signature": CERTIFICATE,
    "application/x-pkcs7-signature": CERTIFICATE,
    "application/pkcs7-mime": CERTIFICATE,
    "application/x-pkcs7-mime": CERTIFICATE,
    "application/pkix-cert": CERTIFICATE,
    "application/pgp-keys": PGP,
    "application/pgp-signature": PGP,
    "application/x-x509-ca-cert": CERTIFICATE,
    "application/x-x509-user-cert": CERTIFICATE,
    "application/x-pkcs7-certificates": CERTIFICATE,
    **dict.fromkeys(("text/enriched", "text/richtext", "text/markdown", "text/x-markdown"), TEXT),
    "application/internet-shortcut": SHORTCUT,
    "application/x-desktop": SHORTCUT,
    "application/msword": OLE,
    "application/vnd.ms-excel": OLE,
    "application/vnd.ms-powerpoint": OLE,
    "application/zip": ZIP,
    "application/x-zip-compressed": ZIP,
    "application/x-7z-compressed": SEVEN_ZIP,
    "application/gzip": COMPRESSED,
    "application/x-gzip": COMPRESSED,
    "application/x-tar": TAR,
    "application/x-bzip2": COMPRESSED,
    "application/x-xz": COMPRESSED,
    "application/x-iso9660-image": ISO,
    "application/vnd.ms-cab-compressed": CAB,
    "application/vnd.rar": OTHER_ARCHIVE,
    "application/x-rar-compressed": OTHER_ARCHIVE,
    "text/xml": XML,
    "application/xml": XML,
}
_MARKS = (
    (b"<svg", SVG),
    (b"<!doctype html", HTML),
    (b"<html", HTML),
    (b"begin:vcalendar", CALENDAR),
    (b"begin:vcard", CARD),
    (b"[internetshortcut]", SHORTCUT),
    (b"[desktop entry]", SHORTCUT),
    (b"[.shellclassinfo]", SHORTCUT),
    (b"[autorun]", SHORTCUT),
    (b"<searchconnectordescription", SHORTCUT),
    (b"-----begin certificate", CERTIFICATE),
    (b"-----begin pkcs7", CERTIFICATE),
    (b"-----begin pgp public key", PGP),
    (b"-----begin pgp signature", PGP),
    (b"-----begin pgp message", PGP),
    (b"<librarydescription", SHORTCUT),
    (b"<persistedquery", SHORTCUT),
    (b"<xfdf", PDF),  # form data
)
_CMS = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07"  # PKCS #7: signed, enveloped and other data


def kind_of(head: bytes, name: str, media_type: str) -> str:
    """Tell what a file is from its first `HEAD` bytes, its name and its declared type, "" if it is nothing known.

    What the first bytes say goes first: programs open files by their content or name, whatever was declared.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PICTURE
    if head[7:14] == b"**ACE**" or head[2:5] == b"-lh":
        return OTHER_ARCHIVE
    if head[257:262] == b"ustar":
        return TAR
    if head[:1] == b"0" and _CMS in head[:24]:
        return CERTIFICATE
    start = head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n")[:HEAD].lower()
    if b"%pdf-" in start or b"%fdf-" in start:
        return PDF
    for mark, kind in _MARKS[2:]:
        if start.startswith(mark):
            return kind
    ending = name.lower().rstrip(". ").rpartition(".")[2] if "." in name else ""
    known = _ENDINGS.get(ending, "") or _TYPES.get(media_type, "")
    if known in (HTML, SVG, MHTML, SHORTCUT, MAIL, CALENDAR, CARD, CERTIFICATE, PGP, ISO, SHEET):
        return known
    if known in (OLE, ZIP, RTF, PDF, UNKNOWN) and start.startswith(b"mime-version:"):
        return MHTML  # Office opens a saved page under any of its own names
    for mark, kind in _MARKS:
        if mark in start and not (kind == SHORTCUT and known == TEXT):
            return kind
    if start.startswith(b"<?xml"):
        return XML
    if known in (TEXT, XML, RTF, PDF, PICTURE):
        return known
    if not known and media_type.startswith("image/"):
        return PICTURE
    return known
