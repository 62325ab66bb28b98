"""A case → a report: which sections an audience gets, and which sentences stand in them."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.render.report import pictures
from tocsin.render.report.annex import annex
from tocsin.render.report.claims import claims_section
from tocsin.render.report.say import Data, country, day, in_a_row, line
from tocsin.render.report.values import Case, Line, Report, Section
from tocsin.render.report.who import who_section

_SECTORS = 6


def compose(case: Case, version: str) -> Report:
    """The report, all texts filled in; `version` is the program's."""
    say = case.wording
    pictured = [one for one in (pictures.time_section(case), pictures.links_section(case)) if one is not None]
    front = [_happened(case)]
    if case.summary:
        own = tuple(Line(one, one) for one in case.summary)
        front.append(Section("summary", line(say, "head.summary"), lines=own))
    known = [_reached(case), who_section(case), claims_section(case), *pictured]
    if case.audience == "target":  # what to do comes first
        front += [_next(case), *known, _limits(case)]
    else:
        front += [*known, _limits(case), _next(case)]
    one = case.view.campaign
    made = datetime.fromtimestamp(case.made_s, UTC).date().isoformat()
    return Report(
        audience=case.audience,
        language=say.language,
        campaign=one.id,
        day=made,
        made_s=case.made_s,
        mark=line(say, "exercise") if case.view.exercise else None,
        eyebrow=line(
            say,
            "eyebrow",
            audience=line(say, f"for.{case.audience}"),
            day=day(say, case.made_s),
            campaign=one.id,
        ),
        title=line(say, "title.target")
        if case.audience == "target"
        else line(say, "title.others", len(one.people)),
        front=tuple(front),
        annex=annex(case),
        footer=(line(say, "footer.made"), line(say, "footer.version", version=version)),
        judgement=case.judgement.id if case.judgement is not None else "",
        claims=tuple(one.id for one in case.claims),
    )


def _happened(case: Case) -> Section:
    """Three sentences: what was sent to how many, what it could have shown, and what the mails look like."""
    say, one = case.wording, case.view.campaign
    if case.person:
        lines = [_sent_to_you(case), line(say, "happened.report-back")]
        lines.append(line(say, "happened.you-together" if len(one.people) > 1 else "happened.you-alone"))
    else:
        calling = max(one.alerts - case.quiet, 0)
        looks = [line(say, "happened.alerts", calling)] if calling else []
        if one.alerts > calling:
            looks.append(line(say, "happened.quiet", one.alerts - calling))
        lines = [
            _sent(case),
            *(looks or [line(say, "happened.no-alerts")]),
            line(say, "happened.report-back"),
        ]
    return Section("happened", line(say, "head.happened"), lines=tuple(lines))


def _sent_to_you(case: Case) -> Line:
    say = case.wording
    own = {each.sha256: each.time_s for each in case.view.campaign.members if each.owner == case.person}
    dated = sorted(each for each in own.values() if each is not None)
    if not dated:
        return line(say, "happened.you-undated", mails=line(say, "mails", len(own)))
    first, last = day(say, dated[0]), day(say, dated[-1])
    if first == last:
        return line(say, "happened.you-day", mails=line(say, "mails", len(own)), first=first)
    return line(say, "happened.you", len(own), first=first, last=last)


def _sent(case: Case) -> Line:
    say, one = case.wording, case.view.campaign
    reach = line(say, "people", len(one.people))
    if case.view.organisations:
        organisations = line(say, "organisations", len(case.view.organisations))
        reach = line(say, "reach", people=reach, organisations=organisations)
    number = len({each.sha256 for each in one.members})
    if one.first_seen_s is None:
        return line(say, "happened.undated", number, reach=reach)
    first, last = day(say, one.first_seen_s), day(say, one.last_seen_s)
    return line(
        say,
        "happened.day" if first == last else "happened.period",
        number,
        first=first,
        last=last,
        reach=reach,
    )


def _reached(case: Case) -> Section:
    say, one = case.wording, case.view.campaign
    head = line(say, "head.reached")
    if case.audience == "target" and case.person:
        others = len([each for each in one.people if each != case.person])
        text = line(say, "reached.others", others) if others else line(say, "reached.alone")
        return Section("reached", head, lines=(text,))
    if case.audience == "target":
        return Section("reached", head, lines=(line(say, "reached.several", len(one.people)),))
    counts: dict[str, int] = {}
    for address in one.people:
        sector = case.sectors.get(address, "")
        counts[sector] = counts.get(sector, 0) + 1
    points = [
        line(say, "reached.sector", sector=sector_name(case, name), people=line(say, "people", number))
        for name, number in sorted(counts.items(), key=lambda item: (not item[0], -item[1], item[0]))
    ]
    lines = []
    if one.countries:
        names = in_a_row(say, sorted(country(say, code) for code in one.countries))
        lines.append(line(say, "reached.countries", countries=Data(names, 300)))
    left = len(points) - _SECTORS
    if left > 0:
        points = [*points[:_SECTORS], line(say, "reached.more-sectors", left)]
    return Section("reached", head, lines=tuple(lines), points=tuple(points))


def sector_name(case: Case, sector: str) -> Line | Data:
    """A sector in the report's language, or as people.toml has it."""
    if not sector:
        return line(case.wording, "reached.no-sector")
    key = f"sector.{sector.casefold()}"
    return line(case.wording, key) if key in case.wording.texts else Data(sector, 40)


def _limits(case: Case) -> Section:
    say, one = case.wording, case.view.campaign
    points = [line(say, "limit.why"), line(say, "limit.opened")]
    if case.judgement is None or case.judgement.hypothesis == "unknown":
        points.insert(0, line(say, "limit.who"))
    else:
        points.append(line(say, "limit.copied"))
    if not case.person and case.holders:
        points.append(line(say, "limit.others", case.holders))
    bare = sum(not case.sectors.get(address) for address in one.people)
    if bare and not case.person:
        points.append(line(say, "limit.sectors", bare))
    undated = sum(each.time_s is None for each in one.members)
    if undated:
        points.append(line(say, "limit.undated", undated))
    return Section("limits", line(say, "head.limits"), points=tuple(points))


def _next(case: Case) -> Section:
    say = case.wording
    if case.audience == "target":
        keys = ("next.target.block", "next.target.leave", "next.target.save", "next.target.call")
        return Section("next", line(say, "head.next.target"), points=tuple(line(say, key) for key in keys))
    points = []
    if case.told:
        points.append(
            line(say, "next.told", told=case.told, people=line(say, "people", len(case.view.campaign.people)))
        )
    else:
        points.append(line(say, "next.tell"))
    points += {
        "press": [line(say, "next.press")],
        "peer": [line(say, "next.peer")],
    }.get(case.audience, [line(say, "next.block")])
    points += [line(say, "next.keep"), line(say, "next.judgement")]
    return Section("next", line(say, "head.next.others"), points=tuple(points))
