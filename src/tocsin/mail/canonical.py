"""One form for addresses that reach the same mailbox, the same in every house that runs this program.

It takes nothing from anybody's own lists, so that two organisations come to the same form. FORM counts its
versions: lists that were brought to different ones cannot be compared.
"""

from __future__ import annotations

import unicodedata

from tocsin.mail.addresses import normalise

FORM = 1
# Domains whose mailboxes are reached with and without dots, and the name under which they are one.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
_LONGEST = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


def canonical(address: str) -> str:
    """The address as it is compared between organisations; "" for what is no address.

    In this order: blanks and angle brackets off; NFKC and lower case; quotes off a local part that needs none; its
    part from "+" on left out; the domain in ASCII (IDNA 2003), without a closing dot; dots of the local part left out
    where the domain ignores them.
    """
    text = unicodedata.normalize("NFKC", address[: 4 * _LONGEST]).strip()
    local, at, domain = unicodedata.normalize("NFKC", normalise(text)).rpartition(
        "@"
    )  # lower case undoes some
    if len(local) > 2 and local[0] == local[-1] == '"' and not set(local[1:-1]) & set('"\\@<>()[],;: '):
        local = local[1:-1]
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        domain, local = _DOTLESS[domain], local.replace(".", "") or local
    whole = f"{local}@{domain}"
    labels = domain.split(".")
    if not (at and local and len(labels) > 1 and all(labels) and domain.isascii() and len(whole) <= _LONGEST):
        return ""
    odd = "@" in local or any(not letter.isprintable() or letter.isspace() for letter in whole)
    return "" if odd else whole
