"""Blocks of maltrail (https://github.com/stamparm/maltrail/wiki): values under the reports that name them.

A file holds blocks of comment lines and values; `# Reference:` lines say where the values below them were published.
Its name carries what they are linked to (`apt_kimsuky.txt`), which is quoted as it stands: a name that somebody gave,
no attribution of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.exchange.entries import Entry, LeftOut, lines_of
from tocsin.exchange.lists_in import bare_value

_COMMENT = re.compile(r"\s+#|#(?=\s*Copyright)")  # files that were joined without a line end between them
_FIELD = re.compile(r"#\s*([A-Za-z0-9_/-]{1,40})\s*[:=]")
_FAMILY = re.compile(r"(?:apt|malware|osx|android|ek|elf)_(.+)")
_KINDS = {"reference": "reference", "aliases": "aliases of an actor"}
MARKS = (b"Maltrail developers", b"\n# Reference:")
MAX_REFERENCES = 3  # of a block that are kept with each value; blocks cite dozens
_MOST_CITED = 400  # characters; what a longer description loses would be half an address
REPORTS_APART = " | "  # stands between the references of blocks


def is_maltrail(head: bytes) -> bool:
    """Whether the beginning of a file is that of a block of maltrail."""
    return any(mark in head or head.startswith(mark.strip()) for mark in MARKS)


def read_maltrail(data: bytes, source: str, place: str) -> Iterator[Entry]:
    """Values of one file; a name takes in what lies below it, as maltrail matches it.

    A port is not compared: mail shows it in too few places. The first references of a block are the description of
    its values; those of a value that stands in several blocks are parted by REPORTS_APART, for they are independent.
    """
    stem = place.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    match = _FAMILY.fullmatch(stem)
    names = (match[1] if match is not None else stem,) if stem else ()
    several = _in_several_blocks(data)
    for number, line, references in _lines(data):
        if line.startswith("#"):
            field = _FIELD.match(line)
            yield LeftOut(_KINDS.get(field[1].lower(), "comment") if field is not None else "comment")
            continue
        parts = _COMMENT.split(line, maxsplit=1)
        said = [parts[1].strip()] if len(parts) > 1 and "Copyright" not in parts[1] else []
        value = parts[0].strip()
        cited = REPORTS_APART.join(several[value]) if value in several else "; ".join(references)
        yield bare_value(
            value,
            source,
            f"{place}:{number}",
            description="; ".join([*said, cited] if cited else said),
            names=names,
        )


def _lines(data: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """Lines that are not empty, with their number and the references above them."""
    references: list[str] = []
    in_values = True
    for number, line in enumerate(lines_of(data), 1):
        line = line.strip()
        if not line:
            continue
        if line.startswith("#"):
            if in_values:
                references, in_values = [], False
            field = _FIELD.match(line)
            cited = field is not None and field[1].lower().startswith("ref")
            if field is not None and cited and len(references) < MAX_REFERENCES:
                references.append(line[field.end() :].strip())
        else:
            in_values = True
        yield number, line, references


def _in_several_blocks(data: bytes) -> dict[str, list[str]]:
    """What each block cites first, by value, for values that stand in several; no more than a description holds."""
    first: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for _, line, references in _lines(data):
        if line.startswith("#"):
            continue
        value = _COMMENT.split(line, maxsplit=1)[0].strip()
        cited = references[0] if references else ""
        if first.setdefault(value, cited) == cited or not cited:
            continue
        blocks = several.setdefault(value, [first[value]] if first[value] else [])
        if cited not in blocks and len(REPORTS_APART.join([*blocks, cited])) <= _MOST_CITED:
            blocks.append(cited)
    return several
