"""The structure of a mail: one pass over the lines that may be boundaries, whatever the depth.

Each boundary line is looked up once in the table of boundaries that are open, so work grows with the
bytes and
not with the nesting. What is ambiguous is noted as a `Doubt` and read again by `mail.readings`.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.mail import transfer
from tocsin.mail.drafts import NESTED, Doubt, Draft, Limits, Seed, encoding_of, type_of
from tocsin.mail.fields import BlankLines, Block, read_block
from tocsin.mail.headers import decode_words, joined_parameters, parameter_pairs
from tocsin.model.message import Defect

_LINE_END = re.compile(rb"\r*\n|\r")
_LINE_BLANKS = b" \t\r\n\x00\x0b\x0c"
_LONGEST_BOUNDARY = 1000
_DEEPEST_PATH = 40


class _Frame(msgspec.Struct):
    index: int
    path: str
    reading: str
    boundary: bytes
    digest: bool
    count: int = 0
    done: bool = False


class Walk:
    """One pass over a stretch of bytes; `drafts`, `defects` and `doubts` are its result."""

    def __init__(self, raw: bytes, limits: Limits, prefix_boundaries: bool = False) -> None:
        self.raw = raw
        self.limits = limits
        self.drafts: list[Draft] = []
        self.defects: list[Defect] = []
        self.doubts: list[Doubt] = []
        self.exercise = False
        self._blanks = BlankLines(raw)
        self._prefix_boundaries = prefix_boundaries
        self._frames: list[_Frame] = []
        self._live: dict[bytes, list[_Frame]] = {}
        self._ended: dict[bytes, list[_Frame]] = {}
        self._prefixed: set[int] = set()  # parts that already have their doubt about prefixes
        self._leaf = -1  # index of the part whose body is being passed over
        self._dash = -1  # offset of the next line that starts with "--"
        self._bare_cr: bool | None = None

    def run(self, start: int, stop: int, seed: Seed | None = None) -> None:
        """Reads the entity in raw[start:stop]; with a seed, only its body lies there."""
        self._stop = stop
        if seed is None:
            position = self._enter(start, -1, "", "", "text/plain")
        else:
            position = self._enter_seed(seed, start)
        while position >= 0 and (self._live or self._ended):
            at = self._next_dash(position)
            if at >= stop:
                break
            position = self._boundary_line(at)
        self._close_to(0, stop)
        if self._leaf >= 0:
            self.drafts[self._leaf].end = stop

    # -- lines -----------------------------------------------------------------------------------------------

    def _next_dash(self, position: int) -> int:
        """Offset of the next line at or after `position` that starts with "--", or the end."""
        if self._dash >= position:
            return self._dash
        raw, stop = self.raw, self._stop
        if self._bare_cr is None:
            self._bare_cr = raw.find(b"\r") >= 0 and raw.find(b"\r--") >= 0
        if raw.startswith(b"--", position, stop) and (position == 0 or raw[position - 1] in b"\r\n"):
            self._dash = position
            return position
        at = raw.find(b"\n--", position, stop)
        if self._bare_cr:
            at_cr = raw.find(b"\r--", position, stop if at < 0 else at)
            at = at_cr if at_cr >= 0 else at
        self._dash = stop if at < 0 else at + 1
        return self._dash

    def _next_open_boundary(self, start: int) -> int:
        """Offset of the first line at or after `start` and before the next blank line that is an open
        boundary.

        Where there is none, an offset at or after the blank line.
        """
        _, blank = self._blanks.after(start)
        at = first = self._next_dash(start)
        while at < min(blank, self._stop):
            after = self._after_line(at)
            frame, _ = self._match(self.raw[at + 2 : min(after, at + _LONGEST_BOUNDARY)].rstrip(_LINE_BLANKS))
            if frame is not None:
                break
            at = self._next_dash(after)
        if at != first:
            self._dash = first  # the lines passed over may be boundaries of what starts here
        return at

    def _after_line(self, at: int) -> int:
        if self._bare_cr:
            line_end = _LINE_END.search(self.raw, at, self._stop)
            return line_end.end() if line_end is not None else self._stop
        end = self.raw.find(b"\n", at, self._stop)
        end = self._stop if end < 0 else end + 1
        bare = self.raw.find(b"\r", at, end - 2)
        if bare >= 0 and self.raw[bare : end - 1].strip(b"\r"):
            return bare + 1
        return end

    def _boundary_line(self, at: int) -> int:
        """Handles the line that starts with "--" at `at`; the offset from which to go on, -1 to stop."""
        after = self._after_line(at)
        if after - at > _LONGEST_BOUNDARY + 10:
            return after
        token = self.raw[at + 2 : after].rstrip(_LINE_BLANKS)
        frame, closing = self._match(token)
        if frame is None:
            return after if after > at else -1
        raw = self.raw
        end = at - 1 if at and raw[at - 1] == 10 else at
        end = end - 1 if end and raw[end - 1] == 13 else end
        self._close_to(self._depth_of(frame) + 1, end)
        if self._leaf >= 0:
            draft = self.drafts[self._leaf]
            draft.end = max(draft.start, end)
            self._leaf = -1
        if closing:
            self._terminate(frame, end, after)
            return after
        if frame.count == 0:
            self._preamble(frame, end)
        frame.count += 1
        reading = frame.reading
        if frame.done:
            reading = reading or "after-terminator"
            self._defect(
                "after-terminator", "A part stands after the line that ends its multipart.", frame.path
            )
        path = f"{frame.path}.{frame.count}" if frame.path else str(frame.count)
        default = "message/rfc822" if frame.digest else "text/plain"
        return self._enter(after, frame.index, path, reading, default)

    def _match(self, token: bytes) -> tuple[_Frame | None, bool]:
        for table in (self._live, self._ended):
            if (frames := table.get(token)) is not None:
                return frames[-1], False
            if token.endswith(b"--") and (frames := table.get(token[:-2].rstrip(b" \t"))) is not None:
                return frames[-1], True
        for frame in reversed(self._frames[-8:]):
            if frame.boundary and token.startswith(frame.boundary):
                if self._prefix_boundaries:
                    return frame, token.startswith(frame.boundary + b"--")
                if frame.index not in self._prefixed:
                    self._prefixed.add(frame.index)
                    self.doubts.append(Doubt("prefix-boundary", frame.index, boundary=frame.boundary))
        return None, False

    # -- frames ----------------------------------------------------------------------------------------------

    def _depth_of(self, frame: _Frame) -> int:
        depth = len(self._frames) - 1
        while self._frames[depth] is not frame:
            depth -= 1
        return depth

    def _push(self, frame: _Frame) -> None:
        self._frames.append(frame)
        if frame.boundary:
            self._live.setdefault(frame.boundary, []).append(frame)

    def _close_to(self, depth: int, end: int) -> None:
        while len(self._frames) > depth:
            frame = self._frames.pop()
            draft = self.drafts[frame.index]
            draft.end = max(draft.start, end)
            if frame.boundary:
                self._forget(frame)
                if frame.count == 0:
                    self.doubts.append(Doubt("boundary-not-found", frame.index))
                elif not frame.done:
                    self._defect(
                        "unterminated-multipart", "A multipart ends without its closing line.", frame.path
                    )

    def _forget(self, frame: _Frame) -> None:
        table = self._ended if frame.done else self._live
        frames = table[frame.boundary]
        frames.remove(frame) if frames[-1] is not frame else frames.pop()
        if not frames:
            del table[frame.boundary]

    def _terminate(self, frame: _Frame, end: int, after: int) -> None:
        if frame.count == 0:
            self._preamble(frame, end)
        if not frame.done:
            self._forget(frame)
            frame.done = True
            self._ended.setdefault(frame.boundary, []).append(frame)
        self.doubts.append(Doubt("epilogue", frame.index, body=after))

    def _preamble(self, frame: _Frame, end: int) -> None:
        start = self.drafts[frame.index].start
        if end > start and self.raw.find(b"<", start, end) >= 0:
            self.doubts.append(Doubt("preamble", frame.index, body=end))

    def _defect(self, code: str, text: str, where: str) -> None:
        if len(self.defects) < 1000:
            self.defects.append(Defect(code, text, where))

    # -- entities --------------------------------------------------------------------------------------------

    def _enter(self, start: int, parent: int, path: str, reading: str, default: str) -> int:
        """Reads the entity at `start` and the messages nested at its start; where the body scan goes on."""
        while True:
            if len(self.drafts) >= self.limits.max_parts:
                self._defect("too-many-parts", "The mail has more parts than are read.", path)
                return -1
            if len(self._frames) > self.limits.max_depth:
                self._defect("too-deep", "Parts are nested deeper than is read.", path)
                return -1
            if len(self._frames) > _DEEPEST_PATH:
                path = f"~{len(self.drafts)}"
            bound = self._next_open_boundary(start) if self._live or self._ended else self._stop
            block = read_block(
                self.raw,
                start,
                max(bound, start),
                self._blanks,
                self.limits.max_headers,
                self.limits.max_header_bytes,
            )
            self.exercise = self.exercise or block.exercise
            index, draft = self._add(block, parent, path, reading, default)
            if draft.media_type not in NESTED or draft.encoding not in transfer.IDENTITY:
                if draft.media_type in NESTED:
                    self.doubts.append(Doubt("encoded-message", index))
                return draft.start
            self._leaf = -1
            self._push(_Frame(index, path, reading, b"", False))
            start, parent, default = draft.start, index, "text/plain"
            path = f"{path}.0" if path else "0"

    def _enter_seed(self, seed: Seed, start: int) -> int:
        draft = seed.draft
        self.drafts.append(draft)
        if draft.media_type.startswith("multipart/"):
            self._push(
                _Frame(0, draft.path, draft.reading, seed.boundary, draft.media_type == "multipart/digest")
            )
            return start
        if draft.media_type in NESTED:
            self._push(_Frame(0, draft.path, draft.reading, b"", False))
            return self._enter(
                start, 0, f"{draft.path}.0" if draft.path else "0", draft.reading, "text/plain"
            )
        self._leaf = 0
        return start

    def _add(self, block: Block, parent: int, path: str, reading: str, default: str) -> tuple[int, Draft]:
        mime = block.mime
        index = len(self.drafts)
        types = mime.get("content-type")
        pairs: list[tuple[str, str]] = []
        media_type = default
        if types:
            media_type, pairs, formed = type_of(types[0])
            if not formed and types[0].strip():
                self.doubts.append(Doubt("malformed-content-type", index, types[0]))
            if len(types) > 1:
                self.doubts.extend(
                    Doubt("last-content-type", index, other)
                    for other in dict.fromkeys(types[1:5])
                    if other != types[0]
                )
        params = joined_parameters(pairs) if pairs else {}
        encoding = ""
        if (encodings := mime.get("content-transfer-encoding")) is not None:
            encoding = encoding_of(encodings[0])
            if len(encodings) > 1:
                others = dict.fromkeys(encoding_of(other) for other in encodings[1:5])
                self.doubts.extend(
                    Doubt("last-transfer-encoding", index, other) for other in others if other != encoding
                )
            if encoding not in transfer.KNOWN:
                self._defect(
                    "unknown-transfer-encoding", f"Nobody knows the transfer encoding {encoding!r}.", path
                )
        disposition = filename = ""
        if (dispositions := mime.get("content-disposition")) is not None:
            token, disposition_pairs = parameter_pairs(dispositions[0])
            disposition = token
            filename = joined_parameters(disposition_pairs).get("filename", "") if disposition_pairs else ""
        if not filename and "name" in params:
            filename = params["name"]
        elif filename and "=?" in filename:
            filename = decode_words(filename)
        content_id = mime["content-id"][0].strip("<> \t") if "content-id" in mime else ""
        draft = Draft(
            path, reading, parent, block.headers, media_type, params, encoding, disposition, filename,
            content_id,
            block.body, block.body,
        )  # fmt: skip
        self.drafts.append(draft)
        self._leaf = index
        if media_type == "message/partial":
            self.doubts.append(Doubt("message-fragment", index))
        for mark in block.marks:
            if mark != "bare-cr" or index == 0:
                self._defect(mark, _MARKS[mark], path)
        if block.other_body >= 0:
            other_type = block.other_mime.get("content-type", [""])[0]
            other_encoding = block.other_mime.get("content-transfer-encoding", [""])[0]
            self.doubts.append(Doubt("junk-in-headers", index, other_type, block.other_body, other_encoding))
        if media_type.startswith("multipart/"):
            self._open_multipart(draft, index, pairs)
        return index, draft

    def _open_multipart(self, draft: Draft, index: int, pairs: list[tuple[str, str]]) -> None:
        name = draft.params.get("boundary", "")
        boundary = name.encode("utf-8", "replace").rstrip()[:_LONGEST_BOUNDARY]
        if not boundary:
            self.doubts.append(Doubt("missing-boundary", index))
        others = dict.fromkeys(text for key, text in pairs if key == "boundary")
        for other in others:
            if other != name:
                self.doubts.append(
                    Doubt("last-boundary", index, boundary=other.encode("utf-8", "replace").rstrip())
                )
        if draft.encoding not in transfer.IDENTITY:
            self.doubts.append(Doubt("encoded-multipart", index))
        self._leaf = -1
        digest = draft.media_type == "multipart/digest"
        self._push(_Frame(index, draft.path, draft.reading, boundary, digest))


_MARKS = {
    "bare-cr": "Lines end in a bare carriage return.",
    "headers-too-long": "A header block is longer than is read.",
    "too-many-headers": "A header block has more fields than are read.",
    "junk-in-headers": "A line that is no header field stands among the header fields.",
    "missing-blank-line": "No blank line separates headers from body.",
    "no-headers": "A header block holds no header.",
}
