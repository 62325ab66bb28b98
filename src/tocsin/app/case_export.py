"""A case given out: on paper for the house, or its campaign for other programs, under the case's number alone."""

from __future__ import annotations

from tocsin.app.account import account
from tocsin.app.campaigns import listed_campaigns
from tocsin.app.case_log import CaseError
from tocsin.app.cases import resolve, view_case
from tocsin.app.config import Config
from tocsin.app.deciding import DecisionError, find_campaign
from tocsin.app.export import Wish, export
from tocsin.app.notices import followed, names_of
from tocsin.app.typesetting import set_pages
from tocsin.exchange.case_out import misp_case, stix_case
from tocsin.model.intel import TLPS
from tocsin.model.people import People
from tocsin.model.stored import AuditEntry
from tocsin.render.case_sheet import case_sheet
from tocsin.render.export import left_lines
from tocsin.store.interface import Store


def export_case(
    store: Store,
    settings: Config,
    people: People,
    wanted: str,
    form: str,
    *,
    tlp: str = "AMBER",
    producer: str = "",
    now_s: float,
) -> tuple[bytes, tuple[str, ...]]:
    """The file in this form ("pdf", "stix", "misp"), and sentences on what was left out.

    Raises CaseError for a case that is not there or has no campaign to give out, ExportError.
    """
    if form == "pdf":
        view = view_case(store, wanted, people, now_s=now_s, mandate=settings.mandate)
        names = _names(store, view.campaign) or (view.file.case.subject,)
        texts = [one.notice for one in followed(store, names) if one.state != "withdrawn"]
        _audit(store, view.file.case.id, form, settings, len(view.custody), now_s)
        return set_pages("case.typ", "case", case_sheet(view, texts), made_s=now_s), ()
    if tlp not in TLPS[:-1]:
        raise CaseError(f"--tlp {tlp}: expected one of {', '.join(TLPS[:-1])}")
    file = resolve(store, wanted)
    try:
        campaign = find_campaign(listed_campaigns(store), file.case.subject)
    except DecisionError as error:
        raise CaseError(
            f"{file.case.id}: is about a mail by itself; {form} holds campaigns. Use --format pdf"
        ) from error
    wish = Wish(
        form, False, producer or "unnamed producer", tlp, "", False, settings.mandate, settings.warning_lists
    )
    data, sharing, left = export(store, wish, (campaign,), now_s=now_s)
    _audit(store, file.case.id, form, settings, len(campaign.members), now_s)
    if form == "stix":
        return stix_case(data, file.case.id, file.case.opened_s, now_s), tuple(
            left_lines(sharing, left, form)
        )
    return misp_case(data, file.case.id), tuple(left_lines(sharing, left, form))


def _names(store: Store, campaign: str) -> tuple[str, ...]:
    if not campaign:
        return ()
    return names_of(find_campaign(listed_campaigns(store), campaign))


def _audit(store: Store, case: str, form: str, settings: Config, count: int, now_s: float) -> None:
    store.audit(
        AuditEntry(now_s, account(), "export", (), False, count, settings.mandate, f"{case} as {form}")
    )
