"""The system's keyring, where it answers at once and asks nobody."""

from __future__ import annotations


def from_keyring(store_id: str) -> str | None:
    """The key kept for a store, or None."""
    return None


def to_keyring(store_id: str, key: str) -> bool:
    """Keep the key of a store; False where there is no keyring that could."""
    return False
