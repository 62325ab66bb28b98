"""YAML to a tree that knows its lines: no aliases, no tags, bounded depth and size.

YAML's own constructors would turn `no` into False and `12:30` into 750; here a plain word stays a word until somebody
asks for a number. Anchors and aliases are refused, so no small file grows large (the "billion laughs").
"""

from __future__ import annotations

from typing import Any

import msgspec

MAX_DEPTH = 40
MAX_NODES = 500_000


class RuleError(ValueError):
    """A rule that cannot be used; the message says file, line, what was expected and what to do."""


class Node(msgspec.Struct, frozen=True):
    """A piece of the file: a scalar has `text`, a list `items`, a mapping `entries` (key, value) in their order."""

    line: int
    text: str | None = None
    quoted: bool = False
    items: tuple[Node, ...] | None = None
    entries: tuple[tuple[Node, Node], ...] | None = None

    @property
    def kind(self) -> str:
        """What it is, in words for errors."""
        if self.items is not None:
            return "a list"
        return "a mapping" if self.entries is not None else f"{shortened(self.text or '')!r}"


def shortened(text: str) -> str:
    """What a message shows of somebody's text."""
    return text if len(text) <= 60 else text[:60] + "…"


def read_tree(text: str, source: str) -> Node:
    """The one document in this YAML text; `source` is named in errors. Raises RuleError."""
    import yaml  # 20 ms, for those who have rules

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    open_: list[tuple[str, int, list[Node]]] = [("document", 1, [])]
    count = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            mark: Any = event.start_mark
            line = mark.line + 1
            place = f"{source}, line {line}"
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise RuleError(f"{place}: anchors and aliases (& and *) are not read; write the value out")
            tag = getattr(event, "tag", None)
            if tag not in (None, "!"):
                raise RuleError(f"{place}: tags such as {shortened(tag)!r} are not read; leave it out")
            count += 1
            if count > MAX_NODES:
                raise RuleError(f"{place}: more than {MAX_NODES:,} values in one file; split it")
            if isinstance(event, yaml.ScalarEvent):
                if not _is_text(event.value):
                    raise RuleError(
                        f"{place}: half a character (\\ud800 to \\udfff) is no text; write it out"
                    )
                open_[-1][2].append(Node(line, text=event.value, quoted=not event.implicit[0]))
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                if len(open_) > MAX_DEPTH:
                    raise RuleError(f"{place}: nested more than {MAX_DEPTH} deep; write it flatter")
                kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
                open_.append((kind, line, []))
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                kind, start, nodes = open_.pop()
                made = (
                    Node(start, items=tuple(nodes))
                    if kind == "list"
                    else Node(start, entries=_paired(nodes, source))
                )
                open_[-1][2].append(made)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        problem = str(error.problem or error.context or "it cannot be read").replace("\t", "a tab")
        raise RuleError(
            f"{source}, line {line}: is not YAML: {problem}; indent with spaces, and put quotes around texts with : # "
            "or @"
        ) from error
    except yaml.YAMLError as error:
        raise RuleError(f"{source}: is not YAML: {str(error).splitlines()[0][:200]}") from error
    documents = open_[0][2]
    if len(documents) != 1:
        raise RuleError(
            f"{source}: holds {len(documents)} YAML documents; expected one, with a list under `rules:`"
        )
    return documents[0]


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: escapes can make lone surrogates, which can not."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _paired(nodes: list[Node], source: str) -> tuple[tuple[Node, Node], ...]:
    seen: dict[str, int] = {}
    for key in nodes[::2]:
        if key.text is None:
            raise RuleError(f"{source}, line {key.line}: a key is {key.kind}; expected a word")
        if key.text in seen:
            raise RuleError(
                f"{source}, line {key.line}: {shortened(key.text)!r} stands here twice, first in line "
                f"{seen[key.text]}; keep one, or put both under `all:`"
            )
        seen[key.text] = key.line
    return tuple(zip(nodes[::2], nodes[1::2], strict=True))
