"""Campaigns, indicators, sightings and observed data as a bundle of STIX 2.1.

Objects are written as plain values and held against the stix2 library in the tests: it takes half a second to load.
Targets are pseudonyms, and no object ties one person to another.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.exchange.cutting import cut_host, cut_url
from tocsin.exchange.own_indicators import NAMESPACE
from tocsin.exchange.stix_judgements import judged_objects
from tocsin.exchange.stix_marks import OWN_EXTENSION
from tocsin.exchange.stix_text import labels_of, stix_text
from tocsin.mail.callbacks import split_callbacks
from tocsin.mail.plain_json import plain_json
from tocsin.mail.techniques import AttackPattern, attack_patterns
from tocsin.model.campaign import Campaign
from tocsin.model.intel import Indicator
from tocsin.model.sharing import SharedCampaign, SharedMail, Sharing

Object = dict[str, Any]

# OASIS: TLP 2.0 as an extension (cti-stix-common-objects, extension-definition-specifications/tlp-2.0).
_TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_TLP_MARKS = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_MADE = "2022-10-01T00:00:00.000Z"
_UNKNOWN_S = 0.0  # a time that STIX requires and nobody knows


def stix_bundle(sharing: Sharing) -> bytes:
    """The export as JSON of one bundle. The same export gives the same bytes, `made_s` included."""
    objects: dict[str, Object] = {}
    for one in _Writer(sharing).objects():
        objects.setdefault(one["id"], one)
    order = "\n".join(sorted(objects))
    bundle = {
        "type": "bundle",
        "id": f"bundle--{uuid.uuid5(NAMESPACE, f'{sharing.made_s} {order}')}",
        "objects": list(objects.values()),
    }
    return msgspec.json.format(plain_json(bundle), indent=1) + b"\n"


class _Writer:
    """Writes the objects of one export; every object bears its producer and its marks."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self._made = _time(sharing.made_s)
        self._producer = self._id("identity", f"producer {sharing.producer}")
        self._labels = ["exercise"] if sharing.exercise else []

    def objects(self) -> Iterator[Object]:
        sharing = self._sharing
        yield {
            **self._head("identity", self._producer, marks=False),
            "name": self._named(sharing.producer),
            "identity_class": "organization",
        }
        for tlp in sorted({sharing.tlp, *(one.tlp for one in self._indicators() if one.tlp)}):
            yield _tlp_mark(tlp)
        for pap in sorted({pap for pap in (sharing.pap, *(one.pap for one in self._indicators())) if pap}):
            yield self._pap_mark(pap)
        if any(one.grade or one.names for one in sharing.indicators):
            yield self._extension()
        for shared in sharing.campaigns:
            yield from self._campaign(shared)
        for indicator in sharing.indicators:
            yield self._indicator(indicator)
        there = {self._indicator_id(one) for one in self._indicators()}
        for met in sharing.met:
            of = (
                met.indicator
                if met.indicator.startswith("indicator--")
                else self._id("indicator", met.indicator)
            )
            if of in there:
                yield {
                    **self._head("sighting", self._id("sighting", f"{of} {self._made}")),
                    "sighting_of_ref": of,
                    "count": met.count,
                    "first_seen": _time(met.first_s),
                    "last_seen": _time(met.last_s),
                    "where_sighted_refs": [self._producer],
                }

    def _indicators(self) -> Iterator[Indicator]:
        yield from self._sharing.indicators
        for shared in self._sharing.campaigns:
            yield from shared.indicators

    def _campaign(self, shared: SharedCampaign) -> Iterator[Object]:
        campaign = shared.campaign
        id_ = self._id("campaign", campaign.id)
        said: Object = {
            **self._head("campaign", id_),
            "name": self._named(f"Campaign {campaign.id}"),
            "description": _described(campaign),
            "external_references": [{"source_name": "tocsin", "external_id": campaign.id}],
        }
        if campaign.aliases:
            said["aliases"] = list(campaign.aliases)
        if campaign.first_seen_s is not None and campaign.last_seen_s is not None:
            said["first_seen"] = _time(campaign.first_seen_s)
            said["last_seen"] = _time(campaign.last_seen_s)
        yield said
        for indicator in shared.indicators:
            yield self._indicator(indicator)
            yield self._relation(self._indicator_id(indicator), "indicates", id_)
        others = {self._indicator_id(one): one for one in self._sharing.indicators}
        yield from judged_objects(shared, id_, others, self._head, self._id, self._named)
        class_ = "reconnaissance" if campaign.likelihood >= 0.5 else ""
        patterns = {one for mail in shared.mails for one in attack_patterns(mail.observed, class_)}
        for pattern in sorted(patterns, key=lambda one: one.id):
            yield self._attack_pattern(pattern)
            yield self._relation(id_, "uses", self._id("attack-pattern", pattern.id))
        seen: list[str] = []
        for mail in shared.mails:
            for one in self._observed(mail):
                yield one
                if one["type"] == "observed-data":
                    seen.append(one["id"])
        times = [mail.time_s for mail in shared.mails if mail.time_s is not None]
        if seen:
            sighted: Object = {
                **self._head("sighting", self._id("sighting", f"{campaign.id} {self._made}")),
                "sighting_of_ref": id_,
                "count": len(seen),
                "observed_data_refs": seen,
                "where_sighted_refs": [self._producer],
            }
            if times:
                sighted["first_seen"], sighted["last_seen"] = _time(min(times)), _time(max(times))
            yield sighted

    def _observed(self, mail: SharedMail) -> Iterator[Object]:
        """One mail as observed data. Its ids come from its bytes: mails with one sender and subject stay two."""
        observed = mail.observed
        sender = self._address(observed.sender.address) if observed.sender.address else None
        target = self._address(f"{mail.target}@target.invalid")
        refs = [target["id"]]
        yield target
        if sender is not None:
            yield sender
            refs.append(sender["id"])
        message: Object = {
            **self._seen("email-message", f"{observed.sha256} {mail.target}"),
            "is_multipart": False,
            "to_refs": [target["id"]],
            "subject": observed.subject,
        }
        if sender is not None:
            message["from_ref"] = sender["id"]
        if mail.time_s is not None:
            message["date"] = _time(mail.time_s)
        if observed.sender.mailer:
            message["additional_header_fields"] = {"X-Mailer": [observed.sender.mailer]}
        yield message
        refs.append(message["id"])
        _, strangers, own = split_callbacks(observed)
        for beacon in (*strangers, *own):
            whole = self._sharing.whole
            url = beacon.url if whole else cut_url(beacon)
            host = beacon.host if whole else cut_host(beacon.host, beacon.site)
            for kind, value in (("url", url), ("domain-name", host)):
                one = {**self._seen(kind, value), "value": value}
                yield one
                refs.append(one["id"])
        moment = _time(mail.time_s if mail.time_s is not None else _UNKNOWN_S)
        yield {
            **self._head("observed-data", self._id("observed-data", f"{observed.sha256} {mail.target}")),
            "first_observed": moment,
            "last_observed": moment,
            "number_observed": 1,
            "object_refs": list(dict.fromkeys(refs)),
            "external_references": [{"source_name": "tocsin", "external_id": observed.sha256}],
        }

    def _indicator(self, one: Indicator) -> Object:
        begin = one.valid_from_s if one.valid_from_s is not None else one.created_s
        said: Object = {
            **self._head("indicator", self._indicator_id(one), tlp=one.tlp, pap=one.pap),
            "name": self._named(one.name or "Indicator"),
            "pattern": stix_text(one.pattern),
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": _time(begin if begin is not None else self._sharing.made_s),
        }
        if one.created_s is not None:
            said["created"] = _time(one.created_s)
            said["modified"] = _time(max(one.created_s, one.modified_s or one.created_s))
        if one.valid_until_s is not None:
            said["valid_until"] = _time(max(one.valid_until_s, (begin or 0.0) + 0.001))
        if one.description:
            said["description"] = one.description
        if one.confidence is not None:
            said["confidence"] = one.confidence
        if one.revoked:
            said["revoked"] = True
        labels = [*self._labels, *labels_of(one.pattern)]
        if labels:
            said["labels"] = labels
        if (one.grade or one.names) and one.source != "tocsin":
            said["extensions"] = {
                OWN_EXTENSION: {
                    "extension_type": "property-extension",
                    "grade": one.grade,
                    "names": list(one.names),
                }
            }
        return said

    def _attack_pattern(self, pattern: AttackPattern) -> Object:
        page = pattern.id.replace(".", "/")
        return {
            **self._head("attack-pattern", self._id("attack-pattern", pattern.id)),
            "name": pattern.name,
            "external_references": [
                {
                    "source_name": "mitre-attack",
                    "external_id": pattern.id,
                    "url": f"https://attack.mitre.org/techniques/{page}",
                }
            ],
            "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": pattern.tactic}],
        }

    def _relation(self, begin: str, kind: str, end: str) -> Object:
        return {
            **self._head("relationship", self._id("relationship", f"{begin} {kind} {end}")),
            "relationship_type": kind,
            "source_ref": begin,
            "target_ref": end,
        }

    def _extension(self) -> Object:
        return {
            **self._head("extension-definition", OWN_EXTENSION, marks=False),
            "name": "Grade and names of an indicator",
            "description": "The Admiralty grade of an indicator, and the names its source links it to, as quoted.",
            "schema": "https://tocsin.invalid/indicator-extension",
            "version": "1.0.0",
            "extension_types": ["property-extension"],
        }

    def _pap_mark(self, pap: str) -> Object:
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": self._id("marking-definition", f"PAP {pap}"),
            "created": _TLP_MADE,
            "definition_type": "statement",
            "definition": {"statement": f"PAP:{pap}"},
        }

    def _address(self, value: str) -> Object:
        return {**self._seen("email-addr", value), "value": value}

    def _seen(self, kind: str, name: str) -> Object:
        return {"type": kind, "spec_version": "2.1", "id": self._id(kind, name)}

    def _head(self, kind: str, id_: str, *, tlp: str = "", pap: str = "", marks: bool = True) -> Object:
        head: Object = {
            "type": kind,
            "spec_version": "2.1",
            "id": id_,
            "created": self._made,
            "modified": self._made,
            "created_by_ref": self._producer,
        }
        if marks:
            head["object_marking_refs"] = [_TLP_MARKS[tlp or self._sharing.tlp]]
            mark = pap or self._sharing.pap
            if mark:
                head["object_marking_refs"].append(self._id("marking-definition", f"PAP {mark}"))
        if self._labels and kind != "extension-definition":
            head["labels"] = self._labels
        return head

    def _indicator_id(self, one: Indicator) -> str:
        return one.id if one.id.startswith("indicator--") else self._id("indicator", one.id)

    def _id(self, kind: str, name: str) -> str:
        return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind} {name}')}"

    def _named(self, name: str) -> str:
        return f"EXERCISE {name}" if self._sharing.exercise else name


def _tlp_mark(tlp: str) -> Object:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_MARKS[tlp],
        "created": _TLP_MADE,
        "name": f"TLP:{tlp}",
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


def _described(campaign: Campaign) -> str:
    reasons: Iterable[str] = sorted({link.reason for link in campaign.links})
    where = ", ".join(campaign.sectors) or "not stated"
    return (
        f"{len(campaign.members)} mails to {len(campaign.people)} people (sectors: {where}) that hang together by "
        f"{', '.join(reasons) or 'an analyst’s decision'}. Linked by a program; it does not say who sent them."
    )


def _time(time_s: float) -> str:
    moment = datetime.fromtimestamp(time_s, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
