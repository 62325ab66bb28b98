"""A reader's address where it stands readable in a URL or in what a token decodes to."""

from __future__ import annotations

import re

from tocsin.model.observation import Personal
from tocsin.observe.digests import Reader

_OBVIOUS = frozenset(
    (
        "@",
        "%40",
        "%2540",
        "=",
        "%3d",
        "%253d",
        "_at_",
        "-at-",
        ".at.",
        "(at)",
        "[at]",
        " at ",
        "\\u0040",
        "&#64;",
    )
)
_SIGNS = frozenset(("@", "%40", "%2540"))
_LOOSE = frozenset((".", "_", "-", "/", "+", ":", "|", "!", ",", "%7c", "%2c", "%2f", "%3a"))
_LONGEST_JOINT = 6
_MOST_PLACES = 200  # of a local part in one text


def _joint(lower: str, reader: Reader) -> str:
    """What stands between local part and domain where a text holds both, "" where it does not."""
    local, domain = reader.local, reader.domain
    at = lower.find(local)
    for _ in range(_MOST_PLACES):
        if at < 0:
            break
        end = at + len(local)
        start = lower.find(domain, end, end + _LONGEST_JOINT + len(domain))
        joint = lower[end:start] if start > 0 else ""
        if joint and _stands_alone(lower, at, start + len(domain), joint):
            if joint in _OBVIOUS:
                return joint
            # Reading "info.office.example" as a host is right more often than as an address.
            if joint in _LOOSE and reader.alone:
                host_end = lower.find("/", lower.find("://") + 3)
                if 0 <= host_end < at or lower[start + len(domain) :][:1] == ".":
                    return joint
        at = lower.find(local, end)
    return ""


def _stands_alone(lower: str, start: int, end: int, joint: str) -> bool:
    before = lower[start - 1 : start]
    if lower[end : end + 1].isalnum():
        return False
    if lower[max(0, start - 3) : start][:1] == "%":
        return True
    # "4711-1-jane@mail.example" is another address, and often a Message-ID; "bounce-jane=mail.example" is Jane's.
    return not before.isalnum() and not (before and before in "._-" and joint in _SIGNS)


_DELIMITERS = re.compile(r"[/?&=#;,:|~!*(){}\[\]<>\s\"'$]+")
_EXTENSION = re.compile(r"\.[a-z][a-z0-9]{1,4}")


def find_readable(text: str, kind: str, readers: tuple[Reader, ...]) -> Personal | None:
    """The first reader whose address, or whose telling local part, stands in a URL or decoded text as it is.

    `kind` is what the encoding is called that `text` comes from; a local part adds "-local". A local part counts
    where it is all of a value, folder, file name, user name or run of host labels.
    """
    lower = text.lower()
    alone: list[Reader] = []
    for reader in readers:
        if reader.local not in lower:
            continue
        if reader.domain in lower and (joint := _joint(lower, reader)):
            return Personal("percent" if "%" in joint else kind, reader.address)
        if reader.alone:
            alone.append(reader)
    if alone:
        segments = segments_of(lower)
        for reader in alone:
            if reader.local in segments:
                return Personal(f"{kind}-local", reader.address)
    return None


def segments_of(lower: str) -> set[str]:
    """What delimiters part in a URL or decoded text: values, names of folders and files, runs of host labels, user."""
    authority, slash, rest = lower.partition("://")[2].partition("/")
    if not slash:
        return set(_DELIMITERS.split(lower))
    segments = set(_DELIMITERS.split(rest))
    user, _, host = authority.rpartition("@")
    segments.update(user.split(":"))
    labels = host.split(".")[:-2]
    segments.update(
        ".".join(labels[i:j]) for i in range(len(labels[:8])) for j in range(i + 1, len(labels[:8]) + 1)
    )
    for segment in [s for s in segments if "." in s]:
        if _EXTENSION.fullmatch(segment, segment.rfind(".")):
            segments.add(segment[: segment.rfind(".")])
    return segments
