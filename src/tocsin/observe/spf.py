"""SPF (RFC 7208) from records that were handed in: whether a domain lists the machine that sent the mail."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from tocsin.mail.dns_records import Records

_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=/])(\S*))?\Z")
_MACRO = re.compile(r"%(?:\{([A-Za-z])(\d{0,3})(r?)([.+,/_=-]{0,10})\}|([%_-]))", re.IGNORECASE)
_LENGTHS = re.compile(r"(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z")
_RESULTS = {"+": "pass", "": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_MOST_LOOKUPS = 10  # RFC 7208 4.6.4
_MOST_VOID = 2
_MOST_HOSTS = 10
_MOST_TERMS = 500

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _PermError(Exception):
    """The published policy cannot be evaluated."""


class _Unknown(Exception):
    """The records that were handed in do not answer a question that the result hangs on."""


def check_spf(records: Records, address: str, mail_from: str, helo: str) -> str:
    """The result of check_host() for the machine at `address`, "" where the records do not tell.

    `mail_from` is the envelope sender; where it is empty, postmaster at `helo` is asked for (RFC 7208 2.4). "none",
    "neutral", "pass", "fail", "softfail" and "permerror" as in section 2.6. Mechanisms that the records do not answer,
    and `ptr`, may or may not match: the result is known all the same where both would give a pass.
    """
    if mail_from.count("@") and not mail_from.startswith("@"):
        local, _, domain = mail_from.rpartition("@")
    else:
        local, domain = "postmaster", helo
    domain = domain.lower().rstrip(".")
    try:
        machine = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(machine, ipaddress.IPv6Address) and machine.ipv4_mapped is not None:
        machine = machine.ipv4_mapped
    if "." not in domain or len(domain) > 253:
        return ""
    try:
        return _Check(records, machine, local, domain, helo).host(domain)
    except _PermError:
        return "permerror"
    except _Unknown:
        return ""


class _Check:
    """One evaluation; counts what RFC 7208 4.6.4 bounds over all records that it visits."""

    def __init__(self, records: Records, machine: Address, local: str, sender: str, helo: str) -> None:
        self._records = records
        self._machine = machine
        self._local = local
        self._sender = sender
        self._helo = helo
        self._lookups = 0
        self._void = 0

    def host(self, domain: str) -> str:
        """The result for the policy of this domain; _Unknown where it cannot be told."""
        texts = self._records.lookup(domain, "TXT")
        if texts is None:
            raise _Unknown
        policies = [t for t in texts if t[:6].lower() == "v=spf1" and t[6:7] in ("", " ")]
        if not policies:
            return "none"
        if len(policies) > 1:
            raise _PermError
        terms = [_term(word) for word in policies[0].split()[1 : _MOST_TERMS + 1]]
        redirect = _only(terms, "redirect")
        _only(terms, "exp")
        may_match: set[str] = set()  # what mechanisms that are not answered would give
        for qualifier, name, mark, value in terms:
            if mark == "=":
                continue
            if name not in _MECHANISMS:
                raise _PermError
            outcome = _RESULTS[qualifier]
            try:
                matches = self._matches(name, value if mark != "/" else "", mark, value, domain)
            except _Unknown:
                may_match.add(outcome)
                continue
            if matches:
                return _settled(outcome, may_match)
        if redirect and not any(name == "all" for _, name, mark, _ in terms if mark != "="):
            self._count()
            outcome = self.host(self._expand(redirect, domain))
            if outcome == "none":
                raise _PermError
            return _settled(outcome, may_match)
        return _settled("neutral", may_match)

    def _matches(self, name: str, argument: str, mark: str, value: str, domain: str) -> bool:
        if name == "all":
            return True
        if name in ("ip4", "ip6"):
            return self._in_network(name, argument)
        self._count()
        if name == "ptr":
            raise _Unknown
        if name == "include":
            if not argument:
                raise _PermError
            result = self.host(self._expand(argument, domain))
            if result in ("none", "permerror"):
                raise _PermError
            return result == "pass"
        if name == "exists":
            if not argument:
                raise _PermError
            return bool(self._ask(self._expand(argument, domain), "A"))
        host, four, six = _with_lengths(f"/{value}" if mark == "/" else argument)
        target = self._expand(host, domain) if host else domain
        hosts: Sequence[str] = (target,)
        if name == "mx":
            hosts = self._ask(target, "MX")
            if len(hosts) > _MOST_HOSTS:
                raise _PermError
        return self._is_one_of(hosts, four, six)

    def _is_one_of(self, hosts: Sequence[str], four: int, six: int) -> bool:
        machine = self._machine
        kind, length = ("A", four) if machine.version == 4 else ("AAAA", six)
        unknown = False
        for host in hosts:
            try:
                addresses = self._ask(host, kind)
            except _Unknown:
                unknown = True
                continue
            for address in addresses:
                if machine in ipaddress.ip_network((address, length), strict=False):
                    return True
        if unknown:
            raise _Unknown
        return False

    def _in_network(self, name: str, text: str) -> bool:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise _PermError from None
        if (network.version == 4) != (name == "ip4"):
            raise _PermError
        return self._machine in network

    def _ask(self, name: str, kind: str) -> tuple[str, ...]:
        values = self._records.lookup(name, kind)
        if values is None:
            raise _Unknown
        if not values:
            self._void += 1
            if self._void > _MOST_VOID:
                raise _PermError
        return values

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > _MOST_LOOKUPS:
            raise _PermError

    def _expand(self, text: str, domain: str) -> str:
        """A domain-spec with its macros replaced (RFC 7208 7); over 253 characters it loses labels on the left."""
        if "%" in text:
            if "%" in _MACRO.sub("", text):
                raise _PermError
            text = _MACRO.sub(lambda macro: self._macro(macro, domain), text)
        text = text.rstrip(".").lower()
        while len(text) > 253:
            text = text.partition(".")[2]
        if not text:
            raise _PermError
        return text

    def _macro(self, macro: re.Match[str], domain: str) -> str:
        if macro[5]:
            return {"%": "%", "_": " ", "-": "%20"}[macro[5]]
        letter = macro[1].lower()
        values = {
            "s": f"{self._local}@{self._sender}",
            "l": self._local,
            "o": self._sender,
            "d": domain,
            "i": _dotted(self._machine),
            "p": "unknown",
            "v": "in-addr" if self._machine.version == 4 else "ip6",
            "h": self._helo,
        }
        if letter not in values:
            raise _PermError
        parts = re.split(f"[{re.escape(macro[4] or '.')}]", values[letter])
        if macro[3]:
            parts.reverse()
        if macro[2]:
            if int(macro[2]) == 0:
                raise _PermError
            parts = parts[-int(macro[2]) :]
        return ".".join(parts)


def _settled(outcome: str, may_match: set[str]) -> str:
    """The outcome, if mechanisms before it that were not answered could not have given another."""
    if may_match - {outcome}:
        raise _Unknown
    return outcome


def _term(word: str) -> tuple[str, str, str, str]:
    """Qualifier, name in lower case, what follows it (":", "=", "/" or "") and the rest of a term."""
    match = _TERM.match(word)
    if match is None:
        raise _PermError
    return match[1], match[2].lower(), match[3] or "", match[4] or ""


def _only(terms: Sequence[tuple[str, str, str, str]], name: str) -> str:
    values = [value for _, modifier, mark, value in terms if mark == "=" and modifier == name]
    if len(values) > 1:
        raise _PermError
    return values[0] if values else ""


def _with_lengths(argument: str) -> tuple[str, int, int]:
    """The host and the prefix lengths for both families of `host/24//64`."""
    slash = argument.rfind("}") + 1
    slash = argument.find("/", slash)
    host, lengths = (argument, "") if slash < 0 else (argument[:slash], argument[slash:])
    match = _LENGTHS.match(lengths)
    if match is None:
        raise _PermError
    four, six = int(match[1] or 32), int(match[2] or 128)
    if four > 32 or six > 128:
        raise _PermError
    return host, four, six


def _dotted(address: Address) -> str:
    """The address as macro `i` has it: an IPv6 address as dotted nibbles."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return ".".join(address.exploded.replace(":", ""))
