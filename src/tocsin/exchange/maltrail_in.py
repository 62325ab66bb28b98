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
MAX_REFERENCES = 3  # kept with each value; blocks cite dozens


def is_maltrail(head: bytes) -> bool:
    """Whether the beginning of a file is that of a block of maltrail."""
    return any(mark in head or head.startswith(mark.strip()) for mark in MARKS)


def read_maltrail(data: bytes, source: str, place: str) -> Iterator[Entry]:
    """Values of one file; a name takes in what lies below it, as maltrail matches it.

    A port is not compared: mail shows it in too few places. The first references of a block are the description of
    its values.
    """
    stem = place.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    match = _FAMILY.fullmatch(stem)
    names = (match[1] if match is not None else stem,) if stem else ()
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
            yield LeftOut(_KINDS.get(field[1].lower(), "comment") if field is not None else "comment")
            continue
        in_values = True
        parts = _COMMENT.split(line, maxsplit=1)
        said = [parts[1].strip()] if len(parts) > 1 and "Copyright" not in parts[1] else []
        yield bare_value(
            parts[0].strip(),
            source,
            f"{place}:{number}",
            description="; ".join(said + references),
            names=names,
        )
