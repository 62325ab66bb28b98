"""Header fields that programs and servers act on by themselves.

Fields that nobody knows are acted on by nobody, so that a list of those that are is enough; it is widened by how the
makers of such fields name them. What a reader must ask for (`List-Unsubscribe` and its kin) stays.
"""

from __future__ import annotations

import re

from tocsin.model.message import Header

_RECEIPTS_WORDS = """
    disposition-notification-to disposition-notification-options x-confirm-reading-to read-receipt-to
    return-receipt-to x-ms-read-receipt-to x-chase-reading-to generate-delivery-report return-receipt-requested
    register-mail-reply-requested register-mail-reply-requested-by x-ms-delivery-report-to x-confirm-delivery-to
    x-confirm-delivery x-pmrqc notice-requested-upon-delivery-to return-receipt-requested-to
    original-recipient-receipt x-mozilla-draft-receipt
"""
_RECEIPTS = frozenset(_RECEIPTS_WORDS.split())
_RECEIPT_NAMES = re.compile(
    r"(?:x-)?[\w-]{0,40}(?:read|return|delivery|open)-?(?:receipt|confirmation|notification)(?:-\w+){0,2}\Z"
    r"|[\w-]{0,40}-confirm-(?:reading|delivery|open)[\w-]{0,10}\Z"
)
_ADDRESSES_WORDS = """
    x-image-url x-face-url face-url bimi-location bimi-indicator content-base content-location
    x-mozilla-external-attachment-url x-mozilla-cloud-part x-sharing-config-url x-sharing-remote-path
    x-sharing-remote-uid x-sharing-browse-url x-sharing-provider-url x-sharing-local-type openpgp x-mozilla-altered
    x-apple-mail-remote-attachments
"""
_ADDRESSES = frozenset(_ADDRESSES_WORDS.split())
# A picture, a file or a calendar by the field's name, and an address in it.
_ADDRESS_NAMES = re.compile(
    r"(?:x-)?(?:[\w-]{0,40}-)?(?:image|picture|photo|avatar|logo|icon|gravatar|indicator|thumbnail|sharing"
    r"|attachment|cloud|preload|prefetch|stylesheet|calendar)(?:-[\w-]{0,40})?\Z"
)
_PLACE = re.compile(r"[/\\]{2}[^\s/\\]")


def acts(header: Header) -> str:
    """What a field is: "receipt-request", "header-address", or "" for one that may stay."""
    name = header.name
    if name in _RECEIPTS or ("@" in header.value and _RECEIPT_NAMES.match(name)):
        return "receipt-request"
    if name in _ADDRESSES or (_ADDRESS_NAMES.match(name) and _PLACE.search(header.value)):
        return "header-address"
    return ""
