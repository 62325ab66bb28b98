"""What the receiving side found out about SPF, DKIM and DMARC, as far as its record can be believed (RFC 8601)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.mail.authresults import AuthResults, parse_authentication_results
from tocsin.mail.url import site_of
from tocsin.model.message import Header
from tocsin.observe.hops import Chain

_FIELD = "authentication-results"
_ZONE_ENDS = frozenset(("from", "to", "subject", "date", "message-id", "dkim-signature", "mime-version"))
_EXCHANGE = ("x-ms-exchange-organization-", "x-ms-exchange-crosstenant-")
_NEGATIVE = frozenset(("fail", "softfail", "hardfail", "none", "neutral"))
_MAX_FIELDS = 6


class Authentication(msgspec.Struct, frozen=True):
    """Results in lower case, "" where the receiver recorded none.

    `dkim` is "pass" where any signature holds; `dkim_domains` are the domains of the signatures that hold, of none
    where none does. `mail_from` is the envelope sender that SPF was checked for, as written.
    """

    authserv_id: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    dmarc_policy: str = ""
    dkim_domains: tuple[str, ...] = ()
    mail_from: str = ""


def read_authentication(headers: Sequence[Header], chain: Chain) -> Authentication:
    """The results of the receiving side.

    A field counts when it stands above the first Received, or when its authserv-id lies on the site of the
    receiving side and no foreign Received is above it; of those the topmost, and further ones of the same server
    before the sender's own fields begin (each filter writes its own field). Everything else may be the sender's
    own work, of which failures alone are taken; where there are none, all is "", unknown. A sender can still forge the
    record of a server that writes none and does not strip forged ones, as RFC 8601 section 5 demands.
    """
    trusted = _trusted_results(headers, chain) or _admissions(headers, chain)
    server = trusted[0].authserv_id if trusted else ""
    outcomes: dict[str, tuple[str, dict[str, str]]] = {}
    signed: dict[str, None] = {}
    dkim = ""
    for field in trusted:
        for method, outcome, properties in field.results:
            if method == "dkim":
                if outcome == "pass":
                    domain = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
                    if domain:
                        signed[domain.lower().rstrip(".")] = None
                if dkim != "pass":
                    dkim = outcome if outcome == "pass" or not dkim else dkim
            else:
                outcomes.setdefault(method, (outcome, properties))
    spf, spf_properties = outcomes.get("spf", ("", {}))
    dmarc, dmarc_properties = outcomes.get("dmarc", ("", {}))
    policy = dmarc_properties.get("policy.p") or dmarc_properties.get("policy.published-domain-policy", "")
    if not spf:
        spf = _received_spf(headers, chain)
    return Authentication(
        server,
        spf,
        dkim,
        "pass" if dmarc == "bestguesspass" else dmarc,
        policy if policy in ("none", "quarantine", "reject") else "",
        tuple(signed),
        spf_properties.get("smtp.mailfrom", ""),
    )


def _trusted_results(headers: Sequence[Header], chain: Chain) -> list[AuthResults]:
    if not chain.hops:
        return []  # nobody received it: a draft, a sent mail, a stripped copy
    trusted: list[AuthResults] = []
    hops = 0
    exchange: bool | None = None
    for header in headers:
        name = header.name
        if name == "received":
            hops += 1
            if hops > chain.own and hops > 1:
                break
            if trusted:
                break  # what stands below another stage was not written by the same one
        elif name == _FIELD:
            field = parse_authentication_results(header.value)
            server = field.authserv_id
            if trusted:
                if server == trusted[0].authserv_id and len(trusted) < _MAX_FIELDS:
                    trusted.append(field)
            elif hops == 0 or (server and _belongs(server, chain)):
                trusted.append(field)
            elif not server:
                if exchange is None:
                    exchange = any(other.name.startswith(_EXCHANGE) for other in headers)
                if exchange:
                    trusted.append(
                        field
                    )  # Exchange Online writes no authserv-id, and strips these from outside
        elif trusted and name in _ZONE_ENDS:
            break
    return trusted


def _admissions(headers: Sequence[Header], chain: Chain) -> list[AuthResults]:
    """Results in the receiver's name from where senders write, less those that speak for the mail.

    Some receivers put their record below the sender's own Received fields. Nobody forges a failure.
    """
    found: list[AuthResults] = []
    for header in headers:
        if header.name == _FIELD and chain.own:
            field = parse_authentication_results(header.value)
            if field.authserv_id and _belongs(field.authserv_id, chain):
                found.append(
                    AuthResults(
                        field.authserv_id, tuple(result for result in field.results if result[1] in _NEGATIVE)
                    )
                )
                if len(found) == _MAX_FIELDS:
                    break
    return found


def _belongs(server: str, chain: Chain) -> bool:
    if chain.receiver and site_of(server) == chain.receiver:
        return True
    return any(server == hop.by for hop in chain.hops[: chain.own])


def _received_spf(headers: Sequence[Header], chain: Chain) -> str:
    """The result of a Received-SPF field (RFC 7208 9.1) that stands in the part the receiving side wrote."""
    hops = 0
    for header in headers:
        name = header.name
        if name == "received":
            hops += 1
            if hops > chain.own:
                break
        elif name == "received-spf":
            return (
                header.value[:40].lower().split(maxsplit=1)[0].rstrip(";:,") if header.value.strip() else ""
            )
        elif name in _ZONE_ENDS:
            break
    return ""
