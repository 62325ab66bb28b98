"""A store as version 1 of the tables had it, with something in every one of them."""

from __future__ import annotations

from array import array

from tests.store.engines import OWNER, VERDICT, new_mail

from tocsin.model.intel import Comparison, Hit, Indicator
from tocsin.model.observable import Observable
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry, VerdictVersion
from tocsin.store.audit import Audit
from tocsin.store.codec import Codec
from tocsin.store.connection import Connection, key_of

LONG = "n" * 2000  # longer than an index of PostgreSQL would take, uncompressed
PATTERN = Comparison("host", "=", ("evil.example",))
FOUND = Indicator("i-1", "feed", PATTERN, "[...]")
SEARCHED = Indicator("i-2", "feed", Comparison("url", "like", ("%/p/%",)), "[...]")
HIT = Hit("i-1", 1, "host", Observable("host", "evil.example"), 9.0)
OPINION = VerdictVersion(1, 1, 5.0, "first", "first look", VERDICT)
ENTRY = AuditEntry(1.0, "ana", "observe", (1, 3), through=True)
MAILS = 3

TABLES = """
CREATE TABLE meta (name {text} PRIMARY KEY, value {text} NOT NULL);
CREATE TABLE counters (name {text} PRIMARY KEY, value {integer} NOT NULL);
CREATE TABLE names (id {integer} PRIMARY KEY, value {bytes} NOT NULL UNIQUE);
CREATE TABLE mails (
  number {integer} PRIMARY KEY, sha256 {bytes} NOT NULL, owner {integer} NOT NULL, mailbox {integer} NOT NULL,
  observer {integer} NOT NULL, time_s {real}, stored_s {real} NOT NULL, outgoing {integer} NOT NULL,
  raw {integer} NOT NULL, sender {bytes} NOT NULL, source {bytes} NOT NULL);
CREATE INDEX mails_by_sha256 ON mails (sha256);
CREATE TABLE places (number {integer}, place {bytes}, PRIMARY KEY (number, place)){clustered};
CREATE TABLE records (number {integer} PRIMARY KEY, record {bytes} NOT NULL);
CREATE TABLE traits (number {integer} PRIMARY KEY, traits {bytes} NOT NULL);
CREATE TABLE raws (number {integer} PRIMARY KEY, raw {bytes} NOT NULL);
CREATE TABLE shown (digest {integer}, number {integer}, PRIMARY KEY (digest, number)){clustered};
CREATE INDEX shown_by_number ON shown (number);
CREATE TABLE texts (
  number {integer}, kind {text}, value {bytes}, PRIMARY KEY (number, kind, value)){clustered};
CREATE TABLE verdicts (
  number {integer}, version {integer}, body {bytes} NOT NULL, PRIMARY KEY (number, version)){clustered};
CREATE TABLE indicators (
  id {integer} PRIMARY KEY, name {bytes} NOT NULL UNIQUE, source {bytes} NOT NULL, searched {integer} NOT NULL,
  ways {bytes} NOT NULL, body {bytes} NOT NULL);
CREATE INDEX indicators_by_source ON indicators (source);
CREATE TABLE ways (digest {integer}, indicator {integer}, PRIMARY KEY (digest, indicator)){clustered};
CREATE TABLE hits (
  id {integer} PRIMARY KEY, meeting {bytes} NOT NULL UNIQUE, indicator {bytes} NOT NULL, number {integer} NOT NULL,
  body {bytes} NOT NULL);
CREATE INDEX hits_by_indicator ON hits (indicator);
CREATE INDEX hits_by_number ON hits (number);
CREATE TABLE documents (kind {text}, id {bytes}, body {bytes} NOT NULL, PRIMARY KEY (kind, id)){clustered};
CREATE TABLE audit (entry {integer} PRIMARY KEY, body {bytes} NOT NULL, chain {bytes} NOT NULL)
"""


def create(connection: Connection) -> None:
    """Make such a store: three mails of one owner, the first found in two places."""
    for statement in TABLES.format_map(connection.dialect.types).split(";"):
        connection.execute(statement)
    for statement in connection.dialect.append_only("audit"):
        connection.execute(statement)
    _put(connection, "meta", ("version", "1"), ("id", "0" * 32), ("exercise", "0"))
    counters = {"mails": 4, "names": 4, "indicators": 3, "hits": 2}
    _put(connection, "counters", *counters.items())
    _put(connection, "names", *enumerate((OWNER.encode(), b"mail", b"1"), start=1))
    record = Codec(Observed).pack
    for number in range(1, MAILS + 1):
        mail = new_mail(number)
        sha256 = bytes.fromhex(mail.observed.sha256)
        row = (
            number,
            sha256,
            1,
            2,
            3,
            mail.observed.date_s,
            50.0,
            0,
            0,
            b"press@outlet.example",
            mail.observed.source.encode(),
        )
        _put(connection, "mails", row)
        _put(connection, "records", (number, record(mail.observed)))
        _put(connection, "traits", (number, mail.traits))
        _put(connection, "shown", *((digest, number) for digest in mail.digests))
        _put(connection, "texts", *((number, kind, value.encode()) for kind, value in mail.texts))
    _put(connection, "places", (1, b"copy.mbox#1"))
    _put(connection, "verdicts", (1, 1, Codec(VerdictVersion).pack(OPINION)))
    pack = Codec(Indicator).pack
    ways = array("q", [1]).tobytes()
    _put(connection, "indicators", (1, b"i-1", b"feed", 0, ways, pack(FOUND)))
    _put(connection, "indicators", (2, b"i-2", b"feed", 1, b"", pack(SEARCHED)))
    _put(connection, "ways", (1, 1))
    meeting = key_of("i-1", "1", "host", "host", "evil.example")
    _put(connection, "hits", (1, meeting, b"i-1", 1, Codec(Hit).pack(HIT)))
    _put(connection, "documents", ("setting", LONG.encode(), b"kept"))
    Audit(connection, "a store of version 1").add(ENTRY)


def _put(connection: Connection, table: str, *rows: tuple[object, ...]) -> None:
    places = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
