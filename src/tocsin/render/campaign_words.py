"""The sentences that tell a campaign: what its mails share, what holds them, what happened meanwhile."""

from __future__ import annotations

from tocsin.mail.url import defang_host
from tocsin.model.campaign import Campaign, Decision, Incident
from tocsin.model.campaign_view import Happening, Shared, View, Weakest
from tocsin.render import words
from tocsin.render.shown import short, shown

_HOSTS = frozenset(
    ("beacon-host", "beacon-site", "style-host", "link-host", "domain", "relay", "signer", "id-host")
)
_HOSTS |= {"return-site"}
_SHARED = {
    "beacon-host": "call the host {}",
    "beacon-site": "call hosts of {}",
    "style-host": "load their looks from {}",
    "link-host": "link to the host {}",
    "token": "carry one token, {}",
    "grammar": "call URLs that are written alike: {}",
    "text": "have the same text ({})",
    "near-text": "have texts that are near copies of each other",
    "subject": "have the subject “{}”",
    "structure": "have the same HTML, apart from what it says",
    "near-structure": "have HTML that is built nearly alike",
    "making": "have message ids that are made alike: {}",
    "mailer": "name the mail program {}",
    "address": "are from {}",
    "reply-address": "want replies sent to {}",
    "name": "give the sender’s name as “{}”",
    "claim": "claim to be from {}",
    "domain": "are from addresses of {}",
    "service": "came through the mail service {}",
    "relay": "were handed in by {}",
    "network": "came from the network {}",
    "return-site": "return to {} when they cannot be delivered",
    "signer": "are signed by {}",
    "id-host": "have message ids of {}",
    "time": "came within days of each other",
    "reader": "went to the same reader",
    "analyst": "were joined by an analyst",
}
_WIDER = {"beacon-site": "beacon-host", "domain": "address"}  # say less than these do
LABELS = {  # for narrow places
    "text": "one text",
    "near-text": "near copies of a text",
    "structure": "one HTML template",
    "near-structure": "HTML nearly alike",
    "analyst": "joined by an analyst",
}
GROUP_TITLE = {
    "call": "whom they call",
    "words": "what they say",
    "form": "how they are made",
    "sender": "who they say they are from",
    "road": "how they came",
}
NO_AUTHOR = "no author is stated"
_WHOLE = 9_000  # characters: a sentence on a claim is bounded where it is made, and its denial comes last
INCIDENTS_NOTE = (
    "Incidents stand here because they fell into the same time. That is all it says: no author is stated, and nothing "
    "ties them to these mails."
)
KIND_TITLE = {
    "incident": "Incident",
    "event": "In the calendar",
    "intelligence": "Counted by its source from",
    "known": "Known here from",
    "claim": "Claimed",
}


def value_text(kind: str, value: str, limit: int = 120) -> str:
    """A shared value as people are shown it: defanged and cut."""
    if kind in _HOSTS:
        return defang_host(short(value, limit))
    if kind == "network":
        return short(value, limit)
    if kind == "grammar":
        technique, _, shape = value.partition(" ")
        return f"{short(shape, limit)} ({short(technique, 30)})"
    return short(value, limit)


def shared_text(kind: str, value: str) -> str:
    """What mails share, as a predicate: "call the host a[.]example"."""
    text = _SHARED.get(kind, kind)
    if kind == "text":
        return text.replace("{}", f"“{short(value, 80)}”") if value else "have the same text"
    return text.replace("{}", value_text(kind, value))


def how_many(number: int, of: int) -> str:
    """Some of a campaign's mails: "both mails", "all 12 mails", "3 of 12 mails"."""
    if number == of:
        return "both mails" if of == 2 else f"all {of:,} mails"
    return f"{number:,} of {of:,} mails"


def reason_sentence(one: Shared, of: int) -> str:
    """One thing that ties, with how many show it and who else does."""
    text = f"{how_many(one.mails, of)} {shared_text(one.kind, one.value)}"
    if one.others == 0 and one.kind not in ("near-text", "near-structure", "analyst"):
        return f"{text}, as no other kept mail does"
    if one.others > 0:
        return (
            f"{text}, as {'does' if one.others == 1 else 'do'} {words.count(one.others, 'other kept mail')}"
        )
    return text


def mails_of(campaign: Campaign) -> int:
    """How many different mails there are; one that lies in several mailboxes counts once."""
    return len({member.sha256 for member in campaign.members})


def copies_sentence(campaign: Campaign) -> str:
    """That mails lie in several mailboxes, "" where none does."""
    copies = len(campaign.members) - mails_of(campaign)
    if not copies:
        return ""
    return f"{words.count(mails_of(campaign), 'mail')}, some in several mailboxes: {len(campaign.members):,} in all"


def weakest_sentence(weakest: Weakest, campaign: Campaign) -> str:
    """The join that would break first, and what it rests on."""
    total = mails_of(campaign)
    kinds = {kind for kind, _ in weakest.reasons}
    reasons = [(kind, value) for kind, value in weakest.reasons if _WIDER.get(kind) not in kinds]
    said = [shared_text(kind, value) for kind, value in reasons[:4]]
    if len(reasons) > 4:
        said.append(f"and {words.count(len(reasons) - 4, 'thing')} more")
    because = "; ".join(said)
    if weakest.analyst:
        because = "by an analyst’s word alone"
        if total == 2:
            return f"The two mails hang together {because}."
        return f"{_parts(len(weakest.apart), total)} {because}."
    if total == 2:
        return f"The two mails hang together by one tie; both {because}."
    ties = "a single tie" if weakest.ties == 1 else f"{weakest.ties} ties; of the strongest"
    link = ": both mails " if weakest.ties == 1 else ", both mails "
    return (
        f"{_parts(len(weakest.apart), total)} by {ties}{link}{because}. Without it the campaign falls in two."
    )


def _parts(apart: int, total: int) -> str:
    if apart == 1:
        return f"1 mail hangs on the other {total - 1:,}"
    return f"{apart:,} mails hang on the other {total - apart:,}"


def band(campaign: Campaign) -> str:
    """The likelihood of the likeliest member, in the words of ICD-203."""
    return words.band_of(min(max(campaign.likelihood, 0.0), 1.0))


def headline(campaign: Campaign) -> str:
    """A campaign in a clause: mails, people, days."""
    people = f" to {words.count(len(campaign.people), 'person', 'people')}" if campaign.people else ""
    return (
        f"{words.count(len(campaign.members), 'mail')}{people}, "
        f"{words.span(campaign.first_seen_s, campaign.last_seen_s)}"
    )


def likelihood_sentence(campaign: Campaign) -> str:
    """How likely the likeliest member is, and how many alarm."""
    what = f"{words.count(campaign.alerts, 'alert')} among them" if campaign.alerts else "no alert among them"
    return f"the likeliest of them: {band(campaign)} ({words.percent(campaign.likelihood)}); {what}"


def renamed(view: View) -> str:
    """Where an id that was asked for went, "" where it is this one."""
    if not view.asked:
        return ""
    return f"{short(view.asked, 40)} is part of {view.campaign.id} now."


def person(view: View, address: str) -> str:
    """A reader by name and address."""
    name = view.names.get(address, "")
    return f"{shown(name, 80)} ({shown(address, 120)})" if name and name != address else shown(address, 120)


def reader(view: View, address: str) -> str:
    """A reader in one or two words."""
    return short(view.names.get(address) or address or "reader not known", 60)


def decision_sentence(one: Decision, undone: bool = False) -> str:
    """Who decided what, when and why."""
    what = {
        "merge": f"joined {words.count(len(one.mails), 'mail')}",
        "split": f"parted {words.count(len(one.mails), 'mail')} from {len(one.others):,} others",
        "undo": f"undid {one.undoes}",
    }[one.action]
    because = f": {shown(one.because, 200)}" if one.because else ""
    end = " (undone)" if undone else ""
    return f"{words.moment(one.at_s)}, {short(one.who, 60)} {what}{because}{end}"


def happening_sentence(one: Happening, limit: int = 160) -> str:
    """What else happened, in a clause."""
    title = short(one.title, limit)
    match one.kind:
        case "incident":
            place = f", {short(one.place, 60)}" if one.place else ""
            who = "; ".join(shown(each, _WHOLE) for each in one.claimed) or NO_AUTHOR
            return f"{title}{place}; {who} (source: {short(one.source, 80)})"
        case "claim":
            said = f"{shown(one.title, _WHOLE)} (source: {short(one.source, 120)})"
            return "; ".join((said, *(shown(each, _WHOLE) for each in one.claimed)))
        case "event":
            return f"{title}, {short(one.source, 60)}"
        case "intelligence":
            return f"{short(one.source, 80) or 'a source'} counts {title} from here on"
    return f"a hunt here met {title}" + (f" of {short(one.source, 80)}" if one.source else "")


def incident_line(one: Incident) -> str:
    """An incident with its dates, place and source."""
    reported = f", reported {one.reported}" if one.reported else ""
    marked = f"; TLP:{one.tlp}" if one.tlp else ""
    return f"observed {one.observed}{reported}; {short(one.place, 100)}; source: {short(one.source, 200)}{marked}"
