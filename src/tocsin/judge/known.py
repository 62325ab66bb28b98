"""What judging knows of the world beforehand: lists that came with the package or that the operator handed in."""

from __future__ import annotations

import msgspec

from tocsin.judge.guarded import NOBODY_GUARDED, Guarded, guard
from tocsin.model.catalogue import Catalogue
from tocsin.model.names import Names
from tocsin.model.people import People

_NO_NAMES, _NO_PEOPLE = Names(), People()
_PICTURE_KINDS = ("image-host", "signature")


class Known(msgspec.Struct, frozen=True):
    """What the lists say; what they do not name is not recognised.

    `drill_services` and `picture_services` are vendor ids of the catalogue. `registered` gives the day on which a
    registrable domain was registered, as days since 1970-01-01 (UTC). `guarded` are the look-ups made of `names` and
    `people`.
    """

    catalogue: Catalogue | None = None
    drill_services: frozenset[str] = frozenset()
    picture_services: frozenset[str] = frozenset()
    names: Names = Names()
    people: People = People()
    registered: dict[str, int] = {}
    guarded: Guarded = NOBODY_GUARDED


NOTHING_KNOWN = Known()


def known_from(
    catalogue: Catalogue | None,
    names: Names = _NO_NAMES,
    people: People = _NO_PEOPLE,
    registered: dict[str, int] | None = None,
) -> Known:
    """The look-ups that judging needs, made from these lists."""
    vendors = catalogue.vendors if catalogue is not None else ()
    return Known(
        catalogue,
        frozenset(v.id for v in vendors if v.kind == "phishing-drill"),
        frozenset(v.id for v in vendors if v.kind in _PICTURE_KINDS),
        names,
        people,
        registered or {},
        guard(names, people, catalogue),
    )
