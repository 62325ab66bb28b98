"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import re
from enum import StrEnum

from tocsin.connect.from_line import is_separator

HEAD_BYTES = 64 * 1024


class Kind(StrEnum):
    """A format that a reader exists for, or a reason why there is none."""

    EMPTY = "empty"
    MAIL = "mail"
    EMLX = "emlx"
    MBOX = "mbox"
    BABYL = "babyl"
    MMDF = "mmdf"
    HTML = "html"
    OLE = "ole"
    PST = "pst"
    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    UNSUPPORTED_ARCHIVE = "unsupported-archive"
    UNSUPPORTED_MAILBOX = "unsupported-mailbox"
    OTHER = "other"


COMPRESSED = frozenset({Kind.GZIP, Kind.BZIP2, Kind.XZ})
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b\x08", Kind.GZIP),
    (b"BZh", Kind.BZIP2),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"PK00PK\x03\x04", Kind.ZIP),
    (b"PK\x07\x08PK\x03\x04", Kind.ZIP),
    (b"!BDN", Kind.PST),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
    (b"7z\xbc\xaf\x27\x1c", Kind.UNSUPPORTED_ARCHIVE),
    (b"Rar!\x1a\x07", Kind.UNSUPPORTED_ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.UNSUPPORTED_ARCHIVE),  # zstd
    (b"\x04\x22\x4d\x18", Kind.UNSUPPORTED_ARCHIVE),  # lz4
    (b"LZIP", Kind.UNSUPPORTED_ARCHIVE),
    (b"MSCF\x00\x00\x00\x00", Kind.UNSUPPORTED_ARCHIVE),
    (b"\x1f\x9d", Kind.UNSUPPORTED_ARCHIVE),  # compress
    (b"\xcf\xad\x12\xfe", Kind.UNSUPPORTED_MAILBOX),  # Outlook Express dbx
    (b"\x01\x01\x01\x01\n", Kind.MMDF),
    (b"\x01\x01\x01\x01\r\n", Kind.MMDF),
    (b"BABYL OPTIONS", Kind.BABYL),
)
# Packed documents are no mail archives: their parts would only be listed as "not mail".
_DOCUMENT_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"AndroidManifest.xml",
                     b"_rels/.rels", b"docProps/", b"classes.dex")  # fmt: skip
_FROM_LINE = re.compile(rb"(?:[\r\n]{0,8})From [^\r\n]{0,1000}(?:\r\n?|\n)(?:>From |[!-9;-~]{1,128}[ \t]*:)")
_EMLX = re.compile(rb"[0-9]{1,12}[ \t]*\r?\n(?=[!-9;-~]{1,128}[ \t]*:|From )")
_LINE = re.compile(rb"([^\r\n]{0,2000})[^\r\n]*(?:\r\n?|\n|\Z)")
_MULTIPART = re.compile(rb"Content-Type:[ \t]*multipart/[^:]{0,200}boundary", re.IGNORECASE)
_MOST_LINES = 200
_FIELD = re.compile(rb"([!-9;-~]{1,128})[ \t]*:")
_HTML = re.compile(
    rb"(?:\s|<!--(?:[^-]|-(?!->)){0,4000}-->|<\?xml[^>]{0,400}\?>)*"
    rb"<(?:!doctype[ \t\r\n]+html|html|head|body|title|meta|center|table|div|style)(?=[\s>/])",
    re.IGNORECASE,
)
# An earlier report of ours that lies beside the mail; it is listed among the files that are not mail.
_OWN_PAGE = (
    b'<!DOCTYPE html>\n<!-- A report of Tocsin -->\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
)
# Fields that only mail has, and fields that other things have too.
_SURE = frozenset(
    b"received return-path message-id mime-version dkim-signature delivered-to authentication-results"
    b" arc-seal in-reply-to list-unsubscribe x-mailer x-originating-ip envelope-to".split()
)
_SURE_START = re.compile(
    rb"(?:%s)[ \t]*:[^\r\n]{0,2000}(?:\r\n?|\n)" % b"|".join(sorted(_SURE, reverse=True)), re.IGNORECASE
)
_LIKELY = frozenset(
    b"from to cc bcc subject date reply-to sender references content-type content-transfer-encoding"
    b" resent-from resent-to resent-date list-id errors-to x-priority x-spam-status user-agent"
    b" disposition-notification-to apparently-to newsgroups status x-uidl".split()
)


def recognise(head: bytes, *, lenient: bool = False) -> Kind:
    """What a file that starts with these bytes is; hand in `HEAD_BYTES` of them where there are as many.

    Text counts as mail when its first lines are header fields and they name mail: one field that only mail
    has (Received, Message-ID, ...) or two of those that mail usually has (From, To, Subject, Date, ...).
    `lenient`, for files that are there as mail (named by the user, called .eml, or in a Maildir), takes one of
    either.
    """
    if not head:
        return Kind.EMPTY
    if _SURE_START.match(head):  # most files in a folder of mail: nothing else begins so
        return Kind.MAIL
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return Kind.OTHER if kind is Kind.ZIP and _is_document(head) else kind
    if len(head) >= 512 and _is_tar(head):
        return Kind.TAR
    if head[32769:32774] == b"CD001":
        return Kind.UNSUPPORTED_ARCHIVE
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "replace").encode("utf-8", "replace")
        return Kind.HTML if _HTML.match(text) else Kind.OTHER
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if _FROM_LINE.match(head) or is_separator(head, 0, first=True):
        return Kind.MBOX
    if _EMLX.match(head):
        return Kind.EMLX
    if _is_mail(head, lenient):
        return Kind.MAIL
    if head.startswith(_OWN_PAGE):
        return Kind.OTHER
    if b"<" in head[:8192] and _HTML.match(head):
        return Kind.HTML
    return Kind.OTHER if head.strip(b"\x00\r\n\t ") else Kind.EMPTY


def _is_document(head: bytes) -> bool:
    return head[30:].startswith(_DOCUMENT_MEMBERS)


def _is_tar(head: bytes) -> bool:
    """ustar or old: the header's own checksum decides, since old archives have no magic."""
    field = head[148:156].strip(b"\x00 ")
    if not field or not field.isdigit() or not head[0]:
        return False
    try:
        stated = int(field, 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 256 + sum(head[156:512])


def _is_mail(head: bytes, lenient: bool) -> bool:
    names: set[bytes] = set()
    strange = lines = 0
    for match in _LINE.finditer(head.lstrip(b"\r\n")):
        line = match[1]
        lines += 1
        if not line or lines > _MOST_LINES:
            break
        if line[:1] in b" \t" and lines > 1:
            continue
        field = _FIELD.match(line.strip() if lines == 1 else line)
        if field:
            name = field[1].lower()
            if name in _SURE and not strange:
                return True
            names.add(name)
        else:
            strange += 1
            if strange > 3:
                break
    found = len(names & _SURE) + len(names & _LIKELY)
    if strange:
        return found >= 3
    return found >= (1 if lenient else 2) or _MULTIPART.match(head) is not None
