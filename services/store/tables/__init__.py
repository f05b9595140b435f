"""The tables as declared: what the migrations must come to.

Nothing is created from here, and statements are written in SQL; a test holds declaration and migrated database equal.
"""

from services.store.tables import (
    accounts,
    batches,
    cards,
    door,
    forgetting,
    imports,
    ledger,
    people,
    plans,
    pull,
    receipts,
    rights,
    teams,
    trail,
)
from services.store.tables.base import metadata

__all__ = [
    "accounts",
    "batches",
    "cards",
    "door",
    "forgetting",
    "imports",
    "ledger",
    "metadata",
    "people",
    "plans",
    "pull",
    "receipts",
    "rights",
    "teams",
    "trail",
]
