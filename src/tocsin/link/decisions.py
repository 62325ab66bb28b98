"""What analysts said about campaigns, as constraints that hold against the machine's opinion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tocsin.model.campaign import Decision


class Constraints(msgspec.Struct, frozen=True):
    """`together` are sets of mails (SHA-256) of one hand, `apart` pairs of sets no two of which share one."""

    together: tuple[frozenset[str], ...] = ()
    apart: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()


def constraints_of(decisions: Iterable[Decision]) -> Constraints:
    """What stands of these decisions: what was undone is gone, and of two that contradict each other the later stands.

    An undoing can be undone. A later merge takes its mails out of an earlier split that would part them; a later
    split parts what an earlier merge joined.
    """
    ordered = sorted(decisions, key=lambda one: (one.at_s, one.id))
    undone: set[str] = set()
    for one in reversed(ordered):
        if one.action == "undo" and one.id not in undone:
            undone.add(one.undoes)
    together: list[frozenset[str]] = []
    apart: list[tuple[frozenset[str], frozenset[str]]] = []
    for one in ordered:
        if one.id in undone:
            continue
        mails = frozenset(one.mails)
        if one.action == "merge":
            apart = [
                (left - mails, right - mails) if left & mails and right & mails else (left, right)
                for left, right in apart
            ]
            together.append(mails)
        elif one.action == "split":
            others = frozenset(one.others) - mails
            together = [
                piece
                for joined in together
                for piece in (
                    (joined - mails, joined & mails) if joined & mails and joined & others else (joined,)
                )
            ]
            apart.append((mails, others))
    return Constraints(
        tuple(joined for joined in together if len(joined) > 1),
        tuple((left, right) for left, right in apart if left and right),
    )


class Partition:
    """Mails joined step by step, never across what must stay apart."""

    def __init__(self, apart: Sequence[tuple[frozenset[str], frozenset[str]]]) -> None:
        self._parent: dict[str, str] = {}
        self._sides: dict[str, frozenset[tuple[int, int]]] = {}
        sides: dict[str, set[tuple[int, int]]] = {}
        for number, pair in enumerate(apart):
            for side, mails in enumerate(pair):
                for mail in mails:
                    sides.setdefault(mail, set()).add((number, side))
        self._first = {mail: frozenset(found) for mail, found in sides.items()}

    def root(self, mail: str) -> str:
        """The mail that stands for the group of this one."""
        path = []
        while (parent := self._parent.get(mail, mail)) != mail:
            path.append(mail)
            mail = parent
        for one in path:
            self._parent[one] = mail
        return mail

    def join(self, one: str, other: str) -> bool:
        """Join the groups of two mails; False where they are one already or must stay apart."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return False
        mine, theirs = self._side(left), self._side(right)
        if any((number, 1 - side) in theirs for number, side in mine):
            return False
        low, high = min(left, right), max(left, right)
        self._parent[high] = low
        self._sides[low] = mine | theirs
        return True

    def _side(self, root: str) -> frozenset[tuple[int, int]]:
        return self._sides.get(root) or self._first.get(root, frozenset())
