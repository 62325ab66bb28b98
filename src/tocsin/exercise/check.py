"""What a scenario's file must satisfy beyond its shape: names that exist, hosts that nobody can own."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from tocsin.exercise.hosts import RESERVED
from tocsin.model.scenario import Cast, Scenario


def nearest(name: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?` where a known name is near, else nothing."""
    close = difflib.get_close_matches(name, sorted(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def faults(scenario: Scenario, cast: Cast) -> tuple[str, ...]:
    """Every fault of the scenario in words; empty when it can be used with this cast."""
    found: list[str] = []
    if not scenario.senders:
        found.append("it has no senders")
    if scenario.stratum and (scenario.stratum in ("hostile", "adversarial")) != (scenario.side == "hostile"):
        found.append(f"stratum: {scenario.stratum!r} does not go with side: {scenario.side}")
    found += [
        f"borrow: no wordings named {group!r}{nearest(group, cast.texts)}"
        for group in scenario.borrow
        if group not in cast.texts
    ]
    pool = [*scenario.texts, *(t for group in scenario.borrow for t in cast.texts.get(group, ()))]
    for step in scenario.steps:
        found += [
            f"no text for step {name!r}"
            for name in (step.text, step.otherwise)
            if name and not any(text.step == name for text in pool)
        ]
        if step.mechanics and step.mechanics not in scenario.mechanics:
            found.append(f"step {step.text!r}: no mechanics named {step.mechanics!r}"
                         f"{nearest(step.mechanics, scenario.mechanics)}")  # fmt: skip
    for number, sender in enumerate(scenario.senders):
        place = f"senders[{number}]"
        found += [
            f"{place}: no mechanics named {name!r}{nearest(name, scenario.mechanics)}"
            for name in sender.mechanics
            if name not in scenario.mechanics
        ]
        if sender.service and sender.service not in cast.services:
            found.append(
                f"{place}: no service named {sender.service!r}{nearest(sender.service, cast.services)}"
            )
        if sender.via == "service" and not sender.service:
            found.append(f"{place}: via: service needs a service")
        if not sender.address and not sender.cast:
            found.append(f"{place}: needs an address, or a cast")
        if not sender.mechanics or not sender.languages:
            found.append(f"{place}: needs at least one of mechanics and of languages")
        if sender.auth == "list" and "listhost" not in sender.hosts:
            found.append(f"{place}: auth: list needs hosts.listhost")
        hosts = [*sender.hosts.values(), *([sender.address] if sender.address else [])]
        found += [f"{place}: {host!r} is not on a reserved domain (.example, .test, .invalid)"
                  for host in hosts if host.rpartition(".")[2] not in RESERVED]  # fmt: skip
    return tuple(found)
