"""Who uses the server is told by file locks, which the system drops on exit, crash and SIGKILL alike.

users.lock   every user holds it shared; the keeper waits for it exclusively and so wakes when nobody is left
start.lock   one starter or stopper at a time; the others then find the work done
keeper.lock  held by the keeper while there is one

A user takes the first, then the second; the keeper takes the third and waits for the first. Nobody ever waits for
the third, so nobody waits in a circle.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import Misconfigured


def open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError:
        raise Misconfigured(
            f"{path} belongs to another user: the embedded server was once started as that user",
            hint="run as that user again, or set DEBTFLOW_HOME to a folder of your own",
        ) from None


def hold_shared(path: Path) -> int:
    """Take the lock shared and give its descriptor; closing that, or dying, lets go."""
    held = open_lock(path)
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    held = open_lock(path)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def try_exclusive(path: Path) -> int | None:
    """Take the lock if it is free and give its descriptor."""
    held = open_lock(path)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def is_free(path: Path) -> bool:
    if (held := try_exclusive(path)) is not None:
        os.close(held)
    return held is not None
