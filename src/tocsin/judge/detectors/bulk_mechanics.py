"""A letter that looks personal was made by a machine for many.

Fires: the mail greets one person or writes as one person, has neither list headers nor a way to
unsubscribe nor a postal address, and yet a bulk mail service, mail-merge program or relay made it, or its
marks (Precedence, mass mailer) say so.
Silent: list headers or an unsubscribe footer; transactional mail; the owner wrote first.
Doubt: sales tools do exactly this every day; they are known services, and that is weighed against it.
Source: indictment of 25 March 2024 ("an identified mass email and mail merge system"); reports on TA416
(SMTP relay).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content, sender, traits = mail.content, mail.sender, context.traits
    if not traits.sender_known or traits.listed or content.unsubscribe or content.postal_address:
        return None
    if context.wrote_to_address or context.answers_owner or content.automatic or content.forwarded_inline:
        return None
    if sender.service is not None:
        text = (
            "It is written like a personal letter, but a bulk mail service carried it without list headers."
        )
        return Finding(text, "Received")
    if traits.mass_mailer:
        text = "It is written like a personal letter, but a program for mass mail made it."
        return Finding(text, "X-Mailer")
    return None
