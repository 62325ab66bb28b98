"""Stores of earlier versions go on; those of later ones are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite
from tests.store import version_1
from tests.store.engines import OWNER, Engine, new_mail, observed

from tocsin.store.connection import Connection
from tocsin.store.interface import Store, StoreVersion
from tocsin.store.schema import VERSION, setting
from tocsin.store.sqlite import SqliteConnection

# Encryption does not change the tables.
both = pytest.mark.parametrize("engine", ["sqlite-plain", "postgres"], indirect=True)


def connection_of(engine: Engine) -> Connection:
    """A connection to a database that is empty, or holds whatever it holds."""
    if engine.name == "postgres":
        from tocsin.store.postgres import PostgresConnection

        return PostgresConnection(engine.url)
    return SqliteConnection(sqlite.connect(engine.url, isolation_level=None), engine.url)


@pytest.fixture
def old(engine: Engine) -> Engine:
    """A store of version 1."""
    connection = connection_of(engine)
    with connection.transaction():
        version_1.create(connection)
    connection.close()
    return engine


def held(store: Store) -> None:
    assert [row.number for row in store.rows()] == [1, 2, 3]
    assert dict(store.records()) == {number: observed(number) for number in (1, 2, 3)}
    assert store.occurrences(1) == ("mail/1.eml", "copy.mbox#1")
    assert store.held("copy.mbox#1", observed(1).sha256, "1") == (1,)
    assert store.numbers(observed(2).sha256[:8]) == (2,)
    assert sorted(store.find([1, 2, 3, 7])) == [(1, 1), (2, 2), (3, 3), (7, 1), (7, 2), (7, 3)]
    assert list(store.texts("url", "/2.png")) == [(2, "https://beacon-2.example/p/2.png")]
    assert len(list(store.texts("subject"))) == 3
    assert store.verdicts(1) == (version_1.OPINION,)
    assert list(store.indicators("feed")) == [version_1.FOUND, version_1.SEARCHED]
    assert list(store.indicators_by_digest([1])) == [(1, version_1.FOUND)]
    assert list(store.indicators_to_search()) == [version_1.SEARCHED]
    assert list(store.hits(indicator="i-1")) == [version_1.HIT]
    assert list(store.documents("setting")) == [(version_1.LONG, b"kept")]
    assert list(store.audit_entries()) == [version_1.ENTRY]
    assert store.owners() == ((OWNER, 3),)


@both
def test_a_store_of_version_1_goes_on(old: Engine) -> None:
    store = old.open()
    held(store)
    assert store.add([new_mail(3), new_mail(4)], at_s=0.0) == [3, 4]
    assert store.add_hits([version_1.HIT]) == ()
    assert store.add_indicators([(version_1.FOUND, {1}), (version_1.SEARCHED, ())]) == (0, 0, 2)
    store.put("setting", version_1.LONG, b"changed")
    store.close()
    again = old.open()
    assert again.get("setting", version_1.LONG) == b"changed"
    assert len(list(again.rows())) == 4
    again.close()


@both
def test_a_migration_that_is_cut_off_leaves_the_old_store(
    old: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tocsin.store.migrations.Texts.add", power_cut)
        with pytest.raises(KeyboardInterrupt):
            old.open()
    connection = connection_of(old)
    assert setting(connection, "version") == "1"
    connection.close()
    store = old.open()
    held(store)
    store.close()


@both
def test_an_old_store_that_can_only_be_read_says_so(old: Engine) -> None:
    with pytest.raises(StoreVersion, match="older"):
        old.open(read_only=True)


@both
def test_a_newer_store_is_refused_and_not_touched(engine: Engine) -> None:
    engine.open(create=True).close()
    connection = connection_of(engine)
    with connection.transaction():
        connection.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(VERSION + 1),))
    connection.close()
    before = Path(engine.url).read_bytes() if engine.name == "sqlite-plain" else b""
    with pytest.raises(StoreVersion, match="newer"):
        engine.open(create=True)
    if before:
        assert Path(engine.url).read_bytes() == before


def test_an_old_store_ends_with_the_tables_of_a_new_one(tmp_path: Path) -> None:
    old, new = (Engine("sqlite-plain", str(tmp_path / name)) for name in ("old.tocsin", "new.tocsin"))
    connection = connection_of(old)
    with connection.transaction():
        version_1.create(connection)
    connection.close()
    tables = []
    for engine in (old, new):
        engine.open(create=True).close()
        connection = connection_of(engine)
        tables.append(
            {
                (str(kind), str(name)): tuple(row[1:] for row in connection.fetch(f"PRAGMA {look}({name})"))
                for kind, name in connection.fetch("SELECT type, name FROM sqlite_schema")
                for look in (f"{kind}_info",)
                if kind in ("table", "index")
            }
        )
        connection.close()
    assert tables[0] == tables[1]
