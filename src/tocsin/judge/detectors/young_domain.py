"""A domain that the mail rests on was registered only just before.

Fires: by the operator's list of registration days (docs/dates.md), the sender's domain, a stranger's host that the
mail calls by itself, or a site that it links to was less than two weeks ("days"), three months ("weeks") or a year
("months") old when the mail came. The youngest counts.
Silent: no list was handed in, or it does not name the domain; free mail services, known services and rented hosting;
domains that the list has registered after the mail came, which is a doubt about the data and said as one.
Doubt: every new association, election campaign and shop begins with a young domain; aged domains are for sale.
Source: Hao et al., "Understanding the Domain Registration Behavior of Spammers", IMC 2013; reports on APT31 and on
TEMP_Heretic (domains bought for the purpose); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_LEVELS = (("days", 14), ("weeks", 90), ("months", 365))
_ROLES = {
    "sender": "The sender's domain",
    "call": "The domain that it calls when opened",
    "link": "A domain that it links to",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    known = [age for age in context.ages if age.days >= 0]
    if not known or context.wrote_to_address or context.same_house:
        return None
    youngest = min(known, key=lambda age: age.days)
    for level, limit in _LEVELS:
        if youngest.days < limit:
            days = f"{youngest.days} days" if youngest.days != 1 else "one day"
            text = f"{_ROLES[youngest.role]} had been registered for {days} only when the mail came."
            return Finding(text, youngest.domain, level)
    return None
