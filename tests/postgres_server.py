"""A PostgreSQL server of the tests' own: a private cluster on a socket in a folder, gone when the tests end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

PACKAGE = "postgresql"


def programs() -> Path | None:
    """The folder with initdb and pg_ctl: Debian keeps it off the path, one for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[4].zfill(4))
    if found:
        return found[-1].parent
    beside = shutil.which("initdb")
    return Path(beside).resolve().parent if beside else None


class Server:
    """A running cluster. PostgreSQL refuses to run as root, so that root runs it as the user postgres."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self._binaries = binaries
        self._run("initdb", "-D", self._data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._databases = 0
        self.start()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120, cwd=self.folder)

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c shared_buffers=32MB"
        self._run(
            "pg_ctl", "-D", self._data, "-o", options, "-l", str(self.folder / "log"), "-w", "-s", "start"
        )

    def stop(self) -> None:
        """Stop as a failing machine would: whoever is connected loses the connection."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "-s", "stop")

    def new_database(self) -> str:
        """Make an empty database; returns its address, as --store takes it."""
        self._databases += 1
        name = f"tocsin_{self._databases}"
        self._run("createdb", "-h", str(self.folder), "-U", self.user, name)
        return f"postgresql://{self.user}@/{name}?host={quote(str(self.folder), safe='')}"

    @property
    def user(self) -> str:
        return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def serve() -> Iterator[Server]:
    """Start a server, and stop and remove it afterwards. Call only where `programs` finds any."""
    binaries = programs()
    assert binaries is not None
    # Socket paths may have 107 bytes at most, which pytest's own folders pass.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    if os.geteuid() == 0:
        postgres = pwd.getpwnam("postgres")
        os.chown(folder, postgres.pw_uid, postgres.pw_gid)
    server = None
    try:
        server = Server(folder, binaries)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
