"""What people.toml says of how a person is reached, who reads their mailbox, and what they agreed to."""

from __future__ import annotations

from typing import Any

from tocsin.app.people_fields import PeopleError, address, known_keys, tables, text, texts
from tocsin.model.people import Contact, Delegate, Way

WAYS = ("telephone", "letter", "in-person", "messenger", "mail")
KEYS = (
    "private", "roles", "groups", "way", "delegate", "mandate", "consent", "retention_days", "reads_with", "pictures",
)  # fmt: skip
_PICTURES = ("", "shown", "blocked")
_MOST_DAYS = 36_500


def contact_of_entry(
    entry: dict[str, Any], person: str, addresses: tuple[str, ...], place: str
) -> Contact | None:
    """The contact of one [[person]]; None where nothing of it is written. Raises PeopleError."""
    if not any(key in entry for key in KEYS):
        return None
    private = tuple(address(one, f"{place}: private") for one in texts(entry, "private", place))
    for one in private:
        if one not in addresses:
            raise PeopleError(f"{place}: private names {one}, which is none of the person's addresses")
    days = entry.get("retention_days")
    if days is not None and (
        not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _MOST_DAYS
    ):
        raise PeopleError(
            f"{place}: retention_days is {days!r}; expected a whole number of days, 1 to {_MOST_DAYS}"
        )
    pictures = text(entry, "pictures", place)
    if pictures not in _PICTURES:
        raise PeopleError(
            f'{place}: pictures is {pictures!r}; expected "shown" or "blocked", or leave it out'
        )
    return Contact(
        person=person,
        private=private,
        roles=texts(entry, "roles", place),
        groups=texts(entry, "groups", place),
        ways=_ways(entry, place, "[[person.way]]"),
        delegates=tuple(
            _delegate(one, f"{place}, delegate {number}")
            for number, one in enumerate(tables(entry, "delegate", place, "[[person.delegate]]"), 1)
        ),
        mandate=text(entry, "mandate", place),
        consent=text(entry, "consent", place),
        retention_days=days,
        reads_with=tuple(one.strip().lower() for one in texts(entry, "reads_with", place)),
        pictures=pictures,
    )


def _ways(entry: dict[str, Any], place: str, written: str) -> tuple[Way, ...]:
    found = []
    for number, one in enumerate(tables(entry, "way", place, written), 1):
        where = f"{place}, way {number}"
        way = known_keys(one, ("kind", "to", "note"), where, written)
        kind, to = text(way, "kind", where), text(way, "to", where)
        if kind not in WAYS:
            raise PeopleError(f"{where}: kind is {kind!r}; expected one of {', '.join(WAYS)}")
        if not to:
            raise PeopleError(f'{where}: no to; write the number, address or place, as in to = "room 4.12"')
        found.append(Way(kind, address(to, where) if kind == "mail" else to, text(way, "note", where)))
    return tuple(found)


def _delegate(entry: object, place: str) -> Delegate:
    one = known_keys(entry, ("name", "role", "address", "languages", "way"), place, "[[person.delegate]]")
    name = text(one, "name", place)
    if not name:
        raise PeopleError(f'{place}: no name; write name = "…"')
    mailbox = text(one, "address", place)
    return Delegate(
        name,
        text(one, "role", place),
        address(mailbox, place) if mailbox else "",
        tuple(language.lower() for language in texts(one, "languages", place)),
        _ways(one, place, "[[person.delegate.way]]"),
    )


def renamed_domains(entry: object, source: str) -> tuple[tuple[str, str], ...]:
    """The pairs of [matching] renamed, former and present domain, chains followed to their end. Raises PeopleError."""
    table = known_keys(entry, ("renamed",), f"{source}: [matching]", "[matching]")
    pairs = table.get("renamed", {})
    expected = 'expected renamed = { "old.example" = "new.example" }'
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise PeopleError(f"{source}: [matching] renamed: {expected}")
    found = {
        former.strip().lower().rstrip("."): now.strip().lower().rstrip(".") for former, now in pairs.items()
    }
    for domain in (*found, *found.values()):
        if "." not in domain or "@" in domain or any(letter.isspace() for letter in domain):
            raise PeopleError(f"{source}: [matching] renamed: {domain!r} is no domain; {expected}")
    ends = []
    for former in found:
        now, seen = former, {former}
        while now in found:
            now = found[now]
            if now in seen:
                raise PeopleError(f"{source}: [matching] renamed: {former} leads back to itself")
            seen.add(now)
        ends.append((former, now))
    return tuple(ends)
