"""Five hundred mails of many kinds, the same ones every time; every host in them is reserved."""

from __future__ import annotations

import base64
import hashlib
import io
import quopri
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

SENDER = "writer@outlet.example"


@dataclass(frozen=True)
class Kind:
    """One mail: `acts` tells that it would phone home by itself; `files` are digests of attachments to survive."""

    name: str
    number: int
    raw: bytes
    acts: bool = False
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=())  # must be readable afterwards

    @property
    def message_id(self) -> str:
        return f"<{self.name}.{self.number}@outlet.example>"


def _head(name: str, number: int, *more: str, subject: str = "") -> bytes:
    lines = [
        "From: Ann Writer <writer@outlet.example>",
        "To: reader@desk.test",
        f"Subject: {subject or f'Number {number} of {name}'}",
        "Date: Mon, 11 Jan 2021 09:00:00 +0000",
        f"Message-ID: <{name}.{number}@outlet.example>",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n"


def _token(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:24]


def _page(number: int, text: str = "Good morning from the desk.") -> str:
    return (
        f"<html><body><p>{text}</p><p><a href='https://www.outlet.example/a?u={_token(number)}'>Read on</a></p>"
        f"<img src='http://t.outlet.example/p.gif?id={_token(number)}' width=1 height=1></body></html>"
    )


def _bytes(number: int, size: int = 4000) -> bytes:
    return random.Random(number).randbytes(size)


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def plain(n: int) -> Kind:
    text = "Dear reader,\r\n\r\n  the agenda follows. \r\n.\r\n..two dots\r\nFrom here on\r\n"
    return Kind("plain", n, _head("plain", n) + b"\r\n" + text.encode(), texts=("the agenda follows",))


def flowed(n: int) -> Kind:
    kind = "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"
    body = "A paragraph that goes \r\non over lines \r\nand ends.\r\n> quoted \r\n> too\r\n-- \r\nAnn\r\n"
    return Kind("flowed", n, _head("flowed", n, "MIME-Version: 1.0", kind) + b"\r\n" + body.encode())


def eight_bit(n: int) -> Kind:
    more = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    body = "Grüße aus dem Büro, été à Liège\r\n".encode()
    return Kind("eight-bit", n, _head("eight-bit", n, *more) + b"\r\n" + body, texts=("Grüße aus dem Büro",))


def utf8_headers(n: int) -> Kind:
    head = _head(
        "utf8-headers",
        n,
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8",
        subject="Überblick für dich",
    )
    return Kind("utf8-headers", n, head + b"\r\n" + _page(n).encode(), acts=True)


def html(n: int) -> Kind:
    head = _head("html", n, "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8")
    return Kind(
        "html",
        n,
        head + b"\r\n" + _page(n).encode() + b"\r\n",
        acts=True,
        texts=("Good morning from the desk",),
    )


def html_base64(n: int) -> Kind:
    more = (
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    )
    return Kind(
        "html-base64", n, _head("html-base64", n, *more) + b"\r\n" + _lines(_page(n).encode()), acts=True
    )


def html_utf16(n: int) -> Kind:
    more = (
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-16",
        "Content-Transfer-Encoding: base64",
    )
    return Kind(
        "html-utf16",
        n,
        _head("html-utf16", n, *more) + b"\r\n" + _lines(_page(n).encode("utf-16")),
        acts=True,
    )


def alternative(n: int) -> Kind:
    quoted = quopri.encodestring(_page(n).encode()).replace(b"\n", b"\r\n")
    head = _head("alternative", n, "MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="b1"')
    body = (
        b"\r\n--b1\r\nContent-Type: text/plain\r\n\r\nThe words alone.\r\n--b1\r\n"
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quoted
        + b"\r\n--b1--\r\n"
    )
    return Kind("alternative", n, head + body, acts=True, texts=("The words alone",))


def newsletter(n: int) -> Kind:
    more = (
        "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8",
        "List-Id: <news.outlet.example>",
        "List-Unsubscribe: <https://www.outlet.example/u?x=1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Precedence: bulk",
    )
    return Kind(
        "newsletter", n, _head("newsletter", n, *more) + b"\r\n" + _page(n, "This week.").encode(), acts=True
    )


def files(n: int) -> Kind:
    picture = b"\x89PNG\r\n\x1a\n" + _bytes(n)
    text = f"line {n}\r\n".encode() * 50
    head = _head("files", n, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="m1"')
    body = (
        b"\r\n--m1\r\nContent-Type: text/plain\r\n\r\nTwo files.\r\n--m1\r\nContent-Type: image/png; name=a.png\r\n"
        b"Content-Disposition: attachment; filename=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + _lines(picture)
        + b"--m1\r\nContent-Type: text/plain; name=notes.txt\r\nContent-Disposition: attachment; filename=notes.txt\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(text) + b"--m1--\r\n"
    )
    digests = tuple(hashlib.sha256(one).hexdigest() for one in (picture, text))
    return Kind("files", n, head + body, files=digests, texts=("Two files",))


def picture_inside(n: int) -> Kind:
    picture = b"GIF89a" + _bytes(n, 800)
    head = _head("picture-inside", n, "MIME-Version: 1.0", 'Content-Type: multipart/related; boundary="r1"')
    page = f"<html><body><p>A logo</p><img src='cid:logo'><img src='https://t.outlet.example/o?{_token(n)}'></body></html>"
    body = (
        b"\r\n--r1\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n"
        + page.encode()
        + b"\r\n--r1\r\nContent-Type: image/gif\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + _lines(picture)
        + b"--r1--\r\n"
    )
    return Kind("picture-inside", n, head + body, acts=True, files=(hashlib.sha256(picture).hexdigest(),))


def nested(n: int) -> Kind:
    body = b"\r\n--d0\r\nContent-Type: text/html\r\n\r\n" + _page(n).encode() + b"\r\n--d0--\r\n"
    for depth in range(1, 8):
        name = b"d%d" % depth
        body = (
            b"\r\n--"
            + name
            + b'\r\nContent-Type: multipart/mixed; boundary="d%d"\r\n' % (depth - 1)
            + body
            + b"--"
            + name
            + b"--\r\n"
        )
    head = _head("nested", n, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="d7"')
    return Kind("nested", n, head + body, acts=True)


def forwarded(n: int) -> Kind:
    head = _head("forwarded", n, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="f1"')
    body = b"\r\n--f1\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--f1\r\nContent-Type: message/rfc822\r\n\r\n"
    return Kind("forwarded", n, head + body + html(n).raw + b"--f1--\r\n", texts=("See below",))


def receipt(n: int) -> Kind:
    more = (
        "Disposition-Notification-To: writer@outlet.example",
        "X-Confirm-Reading-To: writer@outlet.example",
    )
    return Kind(
        "receipt",
        n,
        _head("receipt", n, *more) + b"\r\nPlease confirm.\r\n",
        acts=True,
        texts=("Please confirm",),
    )


def bounce(n: int) -> Kind:
    head = _head(
        "bounce",
        n,
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="s1"',
    )
    body = (
        b"\r\n--s1\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n--s1\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.outlet.example\r\n\r\n"
        b"Final-Recipient: rfc822; x@outlet.example\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\n\r\n--s1\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: old\r\n\r\n--s1--\r\n"
    )
    return Kind("bounce", n, head + body)


def long_fields(n: int) -> Kind:
    folded = "X-Long: " + "\r\n ".join(f"piece-{i}-{_token(i)}" for i in range(200))
    return Kind("long-fields", n, _head("long-fields", n, folded, "X-Empty: ") + b"\r\nShort.\r\n")


def encrypted(n: int) -> Kind:
    head = _head(
        "encrypted",
        n,
        "MIME-Version: 1.0",
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e1"',
    )
    body = (
        b"\r\n--e1\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--e1\r\n"
        b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n"
        + _lines(_bytes(n, 300))
        + b"-----END PGP MESSAGE-----\r\n--e1--\r\n"
    )
    return Kind("encrypted", n, head + body)


def no_body(n: int) -> Kind:
    return Kind("no-body", n, _head("no-body", n) + b"\r\n")


def bare_line_feeds(n: int) -> Kind:
    return Kind(
        "bare-line-feeds",
        n,
        html(n).raw.replace(b"html.", b"bare-line-feeds.").replace(b"\r\n", b"\n"),
        acts=True,
    )


def one_line(n: int) -> Kind:
    head = _head("one-line", n, "MIME-Version: 1.0", "Content-Type: text/html")
    return Kind(
        "one-line", n, head + b"\r\n" + b"<p>" + b"word " * 20_000 + _page(n).encode() + b"\r\n", acts=True
    )


def nul_bytes(n: int) -> Kind:
    head = _head("nul-bytes", n, "MIME-Version: 1.0", "Content-Type: text/html")
    return Kind(
        "nul-bytes", n, head + b"\r\n" + _page(n).replace("Good", "G\0ood\0").encode() + b"\r\n", acts=True
    )


def ambiguous(n: int) -> Kind:
    head = _head("ambiguous", n, "MIME-Version: 1.0", "Content-Type: text/plain", "Content-Type: text/html")
    return Kind("ambiguous", n, head + b"\r\n" + _page(n).encode() + b"\r\n", acts=True)


def signed(n: int) -> Kind:
    head = _head(
        "signed",
        n,
        "MIME-Version: 1.0",
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="g1"',
    )
    body = (
        b"\r\n--g1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + _page(n, "Signed by nobody known.").encode()
        + b"\r\n--g1\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(_bytes(n, 900)) + b"--g1--\r\n"
    )
    return Kind("signed", n, head + body, acts=True, texts=("Signed by nobody known",))


def files_that_act(n: int) -> Kind:
    """Files that would phone home once they are opened: the mail by itself does not."""
    page = _page(n, "A page of its own.").encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("page.html"), page)
    head = _head("files-that-act", n, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="x1"')
    body = b"\r\n--x1\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n"
    for kind, name, data in (
        (b"text/html", b"page.html", page),
        (b"application/zip", b"pages.zip", packed.getvalue()),
    ):
        body += b"--x1\r\nContent-Type: " + kind + b"\r\nContent-Disposition: attachment; filename=" + name
        body += b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + _lines(data)
    digests = tuple(hashlib.sha256(one).hexdigest() for one in (page, packed.getvalue()))
    return Kind("files-that-act", n, head + body + b"--x1--\r\n", files=digests, texts=("See the files",))


def many_recipients(n: int) -> Kind:
    copies = "Cc: " + ",\r\n ".join(f"Reader {i} <reader{i}@desk.test>" for i in range(400))
    return Kind("many-recipients", n, _head("many-recipients", n, copies) + b"\r\nTo all of you.\r\n")


def repeated_fields(n: int) -> Kind:
    more = [f"Received: from a{i}.outlet.example by b{i}.outlet.example; Mon, 11 Jan 2021" for i in range(20)]
    more += ["Comments: one", "X-Mixed:\tvalue ", "comments: two", "Comments:three", "MIME-Version: 1.0"]
    more += ["Content-Type: text/html", "Disposition-Notification-To: writer@outlet.example"]
    return Kind(
        "repeated-fields", n, _head("repeated-fields", n, *more) + b"\r\n" + _page(n).encode(), acts=True
    )


def around_the_parts(n: int) -> Kind:
    head = _head("around-the-parts", n, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="p1"')
    body = (
        b"\r\nWhat old programs show.\r\n\r\n--p1  \r\n\r\nThe only part.\r\n--p1\r\n"
        b"Content-Type: text/x-unknown\r\n\r\nmore\r\n--p1--\r\n\r\nWhat comes behind.\r\n"
    )
    return Kind("around-the-parts", n, head + body, texts=("The only part",))


MAKERS: tuple[Callable[[int], Kind], ...] = (
    plain, flowed, eight_bit, utf8_headers, html, html_base64, html_utf16, alternative, newsletter, files,
    picture_inside, nested, forwarded, receipt, bounce, long_fields, encrypted, no_body, bare_line_feeds, one_line,
    nul_bytes, ambiguous, signed, files_that_act, many_recipients, repeated_fields, around_the_parts,
)  # fmt: skip


def kinds(count: int = 500) -> list[Kind]:
    """So many mails, all kinds in turn."""
    return [MAKERS[n % len(MAKERS)](n) for n in range(count)]
