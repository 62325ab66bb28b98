"""Drafts notices for people whom an incident met: what happened, that nobody is named for it, and what to do."""

from __future__ import annotations

import re
from hashlib import blake2b

from tocsin.app.case_log import find_case
from tocsin.app.catalogues import CatalogueTextError, load_wording, notice_languages
from tocsin.app.config import Config
from tocsin.app.incidents import load_incidents
from tocsin.app.notices import NoticeError, followed, keep_notice, text_digest
from tocsin.app.notify import FALLBACK, Drafts, Skipped
from tocsin.app.releases import releases
from tocsin.model.campaign import Incident
from tocsin.model.case import Affected
from tocsin.model.fact import Happened, Mark
from tocsin.model.notice import Notice, NoticeWish, Sender
from tocsin.respond.caveats import clear
from tocsin.respond.notice_text import compose
from tocsin.store.interface import Store

_INCIDENT = re.compile(r"\((i-[0-9a-f]{6,})\)\s*$")


def draft_affected(
    store: Store, settings: Config, case: str, *, language: str = "", now_s: float, keep: bool = True
) -> Drafts:
    """A draft for each person affected by an incident of this case who was not told. Raises NoticeError, CaseError.

    They read of the incident alone, as far as its mark allows: nothing of the mails, and of nobody else.
    """
    if not settings.office.strip():
        raise NoticeError("nobody is named who tells: set office in the settings, or give --office")
    file = find_case(store, case)
    known = notice_languages()
    chosen = language or settings.language
    note = f"there are no notices in {chosen}" if chosen not in known else ""
    try:
        wording = load_wording("notices", chosen if not note else FALLBACK)
    except CatalogueTextError as error:
        raise NoticeError(str(error)) from error
    incidents = {line.incident.id: line.incident for line in load_incidents(store, withdrawn=False)}
    drafted = {one.notice.person: one for one in followed(store, (file.case.id,)) if not one.ended}
    made: list[Notice] = []
    skipped: list[Skipped] = []
    for one in file.affected:
        if one.told_s is not None:
            continue
        before = drafted.get(one.id)
        if before is not None:
            skipped.append(
                Skipped(one.id, one.name, f"is drafted already: {before.notice.id}", before.notice.id)
            )
            continue
        cleared = clear((_happened(one, incidents),), "affected", releases(store))
        if not cleared.facts:
            why = cleared.withheld[0].why if cleared.withheld else "nothing is known to tell"
            skipped.append(Skipped(one.id, one.name, f"nothing may be told: {why}"))
            continue
        id = "n-" + blake2b(f"{file.case.id}\0{one.id}\0{now_s!r}".encode(), digest_size=6).hexdigest()
        wish = NoticeWish(
            wording.language, "letter", "affected", one.name, cleared.facts, Sender(settings.office.strip()), id, now_s,
            exercise=store.exercise,
        )  # fmt: skip
        text = compose(wish, wording)
        made.append(
            Notice(
                id, file.case.id, one.id, one.name, one.name, "affected", wording.language, "letter", text,
                text_digest(text), now_s, cleared.withheld, (note,) if note else (), exercise=store.exercise,
            )
        )  # fmt: skip
    if keep:
        with store.transaction():
            for notice in made:
                keep_notice(store, notice)
    return Drafts(file.case.id, tuple(made), tuple(skipped))


def _happened(one: Affected, incidents: dict[str, Incident]) -> Happened:
    found = _INCIDENT.search(one.incident)
    incident = incidents.get(found[1]) if found is not None else None
    if incident is None:
        return Happened(Mark(), one.id, one.incident, "")
    source = incident.source if incident.tlp else ""  # what nobody marked is known publicly
    return Happened(
        Mark(incident.tlp, "", source, source, incident.id),
        incident.id,
        incident.title,
        incident.observed or incident.reported,
    )
