"""Reports on a campaign: gathers what they rest on, holds back what may not be said, and sets the pages."""

from __future__ import annotations

import tempfile
from importlib import resources
from typing import Literal

import msgspec

from tocsin import __version__
from tocsin.app.campaign_views import view_campaign
from tocsin.app.campaigns import known_people
from tocsin.app.catalogues import REPORT_LANGUAGES, load_wording
from tocsin.app.config import Config
from tocsin.render.report.compose import compose
from tocsin.render.report.pdf import layout_data
from tocsin.render.report.values import AUDIENCES, Case, Report
from tocsin.store.interface import Store

_SCALES = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.76, 0.72)
_STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")  # archivable, and readable aloud


class ReportError(Exception):
    """A report that is not made; the message says what stands in the way and what to do."""


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
    person = asked.person.strip().casefold()
    if person and person not in view.campaign.people:
        raise ReportError(f"{asked.person} was sent no mail of campaign {view.campaign.id}")
    if person and asked.audience != "target":
        raise ReportError("--person goes with --audience target")
    known = known_people(store)
    case = Case(
        view=view,
        audience=asked.audience,
        wording=load_wording("reports", asked.language),
        made_s=now_s,
        sectors={address: known[address].sector for address in view.campaign.people if address in known},
        person=person,
        summary=_paragraphs(asked.summary),
    )
    return compose(case, __version__)


def _paragraphs(text: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in text.replace("\r\n", "\n").split("\n\n"))
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


def _set(report: Report, scale: float, *, annex: bool) -> bytes:
    import typst

    source = resources.files("tocsin").joinpath("data", "report.typ").read_bytes()
    inputs = {"report": layout_data(report, annex=annex).decode(), "scale": f"{scale:.2f}"}
    with tempfile.TemporaryDirectory(prefix="tocsin-") as nowhere:  # nothing to include, no packages to find
        compiler = typst.Compiler(
            source,
            root=nowhere,
            font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            package_path=nowhere,
            package_cache_path=nowhere,
        )
        made = compiler.compile(format="pdf", pdf_standards=[*_STANDARDS], timestamp=int(report.made_s))
    if not isinstance(made, bytes):
        raise ReportError(
            "the program that sets pages gave no page; please report this with the version of typst"
        )
    return made


def _pages(pdf: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()
