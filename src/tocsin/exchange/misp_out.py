"""Campaigns and indicators as MISP events (MISP core format).

A galaxy tag reads as a fact to other programs, so what no analyst signed stays local and unpublished.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.exchange.cutting import cut_url
from tocsin.exchange.own_indicators import NAMESPACE
from tocsin.exchange.stix_judgements import claim_text, judgement_text
from tocsin.mail.callbacks import split_callbacks
from tocsin.mail.plain_json import plain_json
from tocsin.mail.techniques import attack_patterns
from tocsin.model.intel import Combination, Comparison, Indicator, Pattern
from tocsin.model.sharing import Left, Met, SharedCampaign, SharedMail, Sharing

Object = dict[str, Any]

_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_TYPES = {
    "url": ("url", "Network activity"),
    "host": ("hostname", "Network activity"),
    "address": ("email-src", "Payload delivery"),
    "ip": ("ip-dst", "Network activity"),
    "subject": ("email-subject", "Payload delivery"),
    "mailer": ("email-x-mailer", "Payload delivery"),
}


def misp_events(sharing: Sharing) -> tuple[bytes, tuple[Left, ...]]:
    """The export as JSON of events, one a campaign and one for all other indicators; and what they cannot say."""
    met = {one.indicator: one for one in sharing.met}
    events = [_event_of(shared, sharing, met) for shared in sharing.campaigns]
    attributes, left = _attributes(sharing.indicators, met)
    if attributes:
        event = _event("Indicators", "indicators", sharing)
        event["Attribute"] = attributes
        events.append(event)
    body = plain_json({"response": [{"Event": event} for event in events]})
    return msgspec.json.format(body, indent=1) + b"\n", left


def _event_of(shared: SharedCampaign, sharing: Sharing, met: dict[str, Met]) -> Object:
    campaign = shared.campaign
    event = _event(f"Campaign {campaign.id}: {len(campaign.members)} linked mails", campaign.id, sharing)
    if campaign.first_seen_s is not None:
        event["date"] = _day(campaign.first_seen_s)
    class_ = "reconnaissance" if campaign.likelihood >= 0.5 else ""
    patterns = {one for mail in shared.mails for one in attack_patterns(mail.observed, class_)}
    event["Tag"] += [
        {"name": f'misp-galaxy:mitre-attack-pattern="{one.name} - {one.id}"', "local": True}
        for one in sorted(patterns, key=lambda one: one.id)
    ]
    event["Attribute"], _ = _attributes(shared.indicators, met)
    for alias in campaign.aliases:
        event["Attribute"].append(
            _attribute("text", "Internal reference", alias, f"{campaign.id} {alias}", False)
        )
    event["Attribute"] += [
        _attribute("url", "Network activity", url, f"{campaign.id} {url}", False)
        for url in dict.fromkeys(_called(shared, whole=sharing.whole))
    ]
    event["Object"] = [_mail(mail) for mail in shared.mails]
    event["Attribute"] += _said_of(shared)
    if shared.judgement is not None and shared.judgement.level == "actor":
        name = shared.judgement.title.replace('"', "'")
        tag: Object = {"name": f'misp-galaxy:threat-actor="{name}"'}
        event["Tag"].append({**tag, "local": True} if sharing.exercise else tag)
    return event


def _said_of(shared: SharedCampaign) -> Iterator[Object]:
    """Judgements and claims as comments for the own organisation alone: they are read as facts elsewhere."""
    texts = [(claim.id, claim_text(claim)) for claim in shared.claims]
    if shared.judgement is not None:
        signed = f" Signed by {shared.signer}." if shared.signer else ""
        texts.insert(0, (shared.judgement.id, judgement_text(shared.judgement) + signed))
    for id, text in texts:
        name = f"said {id} {shared.campaign.id}"  # one claim may be about several campaigns
        yield {**_attribute("comment", "Attribution", text, name, False), "distribution": "0"}


def _called(shared: SharedCampaign, *, whole: bool) -> Iterator[str]:
    for mail in shared.mails:
        _, strangers, own = split_callbacks(mail.observed)
        for beacon in (*strangers, *own):
            yield beacon.url if whole else cut_url(beacon)


def _event(info: str, name: str, sharing: Sharing) -> Object:
    tags: list[Object] = [{"name": f"tlp:{sharing.tlp.lower()}"}]
    if sharing.pap:
        tags.append({"name": f"PAP:{sharing.pap}"})
    if sharing.exercise:
        tags.append({"name": 'tocsin:exercise="true"'})
    return {
        "uuid": str(uuid.uuid5(NAMESPACE, f"event {name} {sharing.made_s}")),
        "info": f"EXERCISE {info}" if sharing.exercise else info,
        "date": _day(sharing.made_s),
        "timestamp": str(int(sharing.made_s)),
        "threat_level_id": "4",
        "analysis": "1",
        "distribution": "0",
        "published": False,
        "Orgc": {"name": sharing.producer, "uuid": str(uuid.uuid5(NAMESPACE, sharing.producer))},
        "Tag": tags,
        "Attribute": [],
        "Object": [],
    }


def _attributes(
    indicators: tuple[Indicator, ...], met: dict[str, Met]
) -> tuple[list[Object], tuple[Left, ...]]:
    found: list[Object] = []
    unsaid = 0
    for one in indicators:
        leaves = list(_leaves(one.pattern))
        if not leaves:
            unsaid += 1
            continue
        for number, (kind, category, value, relation) in enumerate(leaves):
            own = one.id if number == 0 and _is_uuid(one.id) else f"{one.id} {number}"
            found.append(
                {
                    **_attribute(kind, category, value, own, True),
                    **({"object_relation": relation} if relation else {}),
                    **_said(one),
                    "Tag": _tags(one),
                }
            )
            seen = met.get(one.id)
            if seen is not None and number == 0:
                found[-1]["Sighting"] = [
                    {
                        "type": "0",
                        "date_sighting": str(int(moment)),
                        "uuid": str(uuid.uuid5(NAMESPACE, f"{own} {moment}")),
                    }
                    for moment in dict.fromkeys((seen.first_s, seen.last_s))
                ]
    left = (
        Left("indicators", "MISP attributes hold values, no patterns such as AND, LIKE or MATCHES", unsaid),
    )
    return found, left if unsaid else ()


def _leaves(pattern: Pattern) -> Iterator[tuple[str, str, str, str]]:
    """Type, category, value and relation of the attributes that say a pattern; none where attributes cannot."""
    if isinstance(pattern, Combination):
        parts = [list(_leaves(part)) for part in pattern.parts]
        if pattern.operator == "or" and all(parts):
            for part in parts:
                yield from part
        return
    if pattern.negated or pattern.operator not in ("=", "in", "under", "cidr"):
        return
    for value in pattern.values:
        yield _typed(pattern, value)


def _typed(leaf: Comparison, value: str) -> tuple[str, str, str, str]:
    if leaf.operator == "under":
        return "domain", "Network activity", value, ""
    if leaf.kind == "hash":
        return _HASHES.get(len(value), "sha256"), "Payload delivery", value, ""
    if leaf.kind in ("template", "token"):
        return "text", "Payload delivery", value, f"tocsin:{leaf.kind}"
    return (*_TYPES[leaf.kind], value, "")


def _attribute(kind: str, category: str, value: str, name: str, to_ids: bool) -> Object:
    return {
        "uuid": name if _is_uuid(name) else str(uuid.uuid5(NAMESPACE, f"attribute {name}")),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": to_ids,
        "distribution": "5",
    }


def _said(one: Indicator) -> Object:
    said: Object = {"comment": "; ".join(filter(None, (one.name, one.description)))}
    if one.valid_from_s is not None:
        said["first_seen"] = _moment(one.valid_from_s)
    if one.modified_s is not None:
        said["timestamp"] = str(int(one.modified_s))
    if one.revoked:
        said["deleted"] = True
    return said


def _tags(one: Indicator) -> list[Object]:
    names = []
    if one.tlp:
        names.append(f"tlp:{one.tlp.lower()}")
    if one.pap:
        names.append(f"PAP:{one.pap}")
    # F and 6 say that nobody can judge it, and MISP scores them as half-true: they are left out.
    if len(one.grade) == 2 and one.grade[0] != "F":
        names.append(f'admiralty-scale:source-reliability="{one.grade[0].lower()}"')
    if len(one.grade) == 2 and one.grade[1] != "6":
        names.append(f'admiralty-scale:information-credibility="{one.grade[1]}"')
    if one.confidence is not None:
        names.append(f'tocsin:confidence="{one.confidence}"')
    if one.valid_until_s is not None:
        names.append(f'tocsin:valid-until="{_moment(one.valid_until_s)}"')
    names += ['tocsin:name="{}"'.format(name.replace('"', "'")) for name in one.names]
    return [{"name": name, "local": name.startswith("tocsin:name")} for name in names]


def _mail(mail: SharedMail) -> Object:
    """One mail as an object; its reader is a pseudonym, and nothing of it is to be looked for by itself."""
    observed = mail.observed
    pairs = [
        ("email-src", "from", observed.sender.address),
        ("email-subject", "subject", observed.subject),
        ("email-x-mailer", "x-mailer", observed.sender.mailer),
        ("email-dst-display-name", "to-display-name", mail.target),
        ("datetime", "send-date", _moment(mail.time_s) if mail.time_s is not None else ""),
    ]
    name = f"{observed.sha256} {mail.target}"
    thing: Object = {
        "uuid": str(uuid.uuid5(NAMESPACE, f"object {name}")),
        "name": "email",
        "meta-category": "network",
        "description": "A mail of the campaign",
        "template_uuid": "a0c666e0-fc65-4be8-b48f-3423d788b552",
        "template_version": "19",
        "distribution": "5",
        "comment": f"sha256 {observed.sha256}",
        "Attribute": [
            {
                **_attribute(kind, "Payload delivery", value, f"{name} {relation} {value}", False),
                "object_relation": relation,
            }
            for kind, relation, value in pairs
            if value
        ],
    }
    if mail.time_s is not None:
        thing["first_seen"] = thing["last_seen"] = _moment(mail.time_s)
    return thing


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _day(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d")


def _moment(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
