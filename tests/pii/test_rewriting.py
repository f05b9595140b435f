"""After the rewriting the server's own files hold nothing of theirs, neither tables nor log nor statistics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrations.rewriting import rewrite
from services.errors import Busy
from services.ledger import Doctor, Ledger
from tests.pii.conftest import SAID, Life
from tests.support.cluster import Cluster, make_home, remove_home
from tests.support.house import House


@pytest.fixture
def own() -> Iterator[Cluster]:
    """A server of its own: others write the same names into theirs."""
    home = make_home()
    cluster = Cluster(home)
    yield cluster
    cluster.close()
    remove_home(home)


def on_disk(cluster: Cluster) -> dict[str, list[str]]:
    """What of the person's stands in which of the server's files, its log among them."""
    forms = {form: form.lower().encode() for form in SAID}
    found: dict[str, list[str]] = {}
    for path in (cluster.home / "pg").rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            for form, small in forms.items():
                if small in data:
                    found.setdefault(form, []).append(path.name)
    return found


@pytest.mark.slow
def test_the_files_of_the_server_forget_as_well(own: Cluster) -> None:
    with own.clone() as database:
        house = House(own, database)
        life = Life(house)
        life.pii().set_retention(0)
        life.place().live().heard()
        house.su.execute("analyze")
        assert set(on_disk(own)) == set(SAID)
        life.pii().forget(life.number, "request")
        assert on_disk(own)
        dsn = own.server.dsn(database=database)
        with pytest.raises(Busy):
            rewrite(dsn)
        house.close()
        own.superuser("postgres").execute("checkpoint").connection.close()
        done = rewrite(dsn)
        assert done.left_undone == ()
        assert on_disk(own) == {}
        again = House(own, database)
        assert Ledger(again.store("bea")).replay_check().ok
        assert [check for check in Doctor(again.store("bea")).examine().checks if not check.ok] == []
        assert again.one("show wal_recycle") == "on"
        again.close()
