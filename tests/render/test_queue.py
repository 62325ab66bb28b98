"""The queue in words: one case for one hand, a line where the budget ends, nothing hidden."""

from __future__ import annotations

import io

import msgspec
from rich.console import Console

from tests.render import factories
from tocsin.model.scan import Queued, Summary
from tocsin.render.page import render_page
from tocsin.render.queue import draw_queue, line_below, render_queue
from tocsin.render.text import render_scan


def entry(rank: int, **changes: object) -> Queued:
    values = {
        "class_": "reconnaissance",
        "likelihood": 0.97,
        "alert": True,
        "indicator": False,
        "sha256": f"{rank:064x}",
        "subject": f"Case {rank}",
        "sender": f"desk{rank}@outlet.example",
        "members": (f"{rank:064x}", f"{rank + 100:064x}"),
        "alerts": 2,
        "people": ("a@house.example", "b@house.example"),
        "first_s": factories.JANUARY_2021_S,
        "last_s": factories.JANUARY_2021_S + 86_400,
        "height": 5.0 - rank,
        "rank": rank,
        "within_budget": True,
        **changes,
    }
    return Queued(**values)  # type: ignore[arg-type]


def printed(summary: Summary) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=100, color_system=None, highlight=False, force_terminal=False)
    for piece in render_queue(summary):
        console.print(piece)
    return " ".join(stream.getvalue().split())


def test_the_likeliest_case_stands_first_with_its_extent() -> None:
    output = printed(factories.summary(queue=(entry(1), entry(2))))
    assert output.startswith(
        "Where to begin 1. Case 1 almost certain reconnaissance, 97 %; 2 mails to 2 people"
    )
    assert "from desk1@outlet[.]example" in output
    assert output.index("Case 1") < output.index("Case 2")


def test_what_lies_below_the_budget_is_counted_and_not_hidden() -> None:
    queue = (
        entry(1),
        entry(2, within_budget=False),
        entry(3, within_budget=False, alert=False, likelihood=0.1),
    )
    output = printed(factories.summary(queue=queue, budget=1))
    assert "Case 2" not in output
    assert "Below your budget of 1: 1 alert and 1 case with some signs but no alert." in output
    assert "--json lists every mail" in output


def test_without_an_alert_the_nearest_are_shown_quietly() -> None:
    quiet = tuple(entry(n, alert=False, within_budget=False, likelihood=0.2) for n in range(1, 6))
    output = printed(msgspec.structs.replace(factories.empty(), queue=quiet))
    assert output.startswith("No alert, but some signs")
    assert "Case 3" in output
    assert "Case 4" not in output
    assert line_below(msgspec.structs.replace(factories.empty(), queue=quiet)).startswith(
        "Below them: 5 cases with some signs"
    )


def test_a_case_that_intelligence_points_at_says_so() -> None:
    assert "points to known intelligence" in printed(
        factories.summary(queue=(entry(1, indicator=True), entry(2)))
    )


def test_subjects_steer_neither_terminal_nor_page() -> None:
    wild = entry(1, subject="[red]x[/red] \x1b[31m<b>\u202e", sender="a@b.example")
    summary = factories.summary(queue=(wild, entry(2)))
    assert "[red]x[/red]" in printed(summary)
    assert "\x1b" not in printed(summary)
    page = draw_queue(summary, {})
    assert "<b>" not in page
    assert "\u202e" not in page


def test_the_page_leads_from_a_case_to_its_alert() -> None:
    alerts = factories.alerts()
    summary = factories.summary(queue=(entry(1, sha256=alerts[1].observed.sha256), entry(2)))
    page = render_page(summary, alerts)
    assert '<li><a href="#alert-2"><span class="number">1.</span>' in page
    assert "Where to begin" in page


def test_one_alert_of_each_case_is_told_in_full() -> None:
    alerts = factories.alerts()
    first = alerts[0].observed.sha256
    summary = factories.summary(
        queue=(entry(1, sha256=first, members=tuple(a.observed.sha256 for a in alerts)),)
    )
    stream = io.StringIO()
    for piece in render_scan(summary, alerts, 20):
        Console(file=stream, width=100, color_system=None).print(piece)
    output = " ".join(stream.getvalue().split())
    assert "in 1 case." in output
    assert "2. Looks like" not in output
    assert f"{len(alerts) - 1} more alerts not shown here" in output
