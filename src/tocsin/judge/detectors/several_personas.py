"""Several senders use one set of machinery.

Fires: within fourteen days, mails from two or more unrelated From addresses phone home to the same host, which belongs
to none of them and to no known service, and this one is a letter that nothing marks as one of many ("host"), or a
mailing, whose senders mostly share a service that no list knows ("mailing"); or letters of two to ten of them are
written alike, HTML and calls ("template"). The call is out of sight or tells readers apart.
Silent: the host is a known service, or the sender's own; readers outside the protected group got such letters too.
Doubt: a small mail service or a shared picture host that the vendor list does not know looks the same, and sales
programs write all their letters alike.
Source: reports on TA412 and Patchwork (one infrastructure, many personas); indictment of 25 March 2024
(ten accounts on one system).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed

_MOST_SENDERS = 10  # more write alike because they use the same program


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    strangers = [b for b in context.traits.strangers if out_of_sight(b) or b.personal is not None]
    if context.traits.shared_hosting or context.same_house or context.answers_owner:
        return None
    for reach in context.reaches:
        if reach.kind == "beacon" and reach.senders >= 2 and strangers:
            text = f"{reach.senders} different senders call the same host, which belongs to none of them."
            return Finding(text, strangers[0].host, "host" if context.traits.plain else "mailing")
    for reach in context.reaches:
        if reach.kind == "template" and 2 <= reach.senders <= _MOST_SENDERS and not reach.outsiders:
            text = (
                f"Letters of {reach.senders} different senders are written alike, down to their hidden calls."
            )
            return Finding(text, "body", "template")
    return None
