"""Actors as published: names that vendors gave, and what was said of their mail, each statement with its source.

A profile holds no state and no nationality: who sponsors whom is a claim (`model.claim`), never a property.
"""

from __future__ import annotations

import msgspec

STATEMENT_KINDS = ("technique", "sign", "infrastructure", "theme", "target", "observable")


class Source(msgspec.Struct, frozen=True):
    """Who published it: `date` is a day, a month or a year as far as it is known, "" where it is not."""

    title: str
    publisher: str
    date: str = ""
    url: str = ""


class Statement(msgspec.Struct, frozen=True):
    """One thing that was published of an actor.

    `kind` is of STATEMENT_KINDS. `value` is what a program compares: an ATT&CK id ("technique"), a sign id of
    `attribute.signs` ("sign"), a domain, host or network ("infrastructure"), a theme id of data/themes.toml
    ("theme"), "sector:WORD" or "country:XX" ("target"), or "" for what only people can compare ("observable").
    `text` says it in our own words. `denied` marks what was published as *not* being this actor's habit. `until` is
    the day from which it no longer holds ("" if open), as with a domain that others bought.
    """

    kind: str
    value: str
    text: str
    sources: tuple[Source, ...]
    denied: bool = False
    until: str = ""


class ActorName(msgspec.Struct, frozen=True):
    """A name for an actor: who uses it, and whether others are called the same.

    `ambiguous` names say nothing by themselves; `also` are ids or names of the others that bear it.
    """

    name: str
    by: str = ""
    ambiguous: bool = False
    also: tuple[str, ...] = ()
    note: str = ""


class Actor(msgspec.Struct, frozen=True):
    """One published actor. `id` is a lower-case slug ("apt31"); `origin` is where the profile came from.

    `kind` is "group" or "criminal". `origin` is "tocsin" (shipped), the path of an operator's file, "attack" or
    "misp-galaxy". `references` are ids elsewhere: ("attack", "G0128"), ("misp-galaxy", UUID), ("maltrail", "apt_31").
    """

    id: str
    name: str
    names: tuple[ActorName, ...]
    statements: tuple[Statement, ...]
    kind: str = "group"
    origin: str = "tocsin"
    references: tuple[tuple[str, str], ...] = ()
    note: str = ""


class Profiles(msgspec.Struct, frozen=True):
    """All actors at hand, and what was odd about them: loops and clashes of names, in sentences for people."""

    actors: tuple[Actor, ...]
    problems: tuple[str, ...] = ()


class ActorCheck(msgspec.Struct, frozen=True):
    """What checking an operator's profiles found.

    `actors` are the ids that the files speak of, `adds_to` those of them that were known before. `mistakes` keep the
    files from being used, `notes` are allowed and yet worth a look; both are sentences with their place.
    """

    actors: tuple[str, ...] = ()
    adds_to: tuple[str, ...] = ()
    statements: int = 0
    mistakes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
