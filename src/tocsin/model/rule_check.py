"""What checking an operator's rules found."""

from __future__ import annotations

import msgspec

from tocsin.model.source import ReadError


class Proof(msgspec.Struct, frozen=True):
    """One example held against its rule.

    `expected` is whether it should hit; `hit` whether it did, None where the example could not be read. `saw` says what
    the rule saw, a line each, where that is not what was expected.
    """

    rule: str
    place: str
    about: str
    expected: bool
    hit: bool | None
    saw: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.hit is self.expected


class Measured(msgspec.Struct, frozen=True):
    """A rule's hits in benign mail.

    `share` is 0..1, `upper` the upper end of its 95 % interval (Wilson), `mails` are places of the first ones.
    """

    rule: str
    hits: int
    share: float
    upper: float
    mails: tuple[str, ...] = ()


class Checked(msgspec.Struct, frozen=True):
    """The whole check: `warnings` are pairs of rule and sentence; `mails` counts the benign mails that were read,
    `unread` those that were not.
    """

    rules: int
    proofs: tuple[Proof, ...] = ()
    measured: tuple[Measured, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    mails: int = 0
    unread: int = 0
    errors: tuple[ReadError, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether every example holds."""
        return all(proof.holds for proof in self.proofs)
