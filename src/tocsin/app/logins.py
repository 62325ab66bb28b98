"""Accounts that are watched and what opens them: accounts.toml, keyring, environment, a file, or a command.

A secret is never on the command line, in a message or in a state; it is asked for anew at every login: tokens end.
"""

from __future__ import annotations

import difflib
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tocsin.connect.credentials import FILE, login_for, variable_of
from tocsin.connect.fetch import FetchError
from tocsin.connect.imap_address import Address, AddressError, parse_address
from tocsin.connect.imap_answers import Secret
from tocsin.store.keyring import from_keyring

MAX_BYTES = 1024 * 1024
_COMMAND_S = 60.0
_LONGEST_SECRET = 16_384
_KEYS = ("address", "folders", "owner", "password_command", "token_command", "ca_file")


class LoginError(ValueError):
    """An account cannot be opened or its settings not be used; the message says what to do and holds no secret."""


class Account(msgspec.Struct, frozen=True):
    """One account: `folders` to watch, `owner` the address of whose mail it is ("": the user's name).

    The commands are words without a shell; the first line that they write is the password, or the bearer token.
    `ca_file` has the authorities that the server's certificate is verified by (None: the system's).
    """

    address: Address
    folders: tuple[str, ...] = ()
    owner: str = ""
    password_command: tuple[str, ...] = ()
    token_command: tuple[str, ...] = ()
    ca_file: Path | None = None

    @property
    def person(self) -> str:
        """The address whose owner's policy and history count."""
        user = self.address.user
        return (self.owner or (user if "@" in user else f"{user}@{self.address.host}")).lower()


def load_accounts(path: Path, *, insecure_loopback: bool = False) -> tuple[Account, ...]:
    """The accounts of this file. Raises LoginError; format in docs/watch.md."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LoginError(f"{path}: is larger than {MAX_BYTES:,} bytes; accounts are a short TOML file")
        document = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise LoginError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise LoginError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise LoginError(f"{path}: is not valid TOML: {error}") from error
    for key in document:
        if key != "account":
            raise LoginError(f"{path}: unknown key {key[:60]!r}; write [[account]], one table an account")
    entries = document.get("account", [])
    if not isinstance(entries, list):
        raise LoginError(f"{path}: write [[account]] with two brackets, one table an account")
    found: list[Account] = []
    for number, entry in enumerate(entries, 1):
        account = _account(entry, path, number, insecure_loopback)
        if any(account.address.account == other.address.account for other in found):
            raise LoginError(f"{path}: account {number}: {account.address.account} stands there twice")
        found.append(account)
    return tuple(found)


def _account(entry: object, path: Path, number: int, insecure_loopback: bool) -> Account:
    place = f"{path}: account {number}"
    if not isinstance(entry, dict):
        raise LoginError(f"{place}: expected a table that starts with [[account]]")
    for key in entry:
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, 1, 0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(_KEYS)}"
            raise LoginError(f"{place}: unknown key {key[:60]!r}; {hint}")
    written = entry.get("address")
    if not isinstance(written, str):
        raise LoginError(f'{place}: has no address; write address = "imaps://USER@HOST"')
    try:
        address = parse_address(written, insecure_loopback=insecure_loopback)
    except AddressError as error:
        raise LoginError(f"{place}: {error}") from None
    folders = _words(entry, "folders", place)
    if address.folder and folders:
        raise LoginError(f"{place}: names folders both in the address and as folders; use one of them")
    owner, ca_file = entry.get("owner", ""), entry.get("ca_file", "")
    for key, value in (("owner", owner), ("ca_file", ca_file)):
        if not isinstance(value, str):
            raise LoginError(f"{place}: {key} is text in quotes")
    password, token = _words(entry, "password_command", place), _words(entry, "token_command", place)
    if password and token:
        raise LoginError(f"{place}: has both password_command and token_command; give one")
    if token and not address.mechanism:
        address = msgspec.structs.replace(address, mechanism="xoauth2")
    return Account(
        msgspec.structs.replace(address, folder=""),
        folders or ((address.folder,) if address.folder else ()),
        owner,
        password,
        token,
        path.parent / Path(ca_file).expanduser() if ca_file else None,
    )


def _words(entry: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise LoginError(f'{place}: {key} is a list of words, as in ["pass", "show", "mail"]')
    return tuple(value)


def accounts_of(
    urls: Sequence[str], file: Path | None, *, insecure_loopback: bool = False, ca_file: Path | None = None
) -> tuple[Account, ...]:
    """The accounts to watch: those that the addresses name, else all of the file. Raises LoginError.

    Addresses of one account are joined, and what the file says of it holds for them as well.
    """
    listed = load_accounts(file, insecure_loopback=insecure_loopback) if file is not None else ()
    known = {account.address.account: account for account in listed}
    chosen: dict[str, Account] = {} if urls else dict(known)
    for url in urls:
        try:
            address = parse_address(url, insecure_loopback=insecure_loopback)
        except AddressError as error:
            raise LoginError(str(error)) from None
        name = address.account
        base = chosen.get(name)
        if base is None:
            base = known.get(name, Account(msgspec.structs.replace(address, folder="")))
            base = msgspec.structs.replace(base, folders=() if address.folder else base.folders)
        if address.folder and address.folder not in base.folders:
            base = msgspec.structs.replace(base, folders=(*base.folders, address.folder))
        if address.mechanism:
            base = msgspec.structs.replace(
                base, address=msgspec.structs.replace(base.address, mechanism=address.mechanism)
            )
        chosen[name] = base
    if not chosen:
        raise LoginError("no mailbox is named; give imaps://USER@HOST/FOLDER, or a file with --accounts")
    if ca_file is not None:
        chosen = {name: msgspec.structs.replace(one, ca_file=ca_file) for name, one in chosen.items()}
    return tuple(chosen.values())


def secret_for(account: Account) -> Secret:
    """What opens the account: by its command, else from environment, file or keyring. Raises LoginError."""
    address = account.address
    command = account.token_command or account.password_command
    if command:
        return Secret(_from_command(command, address.account), address.mechanism)
    by_user = f"{address.user}@{address.host}"
    for name in dict.fromkeys((address.account, by_user, address.host)):
        try:
            login = login_for(name)
        except FetchError as error:
            raise LoginError(str(error)) from None
        if login is not None and login.user == address.user:
            return Secret(login.password, address.mechanism)
    for name in dict.fromkeys((address.account, by_user)):
        kept = from_keyring(f"imap {name}")
        if kept:
            return Secret(kept, address.mechanism)
    raise LoginError(
        f"{address.account}: nothing opens this account: no entry in the keyring (service tocsin, name "
        f"'imap {by_user}'), no machine {by_user} in the file that {FILE} names, no {variable_of(by_user)} in the "
        "environment, and no password_command or token_command: docs/watch.md"
    )


def _from_command(command: tuple[str, ...], account: str) -> str:
    """The first line that a command writes; of what else it says nothing is repeated."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_S,
        )
    except subprocess.TimeoutExpired:
        raise LoginError(f"{account}: {name} gave no answer within {_COMMAND_S:g} s") from None
    except OSError as error:
        raise LoginError(f"{account}: {name} cannot be run ({error.strerror})") from None
    if done.returncode != 0:
        raise LoginError(f"{account}: {name} ended with code {done.returncode}; run it by hand to see why")
    try:
        secret = done.stdout[:_LONGEST_SECRET].decode().partition("\n")[0].strip("\r")
    except UnicodeDecodeError:
        secret = ""
    if not secret:
        raise LoginError(f"{account}: {name} wrote no line; expected the password or token on the first one")
    return secret
