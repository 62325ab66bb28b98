"""Which references contact a host, and which: bases, header fields, resources that lie in the mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

import msgspec

from tocsin.mail.url import Url, resolve
from tocsin.model.message import Defect, Message, Part
from tocsin.model.reference import Reference
from tocsin.observe.beacons import HTML_FAMILIES, base_location, file_path

REMOTE = frozenset({"http", "https", "ftp", "ws", "wss"})
BROWSER = frozenset(technique for technique, _ in HTML_FAMILIES)


def contacted(reference: Reference, url: Url) -> Url | None:
    """Give the URL with the host that a reference contacts, None where it contacts none.

    Markup is drawn by browser engines, which fetch from the web alone; `file-path` tells what else they and
    the system do with it. Programs that open files follow any URL that has a host.
    """
    if reference.technique == file_path.TECHNIQUE:
        if url.scheme in REMOTE:
            return None
        if url.host:
            return None if own_machine(url.host) else url
        inner = file_path.inner_url(url.href)
        return msgspec.structs.replace(url, host=inner.host, site=inner.site) if inner else None
    if not url.host or (url.scheme not in REMOTE and reference.technique in BROWSER):
        return None
    return url


def own_machine(host: str) -> bool:
    """Whether a host is the computer that asks. Source: RFC 6761 section 6.3, RFC 1122 section 3.2.1.3."""
    return host == "localhost" or host.endswith(".localhost") or host[:4] == "127." or host == "[::1]"


def in_file(references: Iterable[Reference]) -> Iterator[tuple[Reference, Url]]:
    """Give the references of a file that contact a host, with their URLs."""
    for reference in references:
        url = resolve(reference.url, reference.base)
        if url is not None and (found := contacted(reference, url)) is not None:
            yield reference, found


class References:
    """Resolves the references of one message; what its parts name and hold is looked up once."""

    def __init__(self, message: Message, defects: list[Defect]) -> None:
        self.message = message
        self._defects = defects
        self._locations: Mapping[str, str] | None = None
        self._in_mail: dict[str, str] | None = None

    def resolved(self, part: Part, references: Iterable[Reference]) -> Iterator[tuple[Reference, Url]]:
        """Give the references of one part that contact a host, with their URLs, each once.

        What a part of the mail has for its location is fetched by few, so it is conditional. A `cid:` that
        names no part becomes a defect.
        """
        told: set[tuple[str, str, str, bool, bool, bool]] = set()
        header_base: str | None = ""  # not looked for yet
        for reference in references:
            raw = reference.url
            key = (
                raw,
                reference.technique,
                reference.trigger,
                reference.conditional,
                reference.hidden,
                not reference.label,
            )
            if key in told:
                continue
            told.add(key)
            url = resolve(raw, reference.base)
            if url is None:
                if reference.base is not None:
                    continue
                if header_base == "":
                    header_base = base_location.base_of(self.message, part)
                url = resolve(raw, header_base) if header_base else None
                if url is None or not header_base:
                    continue
                reference = base_location.through_header(reference, header_base)
            if url.scheme == "cid":
                self._content_id(url, part)
            elif (found := contacted(reference, url)) is not None:
                if self._locations is None:
                    self._locations = base_location.locations(self.message)
                if found.href in self._locations:
                    reference = msgspec.structs.replace(reference, conditional=True)
                yield reference, found

    def _content_id(self, url: Url, part: Part) -> None:
        name = unquote(url.path_query or url.href[4:])
        if self._in_mail is None:
            self._in_mail = {other.content_id: other.path for other in self.message.parts if other.content_id}
        if name and name not in self._in_mail:
            self._in_mail[name] = ""  # told once
            self._defects.append(
                Defect("cid-missing", f"the body shows {name[:100]}, which is not in the mail", part.path)
            )
