"""A server for files that says what no server should; no connection is made."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from paramiko import Message, SFTPAttributes, SSHException
from paramiko.sftp import CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from services.errors import Refused
from services.gateways import sftp
from services.gateways.drops import Place, ServerAway
from services.gateways.sftp import Sftp

PLACE = Place("files.example", "guest")


def names(*listed: tuple[bytes, int]) -> Message:
    """A page of a folder: names and sizes of plain files."""
    page = Message()
    page.add_int(len(listed))
    for name, size in listed:
        attributes = SFTPAttributes()
        attributes.st_mode, attributes.st_size, attributes.st_mtime, attributes.st_atime = 0o100644, size, 1, 1
        page.add_string(name)
        page.add_string(name)
        attributes._pack(page)
    return Message(page.asbytes())


class Liar:
    """Answers a look with these pages, and then that there are no more."""

    def __init__(self, pages: Iterator[Message]) -> None:
        self._pages = pages
        self.closed = Event()

    def _request(self, kind: int, *_: Any) -> tuple[int, Message]:
        if kind == CMD_OPENDIR:
            handle = Message()
            handle.add_string(b"handle")
            return CMD_HANDLE, Message(handle.asbytes())
        if kind == CMD_READDIR:
            for page in self._pages:
                return CMD_NAME, page
            raise EOFError
        return 0, Message()

    def close(self) -> None:
        self.closed.set()


def looked(*pages: Message) -> list[str]:
    client: Any = Liar(iter(pages))
    return [entry.name for entry in Sftp(client, PLACE, "").look()]


def test_what_cannot_be_a_file_of_ours_is_passed_over() -> None:
    listed = names(
        (b"fine.csv", 5), (b"../up.csv", 5), (b"a/b.csv", 5), (b"/etc/passwd", 5), (b"n\0l.csv", 5), (b"x" * 1001, 5),
        (b"huge.csv", 2**63), (b"huge.csv", 2**64 - 1), (b"y" * 1000, 2**63 - 1),
    )  # fmt: skip
    assert looked(listed) == ["fine.csv", "y" * 1000]


def test_a_list_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "MOST_FILES", 50)

    def pages(page: Message) -> Iterator[Message]:
        while True:
            yield Message(page.asbytes())

    for page in (names(), names((b"..", 1)), Message(b"\xff\xff\xff\xff")):
        client: Any = Liar(pages(page))
        with pytest.raises(Refused, match="more than 50 files"):
            Sftp(client, PLACE, "").look()


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never silent, so no wait for a byte ever ends."""
    monkeypatch.setattr(sftp, "ROUND", 0.01)

    class Dripping(Liar):
        def _request(self, kind: int, *rest: Any) -> tuple[int, Message]:
            if kind == CMD_READDIR:
                assert self.closed.wait(60)
                raise SSHException("dropped")
            return super()._request(kind, *rest)

    client: Any = Dripping(iter(()))
    with pytest.raises(ServerAway):
        Sftp(client, PLACE, "").look()


def test_what_is_no_sftp_is_said() -> None:
    def nonsense() -> Iterator[Message]:
        yield Message(b"\xff".decode().encode())

    client: Any = Liar(nonsense())
    with pytest.raises(Refused, match="answers what is no SFTP") as refused:
        Sftp(client, PLACE, "").look()
    assert refused.value.rule == "sftp-server"
