"""The header fields that servers add on the way: trace, signatures and the receiver's results."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec

from tocsin.exercise import chance
from tocsin.exercise.stamp import mail_date
from tocsin.model.scenario import Auth, MailboxOwner

Fields = list[tuple[str, str]]


class Route(msgspec.Struct, frozen=True):
    """How one mail reached the owner's server: envelope sender, last relay, and what authentication found."""

    mail_from: str
    relay: str
    from_domain: str
    auth: Auth
    signer: str
    policy: str
    via: str
    submitted: str


def arrival(route: Route, owner: MailboxOwner, address: str, at: datetime, rng: random.Random) -> Fields:
    """Return-Path down to the last DKIM-Signature, as the owner's receiving server leaves them on top."""
    place = owner.organisation
    personal = not address.endswith("@" + place.domain)
    domain = address.rpartition("@")[2]
    receiver, store = ("mx1." + domain, "store3." + domain) if personal else (place.receiver, place.store)
    ip = chance.test_net(route.relay)
    code = chance.base62(rng, 11)
    later = at + timedelta(seconds=rng.randrange(1, 9))
    fields: Fields = [("Return-Path", f"<{route.mail_from}>"), ("Delivered-To", address)]
    if personal or chance.stream(0, "original-to", place.id).random() < 0.4:
        fields.append(("X-Original-To", address))
    own = f"{receiver} ({receiver} [{chance.test_net(receiver)}])"
    last = f"{route.relay} ({route.relay} [{ip}])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)"
    stored = f"from {own}\n\tby {store} with LMTP id {code}\n\tfor <{address}>; {mail_date(later)}"
    received = f"by {receiver} (Postfix) with ESMTPS id {code[:9]}\n\tfor <{address}>; {mail_date(at)}"
    fields += [("Received", stored), ("Received", f"from {last}\n\t{received}")]
    fields += results(route, receiver, place.results == "one" or personal, ip)
    fields += signatures(route, at, rng)
    if route.submitted:
        sent = at - timedelta(seconds=rng.randrange(1, 40))
        fields.append(("Received", f"{route.submitted}; {mail_date(sent)}"))
    return fields


def results(route: Route, receiver: str, joined: bool, ip: str) -> Fields:
    """Authentication-Results of the receiver (RFC 8601), in one field or one a method."""
    bounce = route.mail_from.rpartition("@")[2] or route.relay
    spf = {"spoofed": "softfail", "unsigned": "none"}.get(route.auth, "pass")
    dkim = {
        "aligned": [("pass", route.from_domain)],
        "service-aligned": [("pass", route.from_domain), ("pass", route.signer)],
        "service-only": [("pass", route.signer)],
        "list": [("fail", route.from_domain), ("pass", route.signer)],
    }.get(route.auth, [])
    dmarc = "pass" if route.auth in ("aligned", "service-aligned", "spf-only") else "fail"
    if route.auth == "unsigned" or (route.auth == "service-only" and route.policy == "absent"):
        verdict = f"dmarc=none header.from={route.from_domain}"
    else:
        policy = route.policy.replace("absent", "none")
        verdict = f"dmarc={dmarc} (p={policy} dis=none) header.from={route.from_domain}"
    spf_result = f"spf={spf} smtp.mailfrom={bounce}" + (f" smtp.remote-ip={ip}" if joined else "")
    dkim_results = [f"dkim={found} header.d={domain}" for found, domain in dkim] or ["dkim=none"]
    if joined:
        together = ";\n\t".join([receiver, *dkim_results, spf_result, verdict])
        return [("Authentication-Results", together)]
    return [("Authentication-Results", f"{receiver}; {one}") for one in (verdict, spf_result, *dkim_results)]


def signatures(route: Route, at: datetime, rng: random.Random) -> Fields:
    """DKIM-Signature fields (RFC 6376): well formed, made up, and signed by nobody."""
    domains = {
        "aligned": [route.from_domain],
        "service-aligned": [route.from_domain, route.signer],
        "service-only": [route.signer],
        "list": [route.signer, route.from_domain],
    }.get(route.auth, [])
    fields = []
    for domain in domains:
        selector = chance.stream(0, "selector", domain).choice(
            ("s1", "mail", "k2", "default", "2024a", "sel1", "dkim")
        )
        digest = chance.base62(rng, 43) + "="
        signature = "\n\t ".join(chance.base62(rng, 64) for _ in range(4)) + "=="
        what = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};\n\tt={int(at.timestamp())}"
        signed = "h=from:to:subject:date:message-id:mime-version"
        value = f"{what}; {signed};\n\tbh={digest};\n\tb={signature}"
        fields.append(("DKIM-Signature", value))
    return fields


def message_id(via: str, domain: str, at: datetime, rng: random.Random) -> str:
    """A Message-ID, brackets and all, in the manner of the program that sends."""
    if via == "exchange":
        return f"<{chance.base62(rng, 6).upper()}{chance.hexadecimal(rng, 26).upper()}@{domain}>"
    if via == "freemail":
        return f"<CA{chance.base62(rng, 30)}@mail.{domain}>"
    if via == "service":
        return f"<{at:%Y%m%d%H%M%S}.{chance.hexadecimal(rng, 16)}@{domain}>"
    if via == "relay":
        return f"<{chance.base62(rng, 22)}@{domain}>"
    return f"<{chance.uuid(rng)}@{domain}>"
