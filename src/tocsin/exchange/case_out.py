"""A case for other programs: what is exported of its campaign, held together under the case's number.

Nothing else of a case leaves: no title, owner, clock, task, notice or name, as those are about people and the house.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.mail.plain_json import plain_json

_NAMESPACE = uuid.UUID("5d1c3bd0-6a52-5a4e-9f0e-0b7c2f6d1a11")


def stix_case(bundle: bytes, case: str, opened_s: float, now_s: float) -> bytes:
    """A bundle with a STIX 2.1 `grouping` (4.5) around its objects, marked as strictly as the strictest of them."""
    document: dict[str, Any] = json.loads(bundle)
    objects: list[dict[str, Any]] = document["objects"]
    held = [one for one in objects if one["type"] not in ("marking-definition", "extension-definition")]
    if not held:
        return bundle
    makers = [one["id"] for one in objects if one["type"] == "identity"]
    marks = list(dict.fromkeys(mark for one in held for mark in one.get("object_marking_refs", ())))
    name = f"{case} {document['id']}"
    grouping: dict[str, Any] = {
        "type": "grouping",
        "spec_version": "2.1",
        "id": f"grouping--{uuid.uuid5(_NAMESPACE, name)}",
        "created": _time(opened_s),
        "modified": _time(max(now_s, opened_s)),
        "name": case,
        "context": "suspicious-activity",
        "object_refs": [one["id"] for one in held],
    }
    if makers:
        grouping["created_by_ref"] = makers[0]
    if marks:
        grouping["object_marking_refs"] = marks
    objects.append(grouping)
    return msgspec.json.format(plain_json(document), indent=1) + b"\n"


def misp_case(events: bytes, case: str) -> bytes:
    """MISP events with the case's number in their titles; they stay unpublished, as they were."""
    document: Any = json.loads(events)
    for one in document.get("response", [document]) if isinstance(document, dict) else document:
        event = one.get("Event", one)
        event["info"] = f"{case}: {event.get('info', '')}".strip()[:255]
        event["published"] = False
    return msgspec.json.format(plain_json(document), indent=1) + b"\n"


def _time(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
