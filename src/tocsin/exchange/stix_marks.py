"""What data markings of STIX say: TLP in both versions, PAP; the strictest of several counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tocsin.exchange.entries import pap_of, tlp_of
from tocsin.model.intel import PAPS, TLPS

_M = "marking-definition--"
# TLP 2.0: OASIS, https://github.com/oasis-open/cti-stix-common-objects (extension-definition-specifications/tlp-2.0);
# TLP 1: STIX 2.1, section 7.2.1.4. AMBER of TLP 1 is AMBER of TLP 2.0, WHITE is CLEAR.
_KNOWN = {
    _M + "94868c89-83c2-464b-929b-a1a8aa3c8487": "CLEAR",
    _M + "bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "GREEN",
    _M + "55d920b0-5e8b-4f79-9ee9-91f868d9b421": "AMBER",
    _M + "939a9414-2ddd-4d32-a0cd-375ea402b003": "AMBER+STRICT",
    _M + "e828b379-4e03-4974-9ac4-e53a884c97c1": "RED",
    _M + "613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    _M + "34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    _M + "f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    _M + "5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
}

# Our own, for what STIX has no property for: the Admiralty grade of an indicator, and the names its source gave.
OWN_EXTENSION = "extension-definition--c3c9119b-dd93-5223-aa87-c67aba67f040"


class Mark(msgspec.Struct, frozen=True):
    """What one marking says; "" for what it is silent about."""

    tlp: str = ""
    pap: str = ""


SILENT = Mark()


def known_mark(ref: str) -> Mark | None:
    """The mark of an id that the standards give; None for others."""
    tlp = _KNOWN.get(ref)
    return Mark(tlp) if tlp is not None else None


def mark_of(ref: str, name: Any, definition: Any, extensions: Any) -> Mark:
    """What a marking-definition says, in its definition, its name ("TLP:AMBER+STRICT", "PAP:GREEN") or an extension."""
    tlps: list[str] = [_KNOWN.get(ref, "")]
    paps: list[str] = []
    held = [definition]
    if isinstance(extensions, dict):
        held += extensions.values()
    for one in held:
        for key, value in one.items() if isinstance(one, dict) else ():
            if not isinstance(value, str) or len(value) > 100:
                continue
            match str(key).lower():
                case "tlp" | "tlp_2_0":
                    tlps.append(tlp_of(value))
                case "pap":
                    paps.append(pap_of(value))
                case "statement":
                    _take_named(value, tlps, paps)
    if isinstance(name, str):
        _take_named(name, tlps, paps)
    return strictest([Mark(tlp) for tlp in tlps] + [Mark(pap=pap) for pap in paps])


def strictest(marks: Iterable[Mark]) -> Mark:
    """The strictest TLP and the strictest PAP of several marks."""
    tlp = pap = ""
    for mark in marks:
        tlp = max(tlp, mark.tlp, key=lambda one: TLPS.index(one) if one else -1)
        pap = max(pap, mark.pap, key=lambda one: PAPS.index(one) if one else -1)
    return Mark(tlp, pap)


def _take_named(text: str, tlps: list[str], paps: list[str]) -> None:
    start = text.strip()[:4].upper()
    if start == "TLP:":
        tlps.append(tlp_of(text))
    elif start == "PAP:":
        paps.append(pap_of(text))
