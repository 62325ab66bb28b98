"""A letter that looks personal was made by a machine for many.

Fires: nothing marks the letter as one of many (no list headers, way to leave, postal address, automatic sender), and
yet a bulk mail service carried it ("service"), a program for mass mail made it ("program"), a machine of another
domain sent it and takes its returns ("relay"), its return path is made for this one reader ("bounce"), or it has the
marks of a script ("script").
Silent: list headers or an unsubscribe footer; transactional mail; the owner wrote first.
Doubt: sales tools do exactly this every day; they are known services, and that is weighed against it. Web forms and
ticket systems write by script; a host that carries a small firm's mail is a relay. All but the service's own machines
can be forged.
Source: indictment of 25 March 2024 ("an identified mass email and mail merge system"); reports on TA416
(SMTP relay); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed

_TEXTS = {
    "service": "It is written like a personal letter, but a bulk mail service carried it without list headers.",
    "program": "It is written like a personal letter, but by its own word a program for mass mail made it.",
    "relay": "It is written like a personal letter, but a machine of another domain sent it and takes its returns.",
    "bounce": "It is written like a personal letter, but its return address is made for this one reader.",
    "script": "It is written like a personal letter, but its marks, which can be forged, are those of a script.",
}
_PLACES = {"program": "X-Mailer", "bounce": "Return-Path", "script": "Message-ID"}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.traits.sender_known or not context.traits.plain or context.same_house:
        return None
    if context.wrote_to_address or context.answers_owner:
        return None
    level = _level(mail, context)
    return Finding(_TEXTS[level], _PLACES.get(level, "Received"), level) if level else None


def _level(mail: Observed, context: Context) -> str:
    sender, kinds = mail.sender, context.traits.kinds
    if sender.service is not None:
        return "service"
    if context.traits.mass_mailer:
        return "program"
    if "return-path-other-site" in kinds and not context.traits.freemail and not sender.in_reply_to:
        handed = next((o.value for o in mail.observations if o.kind == "handed-in-by"), "")
        if related(handed, sender.return_site) and not related(handed, sender.site):
            return "relay"
    if "verp" in kinds:
        return "bounce"
    if "script-mailer" in kinds or "message-id-maker" in kinds:
        return "script"
    return ""
