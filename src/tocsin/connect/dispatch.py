"""From a stream to the reader of its format."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.connect.archives import read_compressed, read_tar, read_zip
from tocsin.connect.delimited import read_babyl, read_mmdf
from tocsin.connect.eml import read_eml, read_emlx
from tocsin.connect.feed import Feed
from tocsin.connect.html_body import read_html
from tocsin.connect.kinds import COMPRESSED, HEAD_BYTES, Kind, recognise
from tocsin.connect.mbox import read_mbox
from tocsin.connect.outlook_msg import read_msg
from tocsin.connect.outlook_pst import read_pst
from tocsin.connect.place import Place
from tocsin.connect.reading import Reading
from tocsin.model.source import RawMail, ReadError

Found = Iterator[RawMail | ReadError]


def read_feed(feed: Feed, place: Place, reading: Reading) -> Found:
    """Everything in one stream, by what its content is; ends with the stream's own damage, if any."""
    yield from _by_kind(feed, place, reading)
    if feed.damage is not None:
        yield ReadError(feed.damage.code, place.label, feed.damage.text, feed.damage.offset)


def _by_kind(feed: Feed, place: Place, reading: Reading) -> Found:
    head = feed.peek(HEAD_BYTES)
    named_mail = place.label.lower().endswith((".eml", ".emlx"))  # its owner says so: no odd mail passed over
    kind = recognise(head, lenient=place.given or place.in_maildir or named_mail)
    limits = reading.limits
    if kind is Kind.MBOX:
        yield from read_mbox(feed, place, limits)
    elif kind is Kind.MAIL:
        yield from read_eml(feed, place, limits)
    elif kind is Kind.EMLX:
        yield from read_emlx(feed, place, limits)
    elif kind is Kind.MMDF:
        yield from read_mmdf(feed, place, limits)
    elif kind is Kind.BABYL:
        yield from read_babyl(feed, place, limits)
    elif kind is Kind.HTML:
        yield from read_html(feed, place, limits)
    elif kind in COMPRESSED:
        yield from read_compressed(feed, kind, place, reading, read_feed)
    elif kind is Kind.TAR:
        yield from read_tar(feed, place, reading, read_feed)
    elif kind is Kind.ZIP:
        yield from read_zip(feed, place, reading, read_feed)
    elif kind is Kind.OLE:
        yield from read_msg(feed, place, reading)
    elif kind is Kind.PST:
        yield from read_pst(feed, place, reading)
    elif kind is Kind.UNSUPPORTED_ARCHIVE:
        yield ReadError(
            "unsupported-archive",
            place.label,
            "This kind of archive (7z, RAR, Zstandard, CAB, disk image, ...) is not read. Unpack it "
            "into a folder and "
            "scan that folder.",
        )
    elif kind is Kind.UNSUPPORTED_MAILBOX:
        yield ReadError(
            "unsupported-mailbox",
            place.label,
            "This is an Outlook Express mailbox (.dbx), which is not read. Drag its mails into a "
            "folder as .eml files, or "
            "import it into Thunderbird, and scan that.",
        )
    elif kind is Kind.EMPTY and feed.damage is not None:
        return  # nothing could be read of it: the damage says so
    elif kind is Kind.EMPTY:
        if place.given and place.label == "-":
            yield ReadError("empty", "-", "Nothing came on standard input. Pipe mail in, or name a file.")
        elif place.given:
            yield ReadError(
                "empty", place.label, "There is nothing in it: the file is empty. Export the mail again."
            )
        elif place.size:
            reading.pass_over(place.label)
    else:
        yield from _not_mail(place, reading)


def _not_mail(place: Place, reading: Reading) -> Found:
    if place.given:
        yield ReadError(
            "not-mail",
            place.label,
            "This is not mail in a format that can be read (.eml, mbox, Maildir, .msg, .pst, saved "
            ".html, or a zip or tar of "
            "these). Export the mail from the mail program in one of them.",
        )
    else:
        reading.pass_over(place.label)
