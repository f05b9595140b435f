"""What a batch of each kind does, in the words of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.imports.results import Batch

_RELEASES = {
    "placements": "Makes debtors and accounts of {rows} of {client}, or changes those that are there.",
    "adjustments": "Posts {rows} to accounts of {client}.",
    "payments": "Posts {rows} that {client} received itself, with their commission.",
    "recalls": "Closes the accounts of {rows}: they go back to {client}, and what was agreed on them ends.",
    "contacts": "Puts {rows} of {client} before those that are there.",
}
_TAKES_BACK = {
    "placements": " New accounts are closed and owe nothing.",
    "recalls": " Plans, offers and promises stand again.",
}


def counted_rows(kind: str, rows: int) -> str:
    """So many rows of a kind: *1 recall*."""
    return f"{rows:,} {kind.removesuffix('s') if rows == 1 else kind}"


def releases(batch: Batch) -> str:
    """What a release of this batch does."""
    return _RELEASES[batch.kind].format(client=batch.client, rows=counted_rows(batch.kind, batch.ready))


def takes_back(batch: Batch) -> str:
    """What taking its release back does beside the reversals."""
    return _TAKES_BACK.get(batch.kind, "")
