"""All rules of one scan, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed
from tocsin.model.rules import AnyOf, Rule
from tocsin.model.weights import DetectorWeight

GROUP = "rules"  # of weights.toml; its cap holds for all of an operator's rules together
YARA = "yara"  # kind of observation


Ask = Callable[[Any, Any], bool | None]


class _Ready(msgspec.Struct, frozen=True):
    """`ways` are pairs of what a mail must hold and the question itself; the rule applies where one of them says so."""

    name: str
    title: str
    ways: tuple[tuple[tuple[Any, ...], Ask], ...]
    place: Callable[[Any, Any], str]


class RuleBook(msgspec.Struct, frozen=True):
    """Rules made into functions. `weights` are those of the rules by the name of their reasons ("rule:own-desk");
    `indicators` are the names of those whose hits are intelligence.
    """

    ready: tuple[_Ready, ...] = ()
    yara: dict[str, tuple[str, str]] = {}  # name of the YARA rule -> name of the reason, title
    weights: dict[str, DetectorWeight] = {}
    indicators: frozenset[str] = frozenset()


NO_RULES = RuleBook()


def compile_rules(rules: Sequence[Rule]) -> RuleBook:
    """Make each rule into a function, once."""
    if not rules:
        return NO_RULES
    from tocsin.judge.rules.match import compile_condition  # a scan without rules loads none of it
    from tocsin.judge.rules.needs import needs_of
    from tocsin.judge.rules.places import place_of

    ready: list[_Ready] = []
    yara: dict[str, tuple[str, str]] = {}
    weights: dict[str, DetectorWeight] = {}
    indicators: set[str] = set()
    for rule in rules:
        if not rule.weighs:
            continue
        name = reason_name(rule.id)
        if rule.condition is None:
            yara[rule.id] = (name, rule.title)
        else:
            condition = rule.condition
            parts = condition.parts if isinstance(condition, AnyOf) else (condition,)
            ways = tuple([(needs_of(part), compile_condition(part)) for part in parts])
            ready.append(_Ready(name, rule.title, ways, place_of(condition)))
        weights[name] = DetectorWeight(
            GROUP,
            rule.source,
            {"": rule.reconnaissance} if rule.reconnaissance else {},
            {"": rule.phishing} if rule.phishing else {},
        )
        if rule.indicator:
            indicators.add(name)
    return RuleBook(tuple(ready), yara, weights, frozenset(indicators))


def reason_name(rule_id: str) -> str:
    """What the reason of this rule is called where detectors are named."""
    return f"rule:{rule_id}"


def hits(book: RuleBook, mail: Observed, context: Context) -> tuple[list[tuple[str, Finding]], list[str]]:
    """The rules that apply to this mail, by the names of their reasons, and a sentence for each that failed."""
    found: list[tuple[str, Finding]] = []
    failed: list[str] = []
    if mail.unread:
        return found, failed
    texts: dict[str, str] = {}
    if book.ready:
        from tocsin.judge.rules.needs import is_ruled_out
    for rule in book.ready:
        try:
            for needs, ask in rule.ways:
                if needs and is_ruled_out(needs, mail, context, texts):
                    continue
                if ask(mail, context):
                    found.append((rule.name, Finding(rule.title, rule.place(mail, context))))
                    break
        except Exception as error:  # noqa: BLE001 - the one boundary: a rule that fails is said, never silent
            failed.append(f"Your rule {rule.name[5:]} failed on this mail ({type(error).__name__}).")
    if book.yara:
        seen: set[str] = set()
        for fact in mail.observations:
            if fact.kind == YARA and fact.value in book.yara and fact.value not in seen:
                seen.add(fact.value)
                name, title = book.yara[fact.value]
                found.append((name, Finding(title, fact.where)))
    return found, failed
