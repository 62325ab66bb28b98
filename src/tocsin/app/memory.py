"""Opens the store that the operator names: a file for SQLite, a postgresql:// address for a team."""

from __future__ import annotations

from pathlib import Path

from tocsin.store.interface import ExerciseRefused, Store, StoreError, StoreMissing

__all__ = [
    "ExerciseRefused",
    "Store",
    "StoreError",
    "StoreMissing",
    "open_store",
]


def open_store(
    url: str, *, create: bool = False, plain: bool = False, read_only: bool = False, exercise: bool = False
) -> Store:
    """Open a store; `create` makes one where there is none, `plain` without encryption (SQLite only).

    `url` is a path, "sqlite:PATH" or "postgresql://…". Raises StoreError (its subclasses say why).
    """
    if url.startswith(("postgresql://", "postgres://")):
        try:
            from tocsin.store.postgres import open_postgres
        except ImportError as error:
            raise StoreError(
                "a store in PostgreSQL needs the driver psycopg, which is not installed; install tocsin[postgres]"
            ) from error
        return open_postgres(url, create=create, read_only=read_only, exercise=exercise)
    scheme, _, rest = url.partition(":")
    path = rest if scheme == "sqlite" else url
    if not path or (scheme not in ("sqlite",) and "://" in url):
        raise StoreError(f"{url}: is no store; expected a path, sqlite:PATH or postgresql://HOST/DATABASE")
    from tocsin.store.sqlite_file import open_sqlite

    return open_sqlite(Path(path), create=create, plain=plain, read_only=read_only, exercise=exercise)
