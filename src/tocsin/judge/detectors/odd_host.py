"""The call goes to an address that anybody can have for nothing.

Fires: a call that needs no click goes to a bare network address ("address"), to a host of a dynamic-name
provider ("dynamic"), or to free hosting or a link shortener ("free").
Silent: the sender's own hosts and known services.
Doubt: old and small newsletters keep pictures on free hosting.
Source: reports on TEMP_Heretic (free top-level domains), ATT&CK T1583; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_TEXTS = {
    "address": "Opening it calls a bare network address instead of a named host.",
    "dynamic": "Opening it calls a host with a dynamic name, as home connections have.",
    "free": "Opening it calls a host of a service that anybody can use for nothing.",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    kind = context.traits.odd_host
    if not kind:
        return None
    hosts = {beacon.host for beacon in context.traits.strangers}
    return Finding(_TEXTS[kind], hosts.pop() if len(hosts) == 1 else "", kind)
