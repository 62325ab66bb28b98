"""DMARC (RFC 9989, and RFC 7489 before it) from records that were handed in: policy, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.mail.dns_records import Records
from tocsin.mail.url import site_of

_POLICIES = ("none", "quarantine", "reject")
_MOST_STEPS = 8  # RFC 9989 4.10


class Policy(msgspec.Struct, frozen=True):
    """What a domain publishes; `known` is False where the records that were handed in do not tell.

    `policy` is "none", "quarantine", "reject", or "" where nothing is published. `organisation` is the domain that
    alignment is by. `strict` names the methods ("dkim", "spf") that must name the very domain of From.
    """

    known: bool = False
    policy: str = ""
    organisation: str = ""
    strict: tuple[str, ...] = ()


UNKNOWN = Policy()


def find_policy(records: Records, domain: str) -> Policy:
    """The policy for mail From this domain: its own record, else the nearest one above it that was handed in.

    The organisation is the Public Suffix List's, unless a record says `psd=n` at its top (RFC 9989 4.10.2).
    """
    organisation = site_of(domain)
    name = domain
    answered = False
    for _ in range(_MOST_STEPS):
        texts = records.lookup(f"_dmarc.{name}", "TXT")
        if texts is not None:
            answered = True
            policies = [tags for text in texts if (tags := _tags(text)) is not None]
            if len(policies) == 1:
                return _policy(policies[0], name, domain, organisation)
        if name == organisation or "." not in name:
            break
        name = _parent(name, organisation)
    asked = records.lookup(f"_dmarc.{organisation}", "TXT")
    return Policy(answered and asked is not None, "", organisation) if organisation else UNKNOWN


def _parent(name: str, organisation: str) -> str:
    """One label less; a name of more than eight labels goes on at seven."""
    labels = name.split(".")
    above = labels[1:] if len(labels) <= _MOST_STEPS else labels[-7:]
    if len(above) <= organisation.count(".") + 1:
        return organisation
    return ".".join(above)


def _tags(text: str) -> dict[str, str] | None:
    head, _, rest = text.partition(";")
    if head.replace(" ", "").replace("\t", "") != "v=DMARC1":
        return None
    tags: dict[str, str] = {}
    for pair in rest.split(";"):
        name, mark, value = pair.partition("=")
        if mark:
            tags.setdefault(name.strip().lower(), value.strip().lower())
    return tags


def _policy(tags: dict[str, str], at: str, domain: str, organisation: str) -> Policy:
    policy = tags.get("p", "none")
    if at != domain:
        policy = tags.get("sp", policy)
    if tags.get("psd") == "n":
        organisation = at
    strict = tuple(
        method for method, tag in (("dkim", "adkim"), ("spf", "aspf")) if tags.get(tag, "r") == "s"
    )
    return Policy(True, policy if policy in _POLICIES else "none", organisation, strict)


def is_aligned(method: str, domain: str, author: str, policy: Policy) -> bool:
    """Whether a domain that passed stands for the author's: the same, or of one organisation where that is enough."""
    if not domain or not author:
        return False
    if domain == author:
        return True
    if method in policy.strict:
        return False
    organisation = policy.organisation or site_of(author)
    if organisation != site_of(author):  # the author's own records draw the line
        return domain == organisation or domain.endswith("." + organisation)
    return site_of(domain) == organisation


def evaluate(policy: Policy, author: str, spf: tuple[str, str], signatures: Sequence[tuple[str, str]]) -> str:
    """The result for mail From `author`, "" where it hangs on something unknown.

    `spf` is a result and the domain that it is for, `signatures` domains and their results; "" is unknown.
    """
    aligned = [result for domain, result in signatures if is_aligned("dkim", domain, author, policy)]
    result, domain = spf
    spf_aligned = is_aligned("spf", domain, author, policy)
    passes = "pass" in aligned or (result == "pass" and spf_aligned)
    if policy.known and not policy.policy:
        return "none"
    if not policy.known:
        return ""
    if passes:
        return "pass"
    spf_told = bool(result) or bool(domain and not spf_aligned)
    signatures_told = "" not in aligned and all(domain or result for domain, result in signatures)
    return "fail" if spf_told and signatures_told else ""
