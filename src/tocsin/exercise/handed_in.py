"""What an operator would hand in beside the mail, as files: people, names, days of registration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from tocsin.model.names import KnownName
from tocsin.model.scenario import Cast, MailboxOwner


def people_toml(owners: Sequence[MailboxOwner], cast: Cast, contacts: Mapping[str, str] | None = None) -> str:
    """people.toml: the owners as protected people, for every command that knows people.

    `contacts` has for some owners (by slug) further lines of their tables: ways to reach them, delegates.
    """
    head = "# EXERCISE: these people and organisations are fictional.\n"
    return head + "".join(_person(owner, cast, (contacts or {}).get(owner.slug, "")) for owner in owners)


def _person(owner: MailboxOwner, cast: Cast, contact: str) -> str:
    topics = [word for topic in owner.topics for word in cast.topic_words.get(topic, ())]
    unpublished = f"unpublished = {_texts(owner.unpublished)}\n" if owner.unpublished else ""
    events = "".join(
        "\n[[person.event]]\n"
        f"name = {_text(one.event.name)}\n"
        f"day = {one.event.day}\n" + (f"topics = {_texts(one.event.topics)}\n" if one.event.topics else "")
        for one in owner.occasions
    )
    return (
        "\n[[person]]\n"
        f"name = {_text(owner.name)}\n"
        f"addresses = {_texts(owner.addresses)}\n"
        f"{unpublished}"
        f"organisation = {_text(owner.organisation.name)}\n"
        f"country = {_text(owner.organisation.country)}\n"
        + (f"sector = {_text(owner.organisation.sector)}\n" if owner.organisation.sector else "")
        + f"languages = {_texts(owner.languages)}\n"
        f"topics = {_texts(topics)}\n"
        "protected = true\n"
        f"{contact}{events}"
    )


def names_toml(known: Sequence[KnownName]) -> str:
    """names.toml: outlets and institutions in the format of an operator's own list."""
    head = "# EXERCISE: these outlets and institutions are fictional.\n"
    return head + "".join(map(_name, known))


def _name(entry: KnownName) -> str:
    aliases = f"aliases = {_texts(entry.aliases)}\n" if entry.aliases else ""
    return (
        "\n[[name]]\n"
        f"id = {_text(entry.id)}\n"
        f"name = {_text(entry.name)}\n"
        f"{aliases}"
        f"kind = {_text(entry.kind)}\n"
        f"domains = {_texts(entry.domains)}\n"
        f"country = {_text(entry.country)}\n"
        f"source = {_text(entry.source)}\n"
    )


def dates_csv(registered: Mapping[str, date]) -> str:
    """dates.csv: one line a domain, under the heading `domain,registered`."""
    return "domain,registered\n" + "".join(f"{domain},{day}\n" for domain, day in registered.items())


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
