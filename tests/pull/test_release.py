"""What becomes of a batch that was fetched: released where it is as agreed, else left for review, and it says why."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest

from debtflow_tui.config import ReleaseSettings, Settings, SftpSettings
from debtflow_tui.sources import sources_of
from services.domain.agreed import Agreed
from services.domain.profile import Profile
from services.domain.profile.model import Column, ControlRecord
from services.errors import NotAllowed
from services.gateways.drops import Login, Place, ServerAway
from services.imports import Imports
from services.imports.profiles import Profiles
from services.ledger import Doctor
from services.pull import PulledFile
from services.pull.journal import Journal
from tests.imports.files import good, line, written
from tests.pull.place import Pulling, pulling, releasing
from tests.support.house import House
from tests.support.sshd import Daemon

ONE_BAD = written([line("A-1"), line("A-2", amount="ten"), line("A-3"), line("A-4")])
BATCHES = "select file_name, state, released from debtflow.import_batch order by id"
TRAIL = """
  select act, login, reason, after ->> 'verdict', after -> 'policy' ->> 'max_error_rate' from debtflow.audit_log
   where act in ('import.release', 'pull.release', 'pull.leave') and entity in ('batch', 'client') order by id"""


@pytest.fixture
def mine(hxl: Pulling) -> Pulling:
    """No row may be in error."""
    return hxl.other(agreed=Agreed())


def seen(house: House, tmp_path: Path) -> dict[str, PulledFile]:
    """The journal as a supervisor reads it."""
    files, _ = pulling(house, Place("-", "-"), Login(), tmp_path, who="bea").service.files()
    return {file.name: file for file in files}


def healthy(house: House) -> bool:
    return [each.name for each in Doctor(house.store("bea")).examine().checks if not each.ok] == []


def test_a_clean_file_goes_to_the_accounts_and_nobody_touches_it(
    mine: Pulling, house: House, sshd: Daemon, tmp_path: Path
) -> None:
    sshd.write("a.csv", good(5))
    (step,) = mine.take().files
    assert (step.outcome, step.verdict, step.reason) == ("taken", "released", None)
    assert house.su.execute(BATCHES).fetchall() == [("a.csv", "released", 5)]
    assert house.one("select count(*) from debtflow.account where status = 'assigned'") == 5
    assert house.one("select count(*) from debtflow.transfer") == 5
    assert healthy(house)
    assert house.su.execute(TRAIL).fetchall() == [
        ("import.release", "wally", "policy", None, None), ("pull.release", "wally", None, "released", "0"),
        ("import.release", "wally", None, None, None),
    ]  # fmt: skip
    file = seen(house, tmp_path)["a.csv"]
    assert (file.state, file.batch_state, file.verdict, file.why) == ("taken", "released", "released", None)
    assert mine.look().files == ()
    assert house.one("select count(*) from debtflow.account") == 5


def test_what_clients_send_beside_placements_goes_the_same_way(mine: Pulling, house: House, sshd: Daemon) -> None:
    sshd.write("a.csv", good(2), age=60)
    mine.take()
    today = house.one("select debtflow.agency_today(agency_id) from debtflow.account limit 1")
    sshd.write("pay.csv", f"external_ref,amount,paid_on\nHX-0001,1.50,{today}\n".encode())
    paying = mine.other(kind="payments")
    assert [(step.verdict, step.reason) for step in paying.take().files] == [("released", None)]
    assert house.one("select sum(amount)::int from debtflow.payment") == 150
    assert healthy(house)


@pytest.mark.parametrize(
    ("data", "agreed", "why"),
    [
        (ONE_BAD, Agreed(), "25% of the rows are in error: at most 0% was agreed"),
        (good(3), Agreed(max_new=2), "3 new accounts or entries: at most 2 was agreed"),
        (good(3), None, "nothing is agreed with this client: [release.CLIENT] in the configuration"),
        (written([line("A-1"), line("A-1")]), Agreed(no_conflicts=True), "1 row repeats another or conflicts"),
        (written([line("A-1", amount="x")]), Agreed(max_error_rate="1"), "holds no row that could be released"),
    ],
    ids=["errors", "many", "nothing agreed", "conflicts", "nothing good"],
)  # fmt: skip
def test_what_is_not_as_agreed_is_left_and_says_why(
    hxl: Pulling, house: House, sshd: Daemon, tmp_path: Path, data: bytes, agreed: Agreed | None, why: str
) -> None:
    sshd.write("a.csv", data)
    (step,) = hxl.other(agreed=agreed).take().files
    assert (step.outcome, step.verdict) == ("taken", "left")
    assert why in str(step.reason)
    # What was decided stays, whatever is agreed later.
    assert hxl.other(agreed=Agreed("1")).look().files == ()
    file = seen(house, tmp_path)["a.csv"]
    assert (file.batch_state, file.verdict, file.why) == ("in_review", "left", step.reason)
    assert house.one("select count(*) from debtflow.account") == 0
    rate = None if agreed is None else agreed.max_error_rate
    assert house.su.execute(TRAIL).fetchall() == [("pull.leave", "wally", None, "left", rate)]


def test_what_a_release_refuses_is_left_whatever_is_agreed(mine: Pulling, house: House, sshd: Daemon) -> None:
    lax = mine.other(agreed=Agreed("1"))
    Imports(house.store("ada")).set_four_eyes(True)
    profiles = Profiles(house.store("bea"))
    plain = Profile(columns={"external_ref": Column(required=True)})
    profiles.keep("HXL", plain.model_copy(update={"trailer": ControlRecord(marker="END", count=2)}), after=0)
    sshd.write("short.csv", good(2) + b"END,3\r\n", age=60)
    (step,) = lax.take().files
    assert (step.verdict, step.outcome) == ("left", "taken")
    assert "does not agree with its control record" in str(step.reason)
    profiles.keep("HXL", plain, after=1)
    with house.su.transaction():
        kept = house.su.execute(
            "delete from debtflow.client_collector returning client_id, user_id, position"
        ).fetchall()
    sshd.write("nobody.csv", good(2, "N"), age=60)
    (step,) = lax.take().files
    assert (step.verdict, step.reason) == ("left", "nobody is there to work what this client places")
    # A recall needs nobody, and four eyes ask for a second person only where one has changed rows.
    assert kept
    sshd.write("calls.csv", b"external_ref\r\nN-9\r\n", age=60)
    (step,) = lax.other(kind="recalls").take().files
    assert (step.verdict, "holds no row" in str(step.reason)) == ("left", True)
    with house.su.cursor() as cursor:
        cursor.executemany(
            "insert into debtflow.client_collector (client_id, user_id, position) values (%s, %s, %s)", kept
        )
    sshd.write("fine.csv", good(2, "F"), age=60)
    (step,) = lax.take().files
    assert (step.verdict, step.reason) == ("released", None)


def test_what_somebody_works_on_is_theirs(
    mine: Pulling, house: House, sshd: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    sshd.write("a.csv", ONE_BAD)
    with monkeypatch.context() as never:
        never.setattr(Journal, "decide", dies)
        with pytest.raises(KeyboardInterrupt):
            mine.take()
    imports = Imports(house.store("bea"))
    (batch,), _ = imports.batches()
    imports.fix(batch.id, 2, {"original_amount": "10.00"})
    (step,) = mine.look().files
    assert (step.verdict, step.reason) == ("left", "somebody has changed its rows and goes on with it")
    assert imports.show(batch.id).state == "in_review"


def test_a_release_that_was_cut_off_goes_on_though_the_server_is_away(
    mine: Pulling, house: House, sshd: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.imports.release.CHUNK", 2)
    sshd.write("a.csv", good(5))
    cut = replace(mine, release=lambda batch, _: releasing(mine.store)(batch, dies))
    with pytest.raises(KeyboardInterrupt):
        cut.take()
    assert house.su.execute(BATCHES).fetchall() == [("a.csv", "releasing", 2)]
    assert house.one("select next_at <= now() from debtflow.pull_client")
    with pytest.raises(ServerAway):
        replace(mine, connect=away).look()
    assert house.su.execute(BATCHES).fetchall() == [("a.csv", "released", 5)]
    assert house.one("select count(*) from debtflow.account") == 5
    assert healthy(house)


def test_a_worker_releases_nothing_else(hxl: Pulling, house: House, sshd: Daemon) -> None:
    by_hand = Imports(house.store("bea")).stage(good(2), "hand.csv", "HXL").id
    sshd.write("left.csv", ONE_BAD, age=60)
    hxl.other(agreed=Agreed()).take()
    sshd.write("bea.csv", good(2, "B"))
    theirs = pulling(house, hxl.source.place, sshd.login, hxl.spool, who="bea").other(agreed=Agreed())
    held = replace(theirs, release=dies)
    with pytest.raises(KeyboardInterrupt):
        held.take()
    ids: dict[str, int] = dict(house.su.execute("select file_name, id from debtflow.import_batch").fetchall())
    files: dict[str, int] = dict(house.su.execute("select name, id from debtflow.pull_file").fetchall())
    worker = house.psql("wally")
    for batch in (by_hand, ids["left.csv"], ids["bea.csv"]):
        with pytest.raises(psycopg.Error) as refused:
            worker.execute("select * from debtflow.import_release_chunk(%s, 100, true)", [batch])
        assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("DF403", "import_release_role")
    for policy, code in (("{}", "DF403"), ('{"max_error_rate": 1}', "DF403")):
        with pytest.raises(psycopg.Error) as refused:
            worker.execute("select * from debtflow.pull_decide(%s, %s)", [files["bea.csv"], policy])
        assert refused.value.sqlstate == code
    with pytest.raises(psycopg.Error, match="may be in error is not said"):
        worker.execute("select * from debtflow.pull_decide(%s, '{}')", [files["left.csv"]])
    # Decided is decided: asked again with softer conditions it is still left.
    again = "select verdict from debtflow.pull_decide(%s, '{\"max_error_rate\": 1}')"
    assert worker.execute(again, [files["left.csv"]]).fetchall() == [("left",)]
    for call in ("import_release_if(1, '{}')", "import_exclude(1, '{1}', 'x')", "import_reject(1, 'x')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.execute(f"select debtflow.{call}")
    assert hxl.other(agreed=Agreed("1")).look().files == ()
    assert house.one("select count(*) from debtflow.account") == 0
    # Whoever may release goes on with what was begun.
    theirs.look()
    assert house.su.execute(BATCHES).fetchall() == [
        ("hand.csv", "in_review", 0), ("left.csv", "in_review", 0), ("bea.csv", "released", 2),
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        pulling(house, hxl.source.place, sshd.login, hxl.spool, who="ana").look()


def test_a_file_whose_batch_is_rejected_goes_into_quarantine(
    mine: Pulling, house: House, sshd: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports = Imports(house.store("bea"))
    names: list[str | bytes] = ["a b.csv", "lost.csv", "ü.csv", b"l\xe9.csv"]
    for number, name in enumerate(names):
        sshd.write(name, written([line(f"{number}-1", amount="ten")]))
    mine.take()
    sshd.write("ü.csv", b"")
    mine.take()
    assert len(sshd.files("quarantine")) == 2
    for batch in imports.batches()[0]:
        imports.reject(batch.id, "Mr Quill sent nonsense")
    (sshd.drop / "processed" / "lost.csv").unlink()
    with monkeypatch.context() as dying:
        dying.setattr(Journal, "put_aside", dies)
        with pytest.raises(KeyboardInterrupt):
            mine.look()
    assert {step.outcome for step in mine.look().files} == {"refused"}
    assert mine.look().files == ()
    assert sshd.files("processed") == []
    assert len([name for name in sshd.files("quarantine") if not name.endswith(".errors.csv")]) == 4
    assert len(sshd.files("quarantine")) == 8
    told = (sshd.drop / "quarantine" / "a b.csv.errors.csv").read_text()
    assert "batch-rejected" in told
    assert "Quill" not in told
    files = seen(house, tmp_path)
    assert {file.state for file in files.values()} == {"quarantined"}
    assert files["a b.csv"].moved_to == "quarantine/a b.csv"
    assert str(files["lost.csv"].reason).endswith("its file was gone by then")
    sshd.write("again.csv", written([line("0-1", amount="ten")]))
    assert set(mine.outcomes(mine.take()).values()) == {"taken"}


def test_what_was_written_down_leads_nowhere_else(hxl: Pulling, house: House, sshd: Daemon) -> None:
    """A supervisor may say by hand where a file lies; the worker's way on the client's server ends in its folders."""
    taken = written([line("A-1", amount="ten")])
    sshd.write("a.csv", taken)
    hxl.take()
    Imports(house.store("bea")).reject(1, "nonsense")
    at = house.one("select extract(epoch from modified_at)::int from debtflow.pull_file")
    kept = sshd.write("kept.csv", taken)
    os.utime(kept, (at, at))
    house.su.execute("update debtflow.pull_file set moved_to = 'processed/../kept.csv' where name = 'a.csv'")
    hxl.other(pattern="no such").look()
    assert "kept.csv" in sshd.files()
    assert house.one("select state from debtflow.pull_file where name = 'a.csv'") == "quarantined"


def test_what_is_agreed_stands_in_the_configuration(tmp_path: Path) -> None:
    server = SftpSettings(host="sftp.example.org", user="harbor")
    agreed = {"HXL": ReleaseSettings("0.5%", 20, no_conflicts=True), "MED": ReleaseSettings()}
    sources = sources_of(Settings(tmp_path, sftp={"HXL": server, "MED": server, "ZEN": server}, release=agreed))
    assert {client: source.agreed for client, source in sources.items()} == {
        "HXL": Agreed("0.005", 20, no_conflicts=True), "MED": Agreed("0"), "ZEN": None,
    }  # fmt: skip


def dies(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def away(_place: Place, _login: Login) -> NoReturn:
    raise ServerAway("nobody there")
