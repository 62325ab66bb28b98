"""YAML text to rules: every name, type and operator is checked here, so that judging can trust them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any

import msgspec

from tocsin.judge.rules.conditions import read_condition
from tocsin.judge.rules.fields import FIELDS, Field, field_name, suggestion
from tocsin.judge.rules.tree import Node, RuleError, read_tree, shortened
from tocsin.judge.rules.values import fact, number, text_of, truth
from tocsin.model.rules import Example, Rule

MAX_NATS = 6.0
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEYS = ("id", "title", "source", "weight", "indicator", "match", "examples")
_QUESTIONS = ("reconnaissance", "phishing")
_MAX_TITLE = 200

Zone = Callable[[str], tzinfo]


class RuleFile(msgspec.Struct, frozen=True):
    """What one YAML file says: its rules, examples for YARA rules by their names, and what is wrong with it."""

    rules: tuple[Rule, ...] = ()
    yara_examples: dict[str, tuple[Example, ...]] = {}
    errors: tuple[str, ...] = ()


def parse_rules(text: str, source: str, zone: Zone) -> RuleFile:
    """Read one file; `source` is named in errors, `zone` gives a time zone by its name or raises ValueError.

    One error for each rule that cannot be used; never raises for what the text holds.
    """
    try:
        root = read_tree(text, source)
        sections = _sections(root, source)
    except RuleError as error:
        return RuleFile(errors=(str(error),))
    rules: dict[str, Rule] = {}
    examples: dict[str, tuple[Example, ...]] = {}
    errors: list[str] = []
    for node in sections.get("rules", ()):
        try:
            rule = _rule(node, source, zone)
            if rule.id in rules:
                raise RuleError(
                    f"{rule.place}: rule {rule.id!r} stands in {rules[rule.id].place} already; rename one"
                )
            rules[rule.id] = rule
        except RuleError as error:
            errors.append(str(error))
    for node in sections.get("yara", ()):
        try:
            name, found = _yara_examples(node, source)
            examples[name] = (*examples.get(name, ()), *found)
        except RuleError as error:
            errors.append(str(error))
    return RuleFile(tuple(rules.values()), examples, tuple(errors))


def _sections(root: Node, source: str) -> dict[str, tuple[Node, ...]]:
    if root.entries is None:
        raise RuleError(
            f"{source}, line {root.line}: is {root.kind}; expected a mapping with a list under `rules:`"
        )
    found = {}
    for key, value in root.entries:
        name = key.text or ""
        if name not in ("rules", "yara"):
            raise RuleError(
                f"{source}, line {key.line}: unknown key {shortened(name)!r}; {suggestion(name, ('rules', 'yara'))}"
            )
        if value.items is None:
            raise RuleError(
                f"{source}, line {key.line}: {name} is {value.kind}; expected a list, each entry after a -"
            )
        found[name] = value.items
    return found


def _entries(node: Node, known: Iterable[str], place: str, what: str) -> dict[str, Node]:
    if node.entries is None:
        raise RuleError(f"{place}: {what} is {node.kind}; expected a mapping")
    found = {}
    for key, value in node.entries:
        name = key.text or ""
        if name not in known:
            file = place.rpartition(", line ")[0]
            raise RuleError(
                f"{file}, line {key.line}: unknown key {shortened(name)!r} in {what}; {suggestion(name, known)}"
            )
        found[name] = value
    return found


def _rule(node: Node, source: str, zone: Zone) -> Rule:
    place = f"{source}, line {node.line}"
    entries = _entries(node, _KEYS, place, "a rule")
    id_ = text_of(entries["id"], f"{place}: id") if "id" in entries else ""
    if len(id_) > 64 or not _ID.fullmatch(id_):
        raise RuleError(
            f"{place}: id is {shortened(id_)!r}; expected words joined by -, as in own-press-desk"
            if id_
            else f"{place}: a rule has no id; add one, as in id: own-press-desk"
        )
    try:
        reconnaissance, phishing = _weights(entries.get("weight"), source, place)
        condition = entries.get("match")
        if condition is None:
            raise RuleError(f"{place}: no match; say there when the rule applies")
        return Rule(
            id=id_,
            title=_title(entries.get("title"), source, place),
            source=_source(entries.get("source"), source, place),
            place=place,
            reconnaissance=reconnaissance,
            phishing=phishing,
            indicator=truth(entries["indicator"], f"{source}, line {entries['indicator'].line}: indicator")
            if "indicator" in entries
            else False,
            condition=read_condition(condition, source, FIELDS, zone),
            examples=_examples(entries["examples"], source) if "examples" in entries else (),
        )
    except RuleError as error:
        raise RuleError(f"{error} (rule {id_})") from error


def _title(node: Node | None, source: str, place: str) -> str:
    what = "expected one plain sentence that ends with a full stop; it is shown as the reason"
    if node is None:
        raise RuleError(f"{place}: no title; {what}")
    title = text_of(node, f"{source}, line {node.line}: title").strip()
    if len(title) > _MAX_TITLE or "\n" in title or not title.endswith(".") or len(title.split()) < 2:
        raise RuleError(f"{source}, line {node.line}: title is {shortened(title)!r}; {what}")
    return title


def _source(node: Node | None, source: str, place: str) -> str:
    text = text_of(node, f"{source}, line {node.line}: source").strip() if node is not None else ""
    if not text:
        raise RuleError(f"{place}: no source; say where the rule and its weight come from")
    return text


def _weights(node: Node | None, source: str, place: str) -> tuple[float, float]:
    expected = f"expected nats from -{MAX_NATS:g} to {MAX_NATS:g}, as in weight: {{reconnaissance: 2.0, phishing: 0.5}}"
    if node is None:
        raise RuleError(f"{place}: no weight; {expected}")
    if node.entries is None:
        given = {"reconnaissance": node}
    else:
        given = _entries(node, _QUESTIONS, f"{source}, line {node.line}", "weight")
    found = []
    for question in _QUESTIONS:
        if question not in given:
            found.append(0.0)
            continue
        at = f"{source}, line {given[question].line}: weight for {question}"
        value = number(given[question], at)
        if not math.isfinite(value) or abs(value) > MAX_NATS:
            raise RuleError(f"{at} is {value:g}; {expected}")
        found.append(value)
    if not any(found):
        raise RuleError(f"{source}, line {node.line}: weight is 0, so the rule would say nothing; {expected}")
    return found[0], found[1]


def _yara_examples(node: Node, source: str) -> tuple[str, tuple[Example, ...]]:
    place = f"{source}, line {node.line}"
    entries = _entries(node, ("rule", "examples"), place, "an entry under yara")
    for key in ("rule", "examples"):
        if key not in entries:
            raise RuleError(f"{place}: no {key}; an entry under yara has the rule's name and its examples")
    return text_of(entries["rule"], f"{place}: rule"), _examples(entries["examples"], source)


def _examples(node: Node, source: str) -> tuple[Example, ...]:
    place = f"{source}, line {node.line}"
    found: list[Example] = []
    for side, value in _entries(node, ("hit", "miss"), place, "examples").items():
        if value.items is None:
            raise RuleError(
                f"{source}, line {value.line}: {side} is {value.kind}; expected a list of mails, each after a -"
            )
        found.extend(_example(item, side == "hit", source) for item in value.items)
    return tuple(found)


def _example(node: Node, hit: bool, source: str) -> Example:
    place = f"{source}, line {node.line}"
    if node.text is not None:  # a mail as it is
        return Example(hit, place, mail=_mail(node.text))
    entries = _entries(node, ("about", "mail", "file", "fields", "context"), place, "an example")
    about = text_of(entries["about"], f"{place}: about") if "about" in entries else ""
    kinds = [key for key in ("mail", "file", "fields") if key in entries]
    if len(kinds) != 1:
        raise RuleError(
            f"{place}: an example has {' and '.join(kinds) or 'no mail'}; expected one of mail, file, fields"
        )
    if kinds == ["fields"] and "context" in entries:
        raise RuleError(f"{place}: write names such as context.replied under fields")
    facts = _facts(entries["fields"], source, "") if kinds == ["fields"] else {}
    if "context" in entries:
        facts = _facts(entries["context"], source, "context.")
    mail = _mail(text_of(entries["mail"], f"{place}: mail")) if kinds == ["mail"] else None
    file = text_of(entries["file"], f"{place}: file") if kinds == ["file"] else ""
    return Example(hit, place, about, mail, file, facts)


def _mail(text: str) -> bytes:
    return text.lstrip("\n").encode("utf-8", "surrogateescape")


def _facts(node: Node, source: str, prefix: str) -> dict[str, Any]:
    """Values by the names of fields; lists of things as lists of such mappings."""
    place = f"{source}, line {node.line}"
    if node.entries is None:
        raise RuleError(f"{place}: is {node.kind}; expected names of fields and their values")
    found: dict[str, Any] = {}
    for key, value in node.entries:
        written = prefix + (key.text or "")
        name = field_name(written, FIELDS)
        if name is None:
            raise RuleError(
                f"{source}, line {key.line}: unknown field {shortened(written)!r}; {suggestion(written, FIELDS)}"
            )
        field = FIELDS[name]
        found[name] = (
            [_thing(item, field, name, source) for item in _items(value, name, source)]
            if field.items is not None
            else fact(value, field, f"{source}, line {value.line}: {name}")
        )
    return found


def _items(node: Node, name: str, source: str) -> tuple[Node, ...]:
    if node.items is None:
        raise RuleError(
            f"{source}, line {node.line}: {name} is {node.kind}; expected a list, each entry after a -"
        )
    return node.items


def _thing(node: Node, field: Field, name: str, source: str) -> dict[str, Any]:
    if node.entries is None or field.items is None:
        raise RuleError(f"{source}, line {node.line}: an entry of {name} is {node.kind}; expected a mapping")
    found = {}
    for key, value in node.entries:
        inner = field.items.get(key.text or "")
        if inner is None:
            raise RuleError(
                f"{source}, line {key.line}: {name} have no {shortened(key.text or '')!r}; "
                f"{suggestion(key.text or '', field.items)}"
            )
        found[key.text or ""] = fact(value, inner, f"{source}, line {value.line}: {key.text}")
    return found
