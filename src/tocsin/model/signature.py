"""What the signature of a mail was found to be, and whom the operator lets vouch for signers."""

from __future__ import annotations

import msgspec

STATES = ("none", "verified", "unverified", "broken")  # from the mildest to the gravest


class Anchors(msgspec.Struct, frozen=True):
    """The certificates (DER) that the operator trusts to vouch for signers, and where they were read."""

    certificates: tuple[bytes, ...] = ()
    source: str = ""


NO_ANCHORS = Anchors()


class Signature(msgspec.Struct, frozen=True):
    """One signature, or that there is none.

    `state` is of STATES: "verified" (unchanged since it was signed, by the address in From, vouched for by an anchor),
    "unverified" (one of these is not known), "broken" (changed since, or not readable) or "none". `why` is a sentence.
    `form` is "smime", "smime-opaque", "openpgp" or ""; `part` the path of the part that is signed and `signer` an
    address of the signer's certificate, shown for people: it comes from the mail unless verified. `start` and `end`
    are the bytes of the mail that a verified signature covers, header fields of that part included.
    """

    state: str = "none"
    why: str = ""
    form: str = ""
    part: str = ""
    signer: str = ""
    start: int = 0
    end: int = 0


NO_SIGNATURE = Signature()
