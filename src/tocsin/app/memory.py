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


def remove_made(store: Store) -> bool:
    """Close a store that was just made, and remove it if it is a file that holds nothing; whether that was done."""
    empty, in_file, path = not store.owners(), not store.sockets(), Path(store.url)
    store.close()
    if not (empty and in_file):
        return False
    from tocsin.store.sqlite_file import remove_sqlite

    try:
        remove_sqlite(path)
    except OSError:
        return False
    return True


def key_place(url: str) -> str:
    """Where the key of an encrypted store in a file lies, in words; "" for every other store."""
    path = Path(url.removeprefix("sqlite:"))
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return ""
    if head == b"SQLite format 3\0":
        return ""
    from tocsin.store.keys import key_place as place_of_id

    return place_of_id(head.hex())


def bytes_on_disk(url: str) -> int:
    """How large a store in a file is, its log included; -1 for one that a server keeps."""
    path = url.removeprefix("sqlite:")
    sizes = [Path(f"{path}{end}").stat().st_size for end in ("", "-wal") if Path(f"{path}{end}").is_file()]
    return sum(sizes) if sizes else -1
