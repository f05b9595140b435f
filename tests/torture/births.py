"""Processes born for one job each, who die where they are told to: at a step, or after so many seconds.

A program of them reads stdin: every line is a list of jobs that are done at once. Every job's answer is a line on
stdout, and one with ``ended`` follows when all are over. Who has died answers nothing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from services.errors import DebtFlowError
from tests.torture.steps import Steps

Job = dict[str, Any]
ROOT: Final = Path(__file__).parents[2]
STEPS: Final = Steps()


def serve(work: Callable[[Job], str]) -> None:
    """Do jobs until stdin ends; ``work`` calls ``ready`` once it has come in and may begin to die."""
    STEPS.watch()
    for line in sys.stdin:
        children = [(_born(work, job), job) for job in json.loads(line)]
        for child, job in children:
            if job.get("lives"):
                time.sleep(job["lives"])
                os.kill(child, signal.SIGKILL)
        for child, _ in children:
            os.waitpid(child, 0)
        os.write(1, b'{"ended": true}\n')


def ready(job: Job) -> None:
    """From now on steps count."""
    STEPS.begin(job.get("dies_at"))


def _born(work: Callable[[Job], str], job: Job) -> int:
    child = os.fork()
    if child == 0:
        try:
            _live(work, job)
        except BaseException as error:
            os.write(1, json.dumps({"act": job["act"], "bug": repr(error)}).encode() + b"\n")
        os._exit(0)
    return child


def _live(work: Callable[[Job], str], job: Job) -> None:
    try:
        said = work(job)
    except DebtFlowError as error:
        said = f"{type(error).__name__} {error.rule}"
    line = {"act": job["act"], "said": said, "steps": STEPS.taken if job.get("tells") else len(STEPS.taken)}
    os.write(1, json.dumps(line).encode() + b"\n")


class People:
    """Such a program, as its test gives it work."""

    def __init__(self, program: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def at_once(self, *jobs: Job) -> list[Job]:
        """Each job by a process of its own; gives what those said who lived to say it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(jobs) + "\n")
        self._process.stdin.flush()
        said: list[Job] = []
        while not (line := json.loads(self._process.stdout.readline())).get("ended"):
            assert "bug" not in line, line
            said.append(line)
        return said
