"""Half a gigabyte over the line: whole, and never in memory."""

from __future__ import annotations

import hashlib
import os
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.gateways import sftp
from services.pull.results import Sight
from services.pull.spool import Spool
from tests.support.sshd import Daemon

MEGABYTE = 1 << 20


@pytest.mark.slow
@pytest.mark.openssh
def test_five_hundred_megabytes(sshd: Daemon, tmp_path: Path) -> None:
    path = sshd.write("big.csv", b"")
    digest, block = hashlib.sha256(), os.urandom(MEGABYTE)
    with path.open("wb") as file:
        for number in range(500):
            piece = number.to_bytes(8) + block[8:]
            file.write(piece)
            digest.update(piece)
    spool = Spool(tmp_path)
    with sftp.connected(sshd.place, sshd.login) as server:
        entry = server.find("big.csv")
        assert entry
        sight = Sight(1, entry.name, entry.size, datetime.now(UTC), "waiting", None, True, None, None, None)
        before = most_memory()
        whole, found = spool.fetch(server, entry, sight, lambda: None)
    assert (whole.stat().st_size, found) == (500 * MEGABYTE, digest.digest())
    # Other tests of this process may have had more; a file in memory would be five hundred.
    assert most_memory() - before < 150


def most_memory() -> int:
    """The most that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
