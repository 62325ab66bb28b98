"""Several senders call the same unknown host.

Fires: within fourteen days, mails from two or more unrelated From addresses phone home to the same host,
which belongs to none of them and to no known service; the call is out of sight or tells readers apart.
Silent: the host is a known service, or the sender's own.
Doubt: a small mail service or a shared picture host that the vendor list does not know looks the same.
Source: reports on TA412 and Patchwork (one infrastructure, many personas); indictment of 25 March 2024
(ten accounts on one system).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.traits import out_of_sight
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    strangers = [b for b in context.traits.strangers if out_of_sight(b) or b.personal is not None]
    if not strangers or context.traits.shared_hosting:
        return None
    for reach in context.reaches:
        if reach.kind == "beacon" and reach.senders >= 2:
            text = f"{reach.senders} different senders call the same host, which belongs to none of them."
            return Finding(text, strangers[0].host)
    return None
