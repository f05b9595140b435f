"""Lines that are cut, disks that are full, servers that say something else; and a login by password."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from services.domain.files.containers import LARGEST
from services.errors import Misconfigured, Refused
from services.gateways import sftp
from services.gateways.drops import Entry, Login, ServerAway
from services.pull import spool
from services.pull.names import kind_of, meant, with_number, written
from tests.imports.files import good
from tests.pull.place import Pulling, pulling
from tests.support.house import House
from tests.support.sftpd import InProcess
from tests.support.sshd import Daemon


@contextmanager
def cut_after(port: int, most: int) -> Iterator[tuple[int, list[int]]]:
    """A port that leads to another and cuts the first line after so many bytes from there; what each line gave."""
    listener = socket.create_server(("127.0.0.1", 0))
    given: list[int] = []

    def pass_on(source: socket.socket, target: socket.socket, line: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if line is not None:
                    given[line] += len(data)
                    if line == 0 and given[0] > most:
                        break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
                given.append(0)
                ways = [
                    Thread(target=pass_on, args=(near, far, None), daemon=True),
                    Thread(target=pass_on, args=(far, near, len(given) - 1), daemon=True),
                ]
                for way in ways:
                    way.start()
                for way in ways:
                    way.join()
                near.close()
                far.close()

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], given
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_a_file_goes_on_where_its_line_was_cut(hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = good(30)
    path = sshd.write("big.csv", whole)
    # Blank lines that no reader minds make it big.
    filler = b"\r\n" * (8 << 20)
    path.write_bytes(whole + filler)
    os.utime(path, (1e9, 1e9))
    hxl.look()
    fetched: list[int] = []
    with cut_after(sshd.port, 12 << 20) as (port, given):
        cut = hxl.other(place=replace(hxl.source.place, port=port))
        with pytest.raises(ServerAway, match="cannot be reached, or was lost"):
            cut.look()
        (part,) = (hxl.spool / "HXL").iterdir()
        here = part.stat().st_size
        assert part.suffix == ".part"
        assert 4 << 20 < here < len(whole) + len(filler)
        assert "was lost" in hxl.house.one("select trouble from debtflow.pull_client")
        real = sftp.Sftp.read

        def read(self: sftp.Sftp, entry: Entry, start: int = 0) -> Iterator[bytes]:
            fetched.append(start)
            return real(self, entry, start)

        monkeypatch.setattr(sftp.Sftp, "read", read)
        assert cut.outcomes(cut.look()) == {"big.csv": "taken"}
    assert fetched == [(here - spool.BACK) // (1 << 20) * (1 << 20)]
    left = len(whole) + len(filler) - fetched[0]
    assert fetched[0] > 0
    assert given[1] < left * 1.2  # the line itself adds a part
    assert hxl.house.one("select rows from debtflow.import_batch") == 30
    assert hxl.house.one("select trouble from debtflow.pull_client") is None


class TestNoRoom:
    def test_a_disk_that_fills_up_leaves_nothing_behind(
        self, hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sshd.write("a.csv", good(5))
        hxl.look()

        def full(_: Any, *__: object) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(spool.Spool, "_grow", full)
            assert hxl.outcomes(hxl.look()) == {"a.csv": "trouble"}
        assert "is full" in hxl.house.one("select trouble from debtflow.pull_file")
        assert list((hxl.spool / "HXL").iterdir()) == []
        assert hxl.outcomes(hxl.look()) == {"a.csv": "taken"}

    def test_what_does_not_fit_is_not_begun(self, hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
        sshd.write("a.csv", good(5))
        hxl.look()
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
            (step,) = hxl.look().files
        assert step.outcome == "trouble"
        assert "MB are needed" in (step.reason or "")
        assert hxl.outcomes(hxl.look()) == {"a.csv": "taken"}

    def test_a_folder_that_cannot_be_made_is_a_matter_of_configuration(self, hxl: Pulling, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(Misconfigured, match="cannot be made"):
            replace(hxl, spool=tmp_path / "file").look()


def test_bytes_that_rotted_here_are_fetched_again(hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    sshd.write("a.csv", good(5))
    hxl.look()
    with monkeypatch.context() as patched:
        patched.setattr("services.pull.way.Way._into_batch", lambda *_: (_ for _ in ()).throw(ServerAway("gone")))
        with pytest.raises(ServerAway):
            hxl.look()
    (file,) = (hxl.spool / "HXL").iterdir()
    file.write_bytes(file.read_bytes().replace(b"Quill", b"Quell"))
    assert hxl.outcomes(hxl.look()) == {"a.csv": "taken"}
    assert hxl.house.one("select count(*) from debtflow.import_row where raw like '%%Quell%%'") == 0


def test_a_bug_in_reading_one_file_keeps_no_other(hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    sshd.write("bad.csv", good(2, "BUG"), age=900)
    sshd.write("fine.csv", good(2, "FINE"))
    service = hxl.service
    real = service._stage

    def stage(file: Path, name: str, client: str, kind: str) -> int:
        if name == "bad.csv":
            raise ZeroDivisionError("oh")
        return real(file, name, client, kind)

    monkeypatch.setattr(service, "_stage", stage)
    service.pull("HXL")
    steps = {step.name: step for step in service.pull("HXL").files}
    assert (steps["bad.csv"].outcome, steps["fine.csv"].outcome) == ("trouble", "taken")
    assert "ZeroDivisionError" in (steps["bad.csv"].reason or "")
    assert hxl.outcomes(hxl.look()) == {"bad.csv": "taken"}


def test_what_is_too_large_is_refused_before_it_is_fetched(hxl: Pulling, sshd: Daemon) -> None:
    path = sshd.write("huge.csv", b"")
    os.truncate(path, LARGEST + 1)
    os.utime(path, (1, 1))
    assert hxl.outcomes(hxl.take()) == {"huge.csv": "refused"}
    assert [path for path in hxl.spool.rglob("*") if path.is_file()] == []
    assert "larger than 2,048 MB" in (sshd.drop / "quarantine" / "huge.csv.errors.csv").read_text()
    (sshd.drop / "quarantine" / "huge.csv").unlink()


class TestInProcess:
    """What OpenSSH in the tests does not do: a password; and that the stand-in is good enough to stand in."""

    def test_a_password_lets_in(self, house: House, sftpd: InProcess, tmp_path: Path) -> None:
        mine = pulling(house, sftpd.place, sftpd.password_login, tmp_path / "spool")
        sftpd.write("mit Umlaut ä.csv", good(3))
        sftpd.write("leer.csv", b"")
        assert set(mine.outcomes(mine.take()).values()) == {"taken", "refused"}
        assert sftpd.files("processed") == ["mit Umlaut ä.csv"]
        assert sftpd.files("quarantine") == ["leer.csv", "leer.csv.errors.csv"]
        with pytest.raises(Refused, match="does not let us in") as refused:
            mine.other(login=lambda: Login(password="wrong-word")).look()
        assert "wrong-word" not in str(vars(refused.value))
        with pytest.raises(Misconfigured, match="neither a key nor a password"):
            mine.other(login=Login).look()
        with pytest.raises(Misconfigured, match="private key for SFTP cannot be read"):
            mine.other(login=lambda: Login(key="no key")).look()

    def test_secrets_are_in_no_words(self) -> None:
        assert "s3cret" not in repr(Login("s3cret-key", "s3cret-phrase", "s3cret-word"))


def test_names() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    there = [Entry(name, 1, at) for name in ("A.csv", "a.csv", "Ü.csv", ".a.csv", "a.csv.part", "b.TMP", "x" * 1001)]
    assert list(meant(there, "*.csv")) == ["A.csv", "a.csv", "Ü.csv"]
    assert list(meant(there, "U\u0308.csv")) == ["Ü.csv"]
    assert list(meant(there, "*.part")) == ["a.csv.part"]
    assert list(meant(there, ".*")) == [".a.csv"]
    assert list(meant(there, "*")) == ["A.csv", "a.csv", "Ü.csv"]
    tricky = ("a\\xff", "a\udcff", "a\x1b[2J", "a\nb", "a\u202eb")
    assert len({written(name) for name in tricky}) == len(tricky)
    assert all(written(name).isprintable() for name in tricky)
    kinds = {"pay*": "payments", "*.rec": "recalls"}
    assert [kind_of(name, kinds, "contacts") for name in ("pay.rec", "a.rec", "Pay.csv")] == [
        "payments", "recalls", "contacts",
    ]  # fmt: skip
    assert with_number("daily.csv", 7) == "daily.7.csv"
    assert with_number("daily", 7) == "daily.7"
