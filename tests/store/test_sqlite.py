"""What an SQLite store does beyond the contract: keys, files, disks, other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite
from tests.store.engines import Engine, new_mail, observed

from tocsin.app.memory import open_store
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import (
    Store,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreMissing,
    StoreVersion,
)
from tocsin.store.sqlite_file import open_sqlite

WORD = "unmistakable"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.tocsin"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tocsin" / "keys"


def make(path: Path, *, plain: bool = False, mails: int = 1) -> None:
    store = open_sqlite(path, create=True, plain=plain)
    store.add([new_mail(number, subject=f"{WORD} {number}") for number in range(1, mails + 1)], at_s=0.0)
    store.put("setting", WORD, b"x")
    store.close()


def files(path: Path) -> bytes:
    """All bytes on disk: the file, its log and what is beside it."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob("store.tocsin*")))


# Keys -------------------------------------------------------------------------------------------------------


def test_a_store_is_encrypted_unless_told_otherwise(path: Path, keys: Path) -> None:
    make(path)
    assert WORD.encode() not in files(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (key,) = keys.iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    assert keys.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes()[:16].hex() == key.stem
    plain = path.with_name("plain.tocsin")
    make(plain, plain=True)
    assert WORD.encode() in plain.read_bytes()
    assert len(list(keys.iterdir())) == 1


def test_a_store_can_be_moved_and_opens_with_its_key(path: Path) -> None:
    make(path)
    moved = path.with_name("moved.tocsin")
    path.rename(moved)
    store = open_sqlite(moved)
    assert store.encrypted
    assert len(list(store.rows())) == 1
    store.close()


def test_a_lost_key(path: Path, keys: Path) -> None:
    make(path)
    (key,) = keys.iterdir()
    text = key.read_text()
    key.unlink()
    with pytest.raises(StoreLocked, match="key is not here"):
        open_sqlite(path)
    key.write_text(text)
    key.chmod(0o600)
    open_sqlite(path).close()


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [("ab" * 32, 0o600, "wrong"), ("abc", 0o600, "64"), ("", 0o600, "64"), (None, 0o644, "chmod 600")],
    ids=("wrong", "short", "empty", "open to others"),
)
def test_a_key_that_does_not_do(path: Path, keys: Path, text: str | None, mode: int, expected: str) -> None:
    make(path)
    before = path.read_bytes()
    (key,) = keys.iterdir()
    if text is not None:
        key.write_text(text)
    key.chmod(mode)
    with pytest.raises(StoreLocked, match=expected):
        open_sqlite(path)
    assert path.read_bytes() == before


def test_a_key_file_of_ones_own(path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = path.with_name("my.key")
    monkeypatch.setenv("TOCSIN_KEY_FILE", str(own))
    make(path)
    assert own.stat().st_mode & 0o777 == 0o600
    assert not keys.exists()
    second = path.with_name("second.tocsin")
    make(second)
    open_sqlite(path).close()
    own.unlink()
    with pytest.raises(StoreLocked, match=r"my\.key"):
        open_sqlite(path)


def test_a_keyring_that_answers_keeps_the_key(path: Path, keys: Path, tmp_path: Path) -> None:
    """A keyring of the test's own, named as the keyring library has it named."""
    (tmp_path / "own_keyring.py").write_text(
        "import json, pathlib\n"
        "from keyring.backend import KeyringBackend\n"
        f"FILE = pathlib.Path({str(tmp_path / 'ring.json')!r})\n"
        "class Ring(KeyringBackend):\n"
        "    priority = 5\n"
        "    def _all(self): return json.loads(FILE.read_text()) if FILE.exists() else {}\n"
        "    def get_password(self, service, name): return self._all().get(service + name)\n"
        "    def set_password(self, service, name, value):\n"
        "        FILE.write_text(json.dumps(self._all() | {service + name: value}))\n"
    )
    code = (
        "from pathlib import Path; from tocsin.store.sqlite_file import open_sqlite\n"
        f"open_sqlite(Path({str(path)!r}), create=True).close()\n"
        f"print(open_sqlite(Path({str(path)!r})).encrypted)"
    )
    surroundings = {**os.environ, "PYTHON_KEYRING_BACKEND": "own_keyring.Ring", "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("True\n", "")
    assert not keys.exists()
    with pytest.raises(StoreLocked, match="keyring"):
        open_sqlite(path)


@pytest.mark.parametrize("address", [None, "unix:path=/nonexistent/bus"])
def test_without_a_keyring_the_key_lies_in_a_file(
    path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    make(path)
    assert len(list(keys.iterdir())) == 1
    open_sqlite(path).close()


# What is no store, or none any more --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b.example\r\n\r\nA mail, and no store at all.",
        b"\x00\xff" * 100,
        b"SQLite format 3\0" + b"x" * 4080,
    ],
    ids=("text", "bytes", "half a database"),
)
def test_what_is_no_store_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises((StoreVersion, StoreDamaged)):
        open_sqlite(path, create=True)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    database = sqlite.connect(str(path))
    database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.commit()
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreVersion, match="no store of Tocsin"):
        open_sqlite(path, create=True)
    assert path.read_bytes() == before


def test_there_is_none_and_none_may_be_made(path: Path) -> None:
    path.touch()
    for place in (path, path.with_name("nothing.tocsin")):
        with pytest.raises(StoreMissing):
            open_sqlite(place)
    with pytest.raises(StoreError):
        open_sqlite(path.parent, create=True)
    with pytest.raises(StoreError):
        open_sqlite(path / "below a file", create=True)


@pytest.mark.parametrize("url", ["mysql://host/db", "", "sqlite:"])
def test_addresses_of_no_store(url: str) -> None:
    with pytest.raises(StoreError, match="postgresql://"):
        open_store(url, create=True)


def test_a_damaged_store_says_so(path: Path) -> None:
    make(path, plain=True, mails=400)
    data = bytearray(path.read_bytes())
    data[4096 * 3 :] = b"\xa5" * (len(data) - 4096 * 3)
    path.write_bytes(data)

    def read_all() -> None:
        store = open_sqlite(path)
        try:
            list(store.records())
            list(store.texts("url"))
        finally:
            store.close()

    with pytest.raises(StoreDamaged, match="backup"):
        read_all()


def test_an_encrypted_store_of_which_a_byte_changed_says_so(path: Path) -> None:
    make(path, mails=400)
    data = bytearray(path.read_bytes())
    for page in range(4096 * 4, len(data), 4096):
        data[page + 100] ^= 1
    path.write_bytes(data)
    store = open_sqlite(path)
    with pytest.raises(StoreDamaged):
        list(store.records())
    store.close()


def test_an_audit_that_was_tampered_with_says_so(path: Path) -> None:
    make(path, plain=True)
    store = open_sqlite(path)
    for number in range(3):
        store.audit(AuditEntry(float(number), "ana", "read", (1,)))
    database = sqlite.connect(str(path), isolation_level=None)
    for change in ("UPDATE audit SET body = x'00'", "DELETE FROM audit"):
        with pytest.raises(sqlite.DatabaseError, match="cannot be changed"):
            database.execute(change)
    database.execute("DROP TRIGGER audit_no_delete")
    database.execute("DELETE FROM audit WHERE entry = 3")
    with pytest.raises(StoreError, match="entry 3"):
        list(store.audit_entries())
    database.execute("DELETE FROM audit WHERE entry = 1")
    with pytest.raises(StoreError, match="entry 1"):
        list(store.audit_entries())
    database.close()
    store.close()


# Disks, permissions, other writers ---------------------------------------------------------------------------


def test_a_full_disk_loses_nothing(path: Path) -> None:
    make(path, plain=True)
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.store.engines import new_mail\n"
        "from tocsin.store.interface import StoreLost\n"
        "from tocsin.store.sqlite_file import open_sqlite\n"
        f"store = open_sqlite(Path({str(path)!r}))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "kept = 1\n"
        "try:\n"
        "    for first in range(2, 10**6, 200):\n"
        "        store.add([new_mail(n, subject=str(n) * 300) for n in range(first, first + 200)], at_s=0.0)\n"
        "        kept += 200\n"
        "except StoreLost as error:\n"
        "    print(kept, error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    kept, _, message = run.stdout.partition(" ")
    assert run.stderr == ""
    assert int(kept) > 200
    assert "nothing half-done was kept" in message
    store = open_sqlite(path)
    assert len(list(store.records())) == len(list(store.rows())) == int(kept)
    store.add([new_mail(10**6)], at_s=0.0)
    store.close()


def test_a_second_writer_waits_and_then_says_so(path: Path) -> None:
    make(path, plain=True)
    first, second = open_sqlite(path), open_sqlite(path, wait_s=0.1)
    with first.transaction():
        first.add([new_mail(2)], at_s=0.0)
        with pytest.raises(StoreLocked, match="another process writes"):
            second.add([new_mail(3)], at_s=0.0)
        assert len(list(second.rows())) == 1
    second.add([new_mail(3)], at_s=0.0)
    assert len(list(first.rows())) == 3
    first.close()
    second.close()


def test_two_that_make_one_store_share_it(path: Path) -> None:
    code = (
        "from pathlib import Path; from tests.store.engines import new_mail\n"
        "from tocsin.store.sqlite_file import open_sqlite\n"
        f"store = open_sqlite(Path({str(path)!r}), create=True)\n"
        "store.add([new_mail(int(__import__('sys').argv[1]))], at_s=0.0)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(number)]) for number in (1, 2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    store = open_sqlite(path)
    assert len(list(store.rows())) == 2
    store.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["data", "store.tocsin"]


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to become somebody else")
def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    path = place / "store.tocsin"
    make(path, plain=True)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder.parts[:3] != ("/",):
            folder.chmod(folder.stat().st_mode | 0o055)
    place.chmod(0o755)
    path.chmod(0o644)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.store.engines import new_mail\n"
        "from tocsin.store.interface import StoreError\n"
        "from tocsin.store.sqlite_file import open_sqlite\n"
        "open_sqlite(Path(sys.argv[1]), create=True, plain=True).close()  # all that is imported, while it can be\n"
        "os.setuid(65534)\n"
        f"path = Path({str(path)!r})\n"
        "print(len(list(open_sqlite(path, read_only=True).rows())))\n"
        "for attempt in (lambda: open_sqlite(path).add([new_mail(2)], at_s=0.0),\n"
        "                lambda: open_sqlite(path.with_name('new'), create=True, plain=True)):\n"
        "    try:\n"
        "        attempt()\n"
        "    except StoreError as error:\n"
        "        print(type(error).__name__)\n"
    )
    other = str(tmp_path / "other.tocsin")
    run = subprocess.run([sys.executable, "-c", code, other], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("1\nStoreLost\nStoreLost\n", "")


# Erasure ----------------------------------------------------------------------------------------------------


def test_what_is_erased_is_in_no_byte_of_the_file(path: Path) -> None:
    token, address = "tok3n-of-one-person", "person@parliament.example"
    store = open_sqlite(path, create=True, plain=True)
    others = [new_mail(number) for number in range(1, 200)]
    (number,) = store.add(
        [
            new_mail(
                999,
                owner=address,
                mailbox=f"boxes/{address}",
                source=f"boxes/{address}/1.eml",
                subject=f"For {address} {token}",
            )
        ],
        at_s=0.0,
    )
    store.add(others, at_s=0.0)
    store.keep_raw(number, f"To: {address}\n\nhttps://beacon.example/{token}".encode())
    database = sqlite.connect(str(path))
    pieces = [
        bytes(value)[8:40]
        for table, column in (("records", "record"), ("raws", "raw"))
        for (value,) in database.execute(f"SELECT {column} FROM {table} WHERE number = {number}")
    ]
    blocks = [bytes(body)[8:40] for (body,) in database.execute("SELECT body FROM texts")]
    database.close()
    assert address.encode() in files(path)
    assert all(piece in files(path) for piece in pieces)
    assert store.erase([number]) == 1
    left = files(path)
    for piece in (token.encode(), address.encode(), *pieces, *blocks):
        assert piece not in left
    assert len(list(store.records())) == 199
    assert len(list(store.texts("url", "beacon-7.example"))) == 1
    store.close()


def test_erasing_while_another_reads_says_that_the_log_still_has_it(path: Path) -> None:
    make(path, plain=True, mails=5)
    store, reader = open_sqlite(path, wait_s=0.1), sqlite.connect(str(path), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM mails").fetchall()
    with pytest.raises(StoreLocked, match="log"):
        store.erase([1])
    assert observed(1).sha256 not in [row.sha256 for row in store.rows()]
    reader.close()
    store.put("setting", "a", b"")
    assert path.with_name("store.tocsin-wal").stat().st_size == 0
    store.close()


def test_nothing_is_left_behind_in_the_folder(path: Path) -> None:
    make(path)
    assert [file.name for file in path.parent.iterdir() if file.name != "data"] == ["store.tocsin"]


def test_a_store_of_every_engine_names_itself_without_secrets(tmp_path: Path) -> None:
    store: Store = Engine("sqlite-plain", f"sqlite:{tmp_path / 'a b?.tocsin'}").open(create=True)
    assert store.url == str(tmp_path / "a b?.tocsin")
    assert store.sockets() == ()
    store.close()
