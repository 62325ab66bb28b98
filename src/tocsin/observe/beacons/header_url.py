"""URLs in header fields that programs and filters fetch, and parts that lie elsewhere (external bodies)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from tocsin.mail.headers import decode_words, parameter_pairs
from tocsin.model.message import Header, Message, Part
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.embedded import OUTLOOK_WINDOWS

TECHNIQUE = "header-url"

ABOUT = Technique(
    TECHNIQUE,
    "Address in a header field",
    "open",
    VISIT,
    "`List-Unsubscribe`, `X-Image-URL`, `X-Face-URL`, `BIMI-Location`, `OpenPGP`, `X-Sharing-Config-Url` and its "
    "kin, `X-Mozilla-External-Attachment-URL`, `X-Mozilla-Cloud-Part`, parts of the type `message/external-body`",
    "The address stands in the head of the mail or of a part, where no reader sees it. Programs show the sender's "
    "picture or logo from there, ask how large an attachment is that lies elsewhere, fetch a key, or offer a button.",
    "Keep the mail program up to date. Leave lists that you joined by the list's own page; do not "
    "unsubscribe from mail that you never asked for, since that confirms the address. Do not open attachments "
    "that the program says lie elsewhere.",
    "`List-Unsubscribe` works on a click in Gmail, Outlook, Apple Mail and others; some filters follow such "
    "addresses as soon as the mail arrives, which is why one-click lists (RFC 8058) ask for a POST. Thunderbird "
    "before 137.0.2 and 128.9.2 asked for the size of an external attachment when the mail was opened, also on "
    "file shares (CVE-2025-3522). Outlook for Windows logged on at a file share that the fields of a shared "
    "calendar named, on a click (CVE-2023-35636). `BIMI-Location` is written by receiving servers and read by "
    "programs such as Apple Mail; where the server does not take out a sender's own, it counts as the server's. "
    "Pictures of the sender by URL were shown by older programs and add-ons. `Face`, `X-Face` and `Autocrypt` hold "
    "their data and fetch nothing; `List-Archive`, `List-Help`, `List-Subscribe`, `Archived-At` and the like are "
    "followed by nobody unasked and are not told.",
    (
        "RFC 2369, RFC 8058",
        "RFC 2046 section 5.2.3, RFC 2017",
        "draft-brand-indicators-for-message-identification",
        "draft-josefsson-openpgp-mailnews-header",
        "MS-OXSHARE 2.2",
        "CVE-2025-3522",
        "CVE-2023-35636",
    ),
)
EXTERNAL_BODY = "message/external-body"

_OLDER = "older mail programs"
_THUNDERBIRD = "thunderbird"
_BRACKETED = re.compile(r"<([^<>]{1,2000})>")
_WEB_URL = re.compile(r"https?:[/\\]{2}[^\s<>\"]++", re.IGNORECASE)
_TAG = re.compile(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;]*)", re.IGNORECASE)
_NAMES_HOST = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]{1,20}:)?[/\\]{2}[^/\\]")
_MAX_URLS = 20  # of one field


def find_in_headers(message: Message) -> Iterator[tuple[str, Reference]]:
    """Find URLs in fields that something acts on, with the field's name or the part's path.

    `List-Unsubscribe` (http and https; `mailto:` needs a mail that the reader sends) and the fields of shared
    calendars need a click. Sender's pictures and logos and Thunderbird's external attachments act on opening,
    conditional, in the programs named. An external body needs a click, by its access type: URL (RFC 2017), ftp,
    anon-ftp, tftp, and local-file where its name is a file share; `mail-server` asks by mail.
    """
    names = {header.name for header in message.headers}
    if not _FIELDS.keys().isdisjoint(names):
        one_click = "list-unsubscribe-post" in names
        for header in message.headers:
            reader = _FIELDS.get(header.name)
            if reader is not None:
                for reference in reader(header, one_click):
                    yield header.name, reference
    for part in message.parts:
        if part.parent >= 0:
            for header in part.headers:
                reader = _PART_FIELDS.get(header.name)
                if reader is not None:
                    for reference in reader(header, False):
                        yield part.path, reference
        if part.media_type == EXTERNAL_BODY:
            for reference in _external_body(part):
                yield part.path, reference


def _unsubscribe(header: Header, one_click: bool) -> Iterator[Reference]:
    label = "one-click unsubscribe (POST)" if one_click else "unsubscribe"
    value = decode_words(header.value)
    urls = _BRACKETED.findall(value) or _WEB_URL.findall(value)
    for url in urls[:_MAX_URLS]:
        url = "".join(url.split())
        if url[:4].lower() == "http":
            yield _reference(header, url, "click", label)


def _picture(header: Header, one_click: bool) -> Iterator[Reference]:
    for url in _WEB_URL.findall(header.value)[:_MAX_URLS]:
        yield _reference(header, url, "open", "sender's picture", (_OLDER,))


def _logo(header: Header, one_click: bool) -> Iterator[Reference]:
    for tag, value in _TAG.findall(header.value)[:_MAX_URLS]:
        for url in _WEB_URL.findall(value):
            label = "sender's logo" if tag.lower() == "l" else "certificate of the logo"
            yield _reference(header, url, "open", label, ("apple-mail",))


def _key(header: Header, one_click: bool) -> Iterator[Reference]:
    for tag, value in _TAG.findall(header.value)[:_MAX_URLS]:
        if tag.lower() == "url":
            for url in _WEB_URL.findall(value):
                yield _reference(header, url, "click", "OpenPGP key", ("programs with OpenPGP",))


def _shared_calendar(header: Header, one_click: bool) -> Iterator[Reference]:
    value = header.value.strip(' "<>')
    if _NAMES_HOST.match(value):
        yield _reference(header, value, "click", "shared calendar", (OUTLOOK_WINDOWS,))


def _external_attachment(header: Header, one_click: bool) -> Iterator[Reference]:
    value = header.value.strip(' "<>')
    if _NAMES_HOST.match(value):
        yield _reference(header, value, "open", "external attachment", (_THUNDERBIRD,))


def _cloud_part(header: Header, one_click: bool) -> Iterator[Reference]:
    for name, value in parameter_pairs(header.value)[1][:_MAX_URLS]:
        if _NAMES_HOST.match(value):
            trigger = "click" if name == "url" else "open"
            yield _reference(header, value.strip(), trigger, "external attachment", (_THUNDERBIRD,))


def _reference(
    header: Header, url: str, trigger: str, label: str, clients: tuple[str, ...] = ()
) -> Reference:
    return Reference(
        TECHNIQUE, url, "", header.name, trigger, bool(clients), clients, offset=header.start, label=label
    )


_ReadField = Callable[[Header, bool], Iterator[Reference]]
_PART_FIELDS: Mapping[str, _ReadField] = {
    "x-mozilla-external-attachment-url": _external_attachment,
    "x-mozilla-cloud-part": _cloud_part,
}
_FIELDS: Mapping[str, _ReadField] = {
    **_PART_FIELDS,
    "list-unsubscribe": _unsubscribe,
    "x-image-url": _picture,
    "x-face-url": _picture,
    "bimi-location": _logo,
    "openpgp": _key,
    "x-sharing-config-url": _shared_calendar,
    "x-sharing-browse-url": _shared_calendar,
    "x-sharing-remote-path": _shared_calendar,
    "x-sharing-provider-url": _shared_calendar,
}


def _external_body(part: Part) -> Iterator[Reference]:
    parameters = part.params
    access = parameters.get("access-type", "").strip().lower()
    name, site = parameters.get("name", "").strip(), parameters.get("site", "").strip()
    url = ""
    if access in ("url", "uri"):
        url = "".join(parameters.get("url", "").split())
    elif access in ("ftp", "anon-ftp", "tftp") and site:
        path = "/".join(filter(None, (parameters.get("directory", "").strip("/ "), name.lstrip("/"))))
        url = f"{'tftp' if access == 'tftp' else 'ftp'}://{site}/{path}"
    elif access in ("local-file", "afs"):
        url = name or parameters.get("url", "")
        if not _NAMES_HOST.match(url):
            return
    elif access == "mail-server" and "@" in parameters.get("server", ""):
        url = "mailto:" + parameters["server"].strip(" <>")
    if url:
        yield Reference(TECHNIQUE, url, "", access, "click", True, label=f"external body ({access})")
