"""`tocsin people`: who is protected, how they are reached, who reads their mail with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.edge import EXIT_UNREAD, say
from tocsin.cli.stores import JSON, settings_of

if TYPE_CHECKING:
    from tocsin.app.people_writing import Listed

_FILE = click.Path(dir_okay=False, path_type=Path)
_PEOPLE = click.option("--people", type=_FILE, help="The list [default: people in the settings].")
_CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")


@click.group("people")
def command() -> None:
    """The people whose mail is read: addresses, languages, ways to reach them, delegates. docs/people.md."""


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with a list ends the command with code 2."""
    from tocsin.app.people import PeopleError

    try:
        yield
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"{error.filename}: cannot be written ({error.strerror})") from error


def _path(people: Path | None, config: Path | None) -> Path:
    found = settings_of(config, people=people).people
    if found is None:
        raise click.UsageError("no list is named: give --people FILE, or people in the settings")
    return found


@command.command("list")
@click.argument("wanted", required=False, metavar="[NAME|ADDRESS]")
@_PEOPLE
@JSON
@_CONFIG
def list_command(wanted: str | None, people: Path | None, as_json: bool, config: Path | None) -> None:
    """List people; those alone whose name, organisation or address fits, if something is named."""
    from tocsin.app.matching import AddressBook
    from tocsin.app.people import load_people
    from tocsin.model.people import Contact
    from tocsin.render.people import person_line, person_text

    with _said():
        found = load_people(_path(people, config))
    contacts = {one.person: one for one in found.contacts}
    folded = (wanted or "").casefold()
    named = AddressBook(found).get((wanted or "").strip().lower(), "")
    listed = [
        one
        for one in found.owners
        if not wanted
        or one.addresses[0] == named
        or folded in one.name.casefold()
        or folded in one.organisation.casefold()
        or any(folded in address for address in one.addresses)
    ]
    for one in listed:
        contact = contacts.get(one.addresses[0], Contact(one.addresses[0]))
        if as_json:
            sys.stdout.buffer.write(person_line(one, contact))
        else:
            sys.stdout.write(person_text(one, contact))
    if not as_json:
        sys.stdout.write(f"{len(listed)} people in {found.source}\n")


@command.command("add")
@click.argument("name")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    required=True,
    metavar="ADDRESS",
    help="The one people know first.",
)
@click.option("--private", multiple=True, metavar="ADDRESS", help="One outside the organisation; repeatable.")
@click.option(
    "--unpublished", multiple=True, metavar="ADDRESS", help="One found nowhere in public; repeatable."
)
@click.option("--organisation", default="", metavar="NAME", help="The house; reach is counted by it.")
@click.option("--sector", default="", metavar="WORD", help="parliament, press, research …")
@click.option("--country", default="", metavar="CODE", help="ISO 3166, as in BE.")
@click.option(
    "--language", "languages", multiple=True, metavar="CODE", help="ISO 639-1; the first is for notices."
)
@click.option("--role", "roles", multiple=True, metavar="TEXT", help="What they are; repeatable.")
@click.option("--group", "groups", multiple=True, metavar="TEXT", help="Committee, delegation …; repeatable.")
@click.option("--topic", "topics", multiple=True, metavar="TEXT", help="What they work on; repeatable.")
@click.option(
    "--way", "ways", multiple=True, metavar="KIND=TO", help="telephone=…, letter=…, in-person=…, mail=…"
)
@click.option(
    "--delegate", "delegates", multiple=True, metavar="NAME=ADDRESS", help="Who reads the mailbox too."
)
@click.option("--mandate", default="", metavar="TEXT", help="On what ground their mail is looked at.")
@click.option("--consent", default="", metavar="TEXT", help="What they agreed to, and when.")
@click.option("--retention-days", type=int, metavar="DAYS", help="How long their mail is kept.")
@_PEOPLE
@_CONFIG
def add_command(
    name: str,
    addresses: tuple[str, ...],
    private: tuple[str, ...],
    unpublished: tuple[str, ...],
    organisation: str,
    sector: str,
    country: str,
    languages: tuple[str, ...],
    roles: tuple[str, ...],
    groups: tuple[str, ...],
    topics: tuple[str, ...],
    ways: tuple[str, ...],
    delegates: tuple[str, ...],
    mandate: str,
    consent: str,
    retention_days: int | None,
    people: Path | None,
    config: Path | None,
) -> None:
    """Add NAME to the list; what is there stays as it is written."""
    from tocsin.app.people_writing import Newcomer, add_people
    from tocsin.model.people import Contact, Delegate, Owner, Way

    listed = tuple(dict.fromkeys(one.strip().lower() for one in (*addresses, *private, *unpublished)))
    owner = Owner(
        listed, name.strip(), organisation, True, country, languages, topics, _lower(unpublished), (), sector
    )
    contact = Contact(
        listed[0],
        _lower(private),
        roles,
        groups,
        tuple(Way(*_pair(one, "--way")) for one in ways),
        tuple(Delegate(*_named(one)) for one in delegates),
        mandate,
        consent,
        retention_days,
    )
    with _said():
        (told,) = add_people(_path(people, config), [Newcomer(owner, contact)])
    if told.why:
        raise click.UsageError(f"{told.name}: {told.why}; nothing was changed")
    sys.stdout.write(f"{told.name} <{told.address}>: added\n")


@command.command("import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Show what would be added, and add nothing.")
@_PEOPLE
@_CONFIG
def import_command(file: Path, dry_run: bool, people: Path | None, config: Path | None) -> None:
    """Add the people of FILE: a table (CSV) or an address book (vCard). Who is listed already stays as they are."""
    from tocsin.app.people_import import read_import
    from tocsin.app.people_writing import add_people

    with _said():
        newcomers = read_import(file)
        told = add_people(_path(people, config), newcomers, keep=not dry_run)
    _tell(told, dry_run=dry_run)


def _tell(told: tuple[Listed, ...], *, dry_run: bool) -> None:
    from tocsin.render.shown import shown

    added = [one for one in told if not one.why]
    for one in added:
        sys.stdout.write(f"{shown(one.name, 80)} <{shown(one.address, 120)}>\n")
    for one in told:
        if one.why:
            say(
                f"{shown(one.name, 80) or 'somebody without a name'} ({shown(one.place, 200)}): {shown(one.why, 300)}."
            )
    verb = "would be added" if dry_run else "added"
    sys.stdout.write(f"{len(added)} people {verb}, {len(told) - len(added)} left out\n")
    if any(one.why and "is listed already" not in one.why for one in told):
        sys.exit(EXIT_UNREAD)


@command.command("seal")
@click.option("--hash-addresses", is_flag=True, help="Keep keyed hashes in place of addresses.")
@click.option("-o", "output", type=_FILE, help="Where to [default: over the list itself].")
@_PEOPLE
@_CONFIG
def seal_command(hash_addresses: bool, output: Path | None, people: Path | None, config: Path | None) -> None:
    """Seal the list: who has the file alone can read nothing in it. Every command opens it as before."""
    from tocsin.app.people_keeping import seal_list

    path = _path(people, config)
    with _said():
        place = seal_list(path, output or path, hash_addresses=hash_addresses)
    sys.stdout.write(f"{(output or path).absolute()}: sealed; its key is in {place}\n")
    if output is not None:
        say(f"{path} still lies open beside it: remove it once you have a copy elsewhere.")


@command.command("open")
@click.option("-o", "output", type=_FILE, help="Write to FILE (0600) instead of the terminal.")
@_PEOPLE
@_CONFIG
def open_command(output: Path | None, people: Path | None, config: Path | None) -> None:
    """Give back what a sealed list holds, in TOML."""
    from tocsin.app.people_keeping import open_list, write_list

    with _said():
        text = open_list(_path(people, config))
        if output is not None:
            write_list(output, text.encode())
    sys.stdout.write(f"{output.absolute()}\n" if output is not None else text)


def _lower(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.strip().lower() for one in addresses)


def _pair(text: str, option: str) -> tuple[str, str]:
    kind, equals, to = text.partition("=")
    if not equals:
        raise click.UsageError(f"{option} {text}: expected KIND=TO, as in telephone=internal 4321")
    return kind.strip(), to.strip()


def _named(text: str) -> tuple[str, str, str]:
    name, _, address = text.partition("=")
    return name.strip(), "", address.strip().lower()
