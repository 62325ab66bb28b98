"""Warning lists: values that strangers share, so that an indicator of one of them must not alarm.

What an entry stops depends on the list's type. "host": that name alone. "hostname": the name, and names below it that
the same owner holds (one registrable domain, Public Suffix List with its private section). "service": the name, and
names below it that services give to machines of their own (www, click, open), for others may be a customer's.
"customers": that name alone, and no "hostname" entry stops what lies below it, for the names below are strangers'.
"registrable": the registrable domains directly below a suffix. "cidr": addresses, and networks that lie within.
"string": the very value. "regex": what the expression finds. "substring" is held to label borders and read as
"hostname".

Only a whole host, domain, address or network is stopped by where it stands: a URL with a path on a file host, or one
address at a free mail service, belongs to somebody, and is stopped only where a list names that very value.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

import msgspec

from tocsin.hunt.observables import is_ip
from tocsin.hunt.terms import Network, is_suffix
from tocsin.mail.url import site_of
from tocsin.model.intel import Combination, Comparison, Indicator, Pattern

TYPES = ("host", "hostname", "service", "customers", "registrable", "cidr", "string", "substring", "regex")
SHARED = "/shared"  # ends the id of the part of an indicator that a warning list stops
_LONGEST = 512  # characters that expressions of a list are tried on
# Labels by which services name machines of their own; any other name below theirs may be a customer's.
_OWN_LABEL = re.compile(
    r"(?:www|web|m|mobile|app|apps|api|cdn|static|assets|media|img|image|images|pixel|open|opens|click|clicks|link|links"
    r"|track|tracking|tracker|trk|go|r|t|l|c|e|ct|email|emails|mail|mailer|mta|mx|smtp|imap|pop|relay|out|webmail|login"
    r"|accounts?|auth|docs|drive|files?|download|share|news|blog|help|support|status|unsubscribe|view|ea|eu|us)\d{0,3}"
)
_SCHEME = re.compile(r"^https?://")


class WarningList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list. `type` is of TYPES; `kinds` are the observable kinds whose very values "string" and "regex" stop."""

    name: str
    type: str
    values: tuple[str, ...]
    source: str = ""
    kinds: tuple[str, ...] = ("host", "ip", "address", "url", "hash")


class Warnings:
    """Lists made ready for looking up; `problems` are entries that could not be used, in words."""

    def __init__(self, lists: Iterable[WarningList]) -> None:
        self.problems: list[str] = []
        self._exact: dict[tuple[str, str], str] = {}
        self._roofs: dict[str, str] = {}
        self._customers: set[str] = set()
        self._services: dict[str, str] = {}
        self._registries: dict[str, str] = {}
        self._networks: dict[tuple[int, int], dict[int, str]] = {}
        self._expressions: list[tuple[re.Pattern[str], str, frozenset[str]]] = []
        for one in lists:
            for value in one.values:
                self._take(one, value.strip())

    def _take(self, one: WarningList, value: str) -> None:
        name = value.lower().strip(".")
        if not name:
            return
        match one.type:
            case "hostname" | "substring" if not value.startswith("."):
                if "@" not in name:
                    self._roofs.setdefault(name, one.name)
            case "customers" | "hostname" | "substring":
                self._customers.add(name)
                self._exact.setdefault(("host", name), one.name)
            case "service":
                self._services.setdefault(name, one.name)
                self._exact.setdefault(("host", name), one.name)
            case "host":
                self._exact.setdefault(("host", name), one.name)
            case "registrable":
                self._registries.setdefault(name, one.name)
            case "cidr":
                self._take_network(one, value)
            case "string":
                for kind in one.kinds:
                    self._exact.setdefault((kind, name), one.name)
            case "regex":
                self._take_expression(one, value)
            case _:
                self.problems.append(f"{one.name}: lists of type {one.type} are not known")

    def _take_network(self, one: WarningList, value: str) -> None:
        try:
            network: Network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            self.problems.append(f"{one.name}: {value[:60]} is no network")
            return
        table = self._networks.setdefault((network.version, network.prefixlen), {})
        table.setdefault(int(network.network_address), one.name)

    def _take_expression(self, one: WarningList, value: str) -> None:
        flags = re.IGNORECASE
        if value.startswith("/") and value.rfind("/") > 0:
            value = value[1 : value.rfind("/")]
        try:
            self._expressions.append((re.compile(value, flags), one.name, frozenset(one.kinds)))
        except (re.error, RecursionError, OverflowError) as error:
            self.problems.append(f"{one.name}: {value[:60]} is no regular expression ({error})")

    def on(self, kind: str, value: str) -> str:
        """The list that stops one value of an observable kind, "" if none does."""
        name = self._exact.get((kind, value.lower()), "")
        if not name and kind == "host":
            name = self._on_host(value)
        elif not name and kind == "ip":
            name = self._on_network(value)
        if not name and self._expressions and len(value) <= _LONGEST:
            for expression, listed, kinds in self._expressions:
                if kind in kinds and expression.search(value):
                    return listed
        return name

    def _on_host(self, host: str) -> str:
        if is_ip(host):
            return self._on_network(host.strip("[]"))
        if host in self._roofs:
            return self._roofs[host]
        site = site_of(host)
        above = host.partition(".")[2]
        if site == host and above in self._registries and not is_suffix(host):
            return self._registries[above]
        while above and len(above) >= len(site):
            if above in self._customers:
                return ""
            if above in self._services:
                below = host[: -len(above) - 1].split(".")
                return self._services[above] if all(map(_OWN_LABEL.fullmatch, below)) else ""
            if above in self._roofs:
                return self._roofs[above]
            above = above.partition(".")[2]
        return ""

    def _on_network(self, value: str) -> str:
        try:
            network: Network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return ""
        number = int(network.network_address)
        for (version, length), table in self._networks.items():
            if version == network.version and length <= network.prefixlen:
                shift = network.max_prefixlen - length
                found = table.get(number >> shift << shift)
                if found is not None:
                    return found
        return ""


def with_warnings(indicator: Indicator, warnings: Warnings) -> tuple[Indicator, ...]:
    """The indicator with its `warning`; two where only some of its alternatives are shared by strangers.

    The second of two has the shared ones and an id that ends in SHARED, so that the first can still alarm. What must
    come together ("and") is stopped only where each part is.
    """
    free, shared, names = _parted(indicator.pattern, warnings)
    warning = "; ".join(dict.fromkeys(names))
    if shared is None:
        return (msgspec.structs.replace(indicator, warning="") if indicator.warning else indicator,)
    if free is None:
        return (msgspec.structs.replace(indicator, warning=warning),)
    return (
        msgspec.structs.replace(indicator, pattern=free, warning=""),
        msgspec.structs.replace(indicator, id=indicator.id + SHARED, pattern=shared, warning=warning),
    )


def _parted(pattern: Pattern, warnings: Warnings) -> tuple[Pattern | None, Pattern | None, list[str]]:
    """The part of a pattern that may alarm, the part that may not, and which lists say so."""
    if isinstance(pattern, Comparison):
        return _parted_values(pattern, warnings)
    parted = [_parted(part, warnings) for part in pattern.parts]
    if pattern.operator == "and":
        if any(free is not None for free, _, _ in parted):
            return pattern, None, []
        return None, pattern, [name for _, _, names in parted for name in names]
    free = [part for part, _, _ in parted if part is not None]
    shared = [part for _, part, _ in parted if part is not None]
    return _either(free), _either(shared), [name for _, _, names in parted for name in names]


def _parted_values(leaf: Comparison, warnings: Warnings) -> tuple[Pattern | None, Pattern | None, list[str]]:
    if len(leaf.values) == 1:
        name = "" if leaf.negated else _on_value(leaf, leaf.values[0], warnings)
        return (None, leaf, [f"{name}: {leaf.values[0]}"]) if name else (leaf, None, [])
    free: list[str] = []
    shared: list[str] = []
    names: list[str] = []
    for value in leaf.values:
        name = "" if leaf.negated else _on_value(leaf, value, warnings)
        (shared if name else free).append(value)
        if name:
            names.append(f"{name}: {value}")
    return _with_values(leaf, free), _with_values(leaf, shared), names[:3]


def _on_value(leaf: Comparison, value: str, warnings: Warnings) -> str:
    if leaf.operator == "matches":
        return ""
    if leaf.operator == "like":
        value = _SCHEME.sub("", value.strip("%_")).strip("%_").rstrip("/").strip(".")
        return "" if "%" in value or "/" in value else warnings.on("host", value)
    return warnings.on(leaf.kind, value)


def _with_values(leaf: Comparison, values: list[str]) -> Comparison | None:
    if not values:
        return None
    return leaf if len(values) == len(leaf.values) else msgspec.structs.replace(leaf, values=tuple(values))


def _either(parts: list[Pattern]) -> Pattern | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Combination("or", tuple(parts))
