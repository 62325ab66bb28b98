"""The mail says that its signature was checked and held, but it does not hold.

Fires: a field in the receiver's place records that the signature held, while the key that was handed in made no such
signature, and the body is as it was signed.
Silent: no records were handed in; the key is not among them, or was revoked; the body was changed on the way; lists and
forwarders; SPF, whose records change with the sender's machines.
Doubt: a domain that put a new key under an old name; a mail program that rewrites headers when it exports.
Source: RFC 8601, section 7.1 (forged header fields); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import DAMAGE
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    kinds = context.traits.kinds
    if "authentication-disagrees" not in kinds or not kinds.isdisjoint(DAMAGE) or mail.sender.list_id:
        return None
    for observation in mail.observations:
        if observation.kind == "authentication-disagrees" and observation.value.startswith(
            "dkim: recorded pass"
        ):
            text = "The mail says that its sender's signature was checked and held, but it does not hold."
            return Finding(text, "Authentication-Results")
    return None
