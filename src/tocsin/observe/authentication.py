"""What the receiving side found out about SPF, DKIM, DMARC and ARC, as far as its record can be believed (RFC 8601)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.mail.authresults import AuthResults, parse_authentication_results
from tocsin.mail.url import site_of
from tocsin.model.message import Header
from tocsin.model.observation import Observation
from tocsin.observe.hops import Chain

_FIELD = "authentication-results"
_ZONE_ENDS = frozenset(("from", "to", "subject", "date", "message-id", "dkim-signature", "mime-version"))
_EXCHANGE = ("x-ms-exchange-organization-", "x-ms-exchange-crosstenant-")
_NEGATIVE = frozenset(("fail", "softfail", "hardfail", "none", "neutral"))
_MAX_FIELDS = 6
_MAX_PARSED = 20  # fields of one mail that are looked into at all

_Outcomes = dict[str, list[tuple[str, dict[str, str]]]]


class Authentication(msgspec.Struct, frozen=True):
    """Results in lower case, "" where the receiver recorded none, or where its records contradict each other.

    `dkim` is "pass" where any signature holds; `dkim_domains` are the domains of the signatures that hold, of none
    where none does. `mail_from` is the envelope sender that SPF was checked for, as written; `author` the domain that
    DMARC was, "" where it is not said.
    """

    authserv_id: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    dmarc_policy: str = ""
    dkim_domains: tuple[str, ...] = ()
    mail_from: str = ""
    arc: str = ""
    author: str = ""
    doubts: tuple[Observation, ...] = ()


def read_authentication(
    headers: Sequence[Header], chain: Chain, trusted: tuple[str, ...] = ()
) -> Authentication:
    """The results of the receiving side.

    A field counts when it stands above the first Received, or when its authserv-id lies on the site of the
    receiving side and no foreign Received is above it; of those the topmost, and further ones of the same server
    before the sender's own fields begin (each filter writes its own field). Where the operator names servers in
    `trusted` (each stands for the hosts below it as well), only theirs count, down to where they took the mail in.
    Everything else may be the sender's own work, of which failures alone are taken; where there are none, all is "",
    unknown. A sender can still forge the record of a server that writes none and does not strip forged ones, as
    RFC 8601 section 5 demands.
    """
    believed = _trusted_results(headers, chain, trusted) or _admissions(headers, chain, trusted)
    server = believed[0].authserv_id if believed else ""
    outcomes: _Outcomes = {}
    signed: dict[str, None] = {}
    dkim = ""
    for field in believed:
        for method, outcome, properties in field.results:
            if method == "dkim":
                if outcome == "pass":
                    domain = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
                    if domain:
                        signed[domain.lower().rstrip(".")] = None
                if dkim != "pass":
                    dkim = outcome if outcome == "pass" or not dkim else dkim
            else:
                outcomes.setdefault(method, []).append((outcome, properties))
    doubts: list[Observation] = []
    spf, spf_properties = _one("spf", outcomes, doubts)
    dmarc, dmarc_properties = _one("dmarc", outcomes, doubts)
    policy = dmarc_properties.get("policy.p") or dmarc_properties.get("policy.published-domain-policy", "")
    if not spf and not doubts:
        spf = _received_spf(headers, chain, trusted)
    return Authentication(
        server,
        spf,
        dkim,
        "pass" if dmarc == "bestguesspass" else dmarc,
        policy if policy in ("none", "quarantine", "reject") else "",
        tuple(signed),
        spf_properties.get("smtp.mailfrom", ""),
        _one("arc", outcomes, [])[0],
        dmarc_properties.get("header.from", "").rpartition("@")[2].lower().rstrip("."),
        tuple(doubts),
    )


def held_to_author(auth: Authentication, site: str) -> Authentication:
    """The results without a DMARC pass that is for another site than the author's: it says nothing about this mail."""
    if auth.dmarc != "pass" or not auth.author or not site or site_of(auth.author) == site:
        return auth
    doubt = Observation("authentication-other-domain", auth.author, _FIELD)
    return msgspec.structs.replace(auth, dmarc="", dmarc_policy="", doubts=(*auth.doubts, doubt))


def is_named(server: str, trusted: tuple[str, ...]) -> bool:
    """Whether one of these names is the server's, or a domain that it lies in."""
    return any(server == name or server.endswith("." + name) for name in trusted)


def trusted_hops(chain: Chain, trusted: tuple[str, ...] = ()) -> int:
    """How many hops, from the newest, the receiving side wrote, with those of trusted servers right below them."""
    own = chain.own
    if not trusted:
        return own
    sites = {site_of(name) for name in trusted}
    while own < len(chain.hops) and site_of(chain.hops[own].by) in sites:
        own += 1
    return own


def _one(method: str, outcomes: _Outcomes, doubts: list[Observation]) -> tuple[str, dict[str, str]]:
    """The one result of a method: SPF of the envelope before that of the greeting; none where they differ."""
    found = outcomes.get(method)
    if not found:
        return "", {}
    if method == "spf" and len(found) > 1:
        found = [one for one in found if "smtp.mailfrom" in one[1] or "smtp.mail" in one[1]] or found
    results = {outcome for outcome, _ in found}
    if "pass" in results and not results.isdisjoint(("fail", "hardfail", "softfail")):
        said = ",".join(f"{method}={outcome}" for outcome in sorted(results))
        doubts.append(Observation("authentication-contradicts", said[:200], _FIELD))
        return "", found[0][1]
    return found[0]


def _trusted_results(headers: Sequence[Header], chain: Chain, trusted: tuple[str, ...]) -> list[AuthResults]:
    if not chain.hops:
        return []  # nobody received it: a draft, a sent mail, a stripped copy
    own = trusted_hops(chain, trusted)
    found: list[AuthResults] = []
    hops = parsed = 0
    exchange: bool | None = None
    for header in headers:
        name = header.name
        if name == "received":
            hops += 1
            if hops > own and hops > 1:
                break
            if found:
                break  # what stands below another stage was not written by the same one
        elif name == _FIELD:
            parsed += 1
            if parsed > _MAX_PARSED:
                break
            field = parse_authentication_results(header.value)
            server = field.authserv_id
            if found:
                if server == found[0].authserv_id and len(found) < _MAX_FIELDS:
                    found.append(field)
            elif trusted:
                if is_named(server, trusted):
                    found.append(field)
            elif hops == 0 or (server and _belongs(server, chain)):
                found.append(field)
            elif not server:
                if exchange is None:
                    exchange = any(other.name.startswith(_EXCHANGE) for other in headers)
                if exchange:
                    # Exchange Online writes no authserv-id, and strips these from outside.
                    found.append(field)
        elif found and name in _ZONE_ENDS:
            break
    return found


def _admissions(headers: Sequence[Header], chain: Chain, trusted: tuple[str, ...]) -> list[AuthResults]:
    """Results in the receiver's name from where senders write, less those that speak for the mail.

    Some receivers put their record below the sender's own Received fields. Nobody forges a failure.
    """
    found: list[AuthResults] = []
    parsed = 0
    for header in headers:
        if header.name == _FIELD and chain.own:
            parsed += 1
            if parsed > _MAX_PARSED:
                break
            field = parse_authentication_results(header.value)
            server = field.authserv_id
            if server and (is_named(server, trusted) if trusted else _belongs(server, chain)):
                found.append(
                    AuthResults(server, tuple(result for result in field.results if result[1] in _NEGATIVE))
                )
                if len(found) == _MAX_FIELDS:
                    break
    return found


def _belongs(server: str, chain: Chain) -> bool:
    if chain.receiver and site_of(server) == chain.receiver:
        return True
    return any(server == hop.by for hop in chain.hops[: chain.own])


def _received_spf(headers: Sequence[Header], chain: Chain, trusted: tuple[str, ...]) -> str:
    """The result of a Received-SPF field (RFC 7208 9.1) that stands in the part the receiving side wrote.

    Where the operator names servers, the field has to name one of them as its receiver.
    """
    hops = 0
    for header in headers:
        name = header.name
        if name == "received":
            hops += 1
            if hops > chain.own:
                break
        elif name == "received-spf":
            value = header.value[:4_000].lower()
            if trusted and not is_named(_receiver_of(value), trusted):
                continue
            return value.split(maxsplit=1)[0].rstrip(";:,")[:40] if value.strip() else ""
        elif name in _ZONE_ENDS:
            break
    return ""


def _receiver_of(value: str) -> str:
    """The host that a Received-SPF field, in lower case, says it was written by."""
    after = value.partition("receiver=")[2] or value.partition(" (")[2].partition(":")[0]
    return after.strip("\" '").split(";", 1)[0].split(" ", 1)[0].strip('";,')
