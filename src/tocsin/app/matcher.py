"""New mail against all the intelligence of a store, before or after it is kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.hunt.hits import hits_of
from tocsin.hunt.match import Shown
from tocsin.hunt.observables import digests_of, observables
from tocsin.hunt.search import SearchSet
from tocsin.judge.pointers import Pointer, pointer
from tocsin.model.intel import Hit, Indicator, IntelSource
from tocsin.model.observation import Observed
from tocsin.store.interface import Store


class Matcher:
    """All intelligence of a store, for mails that are not stored yet; `searched` are those no digest leads to."""

    def __init__(self, store: Store, searched: SearchSet | None = None) -> None:
        self._store = store
        self._searched = searched or SearchSet(store.indicators_to_search())
        self.problems = self._searched.problems

    def candidates(self, mails: Sequence[Observed]) -> list[tuple[Shown, dict[str, Indicator]]]:
        """For each mail what it shows, and the indicators that it may meet, by id."""
        found: list[tuple[Shown, dict[str, Indicator]]] = []
        wanted: dict[int, list[int]] = {}
        searched = self._searched
        for place, mail in enumerate(mails):
            seen = observables(mail)
            possible = set(searched.always)
            for digest in digests_of(seen):
                wanted.setdefault(digest, []).append(place)
                possible.update(searched.exact.get(digest, ()))
            kinds = searched.kinds
            for one in seen:
                if one.kind in kinds:
                    possible.update(searched.ask(one.kind, one.value))
            found.append(
                (Shown(seen), {searched.indicators[n].id: searched.indicators[n] for n in sorted(possible)})
            )
        if wanted:
            for digest, indicator in self._store.indicators_by_digest(wanted):
                for place in wanted[digest]:
                    found[place][1][indicator.id] = indicator
        return found

    def pointers(self, met: Sequence[tuple[Hit, Indicator]]) -> tuple[Pointer, ...]:
        """What judging has to know of a mail's hits: those that alarm."""
        return tuple(
            pointer(hit, indicator, source_of(self._store, indicator.source))
            for hit, indicator in met
            if hit.alarms
        )

    def hits(self, mails: Sequence[Observed], now_s: float) -> list[list[tuple[Hit, Indicator]]]:
        """The hits of mails that have no number yet (-1), each with its indicator."""
        return [
            [
                (hit, indicators[hit.indicator])
                for hit in hits_of(-1, came_s(mail), shown, indicators.values(), now_s)
            ]
            for mail, (shown, indicators) in zip(mails, self.candidates(mails), strict=True)
        ]


def source_of(store: Store, id: str) -> IntelSource | None:
    """The source with this id, None where it is no longer kept."""
    body = store.get("source", id)
    return msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None


def came_s(mail: Observed) -> float | None:
    """When a mail came: its arrival, else its Date."""
    return mail.arrival_s if mail.arrival_s is not None else mail.date_s
