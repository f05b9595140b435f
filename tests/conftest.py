"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import cluster as clusters
from tests.support.house import House
from tests.support.standin import provider, standin

__all__ = ["provider", "standin"]

# The number of examples is fixed and no example has a deadline: the suite says the same twice in a row, and on a busy
# machine too.
settings.register_profile(
    "house",
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and clusters.home_of_run() is None:
        home = clusters.make_home()
        os.environ[clusters.HOME_VARIABLE] = str(home)
        config.stash[_OWN_HOME] = home


def pytest_collection_finish() -> None:
    # What collecting made stays for the whole run: walked again for every screen it costs a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def pytest_unconfigure(config: pytest.Config) -> None:
    home = config.stash.get(_OWN_HOME, None)
    if home is not None:
        os.environ.pop(clusters.HOME_VARIABLE, None)
        clusters.remove_home(home)


_OWN_HOME = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def cluster() -> Iterator[clusters.Cluster]:
    """The run's PostgreSQL, started or joined."""
    home = clusters.home_of_run()
    assert home is not None
    joined = clusters.Cluster(home)
    yield joined
    joined.close()


@pytest.fixture
def house(cluster: clusters.Cluster) -> Iterator[House]:
    """A database of its own for one test, furnished with two agencies."""
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def no_settings_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test may see or touch the configuration of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("DEBTFLOW_") and name != clusters.HOME_VARIABLE]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
