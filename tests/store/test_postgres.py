"""What only a server can do to a store: go away, be shared by many, lie behind a closed network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests import postgres_server
from tests.postgres_server import Server
from tests.store.engines import new_mail

from tocsin.app.memory import open_store
from tocsin.store.interface import StoreError, StoreLost, StoreMissing


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may stop."""
    if postgres_server.programs() is None:
        pytest.skip(f"PostgreSQL is not installed (Debian package {postgres_server.PACKAGE})")
    yield from postgres_server.serve()


def test_a_server_that_goes_away_keeps_what_was_acknowledged(own_server: Server) -> None:
    address = own_server.new_database()
    store = open_store(address, create=True)
    store.put("setting", "kept", b"1")
    own_server.stop()
    with pytest.raises(StoreLost, match="run the same command again"):
        store.put("setting", "lost", b"2")
    with pytest.raises(StoreLost):
        list(store.rows())
    store.close()
    with pytest.raises(StoreLost, match="cannot be reached"):
        open_store(address)
    own_server.start()
    again = open_store(address)
    assert dict(again.documents("setting")) == {"kept": b"1"}
    again.close()


def test_nothing_half_done_stays_when_the_server_dies_in_a_transaction(own_server: Server) -> None:
    address = own_server.new_database()
    store = open_store(address, create=True)

    def die_half_way() -> None:
        with store.transaction():
            store.put("setting", "half", b"1")
            own_server.stop()
            store.put("setting", "done", b"2")

    with pytest.raises(StoreLost):
        die_half_way()
    store.close()
    own_server.start()
    again = open_store(address)
    assert not dict(again.documents("setting"))
    again.close()


def test_an_empty_database_is_no_store(postgres_url: str) -> None:
    with pytest.raises(StoreMissing, match="holds no store"):
        open_store(postgres_url)


def test_no_message_tells_the_password() -> None:
    address = "postgresql://analyst:correct-horse@192.0.2.1:1/tocsin?connect_timeout=1"
    with pytest.raises(StoreLost) as told:
        open_store(address)
    assert "correct-horse" not in str(told.value)
    assert "192.0.2.1" in str(told.value)


def test_an_address_that_is_none_is_said(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="postgresql://"):
        open_store("postgresql://host:port:more/x?y")


def test_writers_in_two_processes_take_turns(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True)
    code = (
        "import sys\n"
        "from tocsin.app.memory import open_store\n"
        "store = open_store(sys.argv[1])\n"
        "for n in range(50):\n"
        "    with store.transaction():\n"
        "        count = int(store.get('setting', 'count') or b'0')\n"
        "        store.put('setting', 'count', b'%d' % (count + 1))\n"
        "store.close()\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, postgres_url]) for _ in range(2)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert store.get("setting", "count") == b"100"
    store.close()


def test_an_open_store_works_behind_the_closed_network_and_nothing_else_does(postgres_url: str) -> None:
    open_store(postgres_url, create=True).close()
    code = (
        "import sys\n"
        "from tocsin.app.memory import open_store\n"
        "from tocsin.app.scan import close_network\n"
        "store = open_store(sys.argv[1])\n"
        "close_network(keep=store.sockets())\n"
        "store.put('setting', 'after', b'kept')\n"
        "print(store.get('setting', 'after').decode())\n"
        "try:\n"
        "    open_store(sys.argv[1])\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
        "store.close()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, postgres_url], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.split() == ["kept", "StoreLost"]


def test_a_stream_held_over_a_write_is_refused_rather_than_lost(postgres_url: str) -> None:
    store = open_store(postgres_url, create=True)
    numbers = store.add([new_mail(number) for number in range(3)], at_s=1.0)
    stream = store.records()
    next(stream)
    with pytest.raises(StoreError, match="stream"):
        store.put("setting", "a", b"1")
    assert [number for number, _ in stream] == numbers[1:]
    store.put("setting", "a", b"1")
    assert store.get("setting", "a") == b"1"
    store.close()
