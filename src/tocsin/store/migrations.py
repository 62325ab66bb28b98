"""The way from each earlier version of the tables to the next; none of them is ever changed once it is out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from tocsin.model.observable import digest
from tocsin.store.connection import Connection, Values, key_of, unpacked
from tocsin.store.shown import index_of, make_tables
from tocsin.store.texts import Texts

_PAGE = 10_000


def migrate(connection: Connection, version: int) -> int:
    """Go one version on, inside a transaction; returns the version that the tables have then."""
    _STEPS[version](connection)
    return version + 1


_2 = """
DROP INDEX mails_by_sha256;
DROP INDEX indicators_by_source;
DROP INDEX hits_by_indicator;
DROP INDEX hits_by_number;
ALTER TABLE names RENAME TO names_1;
ALTER TABLE places RENAME TO places_1;
ALTER TABLE texts RENAME TO texts_1;
ALTER TABLE documents RENAME TO documents_1;
ALTER TABLE indicators RENAME TO indicators_1;
ALTER TABLE hits RENAME TO hits_1;
CREATE TABLE names (id {integer} PRIMARY KEY, key {bytes} NOT NULL UNIQUE, value {bytes} NOT NULL);
CREATE TABLE places (number {integer}, key {bytes}, place {bytes} NOT NULL, PRIMARY KEY (number, key)){clustered};
CREATE TABLE texts (
  block {integer} PRIMARY KEY, kind {text} NOT NULL, first {integer} NOT NULL, last {integer} NOT NULL,
  filling {integer} NOT NULL, body {bytes} NOT NULL);
CREATE INDEX texts_by_kind ON texts (kind, filling);
CREATE TABLE documents (
  kind {text}, key {bytes}, id {bytes} NOT NULL, body {bytes} NOT NULL, PRIMARY KEY (kind, key)){clustered};
CREATE TABLE indicators (
  id {integer} PRIMARY KEY, key {bytes} NOT NULL UNIQUE, source {bytes} NOT NULL, searched {integer} NOT NULL,
  ways {bytes} NOT NULL, body {bytes} NOT NULL);
CREATE INDEX indicators_by_source ON indicators (source);
CREATE TABLE hits (
  id {integer} PRIMARY KEY, meeting {bytes} NOT NULL UNIQUE, indicator {bytes} NOT NULL, number {integer} NOT NULL,
  body {bytes} NOT NULL);
CREATE INDEX hits_by_indicator ON hits (indicator);
CREATE INDEX hits_by_number ON hits (number);
INSERT INTO counters VALUES ('texts', 1)
"""


def _to_2(connection: Connection) -> None:
    """Keys of fixed length instead of values of any length, and values that are searched in blocks."""
    _run(connection, _2)
    rows: list[Values]
    for page in _pages(connection, "names_1", ("id", "value"), 1):
        rows = [(id, key_of(unpacked(bytes(value))), value) for id, value in page]
        connection.insert("names", ("id", "key", "value"), rows)
    for page in _pages(connection, "places_1", ("number", "place"), 2):
        rows = [(number, key_of(unpacked(bytes(place))), place) for number, place in page]
        connection.insert("places", ("number", "key", "place"), rows)
    for page in _pages(connection, "documents_1", ("kind", "id", "body"), 2):
        rows = [(kind, key_of(unpacked(bytes(id))), id, body) for kind, id, body in page]
        connection.insert("documents", ("kind", "key", "id", "body"), rows)
    rest = ("searched", "ways", "body")
    for page in _pages(connection, "indicators_1", ("id", "name", "source", *rest), 1):
        rows = [
            (row[0], key_of(unpacked(bytes(row[1]))), key_of(unpacked(bytes(row[2]))), *row[3:])
            for row in page
        ]
        connection.insert("indicators", ("id", "key", "source", *rest), rows)
    columns = ("id", "meeting", "indicator", "number", "body")
    for page in _pages(connection, "hits_1", columns, 1):
        rows = [(*row[:2], key_of(unpacked(bytes(row[2]))), *row[3:]) for row in page]
        connection.insert("hits", columns, rows)
    for page in _pages(connection, "mails", ("number", "sha256"), 1):
        rows = [(digest("mail", bytes(sha256).hex()), number) for number, sha256 in page]
        connection.insert("shown", ("digest", "number"), rows)
    texts = Texts(connection)
    for page in _pages(connection, "texts_1", ("number", "kind", "value"), 3):
        shown: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for number, kind, value in page:
            shown[number].append((kind, unpacked(bytes(value))))
        texts.add(shown.items())
    for table in ("names", "places", "texts", "documents", "indicators", "hits"):
        connection.execute(f"DROP TABLE {table}_1")


def _to_3(connection: Connection) -> None:
    """Mails of owners counted, and digests in segments where the database is a file."""
    _run(connection, "CREATE TABLE owners (owner {integer} PRIMARY KEY, mails {integer} NOT NULL)")
    connection.execute("INSERT INTO owners (owner, mails) SELECT owner, COUNT(*) FROM mails GROUP BY owner")
    if not connection.dialect.segmented:
        return
    make_tables(connection)
    index = index_of(connection)
    for page in _pages(connection, "shown", ("digest", "number"), 2):
        index.add((number, (digest_,)) for digest_, number in page)
    connection.execute("DROP TABLE shown")


def _run(connection: Connection, statements: str) -> None:
    for statement in statements.format_map(connection.dialect.types).split(";"):
        connection.execute(statement)


def _pages(
    connection: Connection, table: str, columns: tuple[str, ...], key_length: int
) -> Iterator[list[Values]]:
    """The rows of a table, some thousand at a time, in the order of its key, which its first columns are."""
    key = ", ".join(columns[:key_length])
    places = ", ".join("?" * key_length)
    select = f"SELECT {', '.join(columns)} FROM {table}"
    page = connection.fetch(f"{select} ORDER BY {key} LIMIT {_PAGE}")
    while page:
        yield page
        after = f"{select} WHERE ({key}) > ({places}) ORDER BY {key} LIMIT {_PAGE}"
        page = connection.fetch(after, page[-1][:key_length])


_STEPS: Mapping[int, Callable[[Connection], None]] = {1: _to_2, 2: _to_3}
