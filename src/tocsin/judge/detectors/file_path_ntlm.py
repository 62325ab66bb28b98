"""Opening it makes the computer sign in to a foreign machine.

Fires: a network share or a file address on a foreign host is fetched without a click, which can hand over
a hash of the reader's password.
Silent: paths behind a click; hosts of the sender's own site.
Doubt: office templates with left-over paths to a company's own server.
Source: CVE-2023-23397 and CVE-2023-35636; techniques file-path and office.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    for beacon in context.traits.passive:
        if "ntlm" in beacon.leaks and "." in beacon.host and not related(beacon.host, mail.sender.site):
            text = (
                "Showing it can make the computer sign in to a foreign machine and hand over a password hash."
            )
            return Finding(text, beacon.part)
    return None
