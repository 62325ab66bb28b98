"""A store with one campaign, made by hand: who was sent what is known to the byte. Commands run in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import click
import msgspec
from click.testing import CliRunner, Result

from tests.store.engines import VERDICT, observed
from tocsin.app.memory import open_store
from tocsin.cli.targets import command
from tocsin.model.campaign import Campaign, Member
from tocsin.model.stored import NewMail, VerdictVersion
from tocsin.store.interface import Store

CAMPAIGN = "c-0123456789ab"


def mail(
    number: int, owner: str, *, to: Sequence[str] = (), delivered: Sequence[str] = (), **fields: Any
) -> NewMail:
    """A mail for an owner, addressed to them unless said otherwise."""
    message = observed(number, to=tuple(to) or (owner,), delivered_to=tuple(delivered), **fields)
    return NewMail(message, owner, observer="1")


def filled(path: Path, mails: Sequence[NewMail], *, exercise: bool = False) -> Path:
    """A store with these mails, all of one campaign, none of which alarms."""
    store = open_store(str(path), create=True, plain=True, exercise=exercise)
    try:
        if exercise:
            mails = [
                msgspec.structs.replace(one, observed=msgspec.structs.replace(one.observed, exercise=True))
                for one in mails
            ]
        numbers = store.add(mails, at_s=1.0)
        members = tuple(
            Member(one.observed.sha256, one.observed.message_id, one.owner, one.observed.date_s, number)
            for one, number in zip(mails, numbers, strict=True)
        )
        people = tuple(dict.fromkeys(one.owner for one in mails))
        campaign = Campaign(CAMPAIGN, members, (), people, 1.6e9, 1.6e9 + len(mails))
        store.put("campaign", CAMPAIGN, msgspec.msgpack.encode(campaign))
    finally:
        store.close()
    return path


def judged(store: Store, number: int, **fields: Any) -> None:
    """Give a mail another opinion."""
    verdict = msgspec.structs.replace(VERDICT, **fields)
    store.add_verdicts([VerdictVersion(number, 0, 1.0, "first", "", verdict)])


def run_here(command: click.Command, *arguments: str | Path) -> Result:
    """Run a command in this process. Its network stays open: it could not be opened again for the tests that follow."""
    with mock.patch("tocsin.app.scan.close_network", return_value=""):
        return CliRunner().invoke(command, [str(one) for one in arguments])


def targets(*arguments: str | Path) -> Result:
    """Run `tocsin targets`."""
    return run_here(command, *arguments)
