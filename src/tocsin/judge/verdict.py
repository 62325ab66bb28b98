"""One mail and its context to a verdict: reasons weighed, classes told apart, nothing hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.judge.context import Context
from tocsin.judge.detectors import ALWAYS_DETECTORS, DETECTORS, INTELLIGENCE, LETTER_DETECTORS
from tocsin.judge.detectors.discussion_list import is_discussion
from tocsin.judge.detectors.interface import Detector, Finding
from tocsin.judge.likelihood import band, capped, logistic, logit
from tocsin.judge.rules.book import NO_RULES, RuleBook, hits
from tocsin.model.observation import Observed
from tocsin.model.verdict import Reason, Verdict
from tocsin.model.weights import DetectorWeight, Weights

CLASS_AT = (
    0.5  # from this likelihood on a mail is called by the class, whatever the operator's threshold for alerts
)
# Below it a past that is not known is no gap worth a word: nothing else about the mail raises the question.
DOUBT_AT = 0.05

_OFFERS = frozenset({"click", "download", "payment", "donation"})
_OFFER_MARKS = frozenset({"helo-no-domain", "helo-raw-ip", "origin-subscriber-line", "verp"})
_BULK_PRECEDENCE = frozenset({"bulk", "junk", "list"})


def judge(
    mail: Observed,
    context: Context,
    weights: Weights,
    threshold: float = CLASS_AT,
    rules: RuleBook = NO_RULES,
) -> Verdict:
    """The verdict on this mail; `threshold` (0..1) and `rules` are the operator's. Never raises for any mail.

    The log odds of reconnaissance are those of the prior plus the weights of the reasons, each group held
    to its cap; so are those of phishing, from a prior of their own. The reasons shown are those that bear
    on the class: phishing's for phishing, reconnaissance's for the rest. A hit of the operator's own rule is
    always shown, with 0 nats where it bears on the other question alone.
    """
    found, failed = find(mail, context)
    own: list[tuple[str, Finding]] = []
    if rules.weights:
        own, broken = hits(rules, mail, context)
        found += own
        failed += broken
    nats, bearing = _weigh(found, weights, rules.weights, phishing=False)
    phishing_nats, bearing_on_phishing = _weigh(found, weights, rules.weights, phishing=True)
    reconnaissance, phishing = round(logistic(nats), 6), round(logistic(phishing_nats), 6)
    class_ = _class(mail, context, reconnaissance, phishing, threshold)
    shown = bearing_on_phishing if class_ == "phishing" else bearing
    shown.sort(key=lambda reason: -abs(reason[2]))
    for_ = [_reason(*bears) for bears in shown if bears[2] > 0]
    against = [_reason(*bears) for bears in shown if bears[2] < 0]
    for name, finding in own:
        if not any(bears[0] == name for bears in shown):
            entry = rules.weights[name]
            speaks_for = max((*entry.reconnaissance.values(), *entry.phishing.values())) > 0
            (for_ if speaks_for else against).append(_reason(name, finding, 0.0))
    alert = (
        bool(context.indicators)
        or (class_ == "reconnaissance" and reconnaissance >= threshold)
        or (class_ == "phishing" and phishing >= threshold)
    )
    return Verdict(
        class_=class_,
        likelihood=reconnaissance,
        prior=weights.prior,
        band=band(reconnaissance),
        alert=alert,
        for_=tuple(for_),
        against=tuple(against),
        not_evaluated=(*_not_evaluated(mail, context, reconnaissance), *failed),
        phishing=phishing,
        rules=weights.version,
        log_odds=round(nats, 2),
        indicator=bool(context.indicators) or any(name in rules.indicators for name, _ in own),
    )


def _applicable(mail: Observed, context: Context) -> tuple[Detector, ...]:
    """The detectors that can have anything to say; plain letters need few, what was not read has none."""
    if mail.unread:
        return INTELLIGENCE if context.indicators else ()
    if context.traits.passive or context.linked:
        return DETECTORS
    content = mail.content
    if content.links or content.attachments or content.asks or mail.beacons:
        return LETTER_DETECTORS
    return ALWAYS_DETECTORS


def find(mail: Observed, context: Context) -> tuple[list[tuple[str, Finding]], list[str]]:
    """What the detectors that can have anything to say found, by id, and a sentence for each that failed."""
    detectors = _applicable(mail, context)
    found: list[tuple[str, Finding]] = []
    failed: list[str] = []
    for detector in detectors:
        try:
            finding = detector.detect(mail, context)
        except Exception as error:  # noqa: BLE001 - the one boundary: a detector that fails is said, never silent
            failed.append(f"The check {detector.id} failed on this mail ({type(error).__name__}).")
            continue
        if finding is not None:
            found.append((detector.id, finding))
    return found, failed


_Bearing = tuple[str, Finding, float]


def _weigh(
    found: Sequence[tuple[str, Finding]],
    weights: Weights,
    own: Mapping[str, DetectorWeight],
    *,
    phishing: bool,
) -> tuple[float, list[_Bearing]]:
    """The log odds of one question in nats, and the findings that bear on it with their share."""
    detectors = weights.detectors
    names: list[tuple[str, Finding]] = []
    grouped: list[tuple[str, float]] = []
    for name, finding in found:
        entry = detectors.get(name) or own.get(name)
        if entry is None:
            continue
        weight = (entry.phishing if phishing else entry.reconnaissance).get(finding.level)
        if weight:
            names.append((name, finding))
            grouped.append((entry.group, weight))
    shares = capped(grouped, weights.caps)
    nats = logit(weights.phishing_prior if phishing else weights.prior) + sum(shares)
    bearing = [(name, finding, share) for (name, finding), share in zip(names, shares, strict=True) if share]
    return nats, bearing


def _reason(name: str, finding: Finding, share: float) -> Reason:
    return Reason(name, finding.text, share, finding.where)


def _class(mail: Observed, context: Context, reconnaissance: float, phishing: float, threshold: float) -> str:
    least = min(CLASS_AT, threshold)
    if max(reconnaissance, phishing) >= least:
        return "reconnaissance" if reconnaissance >= phishing else "phishing"
    if context.own:
        return "no-sign"
    if _is_bulk(mail, context):
        return "bulk"
    if context.traits.tracking:
        return "tracked-personal"
    return "no-sign"


def _is_bulk(mail: Observed, context: Context) -> bool:
    """Whether the mail was made for many: newsletters, offers, receipts and spam."""
    sender, content = mail.sender, mail.content
    if content.automatic in ("bounce", "auto-reply") or (context.same_house and not context.traits.tracking):
        return False
    if is_discussion(mail, context):
        return False
    if context.traits.listed or content.unsubscribe or sender.precedence in _BULK_PRECEDENCE:
        return True
    if content.automatic == "receipt" or context.traits.mass_mailer:
        return True
    if context.answers_owner or context.wrote_to_address:
        return False
    if sender.service is not None and not content.personal_greeting:
        return True
    if _offers(mail, context):
        return True
    if content.pictures >= 3 and content.links >= 3:
        return True
    return any(r.kind in ("sender", "text") and r.people + r.outsiders >= 3 for r in context.reaches)


def _offers(mail: Observed, context: Context) -> bool:
    """Whether a stranger wants something clicked, bought or given, without greeting anybody."""
    content = mail.content
    if not content.links or content.personal_greeting or mail.sender.in_reply_to or context.same_house:
        return False
    if not context.traits.sender_known or context.address.mails >= 3 or context.wrote_to_site:
        return False
    return any(ask in _OFFERS for ask in content.asks) or not _OFFER_MARKS.isdisjoint(context.traits.kinds)


def _not_evaluated(mail: Observed, context: Context, reconnaissance: float) -> tuple[str, ...]:
    said = (*mail.not_evaluated, *context.doubts)
    if mail.headers_missing:
        said = (*said, "The headers are missing: sender and transport were not evaluated.")
    elif mail.content.forwarded_inline:
        said = (*said, "Forwarded as text: the original headers are missing, its sender was not evaluated.")
    doubtful = context.traits.passive and reconnaissance >= DOUBT_AT
    if doubtful and mail.arrival_s is None and not mail.headers_missing:
        known = (
            "Only its own Date, which its sender wrote, says" if mail.date_s is not None else "Nothing says"
        )
        said = (*said, f"{known} when it came: its place among the other mails is not certain.")
    if doubtful and not context.history_known and not context.own:
        said = (
            *said,
            "The mailbox's past is not known: whether there was earlier contact was not evaluated.",
        )
    return said
