"""Reports on a campaign: gathers what they rest on, holds back what may not be said, and sets the pages."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from importlib import resources
from typing import Literal

import msgspec

from tocsin import __version__
from tocsin.app.actors import load_profiles
from tocsin.app.attribute import assess_campaign
from tocsin.app.campaign_views import view_campaign
from tocsin.app.campaigns import known_people
from tocsin.app.catalogues import REPORT_LANGUAGES, load_wording
from tocsin.app.claims import claims_for, load_claims
from tocsin.app.config import Config
from tocsin.app.judgements import standing_judgement
from tocsin.app.mail_marks import singled_out
from tocsin.app.releases import releases
from tocsin.app.report_holding import held_back, press_needs, quiet_alerts, tellable
from tocsin.app.telling import untold
from tocsin.attribute.strength import Bounds, Ceiling, faults_of
from tocsin.attribute.veil import veiled
from tocsin.model.actor import Actor
from tocsin.model.campaign import Campaign
from tocsin.model.marks import within
from tocsin.render.report.claims import names_target
from tocsin.render.report.compose import compose
from tocsin.render.report.pdf import layout_data
from tocsin.render.report.values import AUDIENCES, DESK, DETAILED, Case, Report, lines_of
from tocsin.render.shown import shown
from tocsin.respond.caveats import claims_within, effective, let_out_to, may_go
from tocsin.store.interface import Store

_SCALES = (1.12, 1.06, 1.0, 0.96, 0.92, 0.88, 0.84, 0.8)
_NO_GLYPH = "could not be displayed"
_FAULTS = 12  # told at once
# The strictest TLP 2.0 of claims that an audience may read; AMBER goes to those who need it to protect themselves.
_MAY_READ = {"press": "CLEAR", "target": "AMBER", "minister": "AMBER", "peer": "GREEN", "analyst": "RED"}
_RELEASED_TO = {
    "target": "person"
}  # what a release calls an audience; to all others goes what is released to the public
_STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")  # archivable, and readable aloud


class ReportError(Exception):
    """A report that is not made; the message says what stands in the way and what to do, a line for each."""


class Asked(msgspec.Struct, frozen=True):
    """What is asked for: `person` the address of a target, `summary` text of the author's own."""

    campaign: str
    audience: str
    language: str = "en"
    person: str = ""
    summary: str = ""
    mandate: str = ""


def make_report(store: Store, settings: Config, asked: Asked, *, now_s: float) -> Report:
    """The report that is asked for. Raises ReportError, and DecisionError for an unknown campaign."""
    if asked.audience not in AUDIENCES or asked.language not in REPORT_LANGUAGES:
        raise ReportError(
            f"expected an audience of {', '.join(AUDIENCES)} and a language of {', '.join(REPORT_LANGUAGES)}"
        )
    view = view_campaign(store, asked.campaign, now_s=now_s, mandate=asked.mandate)
    person = asked.person.strip().lower()
    if person and person not in view.campaign.people:
        raise ReportError(f"--person {asked.person}: was sent no mail of campaign {view.campaign.id}")
    if person and asked.audience != "target":
        raise ReportError("--person goes with --audience target")
    known = known_people(store)
    standing = standing_judgement(store, view.campaign)
    signed = standing.judgement
    ceiling = _MAY_READ[asked.audience]
    let_out = let_out_to(releases(store), _RELEASED_TO.get(asked.audience, "public"))
    _hold_marked(store, settings, view.campaign, ceiling, let_out)
    near = tuple(one for one in view.happenings if not one.tlp or within(one.tlp, ceiling))
    view = msgspec.structs.replace(view, happenings=near)
    every = claims_for(store, view.campaign)
    claims = claims_within(every, load_claims(store), ceiling, let_out)
    if asked.audience == "press":
        needs = press_needs(store, view, every, signed)
        if needs:
            raise ReportError("the press text is held back:\n" + "\n".join(f"- {one}" for one in needs))
    profiles = load_profiles(settings.actors)
    assessment, held = None, 0
    if asked.audience in DETAILED:
        may = tellable(store, ceiling, let_out)
        held = held_back(store, view.campaign, may)
        assessment = assess_campaign(
            store, view.campaign, settings, profiles, now_s=now_s, may=may if held else None
        )
        if asked.audience not in DESK or not settings.actor_names:
            assessment = veiled(assessment, profiles.actors)
    case = Case(
        view=view,
        audience=asked.audience,
        wording=load_wording("reports", asked.language),
        made_s=now_s,
        judgement=signed,
        analyst=standing.analyst.name if standing.analyst is not None else "",
        later=next((one.later for one in standing.all if one.judgement is signed), 0),
        lost_claims=next((len(one.lost_claims) for one in standing.all if one.judgement is signed), 0),
        disagree=standing.disagree,
        assessment=assessment,
        held_back=held,
        quiet=quiet_alerts(store, view.campaign),
        claims=claims,
        sectors={address: known[address].sector for address in view.campaign.people if address in known},
        told=len(view.campaign.people) - len(untold(store, view.campaign)),
        holders=sum(bool(owner) for owner, _ in store.owners()),
        person=person,
        summary=_paragraphs(asked.summary),
    )
    named = [one for one in case.summary if names_target(case, one)]
    if named:
        raise ReportError(
            f"--summary: “{shown(named[0], 200)}” names somebody who was sent the mails; leave it out"
        )
    report = msgspec.structs.replace(
        compose(case, __version__), left_out=len(every) - len(claims), held_back=held
    )
    _hold_to(report, _bounds(case, profiles.actors))
    return report


def _hold_marked(
    store: Store, settings: Config, campaign: Campaign, ceiling: str, let_out: Collection[str]
) -> None:
    """Raise ReportError where marked intelligence alone singled out all of the campaign."""
    numbers = {member.number for member in campaign.members}
    marks = singled_out(store, numbers, threshold=settings.threshold).marks
    held = {mark for mark in marks.values() if not may_go(mark, ceiling, let_out)}
    if marks.keys() >= numbers and held:
        listed = ", ".join(sorted({f"{one.ask} (TLP:{effective(one)})" for one in held}))
        raise ReportError(
            f"{campaign.id}: intelligence that these readers may not be told of alone singled out its mails: {listed}. "
            "Ask for release, and record it: tocsin releases add. docs/handling-caveats.md"
        )


def _bounds(case: Case, actors: Sequence[Actor]) -> Bounds:
    """What the standing judgement lets a text say; names of all actors at hand are known."""
    one, ceiling = case.judgement, None
    if one is not None:
        own = [actor for actor in actors if actor.id == one.hypothesis]
        names = [one.title] if one.level in ("actor", "resembles") else []
        if names:
            names += [name.name for actor in own for name in actor.names if not name.ambiguous]
        ceiling = Ceiling(tuple(names), one.low, one.high, one.confidence, one.level)
    others = {name for actor in actors for name in (actor.name, *(each.name for each in actor.names))}
    return Bounds(ceiling, tuple(sorted(others)), _states(), case.claims, case.audience == "analyst")


def _states() -> tuple[str, ...]:
    """Names of all countries in the languages of reports."""
    from babel import Locale

    names = {
        str(name)
        for language in REPORT_LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2
    }
    return tuple(sorted(names))


def _hold_to(report: Report, bounds: Bounds) -> None:
    """Raise ReportError where a sentence of the report is stronger than what was signed."""
    texts = [one.checked for one in lines_of(report) if one.checked]
    found = [each for faults in faults_of(texts, bounds) for each in faults]
    if found:
        told = [
            f"- “{shown(one.sentence, 300)}”: “{shown(one.word, 60)}” {one.why}. Allowed: {one.allowed}."
            for one in found[:_FAULTS]
        ]
        more = [f"- and {len(found) - _FAULTS} more"] if len(found) > _FAULTS else []
        raise ReportError("the text is stronger than what was signed:\n" + "\n".join((*told, *more)))


def _paragraphs(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return tuple(part for part in parts if part)


def report_pdf(report: Report) -> bytes:
    """The report as PDF: the first page filled by what a decision-maker needs, then the annex.

    The same report gives the same bytes. Raises ReportError where it does not fit on one page at a size that can be
    read.
    """
    for scale in _SCALES:
        front = _set(report, scale, annex=False)
        if _pages(front) == 1:
            return _set(report, scale, annex=True) if report.annex else front
    raise ReportError(
        "the text does not fit on one page; shorten the summary (three or four sentences are what a page holds)"
    )


def shows_every_letter(pdf: bytes) -> bool:
    """Whether the pages are PDF/A, which is made only where a font has each letter; elsewhere boxes stand for some."""
    return b"pdfaid" in pdf


def _set(report: Report, scale: float, *, annex: bool) -> bytes:
    """The pages as PDF; what the program's own fonts cannot show is drawn with those of the system."""
    import typst

    source = resources.files("tocsin").joinpath("data", "report.typ").read_bytes()
    inputs = {"report": layout_data(report, annex=annex).decode(), "scale": f"{scale:.2f}"}
    made: object = None
    with tempfile.TemporaryDirectory(prefix="tocsin-") as nowhere:  # nothing to include, no packages to find
        for system, standards in ((False, _STANDARDS), (True, _STANDARDS), (True, ())):
            compiler = typst.Compiler(
                source,
                root=nowhere,
                font_paths=typst.Fonts(include_system_fonts=system, include_embedded_fonts=True),
                ignore_system_fonts=not system,
                sys_inputs=inputs,
                package_path=nowhere,
                package_cache_path=nowhere,
            )
            try:
                made = compiler.compile(
                    format="pdf", pdf_standards=[*standards], timestamp=int(report.made_s)
                )
                break
            except typst.TypstError as error:
                if _NO_GLYPH not in str(error):
                    raise ReportError(
                        f"the pages could not be set ({shown(str(error), 200)}); use HTML"
                    ) from error
    if not isinstance(made, bytes):
        raise ReportError("the pages could not be set: some letters are in no font of this system; use HTML")
    return made


def _pages(pdf: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()
