"""The table of techniques, in the order of docs/techniques; each module describes its own."""

from __future__ import annotations

from functools import lru_cache

from tocsin.observe.beacons import (
    active,
    amp,
    anchor_dns,
    archive,
    background_attribute,
    base_location,
    calendar,
    certificate,
    contact,
    css_evasion,
    css_fingerprint,
    css_font,
    css_image,
    css_import,
    encrypted_exfil,
    file_path,
    foreign_markup,
    form,
    frame,
    header_url,
    html_attachment,
    image,
    image_candidates,
    link,
    link_hint,
    markup_action,
    media,
    office,
    pdf,
    qr,
    receipt_request,
    receiver_dns,
    refresh,
    shortcut,
    svg,
)
from tocsin.observe.beacons.technique import VISIT, Technique

TECHNIQUES: tuple[Technique, ...] = (
    image.ABOUT,
    image_candidates.ABOUT,
    background_attribute.ABOUT,
    css_image.ABOUT,
    css_evasion.ABOUT,
    css_import.ABOUT,
    css_font.ABOUT,
    css_fingerprint.ABOUT,
    link_hint.ABOUT,
    frame.ABOUT,
    refresh.ABOUT,
    media.ABOUT,
    svg.ABOUT,
    foreign_markup.ABOUT,
    active.ABOUT,
    form.ABOUT,
    amp.ABOUT,
    link.ABOUT,
    anchor_dns.ABOUT,
    receipt_request.ABOUT,
    header_url.ABOUT,
    file_path.ABOUT,
    calendar.ABOUT,
    certificate.ABOUT,
    encrypted_exfil.ABOUT,
    office.ABOUT,
    pdf.ABOUT,
    html_attachment.ABOUT,
    archive.ABOUT,
    qr.ABOUT,
    markup_action.ABOUT,
    contact.ABOUT,
    shortcut.ABOUT,
    base_location.ABOUT,
    receiver_dns.ABOUT,
)

BY_ID: dict[str, Technique] = {technique.id: technique for technique in TECHNIQUES}

_LEAKS_BY_ATTRIBUTE: dict[tuple[str, str], tuple[str, ...]] = {
    ("link-hint", "dns-prefetch"): ("resolver",),
    ("link-hint", "preconnect"): ("address", "time"),
    ("calendar", "organizer"): ("account", "time"),
    ("header-url", "mail-server"): ("account", "time"),
    ("file-path", file_path.STARTED): VISIT,
}


@lru_cache(maxsize=1024)
def leaks_of(technique: str, attribute: str) -> tuple[str, ...]:
    """Give what a reference of a technique in an attribute gives away, of `model.observation.LEAKS`."""
    special = _LEAKS_BY_ATTRIBUTE.get((technique, attribute))
    if special is not None:
        return special
    row = BY_ID.get(technique)
    return row.leaks if row else VISIT
