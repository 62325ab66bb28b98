"""What is to be done with a mail, by whom it is for and what it was found to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tocsin.model.arrival import Opinions
from tocsin.model.defused import Policy
from tocsin.model.handling import ACTIONS, Handling, Handlings
from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict

# What happens without anybody asking for it, on a mail that is only looked at or answered.
_BY_ITSELF = frozenset(("receipt", "open", "reply", "print"))
_STRICTER = {
    "links": ("keep", "inert"),
    "attachments": ("keep", "active", "seal"),
    "tokens": ("keep", "cut"),
}


class Decision(msgspec.Struct, frozen=True):
    """What is to be done: `action` is of ACTIONS, `kind` the field of Handling that the strictest recipient is under.

    `verdict` is the one that the decision rests on.
    """

    action: str
    kind: str
    verdict: Verdict
    defusing: Policy = Policy()


def handling_for(handlings: Handlings, address: str) -> Handling:
    """The handling of mail to this address: its own rule, else its domain's, else the default."""
    address = address.lower()
    domain = "@" + address.rpartition("@")[2]
    for wanted in (address, domain):
        for rule in handlings.rules:
            if wanted in rule.recipients:
                return rule.handling
    return handlings.default


def kind_of(observed: Observed, verdict: Verdict) -> str:
    """Which field of Handling a mail falls under; a mail that alarms does so even where it was read in part."""
    if verdict.alert:
        return "alert"
    if observed.unread:
        return "unread"
    if any(beacon.trigger in _BY_ITSELF for beacon in observed.beacons):
        return "tracked"
    return "other"


def decide(
    observed: Observed,
    opinions: Opinions,
    recipients: Iterable[str],
    owners: Mapping[str, str],
    handlings: Handlings,
    *,
    signature: str = "none",
) -> Decision:
    """The strictest of what the recipients' handlings ask for.

    `owners` gives the owner of a recipient's address where that is another; a recipient whose mailbox was not judged
    counts with the gravest opinion. `signature` is the state that was found ("none" for unsigned mail).
    """
    by_owner = {opinion.owner: opinion.verdict for opinion in opinions.opinions}
    gravest = max(by_owner.values(), key=lambda verdict: (verdict.alert, verdict.likelihood))
    found: list[Decision] = []
    for recipient in recipients:
        address = recipient.lower()
        verdict = by_owner.get(owners.get(address, address), gravest)
        handling = handling_for(handlings, address)
        kind = kind_of(observed, verdict)
        action = _asked(handling, kind)
        if action == "defuse" and signature not in ("none", "verified"):
            action = handling.signed
        found.append(Decision(action, kind, verdict, handling.defusing))
    if not found:
        kind = kind_of(observed, gravest)
        found.append(Decision(_asked(handlings.default, kind), kind, gravest, handlings.default.defusing))
    strictest = max(
        found, key=lambda one: (strictness(one.action), one.verdict.alert, one.verdict.likelihood)
    )
    return msgspec.structs.replace(strictest, defusing=_strictest(one.defusing for one in found))


def strictness(action: str) -> int:
    """The place of an action among ACTIONS."""
    return ACTIONS.index(action)


def _asked(handling: Handling, kind: str) -> str:
    if kind == "unread" and not handling.unread:
        return max((handling.alert, handling.tracked, handling.other), key=strictness)
    return str(getattr(handling, kind))


def _strictest(policies: Iterable[Policy]) -> Policy:
    chosen = dict.fromkeys(_STRICTER, 0)
    for policy in policies:
        for name, values in _STRICTER.items():
            value = getattr(policy, name)
            chosen[name] = max(chosen[name], values.index(value) if value in values else len(values) - 1)
    return Policy(**{name: values[chosen[name]] for name, values in _STRICTER.items()})
