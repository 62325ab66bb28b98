"""How old the domains of a mail were when it came, by the registration days that the operator handed in."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.judge.fanout import moment
from tocsin.judge.traits import Traits
from tocsin.model.observation import Observed

_DAY_S = 86_400
# A list's days are UTC and a mail's clock may be wrong by hours: one day is no contradiction.
_SLACK_DAYS = 1
_MOST_LINKS = 50


class Age(msgspec.Struct, frozen=True, gc=False):
    """One domain's age in days as the mail came; `role` is "sender", "call" or "link"."""

    role: str
    domain: str
    days: int


def ages(mail: Observed, traits: Traits, registered: Mapping[str, int]) -> tuple[Age, ...]:
    """The ages of the domains that the mail writes from, calls by itself and links to, as far as they are listed.

    Mail services that anybody can join, known services and rented hosting are left out: their age is not the sender's.
    A negative age tells that the list has the domain registered after the mail came.
    """
    at = moment(mail)
    if at is None:
        return ()
    today = int(at // _DAY_S)
    roles: dict[str, str] = {}
    if mail.sender.site and not traits.freemail:
        roles[mail.sender.site] = "sender"
    if not traits.shared_hosting:
        for beacon in traits.strangers:
            roles.setdefault(beacon.site or beacon.host, "call")
    for beacon in mail.beacons:
        if beacon.trigger == "click" and beacon.vendor is None and beacon.site:
            roles.setdefault(beacon.site, "link")
            if len(roles) > _MOST_LINKS:
                break
    found = []
    for domain, role in roles.items():
        day = registered.get(domain)
        if day is not None:
            days = today - day
            found.append(Age(role, domain, 0 if -_SLACK_DAYS <= days < 0 else days))
    return tuple(found)


def age_doubts(found: tuple[Age, ...]) -> tuple[str, ...]:
    """A sentence for each domain that was used before the list has it registered."""
    return tuple(
        f"The list of registration days has {age.domain} registered after this mail came: "
        "the list or the mail's date is wrong, its age was not evaluated."
        for age in found[:3]
        if age.days < 0
    )
