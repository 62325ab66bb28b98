"""What a YARA rule says of itself in `meta`, as a rule that weighs."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.judge.rules.parse import MAX_NATS
from tocsin.judge.rules.tree import RuleError, shortened
from tocsin.model.rules import Example, Rule

_WEIGHTS = ("weight", "phishing_weight")


def yara_rule(name: str, meta: Mapping[str, object], place: str, examples: tuple[Example, ...] = ()) -> Rule:
    """The rule by this name; without a weight, what it matches is observed and weighs nothing.

    Raises RuleError for a weight that is none, or one without `title` and `source`.
    """
    weights = [_nats(meta, key, place, name) for key in _WEIGHTS]
    if not any(weights):
        return Rule(name, name, "", place, examples=examples)
    texts = []
    for key in ("title", "source"):
        value = meta.get(key)
        if not isinstance(value, str) or not value.strip():
            raise RuleError(f'{place}: rule {name} has a weight but no {key}; add {key} = "…" to its meta')
        texts.append(value.strip())
    title, source = texts
    if not title.endswith(".") or "\n" in title or len(title) > 200:
        raise RuleError(
            f"{place}: rule {name}: title is {shortened(title)!r}; expected a plain sentence that ends with a full stop"
        )
    indicator = meta.get("indicator", False)
    if not isinstance(indicator, bool):
        raise RuleError(
            f"{place}: rule {name}: indicator is {indicator!r}; expected true or false without quotes"
        )
    return Rule(name, title, source, place, weights[0], weights[1], indicator, None, examples)


def _nats(meta: Mapping[str, object], key: str, place: str, name: str) -> float:
    value = meta.get(key, 0)
    expected = f"expected nats from -{MAX_NATS:g} to {MAX_NATS:g}, as in {key} = 2.0"
    try:
        nats = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        nats = None
    if nats is None or not abs(nats) <= MAX_NATS:
        raise RuleError(f"{place}: rule {name}: {key} is {value!r}; {expected}")
    return nats
