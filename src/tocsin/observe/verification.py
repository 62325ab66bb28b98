"""SPF, DKIM, DMARC and ARC computed from DNS records that were handed in, laid beside what the receiver recorded."""

from __future__ import annotations

import msgspec

from tocsin.mail.dns_records import Records
from tocsin.model.message import Message
from tocsin.model.observation import Observation
from tocsin.observe.arc import check_chain
from tocsin.observe.authentication import Authentication, trusted_hops
from tocsin.observe.dmarc import evaluate, find_policy
from tocsin.observe.hops import Chain, is_inner
from tocsin.observe.signatures import Signature, check_signatures
from tocsin.observe.signed_text import signed_text
from tocsin.observe.spf import check_spf

_FAILED = frozenset(("fail", "hardfail", "softfail"))
_ARC_FIELD = "arc-seal"


class Verified(msgspec.Struct, frozen=True):
    """The results that judging is to use, and the facts beside them.

    `auth` holds the recorded results, and computed ones where nothing was recorded; `by_records` and `strict` are
    those of `Sender`.
    """

    auth: Authentication
    by_records: tuple[str, ...] = ()
    strict: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()


def verify(
    message: Message,
    records: Records,
    auth: Authentication,
    chain: Chain,
    author: str,
    mail_from: str,
    arrival_s: float | None,
    trusted: tuple[str, ...] = (),
) -> Verified:
    """Compute what the records allow; `author` is From's domain, `mail_from` the envelope sender where known."""
    names = {header.name for header in message.headers}
    text = signed_text(message) if "dkim-signature" in names or _ARC_FIELD in names else None
    signatures = check_signatures(text, records, arrival_s) if text is not None else ()
    arc = check_chain(text, records) if text is not None and _ARC_FIELD in names else ""
    spf, spf_domain = _check_sending_machine(records, chain, mail_from, trusted)
    dkim = _sum_up(signatures)
    policy = find_policy(records, author) if author else None
    dmarc = ""
    if policy is not None and sum(header.name == "from" for header in message.headers) == 1:
        recorded_domain = (auth.mail_from or mail_from).rpartition("@")[2].lower()
        dmarc = evaluate(
            policy,
            author,
            (spf, spf_domain) if spf else (auth.spf, recorded_domain),
            _with_recorded(signatures, auth),
        )
    held = [signature.domain for signature in signatures if signature.result == "pass"]
    computed = {"spf": spf, "dkim": dkim, "dmarc": dmarc, "arc": arc}
    recorded = {"spf": auth.spf, "dkim": auth.dkim, "dmarc": auth.dmarc, "arc": auth.arc}
    found = [Observation("signature-holds", domain, "dkim-signature") for domain in dict.fromkeys(held)]
    found.extend(
        Observation(f"signature-{one.reason}", one.domain, "dkim-signature")
        for one in dict.fromkeys(signatures)
        if one.reason.startswith(("altered", "expired", "key-revoked"))
    )
    for method, result in computed.items():
        before = recorded[method]
        if (before == "pass" and result in _FAILED) or (before in _FAILED and result == "pass"):
            said = f"{method}: recorded {before}, computed {result}"
            found.append(Observation("authentication-disagrees", said, "authentication-results"))
    joined = msgspec.structs.replace(
        auth,
        **{method: recorded[method] or result for method, result in computed.items()},
        dkim_domains=auth.dkim_domains if auth.dkim else tuple(dict.fromkeys(held)),
        dmarc_policy=auth.dmarc_policy or (policy.policy if policy is not None else ""),
    )
    return Verified(
        joined,
        tuple(method for method, result in computed.items() if result == "pass"),
        policy.strict if policy is not None else (),
        tuple(found),
    )


def _check_sending_machine(
    records: Records, chain: Chain, mail_from: str, trusted: tuple[str, ...]
) -> tuple[str, str]:
    """SPF for the machine that handed the mail to the receiving side, and the domain asked; ("", "") if not known."""
    own = trusted_hops(chain, trusted)
    if not own:
        return "", ""
    border = chain.hops[own - 1]
    if not border.ip or is_inner(border.ip):
        return "", ""
    domain = mail_from.rpartition("@")[2].lower() or border.helo
    return check_spf(records, border.ip, mail_from, border.helo), domain


def _sum_up(signatures: tuple[Signature, ...]) -> str:
    """ "pass" if any holds, "fail" if all fail, else "", unknown, as where there are none: copies lose them."""
    results = {signature.result for signature in signatures}
    if "pass" in results:
        return "pass"
    return "fail" if results == {"fail"} else ""


def _with_recorded(signatures: tuple[Signature, ...], auth: Authentication) -> list[tuple[str, str]]:
    """Domains and results, the recorded ones standing in where nothing could be computed."""
    told = [(signature.domain, signature.result) for signature in signatures]
    if auth.dkim == "pass":
        told.extend((domain, "pass") for domain in auth.dkim_domains)
    elif auth.dkim in ("fail", "none", "neutral", "permerror"):
        told = [(domain, result or "fail") for domain, result in told]
    return told
