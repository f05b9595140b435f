"""``debtflow events``: the stream of events for other programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in

if TYPE_CHECKING:
    from services.events import Event, Events

PAGE: Final = 100
LOOK_EVERY: Final = 0.5
"""Seconds between two looks while there is nothing new."""


@click.group(cls=Group)
def events() -> None:
    """What happened to money, in order, for other programs."""


@events.command("list")
@click.option("--after", type=click.IntRange(0, 2**62), default=0, metavar="POSITION", help="Go on after a position.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.pass_obj
def list_events(report: Report, after: int, limit: int) -> None:
    """List events that have their position, and how far each consumer has read; moves nothing."""
    with signed_in() as desk:
        page = desk.events.list(after=after, limit=limit)
    stream = page.stream
    table = Table(
        ("POSITION", "TYPE", "OF", "AMOUNT", "RECORDED"),
        [(each.position, each.type, f"{each.aggregate} {each.subject}", each.amount, each.recorded_at)
         for each in page.events],
        empty="no event",
    )  # fmt: skip
    consumers = Table(
        ("CONSUMER", "POSITION", "BEHIND", "HELD BY", "MOVED"),
        [(each.name, each.position, each.behind, each.held_by, each.moved_at) for each in stream.consumers],
        empty="no consumer yet: debtflow events follow --consumer NAME",
    )
    report.give(page, table, "", f"{stream.position:,} events in order, {stream.waiting:,} waiting", consumers)
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


@events.command()
@click.option("--consumer", required=True, metavar="NAME", help="Its offset is stored under this name.")
@click.option("--from", "start", type=click.IntRange(1, 2**62), metavar="N", help="Begin at this position instead.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many events.")
@click.option("--wait", is_flag=True, help="Do not stop at the end: wait for more.")
@click.pass_obj
def follow(report: Report, consumer: str, start: int | None, limit: int | None, wait: bool) -> None:
    """Give a consumer its next events, a line each; the offset is stored after the lines were written.

    At least once: after a crash the events since the last stored offset come again. One process a name.
    """
    with signed_in() as desk, _held(desk.events, consumer):
        left = limit
        while left is None or left > 0:
            found = desk.events.follow(consumer, start, min(PAGE, left or PAGE))
            start = None
            for event in found:
                report.line(event, _told(event))
            if found:
                desk.events.commit(consumer, found[-1].position)
                left = None if left is None else left - len(found)
            elif not wait:
                return
            else:
                time.sleep(LOOK_EVERY)


@contextmanager
def _held(events: Events, consumer: str) -> Iterator[None]:
    """Lets the consumer go at the end, whatever ended it; one that was never held is left alone."""
    try:
        yield
    finally:
        events.leave(consumer)


def _told(event: Event) -> str:
    amount = f" {event.amount}" if event.amount is not None else ""
    return f"{event.position} {event.type} {event.aggregate} {event.subject}{amount}"
