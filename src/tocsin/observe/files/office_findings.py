r"""What the readers of Office documents collect: places that a document contacts, files in it, what was not read."""

from __future__ import annotations

import re

import msgspec

from tocsin.model.attached import Member
from tocsin.model.reference import Reference
from tocsin.observe.files.allowance import Allowance

TECHNIQUE = "office"
MAX_REFERENCES = 5_000
MAX_TARGET = 8_192  # characters of one address

ENCRYPTED = "office-encrypted"
MACROS = "office-macros"
UNREADABLE = "office-unreadable"
TOO_LARGE = "office-too-large"
FORMULA = "office-formula-computed"
TOO_MANY = "too-many-beacons"


class Way(msgspec.Struct, frozen=True):
    """When a place is contacted: as `Reference` has it."""

    trigger: str = "attachment"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()


OPENED = Way()
ASKED = Way(conditional=True)  # the program asks first, or does it only on updating or printing
CLICKED = Way("click")
WORD = Way(fires_in=("word",))
WORD_ASKED = Way(conditional=True, fires_in=("word",))
EXCEL_ASKED = Way(conditional=True, fires_in=("excel",))
SHEET_ASKED = Way(conditional=True, fires_in=("excel", "libreoffice"))
SLIDES_ASKED = Way(conditional=True, fires_in=("powerpoint",))

_SCHEME = re.compile(r"[\x00-\x20]*+([A-Za-z][A-Za-z0-9+.\-]{0,40}+):")
_FETCHED = frozenset(
    {"http", "https", "ftp", "ftps", "file", "smb", "cifs", "dav", "davs", "webdav", "webdavs"}
)
_UNC = re.compile(r"[\x00-\x20]*+[/\\]{2}")
_INNER = re.compile(
    r"(?:(?:https?|ftps?|webdavs?|davs?|smb|cifs):[/\\]{2}|file:[/\\]{2,}+)[^\s!|\"'<>^`\x00]{1,4000}"
    r"|(?<![\w:/\\])\\\\[^\s!|\"'<>^`\x00\\/]{1,255}\\[^\s!|\"'<>^`\x00]{0,2000}",
    re.IGNORECASE,
)
MAX_INNER = 50


class Findings:
    """Collects over all parts of one document. `base` is the address that relative targets are read against."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.references: dict[Reference, None] = {}
        self.members: list[Member] = []
        self.troubles: dict[str, None] = {}
        self.base: str | None = None

    def target(self, url: str, carrier: str, way: Way, *, tag: str = "", attribute: str = "") -> None:
        r"""Keep the place that a carrier names, if it may be another computer.

        `\\host`, `//host` and addresses in the addresses of handlers (`mhtml:http://…!x-usc:http://…`,
        `ms-word:ofe|u|https://…`) count; paths inside the document and mail addresses do not.
        """
        url = url[:MAX_TARGET].strip("\x00\t\r\n ")
        scheme = _SCHEME.match(url)
        if scheme is not None and scheme[1].lower() not in _FETCHED:
            if scheme[1].lower() not in ("mailto", "data"):
                self.inside(url, carrier, way, tag=tag, attribute=attribute)
            return
        base = None
        if scheme is None:
            if _UNC.match(url):
                url = "\\\\" + url.lstrip("/\\ ")
            elif not url or url[0] == "#" or self.base is None:
                return
            else:
                base = self.base
        self._keep(url, carrier, way, tag, attribute, base)

    def inside(self, text: str, carrier: str, way: Way, *, tag: str = "", attribute: str = "") -> None:
        """Keep every address that stands in a command, connection or handler's address."""
        for count, match in enumerate(_INNER.finditer(text[: MAX_TARGET * 4])):
            if count == MAX_INNER:
                break
            self._keep(match[0].rstrip(".,;)]"), carrier, way, tag, attribute, None)

    def _keep(self, url: str, carrier: str, way: Way, tag: str, attribute: str, base: str | None) -> None:
        if len(self.references) >= MAX_REFERENCES:
            self.troubles[TOO_MANY] = None
            return
        found = Reference(
            TECHNIQUE,
            url,
            tag or carrier,
            attribute,
            way.trigger,
            way.conditional,
            way.fires_in,
            label=carrier,
            base=base,
        )
        self.references[found] = None

    def member(self, name: str, data: bytes) -> None:
        """Keep a file that lies in the document, to be looked into next."""
        if data and self.allowance.take_member():
            self.members.append(Member(name or "object", data))
