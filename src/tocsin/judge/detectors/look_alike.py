"""An address of the mail is made to be taken for somebody else's.

Fires: the domain of From looks like one of an outlet, institution or organisation on the lists (docs/names.md)
or of the reader's own organisation, or like that of a regular sender, of a site that the mail links to, or of
its own display name, but is none of them. "claimed": the mail also says that it comes from there, or brings
news under a newsroom's likeness; "ending": the same, but the domain differs by its ending, its hyphens or the
name of a place alone, as those of national sections do; "alone": the likeness leaves little doubt (letters of
another alphabet, 0 for o, the name joined with words such as "news", a whole genuine domain put in front of
another); "faint": one letter differs, it sounds alike, or a regular sender's name is spelt alike; "elsewhere":
only Reply-To, the return path or a host that is called looks so.
Silent: genuine domains and what lies below them; the same name under another ending, names of fewer than five
letters and names that are words of every day, unless the mail claims that very name; senders the owner writes
to; a site that vouched for its mail here for a month; free mail services and known mail services.
Doubt: firms share names, and outlets set up new domains for newsletters and events that no list knows yet.
Source: indictment of 25 March 2024; reports on TA423 and TA453 (invented and copied news sites, typo domains of
think tanks); ways after Unicode TS #39 and Agten et al., NDSS 2015 (typosquatting), Kintis et al., CCS 2017
(joined words).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.imitation import Likeness
from tocsin.model.observation import Observed

_LONG_DAYS = 30
_NATIONAL = ("ending", "country", "hyphen")  # sections and firms of one name do so among themselves
_HOW = {
    "letters": "is written with letters of another alphabet to look like {known}",
    "signs": "is written with signs that look alike to read like {known}",
    "joined": "joins the name of {known} with other words",
    "country": "joins the name of {known} with that of a place",
    "place": "puts the name of {known} in front of somebody else's domain",
    "slip": "differs from the name of {known} by one letter",
    "sound": "sounds like {known}",
    "hyphen": "is the name of {known} with its hyphens set otherwise",
    "ending": "has the name of {known} with another ending",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.traits.sender_known or context.wrote_to_address or context.same_house:
        return None
    if context.address.aligned >= 3 or (context.site.aligned >= 3 and context.site.span_days >= _LONG_DAYS):
        return None
    if mail.content.automatic in ("bounce", "auto-reply"):
        return None
    identity = context.identity
    likeness = identity.likeness
    if likeness is None:
        if not context.imitates:
            return None
        return Finding(f"The sender uses a domain that imitates {context.imitates}.", "From", "faint")
    if identity.place != "From":
        if context.imitates:
            return Finding(f"The sender uses a domain that imitates {context.imitates}.", "From", "faint")
        return Finding(_elsewhere(likeness, identity.place), identity.place, "elsewhere")
    said = "ending" if likeness.way in _NATIONAL else "claimed"
    if any(likeness.domain in claim.of.domains for claim in identity.claims):
        text = (
            f"It says that it comes from {likeness.of.name}, but its domain {likeness.host} {_how(likeness)}."
        )
        return Finding(text, "From", said)
    text = f"The sender's domain {likeness.host} {_how(likeness)}, but is another."
    if identity.said:
        return Finding(text, "From", said)
    return Finding(text, "From", "alone" if likeness.strength == "strong" else "faint")


def _elsewhere(likeness: Likeness, place: str) -> str:
    subject = {"Reply-To": "Answers would go to", "Return-Path": "Mail that bounces goes back to"}.get(
        place, "It leads to"
    )
    return f"{subject} {likeness.host}, which {_how(likeness)}, but is another."


def _how(likeness: Likeness) -> str:
    name, domain = likeness.of.name, likeness.domain
    return _HOW[likeness.way].format(known=domain if name == domain else f"{name} ({domain})")
