"""Where in a mail stands what it shares with other mails."""

from __future__ import annotations

from tocsin.judge.traits import Traits

_FROM = frozenset(("sender", "address", "name"))
_CALLED = frozenset(("beacon", "host", "token"))


def place_of(kind: str, traits: Traits) -> str:
    """The header, host or part by which people find what is shared; `kind` as in `Reach` and `Context.linked`."""
    if kind in _FROM:
        return "From"
    if kind in _CALLED:
        calls = traits.strangers or traits.own or traits.callbacks
        return calls[0].host if calls else "body"
    return "body"
