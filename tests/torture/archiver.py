"""A worker that takes old months out of the database until somebody kills it; says each step.

Run as a program: archiver.py URL LOGIN SEALS_A_PART.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from services.audit.archiving import Archiving
from services.store import Store
from tests.support.office import password_of


def main(url: str, login: str, seals_a_part: int) -> None:
    store = Store(url, user=login, password=password_of(login))
    store.open_session("archiver")
    os.write(1, b"begins\n")
    Archiving(store, seals_a_part=seals_a_part).run(say)


def say(said: str) -> None:
    os.write(1, f"{said}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
