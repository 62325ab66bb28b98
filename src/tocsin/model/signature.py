"""What the signature on a mail was found to be worth."""

from __future__ import annotations

import msgspec

STATES = ("none", "verified", "unverified", "broken")


class Signature(msgspec.Struct, frozen=True):
    """`state` is of STATES: "verified" to an anchor of the operator's, "unverified" where nothing leads there or it
    cannot be checked, "broken" where it does not fit what it signs. `why` is a sentence, `signer` the address in the
    certificate that verified. `covers` are the paths of the parts that hold what is signed.
    """

    state: str = "none"
    why: str = ""
    signer: str = ""
    covers: tuple[str, ...] = ()


NO_SIGNATURE = Signature()


class Anchors(msgspec.Struct, frozen=True):
    """Certificates that the operator trusts to vouch for senders, each as DER; `source` names where they came from."""

    certificates: tuple[bytes, ...] = ()
    source: str = ""


NO_ANCHORS = Anchors()
