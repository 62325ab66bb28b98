"""Which of a mail's beacons fire without a click, at whom, and whether a person sees anything of it."""

from __future__ import annotations

from tocsin.model.observation import Beacon, Observed

# Fetched for rendering without ever showing itself as a picture; by a document, without a word to its reader.
_STYLED = ("css-evasion", "css-import", "css-font", "css-fingerprint")
# Look-ups of names and certificates: every link and every signed mail makes them somewhere, and none of them
# goes to a host that says who sent the mail.
LOOK_UPS = frozenset(("anchor-dns", "receiver-dns", "certificate"))
_DOCUMENTS = ("office", "pdf", "shortcut")
_UNSEEN = frozenset((*_STYLED, *_DOCUMENTS, "link-hint", "frame", "refresh", "svg"))
# What letters and newsletters load for their looks, fonts above all, usually from hosting that anybody can rent.
LOOKS = frozenset({"link-hint", "css-import", "css-font", "css-fingerprint"})
# A list or a forwarder explains that authentication failed: that says nothing about the sender.
DAMAGE = frozenset({"list-damage", "forward-damage"})


def related(left: str, right: str) -> bool:
    """Whether two host names are the same or one lies below the other; empty names are related to nothing."""
    if not left or not right:
        return False
    return left == right or left.endswith("." + right) or right.endswith("." + left)


def _familiar(mail: Observed) -> tuple[str, ...]:
    """Domains besides From's that stand for the sender: none where From was found not to vouch for the
    mail.
    """
    sender = mail.sender
    if sender.dmarc == "fail" and not sender.list_id and not any(o.kind in DAMAGE for o in mail.observations):
        return ()
    return (sender.return_site, *sender.dkim_domains) if sender.dkim == "pass" else (sender.return_site,)


def split_callbacks(mail: Observed) -> tuple[list[Beacon], list[Beacon], list[Beacon]]:
    """The mail's remote beacons that need no click: all, those at strangers, those on the sender's own
    site.
    """
    callbacks: list[Beacon] = []
    strangers: list[Beacon] = []
    own: list[Beacon] = []
    sender = mail.sender
    familiar: tuple[str, ...] | None = None
    for beacon in mail.beacons:
        if beacon.trigger == "click" or not beacon.host or beacon.technique in LOOK_UPS:
            continue
        callbacks.append(beacon)
        if related(beacon.host, sender.site):
            own.append(beacon)
        elif beacon.vendor is None:
            if familiar is None:
                familiar = _familiar(mail)
            if not any(related(beacon.host, domain) for domain in familiar):
                strangers.append(beacon)
    return callbacks, strangers, own


def out_of_sight(beacon: Beacon) -> bool:
    """Whether a person sees nothing of what is fetched; style sheets, fonts, hints and documents never show
    themselves.
    """
    return beacon.hidden or beacon.technique in _UNSEEN
