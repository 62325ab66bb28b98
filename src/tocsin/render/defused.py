"""What defusing did, as lines for people and as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.defused import DefusedFile
from tocsin.model.signature import Signature
from tocsin.render.shown import shown

DEFUSED_SCHEMA = "tocsin.defused/1"


class ChangeRecord(msgspec.Struct, frozen=True):
    """One kind of change in one part: `what` of docs/defuse.md, `host` defanged or "", how often."""

    part: str
    what: str
    host: str
    count: int


class SignatureRecord(msgspec.Struct, frozen=True):
    """What the mail's signature was found to be: `state` is "verified", "unverified" or "broken", `why` a sentence.

    `form` is "smime", "smime-opaque", "openpgp" or "" where that cannot be told; `part` the path of the signed part;
    `signer` an address of the signer's certificate, which proves nothing unless verified.
    """

    state: str
    why: str
    form: str
    part: str
    signer: str


class DefusedRecord(msgspec.Struct, frozen=True):
    """One mail defused: where it lay, where it and its sealed original lie now, what was done and what was left.

    `reserialised` tells that its structure could be read in several ways and was written anew in one; `signature` is
    null for a mail without one.
    """

    schema: str
    source: str
    output: str
    sealed: str
    before_sha256: str
    after_sha256: str
    reserialised: bool
    changes: tuple[ChangeRecord, ...]
    left: tuple[str, ...]
    signature: SignatureRecord | None = None


# One of a kind, and several.
_WORDS = {
    "picture": ("remote picture", "remote pictures"),
    "background": ("background picture", "background pictures"),
    "style": ("style that could load something", "styles that could load something"),
    "style-unknown": ("style that is not on the list", "styles that are not on the list"),
    "script": ("script or event handler", "scripts and event handlers"),
    "form": ("form or field of one", "forms and their fields"),
    "frame": ("frame", "frames"),
    "refresh": ("redirect", "redirects"),
    "pragma": ("instruction to the program", "instructions to the program"),
    "link-hint": ("linked file", "linked files"),
    "media": ("film, sound or plug-in", "films, sounds, plug-ins"),
    "drawing": ("drawing", "drawings"),
    "comment": ("comment with hidden markup", "comments with hidden markup"),
    "link": ("link made inert", "links made inert"),
    "token": ("link shortened", "links shortened"),
    "base": ("base address", "base addresses"),
    "noscript": ("piece for programs without scripts, kept as plain content",) * 2,
    "element": (
        "element that is not on the list, its text kept",
        "elements that are not on the list, their text kept",
    ),
    "attribute": ("attribute that is not on the list", "attributes that are not on the list"),
    "markup-data": ("piece of data for programs", "pieces of data for programs"),
    "data-island": ("piece of data for programs", "pieces of data for programs"),
    "instruction": ("processing instruction", "processing instructions"),
    "document-type": ("document type that names something", "document types that name something"),
    "charset": ("page in letters that programs read differently, written anew",) * 2,
    "broken-markup": ("page of broken markup, mended", "pages of broken markup, mended"),
    "receipt-request": ("request for a receipt", "requests for a receipt"),
    "header-address": ("header field that names an address", "header fields that name an address"),
    "file-sealed": ("file put under seal", "files put under seal"),
    "signature-removed": ("signature taken away", "signatures taken away"),
    "mail-sealed": ("whole mail put under seal", "whole mails put under seal"),
}


def defused_record(file: DefusedFile) -> DefusedRecord:
    """The JSON object of one mail."""
    done = file.defused
    return DefusedRecord(
        DEFUSED_SCHEMA,
        file.source,
        file.output,
        file.sealed,
        file.before_sha256,
        file.after_sha256,
        done.reserialised,
        tuple(ChangeRecord(one.part, one.what, one.host, one.count) for one in done.done),
        done.left,
        _signature(done.signature),
    )


def _signature(found: Signature) -> SignatureRecord | None:
    if found.state == "none":
        return None
    return SignatureRecord(found.state, found.why, found.form, found.part, found.signer)


def _signed(found: Signature) -> str:
    words = {"verified": "verified", "unverified": "not verified", "broken": "broken"}[found.state]
    who = f" (certificate for {shown(found.signer, 120)})" if found.signer else ""
    left = " What it covers was left as it is." if found.state == "verified" else ""
    return f"Signature: {words}{who}. {found.why}{left}"


def defused_line(file: DefusedFile) -> bytes:
    """That object as one line of JSON."""
    return plain_json(defused_record(file)) + b"\n"


def defused_text(file: DefusedFile) -> Iterator[str]:
    """Lines for people: what was done by kind, what was left, where the files lie."""
    done = file.defused
    if not done.done:
        yield "Nothing had to be taken out."
    counts: dict[str, int] = {}
    hosts: dict[str, dict[str, None]] = {}
    for one in done.done:
        counts[one.what] = counts.get(one.what, 0) + one.count
        if one.host:
            hosts.setdefault(one.what, {})[one.host] = None
    for what, count in counts.items():
        named = list(hosts.get(what, ()))
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        words = _WORDS.get(what, (what, what))[count != 1]
        yield f"{count:>5}  {words}" + (f": {', '.join(named[:5])}{more}" if named else "")
    if done.reserialised:
        yield "The mail could be read in several ways; it was written anew in one."
    if done.signature.state != "none":
        yield _signed(done.signature)
    for sentence in done.left:
        yield f"Left: {sentence}"
    yield f"Defused: {'standard output' if file.output == '-' else file.output}"
    yield f"Original, sealed: {file.sealed}"
