"""What tests of several folders share: real servers, started once for each process that runs tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import dovecot_server, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A running PostgreSQL; tests are skipped, and say so, where Debian's package is missing."""
    if postgres_server.programs() is None:
        pytest.skip(f"PostgreSQL is not installed (Debian package {postgres_server.PACKAGE})")
    yield from postgres_server.serve()


@pytest.fixture
def postgres_url(postgres: postgres_server.Server) -> str:
    """The address of an empty database."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[dovecot_server.Server]:
    """A running Dovecot; tests take accounts of their own, and are skipped where Debian's packages are missing."""
    if dovecot_server.missing():
        pytest.skip(dovecot_server.missing())
    yield from dovecot_server.serve()
