"""The tables of a store, and the way from each earlier version of them to the present one."""

from __future__ import annotations

import secrets

from tocsin.store.connection import Connection
from tocsin.store.interface import StoreDamaged, StoreError, StoreLocked, StoreLost, StoreVersion
from tocsin.store.migrations import migrate
from tocsin.store.shown import make_tables

VERSION = 3

_TABLES = """
CREATE TABLE meta (name {text} PRIMARY KEY, value {text} NOT NULL);
CREATE TABLE counters (name {text} PRIMARY KEY, value {integer} NOT NULL);
CREATE TABLE names (id {integer} PRIMARY KEY, key {bytes} NOT NULL UNIQUE, value {bytes} NOT NULL);
CREATE TABLE mails (
  number {integer} PRIMARY KEY, sha256 {bytes} NOT NULL, owner {integer} NOT NULL, mailbox {integer} NOT NULL,
  observer {integer} NOT NULL, time_s {real}, stored_s {real} NOT NULL, outgoing {integer} NOT NULL,
  raw {integer} NOT NULL, sender {bytes} NOT NULL, source {bytes} NOT NULL);
CREATE TABLE owners (owner {integer} PRIMARY KEY, mails {integer} NOT NULL);
CREATE TABLE places (number {integer}, key {bytes}, place {bytes} NOT NULL, PRIMARY KEY (number, key)){clustered};
CREATE TABLE records (number {integer} PRIMARY KEY, record {bytes} NOT NULL);
CREATE TABLE traits (number {integer} PRIMARY KEY, traits {bytes} NOT NULL);
CREATE TABLE raws (number {integer} PRIMARY KEY, raw {bytes} NOT NULL);
CREATE TABLE texts (
  block {integer} PRIMARY KEY, kind {text} NOT NULL, first {integer} NOT NULL, last {integer} NOT NULL,
  filling {integer} NOT NULL, body {bytes} NOT NULL);
CREATE INDEX texts_by_kind ON texts (kind, filling);
CREATE TABLE verdicts (
  number {integer}, version {integer}, body {bytes} NOT NULL, PRIMARY KEY (number, version)){clustered};
CREATE TABLE indicators (
  id {integer} PRIMARY KEY, key {bytes} NOT NULL UNIQUE, source {bytes} NOT NULL, searched {integer} NOT NULL,
  ways {bytes} NOT NULL, body {bytes} NOT NULL);
CREATE INDEX indicators_by_source ON indicators (source);
CREATE TABLE ways (digest {integer}, indicator {integer}, PRIMARY KEY (digest, indicator)){clustered};
CREATE TABLE hits (
  id {integer} PRIMARY KEY, meeting {bytes} NOT NULL UNIQUE, indicator {bytes} NOT NULL, number {integer} NOT NULL,
  body {bytes} NOT NULL);
CREATE INDEX hits_by_indicator ON hits (indicator);
CREATE INDEX hits_by_number ON hits (number);
CREATE TABLE documents (
  kind {text}, key {bytes}, id {bytes} NOT NULL, body {bytes} NOT NULL, PRIMARY KEY (kind, key)){clustered};
CREATE TABLE audit (entry {integer} PRIMARY KEY, body {bytes} NOT NULL, chain {bytes} NOT NULL)
"""
_COUNTERS = ("mails", "names", "texts", "indicators", "hits")


def create(connection: Connection, *, exercise: bool) -> None:
    """Make the tables of an empty store. Call inside a transaction."""
    for statement in _TABLES.format_map(connection.dialect.types).split(";"):
        connection.execute(statement)
    for statement in connection.dialect.append_only("audit"):
        connection.execute(statement)
    make_tables(connection)
    connection.executemany("INSERT INTO counters VALUES (?, 1)", [(name,) for name in _COUNTERS])
    meta = (
        ("version", str(VERSION)),
        ("id", secrets.token_hex(16)),
        ("exercise", "1" if exercise else "0"),
    )
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta)


def make_ready(connection: Connection, where: str, *, read_only: bool = False) -> None:
    """Bring the tables of an older version up to date, all or nothing.

    Raises StoreVersion for a store that this program is too old for, or that is none, and has touched nothing then.
    """
    version = _version(connection, where)
    if version > VERSION:
        raise StoreVersion(
            f"{where}: was written by a newer Tocsin (its tables are version {version}, this program knows "
            f"{VERSION}); nothing was changed. Use the newer program"
        )
    if version == VERSION:
        return
    if read_only:
        raise StoreVersion(
            f"{where}: was written by an older Tocsin (its tables are version {version}, this program has {VERSION}) "
            "and can only be read here; open it once where it may be written to"
        )
    with connection.transaction():
        version = _version(connection, where)  # somebody else may have done it while we waited
        while version < VERSION:
            version = migrate(connection, version)
        connection.execute("UPDATE meta SET value = ? WHERE name = 'version'", (str(version),))


def _version(connection: Connection, where: str) -> int:
    try:
        return int(setting(connection, "version"))
    except (StoreLocked, StoreLost, StoreDamaged):
        raise
    except (StoreError, ValueError) as error:
        raise StoreVersion(f"{where}: is no store of Tocsin; nothing was changed. Name another") from error


def setting(connection: Connection, name: str) -> str:
    """A fact about the store: "version", "id", "exercise"."""
    found = connection.fetch("SELECT value FROM meta WHERE name = ?", (name,))
    return str(found[0][0]) if found else ""
