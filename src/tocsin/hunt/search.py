"""Many indicators that no digest leads to, asked of a value at once: LIKE, MATCHES, CIDR, negation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from tocsin.hunt.digests import leaf_digests
from tocsin.hunt.match import CASED, Uncompiled, as_expression, expression, literal, network_of
from tocsin.hunt.terms import leaves
from tocsin.model.intel import Comparison, Indicator

_FEW = 8  # expressions of one kind up to which each is asked by itself
_GRAM = 6  # characters; a piece this long of an expression is rarely in a value that does not meet it
_SET_MEMORY_BYTES = 64 * 1024 * 1024

_Wanted = tuple[str, str, int]  # operator, value, number of the indicator


class SearchSet:
    """Indicators to search for. `always` are those that only a look at each whole mail can answer.

    `problems` are pairs of indicator id and why it cannot be searched for; such an indicator is not asked.
    """

    def __init__(self, indicators: Iterable[Indicator] = ()) -> None:
        self.indicators: list[Indicator] = []
        self.problems: list[tuple[str, str]] = []
        self.always: list[int] = []
        self.exact: dict[int, list[int]] = {}
        self._expressions: dict[str, list[_Wanted]] = {}
        self._networks: dict[tuple[int, int], dict[int, list[int]]] = {}
        self._sets: dict[str, object] = {}
        self._grams: dict[str, dict[str, list[_Wanted]]] = {}
        self._rest: dict[str, list[_Wanted]] = {}
        for one in indicators:
            self.take(one)

    def take(self, one: Indicator) -> None:
        """Add an indicator; before the first question."""
        found = list(leaves(one.pattern))
        try:
            for leaf in found:
                if leaf.operator in ("like", "matches"):
                    for value in leaf.values:
                        expression(leaf.kind, leaf.operator, value)
        except Uncompiled as error:
            self.problems.append((one.id, str(error)))
            return
        number = len(self.indicators)
        self.indicators.append(one)
        if any(leaf.negated for leaf in found):
            self.always.append(number)
            return
        for leaf in found:
            self._take_leaf(leaf, number)

    def _take_leaf(self, leaf: Comparison, number: int) -> None:
        if leaf.operator in ("like", "matches"):
            wanted = self._expressions.setdefault(leaf.kind, [])
            wanted.extend((leaf.operator, value, number) for value in leaf.values)
        elif leaf.operator == "cidr":
            for value in leaf.values:
                network = network_of(value)
                if network is not None:
                    table = self._networks.setdefault((network.version, network.prefixlen), {})
                    table.setdefault(int(network.network_address), []).append(number)
        else:
            for digest in leaf_digests(leaf):
                self.exact.setdefault(digest, []).append(number)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of observables that have to be searched by text."""
        return (*self._expressions, *(("ip",) if self._networks and "ip" not in self._expressions else ()))

    def pieces(self, kind: str) -> tuple[str, ...]:
        """Pieces of text one of which every value worth asking contains; ("",) where all values are."""
        wanted = self._expressions.get(kind, [])
        if (kind == "ip" and self._networks) or len(wanted) > _FEW:
            return ("",)
        found = tuple(dict.fromkeys(_piece(kind, operator, value) for operator, value, _ in wanted))
        return found if "" not in found else ("",)

    def ask(self, kind: str, value: str) -> Iterator[int]:
        """Numbers of the indicators that a value may meet."""
        wanted = self._expressions.get(kind)
        if wanted:
            yield from self._ask_expressions(kind, wanted, value)
        if kind == "ip" and self._networks:
            address = ipaddress.ip_address(value)
            number = int(address)
            for (version, length), table in self._networks.items():
                if version == address.version:
                    shift = address.max_prefixlen - length
                    yield from table.get(number >> shift << shift, ())

    def _ask_expressions(self, kind: str, wanted: Sequence[_Wanted], value: str) -> Iterator[int]:
        if len(wanted) > _FEW:
            wanted = self._likely(kind, wanted, value)
        for operator, text, number in wanted:
            if expression(kind, operator, text)(value):
                yield number

    def _likely(self, kind: str, wanted: Sequence[_Wanted], value: str) -> list[_Wanted]:
        """Those of many expressions that a value may meet: by a piece of text that they need, the rest at once."""
        if kind not in self._grams:
            self._index(kind, wanted)
        grams, rest = self._grams[kind], self._rest[kind]
        if kind not in CASED:
            value = value.lower()
        found = {
            value[at : at + _GRAM] for at in range(len(value) - _GRAM + 1) if value[at : at + _GRAM] in grams
        }
        likely = [one for gram in sorted(found) for one in grams[gram]]
        if len(rest) <= _FEW:
            return likely + rest
        together = self._set(kind, rest)
        if together is None:
            return likely + rest
        matched = together.Match(value.encode("utf-8", "replace")) or ()  # type: ignore[attr-defined]
        return likely + [rest[place] for place in matched]

    def _index(self, kind: str, wanted: Sequence[_Wanted]) -> None:
        """Each expression under the piece of its surest text that fewest others stand under."""
        grams: dict[str, list[_Wanted]] = {}
        rest: list[_Wanted] = []
        for one in wanted:
            piece = _piece(kind, one[0], one[1])
            pieces = {piece[at : at + _GRAM] for at in range(len(piece) - _GRAM + 1)}
            if not pieces:
                rest.append(one)
                continue
            best = min(pieces, key=lambda gram: (len(grams.get(gram, ())), gram))
            grams.setdefault(best, []).append(one)
        self._grams[kind], self._rest[kind] = grams, rest

    def _set(self, kind: str, wanted: Sequence[_Wanted]) -> object | None:
        """All expressions of a kind as one automaton, made once; None where they are too many for one."""
        if kind not in self._sets:
            import re2  # type: ignore[import-untyped]

            options = re2.Options()
            options.log_errors = False
            options.max_mem = _SET_MEMORY_BYTES
            together = re2.Set.SearchSet(options)
            try:
                for operator, text, _ in wanted:
                    together.Add(as_expression(kind, operator, text).encode("utf-8"))
                together.Compile()
            except re2.error:
                together = None
            self._sets[kind] = together
        return self._sets[kind]


def _piece(kind: str, operator: str, value: str) -> str:
    piece = literal(operator, value)
    return piece if kind in CASED else piece.lower()
