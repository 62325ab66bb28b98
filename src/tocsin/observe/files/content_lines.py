"""Content lines: the text format that calendars (iCalendar, vCalendar) and cards (vCard) share."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

import msgspec

from tocsin.mail.charsets import decode_text
from tocsin.mail.url import find_urls
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.files.unpacking import tidy_name

MAX_CHARACTERS = 2_000_000
MAX_REFERENCES = 2_000  # of one file

_LINE = re.compile(r"[^\r\n]++(?:(?:\r\n|\n|\r)[ \t][^\r\n]*+)*+")
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,64}\.)?([A-Za-z0-9-]{1,64})")
_PARAMETER = re.compile(r';([^=;:",]*+)(?:=((?:"[^"]*+"?|[^";:])*+))?')
_ESCAPED = re.compile(r"\\([\\,;:nN])")
_SCHEME = re.compile(r"\s*+(?:[A-Za-z][A-Za-z0-9+.-]{1,20}\\?:)?[/\\]{2,4}+[^/\\\s]")
_LONG_HEAD = 4_000  # characters of parameters that are read


class ContentLine(msgspec.Struct, frozen=True, gc=False):
    """One property: `name` upper-case without its group, parameter names upper-case, values without quotes.

    `value` is unfolded but still escaped. `offset` counts characters of the file's text. Several values of a
    parameter stay one text, separated by commas.
    """

    name: str
    parameters: dict[str, str]
    value: str
    offset: int

    def text(self) -> str:
        """Give the value as text (RFC 5545 section 3.3.11): escapes undone, quoted-printable decoded."""
        value = self.value
        if _is_quoted(self.parameters):
            data = binascii.a2b_qp(value.encode("utf-8", "replace"))
            return decode_text(data, self.parameters.get("CHARSET", ""))
        return _ESCAPED.sub(_unescaped, value) if "\\" in value else value

    def url(self) -> str:
        r"""Give the value as a URL; `\\host\share` stays a path, although backslashes escape in texts."""
        value = self.text() if _is_quoted(self.parameters) else self.value
        return plain_url(value)

    def is_url(self) -> bool:
        r"""Whether the value names a host: `scheme://host`, `//host` or `\\host`."""
        return is_url(self.value)


def is_url(value: str) -> bool:
    r"""Whether a text starts as `scheme://host`, `//host` or `\\host`."""
    return _SCHEME.match(value) is not None


def plain_url(value: str) -> str:
    """Give a URL as written in a property or parameter, without the quotes and escapes of texts."""
    value = value.strip(' \t"<>')
    if value.startswith("\\\\\\\\"):
        return value.replace("\\\\", "\\")
    if value.startswith("\\\\") or "\\" not in value:
        return value
    return _ESCAPED.sub(r"\1", value)


def content_lines(text: str) -> Iterator[ContentLine]:
    """Give the properties of a text, folded lines joined; lines that are none are passed over. Never raises.

    Source: RFC 5545 section 3.1, RFC 6350 section 3.2; lines that end in "=" go on where a card of version
    2.1 is quoted-printable.
    """
    lines = _LINE.finditer(text)
    for match in lines:
        line = match[0]
        start = match.start()
        if "\n" in line or "\r" in line:
            line = _FOLD.sub("", line)
        name = _NAME.match(line)
        if name is None:
            continue
        at = name.end()
        parameters: dict[str, str] = {}
        while line[at : at + 1] == ";" and at < _LONG_HEAD:
            parameter = _PARAMETER.match(line, at)
            if parameter is None:
                break
            key = parameter[1].strip().upper()
            parameters.setdefault(key, (parameter[2] or "").strip('"'))
            at = parameter.end()
        if line[at : at + 1] != ":":
            continue
        value = line[at + 1 :]
        if value.endswith("=") and _is_quoted(parameters):
            pieces = [value]
            for more in lines:
                pieces.append("\r\n" + more[0])
                if not more[0].endswith("="):
                    break
            value = "".join(pieces)
        yield ContentLine(name[1].upper(), parameters, value, start)


def lines_of(file: AttachedFile) -> tuple[Iterator[ContentLine], FileReading]:
    """Give the properties of a file, and what has to be said where it is longer than is read."""
    text = decode_text(file.data[: 4 * MAX_CHARACTERS], "")
    if len(text) <= MAX_CHARACTERS and len(file.data) <= 4 * MAX_CHARACTERS:
        return content_lines(text), FileReading()
    limit = f"links were looked for in the first {MAX_CHARACTERS} characters"
    said = FileReading(
        defects=(Defect("text-too-large", limit, file.path),),
        not_evaluated=(f"Not all of the attached file {tidy_name(file.name)} was searched for links.",),
    )
    return content_lines(text[:MAX_CHARACTERS]), said


def reading_of(file: AttachedFile, references: Iterator[Reference], said: FileReading) -> FileReading:
    """Collect references up to `MAX_REFERENCES`, each once; what is beyond is said."""
    kept: dict[tuple[str, str, str], Reference] = {}
    for reference in references:
        kept.setdefault((reference.url, reference.trigger, reference.attribute), reference)
        if len(kept) > MAX_REFERENCES:
            limit = f"only the first {MAX_REFERENCES} links of a file were kept"
            sentence = f"Not all of the attached file {tidy_name(file.name)} was searched: {limit}."
            said = msgspec.structs.replace(
                said,
                defects=(*said.defects, Defect("too-many-beacons", limit, file.path)),
                not_evaluated=(*said.not_evaluated, sentence),
            )
            break
    return msgspec.structs.replace(said, references=tuple(kept.values())[:MAX_REFERENCES])


def links_in(line: ContentLine, technique: str, label: str) -> Iterator[Reference]:
    """Give the URLs in a property that holds text, as links that a reader follows."""
    if "://" in line.value or "www." in line.value.lower() or _is_quoted(line.parameters):
        for url, _ in find_urls(line.text()):
            yield Reference(technique, url, "", line.name, "click", offset=line.offset, label=label)


def _is_quoted(parameters: dict[str, str]) -> bool:
    return parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE" or "QUOTED-PRINTABLE" in parameters


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]
