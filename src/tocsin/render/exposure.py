"""What mails could have shown about each reader, in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.exposure import Exposure, Leak, Step
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown

EXPOSURE_SCHEMA = "tocsin.exposure/1"

_STEPS = {
    "delivered": "Delivered",
    "displayed": "Displayed",
    "could-have-fired": "Could fire",
    "fetched": "Fetched",
}
_ANSWERS = {"yes": "yes", "likely": "likely", "unlikely": "unlikely", "no": "no", "not-known": "not known"}
_SHOWN = {
    "address": "that the address is in use",
    "opened": "that the mail was displayed",
    "time": "when it was displayed",
    "network": "the network, and with it the rough place",
    "client": "the mail program",
    "system": "the device's system",
    "language": "the device's language",
    "cookies": "a mark by which the device is known again",
    "resolver": "the service that looks up names",
    "ntlm": "the Windows user name and a trace of the password",
    "account": "the name of the mail account",
    "plaintext": "the text of encrypted mail",
    "more": "perhaps more about the device",
}
_REASONS = {
    "in-mailbox": "it lies in the mailbox",
    "asked-for": "a log shows that it was asked for, which a scanner can do as well ({0})",
    "answered": "a mail of the owner answers it",
    "passed-on": "a mail of the owner passes it on",
    "marked-answered": "the mailbox marks it as answered",
    "marked-passed-on": "the mailbox marks it as passed on",
    "read-along": "{0} can read this mailbox as well",
    "marked-read": "the mailbox marks it as read; rules and “mark all as read” do that too",
    "not-marked-read": "the mailbox did not mark it as read when it was looked at; a preview may have shown it",
    "still-new": "no program had listed it when the mailbox was looked at",
    "no-flags": "the mailbox keeps no marks",
    "defuse": "it was taken out before the mail could be displayed",
    "by-server": "the receiving server asks by itself, whoever reads the mail",
    "no-beacon": "we found nothing in it that reports back",
    "other-settings": "programs send this by settings of their own, which are not known",
    "certain-programs": "it works in certain programs or conditions alone",
    "in-junk": "it lies among unwanted mail, where most programs block pictures",
    "by-address": "as long as the mail is read where the address suggests",
    "quarantine": "the mail was held back when it came",
    "needs-an-act": "nothing in it is asked for when it is displayed",
    "pictures-blocked": "the list of people says that pictures are blocked",
    "pictures-shown": "the list of people says that pictures are shown",
    "program-not-known": "which program displays it is not known",
    "habit-shown": "{0} shows pictures as it ships",
    "habit-blocked": "{0} blocks pictures as it ships",
    "habit-asks": "{0} asks before it shows pictures",
    "image-proxy": "{0} asks in the reader's place",
    "asked-early": "{0} asks whether the mail is read or not",
    "in-log": "{0} was asked for by {1} ({2})",
    "host-in-log": "{0}, which no other mail here names, was asked for by {1}; the log has no more than the host ({2})",
    "stopped": "{0} was asked for by {1}, and refused on the way out ({2})",
    "asks-itself": "what {0} asks for in the reader's place is in no log of ours",
    "asked-by-somebody": "{0} was asked for by {1}, for this reader or another ({2})",
    "not-in-logs": "the logs that were handed in do not show it; they may not be all",
    "no-logs": "no logs were handed in",
}
ADVICE = {
    "block-pictures": "switch off pictures from the internet",
    "leave-alone": "do not display, answer, forward or delete the mails",
    "keep-original": "keep the originals",
    "keep-logs": "keep the logs, and look in them for what else was asked for",
    "passwords": "change the password of the computer account",
    "tell-staff": "tell those who read the mailbox as well",
    "tell-receivers": "tell those to whom the mail was passed on",
    "home-router": "restart and update the router at home, and change its password",
    "updates": "bring devices up to date",
    "private-mailbox": "look through the private mailbox",
    "family": "tell the household",
}


class ReasonRecord(msgspec.Struct, frozen=True):
    """Why: a key, and the sentence that it stands for."""

    key: str
    text: str


class StepRecord(msgspec.Struct, frozen=True):
    """One of four steps, which are kept apart: answer is yes, likely, unlikely, no or not-known."""

    step: str
    answer: str
    at: str | None
    reasons: tuple[ReasonRecord, ...]


class LeakRecord(msgspec.Struct, frozen=True):
    """One thing that a request would have shown the sender."""

    what: str
    answer: str
    reasons: tuple[ReasonRecord, ...]


class MailRecord(msgspec.Struct, frozen=True):
    """One mail to one person."""

    sha256: str
    address: str
    sent: str | None
    subject: str
    steps: tuple[StepRecord, ...]
    leaks: tuple[LeakRecord, ...]
    techniques: tuple[str, ...]
    readers: tuple[str, ...]


class ExposureRecord(msgspec.Struct, frozen=True):
    """A campaign (or one mail) and one person; `advice` are keys of what to do, the most useful first."""

    schema: str
    person: str
    campaign: str
    mails: tuple[MailRecord, ...]
    leaks: tuple[LeakRecord, ...]
    advice: tuple[str, ...]


def exposure_line(one: Exposure) -> bytes:
    """The record as one line."""
    mails = tuple(
        MailRecord(
            mail.sha256,
            mail.address,
            rfc3339(mail.sent_s),
            mail.subject,
            tuple(StepRecord(s.step, s.answer, rfc3339(s.at_s), _reasons(s)) for s in mail.steps),
            tuple(LeakRecord(leak.what, leak.answer, _reasons(leak)) for leak in mail.leaks),
            mail.techniques,
            mail.readers,
        )
        for mail in one.mails
    )
    leaks = tuple(LeakRecord(leak.what, leak.answer, _reasons(leak)) for leak in one.leaks)
    record = ExposureRecord(EXPOSURE_SCHEMA, one.person, one.campaign, mails, leaks, one.advice)
    return plain_json(record) + b"\n"


def exposure_text(one: Exposure) -> str:
    """One person: their mails step by step, then what all of them could have shown and why, and what follows."""
    lines = [shown(one.person, 120)]
    for mail in one.mails:
        lines.append(
            f"  {(rfc3339(mail.sent_s) or 'no date')[:10]}  “{shown(mail.subject, 90)}” to {shown(mail.address, 120)}"
        )
        lines += [
            f"    {_STEPS[step.step]:<11} {_ANSWERS[step.answer]}: {_because(step)}" for step in mail.steps
        ]
    could = [leak for leak in one.leaks if leak.answer in ("yes", "likely", "not-known")]
    if could:
        lines.append("  Could have shown the sender")
        lines += _listed(could)
    rather = [leak for leak in one.leaks if leak not in could]
    if rather:
        lines.append("  Rather not")
        lines += _listed(rather)
    lines.append("  To do")
    lines += [f"    - {ADVICE[key]}" for key in one.advice if key in ADVICE]
    return "\n".join(lines) + "\n"


def _listed(leaks: Sequence[Leak]) -> list[str]:
    """What could have been shown, under its answer and the reasons for that."""
    alike: dict[tuple[str, str], list[str]] = {}
    for leak in leaks:
        alike.setdefault((_ANSWERS[leak.answer], _because(leak)), []).append(_SHOWN[leak.what])
    lines = []
    for (answer, why), things in alike.items():
        lines.append(f"    {answer}: {why}")
        lines += [f"      - {thing}" for thing in things]
    return lines


def _because(one: Step | Leak) -> str:
    return "; ".join(text for _, text in _said(one)) or "no reason is known"


def _said(one: Step | Leak) -> list[tuple[str, str]]:
    return [
        (key, _REASONS[key].format(*(shown(value, 120) for value in values))) for key, values in one.reasons
    ]


def _reasons(one: Step | Leak) -> tuple[ReasonRecord, ...]:
    return tuple(ReasonRecord(key, text) for key, text in _said(one))
