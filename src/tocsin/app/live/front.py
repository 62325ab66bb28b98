"""The process that mail servers talk to: one thread, which never waits for a single mail.

Failure policy: whatever goes wrong with a mail, its answer is 451 and the mail server keeps it. A client that talks
nonsense loses its connection, the others go on. An answer is sent whole or not at all: the mail server takes changes
only with the last packet of it, and answers 451 itself where that does not come (milter_default_action = tempfail).
"""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from tocsin.app.live.bench import Bench, Handled, LiveMail
from tocsin.app.live.channel import Channel
from tocsin.connect.handover import Taking
from tocsin.connect.milter import Line, Listener
from tocsin.connect.milter_edits import body_changes, field_changes, raw_of, split
from tocsin.connect.milter_protocol import (
    ACCEPT,
    Aborted,
    Ended,
    Event,
    Field,
    Letter,
    ProtocolError,
    quarantine,
    refuse_for_now,
)
from tocsin.respond.tag import VERDICT_FIELD, is_ours

_LONGEST_WAIT_S = 1.0
_LAST_WORDS_S = 20.0


class FrontSetup(msgspec.Struct, frozen=True):
    """Limits of the front.

    `largest_mail_bytes` is what one mail may have to be looked into, `most_held_bytes` what all mails in hand may have
    together before new ones are put off. `authserv_id` is the id that only this house writes ("" for none).
    `strip_only` takes away what nobody else may write, and does nothing more.
    """

    largest_mail_bytes: int
    most_held_bytes: int
    most_connections: int = 1000
    authserv_id: str = ""
    strip_only: bool = False
    mark: bool = True


class _Waiting(msgspec.Struct, frozen=True):
    line: Line
    letter: Letter
    kept: tuple[Field, ...]  # without those that nobody else may write
    held_bytes: int


class Front:
    """Speaks milter on accepted connections and has each mail handled by the bench."""

    def __init__(
        self,
        listening: Listener,
        bench: Bench | None,
        taking: Taking,
        setup: FrontSetup,
        log: Callable[[str], None],
    ) -> None:
        self._listening = listening
        self._bench = bench
        self._taking = taking
        self._setup = setup
        self._log = log
        self._lines: dict[int, Line] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._tickets = 0
        self._held_bytes = 0
        self._stopping_s = 0.0

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; mail in hand is then still answered, for a while."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping_s or (self._waiting and time.monotonic() < self._stopping_s):
            self._turn()
        for line in self._lines.values():
            line.close()

    def _stop(self, number: int, frame: object) -> None:
        self._stopping_s = self._stopping_s or time.monotonic() + _LAST_WORDS_S

    def _turn(self) -> None:
        poll = select.poll()
        accepting = not self._stopping_s and len(self._lines) < self._setup.most_connections
        if accepting:
            poll.register(self._listening, select.POLLIN)
        for line in self._lines.values():
            poll.register(line.fileno(), select.POLLIN | (select.POLLOUT if line.waiting else 0))
        bench = self._bench
        wait_s = _LONGEST_WAIT_S
        if bench is not None:
            wait_s = min(wait_s, bench.due_s())
            for channel in bench.channels():
                poll.register(channel.fileno(), select.POLLIN)
                if channel.waiting:
                    poll.register(channel.write_fd, select.POLLOUT)
        poll.register(self._taking, select.POLLIN)
        ready = dict(poll.poll(wait_s * 1000))
        if self._taking.fileno() in ready:
            self._take_memory()
        if accepting and self._listening.fileno() in ready:
            self._accept()
        for fd in ready.keys() & self._lines.keys():
            self._hear(self._lines[fd])
        if bench is not None:
            for handled in bench.results():
                self._answer(handled)
            for problem in bench.problems:
                self._log(problem)
            bench.problems.clear()

    def _take_memory(self) -> None:
        fds = self._taking.take()
        if fds is not None and self._bench is not None:
            self._bench.connect(Channel(*fds))

    def _accept(self) -> None:
        while len(self._lines) < self._setup.most_connections:
            line = self._listening.accept(self._setup.largest_mail_bytes)
            if line is None:
                return
            self._lines[line.fileno()] = line

    def _hear(self, line: Line) -> None:
        held = line.session.held_bytes
        try:
            if line.waiting:
                line.flush()
            for event in line.events():
                self._take(line, event)
        except ProtocolError as error:
            self._log(f"a client was cut off, which sent {error}")
            line.closed = True
        except Exception as error:  # noqa: BLE001  (the boundary: one mail must not end the gate; its server keeps it)
            self._log(
                f"a mail could not be taken in, and was left to its server ({type(error).__name__}: {error})"
            )
            line.closed = True
        self._held_bytes += line.session.held_bytes - held
        if line.closed:
            self._drop(line)
        elif self._held_bytes > self._setup.most_held_bytes:
            self._log("too much mail in hand at once; a connection was put off")
            line.answer([refuse_for_now("Too much mail at once; try again later")])
            self._drop(line)

    def _drop(self, line: Line) -> None:
        self._held_bytes -= line.session.held_bytes
        if line.ticket:
            self._forget(line.ticket)
        del self._lines[line.fileno()]
        line.close()

    def _forget(self, ticket: int) -> None:
        waiting = self._waiting.pop(ticket)
        waiting.line.ticket = 0
        self._held_bytes -= waiting.held_bytes

    def _take(self, line: Line, event: Event) -> None:
        if isinstance(event, Ended):
            line.closed = True
        elif isinstance(event, Aborted):
            if line.ticket:
                self._forget(line.ticket)
        elif isinstance(event, Letter):
            if line.ticket:
                raise ProtocolError("a second mail before the first was answered")
            self._begin(line, event)

    def _begin(self, line: Line, letter: Letter) -> None:
        session = line.session
        kept = tuple(self._kept(letter))
        bench = self._bench
        if bench is None:
            line.answer([*field_changes(letter.fields, kept), ACCEPT])
            return
        original = raw_of(letter, leading_space=session.leading_space)
        changed = len(kept) != len(letter.fields)
        raw = raw_of(letter, kept, leading_space=session.leading_space) if changed else b""
        self._tickets += 1
        line.ticket = self._tickets
        self._waiting[line.ticket] = _Waiting(line, letter, kept, len(original) * 2)
        self._held_bytes += len(original) * 2
        bench.submit(
            LiveMail(
                line.ticket,
                original,
                letter.recipients,
                time.time(),
                raw,
                letter.sender,
                source=f"gate#{letter.macros.get('i', line.ticket)}",
                mailbox="gate",
                too_large=letter.truncated,
            )
        )

    def _kept(self, letter: Letter) -> Iterator[Field]:
        for field in letter.fields:
            name, value = field.name.decode("latin-1"), field.value.decode("latin-1")
            if not is_ours(name, value, self._setup.authserv_id):
                yield field

    def _answer(self, handled: Handled) -> None:
        waiting = self._waiting.get(handled.ticket)
        if waiting is None:  # the mail server gave up meanwhile, and keeps the mail
            return
        line = waiting.line
        self._forget(handled.ticket)
        try:
            packets = list(self._packets(waiting, handled))
        except Exception as error:  # noqa: BLE001  (as above)
            self._log(f"a mail could not be answered for ({type(error).__name__}: {error})")
            packets = [refuse_for_now("Tocsin cannot handle this mail now; try again later")]
        line.answer(packets)
        self._log(_line_of(waiting.letter, handled))
        if line.closed:
            self._drop(line)

    def _packets(self, waiting: _Waiting, handled: Handled) -> Iterable[bytes]:
        if handled.failed:
            return [refuse_for_now("Tocsin cannot keep the original of this mail now; try again later")]
        letter, leading_space = waiting.letter, waiting.line.session.leading_space
        gap = b" " if leading_space else b""
        fields, body = waiting.kept, letter.body
        packets: list[bytes] = []
        if handled.defused is not None:
            fields, body = split(handled.defused.raw, leading_space=leading_space)
            packets.extend(body_changes(letter.body, body))
        if handled.action != "pass" and self._setup.mark:
            fields = (Field(VERDICT_FIELD.encode(), gap + handled.tag.encode("ascii", "replace")), *fields)
        packets.extend(field_changes(letter.fields, fields))
        if handled.action == "quarantine":
            packets.append(quarantine(f"Tocsin: {handled.kind}, sha256 {handled.sha256}"))
        packets.append(ACCEPT)
        return packets


def _line_of(letter: Letter, handled: Handled) -> str:
    """One line for the log: ids, counts and words of ours alone."""
    queue_id = "".join(c for c in letter.macros.get("i", "") if c.isalnum())[:40]
    if handled.failed:
        return f"{queue_id}: put off: {handled.failed}"
    opinions = handled.opinions
    without = f", {opinions.history}" if opinions is not None and opinions.history else ""
    done = (
        f", {sum(one.count for one in handled.defused.done)} changes" if handled.defused is not None else ""
    )
    return f"{queue_id}: {handled.action} ({handled.kind}{done}{without}) {handled.sha256}"
