"""It wants the reader to sign in or to give a password.

Fires: the text asks to verify, confirm, renew or enter an account, password or identity, and there is a
link, a form or an attachment to do it with ("link"); or it only says so ("text").
Silent: nothing of the kind is asked.
Doubt: real services send such mail; their domain vouches for it and there is a history.
Source: phishing pretexts as published by APWG and in CERT advisories; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if "credentials" not in content.asks:
        return None
    attached = any(name != "message/rfc822" for name in content.attachment_names)
    if content.links or attached or "form" in context.traits.techniques:
        return Finding(
            "It asks to sign in or to confirm an account, and offers the place to do it.", "body", "link"
        )
    return Finding("It asks about an account or a password.", "body", "text")
