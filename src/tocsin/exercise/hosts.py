"""Reserved hosts: what counts as a host in a text, and which of them nobody can own."""

from __future__ import annotations

import re

RESERVED = ("example", "test", "invalid")
# File names and the property names of Authentication-Results look like hosts and are none.
_FILES = frozenset(
    [
        "aspx",
        "avif",
        "bin",
        "css",
        "csv",
        "docx",
        "eot",
        "gif",
        "htm",
        "html",
        "ics",
        "ico",
        "jpeg",
        "jpg",
        "js",
        "json",
        "ods",
        "odt",
        "otf",
        "pdf",
        "php",
        "png",
        "rar",
        "svg",
        "ttf",
        "txt",
        "webp",
        "woff",
        "woff2",
        "xml",
        "yaml",
        "zip",
    ]
)
_PROPERTIES = frozenset(("smtp.mailfrom", "smtp.helo", "header.from", "smtp.remote-ip"))
_HOST = re.compile(r"(?<![\w.%+-])((?>(?:[\w-]+\.)+[^\W\d_][\w-]+))(?!@)")
_AFTER = re.compile(r"(?:://|(?<=[\w}])@)\[?([^\s/:\"'<>)\]|,;?#&\\]+)")


def _innocent(name: str) -> bool:
    last = name.rpartition(".")[2].lower()
    return last in RESERVED or last in _FILES or name.lower() in _PROPERTIES


def foreign_hosts(text: str) -> tuple[str, ...]:
    """Every host-like name in the text that is not under .example, .test or .invalid, in order of appearance.

    After `://`, or the `@` of an address, any name counts; elsewhere one of at least two labels whose last
    has two letters or more, unless it is a file name. A name whose last label holds a slot in braces, and
    addresses of TEST-NET, are no hosts. Percent-encoding is for the caller to undo.
    """
    found: dict[str, None] = {}
    for match in _AFTER.finditer(text):
        name = match[1].rstrip(".")
        if "{" not in name:
            name = name.rstrip(".}")
        last = name.rpartition(".")[2].lower()
        if (
            "{" in last
            or "}" in last
            or last in RESERVED
            or re.fullmatch(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+", name)
        ):
            continue
        if "." in name or name.lower() != "localhost":
            found[name] = None
    for match in _HOST.finditer(text):
        if not _innocent(match[1]):
            found[match[1]] = None
    return tuple(found)
