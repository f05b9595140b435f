"""A client's post on its way from the server into the accounts and out again, by people who die and who repeat what
they were about; and the law that holds at the end: as if nobody had died."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from services.ledger import Doctor
from tests.support.house import House
from tests.support.sshd import Daemon
from tests.torture.births import Job, People
from tests.torture.mail import Mail
from tests.torture.standing import Seen, standing

Deaths = Callable[[str], Sequence[Job]]
"""How the people die who are the first about an act."""

OPEN = """
  select count(*) from debtflow.pull_file p left join debtflow.import_batch b on b.id = p.batch_id
   where p.finished_at is null or (p.verdict is null and p.state = 'taken') or b.state = 'releasing'"""
LONGEST = 1.5
FEWEST = 3
"""Steps of an act that finds nothing to do any more, at the least."""
LOCKS = """
  select count(*) from pg_locks l
   where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())"""


class Mailroom:
    """``took`` is how many steps and seconds each act was, for whoever lived."""

    def __init__(self, house: House, sshd: Daemon, spool: Path, people: People, mail: Mail, deaths: Deaths) -> None:
        self.house, self._sshd, self._spool, self._deaths = house, sshd, spool, deaths
        self._mail, self._people = mail, people
        self._there: Job = {
            "port": sshd.port, "user": sshd.user, "folder": sshd.folder, "host_key": sshd.host_key("host"),
            "key": sshd.login.key, "spool": str(spool),
        }  # fmt: skip
        self._dropped = 0
        self.took: dict[str, tuple[int, float]] = {}
        self.killed = 0

    # ---- what is done

    def begins(self) -> None:
        """Accounts come: a file as agreed, one to be repaired, one that is none."""
        mail = self._mail
        self.drop(
            {"1 placements.csv": mail.placements(), "2 placements broken.csv": mail.broken(), "3 placements.csv": b""}
        )
        self.pull("pull placements")
        self.does("fix", "2 placements broken.csv", column="due_date", values={"soon": "2025-10-02"})
        self.does("exclude", "2 placements broken.csv", rows=[1, 3])
        self.release("2 placements broken.csv")

    def errs(self) -> None:
        """Accounts that were the wrong ones, and the right ones after them."""
        self.by_hand("wrong.csv", self._mail.wrong("10.00"))
        self.release("wrong.csv")
        self.undo("wrong.csv")
        self.by_hand("right.csv", self._mail.wrong("11.00"))
        self.release("right.csv")

    def changes(self) -> None:
        """News of the accounts, half of it taken back."""
        mail = self._mail
        self.drop({
            "4 payments.csv": mail.payments(0, mail.too_much(0)), "5 payments.csv": mail.payments(1),
            "6 adjustments.csv": mail.adjustments(2), "7 adjustments.csv": mail.adjustments(3),
            "8 contacts.csv": mail.contacts(4), "9 contacts.csv": mail.contacts(5),
            "91 placements.csv": mail.changed(), "92 placements again.csv": mail.placements(),
        })  # fmt: skip
        self.pull("pull news")
        self.release("4 payments.csv")
        for name in ("5 payments.csv", "7 adjustments.csv", "9 contacts.csv", "91 placements.csv"):
            self.undo(name)

    def ends(self) -> None:
        """Accounts go."""
        self.drop({"93 recalls.csv": self._mail.recalls(6), "94 recalls.csv": self._mail.recalls(7)})
        self.pull("pull recalls")
        self.undo("94 recalls.csv")

    def drop(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            self._dropped += 1
            self._sshd.write(name, data, age=600 - self._dropped)

    def pull(self, label: str) -> None:
        look = 0
        while look == 0 or self._sshd.files() or self.house.one(OPEN):
            look += 1
            assert look < 20, self.house.su.execute("select name, state, trouble from debtflow.pull_file").fetchall()
            self._done(f"{label}, look {look}", {"act": "pull", "login": "wally", **self._there})

    def by_hand(self, name: str, data: bytes) -> None:
        job = {"act": "staging", "login": "bea", "name": name, "kind": "placements", "data": data.decode()}
        self._done(f"stage {name}", job)

    def does(self, act: str, name: str, **more: Any) -> None:
        batch = self.house.one("select max(id) from debtflow.import_batch where file_name = %s", name)
        said = self._done(f"{act} {name}", {"act": act, "login": "bea", "batch": batch, **more})
        assert said in (act, "in_review") or said.endswith("fixed"), said

    def release(self, name: str) -> None:
        self.does("released", name, leave_errors=True)

    def undo(self, name: str) -> None:
        self.does("undone", name)

    def _done(self, label: str, job: Job) -> str:
        for death in self._deaths(label):
            if not self._dies(job, death):  # it came too late: whoever does it once more dies early
                self._dies(job, {"dies_at": death["or_at"]})
        for _ in range(500):
            began = time.monotonic()
            [said] = self._people.at_once({"url": self.house.url, **job})
            if not said["said"].startswith("Busy"):  # else the dead one's connection is not noticed yet
                break
            time.sleep(0.02)
        self.took[label] = (said["steps"], time.monotonic() - began)
        return str(said["said"])

    def _dies(self, job: Job, death: Job) -> bool:
        dead = not self._people.at_once({"url": self.house.url, **job, **death})
        self.killed += dead
        return dead

    # ---- what must be

    def seen(self) -> Seen:
        """All there is: in the database, on the client's server, in the folder of this machine."""
        server = {folder or "drop": self._sshd.files(folder) for folder in ("", "processed", "quarantine")}
        spooled = [str(each.relative_to(self._spool)) for each in self._spool.rglob("*") if each.is_file()]
        return standing(self.house) | server | {"spool": spooled}

    def sound(self) -> None:
        examined = Doctor(self.house.store("bea")).examine().checks
        assert [check for check in examined if not check.ok] == []
        for _ in range(100):
            if not (kept := self.house.one(LOCKS)):
                return
            time.sleep(0.02)
        raise AssertionError(f"{kept} advisory locks are kept by nobody alive")


def at_random(seed: int, took: Mapping[str, tuple[int, float]], each: int) -> Deaths:
    """By turns at a step and at a moment of the time that an act took when nobody died."""
    dice = Random(seed)

    def deaths(label: str) -> Sequence[Job]:
        if label not in took:  # a look that nobody needed who did not die
            return ()
        steps, seconds = took[label]
        return [
            _moment(dice, steps, min(seconds, LONGEST)) | {"or_at": dice.randint(1, FEWEST)}
            for _ in range(each * (2 if label.startswith("pull") else 1))
        ]

    return deaths


def _moment(dice: Random, steps: int, seconds: float) -> Job:
    return {"dies_at": dice.randint(1, steps)} if dice.random() < 0.5 else {"lives": dice.uniform(0.03, seconds)}
