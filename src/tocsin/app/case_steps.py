"""What may be noted in a case, checked before it is."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tocsin.app.case_log import CaseError
from tocsin.app.clocks import find_rule, rules
from tocsin.app.incidents import load_incidents, moments
from tocsin.model.case import CaseFile
from tocsin.store.interface import Store


def checked(file: CaseFile, kind: str, text: str, ref: str) -> None:
    """Raise CaseError for an entry that does not fit the case as it is."""
    if file.broken:
        raise CaseError(
            f"{file.case.id}: its log does not hold together ({file.broken}); look who wrote to the store "
            "(tocsin store audit), and open another case"
        )
    if file.state == "closed" and kind != "reopened":
        raise CaseError(
            f"{file.case.id}: is closed ({file.closed_because}); first: tocsin cases reopen {file.case.id}"
        )
    if file.state != "closed" and kind == "reopened":
        raise CaseError(f"{file.case.id}: is {file.state}, not closed")
    if kind not in ("task-done", "state") and not text.strip():
        raise CaseError(f"{kind}: the text is empty; say it in a few words")
    if kind == "task-done" and not any(one.id == ref and one.done_s is None for one in file.tasks):
        raise CaseError(
            f"{ref}: is no open task of {file.case.id}; tocsin cases show {file.case.id} lists them"
        )
    if kind == "clock-stopped" and not any(one.id == ref and one.stopped_s is None for one in file.clocks):
        raise CaseError(f"{ref}: is no running clock of {file.case.id}")
    if kind == "affected-told" and not any(one.id == ref and one.told_s is None for one in file.affected):
        raise CaseError(f"{ref}: is nobody of {file.case.id} who is still to be told; name them by id (p-…)")
    if kind == "clock":
        try:
            find_rule(text)
        except KeyError as error:
            known = ", ".join(one.id for one in rules())
            raise CaseError(f"{text}: there is no such rule; known: {known}") from error


def affected_text(store: Store, name: str, incident: str, reach: str) -> str:
    """How somebody who is affected is kept in the log. Raises CaseError for an incident that is not known."""
    if not name.strip():
        raise CaseError("NAME: is empty; say who is to be told")
    if incident:
        found = [
            one.incident for one in load_incidents(store) if one.incident.id.startswith(incident.strip())
        ]
        if len(found) != 1:
            raise CaseError(
                f"--incident {incident}: there is no such incident; tocsin incidents list shows them"
            )
        incident = f"{found[0].title} ({found[0].id})"
    return "\n".join(" ".join(text.split()) for text in (name, incident or "what happened", reach))


def moment(text: str) -> float:
    """The first moment of a day, or the moment, that is named. Raises IncidentError."""
    return moments("the time", text.strip())[0]


def new_id(kind: str) -> str:
    """An id for a task ("t-…"), a clock ("k-…") or a person ("p-…")."""
    return f"{kind}-{secrets.token_hex(3)}"


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all. Raises OSError."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    part.replace(path)
