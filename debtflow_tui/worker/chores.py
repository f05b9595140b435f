"""What is done again and again, and how often; every chore gives how many things it did.

A chore runs for one agency at a time and never beside itself, however many workers there are. Those that look for news
every few seconds stay out of the queue: they are loops in each worker, and their own locks keep them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services


@dataclass(frozen=True, slots=True)
class Chore:
    """``cron`` says when (UTC; a sixth field counts seconds), ``every`` how far apart that is."""

    name: str
    does: str
    cron: str
    every: timedelta
    run: Callable[[Services], int]


SECONDS_15: Final = ("* * * * * */15", timedelta(seconds=15))
MINUTE: Final = ("* * * * *", timedelta(minutes=1))
MINUTES_5: Final = ("*/5 * * * *", timedelta(minutes=5))
HOUR: Final = ("7 * * * *", timedelta(hours=1))
DAY: Final = ("20 3 * * *", timedelta(days=1))

CHORES: Final = (
    Chore("lost webhooks", "queue events that wait without a job", *MINUTES_5, lambda now: now.webhooks.requeue_lost()),
    Chore("abandoned keys", "forget acts begun a day ago and never ended", *HOUR, lambda now: now.jobs.expire_keys()),
    Chore("partitions", "make the audit trail's coming months", *DAY, lambda now: now.jobs.partitions_ahead()),
    Chore("refused webhooks", "forget what was refused a month ago", *DAY, lambda now: now.webhooks.forget()),
    Chore("failed jobs", "forget what failed a month ago", *DAY, lambda now: now.jobs.forget()),
)
