"""Databases that are not migrated yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest

from migrations import runner
from tests.support.cluster import Cluster


@contextmanager
def empty_database(cluster: Cluster) -> Iterator[str]:
    """A bootstrapped database without a table; gives its connection string."""
    name = f"m_{uuid4().hex[:16]}"
    runner.bootstrap(cluster.server.dsn(), name)
    try:
        yield cluster.server.dsn(database=name)
    finally:
        with cluster.superuser("postgres") as connection:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Callable[[], str]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(empty_database(cluster))
