"""One frozen Config from flags, TOCSIN_* environment and a TOML file, in that order of precedence."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec


class ConfigError(ValueError):
    """A setting that cannot be used; the message says where it stands and what was expected."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator can set.

    `jobs` is the number of observing processes (0: one a core); `threshold` and `prior` are probabilities, prior
    0 meaning the one of the weights; `mail_time_s` is how long one mail may take; `max_mail_bytes` how large one
    may be. `budget` is how many alerts people can look at (0: no limit); it orders, it hides nothing.
    `authserv_ids` and the paths from `vendors` to `rules` are those of `Lists`. `store` is the address of the store,
    `plain` makes it without encryption; `mandate` says on whose behalf others' mail is read; `keep_raw` is "alerts"
    (the bytes of mails that alarm are kept) or "none"; records are kept for `retention_days`, those of alerts for
    `retention_alert_days`. `intel_hosts` are the only hosts that intelligence may be fetched from, `warning_lists` a
    folder of MISP's. `actors` is a file or folder of profiles beside those shipped (TOML, ATT&CK STIX, MISP galaxy);
    `actor_names` lets an analyst see which actors the machine's assessment names. For mail as it arrives: `policy` is a
    TOML file of what is done with whose mail, `accounts` one of the mailboxes that are watched, `anchors` a PEM
    file or folder of certificates that vouch for signers, `spool` the folder of
    journal and originals, which are kept for `keep_originals_days`; `authserv_id` is the id that nobody outside may
    write authentication results under, and `live_time_s` how long one step with one mail may take. For notices:
    `office` is who tells, by a name that people can look up by themselves; `language` (ISO 639-1) is that of notices
    for people whose language is not known; `second_person` has somebody besides the analyst approve each; `relay` is
    a TOML file that says by which server, and under whose certificate, notices are mailed.
    """

    people: Path | None = None
    vendors: Path | None = None
    names: Path | None = None
    articles: Path | None = None
    dns_records: Path | None = None
    domain_dates: Path | None = None
    rules: Path | None = None
    authserv_ids: tuple[str, ...] = ()
    store: str = ""
    plain: bool = False
    mandate: str = ""
    keep_raw: str = "alerts"
    retention_days: int = 365
    retention_alert_days: int = 1825
    intel_hosts: tuple[str, ...] = ()
    warning_lists: Path | None = None
    actors: Path | None = None
    actor_names: bool = False
    policy: Path | None = None
    accounts: Path | None = None
    anchors: Path | None = None
    spool: Path | None = None
    authserv_id: str = ""
    live_time_s: float = 5.0
    keep_originals_days: int = 365
    office: str = ""
    language: str = "en"
    second_person: bool = True
    relay: Path | None = None
    budget: int = 0
    jobs: int = 0
    threshold: float = 0.5
    prior: float = 0.0
    mail_time_s: float = 10.0
    max_mail_bytes: int = 256 * 1024 * 1024


MAX_BYTES = 1024 * 1024

_SERVER = re.compile(r"[^\s;()<>\",\\]{1,253}")  # RFC 8601, 2.2: a token, in practice a host name

# What a setting must satisfy, in words for the error.
_LIMITS: dict[str, tuple[float, float]] = {
    "jobs": (0, 256),
    "budget": (0, 1_000_000),
    "retention_days": (1, 36_500),
    "retention_alert_days": (1, 36_500),
    "threshold": (0.0, 1.0),
    "prior": (0.0, 0.5),
    "mail_time_s": (0.1, 3600.0),
    "live_time_s": (0.05, 120.0),
    "keep_originals_days": (1, 36_500),
    "max_mail_bytes": (1024, 2**31),
}


def default_path() -> Path:
    """Where the file is looked for when none is named."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "tocsin" / "config.toml"


def load_config(
    path: Path | None, flags: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Config:
    """Merge the three sources. Raises ConfigError for an unreadable file, an unknown key or a bad value.

    A file that was named must exist; the default one may be missing. Flags that are None count as not given.
    """
    environment = os.environ if environment is None else environment
    named = path or (Path(environment["TOCSIN_CONFIG"]) if environment.get("TOCSIN_CONFIG") else None)
    values: dict[str, Any] = {}
    values.update(_from_file(named or default_path(), must_exist=named is not None))
    values.update(_from_environment(environment))
    values.update({key: value for key, value in flags.items() if value is not None})
    try:
        config = msgspec.convert(values, Config, strict=False, dec_hook=_path_of)
    except msgspec.ValidationError as error:
        raise ConfigError(_type_error(values)) from error
    for key, (low, high) in _LIMITS.items():
        value = getattr(config, key)
        if not low <= value <= high:
            raise ConfigError(f"{key} is {value}; expected {low:g} to {high:g}")
    if config.keep_raw not in ("alerts", "none"):
        raise ConfigError(f'keep_raw is {config.keep_raw!r}; expected "alerts" or "none"')
    for key, example in (("authserv_ids", "mx.example.org"), ("intel_hosts", "feeds.example.org")):
        for name in getattr(config, key):
            if not _SERVER.fullmatch(name) or (key == "intel_hosts" and "/" in name):
                raise ConfigError(f"{key} has {name!r}; expected the name of a server, as in {example}")
    return config


# Variables that are no settings: where files lie that tests and fetching use. TOCSIN_LOGIN_* are passwords.
_NO_SETTINGS = frozenset(
    {"TOCSIN_CONFIG", "TOCSIN_CORPUS", "TOCSIN_CTI", "TOCSIN_PEERS", "TOCSIN_NETRC", "TOCSIN_KEY_FILE"}
)

# What each kind of setting expects, in words.
_PATHS = (
    "people",
    "vendors",
    "names",
    "articles",
    "dns_records",
    "domain_dates",
    "rules",
    "warning_lists",
    "actors",
    "policy",
    "accounts",
    "anchors",
    "spool",
    "relay",
)
_EXPECTED: dict[str, tuple[type, str]] = {
    "jobs": (int, "a whole number"),
    "budget": (int, "a whole number"),
    "authserv_ids": (tuple, 'a list of server names, as in ["mx.example.org"]'),
    "intel_hosts": (tuple, 'a list of server names, as in ["feeds.example.org"]'),
    "store": (str, "a path or an address in quotes"),
    "plain": (bool, "true or false"),
    "actor_names": (bool, "true or false"),
    "mandate": (str, "words in quotes"),
    "office": (str, "a name in quotes"),
    "language": (str, 'a language in two letters, as in "fr"'),
    "second_person": (bool, "true or false"),
    "authserv_id": (str, "the name of a server in quotes"),
    "live_time_s": (float, "a number of seconds"),
    "keep_originals_days": (int, "a whole number"),
    "keep_raw": (str, 'one of "alerts" and "none"'),
    "retention_days": (int, "a whole number"),
    "retention_alert_days": (int, "a whole number"),
    "max_mail_bytes": (int, "a whole number"),
    "threshold": (float, "a number"),
    "prior": (float, "a number"),
    "mail_time_s": (float, "a number of seconds"),
    **dict.fromkeys(_PATHS, (Path, "a path in quotes")),
}


def _type_error(values: Mapping[str, Any]) -> str:
    """Name the first setting whose value is of another type than it should be."""
    for key, value in values.items():
        kind, words = _EXPECTED[key]
        try:
            if kind is tuple:
                if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
                    raise TypeError
                continue
            if kind is bool:
                msgspec.convert(value, bool, strict=False)
                continue
            if isinstance(value, bool | list | dict):
                raise TypeError
            kind(value)
        except (TypeError, ValueError, msgspec.ValidationError):
            return f"{key} is {value!r}, which has the wrong type; expected {words}"
    return "a setting has the wrong type; README lists the settings"


def _path_of(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError(f"expected a path, found {value!r}")


def _from_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        if must_exist:
            raise ConfigError(f"{path}: there is no such file; check --config or TOCSIN_CONFIG") from error
        return {}
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); check the path and its rights"
        ) from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES:,} bytes; settings are a short TOML file")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    for key in document:
        _check_key(key, str(path))
    for key in _PATHS:
        if isinstance(document.get(key), str):  # relative to the file it stands in
            document[key] = path.parent / Path(document[key]).expanduser()
    store = document.get("store")
    if isinstance(store, str) and store and ":" not in store:
        document["store"] = str(path.parent / Path(store).expanduser())
    return document


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith("TOCSIN_") or name in _NO_SETTINGS or name.startswith("TOCSIN_LOGIN_"):
            continue
        key = name.removeprefix("TOCSIN_").lower()
        _check_key(key, "the environment", name)
        kind, _ = _EXPECTED[key]
        values[key] = [part.strip() for part in value.split(",") if part.strip()] if kind is tuple else value
    return values


def _check_key(key: str, place: str, written: str = "") -> None:
    known = list(Config.__struct_fields__)
    if key in known:
        return
    close = difflib.get_close_matches(key, known, 1, 0.6)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    raise ConfigError(f"{place}: unknown setting {(written or key)!r}; {hint}")
