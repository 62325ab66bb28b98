"""It came close to something in the reader's calendar and speaks of it.

Fires: a mail from somebody without earlier contact speaks of an event of people.toml, by the event's name or
topics, at most 30 days before or 3 days after it; and of the first mails that strangers sent this person,
fewer than one in a hundred ("rare") or one in twenty ("uncommon") came as close to an event they speak of.
Silent: no events are known; fewer than fifty such mails, since the share is then unknown; a calendar so full
that time says nothing; dates that are missing or out of all reach; earlier contact.
Doubt: lobbyists, journalists and citizens write before votes too: the share counts them, where they wrote
to this person. A calendar that leaves events out makes what is in it look rarer.
Source: Le Soir and Libération on the Belgian case (mails while a resolution was being dealt with); the
share is an empirical p-value, Davison and Hinkley, Bootstrap Methods, 1997, section 4.2.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.timing import Nearness
from tocsin.model.observation import Observed

RARE, UNCOMMON = 0.01, 0.05


def level_of(nearness: Nearness | None) -> str:
    """ "rare", "uncommon", or "" where chance explains it or is not known."""
    share = nearness.share if nearness is not None else None
    if share is None or share >= UNCOMMON:
        return ""
    return "rare" if share < RARE else "uncommon"


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    near = context.nearness
    level = level_of(near)
    if near is None or not level or context.wrote_to_address or context.address.mails or context.same_house:
        return None
    others = "only this one" if near.as_close <= 1 else f"{near.as_close}"
    return Finding(
        f"It came {_when(near.days)} “{near.event[:80]}” and speaks of it: of this person's {near.mails} first "
        f"mails by strangers, {others} came as close to an event they speak of.",
        "Date",
        level,
    )


def _when(days: int) -> str:
    if days == 0:
        return "on the day of"
    if days in (1, -1):
        return "the day before" if days > 0 else "the day after"
    return f"{days} days before" if days > 0 else f"{-days} days after"
