"""Files whose batch was rejected after they were taken: from where taken ones go into quarantine, with a slip."""

from __future__ import annotations

from services.errors import Refused
from services.gateways.drops import Entry, Server
from services.pull.journal import Claim, Journal, Rejected
from services.pull.names import REPORT, as_kept, from_kept, with_number
from services.pull.results import Sight, Source, Step
from services.pull.slip import slip


def put_aside(journal: Journal, server: Server, source: Source, claim: Claim) -> tuple[Step, ...]:
    """Do so with every one of them; what keeps one from it is written down, and is tried again at the next look."""
    return tuple(_put_aside(journal, server, source, claim, each) for each in journal.rejected(source.client))


def _put_aside(journal: Journal, server: Server, source: Source, claim: Claim, file: Rejected) -> Step:
    claim.check()
    try:
        journal.put_aside(file.file, _moved(server, source.quarantine, file))
    except Refused as trouble:
        journal.troubled(file.file, trouble.message)
        return Step(file.file, file.name, "trouble", file.batch, trouble.message)
    return Step(file.file, file.name, "refused", file.batch, f"batch {file.batch} was rejected")


def _moved(server: Server, quarantine: str, file: Rejected) -> str | None:
    """Where it lies now; None where it is on the server no more."""
    folder, _, kept = file.moved_to.partition("/")
    name = from_kept(kept)
    # What is written down is no more than a folder of the client's and a name in it.
    if folder in ("", ".", "..") or "/" in name or name in (".", ".."):
        return None
    there = _same(server, folder, name, file)
    names = (name, with_number(name, file.file))
    # Moved before, by one that died before it was written down.
    if there is None:
        return next((_told(quarantine, each) for each in names if _same(server, quarantine, each, file)), None)
    free = names[1] if server.find(name, quarantine) else name
    server.put(quarantine, free + REPORT, slip(_sight(file)))
    server.move(Entry(f"{folder}/{name}", file.size, there.modified_at), quarantine, free)
    return _told(quarantine, free)


def _same(server: Server, folder: str, name: str, file: Rejected) -> Entry | None:
    found = server.find(name, folder)
    return found if found and (found.size, found.modified_at) == (file.size, file.modified_at) else None


def _told(folder: str, name: str) -> str:
    return f"{folder}/{as_kept(name)}"


def _sight(file: Rejected) -> Sight:
    # What somebody typed as the reason was not written for the client's eyes.
    why = (
        "batch-rejected",
        "the file was looked at and rejected",
        f"ask us about batch {file.batch}, or send it again",
    )
    return Sight(file.file, file.name, file.size, file.modified_at, "refused", None, True, *why)
