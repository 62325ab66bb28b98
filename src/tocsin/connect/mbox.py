"""mbox: mails one after another, each opened by a "From " line; read in chunks, whatever the size.

mboxo and mboxrd put ">" before lines of a mail that begin with "From ". mboxrd also puts one before ">From
", mboxo does not, and nothing in a file tells which of the two wrote it. Both are read as mboxrd: every
body line of ">"s followed by "From " loses one. That is exact for mboxrd (Gmail's exports, list archives,
Thunderbird, getmail), exact for mboxo wherever the mail itself had no line ">From ", and in the remaining
mboxo mails takes one quote sign from a quoted line, where the other choice would break the bytes, hence the
signatures, of mboxrd mails. mboxcl and mboxcl2 state Content-Length. It is believed only when a "From "
line or the end of the file follows right there; when the body up to there holds a bare "From " line that
would have been a separator, the file quotes nothing (mboxcl2), and nothing is unquoted in that mail.

Source: RFC 4155; https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml for the family.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.connect.feed import Feed
from tocsin.connect.folder_names import printable
from tocsin.connect.from_line import LONGEST, envelope_of, is_git_patch, is_separator
from tocsin.connect.limits import ReadLimits
from tocsin.connect.mail_marks import header_end, labels_of, status_flags, truncation
from tocsin.connect.place import Place
from tocsin.model.source import RawMail, ReadError

_LOOK_AHEAD = 2 * LONGEST  # a From line and the start of the field after it
_LINE = re.compile(rb"\n>*From ")
_LINE_CR = re.compile(rb"\r>*From ")
_LONGEST_BELIEVED = 32 * 1024 * 1024  # a false length must not make the buffer grow
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_QUOTED_CR = re.compile(rb"(?<=\r)>(?=>*From )")
_CONTENT_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class _Splitter:
    """Cuts a feed into mails, holding one chunk, or one mail where that is larger."""

    def __init__(self, feed: Feed, limits: ReadLimits) -> None:
        self.feed = feed
        self.limits = limits
        self.buffer = feed.take(limits.chunk_bytes)
        self.base = feed.position - len(self.buffer)  # offset of buffer[0] in the file
        self.ended = len(self.buffer) < limits.chunk_bytes
        sample = self.buffer[:65536]
        self.newline = b"\r" if b"\r" in sample and b"\n" not in sample else b"\n"
        # One pass for separators and quoted lines: both are rare, and the search is what reading costs.
        self.line = _LINE_CR if self.newline == b"\r" else _LINE
        opening = None if self.buffer.startswith(b"From ") else self.line.search(self.buffer)
        self.start = opening.start() + 1 if opening else 0
        self.patches = is_git_patch(self.buffer[self.start : self.start + LONGEST])
        self.quoted = False  # the mail that an end was found for has lines to unquote

    def grow(self, keep_from: int, target: int = 0) -> int:
        """Forget what lies before `keep_from`, read on; gives how far offsets in the buffer moved down."""
        kept = self.buffer[keep_from:]
        more = self.feed.take(max(self.limits.chunk_bytes, len(kept) // 4, target - len(kept)))
        self.ended = not more
        self.base += keep_from
        self.buffer = kept + more
        return keep_from

    def next_end(self) -> int | None:
        """Where the mail at `start` ends, in the buffer; None when it is larger than the limit."""
        self.quoted = False
        scan = self.start + 5
        while True:
            hit, scan = self._separator(scan)
            if hit is not None:
                return self._by_content_length(hit)
            if self.ended:
                return self._by_content_length(len(self.buffer))
            if len(self.buffer) - self.start > self.limits.max_mail_bytes:
                return None
            scan -= self.grow(self.start)
            self.start = 0

    def skip_to_next(self) -> int:
        """Pass over the rest of a mail that is too large; gives where the next starts."""
        scan = self.start + 5
        while True:
            hit, scan = self._separator(scan)
            if hit is not None:
                return hit
            if self.ended:
                return len(self.buffer)
            self.start = 0
            scan -= self.grow(max(0, scan - 8))

    def _separator(self, scan: int) -> tuple[int | None, int]:
        """The next From line that starts a mail, or None and from where to search once there is more to
        read."""
        buffer = self.buffer
        while hit := self.line.search(buffer, scan):
            at = hit.start() + 1
            if at + 5 != hit.end():
                self.quoted = True
            elif not self.ended and at + _LOOK_AHEAD >= len(buffer):
                return None, hit.start()
            elif is_separator(buffer, at, patches=self.patches):
                return at, at
            scan = hit.end()
        return None, max(scan, len(buffer) - LONGEST)

    def _by_content_length(self, end: int) -> int:
        """The stated end of the mail where a From line or the end of the file bears it out, else `end`."""
        line_end = header_end(self.buffer, self.start, end)
        if line_end < 0 or self.buffer.find(b"ength:", self.start, line_end) < 0:
            return end
        stated = _CONTENT_LENGTH.search(self.buffer, self.start, line_end + 1)
        if stated is None:
            return end
        body = line_end + (3 if self.buffer.startswith(b"\n\r\n", line_end) else 2)
        length = int(stated[1])
        if body + length <= end or length > min(_LONGEST_BELIEVED, self.limits.max_mail_bytes):
            return end
        if body + length + _LOOK_AHEAD > len(self.buffer) and not self.ended:
            moved = self.grow(self.start, body + length + 2 * _LOOK_AHEAD - self.start)
            self.start, body, end = 0, body - moved, end - moved
            self.ended = self.ended or len(self.buffer) < body + length + _LOOK_AHEAD
        stop = body + length
        if stop > len(self.buffer):
            return end
        for _ in range(2):  # one blank line may follow the stated length
            if stop == len(self.buffer) or (
                self.buffer.startswith(b"From ", stop) and is_separator(self.buffer, stop, first=True)
            ):
                self.quoted = False
                return stop
            stop += 2 if self.buffer.startswith(b"\r\n", stop) else 1
            if self.buffer[stop - 1 : stop] not in (b"\n", b"\r"):
                break
        return end


def read_mbox(
    feed: Feed, place: Place, limits: ReadLimits, *, only_first: bool = False
) -> Iterator[RawMail | ReadError]:
    """The mails of an mbox in their order; `feed` may start at any From line.

    A mail over `limits.max_mail_bytes` is a ReadError and the reading goes on at the next. The last mail is
    handed over even when it was cut off, which is said. A file that holds one mail only is a loose mail of
    its folder.
    """
    cut = _Splitter(feed, limits)
    count = 0
    while cut.start < len(cut.buffer) and cut.buffer:
        offset = cut.base + cut.start
        end = cut.next_end()
        if end is None:
            offset = cut.base + cut.start
            cut.start = cut.skip_to_next()
            yield ReadError(
                "mail-too-large",
                place.at(offset),
                f"A mail is larger than {limits.max_mail_bytes // 2**20} MiB and was passed over; the "
                "next was read.",
                offset,
            )
            count += 1
            continue
        last = cut.ended and end >= len(cut.buffer)
        first_line, raw = _mail(cut.buffer, cut.start, end, cut.newline, quoted=cut.quoted)
        cut.start = end
        if raw:
            mailbox = place.shelf if last and not count and feed.position == cut.base + end else place.mailbox
            count += 1
            yield _raw_mail(place, offset, mailbox, first_line, raw)
        if last and feed.damage is None and (why := truncation(raw, alone=count < 2)):
            yield ReadError(
                "truncated",
                place.at(offset),
                f"The last mail is cut off ({why}); what is there was read. Export or copy the mailbox "
                "again.",
                offset,
            )
        if only_first:
            return


def _mail(buffer: bytes, start: int, end: int, newline: bytes, *, quoted: bool) -> tuple[bytes, bytes]:
    """The From line and the mail in `buffer[start:end]`, copied once since this is where the time goes."""
    line_end = buffer.find(newline, start, min(end, start + LONGEST)) + 1 or end
    if buffer.endswith((b"\n\n", b"\r\r"), line_end, end):
        end -= 1
    elif buffer.endswith(b"\n\r\n", line_end, end):
        end -= 2
    raw = buffer[line_end:end]
    if quoted:
        raw = _unquoted(raw, newline)
    return buffer[start:line_end], raw


def _unquoted(raw: bytes, newline: bytes) -> bytes:
    """Undo the quoting in the body; a ">From" in the header is UUCP's second From line and stays."""
    body = header_end(raw) + 1
    if not body:
        return raw
    pattern = _QUOTED_CR if newline == b"\r" else _QUOTED
    return raw[:body] + pattern.sub(b"", raw[body:])


def _raw_mail(place: Place, offset: int, mailbox: str, first_line: bytes, raw: bytes) -> RawMail:
    sender, arrival_s = envelope_of(first_line)
    folder, outgoing = place.folder, place.outgoing
    labels = labels_of(raw)
    if labels is not None:
        folder, outgoing = printable(labels[0]) or folder, labels[1] or outgoing
    return RawMail(
        source=place.at(offset),
        mailbox=mailbox,
        raw=raw,
        folder=folder,
        arrival_s=arrival_s,
        envelope_sender=sender,
        flags=status_flags(raw) or place.flags,
        outgoing=outgoing,
    )
