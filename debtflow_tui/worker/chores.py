"""What is done again and again, and how often; every chore gives how many things it did.

A chore is the agency's: it never runs beside itself, however many workers there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services


@dataclass(frozen=True, slots=True)
class Chore:
    """``cron`` says when (UTC; a sixth field counts seconds), ``every`` how far apart that is.

    Without a ``cron`` it is a loop in each worker, and a lock of its own keeps it from being done twice.
    """

    name: str
    does: str
    cron: str | None
    every: timedelta
    run: Callable[[Services], int]


ALWAYS: Final = (None, timedelta(seconds=1))
SECONDS_15: Final = ("* * * * * */15", timedelta(seconds=15))
MINUTE: Final = ("* * * * *", timedelta(minutes=1))
MINUTES_5: Final = ("*/5 * * * *", timedelta(minutes=5))
HOUR: Final = ("7 * * * *", timedelta(hours=1))
DAY: Final = ("20 3 * * *", timedelta(days=1))


def _digests(now: Services) -> int:
    from debtflow_tui.saying import say

    given = now.sealing.publish()
    for digest in given:
        # The journal is one more place that the database cannot reach.
        say(f"digest of {digest['chain']}: {json.dumps(digest, sort_keys=True)}")
    return len(given)


def _archive(now: Services) -> int:
    from debtflow_tui.saying import say

    done = now.archiving.run(lambda said: say(f"archive: {said}"))
    for month in done.months:
        say(f"archive: {month.message}")
    return len(done.written) + sum(month.state == "gone" for month in done.months)


CHORES: Final = (
    Chore("events", "give what happened to money its place in the stream", *ALWAYS, lambda now: now.events.sequence()),
    Chore("open charges", "ask about charges that nobody knows of", *SECONDS_15, lambda now: now.charges.resolve_due()),
    Chore("failed sign-ins", "find failed sign-ins in the server's log", *SECONDS_15, lambda now: now.failures.read()),
    Chore("links", "expire payment links and their holds", *MINUTE, lambda now: now.charges.expire_due()),
    Chore("plans", "settle instalments that are due", *MINUTE, lambda now: now.plans.run_due(500)),
    Chore("promises", "judge promises whose day is over", *MINUTES_5, lambda now: now.promises.judge()),
    Chore("settlements", "complete and expire offers", *MINUTES_5, lambda now: now.settlements.expire_due()),
    Chore("interest", "post the interest of the day", *HOUR, lambda now: now.interest.accrue_due()),
    Chore("fetch files", "look for files on clients' servers", *MINUTE, lambda now: now.pull.due()),
    Chore("lost webhooks", "queue events that wait without a job", *MINUTES_5, lambda now: now.webhooks.requeue_lost()),
    Chore("abandoned keys", "forget acts begun a day ago and never ended", *HOUR, lambda now: now.jobs.expire_keys()),
    Chore("security events", "list them in the audit trail", *MINUTE, lambda now: now.sealing.seal_events()),
    Chore("seals", "seal the audit trail", *MINUTE, lambda now: now.sealing.seal()),
    Chore("digests", "sign what the seals came to", *HOUR, _digests),
    Chore("archive", "take old months of the trail out of the database", *DAY, _archive),
    Chore("partitions", "make the audit trail's coming months", *DAY, lambda now: now.jobs.partitions_ahead()),
    Chore("refused webhooks", "forget what was refused a month ago", *DAY, lambda now: now.webhooks.forget()),
    Chore("failed jobs", "forget what failed a month ago", *DAY, lambda now: now.jobs.forget()),
)
