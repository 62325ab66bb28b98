"""What mails do, in the words of MITRE ATT&CK (enterprise; ids as of version 18, October 2025)."""

from __future__ import annotations

import msgspec

from tocsin.model.observation import Observed


class AttackPattern(msgspec.Struct, frozen=True):
    """A technique of ATT&CK: its id ("T1598.003"), name and tactic."""

    id: str
    name: str
    tactic: str


_LINK = AttackPattern("T1598.003", "Spearphishing Link", "reconnaissance")
_ATTACHMENT = AttackPattern("T1598.002", "Spearphishing Attachment", "reconnaissance")
_REPLY = AttackPattern("T1598", "Phishing for Information", "reconnaissance")
_ADDRESS = AttackPattern("T1589.002", "Email Addresses", "reconnaissance")
_NETWORK = AttackPattern("T1590.005", "IP Addresses", "reconnaissance")
_CLIENT = AttackPattern("T1592.004", "Client Configurations", "reconnaissance")
_NTLM = AttackPattern("T1187", "Forced Authentication", "credential-access")
_PERSONA = AttackPattern("T1656", "Impersonation", "defense-evasion")
_SPOOFED = AttackPattern("T1672", "Email Spoofing", "defense-evasion")
_PHISHING = AttackPattern("T1566.002", "Spearphishing Link", "initial-access")

_PASSIVE = frozenset({"receipt", "open", "print"})


def attack_patterns(mail: Observed, class_: str) -> tuple[AttackPattern, ...]:
    """The techniques that one mail shows; `class_` is that of its verdict.

    T1598.003 names tracking pixels that report back when a mail is opened; what they would tell is T1589.002,
    T1590.005 and T1592.004.
    """
    found: dict[AttackPattern, None] = {}
    for beacon in mail.beacons:
        if beacon.trigger in _PASSIVE or (beacon.trigger == "click" and class_ == "reconnaissance"):
            found[_LINK] = None
        elif beacon.trigger == "click" and class_ == "phishing":
            found[_PHISHING] = None
        elif beacon.trigger == "attachment":
            found[_ATTACHMENT] = None
        elif beacon.trigger == "reply":
            found[_REPLY] = None
        if beacon.trigger in _PASSIVE:
            if beacon.personal is not None:
                found[_ADDRESS] = None
            if "address" in beacon.leaks:
                found[_NETWORK] = None
            if "client" in beacon.leaks:
                found[_CLIENT] = None
        if "ntlm" in beacon.leaks:
            found[_NTLM] = None
    if any(one.kind in ("claims-name", "persona") for one in mail.observations):
        found[_PERSONA] = None
    if mail.sender.dmarc == "fail":
        found[_SPOOFED] = None
    return tuple(sorted(found, key=lambda one: one.id))
