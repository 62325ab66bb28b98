"""`tocsin gate`: settings to a listening socket, processes and their limits; the only wiring of the gate."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
from pathlib import Path

import msgspec

from tocsin.app.config import Config
from tocsin.app.live.build import Live, LiveError, Log, make_folder, wanted
from tocsin.app.live.front import Front, FrontSetup
from tocsin.app.live.pool import PoolFailed
from tocsin.app.live.supervise import supervise
from tocsin.connect.guard import refuse_network
from tocsin.connect.handover import Taking
from tocsin.connect.milter import Listener, ListenError, listen

# What all mails in hand may take together before new ones are put off.
_MOST_HELD_BYTES = 512 * 1024 * 1024


class GateRequest(msgspec.Struct, frozen=True):
    """How the gate is to run: `listen` is a milter address, `socket_mode` the rights of a socket file.

    `user` is the account to go on as when started by root ("" for none). With `strip_only` fields and results that
    nobody outside may write are taken away, and nothing else is done: for the first place in a row of filters.
    """

    listen: str
    config: Config
    socket_mode: int = 0o660
    user: str = ""
    strip_only: bool = False
    mark: bool = True


def run_gate(request: GateRequest, log: Log) -> int:
    """Run until stopped; returns the exit status. Raises LiveError before anything is answered."""
    if request.strip_only:
        return _run_stripping(request, log)
    asked = wanted(request.config)
    listening = _listening(request)
    become(request.user, (asked.spool,))
    live = Live(asked, log)
    if not live.has_store:
        log("no store is named: mail is judged without history and intelligence, and nothing is kept")
    limits = FrontSetup(
        asked.largest_mail_bytes,
        _MOST_HELD_BYTES,
        authserv_id=request.config.authserv_id,
        mark=request.mark,
    )

    def front(taking: Taking) -> None:
        try:
            with live.bench() as bench:
                log(f"listening on {request.listen}")
                Front(listening, bench, taking, limits, log).run()
        except PoolFailed as error:
            log(f"stopped: {error}")
            raise SystemExit(3) from error

    status = supervise(front, live.companions(log), log)
    _unlink(request.listen)
    return status


def _run_stripping(request: GateRequest, log: Log) -> int:
    if not request.config.authserv_id:
        raise LiveError("--strip-only needs authserv_id in the settings: the id that nobody outside may use")
    listening = _listening(request)
    become(request.user, ())

    def front(taking: Taking) -> None:
        refuse_network(programs_too=True)
        limits = FrontSetup(
            1024, _MOST_HELD_BYTES, authserv_id=request.config.authserv_id, strip_only=True, mark=False
        )
        log(f"listening on {request.listen}, stripping alone")
        Front(listening, None, taking, limits, log).run()

    status = supervise(front, (), log)
    _unlink(request.listen)
    return status


def _listening(request: GateRequest) -> Listener:
    try:
        return listen(request.listen, request.socket_mode)
    except ListenError as error:
        raise LiveError(str(error)) from error


def become(user: str, folders: tuple[Path, ...]) -> None:
    """Go on as another account, which root alone may; these folders become that account's, and its home is ours."""
    if not user:
        for folder in folders:
            make_folder(folder)
        return
    if os.geteuid() != 0:
        raise LiveError(f"--user {user}: only root can go on as somebody else; start as that account instead")
    try:
        account = pwd.getpwnam(user)
    except KeyError as error:
        raise LiveError(
            f"--user {user}: there is no such account; make it first (adduser --system)"
        ) from error
    for folder in folders:
        make_folder(folder)
        os.chown(folder, account.pw_uid, account.pw_gid)
    os.setgroups([group.gr_gid for group in grp.getgrall() if user in group.gr_mem])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    # root's own home, where keys and settings would be looked for, is closed to it
    os.environ.update(HOME=account.pw_dir, USER=user, LOGNAME=user)


def _unlink(address: str) -> None:
    scheme, _, path = address.partition(":")
    if scheme == "unix":
        with contextlib.suppress(
            OSError
        ):  # its folder may belong to somebody else by now; the next start replaces it
            Path(path).unlink()
