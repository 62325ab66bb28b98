"""Many indicators that no digest leads to, asked of a value at once: LIKE, MATCHES, CIDR, negation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from tocsin.hunt.digests import leaf_digests
from tocsin.hunt.match import Uncompiled, as_expression, expression, literal, network_of
from tocsin.hunt.terms import leaves
from tocsin.model.intel import Comparison, Indicator

_FEW = 8  # expressions of one kind up to which each is asked by itself
_SET_MEMORY_BYTES = 64 * 1024 * 1024


class SearchSet:
    """Indicators to search for. `always` are those that only a look at each whole mail can answer.

    `problems` are pairs of indicator id and why it cannot be searched for; such an indicator is not asked.
    """

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        self.indicators: list[Indicator] = []
        self.problems: list[tuple[str, str]] = []
        self.always: list[int] = []
        self.exact: dict[int, list[int]] = {}
        self._expressions: dict[str, list[tuple[str, str, int]]] = {}
        self._networks: dict[tuple[int, int], dict[int, list[int]]] = {}
        self._sets: dict[str, object] = {}
        for one in indicators:
            self._take(one)

    def _take(self, one: Indicator) -> None:
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

    def _ask_expressions(
        self, kind: str, wanted: Sequence[tuple[str, str, int]], value: str
    ) -> Iterator[int]:
        if len(wanted) > _FEW:
            together = self._set(kind, wanted)
            if together is not None:
                for place in together.Match(value.encode("utf-8", "replace")):  # type: ignore[attr-defined]
                    yield wanted[place][2]
                return
        for operator, text, number in wanted:
            if expression(kind, operator, text)(value):
                yield number

    def _set(self, kind: str, wanted: Sequence[tuple[str, str, int]]) -> object | None:
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
    return piece if kind in ("url", "token") else piece.lower()
