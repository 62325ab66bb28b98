"""One alert as an HTML article: what it does, what it could have shown, why we think so, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.mail.url import defang_host
from tocsin.model.message import Defect
from tocsin.model.observation import Beacon, Observed
from tocsin.model.scan import Judged
from tocsin.model.verdict import Reason, Verdict
from tocsin.render import words
from tocsin.render.shown import escaped, isolated, place, shown

# Past these, a mail made to drown its reader would drown the page; the rest is counted, and in --json.
_FIRST_BEACONS = 3
_BEACONS = 40
_LINKS = 40
_REASONS = 40
_URL_CHARACTERS = 1000


def draw_article(number: int, judged: Judged, *, unfolded: bool) -> str:
    """The article with the id `alert-NUMBER`; `unfolded` opens its long parts."""
    mail, verdict = judged.observed, judged.verdict
    title = f"alert-{number}-title"
    opening = " open" if unfolded else ""
    meaning = escaped(words.meaning(verdict))
    return "".join(
        (
            f'<article id="alert-{number}" aria-labelledby="{title}">\n<header>',
            f'<p class="eyebrow">Alert {number}</p>',
            f'<h3 id="{title}">{subject(mail)}</h3>',
            f'<p class="likely">{likelihood(verdict)}: {meaning}.</p></header>\n',
            _pairs(_head(judged)),
            _effects(mail.beacons),
            _reasons(verdict, opening),
            _evidence(judged, opening),
            _advice(verdict),
            "</article>\n",
        )
    )


def subject(mail: Observed) -> str:
    """The subject as HTML."""
    return isolated(mail.subject) if mail.subject.strip() else "(no subject)"


def sender(mail: Observed) -> str:
    """Display name and address as HTML."""
    address = isolated(mail.sender.address) if mail.sender.address else "no address"
    return f"{isolated(mail.sender.name, 120)}, {address}" if mail.sender.name else address


def likelihood(verdict: Verdict) -> str:
    """The likelihood in words with the number, as HTML."""
    text = words.likelihood(verdict)
    percent = words.percent(words.probability(verdict))
    return f"<strong>{escaped(text[:1].upper() + text[1:])}</strong> ({percent})"


def _head(judged: Judged) -> Iterable[tuple[str, str]]:
    mail = judged.observed
    yield "When", escaped(words.when(mail))
    yield "From", sender(mail)
    if mail.sender.reply_to and mail.sender.reply_to != mail.sender.address:
        yield "Reply to", isolated(mail.sender.reply_to)
    yield "To", isolated(judged.owner) if judged.owner else _several(mail.to) or "not known"


def _several(values: Sequence[str], limit: int = 3) -> str:
    listed = ", ".join(isolated(value) for value in values[:limit])
    return listed + (f" and {len(values) - limit:,} more" if len(values) > limit else "")


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f"<dt>{escaped(name)}</dt><dd>{value}</dd>" for name, value in rows if value)
    return f'<dl class="pairs">{inner}</dl>\n'


def _effects(beacons: Sequence[Beacon]) -> str:
    """What the mail does without a click, and what that could have shown its sender."""
    unasked = words.unasked(beacons)
    if not unasked:
        return (
            "<div><h4>What it does</h4><p>We found nothing in it that phones home without a click. "
            "It waits for the reader to act.</p></div>\n"
        )
    parts = [
        '<div><h4>What it does</h4><ul class="beacons">',
        *map(_beacon, unasked[:_FIRST_BEACONS]),
        "</ul>",
    ]
    if len(unasked) > _FIRST_BEACONS:
        more = words.count(len(unasked) - _FIRST_BEACONS, "more such place")
        parts.append(f'<p class="small soft">And {more}, under “Evidence” below.</p>')
    parts.append("</div>\n")
    leaks = words.leak_list(unasked)
    if leaks:
        items = "".join(f"<li>{escaped(leak)}</li>" for leak in leaks)
        parts.append(
            f'<div><h4>What it could have shown the sender</h4><ul class="dots">{items}</ul></div>\n'
        )
    return "".join(parts)


def _beacon(beacon: Beacon) -> str:
    sentence = f"{words.TRIGGER[beacon.trigger]}, it {words.action(beacon)}"
    notes = [f"technique {beacon.technique}"]
    if beacon.label:
        notes.append(beacon.label)
    if beacon.part:
        notes.append(f"in {words.where(beacon.part)}")
    if beacon.offset >= 0:
        notes.append(f"at character {beacon.offset:,}")
    if beacon.vendor:
        notes.append(f"known service {beacon.vendor}")
    if beacon.fires_in:
        notes.append(f"only in {words.clients(beacon)}")
    elif beacon.conditional:
        notes.append("in some cases only")
    clause = words.personal(beacon)
    personal = f"<p>{escaped(clause[:1].upper() + shown(clause)[1:])}.</p>" if clause else ""
    return (
        f"<li><p>{escaped(sentence[:1].upper() + sentence[1:])}:</p>{_url(beacon)}{personal}"
        f"<small>{isolated('; '.join(notes), 400)}</small></li>"
    )


def _url(beacon: Beacon) -> str:
    return f'<code class="url">{isolated(beacon.url, _URL_CHARACTERS)}</code>'


def _reasons(verdict: Verdict, opening: str) -> str:
    counted = f"{words.count(len(verdict.for_), 'reason')} for, {len(verdict.against):,} against"
    if verdict.not_evaluated:
        counted += f", {len(verdict.not_evaluated):,} not checked"
    parts = [
        (
            f'<details{opening}><summary>Why we think so <span class="soft">({counted})</span></summary>'
            f'<div class="columns"><div><h4>For</h4>{_weighed(verdict.for_)}</div>'
            f"<div><h4>Against</h4>{_weighed(verdict.against)}</div></div>"
        )
    ]
    if verdict.not_evaluated:
        items = "".join(f"<li>{isolated(text)}</li>" for text in verdict.not_evaluated[:_REASONS])
        parts.append(f'<div><h4>What we could not check</h4><ul class="dots">{items}</ul></div>')
    return "".join((*parts, "</details>\n"))


def _weighed(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return '<p class="soft">Nothing.</p>'
    items = [
        f'<li><span class="weight">{words.weight(reason.weight)}</span><span>{isolated(reason.text)}'
        f"<small>{isolated(f'{reason.detector}, {words.where(reason.where)}', 200)}</small></span></li>"
        for reason in reasons[:_REASONS]
    ]
    if len(reasons) > _REASONS:
        items.append(f"<li><span></span><span>and {len(reasons) - _REASONS:,} more</span></li>")
    return f'<ul class="reasons">{"".join(items)}</ul>'


def _evidence(judged: Judged, opening: str) -> str:
    mail = judged.observed
    unasked = words.unasked(mail.beacons)[_FIRST_BEACONS:]
    links = [beacon for beacon in mail.beacons if beacon.trigger == "click"]
    parts = [f'<details{opening}><summary>Evidence <span class="soft">(place, links, text)</span></summary>']
    parts.append(_pairs(_places(judged)))
    if unasked:
        parts.append("<div><h4>More places that phone home</h4>")
        parts.append(f'<ul class="beacons">{"".join(map(_beacon, unasked[:_BEACONS]))}</ul>')
        parts.append(_rest(len(unasked) - _BEACONS, "place") + "</div>")
    if links:
        parts.append(f"<div><h4>What it offers to open ({len(links):,})</h4>")
        parts.append("".join(map(_link, links[:_LINKS])) + _rest(len(links) - _LINKS, "link") + "</div>")
    if mail.defects:
        items = "".join(
            f'<li>{isolated(defect.text)} <span class="soft">({isolated(_defect_place(defect))})</span></li>'
            for defect in mail.defects[:_REASONS]
        )
        rest = _rest(len(mail.defects) - _REASONS, "defect")
        parts.append(f'<div><h4>Defects in the mail</h4><ul class="dots">{items}</ul>{rest}</div>')
    if mail.content.excerpt:
        parts.append(
            f"<div><h4>How it begins</h4><blockquote>{isolated(mail.content.excerpt)}</blockquote></div>"
        )
    return "".join((*parts, "</details>\n"))


def _defect_place(defect: Defect) -> str:
    return f"{defect.code}, {words.where(defect.where)}"


def _link(beacon: Beacon) -> str:
    label = f"{isolated(beacon.label, 120)}, leads to " if beacon.label else ""
    clause = words.personal(beacon)
    note = f" <small>{isolated(clause)}</small>" if clause else ""
    return f'<p class="small">{label}{defanged_host(beacon)}{note}</p>{_url(beacon)}'


def defanged_host(beacon: Beacon) -> str:
    """The host of a beacon as HTML, or what stands in for it."""
    return isolated(defang_host(beacon.host), 253) if beacon.host else "an address without a host"


def _places(judged: Judged) -> Iterable[tuple[str, str]]:
    mail = judged.observed
    yield "Place", "<br>".join(f"<bdi>{escaped(place(source))}</bdi>" for source in judged.occurrences[:5])
    if len(judged.occurrences) > 5:
        yield "", f"and {words.count(len(judged.occurrences) - 5, 'more place')}"
    yield "SHA-256", f"<code>{escaped(mail.sha256)}</code>"
    yield "Message-ID", isolated(mail.message_id)
    yield "Sent through", isolated(" ← ".join(mail.sender.relays[:6]))
    yield "Program", isolated(mail.sender.mailer, 120)
    yield "Return path", isolated(mail.sender.return_path)


def _rest(number: int, noun: str) -> str:
    if number <= 0:
        return ""
    return (
        f'<p class="small soft">and {words.count(number, "more " + noun)}; <code>--json</code> lists all.</p>'
    )


def _advice(verdict: Verdict) -> str:
    extra = f" {words.ADVICE_PHISHING}" if verdict.class_ == "phishing" else ""
    return f'<p class="advice">{escaped(words.ADVICE_LINE + extra)}</p>\n'
