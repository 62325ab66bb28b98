"""The grammar of STIX patterns (STIX 2.1, section 9) as a tree of what is written; nothing is judged here.

Written by hand, not generated: the parser that OASIS publishes takes five to ten times as long, and recurses as deep as
a hostile text wants. This one is bounded, and forgives what is common in the wild: other escapes than the two of the
grammar, keywords in small letters, SHA-256 without quotes, and different kinds of objects within one pair of brackets.
"""

from __future__ import annotations

import re

import msgspec

MAX_PATTERN = 1_000_000  # characters
MAX_DEPTH = 50  # nested brackets


class PatternError(ValueError):
    """No STIX pattern; the message says what was expected where, as a clause for people."""


class Path(msgspec.Struct, frozen=True):
    """`type:a.b[*].'c d'` as type and steps; "[*]" and "[0]" are steps of their own."""

    type: str
    steps: tuple[str, ...]


class Test(msgspec.Struct, frozen=True):
    """A comparison. `operator` is upper case ("=", "!=", "IN", "EXISTS" …), `values` are texts of literals.

    `kinds` are the literals' kinds: "string", "number", "boolean", "time", "hex" or "binary". `start` and `end` are
    where it stands in the pattern.
    """

    path: Path
    operator: str
    values: tuple[str, ...]
    kinds: tuple[str, ...]
    negated: bool
    start: int
    end: int


class Node(msgspec.Struct, frozen=True):
    """Several comparisons (`operator` AND, OR), one observation ("[]"), several (AND, OR, FOLLOWEDBY), or qualified.

    A qualifier is an `operator` WITHIN, REPEATS or START with `qualifier` its number as written.
    """

    operator: str
    parts: tuple[Test | Node, ...]
    start: int
    end: int
    qualifier: str = ""


_TOKEN = re.compile(
    r"(?P<space>(?:[ \t\r\n\f\v\u00a0\u0085\ufeff]++|/\*(?:[^*]|\*(?!/))*+\*/|//[^\r\n]*+)++)"
    r"|(?P<time>t'[^']*+')|(?P<hex>h'[0-9A-Fa-f]*+')|(?P<binary>b'[A-Za-z0-9+/=]*+')"
    r"|(?P<string>'(?:[^'\\]|\\.)*+')"
    r"|(?P<number>[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?![\w-]))"
    r"|(?P<word>[A-Za-z_][\w-]*+)"
    r"|(?P<sign>==|!=|<>|<=|>=|[\[\]()=<>:.,*])",
    re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(['\\])")
_COMPARED = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_NAMED = frozenset({"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})
_JOINING = ("FOLLOWEDBY", "OR", "AND")  # of observations, the loosest first


def unescaped(literal: str) -> str:
    r"""What a string literal without its quotes stands for: only `\'` and `\\` are escapes."""
    return _ESCAPE.sub(r"\1", literal) if "\\" in literal else literal


def escaped(value: str) -> str:
    """A value as it stands in a pattern, without the quotes."""
    return value.replace("\\", "\\\\").replace("'", "\\'")


def parse(text: str) -> Node:
    """The tree of a pattern. Raises PatternError and nothing else, on any text; linear in its length."""
    if len(text) > MAX_PATTERN:
        raise PatternError(f"a pattern of {len(text):,} characters, more than {MAX_PATTERN:,}")
    reader = _Reader(text)
    tree = reader.observations(0, 0)
    reader.expect_end()
    return tree


class _Reader:
    """Recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0  # of the last token taken
        self._next()

    def _next(self) -> None:
        self._previous_end = self._end
        place = self._end
        match = _TOKEN.match(self._text, place)
        if match is not None and match.lastgroup == "space":
            place = match.end()
            match = _TOKEN.match(self._text, place)
        self.start = place
        if match is None:
            if place < len(self._text):
                raise PatternError(
                    f"cannot be read from character {place + 1} on: {_near(self._text, place)}"
                )
            self.kind, self.token = "end", ""
            return
        self.kind, self.token, self._end = str(match.lastgroup), match[0], match.end()

    def _take(self) -> str:
        token = self.token
        self._next()
        return token

    def _fail(self, expected: str) -> PatternError:
        if self.kind == "end":
            return PatternError(f"ends where {expected} is expected")
        return PatternError(
            f"{expected} is expected at character {self.start + 1}: {_near(self._text, self.start)}"
        )

    def _sign(self, sign: str) -> None:
        if self.token != sign:
            raise self._fail(sign)
        self._next()

    def _is(self, word: str) -> bool:
        return self.kind == "word" and self.token.upper() == word

    def expect_end(self) -> None:
        if self.kind != "end":
            raise self._fail("the end, AND, OR or FOLLOWEDBY")

    def observations(self, level: int, depth: int) -> Node:
        """Observations joined by the operator of a level, each made of those of the next."""
        if level == len(_JOINING):
            return self._observation(depth)
        start = self.start
        parts = [self.observations(level + 1, depth)]
        while self._is(_JOINING[level]):
            self._next()
            parts.append(self.observations(level + 1, depth))
        return parts[0] if len(parts) == 1 else Node(_JOINING[level], tuple(parts), start, self._previous_end)

    def _observation(self, depth: int) -> Node:
        if depth >= MAX_DEPTH:
            raise PatternError(f"more than {MAX_DEPTH} brackets inside each other")
        start = self.start
        if self.token == "(":
            self._next()
            node = self.observations(0, depth + 1)
            self._sign(")")
        elif self.token == "[":
            self._next()
            inner = self._comparisons(depth + 1)
            self._sign("]")
            node = Node("[]", (inner,), start, self._previous_end)
        else:
            raise self._fail("[ or (")
        qualifiers = 0
        while self.kind == "word" and (word := self.token.upper()) in ("WITHIN", "REPEATS", "START"):
            qualifiers += 1
            if depth + qualifiers > MAX_DEPTH:
                raise PatternError(f"more than {MAX_DEPTH} qualifiers")
            self._next()
            written = self._qualifier(word)
            node = Node(word, (node,), start, self._previous_end, written)
        return node

    def _qualifier(self, word: str) -> str:
        if word == "START":
            begin = self._moment()
            if not self._is("STOP"):
                raise self._fail("STOP")
            self._next()
            return f"{begin} {self._moment()}"
        if self.kind != "number":
            raise self._fail("a number")
        number = self._take()
        unit = "SECONDS" if word == "WITHIN" else "TIMES"
        if not self._is(unit):
            raise self._fail(unit)
        self._next()
        return number

    def _moment(self) -> str:
        if self.kind not in ("time", "string"):  # STIX 2.0 wrote a string
            raise self._fail("a time such as t'2026-01-01T00:00:00Z'")
        return self._take().removeprefix("t").strip("'")

    def _comparisons(self, depth: int) -> Test | Node:
        return self._joined("OR", depth)

    def _joined(self, operator: str, depth: int) -> Test | Node:
        start = self.start
        parts = [self._joined("AND", depth) if operator == "OR" else self._comparison(depth)]
        while self._is(operator):
            self._next()
            parts.append(self._joined("AND", depth) if operator == "OR" else self._comparison(depth))
        return parts[0] if len(parts) == 1 else Node(operator, tuple(parts), start, self._previous_end)

    def _comparison(self, depth: int) -> Test | Node:
        if self.token == "(":
            if depth >= MAX_DEPTH:
                raise PatternError(f"more than {MAX_DEPTH} brackets inside each other")
            self._next()
            inner = self._comparisons(depth + 1)
            self._sign(")")
            return inner
        start = self.start
        negated = False
        if self._is("NOT"):
            self._next()
            negated = True
        if self._is("EXISTS"):
            self._next()
            return Test(self._path(), "EXISTS", (), (), negated, start, self._previous_end)
        path = self._path()
        if self._is("NOT"):
            self._next()
            negated = not negated
        operator, values = self._operator()
        return Test(
            path,
            operator,
            tuple(value for _, value in values),
            tuple(kind for kind, _ in values),
            negated,
            start,
            self._previous_end,
        )

    def _operator(self) -> tuple[str, list[tuple[str, str]]]:
        word = self.token.upper()
        if self.kind == "sign" and word in _COMPARED:
            self._next()
            return _COMPARED[word], [self._literal()]
        if self.kind == "word" and word in _NAMED:
            self._next()
            return word, [self._literal()]
        if self._is("IN"):
            self._next()
            self._sign("(")
            values = [] if self.token == ")" else [self._literal()]
            while self.token == ",":
                self._next()
                values.append(self._literal())
            self._sign(")")
            return "IN", values
        raise self._fail("a comparison such as = or LIKE")

    def _literal(self) -> tuple[str, str]:
        kind = self.kind
        if kind == "string":
            return kind, unescaped(self._take()[1:-1])
        if kind in ("time", "hex", "binary"):
            return kind, self._take()[2:-1]
        if kind == "number":
            return kind, self._take()
        if kind == "word" and self.token.lower() in ("true", "false"):
            return "boolean", self._take().lower()
        raise self._fail("a value in quotes")

    def _path(self) -> Path:
        if self.kind != "word":
            raise self._fail("an object such as url:value")
        type_ = self._take()
        self._sign(":")
        steps = [self._step()]
        while self.token in (".", "["):
            if self._take() == ".":
                steps.append(self._step())
                continue
            if self.token != "*" and self.kind != "number":
                raise self._fail("* or a number")
            steps.append(f"[{self._take()}]")
            self._sign("]")
        return Path(type_, tuple(steps))

    def _step(self) -> str:
        if self.kind == "word":
            return self._take()
        if self.kind == "string":
            return unescaped(self._take()[1:-1])
        raise self._fail("a property")


def _near(text: str, place: int) -> str:
    piece = text[place : place + 40]
    return piece if place + 40 >= len(text) else piece + "…"
