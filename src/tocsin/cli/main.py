"""The command line: commands are loaded when they are called, so that starting stays quick."""

from __future__ import annotations

import sys
from importlib import import_module

from tocsin import __version__

COMMANDS = {
    "scan": "Read mailboxes, find mail that phones home, and explain each alert.",
    "explain": "Show everything known about one mail, with the places it rests on.",
    "intel": "Take in what others know to be hostile, and hunt for it in all mail that is kept.",
    "hunt": "Search all mail that is kept for all intelligence that is kept.",
    "campaigns": "Show mails that hang together and why; join and part them.",
    "targets": "List who was sent a campaign's mails; give each domain's owner their part of it.",
    "report": "Tell one campaign to targets, press, decision-makers or colleagues: one page, four languages.",
    "attribute": "Weigh who may be behind a campaign: hypotheses, evidence, limits, and what others say.",
    "actors": "Show what is published of actors' mail, each statement with its source; check profiles of your own.",
    "claims": "Keep who said what about whom, in which words: quoted, never counted.",
    "analysts": "Enter who may sign judgements.",
    "judgements": "Sign who is behind a campaign, beside what the machine says.",
    "incidents": "Keep what else happened, for the timelines of campaigns.",
    "people": "List the people who are protected: addresses, languages, ways to reach them, who reads along.",
    "exposure": "Say what mails could have shown their sender about each reader, and what is not known.",
    "cases": "Look after a campaign or mail: owner, tasks, clocks, who was told, custody, timeline.",
    "notify": "Draft what each person may be told of a campaign or a mail, in their language.",
    "notices": "Sign, print, send and follow notices; check the code that a caller reads out.",
    "releases": "Keep what the source of a marked fact let out, to whom.",
    "store": "Say what is kept and who looked at it; export or erase what is held on one person.",
    "defuse": "Take out of one mail what phones home; the original is kept sealed.",
    "gate": "Judge mail on its way in, as a filter of the mail server, and defuse or hold it by policy.",
    "watch": "Follow mailboxes on IMAP servers and judge each mail that arrives.",
    "restore": "Give back the original of a mail that was defused.",
    "export": "Hand campaigns and intelligence on to other programs: STIX, MISP, tables.",
    "rules": "Prove rules of your own by their examples, and count what they hit.",
    "exercise": "Write labelled practice mailboxes with fictional people and outlets.",
}

GUIDE = """\
Tocsin finds mail whose real job is to phone home. It reads copies of mail; it contacts nothing.

Get your mail out without opening it (don't click, answer, or delete anything):
  Gmail         takeout.google.com, choose Mail only, download the .zip
  Thunderbird   quit it; the profile folder holds Inbox and Sent as files
  Outlook       File > Open & Export > Import/Export > Export to a file > .pst
  Apple Mail    select the mailbox, then Mailbox > Export Mailbox…
  one mail      save it as .eml or .msg ("Save as", "Show original > Download")

Then:  tocsin scan FILE-OR-FOLDER --html report.html
       tocsin explain MAIL.eml        tocsin exercise january -o practice        tocsin --help
"""


def main() -> None:
    """Run a command and leave with its exit code."""
    arguments = sys.argv[1:]
    if not arguments:
        sys.stdout.write(GUIDE)
        return
    if arguments == ["--version"]:  # no need to load the command-line library for this
        sys.stdout.write(f"tocsin {__version__}\n")
        return
    import click

    from tocsin.cli.edge import guarded, prepare

    class Commands(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in COMMANDS:
                return None
            command = import_module(f"tocsin.cli.{cmd_name}").command
            if not isinstance(command, click.Command):
                raise TypeError(f"tocsin.cli.{cmd_name}.command is not a command")
            return command

        def resolve_command(
            self, ctx: click.Context, args: list[str]
        ) -> tuple[str | None, click.Command | None, list[str]]:
            if args and args[0] not in COMMANDS and not args[0].startswith("-"):
                from difflib import get_close_matches

                close = get_close_matches(args[0], COMMANDS, 1)
                hint = f" Did you mean {close[0]!r}?" if close else f" Commands: {', '.join(COMMANDS)}."
                ctx.fail(f"There is no command {args[0]!r}.{hint}")
            return super().resolve_command(ctx, args)

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Commands"):
                formatter.write_dl(list(COMMANDS.items()))

    @click.group(cls=Commands, help="Find mail whose real job is to phone home. Contacts nothing.")
    @click.version_option(__version__, prog_name="tocsin", message="%(prog)s %(version)s")
    def tocsin() -> None:
        pass

    prepare()
    sys.exit(guarded(lambda: tocsin(prog_name="tocsin", standalone_mode=False)))
