"""From many requests to few transactions: what arrives while one commits goes into the next together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, Protocol

from services.errors import Busy, NotAllowed, Unreachable
from services.webhooks.intake import Delivery

BATCH: Final = 64
PATIENCE: Final = 10.0
"""Seconds until a provider is told to send it again; whatever is written after all counts as one delivery more."""


AWAY: Final = (Busy, Unreachable, NotAllowed)
"""What is true of every delivery alike."""


class Keeper(Protocol):
    """Writes deliveries down, all or none."""

    def keep(self, deliveries: Sequence[Delivery]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Errand:
    delivery: Delivery
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[None]

    def done(self, error: Exception | None = None) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            self.loop.call_soon_threadsafe(self._tell, error)

    def _tell(self, error: Exception | None) -> None:
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(None)
        else:
            self.answer.set_exception(error)


class Writer:
    """A few threads that write; ``keep`` returns once the delivery is committed."""

    def __init__(self, intake: Keeper, threads: int = 2) -> None:
        self._intake = intake
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._threads = [Thread(target=self._write, name=f"writer-{no}", daemon=True) for no in range(threads)]

    def start(self) -> None:
        """Begin to write."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write what is still waiting, then end."""
        for _ in self._threads:
            self._errands.put(None)
        for thread in self._threads:
            thread.join()

    async def keep(self, delivery: Delivery) -> None:
        """Have one delivery written down; raises what the intake raises, and Busy where it takes too long."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        self._errands.put(_Errand(delivery, loop, answer))
        try:
            await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise Busy("the database takes too long", hint="send it again") from None

    def _write(self) -> None:
        while (first := self._errands.get()) is not None:
            errands = [first]
            while len(errands) < BATCH:
                try:
                    another = self._errands.get_nowait()
                except Empty:
                    break
                if another is None:
                    self._errands.put(None)
                    break
                errands.append(another)
            self._keep(errands)

    def _keep(self, errands: Sequence[_Errand]) -> None:
        try:
            self._intake.keep([errand.delivery for errand in errands])
        except Exception as error:
            if len(errands) > 1 and not isinstance(error, AWAY):
                # One of them is something the database will not take: the others need not suffer for it.
                for errand in errands:
                    self._keep([errand])
                return
            for errand in errands:
                errand.done(error)
        else:
            for errand in errands:
                errand.done()
