"""Campaigns, decisions and incidents on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.campaign import Campaign, Decision
from tocsin.model.campaign_view import Happening, IncidentLine, ListLine, MailLine, View
from tocsin.render import campaign_words as say
from tocsin.render import words
from tocsin.render.shown import short, shown
from tocsin.render.text import add_row, labelled

_LISTED = 50
_REASONS = 12
_BARS = 24
_DAY_S = 86_400.0
_STEPS_DAYS = (1, 2, 7, 14, 28, 91, 182, 364, 1820, 18_200, 182_000)


def render_list(lines: Sequence[ListLine], *, exercise: bool, everything: bool) -> Iterator[RenderableType]:
    """The campaigns in the order in which people should look at them."""
    if exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    alarming = [line for line in lines if line.campaign.alerts]
    chosen = lines if everything else alarming
    yield Text(_list_headline(lines, alarming), style="bold red" if alarming else "bold")
    for number, line in enumerate(chosen[:_LISTED], 1):
        yield Padding(_listed(number, line), (1, 0, 0, 0))
    if len(chosen) > _LISTED:
        yield Text(f"\nand {words.count(len(chosen) - _LISTED, 'more campaign')}; --json lists all")
    if len(chosen) < len(lines):
        rest = words.count(len(lines) - len(chosen), "campaign")
        yield Text(f"\n{rest} without an alert not shown: --all", style="dim")
    if chosen:
        yield Text("\nEverything about one of them: tocsin campaigns show ID", style="dim")


def _list_headline(lines: Sequence[ListLine], alarming: Sequence[ListLine]) -> str:
    if not lines:
        return (
            "No campaign is listed: no suspect mail hangs together with another one. "
            f"{words.NO_ALERT} Mail is linked as it is scanned into the store."
        )
    if not alarming:
        return f"{words.count(len(lines), 'campaign')}, none with an alert."
    people = {address for line in alarming for address in line.campaign.people}
    return (
        f"{words.count(len(alarming), 'campaign')} with alerts, to "
        f"{words.count(len(people), 'person', 'people')}."
    )


def _listed(number: int, line: ListLine) -> RenderableType:
    one = line.campaign
    table = labelled()
    add_row(table, "Mails", Text(f"{say.headline(one)}; {say.likelihood_sentence(one)}"))
    who = _targets(one, line.organisations)
    if who:
        add_row(table, "Whose", Text(who))
    if line.top is not None:
        add_row(table, "Why", Text(say.reason_sentence(line.top, say.mails_of(one))))
    return Group(Text(f"{number}. {one.id}", style="bold"), Padding(table, (0, 0, 0, 3)))


def _targets(one: Campaign, organisations: Sequence[str]) -> str:
    parts = [
        ", ".join(short(name, 60) for name in some[:8]) + (" …" if len(some) > 8 else "")
        for some in (organisations, one.sectors, one.countries)
        if some
    ]
    return "; ".join(parts)


def render_view(view: View, shown_mails: int, undone: frozenset[str]) -> Iterator[RenderableType]:
    """One campaign: what it is, when, why it hangs together and how weakly, its mails, what is not known."""
    one = view.campaign
    if view.exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    if view.asked:
        yield Text(say.renamed(view))
    yield Text.assemble(
        "\n", (f"Campaign {one.id}", "bold red" if one.alerts else "bold"), f"  {say.headline(one)}"
    )
    yield Padding(_facts(view), (1, 0, 0, 3))
    yield Text("\nWhen", style="bold")
    yield Padding(_time(view), (0, 0, 0, 3))
    yield Text("\nWhy these mails hang together", style="bold")
    yield from _why(view)
    yield Text("\nThe mails", style="bold")
    for mail in view.mails[:shown_mails]:
        yield Padding(_mail(mail), (0, 0, 0, 3))
    left = len(one.members) - min(shown_mails, len(view.mails))
    if left:
        yield Text(
            f"   and {words.count(left, 'more mail')}: --html FILE shows 500, --json lists all", style="dim"
        )
    if view.decisions:
        yield Text("\nWhat analysts said", style="bold")
        for decision in view.decisions:
            yield Text(f"   {decision.id}  {say.decision_sentence(decision, decision.id in undone)}")
    yield Text("\nWhat is not known", style="bold")
    for line in view.unknown:
        yield _bullet(line)


def _facts(view: View) -> RenderableType:
    one = view.campaign
    table = labelled()
    add_row(table, "Likelihood", Text(say.likelihood_sentence(one)))
    copies = say.copies_sentence(one)
    if copies:
        add_row(table, "Mails", Text(copies))
    if one.known_s is not None:
        add_row(table, "Known here", Text(f"since {words.day(one.known_s)}"))
    people = [say.person(view, address) for address in one.people]
    for number, line in enumerate(words.capped(people, 12, "person", "people")):
        add_row(table, "" if number else "People", Text(line))
    for label, values in (
        ("Organisations", view.organisations),
        ("Sectors", one.sectors),
        ("Countries", one.countries),
        ("Also called", one.aliases),
    ):
        if values:
            add_row(table, label, Text(", ".join(short(value, 60) for value in values)))
    return table


def _why(view: View) -> Iterator[RenderableType]:
    total = say.mails_of(view.campaign)
    for one in view.shared[:_REASONS]:
        yield _bullet(say.reason_sentence(one, total))
    if len(view.shared) > _REASONS:
        yield _bullet(
            f"and {words.count(len(view.shared) - _REASONS, 'more thing')}; --html and --json have all"
        )
    if not view.shared:
        yield _bullet("the very same mail lies in several mailboxes")
    if view.weakest is not None:
        yield Text("\nWhere they hang together most weakly", style="bold")
        yield _bullet(say.weakest_sentence(view.weakest, view.campaign))


def _bullet(text: str) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(Text("   •"), Text(text))
    return table


def _mail(mail: MailLine) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    verdict = f"{words.CLASS_TITLE.get(mail.class_, 'not judged')}, {words.percent(mail.probability)}"
    first = Text(shown(mail.subject, 160) or "(no subject)")
    mark = (f"  {verdict}{', alert' if mail.alert else ''}", "red" if mail.alert else "dim")
    table.add_row(
        Text(words.day(mail.time_s) if mail.time_s is not None else "no date"), Text.assemble(first, mark)
    )
    name = f"“{short(mail.sender_name, 60)}” " if mail.sender_name else ""
    table.add_row(
        Text(mail.sha256[:8], style="dim"),
        Text(
            f"from {name}{shown(mail.sender, 120) or 'no address'} to {shown(mail.owner, 120) or 'reader not known'}"
        ),
    )
    return table


def _time(view: View) -> RenderableType:
    """Mails by steps of time, each a line with a bar; what else happened between them."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows: list[tuple[float, int, Text, Text]] = []
    times = sorted(member.time_s for member in view.campaign.members if member.time_s is not None)
    if times:
        step_s = step_of(times[0], times[-1], _BARS)
        bins: dict[int, list[float]] = {}
        for time_s in times:
            bins.setdefault(int(time_s // step_s), []).append(time_s)
        most = max(len(some) for some in bins.values())
        for some in bins.values():
            bar = "■" * max(1, round(len(some) / most * 20))
            label = words.span(some[0], some[-1])
            rows.append((some[0], 1, Text(label), Text(f"{bar} {words.count(len(some), 'mail')}")))
    rows += [
        (one.first_s, 0, Text(words.span(one.first_s, one.last_s), style="dim"), _happening(one))
        for one in view.happenings
    ]
    for _, _, span, text in sorted(rows, key=lambda row: (row[0], row[1])):
        table.add_row(span, text)
    for one in view.later:
        table.add_row(Text(f"later: {words.day(one.first_s)}", style="dim"), _happening(one))
    if not rows:
        table.add_row(Text("no mail has a usable date"))
    if any(one.kind == "incident" for one in view.happenings):
        return Group(table, Text(say.INCIDENTS_NOTE, style="italic"))
    return table


def _happening(one: Happening) -> Text:
    return Text(f"◇ {say.KIND_TITLE[one.kind]}: {say.happening_sentence(one)}", style="dim")


def step_of(first_s: float, last_s: float, most: int) -> float:
    """The length of steps (seconds) of which at most about `most` cover this time."""
    for days in _STEPS_DAYS:
        if (last_s - first_s) / (days * _DAY_S) < most:
            return days * _DAY_S
    return _STEPS_DAYS[-1] * _DAY_S


def render_decisions(decisions: Sequence[Decision], undone: frozenset[str]) -> Iterator[RenderableType]:
    """All decisions, the latest first."""
    if not decisions:
        yield Text("Nobody has decided anything about campaigns yet: campaigns merge, campaigns split.")
    for one in reversed(decisions):
        yield Text(f"{one.id}  {say.decision_sentence(one, one.id in undone)}")


def render_incidents(lines: Sequence[IncidentLine], *, exercise: bool) -> Iterator[RenderableType]:
    """The incidents in the order of time."""
    if exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    if not lines:
        yield Text("No incident is kept: tocsin incidents add.")
        return
    for line in lines:
        one = line.incident
        table = labelled()
        add_row(
            table,
            "Dates",
            Text(f"observed {one.observed}" + (f", reported {one.reported}" if one.reported else "")),
        )
        add_row(table, "Place", Text(shown(one.place)))
        add_row(table, "Source", Text(shown(one.source)))
        if one.tlp:
            add_row(table, "Mark", Text(f"TLP:{one.tlp}"))
        if one.text:
            add_row(table, "Text", Text(shown(one.text, 600)))
        if one.withdrawn_s is not None:
            gone = f"{words.day(one.withdrawn_s)} by {short(one.withdrawn_by, 60)}: {shown(one.withdrawn_because)}"
            add_row(table, "Withdrawn", Text(gone, style="yellow"))
        title = Text.assemble((one.id, "bold"), f"  {short(one.kind, 30)}: ", (shown(one.title), "bold"))
        yield Padding(Group(title, Padding(table, (0, 0, 0, 3))), (0, 0, 1, 0))
    yield Text("No author is stated for any of them, and none can be entered.", style="italic")
