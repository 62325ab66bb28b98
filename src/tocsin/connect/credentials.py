"""Names and passwords for servers: from the environment or a netrc file that nobody else may read."""

from __future__ import annotations

import netrc
import os
import re
from collections.abc import Mapping
from pathlib import Path

from tocsin.connect.fetch import FetchError, Login

FILE = "TOCSIN_NETRC"  # names the file; without it, ~/.config/tocsin/netrc
_PREFIX = "TOCSIN_LOGIN_"


def variable_of(host: str) -> str:
    """The variable for one host's `user:password`: TOCSIN_LOGIN_TAXII_EXAMPLE_ORG for taxii.example.org."""
    return _PREFIX + re.sub(r"[^A-Za-z0-9]", "_", host).upper()


def login_for(host: str, environment: Mapping[str, str] | None = None) -> Login | None:
    """The login for a host; None where there is none. A host is never given another host's.

    Raises FetchError for a file that others may read (chmod 600) or that cannot be read, and never says what is in it.
    """
    environment = os.environ if environment is None else environment
    given = environment.get(variable_of(host))
    if given is not None:
        user, colon, password = given.partition(":")
        if not colon:
            raise FetchError(f"{variable_of(host)}: expected USER:PASSWORD")
        return Login(user, password)
    named = environment.get(FILE)
    path = Path(named) if named else _default(environment)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if named:
            raise FetchError(f"{path}: there is no such file, though {FILE} names it") from None
        return None
    except OSError as error:
        raise FetchError(f"{path}: cannot be read ({error.strerror})") from error
    if os.name == "posix" and mode & 0o077:
        raise FetchError(f"{path}: holds passwords and may be read by others; first: chmod 600 {path}")
    try:
        found = netrc.netrc(str(path)).hosts.get(host)  # `default` is passed over: it would go to every host
    except netrc.NetrcParseError as error:
        raise FetchError(
            f"{path}: line {error.lineno} is not understood; expected: machine HOST login USER password PASSWORD"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FetchError(f"{path}: cannot be read ({type(error).__name__})") from None
    return Login(found[0], found[2] or "") if found is not None else None


def _default(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or str(
        Path(environment.get("HOME") or "~").expanduser() / ".config"
    )
    return Path(base) / "tocsin" / "netrc"
