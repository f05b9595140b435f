"""Batches of fetched files: released where they are what was agreed with the client, else left for review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from services.domain.agreed import unmet
from services.errors import Busy, Refused
from services.pull.journal import Claim, Journal, Undecided
from services.pull.results import Source, Step

Release = Callable[[int, Callable[[], None]], None]
"""Goes on with the release of a batch to its end; calls what it is given after each step."""


def decided(journal: Journal, source: Source, release: Release, claim: Claim) -> tuple[Step, ...]:
    """Decide on every batch that waits for it, and go on with the releases that were cut off."""
    return tuple(_decided(journal, source, release, claim, each) for each in journal.undecided(source.client))


def with_verdicts(steps: Sequence[Step], verdicts: Sequence[Step]) -> tuple[Step, ...]:
    """What was done with files, and what became of their batches; a file that is in both comes once."""
    later = {step.file: step for step in verdicts}
    kept = [_joined(step, later.pop(step.file)) if step.file in later else step for step in steps]
    return (*kept, *later.values())


def words(why: Sequence[Mapping[str, str]]) -> str | None:
    """The reasons in a line; None where there are none."""
    return "; ".join(map(_said, why)) or None


def _decided(journal: Journal, source: Source, release: Release, claim: Claim, file: Undecided) -> Step:
    claim.check()
    # No sum is agreed for every file of a client, so no currency is asked for.
    verdict, why = journal.decide(file.file, source.agreed.json("") if source.agreed else None)
    step = Step(file.file, file.name, "taken", file.batch, words(why), verdict)
    if verdict != "released":
        return step
    try:
        release(file.batch, claim.check)
    except (Busy, Refused) as trouble:
        said = f"{trouble.message} ({trouble.hint})" if trouble.hint else trouble.message
        journal.troubled(file.file, said)
        return replace(step, outcome="trouble", reason=said)
    return step


def _joined(step: Step, verdict: Step) -> Step:
    if step.outcome == "trouble":
        return replace(step, batch=verdict.batch, verdict=verdict.verdict)
    return verdict


def _said(doubt: Mapping[str, str]) -> str:
    if message := doubt.get("message"):
        return message
    return unmet(doubt["condition"], doubt["agreed"], doubt["found"], "").message
