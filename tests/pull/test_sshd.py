"""Against a real OpenSSH server: from a file that lies there to a batch, exactly once, whatever happens between."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from services.errors import Busy, NotAllowed, NotFound, Refused
from services.gateways import sftp
from services.gateways.drops import HostKeyRefused, Login, Moved, ServerAway
from services.pull import Pull, journal, spool
from tests.imports.files import good
from tests.pull.place import Pulling, pulling
from tests.support.house import House
from tests.support.sshd import Daemon

NAMES = ("plain.csv", "with spaces & (brackets).csv", "Übertrag für März.csv", "цены 価格.csv", "a'b\"c;d.csv")


@pytest.mark.openssh
def test_files_become_batches_whatever_they_are_called(hxl: Pulling, sshd: Daemon) -> None:
    for number, name in enumerate(NAMES):
        sshd.write(name, good(3, f"N{number}"))
    sshd.write(b"latin-\xe9.csv", good(3, "L"))
    for ignored in (".hidden.csv", "half.csv.part", "half.csv.filepart", "old.errors.csv"):
        sshd.write(ignored, b"x")
    (sshd.drop / "link.csv").symlink_to("/etc/passwd")
    first = hxl.look()
    assert set(hxl.outcomes(first).values()) == {"waiting"}
    assert len(first.files) == len(NAMES) + 1
    assert hxl.batches == 0
    second = hxl.look()
    assert set(hxl.outcomes(second).values()) == {"taken"}
    archived = {os.fsencode(path.name) for path in (sshd.drop / "processed").iterdir()}
    assert archived == {*map(os.fsencode, NAMES), b"latin-\xe9.csv"}
    assert hxl.batches == len(NAMES) + 1
    assert hxl.house.one("select min(valid) from debtflow.import_batch") == 3
    assert hxl.look().files == ()
    assert list((hxl.spool / "HXL").iterdir()) == []
    files, following = pulling_reader(hxl).files(client="HXL", state="taken")
    assert {file.name for file in files} == {*NAMES, "latin-\\xe9.csv"}
    assert (following, files[0].batch_state) == (None, "in_review")
    (seen,) = pulling_reader(hxl).clients()
    assert (seen.client, seen.looks, seen.waiting, seen.taken, seen.trouble) == ("HXL", 3, 0, len(NAMES) + 1, None)


def pulling_reader(hxl: Pulling) -> Pull:
    return pulling(hxl.house, hxl.source.place, Login(), hxl.spool, who="bea").service


def test_a_file_is_left_alone_while_it_grows(hxl: Pulling, sshd: Daemon) -> None:
    whole = good(40)
    sshd.write("grows.csv", whole[:500], age=30)
    hxl.look()
    sshd.write("grows.csv", whole[:900], age=20)
    assert hxl.outcomes(hxl.look()) == {"grows.csv": "waiting"}
    sshd.write("grows.csv", whole, age=10)
    assert hxl.outcomes(hxl.look()) == {"grows.csv": "waiting"}
    assert hxl.outcomes(hxl.look()) == {"grows.csv": "taken"}
    assert hxl.house.one("select rows from debtflow.import_batch") == 40


def test_standing_still_takes_as_long_as_is_set(hxl: Pulling, sshd: Daemon) -> None:
    patient = hxl.other(settle=timedelta(hours=1))
    sshd.write("a.csv", good(2))
    assert patient.outcomes(patient.take()) == {"a.csv": "waiting"}
    hxl.house.su.execute("update debtflow.pull_file set still_since = still_since - interval '61 minutes'")
    assert patient.outcomes(patient.look()) == {"a.csv": "taken"}


def test_a_refused_file_goes_into_quarantine_with_its_reason(hxl: Pulling, sshd: Daemon) -> None:
    sshd.write("empty.csv", b"")
    sshd.write("=cmd|calc.csv", b"nothing,known\n1,2\n")
    sshd.write("first.csv", good(2), age=900)
    sshd.write("same again.csv", good(2))
    taken = hxl.take()
    assert hxl.outcomes(taken) == {
        "empty.csv": "refused", "=cmd|calc.csv": "refused", "first.csv": "taken", "same again.csv": "refused",
    }  # fmt: skip
    assert sshd.files() == []
    assert [name for name in sshd.files("quarantine") if name.endswith(".errors.csv")] == [
        "=cmd|calc.csv.errors.csv", "empty.csv.errors.csv", "same again.csv.errors.csv",
    ]  # fmt: skip
    slip = (sshd.drop / "quarantine" / "same again.csv.errors.csv").read_bytes().decode()
    batch = hxl.house.one("select id from debtflow.import_batch")
    assert slip.startswith("file,size,rule,reason,what_to_do\r\n")
    assert "file-known" in slip
    assert f"batch {batch}" in slip
    assert b"\r\n'=cmd|calc.csv" in (sshd.drop / "quarantine" / "=cmd|calc.csv.errors.csv").read_bytes()
    assert hxl.batches == 1


def test_a_name_that_was_used_before_keeps_both_files(hxl: Pulling, sshd: Daemon) -> None:
    for prefix in ("ONE", "TWO"):
        sshd.write("daily.csv", good(2, prefix))
        hxl.take()
    assert len(sshd.files("processed")) == 2
    assert hxl.batches == 2
    for _ in range(2):
        sshd.write("bad.csv", b"")
        hxl.take()
    assert len(sshd.files("quarantine")) == 4
    assert len({path.name for path in (sshd.drop / "quarantine").glob("*.errors.csv")}) == 2


def test_a_key_that_nobody_pinned_is_shown_and_nothing_else_happens(hxl: Pulling, sshd: Daemon) -> None:
    sshd.write("a.csv", good(2))
    told, fingerprint = sftp.host_key(sshd.place)
    assert told == sshd.host_key("host")
    for keys in ((), (sshd.host_key("other"),)):
        stranger = hxl.other(place=replace(sshd.place, host_keys=keys))
        for _ in range(2):
            with pytest.raises(HostKeyRefused) as refused:
                stranger.look()
        assert (refused.value.shown, refused.value.fingerprint) == (told, fingerprint)
        assert fingerprint in refused.value.message
    assert hxl.rows() == []
    assert sshd.files() == ["a.csv"]
    trouble = hxl.house.one("select trouble from debtflow.pull_client")
    assert fingerprint in trouble
    # Two servers that are not the one they were, each told once.
    assert hxl.house.one("select count(*) from debtflow.security_event where kind = 'sftp.host_key'") == 2
    both = hxl.other(place=replace(sshd.place, host_keys=(sshd.host_key("other"), sshd.host_key("host"))))
    assert both.outcomes(both.take()) == {"a.csv": "taken"}


def test_a_login_that_is_not_let_in_is_told_from_a_server_that_is_away(hxl: Pulling, sshd: Daemon) -> None:
    stranger = hxl.other(login=lambda: Login(key=(sshd.home / "other").read_text()))
    with pytest.raises(Refused, match="does not let us in") as refused:
        stranger.look()
    assert refused.value.rule == "sftp-login"
    with pytest.raises(ServerAway):
        hxl.other(place=replace(sshd.place, port=1)).look()
    with pytest.raises(Refused, match="refuses /nowhere"):
        hxl.other(place=replace(sshd.place, folder="/nowhere")).look()


@pytest.mark.openssh
def test_what_may_not_be_read_or_moved_waits_and_says_so(hxl: Pulling, sshd: Daemon) -> None:
    path = sshd.write("locked.csv", good(2, "A"))
    path.chmod(0)
    sshd.write("open.csv", good(2, "B"))
    assert hxl.outcomes(hxl.take()) == {"locked.csv": "trouble", "open.csv": "taken"}
    path.chmod(0o644)
    sshd.drop.chmod(0o555)
    (sshd.drop / "processed").chmod(0o555)
    for _ in range(2):
        assert hxl.outcomes(hxl.look()) == {"locked.csv": "trouble"}
    assert hxl.batches == 2
    trouble, tries = hxl.house.su.execute(
        "select trouble, tries from debtflow.pull_file where name = 'locked.csv'"
    ).fetchone() or ("", 0)
    assert "does not allow" in trouble
    assert tries == 3
    sshd.drop.chmod(0o755)
    (sshd.drop / "processed").chmod(0o755)
    assert hxl.outcomes(hxl.look()) == {"locked.csv": "taken"}
    assert hxl.batches == 2


def test_two_at_once_are_told_apart(
    hxl: Pulling, sshd: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PULSE", 0.01)
    sshd.write("a.csv", good(2))
    other = pulling(hxl.house, sshd.place, sshd.login, tmp_path / "elsewhere", who="bea")
    with journal.claimed(other.store, "HXL") as claim:
        with pytest.raises(Busy, match="somebody is fetching"):
            hxl.look()
        hxl.house.su.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 4627300"
        )
        assert claim.lost.wait(10)
        with pytest.raises(Busy, match="was lost"):
            claim.check()
    assert hxl.outcomes(hxl.take()) == {"a.csv": "taken"}


class TestWhileItIsRead:
    def test_a_replaced_file_is_not_kept(self, hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
        sshd.write("a.csv", good(200, "OLD"))
        hxl.look()
        replaced = iter((True,))

        def meanwhile(way: spool.Spool, *rest: object) -> object:
            if next(replaced, False):
                sshd.write("b.csv", good(200, "NEW"), age=5)
                (sshd.drop / "b.csv").rename(sshd.drop / "a.csv")
            return grow(way, *rest)  # type: ignore[arg-type]

        grow = spool.Spool._grow
        monkeypatch.setattr(spool.Spool, "_grow", meanwhile)
        assert hxl.outcomes(hxl.look()) == {"a.csv": "trouble"}
        assert hxl.batches == 0
        assert hxl.outcomes(hxl.take()) == {"a.csv": "taken"}
        assert hxl.house.one("select min(ref) from debtflow.import_row").startswith("NEW")

    def test_one_that_grows_or_shrinks_or_goes_is_noticed_at_its_end(self, sshd: Daemon) -> None:
        changes: dict[str, Callable[[Path], None]] = {
            "grows": lambda path: os.truncate(path, 30_000_000),
            "shrinks": lambda path: os.truncate(path, 10),
            "goes": lambda path: path.unlink(),
        }
        with sftp.connected(sshd.place, sshd.login) as server:
            for name, change in changes.items():
                path = sshd.write(name, b"0123456789" * 2_000_000)
                entry = server.find(name)
                assert entry
                blocks = server.read(entry)
                next(blocks)
                change(path)
                with pytest.raises(Moved):
                    for _ in blocks:
                        pass

    def test_one_that_is_replaced_between_look_and_rename_comes_back(
        self, sshd: Daemon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sshd.write("a.csv", b"old", age=100)
        with sftp.connected(sshd.place, sshd.login) as server:
            entry = server.find("a.csv")
            assert entry
            server.try_folders(["processed"])
            asked, looks = server._exists, count()

            def exists(path: object) -> bool:
                if next(looks) == 1:  # the first is about the folder
                    sshd.write("a.csv", b"newer", age=5)
                return asked(path)

            monkeypatch.setattr(server, "_exists", exists)
            with pytest.raises(Moved, match="replaced while it was being moved"):
                server.move(entry, "processed", "a.csv")
        assert sshd.files("processed") == []
        assert (sshd.drop / "a.csv").read_bytes() == b"newer"


def test_supervisors_may_fetch_and_collectors_may_not(house: House, sshd: Daemon, tmp_path: Path) -> None:
    sshd.write("a.csv", good(2))
    supervisor = pulling(house, sshd.place, sshd.login, tmp_path / "s", who="bea")
    assert supervisor.outcomes(supervisor.take()) == {"a.csv": "taken"}
    for who in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            pulling(house, sshd.place, sshd.login, tmp_path / who, who=who).look()
    for who, client in (("wim", "HXL"), ("zack", "HXL")):
        with pytest.raises(NotFound, match="there is no client HXL"):
            pulling(house, sshd.place, sshd.login, tmp_path / who, who=who).service.pull(client)
