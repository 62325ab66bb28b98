"""The intelligence of an open store, for mail that arrives; what others add to it meanwhile is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from tocsin.app.matcher import Matcher
from tocsin.app.memory import Store
from tocsin.hunt.search import SearchSet
from tocsin.judge.pointers import Pointer
from tocsin.model.observation import Observed

_NO_ACTS = frozenset(
    {"AMBER", "RED"}
)  # PAP: a block needs GREEN or freer; what is not stated is there to be used
_SLICE = 200  # patterns taken in at once


class Intelligence:
    """Looks up what each mail shows: exactly in the store, patterns in memory.

    Where what it finds is acted on (`acts`), intelligence that forbids acts a sender could notice is not asked: mail
    is not held back for it, and alarms once it is kept. `problem` says why intelligence is not asked in full, "" where
    it is.
    """

    def __init__(self, store: Store, say: Callable[[str], None], *, acts: bool = False) -> None:
        self._store = store
        self._say = say
        self._acts = acts
        self._matcher = Matcher(store, SearchSet())
        self._mark = b""
        self.problem = "still loading"

    def pointers(self, mail: Observed, now_s: float) -> tuple[Pointer, ...]:
        """What alarms on this mail. Raises StoreError."""
        (met,) = self._matcher.hits([mail], now_s)
        if self._acts:
            met = [one for one in met if one[1].pap not in _NO_ACTS]
        return self._matcher.pointers(met) if met else ()

    def look(self) -> Iterator[None] | None:
        """The work of taking in what has changed, in slices; None where nothing has. Raises StoreError."""
        mark = mark_of(self._store)
        if mark == self._mark:
            return None
        self._mark = mark
        return self._load()

    def _load(self) -> Iterator[None]:
        searched = SearchSet()
        for count, indicator in enumerate(self._store.indicators_to_search(), 1):
            searched.take(indicator)
            if count % _SLICE == 0:
                yield
        for kind in searched.kinds:  # the first question compiles what all others use
            if kind != "ip":
                list(searched.ask(kind, "tocsin.invalid"))
            yield
        for _, why in searched.problems[:5]:
            self._say(f"an indicator cannot be searched for: {why}")
        self._matcher = Matcher(self._store, searched)
        self.problem = ""


def mark_of(store: Store) -> bytes:
    """What changes whenever a source is added, renewed or removed. Raises StoreError."""
    seen = hashlib.blake2b(digest_size=16)
    for id, body in store.documents("source"):
        seen.update(f"{id} {len(body)} ".encode("utf-8", "replace") + body)
    return seen.digest()


def reason_of(error: Exception) -> str:
    """A few words on what failed, for the mail's tag."""
    return f"not looked up ({type(error).__name__})"
