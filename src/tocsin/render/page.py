"""A scan as one page that stands alone: no script, nothing loaded, no way to a host that a mail names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.model.scan import Judged, Mailbox, Month, SiteCount, Summary
from tocsin.render import words
from tocsin.render.article import draw_article, likelihood, sender, subject
from tocsin.render.chart import Timeline, draw_timeline, patterns, timeline
from tocsin.render.destinations import draw_sites, sides, site_name
from tocsin.render.queue import draw_queue
from tocsin.render.shown import escaped, isolated, place
from tocsin.render.style import POLICY, STYLE

FULL_ALERTS = 500
_UNFOLDED = 3
_INDEXED = 20  # alerts of the index that are in sight; the rest unfolds
_LISTED = 60  # mailboxes and errors


# How every page begins: by it an earlier report is told from mail and from other people's files.
PAGE_START = (
    '<!DOCTYPE html>\n<!-- A report of Tocsin -->\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
)


def render_page(summary: Summary, alerts: Sequence[Judged]) -> str:
    """The whole page as HTML 5.

    `alerts` come in the order they are to be read; the first `FULL_ALERTS` are shown in full, the rest
    counted.
    All text from mail is defanged, escaped and isolated in direction.
    """
    shown = alerts[:FULL_ALERTS]
    body = (
        _top(summary),
        '<main id="main">\n',
        _answer(summary),
        draw_queue(summary, {judged.observed.sha256: at for at, judged in reversed([*enumerate(shown, 1)])}),
        _index(shown, summary),
        _read(summary),
        _unread(summary),
        _timeline(summary),
        _sites(summary.sites),
        _alerts(shown, summary),
        "</main>\n",
        _footer(summary),
    )
    title = "EXERCISE: " if summary.exercise else "Tocsin: "
    return (
        PAGE_START + f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex, nofollow, '
        'noarchive">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title + words.headline(summary))}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{''.join(body)}</body>\n</html>\n"
    )


def _top(summary: Summary) -> str:
    target, what = ("#alerts", "the alerts") if summary.alerts else ("#main", "the result")
    banner = f'<p class="exercise">{escaped(words.EXERCISE)}</p>\n' if summary.exercise else ""
    span = escaped(words.span(summary.first_s, summary.last_s))
    return (
        f'<a class="skip" href="{target}">Skip to {what}</a>\n<header>{banner}'
        f'<p class="brand"><strong>Tocsin</strong> · scan of {words.count(summary.mails, "mail")}, '
        f"{span}</p></header>\n"
    )


def _answer(summary: Summary) -> str:
    """The sentence that matters, what stands behind it in numbers, and what to do now."""
    parts = [f'<div class="{"alarm" if summary.alerts else "quiet"}">']
    parts.append(f"<h1>{escaped(words.headline(summary))}</h1>")
    if summary.alerts:
        found = [(name, summary.classes.get(name, 0)) for name in ("reconnaissance", "phishing")]
        clauses = [f"{number:,} {words.LOOKS_LIKE[name]}" for name, number in found if number]
        parts.append(f'<p class="lead">{escaped("; ".join(clauses))}.</p>' if clauses else "")
    else:
        parts.append(f'<p class="lead">{escaped(words.NO_ALERT)} {escaped(words.MISS_RATE)}</p>')
    if summary.interrupted:
        parts.append(f'<p class="lead">{escaped(words.INTERRUPTED)}</p>')
    parts.append('</div>\n<dl class="facts">')
    for name, number in (
        ("different mails read", summary.unique),
        ("would tell someone when opened", summary.beaconing),
        ("need a look", summary.alerts),
        ("could not be checked in full", summary.not_evaluated),
    ):
        parts.append(f"<div><dt>{name}</dt><dd>{number:,}</dd></div>")
    parts.append("</dl>\n")
    if summary.alerts:
        items = "".join(f"<li>{escaped(line)}</li>" for line in words.ADVICE)
        parts.append(
            f'<section class="do" aria-labelledby="do"><h2 id="do">What to do now</h2><ol>{items}</ol>'
        )
        if summary.classes.get("phishing"):
            parts.append(f"<p>{escaped(words.ADVICE_PHISHING)}</p>")
        parts.append("</section>\n")
    return "".join(parts)


def _index(shown: Sequence[Judged], summary: Summary) -> str:
    if not shown:
        return ""
    rows = [_index_row(number, judged) for number, judged in enumerate(shown, 1)]
    more = ""
    if len(rows) > _INDEXED:
        more = (
            f"<details><summary>{words.count(len(rows) - _INDEXED, 'more alert')}</summary>"
            f'<ol class="index" start="{_INDEXED + 1}">{"".join(rows[_INDEXED:])}</ol></details>'
        )
    return (
        '<section aria-labelledby="index"><h2 id="index">The mails that need a look</h2>'
        f'<nav aria-labelledby="index"><ol class="index">{"".join(rows[:_INDEXED])}</ol>{more}</nav>'
        f"{_over_the_cap(len(shown), summary)}</section>\n"
    )


def _index_row(number: int, judged: Judged) -> str:
    mail = judged.observed
    return (
        f'<li><a href="#alert-{number}"><span class="number">{number}.</span> <span class="subject">'
        f"{subject(mail)}</span> "
        f'<span class="likelihood">{likelihood(judged.verdict)}</span> '
        f'<span class="from">{escaped(words.when(mail))}, from {sender(mail)}</span></a></li>'
    )


def _over_the_cap(shown: int, summary: Summary) -> str:
    left = summary.alerts - shown
    if left <= 0:
        return ""
    verb = "is" if left == 1 else "are"
    text = f"{words.count(left, 'more alert')} {verb} not on this page; <code>--json</code> lists all."
    return f"<p><strong>{text}</strong></p>"


def _read(summary: Summary) -> str:
    duplicates = summary.mails - summary.unique
    text = f"{words.count(summary.mails, 'mail')}, {words.span(summary.first_s, summary.last_s)}."
    if duplicates > 0:
        copies = "is a copy" if duplicates == 1 else "are copies"
        text += f" {duplicates:,} of them {copies} of another and not judged twice."
    rows = "".join(map(_mailbox_row, summary.mailboxes[:_LISTED]))
    classes = "".join(
        f"<tr><th scope='row'>{escaped(words.CLASS_TITLE[name])}</th><td>"
        f"{escaped(words.CLASS_MEANING[name])}</td>"
        f'<td class="n">{number:,}</td></tr>'
        for name, number in summary.classes.items()
    )
    return (
        f'<section aria-labelledby="read"><h2 id="read">What we read</h2><p>{escaped(text)}</p>'
        '<div class="scroll" role="region" aria-label="Mailboxes" tabindex="0"><table><caption>Mailboxes, '
        "whose they are "
        'and how we know</caption><thead><tr><th scope="col">Mailbox</th><th scope="col">Owner</th>'
        '<th scope="col">Dates</th><th scope="col" class="n">Mails</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_rest(len(summary.mailboxes), 'mailbox', 'mailboxes')}"
        '<table><caption>What the mails look like</caption><thead><tr><th scope="col">Kind</th>'
        '<th scope="col">Meaning</th><th scope="col" class="n">Mails</th></tr></thead>'
        f"<tbody>{classes}</tbody></table></section>\n"
    )


def _mailbox_row(mailbox: Mailbox) -> str:
    known = escaped(words.OWNER_KNOWN_BY[mailbox.owner_known_by])
    owner = f'{isolated(mailbox.owner)}, <span class="soft">{known}</span>' if mailbox.owner else "not known"
    return (
        f'<tr><th scope="row"><bdi>{escaped(place(mailbox.name))}</bdi></th><td>{owner}</td>'
        f'<td>{escaped(words.span(mailbox.first_s, mailbox.last_s))}</td><td class="n">'
        f"{mailbox.mails:,}</td></tr>"
    )


def _rest(number: int, one: str, many: str = "") -> str:
    left = number - _LISTED
    return (
        f"<p>and {words.count(left, 'more ' + one, 'more ' + (many or one + 's'))}.</p>" if left > 0 else ""
    )


def _unread(summary: Summary) -> str:
    """What could not be read or checked; said also when there is nothing to say."""
    items = [
        f"<li><bdi>{escaped(place(error.source))}</bdi>: {isolated(error.text)}"
        + (f' <span class="soft">(at byte {error.offset:,})</span>' if error.offset is not None else "")
        + "</li>"
        for error in summary.errors[:_LISTED]
    ]
    if len(summary.errors) > _LISTED:
        items.append(f"<li>and {words.count(len(summary.errors) - _LISTED, 'more place')}</li>")
    if summary.not_evaluated:
        unsure = words.count(summary.not_evaluated, "mail")
        items.append(
            f"<li>{unsure} could not be checked in full; <code>--json</code> says what and why.</li>"
        )
    if summary.defective:
        items.append(
            f"<li>{words.count(summary.defective, 'mail')} had defects; we read what could be read of "
            "them.</li>"
        )
    listed = f'<ul class="plain">{"".join(items)}</ul>' if items else f"<p>{escaped(words.ALL_READ)}</p>"
    title = '<h2 id="unread">What we could not read or check</h2>'
    return f'<section aria-labelledby="unread">{title}{listed}</section>\n'


def _key(name: str, entries: Iterable[str]) -> str:
    drawn = {
        "stranger": f'<rect fill="url(#{name}-hatch)" class="stranger" x="1" y="1" width="14" height="10"/>',
        "known": '<rect class="known" width="16" height="12"/>',
        "gap": '<line class="gap" x1="0" x2="16" y1="6" y2="6"/>',
    }
    items = []
    for entry in entries:
        if entry == "alert":
            items.append(
                f'<li><span class="drawn" aria-hidden="true">▲</span>{escaped(words.CHART_KEY[entry])}</li>'
            )
            continue
        items.append(
            '<li><svg class="swatch" width="16" height="12" aria-hidden="true"><title>'
            f"{escaped(words.CHART_KEY[entry])}"
            "</title><desc>Pattern used in the chart</desc>"
            f"{patterns(name) if entry == 'stranger' else ''}{drawn[entry]}"
            f"</svg>{escaped(words.CHART_KEY[entry])}</li>"
        )
    return f'<ul class="key">{"".join(items)}</ul>'


def _timeline(summary: Summary) -> str:
    line = timeline(summary.months)
    if not line.bars:
        return ""
    gaps = any(bar.mails is None for bar in line.bars)
    entries = ["stranger", "known", "alert", *(["gap"] if gaps else [])]
    rows = "".join(
        f'<tr><th scope="row">{bar.title}</th>'
        + (
            '<td colspan="4">no mail</td></tr>'
            if bar.mails is None
            else "".join(
                f'<td class="n">{n:,}</td>' for n in (bar.mails, bar.strangers, bar.known, bar.alerts)
            )
            + "</tr>"
        )
        for bar in line.bars
    )
    return (
        '<section aria-labelledby="time"><h2 id="time">When mails that phone home arrived</h2>'
        '<figure class="time"><figcaption>Mails that would tell someone when opened, by '
        f"{escaped(line.unit)} of arrival"
        f"</figcaption>{_key('time-key', entries)}{draw_timeline(line)}</figure>{_not_drawn(summary, line)}"
        '<details class="data"><summary>The same as a table</summary><table>'
        f"<caption>Mails by {escaped(line.unit)}</caption>"
        '<thead><tr><th scope="col">Time</th><th scope="col" class="n">Mails</th>'
        '<th scope="col" class="n">To a stranger</th><th scope="col" class="n">To known services or own '
        "site</th>"
        f'<th scope="col" class="n">Alerts</th></tr></thead><tbody>{rows}</tbody></table></details>'
        "</section>\n"
    )


def _not_drawn(summary: Summary, line: Timeline) -> str:
    """The mails that the timeline leaves out: those without a date, and those dated far from all others."""
    texts = []
    undated = summary.unique - sum(month.mails for month in summary.months)
    if undated > 0:
        texts.append(f"{words.count(undated, 'mail')} without a usable date.")
    if line.far:
        texts.append(
            f"{words.count(sum(m.mails for m in line.far), 'mail')} dated far from the rest "
            f"({_far(line.far)})."
        )
    return f'<p class="small soft">Not drawn: {escaped(" ".join(texts))}</p>' if texts else ""


def _far(months: Sequence[Month]) -> str:
    listed = [
        f"{m.month}: {m.mails:,}" + (f", {words.count(m.alerts, 'alert')}" if m.alerts else "")
        for m in months[:6]
    ]
    return "; ".join(listed) + ("; …" if len(months) > 6 else "")


def _sites(sites: Sequence[SiteCount]) -> str:
    known, others = sides(sites)
    if not known and not others:
        return ""
    nothing = '<p class="soft">None.</p>'
    top = max(site.mails for site in (*known, *others))
    panels = "".join(
        f"<div><h3>{title}</h3>{draw_sites(side, top, name, description) or nothing}</div>"
        for side, name, title, description in (
            (known, "services", "Known services", "Mails that phone home to known mail services"),
            (others, "others", "Everyone else", "Mails that phone home to strangers and senders' own sites"),
        )
    )
    rows = "".join(
        f'<tr><th scope="row"><bdi>{escaped(site_name(site, 255))}</bdi></th>'
        f"<td>{'known service' if site.vendor else 'other'}</td>"
        f'<td class="n">{site.mails:,}</td><td class="n">{site.own:,}</td><td class="n">{site.alerts:,}</td>'
        "</tr>"
        for site in sites
    )
    return (
        '<section aria-labelledby="whom"><h2 id="whom">Whom they would tell</h2><figure><figcaption>The '
        "most frequent "
        f"destinations, in mails</figcaption>{_key('site-key', ('stranger', 'known', 'alert'))}"
        f'<div class="pair">{panels}</div></figure><details class="data"><summary>The same as a table</summary><table>'
        '<caption>Destinations, those with alerts first</caption><thead><tr><th scope="col">Destination</th>'
        '<th scope="col">Kind</th><th scope="col" class="n">Mails</th><th scope="col" class="n">Sent by the '
        "site itself</th>"
        f'<th scope="col" class="n">Alerts</th></tr></thead><tbody>{rows}</tbody></table></details>'
        "</section>\n"
    )


def _alerts(shown: Sequence[Judged], summary: Summary) -> str:
    if not shown:
        return ""
    articles = "".join(
        draw_article(number, judged, unfolded=number <= _UNFOLDED) for number, judged in enumerate(shown, 1)
    )
    return (
        '<section id="alerts" aria-labelledby="alerts-title"><h2 id="alerts-title">The alerts one by one</h2>'
        f"{articles}{_over_the_cap(len(shown), summary)}</section>\n"
    )


def _footer(summary: Summary) -> str:
    bands = "".join(
        f'<tr><th scope="row">{name}</th><td class="n">from {edge * 100:.0f} %</td></tr>'
        for edge, name in words.LIKELIHOOD_BANDS
    )
    paragraphs = "".join(f"<p>{escaped(text)}</p>" for text in words.how_to_read(summary))
    return (
        f"<footer><h2>How to read the numbers</h2>{paragraphs}<table><caption>Words for likelihood</caption>"
        f'<thead><tr><th scope="col">Words</th><th scope="col" class="n">Likelihood</th></tr></thead>'
        f"<tbody>{bands}</tbody></table><p>{escaped(words.NO_CONTACT)}</p></footer>\n"
    )
