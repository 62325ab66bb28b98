"""What intelligence says of one mail, as judging needs it; and an earlier verdict with what was learnt since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.judge.likelihood import band, logistic, logit
from tocsin.mail.url import defang, defang_host
from tocsin.model.intel import MATCHES, Hit, Indicator, IntelSource
from tocsin.model.verdict import Reason, Verdict
from tocsin.model.weights import Weights

DETECTOR = "known-indicator"
_LEVELS = {
    "url": "strong",
    "token": "strong",
    "host": "strong",
    "address": "strong",
    "hash": "strong",
    "pattern": "strong",
    "ip": "domain",
    "cidr": "domain",
    "domain": "domain",
}
_ORDER = ("strong", "domain", "weak", "doubtful")
_DOUBTED = 30  # confidence 0..100 below which a source itself is not sure
_WHAT = {
    "url": "the address {}",
    "token": "the token {}",
    "host": "the host {}",
    "address": "the mail address {}",
    "hash": "the file or mail with the hash {}",
    "template": "the text or structure with the hash {}",
    "ip": "the address {}",
    "cidr": "{}, which lies in a network",
    "domain": "{}, which lies below a domain",
    "subject": "the subject “{}”",
    "mailer": "the mail program “{}”",
    "pattern": "{} and what must come with it",
}


class Pointer(msgspec.Struct, frozen=True, gc=False):
    """A piece of intelligence that alarms on this mail: how it met (of MATCHES), its level, a sentence, the place."""

    match: str
    level: str
    text: str
    where: str


def pointer(hit: Hit, indicator: Indicator, source: IntelSource | None) -> Pointer:
    """What a hit tells the judge and the reader: what was met, who lists it, how they are graded, since when."""
    level = _LEVELS.get(hit.match, "weak")
    grade = indicator.grade or (source.grade if source is not None else "")
    confidence = indicator.confidence
    if grade[:1] in ("D", "E") or (confidence is not None and confidence < _DOUBTED):
        level = "doubtful"
    return Pointer(hit.match, level, _sentence(hit, indicator, source, grade), hit.seen.where)


def strongest(pointers: Sequence[Pointer]) -> Pointer:
    """The one that tells most."""
    return min(pointers, key=lambda one: (_ORDER.index(one.level), MATCHES.index(one.match), one.text))


def with_pointers(
    verdict: Verdict, pointers: Sequence[Pointer], weights: Weights, threshold: float
) -> Verdict:
    """An earlier verdict with intelligence that came later; it alarms, whatever its class.

    The strongest pointer is weighed once, within the cap of its group together with what was weighed before; the
    class changes only where the likelihood then reaches it.
    """
    if not pointers:
        return verdict
    best = strongest(pointers)
    entry = weights.detectors[DETECTOR]
    said = [reason for reason in verdict.for_ if reason.detector == DETECTOR]
    room = weights.caps.get(entry.group, 0.0) - sum(reason.weight for reason in said)
    share = round(max(0.0, min(entry.reconnaissance.get(best.level, 0.0), room)), 2)
    nats = verdict.log_odds + share
    reconnaissance = round(logistic(nats), 6)
    share_phishing = 0.0 if said else entry.phishing.get(best.level, 0.0)
    phishing = round(logistic(logit(min(max(verdict.phishing, 1e-6), 1 - 1e-6)) + share_phishing), 6)
    class_ = verdict.class_
    if max(reconnaissance, phishing) >= min(0.5, threshold):
        class_ = "reconnaissance" if reconnaissance >= phishing else "phishing"
    known = {reason.text for reason in said}
    new = [
        Reason(DETECTOR, one.text, share if one is best else 0.0, one.where)
        for one in sorted(pointers, key=lambda one: one is not best)
        if one.text not in known
    ][:5]
    reasons = sorted((*verdict.for_, *new), key=lambda reason: -reason.weight)
    return msgspec.structs.replace(
        verdict,
        class_=class_,
        likelihood=reconnaissance,
        band=band(reconnaissance),
        alert=True,
        for_=tuple(reasons),
        phishing=phishing,
        log_odds=round(nats, 2),
        indicator=True,
    )


def _sentence(hit: Hit, indicator: Indicator, source: IntelSource | None, grade: str) -> str:
    value = hit.seen.value[:200]
    shown = defang_host(value) if hit.seen.kind in ("host", "ip", "under") else defang(value)
    what = _WHAT[hit.match].format(shown or "what it does not show")
    who = f"“{source.name}”" if source is not None else "a source that is no longer kept"
    about = f" for {', '.join(indicator.names[:3])}" if indicator.names else ""
    graded = f" (graded {grade})" if grade else ""
    since = _day(indicator.valid_from_s or indicator.created_s or (source.added_s if source else None))
    return f"It shows {what}: {who}{graded} lists it{about}{f' since {since}' if since else ''}."


def _day(time_s: float | None) -> str:
    if time_s is None:
        return ""
    try:
        return datetime.fromtimestamp(time_s, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
