"""One campaign as a page that stands alone: no script, nothing loaded, no way to a host that a mail names."""

from __future__ import annotations

import re

from tocsin.model.campaign_view import Happening, MailLine, View
from tocsin.render import campaign_words as say
from tocsin.render import words
from tocsin.render.campaign_timeline import draw_time
from tocsin.render.links_picture import draw_links
from tocsin.render.page import PAGE_START
from tocsin.render.shown import escaped, isolated, short
from tocsin.render.style import POLICY, STYLE

_PEOPLE = 8  # in sight; the rest unfolds
_STYLE = """
svg.links{display:block;width:100%;height:auto;min-width:38rem;
font:12.5px/1 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.links .name{font-size:12.5px}
.links .axis{font-size:11.5px}
.links .head{fill:var(--ink);font-weight:650;font-size:12.5px}
.links .tie{fill:none;stroke:var(--known);stroke-opacity:.5}
.links .dot{fill:var(--soft)}
.links circle.alarm,.links rect.alarm{fill:var(--accent)}
.links circle.calm{fill:var(--known)}
.links .count{font-size:11.5px;font-weight:650;fill:var(--ink);font-variant-numeric:tabular-nums}
.links .count.alarm,.links .count.calm{fill:var(--card)}
.links .mark-shape{fill:var(--card);stroke:var(--ink);stroke-width:1.3}
.happened{list-style:none;margin-top:.75rem}
.happened li{display:grid;grid-template-columns:2.6rem 8.5rem minmax(0,1fr);gap:.2rem .6rem;padding:.35rem 0;
border-top:1px solid var(--line);font-size:.9rem}
.happened .when{white-space:normal}
.happened .number{color:var(--soft);text-align:right}
@media (max-width:34rem){.happened li{grid-template-columns:2rem minmax(0,1fr)}.happened .what{grid-column:2}}
@media print{svg.links{min-width:0}.links .tie{stroke-opacity:.75}}
"""


def render_campaign_page(view: View, undone: frozenset[str]) -> str:
    """The whole page as HTML 5; all text from mail and from people is defanged, escaped and isolated."""
    one = view.campaign
    title = f"{'EXERCISE: ' if view.exercise else 'Tocsin: '}campaign {one.id}, {say.headline(one)}"
    body = (
        _top(view),
        '<main id="main">\n',
        _facts(view),
        _picture(view),
        _time(view),
        _why(view),
        _mails(view),
    )
    end = (_decisions(view, undone), _unknown(view), "</main>\n", _footer())
    return (
        PAGE_START + f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex, nofollow, noarchive">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}{_STYLE}</style>\n</head>\n"
        f"<body>\n{''.join((*body, *end))}</body>\n</html>\n"
    )


def _top(view: View) -> str:
    banner = f'<p class="exercise">{escaped(words.EXERCISE)}</p>\n' if view.exercise else ""
    return (
        f'<a class="skip" href="#main">Skip to the campaign</a>\n<header>{banner}<p class="brand">'
        f"<strong>Tocsin</strong> · campaign {escaped(view.campaign.id)}</p></header>\n"
    )


def _facts(view: View) -> str:
    one = view.campaign
    asked = f'<p class="lead">{escaped(say.renamed(view))}</p>' if view.asked else ""
    rows = [("People", _people(view))]
    for label, values in (
        ("Organisations", view.organisations),
        ("Sectors", one.sectors),
        ("Countries", one.countries),
        ("Also called", one.aliases),
    ):
        if values:
            rows.append((label, escaped(", ".join(short(value, 80) for value in values))))
    copies = say.copies_sentence(one)
    if copies:
        rows.append(("Mails", escaped(copies)))
    if one.known_s is not None:
        rows.append(("Known here", f"since {escaped(words.day(one.known_s))}"))
    pairs = "".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in rows)
    title = escaped(_unbroken(say.headline(one)))
    likely = say.likelihood_sentence(one)
    return (
        f'<div class="{"alarm" if one.alerts else "quiet"}"><h1>{title}</h1>{asked}'
        f'<p class="lead">{escaped(likely[:1].upper() + likely[1:])}.</p></div>\n'
        f'<section aria-labelledby="who"><h2 id="who">To whom</h2><dl class="pairs">{pairs}</dl></section>\n'
    )


def _unbroken(text: str) -> str:
    """With days that no line end parts."""
    return re.sub(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})", "\\1\u00a0\\2\u00a0\\3", text)


def _people(view: View) -> str:
    people = [f"<bdi>{escaped(say.person(view, address))}</bdi>" for address in view.campaign.people]
    if not people:
        return "not known"
    first, rest = "; ".join(people[:_PEOPLE]), "; ".join(people[_PEOPLE:])
    if not rest:
        return first
    more = words.count(len(people) - _PEOPLE, "more person", "more people")
    return f"{first}<details><summary>{more}</summary><p>{rest}</p></details>"


def _picture(view: View) -> str:
    picture = draw_links(view)
    if not picture:
        return ""
    left = (
        f" Of {len(view.campaign.members):,} mails the first {len(view.mails):,} are drawn."
        if view.unlisted
        else ""
    )
    return (
        '<section aria-labelledby="ties"><h2 id="ties">What ties them</h2><figure><figcaption>Each circle is a number '
        "of mails that share the same things; filled in the colour of alerts where one of them alarms. The thicker a "
        f'line, the more mails.{left}</figcaption><div class="scroll" role="region" '
        f'aria-label="What ties the mails" tabindex="0">{picture}</div></figure></section>\n'
    )


def _time(view: View) -> str:
    picture = draw_time(view)
    if not picture:
        return ""
    items = "".join(_happened(str(number), one) for number, one in enumerate(view.happenings, 1))
    items += "".join(_happened("later", one) for one in view.later)
    listed = f'<ol class="happened">{items}</ol>' if items else ""
    note = ""
    if any(one.kind == "incident" for one in view.happenings):
        note = f'<p class="small">{escaped(say.INCIDENTS_NOTE)}</p>'
    return (
        '<section aria-labelledby="time"><h2 id="time">When</h2><figure><figcaption>Mails by the time they came, '
        'and what else fell into that time</figcaption><div class="scroll" role="region" aria-label="When" '
        f'tabindex="0">{picture}</div></figure>{listed}{note}</section>\n'
    )


def _happened(number: str, one: Happening) -> str:
    return (
        f'<li><span class="number">{number}</span><span class="when">'
        f'{escaped(words.span(one.first_s, one.last_s))}</span><span class="what"><bdi>'
        f"{escaped(say.KIND_TITLE[one.kind])}: {escaped(say.happening_sentence(one))}</bdi></span></li>"
    )


def _why(view: View) -> str:
    total = say.mails_of(view.campaign)
    items = []
    for group, title in say.GROUP_TITLE.items():
        found = [one for one in view.shared if one.group == group]
        if found:
            inner = "".join(
                f"<li><bdi>{escaped(say.reason_sentence(one, total))}</bdi></li>" for one in found
            )
            items.append(f'<h4>{escaped(title.capitalize())}</h4><ul class="dots">{inner}</ul>')
    if not items:
        items = ["<p>The very same mail lies in several mailboxes.</p>"]
    weakest = ""
    if view.weakest is not None:
        weakest = (
            "<h4>Where they hang together most weakly</h4>"
            f"<p><bdi>{escaped(say.weakest_sentence(view.weakest, view.campaign))}</bdi></p>"
        )
    inner = "".join(f"<div>{item}</div>" for item in items)
    return (
        '<section aria-labelledby="why"><h2 id="why">Why these mails hang together</h2>'
        f'<div class="columns">{inner}</div><div class="columns"><div>{weakest}</div></div></section>\n'
    )


def _mails(view: View) -> str:
    rows = "".join(map(_mail, view.mails))
    left = f"<p>and {words.count(view.unlisted, 'more mail')}.</p>" if view.unlisted else ""
    return (
        '<section aria-labelledby="mails"><h2 id="mails">The mails</h2><div class="scroll" role="region" '
        'aria-label="The mails" tabindex="0"><table><caption>In the order they came</caption><thead><tr>'
        '<th scope="col">Came</th><th scope="col">Subject and sender</th><th scope="col">To</th>'
        f'<th scope="col">Looks like</th></tr></thead><tbody>{rows}</tbody></table></div>{left}</section>\n'
    )


def _mail(mail: MailLine) -> str:
    name = f"“{isolated(mail.sender_name, 80)}” " if mail.sender_name else ""
    verdict = words.CLASS_TITLE.get(mail.class_, "Not judged")
    alert = "<strong>alert</strong>, " if mail.alert else ""
    subject = (
        isolated(mail.subject, 160) if mail.subject.strip() else '<span class="soft">(no subject)</span>'
    )
    return (
        f'<tr><td class="when">{escaped(words.day(mail.time_s))}</td><td>{subject}<br><span class="small soft">{name}'
        f"{isolated(mail.sender, 120)} · <code>{mail.sha256[:12]}</code></span></td>"
        f"<td>{isolated(mail.owner, 120)}</td><td>{alert}{escaped(verdict.lower())}, "
        f"{escaped(words.percent(mail.probability))}</td></tr>"
    )


def _decisions(view: View, undone: frozenset[str]) -> str:
    if not view.decisions:
        return ""
    items = "".join(
        f"<li><code>{escaped(one.id)}</code> <bdi>{escaped(say.decision_sentence(one, one.id in undone))}</bdi></li>"
        for one in view.decisions
    )
    title = '<h2 id="said">What analysts said</h2>'
    return f'<section aria-labelledby="said">{title}<ul class="plain">{items}</ul></section>\n'


def _unknown(view: View) -> str:
    items = "".join(f"<li>{escaped(line)}</li>" for line in view.unknown)
    title = '<h2 id="unknown">What is not known</h2>'
    return f'<section aria-labelledby="unknown">{title}<ul class="plain">{items}</ul></section>\n'


def _footer() -> str:
    text = (
        "Mails are taken for one hand’s where they share more than strangers would; that can be wrong. An analyst can "
        "join and part them: tocsin campaigns merge, tocsin campaigns split."
    )
    return f"<footer><h2>How to read this</h2><p>{escaped(text)}</p><p>{escaped(words.NO_CONTACT)}</p></footer>\n"
