"""The other readings of ambiguous structure: what some client shows where the standard is not followed.

Each ambiguity has an id, which is the `reading` of the parts that it yields and the code of its defect;
docs/defects.md
lists them.
"""

from __future__ import annotations

import re
from collections import deque

import msgspec

from tocsin.mail import transfer
from tocsin.mail.attached import is_attached_mail
from tocsin.mail.drafts import NESTED, Doubt, Draft, Limits, Seed, encoding_of, loose_type, type_of
from tocsin.mail.headers import joined_parameters
from tocsin.mail.structure import Walk
from tocsin.model.message import Defect

_HTML = re.compile(
    rb"[\s\x00\xef\xbb\xbf\xfe\xff]*(?:<!--.{0,200}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_HTML_ANYWHERE = re.compile(rb"<(?:html|body|img|a\s|table|div|iframe|style|link|meta)\b", re.I)
_DASH_LINE = re.compile(rb"(?:^|[\r\n])--([^\s-][^\r\n]{0,200}|[^\r\n]{0,3}-*[^\s-][^\r\n]{0,200})")
_SNIFFED = 512  # bytes of a body that are looked at to see whether it is HTML

_ATTACHED = "attached-message"
_STANDARD = ("encoded-message", _ATTACHED)  # what they yield belongs to the standard reading

_TEXTS = {
    "after-terminator": "A part stands after the line that ends its multipart.",
    "bare-cr": "Lines end in a bare carriage return.",
    "boundary-not-found": "The boundary that the multipart names stands nowhere in it.",
    "encoded-message": "An enclosed message is transfer-encoded.",
    "encoded-multipart": "A multipart is transfer-encoded, which the standard forbids.",
    "epilogue": "Text stands after the last part of a multipart.",
    "junk-in-headers": "A line that is no header field stands among the header fields.",
    "last-boundary": "A multipart names two boundaries.",
    "last-content-type": "Several Content-Type fields contradict each other.",
    "last-transfer-encoding": "Several Content-Transfer-Encoding fields contradict each other.",
    "malformed-content-type": "A Content-Type is malformed.",
    "message-fragment": "The part is a fragment of a larger message.",
    "missing-boundary": "A multipart names no boundary.",
    "preamble": "HTML stands before the first part of a multipart.",
    "prefix-boundary": "A line begins with the boundary and goes on.",
    "sniffed-html": "A plain text part holds an HTML document.",
}


class Readings:
    """Collects the parts of all readings of one mail; `drafts` starts with the standard reading."""

    def __init__(self, raw: bytes, limits: Limits, depth: int = 0, unpacked: int = -1) -> None:
        self.raw = raw
        self.limits = limits
        self.drafts: list[Draft] = []
        self.defects: list[Defect] = []
        self.exercise = False
        self._extra = 0
        self._reread = limits.max_reread * len(raw) + (1 << 20)
        self._depth = depth
        self._unpacked = limits.max_unpacked if unpacked < 0 else unpacked
        self._queue: deque[tuple[Doubt, Draft, int]] = deque()  # with the part's index
        self._known: set[tuple[int, int, str, str]] = set()  # places and meanings that some part already has

    def read(self, start: int, stop: int, seed: Seed | None = None) -> None:
        """The standard reading of raw[start:stop], then every other that its doubts ask for."""
        walk = Walk(self.raw, self.limits)
        walk.run(start, stop, seed)
        self.drafts = walk.drafts
        self.defects.extend(walk.defects)
        self.exercise = walk.exercise
        self._queue.extend((doubt, walk.drafts[doubt.index], doubt.index) for doubt in walk.doubts)
        for index, draft in enumerate(walk.drafts):
            if is_attached_mail(self.raw, draft):
                draft.media_type = "message/rfc822"
                self._queue.append((Doubt(_ATTACHED, index), draft, index))
        self._sniff(self.drafts)
        if self._queue:
            self._known = {(d.start, d.end, d.media_type, d.encoding) for d in self.drafts}
        while self._queue:
            doubt, draft, index = self._queue.popleft()
            if self._extra >= self.limits.max_readings and doubt.code not in _STANDARD:
                self._defect("too-many-readings", "The mail can be read in more ways than are tried.", "")
                continue
            self._resolve(doubt, draft, index)

    def _defect(self, code: str, text: str, where: str) -> None:
        defect = Defect(code, text, where)
        if len(self.defects) < 1000 and defect not in self.defects[-20:]:
            self.defects.append(defect)

    # -- resolving
    # ---------------------------------------------------------------------------------------------

    def _resolve(self, doubt: Doubt, draft: Draft, place: int) -> None:
        code = doubt.code
        start, stop = draft.start, draft.end
        reading = draft.reading or code
        other = msgspec.structs.replace(draft, reading=reading)
        boundary = doubt.boundary
        if code in ("preamble", "epilogue"):
            self._beside(doubt, other)
            return
        if code in ("encoded-message", "encoded-multipart", _ATTACHED):
            self._encoded(code, draft, place)
            return
        if code == "last-content-type":
            other.media_type, pairs, _ = type_of(doubt.value)
            other.params = joined_parameters(pairs)
            boundary = other.params.get("boundary", "").encode("utf-8", "replace")
        elif code == "malformed-content-type":
            other.media_type = loose_type(doubt.value)
            if not other.media_type:
                self._defect(code, _TEXTS[code], draft.path)
                return
            match_end = doubt.value.lower().find(other.media_type) + len(other.media_type)
            _, pairs, _ = type_of("x/x;" + doubt.value[match_end:])
            other.params = joined_parameters(pairs)
            boundary = other.params.get("boundary", "").encode("utf-8", "replace")
        elif code == "message-fragment":
            other.media_type, other.params = "message/rfc822", {}
        elif code == "last-transfer-encoding":
            other.encoding = doubt.value
        elif code == "junk-in-headers":
            other.media_type, pairs, _ = type_of(doubt.value)
            other.params = joined_parameters(pairs)
            boundary = other.params.get("boundary", "").encode("utf-8", "replace")
            other.encoding = encoding_of(doubt.encoding)
            start = min(doubt.body, stop)
        elif code in ("missing-boundary", "boundary-not-found"):
            self._as_text(draft, code)
            boundary = self._guess(start, stop, draft)
            if not boundary:
                self._defect(code, _TEXTS[code], draft.path)
                return
        self._defect(code, _TEXTS[code], draft.path)
        self._again(other, boundary, start, stop, prefix=code == "prefix-boundary")

    def _again(self, seed: Draft, boundary: bytes, start: int, stop: int, prefix: bool = False) -> None:
        """Walks raw[start:stop] as the body of `seed` and keeps the leaves that are not known yet."""
        if stop - start > self._reread:
            self._defect("too-many-readings", "The mail can be read in more ways than are tried.", seed.path)
            return
        self._reread -= stop - start
        walk = Walk(self.raw, self.limits, prefix)
        seed.start, seed.end = start, stop
        walk.run(start, stop, Seed(seed, boundary))
        places = {id(draft): index for index, draft in self._keep_new(walk.drafts, seed.parent)}
        for doubt in walk.doubts:
            draft = walk.drafts[doubt.index]
            if doubt.index and id(draft) in places:
                self._queue.append((doubt, draft, places[id(draft)]))

    def _keep_new(self, drafts: list[Draft], parent: int) -> list[tuple[int, Draft]]:
        """Adds the leaves not known yet, with the containers around them; (index, draft) of each."""
        keep = [False] * len(drafts)
        for index in range(len(drafts) - 1, -1, -1):
            draft = drafts[index]
            container = draft.media_type.startswith("multipart/") or draft.media_type in NESTED
            empty = draft.end <= draft.start
            if keep[index] or (
                not (container or empty)
                and ((draft.start, draft.end, draft.media_type, draft.encoding) not in self._known)
            ):
                keep[index] = True
                if index and draft.parent >= 0:
                    keep[draft.parent] = True
        places: dict[int, int] = {}
        kept = []
        for index, draft in enumerate(drafts):
            if not keep[index] or len(self.drafts) >= self.limits.max_parts + self.limits.max_readings:
                continue
            draft.parent = parent if index == 0 else places.get(draft.parent, parent)
            places[index] = len(self.drafts)
            kept.append((len(self.drafts), draft))
            self.drafts.append(draft)
            self._known.add((draft.start, draft.end, draft.media_type, draft.encoding))
        self._extra += len(kept)
        self._sniff([draft for _, draft in kept])
        return kept

    def _as_text(self, draft: Draft, code: str) -> None:
        if draft.end > draft.start:
            text = msgspec.structs.replace(
                draft, reading=draft.reading or code, media_type="text/plain", params={}, data=None
            )
            if self._keep_new([text], draft.parent):
                self._defect(code, _TEXTS[code], draft.path)

    def _guess(self, start: int, stop: int, draft: Draft) -> bytes:
        found = _DASH_LINE.search(self.raw, max(start - 1, 0), stop)
        token = found.group(1).rstrip() if found is not None else b""
        return b"" if token == draft.params.get("boundary", "").encode("utf-8", "replace") else token

    def _beside(self, doubt: Doubt, other: Draft) -> None:
        start, stop = (doubt.body, other.end) if doubt.code == "epilogue" else (other.start, doubt.body)
        if start >= stop or any(known.reading and start <= known.start < stop for known in self.drafts):
            return
        text = self.raw[start:stop]
        markup = _HTML_ANYWHERE.search(text) is not None
        if not text.strip() or (doubt.code == "preamble" and not markup):
            return
        other.media_type, other.params, other.encoding = "text/html" if markup else "text/plain", {}, ""
        other.headers, other.disposition, other.filename, other.content_id = (), "", "", ""
        other.start, other.end = start, stop
        if self._keep_new([other], other.parent):
            self._defect(doubt.code, _TEXTS[doubt.code], other.path)

    def _encoded(self, code: str, draft: Draft, parent: int) -> None:
        """Decodes a container and reads what was inside; those parts carry their bytes themselves."""
        if code != _ATTACHED:  # an everyday thing
            self._defect(code, _TEXTS[code], draft.path)
        body = self.raw[draft.start : draft.end]
        if len(self.drafts) >= self.limits.max_parts:
            self._defect("too-many-parts", "The mail has more parts than are read.", draft.path)
            return
        if self._depth >= self.limits.max_unpack_depth or len(body) > min(
            self._unpacked, self.limits.max_decoded
        ):
            self._defect(
                "not-unpacked", "An encoded message lies too deep or is too large to be opened.", draft.path
            )
            return
        self._unpacked -= len(body)
        inner = transfer.undo(body, draft.encoding)
        boundary = draft.params.get("boundary", "").encode("utf-8", "replace")
        if code == "encoded-multipart" and inner.count(b"--" + boundary) in (0, body.count(b"--" + boundary)):
            return
        reading = draft.reading or (code if code == "encoded-multipart" else "")
        seed = msgspec.structs.replace(draft, reading=reading, encoding="", start=0, end=len(inner))
        inside = Readings(inner, self.limits, self._depth + 1, self._unpacked)
        inside.read(0, len(inner), Seed(seed, boundary))
        self._unpacked = inside._unpacked
        self.exercise = self.exercise or inside.exercise
        self.defects.extend(inside.defects)
        offset = len(self.drafts) - 1
        for derived in inside.drafts[1:]:
            container = derived.media_type.startswith("multipart/") or derived.media_type in NESTED
            if derived.data is None:
                derived.data = (
                    b"" if container else transfer.undo(inner[derived.start : derived.end], derived.encoding)
                )
                self._unpacked -= len(derived.data)
            derived.parent = parent if derived.parent <= 0 else derived.parent + offset
            derived.start, derived.end = draft.start, draft.end
            self.drafts.append(derived)
            if self._unpacked < 0 or len(self.drafts) > self.limits.max_parts + self.limits.max_readings:
                self._defect("too-many-parts", "The mail has more parts than are read.", draft.path)
                break

    # -- sniffing
    # ----------------------------------------------------------------------------------------------

    def _sniff(self, drafts: list[Draft]) -> None:
        for draft in list(drafts):
            if draft.media_type == "text/plain" and draft.end > draft.start and draft.data is None:
                head = self.raw[draft.start : min(draft.end, draft.start + _SNIFFED)]
                if draft.encoding not in transfer.IDENTITY:
                    head = transfer.undo(head, draft.encoding)
                if b"<" in head and _HTML.match(head):
                    other = msgspec.structs.replace(
                        draft, reading=draft.reading or "sniffed-html", media_type="text/html"
                    )
                    self.drafts.append(other)
                    self._extra += 1
                    self._defect("sniffed-html", _TEXTS["sniffed-html"], draft.path)
