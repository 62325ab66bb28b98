"""Holds the scanner against fast-mail-parser and the standard library over a corpus of real mail.

    TOCSIN_CORPUS=/path/to/corpus python benchmarks/parity.py [--files N] [--only CLASS]

For each mail the leaf parts are compared as a multiset of (media type, SHA-256 of the decoded body),
then subject,
sender and recipients, then the text of HTML parts. Differences are counted by class; `missing-html` (an
HTML part
that a peer shows and the scanner does not) and `raised` must be empty, and the exit code says so.
"""

from __future__ import annotations

import email.message
import email.policy
import email.utils
import hashlib
import os
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.parser import BytesParser
from pathlib import Path

import fast_mail_parser

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.body import part_bytes, text_of
from tocsin.mail.drafts import NESTED
from tocsin.mail.headers import decode_words, first
from tocsin.mail.mime import scan
from tocsin.mail.transfer import base64_bytes
from tocsin.model.message import Message

Leaf = tuple[str, str]  # media type, hash of the body without blanks
# The library takes status reports for containers of one part a paragraph: left out on both sides.
_SET_ASIDE = NESTED | {"message/delivery-status", "message/disposition-notification"}
_MAIL = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:>?From [^\r\n]*[\r\n]+)?[A-Za-z][\w-]{1,40}[ \t]*:[ \t\r\n]")
_NOT_MAIL = {".html", ".htm", ".msg", ".tnef", ".mbox", ".json", ".py", ".yml", ".cfg", ".md"}
_TAG = re.compile(r"</?[A-Za-z]+")
_BLANKS = b" \t\r\n\x0b\x0c\x00\xa0"
_SPACE = re.compile(r"[\s\ufeff\xa0]+")


def digest(data: bytes) -> str:
    """Hash of a body, blanks left out: parsers differ in the last line end and in line ends."""
    return hashlib.sha256(data.translate(None, _BLANKS)).hexdigest()[:16]


def own_leaves(message: Message, standard_only: bool) -> Iterator[tuple[str, bytes, str]]:
    for part in message.parts:
        if part.media_type.startswith("multipart/") or part.media_type in _SET_ASIDE or "!" in part.path:
            continue
        if standard_only and part.reading:
            continue
        data = part_bytes(message, part)
        yield part.media_type, data, text_of(data, part.media_type, part.params.get("charset", ""))


def library_leaves(mail: email.message.Message) -> Iterator[tuple[str, bytes, str]]:
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_type() in ("message/delivery-status", "message/disposition-notification"):
            continue
        if part.is_multipart():
            waiting.extend(inner for inner in part.get_payload() if isinstance(inner, email.message.Message))
            continue
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        encoded = str(part.get_payload()).encode("ascii", "replace").translate(None, _BLANKS)
        if (
            str(part["content-transfer-encoding"]).lower() == "base64"
            and data.translate(None, _BLANKS) == encoded
        ):
            data = base64_bytes(encoded)  # the library hands damaged base64 back as it stands
        yield (
            part.get_content_type(),
            data,
            text_of(data, part.get_content_type(), str(part.get_param("charset") or "")),
        )


def folded(value: str) -> str:
    return _SPACE.sub(" ", value).strip()


def library_text(value: object) -> str:
    try:
        return folded(str(make_header(decode_header(str(value or "")))))
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        return folded(str(value or ""))


class Report:
    """Differences by class, with a few file names each."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.files: dict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, name: str, detail: str = "") -> None:
        self.counts[kind] += 1
        if len(self.files[kind]) < 400:
            self.files[kind].append(f"{name} {detail}".rstrip())


def compare_leaves(
    report: Report, name: str, peer: str, ours: Message, theirs: list[tuple[str, bytes, str]]
) -> None:
    """Classes: same, missing-html (in no reading of ours), only as another reading, other differences."""
    own = Counter((kind, digest(data)) for kind, data, _ in own_leaves(ours, True))
    other = Counter((kind, digest(data)) for kind, data, _ in theirs)
    if own == other:
        report.add(f"{peer}: same leaf parts", name)
        return
    every = list(own_leaves(ours, False))
    known = {(kind, digest(data)) for kind, data, _ in every}
    texts = {folded(text) for kind, _, text in every if "html" in kind}
    for kind, data, text in theirs:
        if kind == "text/html" and (kind, digest(data)) not in known and data.strip(_BLANKS):
            covered = folded(text) in texts or any(folded(text) in known_text for known_text in texts)
            report.add(
                f"{peer}: " + ("html with other bytes, same text" if covered else "missing-html"), name
            )
    missing, extra = other - own, own - other
    if all(leaf in known for leaf in missing):
        kind = "more parts than the peer" if not missing else "peer shows another of our readings"
    elif Counter(kind for kind, _ in missing.elements()) == Counter(kind for kind, _ in extra.elements()):
        kind = "same types, other bytes"
    else:
        kind = "other parts"
    report.add(
        f"{peer}: {kind}",
        name,
        f"missing {sorted(k for k, _ in missing)} extra {sorted(k for k, _ in extra)}",
    )


def looks_like_mail(path: Path) -> bool:
    if path.suffix == ".eml" or path.suffix in _NOT_MAIL:
        return path.suffix == ".eml"
    with path.open("rb") as file:
        return _MAIL.match(file.read(2048)) is not None


def compare(report: Report, name: str, raw: bytes) -> None:
    try:
        ours = scan(raw)
    except Exception as error:  # noqa: BLE001  the class "raised" is what this looks for
        report.add("raised", name, repr(error))
        return
    if not ours.defects:
        report.add("no defects", name)
    try:
        library: email.message.Message | None = BytesParser(policy=email.policy.compat32).parsebytes(raw)
        theirs = list(library_leaves(library)) if library is not None else []
    except Exception as error:  # noqa: BLE001  peers raise whatever they like
        report.add("stdlib: raised", name, repr(error))
        library = None
    if library is not None:
        compare_leaves(report, name, "stdlib", ours, theirs)
        if library_text(library["subject"]) != folded(decode_words(first(ours.headers, "subject"))):
            report.add("stdlib: other subject", name)
        for field in ("from", "to"):
            try:
                found = email.utils.getaddresses([library_text(library[field])])
            except RecursionError:
                report.add(f"stdlib: raised on {field}", name)
                continue
            peers = {address.lower() for _, address in found if "@" in address}
            owns = {entry.address.lower() for entry in parse_addresses(first(ours.headers, field))}
            if peers != owns:
                report.add(f"stdlib: other {field}", name, f"{sorted(peers - owns)} {sorted(owns - peers)}")
    compare_fast(report, name, raw, ours)


def compare_fast(report: Report, name: str, raw: bytes, ours: Message) -> None:
    try:
        mail = fast_mail_parser.parse_email(raw)
    except fast_mail_parser.ParseError:
        report.add("fast-mail-parser: refused", name)
        return
    texts = {folded(text) for _, _, text in own_leaves(ours, False)}
    shapes = {tuple(_TAG.findall(text)) for text in texts}
    for html in mail.text_html:
        text = folded(html)
        if text and text not in texts and not any(text in known for known in texts):
            report.add("fast-mail-parser: html in another charset", name)
            if tuple(_TAG.findall(text)) not in shapes:
                report.add("fast-mail-parser: missing-html", name)
        else:
            report.add("fast-mail-parser: same html text", name)
    if folded(mail.subject) != folded(decode_words(first(ours.headers, "subject"))):
        report.add("fast-mail-parser: other subject", name)


def main() -> int:
    corpus = os.environ.get("TOCSIN_CORPUS")
    if not corpus or not Path(corpus).is_dir():
        print("parity: set TOCSIN_CORPUS to a folder of .eml files; nothing was compared", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    arguments = sys.argv[1:]
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    files = sorted(path for path in Path(corpus).rglob("*") if path.is_file() and looks_like_mail(path))
    if "--files" in arguments:
        files = files[: int(arguments[arguments.index("--files") + 1])]
    report = Report()
    for path in files:
        compare(report, str(path.relative_to(corpus)), path.read_bytes())
    print(f"{len(files)} mails")
    for kind, count in sorted(report.counts.items()):
        print(f"{count:7d}  {kind}")
        if only and (only == "all" or only in kind):
            print(*(f"         {name}" for name in report.files[kind]), sep="\n")
        elif not only and "same" not in kind and kind != "no defects":
            print(*(f"         {name}" for name in report.files[kind][:3]), sep="\n")
    return 1 if any(kind == "raised" or kind.endswith("missing-html") for kind in report.counts) else 0


if __name__ == "__main__":
    sys.exit(main())
