"""Published actors as people read them: names, what was said of their mail, and who said it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.actor import Actor, ActorCheck, ActorName, Profiles, Source, Statement
from tocsin.render import words
from tocsin.render.shown import place, shown, visible

LIMITS = (
    "These are vendors' opinions on what was public, not a sample of mail: what is published of one actor often "
    "fits others too."
)
_TITLES = {
    "sign": "Its mail, as published",
    "observable": "Told, for people to compare",
    "technique": "Techniques (ATT&CK)",
    "infrastructure": "Infrastructure",
    "theme": "Themes",
    "target": "Who was written to",
}
_SHOWN_PROBLEMS = 10
_SHOWN_STATEMENTS = 60  # of one kind
_SHOWN_SOURCES = 80
_SHOWN_NAMES = 40
_CALLED = 6  # other names in a line of the list


def render_list(profiles: Profiles) -> Iterator[RenderableType]:
    """Yield a line for each actor, then what was odd about their names."""
    yield Text.assemble("\n", (f"{words.count(len(profiles.actors), 'published actor')}", "bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), expand=True)
    table.add_column("Actor", overflow="fold", max_width=22)
    table.add_column("Also called", min_width=24, ratio=1)
    table.add_column("Said", justify="right", no_wrap=True)
    table.add_column("Newest", no_wrap=True)
    for actor in profiles.actors:
        names = [name for name in actor.names if name.name != actor.name]
        called = [visible(name.name) + ("\u00a0?" if name.ambiguous else "") for name in names[:_CALLED]]
        called += [f"{len(names) - _CALLED:,} more"] if len(names) > _CALLED else []
        table.add_row(
            Text(shown(actor.id, 60), style="bold"),
            Text(", ".join(called)),
            f"{len(actor.statements):,}",
            visible(newest(actor)) or "undated",
        )
    yield Padding(table, (0, 0, 0, 3))
    yield from _problems(profiles.problems)
    yield _line("?: ambiguous. Said: how many statements. Newest: the date of the newest source.", "dim")
    yield _line(LIMITS, "dim")
    yield _line("More on one: tocsin actors show ACTOR", "dim")


def render_actor(actor: Actor) -> Iterator[RenderableType]:
    """Yield everything about one actor, sources numbered at the end."""
    kind = "criminal" if actor.kind == "criminal" else "actor"
    yield Text.assemble("\n", (shown(actor.name), "bold"), f"  {shown(actor.id, 100)}  ({kind})")
    if actor.note:
        yield _line(shown(actor.note, 1_000))
    if actor.references:
        yield _line(", ".join(f"{kind} {visible(value)}" for kind, value in actor.references[:20]), "dim")
    own = [name for name in actor.names if name.name != actor.name or name.ambiguous]
    if own:
        yield Text("\nNames", style="bold")
        for name in own[:_SHOWN_NAMES]:
            yield _line(name_line(name))
        if len(own) > _SHOWN_NAMES:
            yield _line(f"and {len(own) - _SHOWN_NAMES:,} more; --json lists them all", "dim")
    numbers: dict[Source, int] = {}
    for kind, title in _TITLES.items():
        some = [one for one in actor.statements if one.kind == kind]
        if not some:
            continue
        yield Text(f"\n{title}", style="bold")
        rows = list(_rows(some))
        for values, statement in rows[:_SHOWN_STATEMENTS]:
            yield _statement(values, statement, numbers)
        if len(rows) > _SHOWN_STATEMENTS:
            yield _line(f"and {len(rows) - _SHOWN_STATEMENTS:,} more; --json lists them all", "dim")
    if numbers:
        yield Text("\nSources", style="bold")
    for source, number in list(numbers.items())[:_SHOWN_SOURCES]:
        said = ", ".join(filter(None, (shown(source.publisher), visible(source.date) or "undated")))
        yield _line(f"[{number}] {said}: {shown(source.title)}")
        if source.url:
            yield Padding(Text(shown(source.url, 400), style="dim"), (0, 0, 0, 7))
    if len(numbers) > _SHOWN_SOURCES:
        yield _line(f"and {len(numbers) - _SHOWN_SOURCES:,} more; --json lists them all", "dim")
    yield Text("")
    yield _line(LIMITS, "dim")


def render_checked(checked: ActorCheck) -> Iterator[RenderableType]:
    """Yield whether files of profiles can be used, and every mistake in them."""
    if checked.mistakes:
        said = (
            f"{words.count(len(checked.mistakes), 'mistake')}: nothing of it is used until they are mended."
        )
        yield Text.assemble("\n", (said, "bold red"))
        for mistake in checked.mistakes:
            yield _line(shown(mistake, 600))
    else:
        said = (
            f"{words.count(checked.statements, 'statement')} on {words.count(len(checked.actors), 'actor')}"
        )
        yield Text.assemble("\n", (f"{said}: can be used.", "bold"))
        if checked.adds_to:
            yield _line("adds to " + _few(checked.adds_to))
        new = [id_ for id_ in checked.actors if id_ not in checked.adds_to]
        if new:
            yield _line("new or in place of a shipped one: " + _few(new))
    yield from _problems(checked.notes)


def name_line(name: ActorName) -> str:
    """One name, who uses it, and who else is called so."""
    text = shown(name.name, 100) + (f" ({shown(name.by, 200)})" if name.by else "")
    if name.ambiguous:
        others = ", ".join(shown(one, 100) for one in name.also)
        text += (
            f": several actors are called so: {others}" if others else ": ambiguous, says nothing by itself"
        )
    elif name.also:
        text += ": used for this actor first, and for " + ", ".join(shown(one, 100) for one in name.also)
    if name.note:
        text += f". {shown(name.note, 400)}" if name.also or name.ambiguous else f": {shown(name.note, 400)}"
    return text


def newest(actor: Actor) -> str:
    """The date of the newest source, "" where none has one."""
    return max((source.date for one in actor.statements for source in one.sources), default="")


def _rows(statements: Sequence[Statement]) -> Iterator[tuple[list[str], Statement]]:
    """Statements that differ in their value alone as one."""
    rows: dict[tuple[object, ...], tuple[list[str], Statement]] = {}
    for one in statements:
        key = (one.text, one.sources, one.denied, one.until)
        rows.setdefault(key, ([], one))[0].append(one.value)
    yield from rows.values()


def _statement(values: list[str], one: Statement, numbers: dict[Source, int]) -> RenderableType:
    marks = [numbers.setdefault(source, len(numbers) + 1) for source in one.sources]
    named = ", ".join(shown(value.removeprefix("sector:").removeprefix("country:"), 120) for value in values)
    until = f" (until {visible(one.until)})" if one.until else ""
    return Padding(
        Text.assemble(
            ("not its habit: " if one.denied else "", "yellow"),
            (f"{named}  " if named else "", "bold"),
            shown(one.text, 1_000),
            until,
            (f"  [{', '.join(map(str, marks))}]" if marks else "  [no source]", "dim"),
        ),
        (0, 0, 0, 3),
    )


def _problems(problems: Sequence[str]) -> Iterator[RenderableType]:
    for problem in problems[:_SHOWN_PROBLEMS]:
        yield _line(place(problem) if len(problem) < 600 else shown(problem, 600), "yellow")
    if len(problems) > _SHOWN_PROBLEMS:
        yield _line(f"and {len(problems) - _SHOWN_PROBLEMS:,} more; --json tells them all", "yellow")


def _few(ids: Sequence[str]) -> str:
    return ", ".join(words.capped([shown(one, 60) for one in ids], 20, "more actor", "more actors"))


def _line(text: str, style: str = "") -> RenderableType:
    return Padding(Text(text, style=style), (0, 0, 0, 3))
