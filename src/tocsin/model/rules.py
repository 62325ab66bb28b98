"""An operator's own rules as values: what each one says, what it weighs, and when it applies."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Literal

import msgspec

Operator = Literal[
    "equals", "contains", "starts", "ends", "regex", "cidr", "present",
    "less", "more", "at_least", "at_most", "before", "after", "weekday", "hours",
]  # fmt: skip


class Test(msgspec.Struct, frozen=True):
    """A field held against values: each operator must accept the same value of the field.

    `field` is a published name ("sender.domain"), relative to the thing inside a count ("host"), "" for the text
    itself inside a count of texts. An operator accepts what any of its values accepts. Times are Unix seconds,
    weekdays 0 (Monday) to 6, hours a pair of minutes of the day in `zone`.
    """

    field: str
    operators: tuple[tuple[Operator, tuple[Any, ...]], ...]
    case: bool = False
    zone: tzinfo | None = None


class All(msgspec.Struct, frozen=True):
    """Every part applies."""

    parts: tuple[Condition, ...]


class AnyOf(msgspec.Struct, frozen=True):
    """At least one part applies."""

    parts: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True):
    """The part is known not to apply."""

    part: Condition


class Count(msgspec.Struct, frozen=True):
    """So many things of a list, or so many of several conditions, apply.

    `of` is the name of a field that holds a list, or conditions; `where` is what counts, None for everything.
    """

    of: str | tuple[Condition, ...]
    where: Condition | None
    at_least: int = 1
    at_most: int | None = None


Condition = Test | All | AnyOf | Not | Count


class Example(msgspec.Struct, frozen=True):
    """A mail that a rule must hit or must miss: given as bytes, as a file beside the rule, or as values of fields.

    `facts` are values of fields by name, with the rest at its default; beside a mail they are those of `context`
    alone. `place` is "file, line 12".
    """

    hit: bool
    place: str
    about: str = ""
    mail: bytes | None = None
    file: str = ""
    facts: dict[str, Any] = {}


class Rule(msgspec.Struct, frozen=True):
    """One rule.

    `title` is the sentence shown as its reason; `reconnaissance` and `phishing` are log-likelihood ratios in nats, 0
    where it does not bear on the question; a rule that weighs nothing is only observed. `indicator` tells that a hit
    is a piece of intelligence, shown whatever the budget of alerts. `condition` is None for YARA rules, whose names
    then stand in observations of kind "yara".
    """

    id: str
    title: str
    source: str
    place: str
    reconnaissance: float = 0.0
    phishing: float = 0.0
    indicator: bool = False
    condition: Condition | None = None
    examples: tuple[Example, ...] = ()

    @property
    def weighs(self) -> bool:
        return bool(self.reconnaissance or self.phishing)


class YaraSource(msgspec.Struct, frozen=True):
    """The text of one YARA file and where it lies."""

    path: str
    text: str


class RuleSet(msgspec.Struct, frozen=True):
    """Everything read from an operator's rule files: checked rules, YARA rules that weigh among them, and YARA texts.

    `notes` are sentences about what does no harm but could be meant otherwise.
    """

    rules: tuple[Rule, ...] = ()
    yara: tuple[YaraSource, ...] = ()
    notes: tuple[str, ...] = ()
