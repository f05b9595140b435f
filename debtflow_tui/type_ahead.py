"""Typing ahead of the screen: one key is finished before the next begins.

A burst that arrives in one read (a scanner, a macro, a slow line) would otherwise outrun the bindings, which run only
after a key has bubbled up to the app, and land in the wrong field.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen

Typed = events.Key | events.Paste

PATIENCE = 10.0
"""Seconds after which a key that never settles no longer keeps the next one waiting.

Long, because a slow machine is likelier than a key that hangs, and a key let go too early lands in the wrong field.
"""


class TypeAhead(App[None]):
    """An app that takes keys strictly one after the other, and can hold them back while something must be finished."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Typed] = deque()
        self._typist: asyncio.Task[None] | None = None
        self._holds = 0
        self._cut_through: frozenset[str] = frozenset()
        self._released = asyncio.Event()

    def hold_keys(self, cut_through: frozenset[str] = frozenset()) -> None:
        """Keep what is typed from now on; a key in ``cut_through`` still acts, and drops what waits before it."""
        self._holds += 1
        self._cut_through = cut_through
        self._released.clear()

    def deliver_keys(self) -> None:
        """End one hold; after the last one the kept keys are delivered in order."""
        self._holds = max(0, self._holds - 1)
        if not self._holds:
            self._cut_through = frozenset()
            self._released.set()

    def discard_keys(self) -> int:
        """End one hold and throw away what was typed meanwhile; gives how many keys that were."""
        dropped = len(self._typed)
        self._typed.clear()
        self.deliver_keys()
        return dropped

    @property
    def typing(self) -> bool:
        """Whether a key has not been finished yet."""
        return self._typist is not None and not self._typist.done()

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._holds and isinstance(event, events.Key) and event.key in self._cut_through:
            self._typed.clear()
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._typist is None or self._typist.done():
            self._typist = asyncio.create_task(self._type(), name="type-ahead")

    async def _type(self) -> None:
        while self._typed:
            if self._holds:
                await self._released.wait()
                await self._patiently(self._settle())
                continue
            await self._patiently(self._finish(self._typed.popleft()))

    async def _patiently(self, work: Coroutine[Any, Any, None]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await work

    async def _finish(self, typed: Typed) -> None:
        listeners = self._listeners()
        await self._run_in_app(lambda: super(TypeAhead, self).on_event(typed))
        await self._quiet(listeners)
        await self._settle()

    async def _settle(self) -> None:
        """Return when the screen on top can take a key, whatever the last one opened or closed."""
        while True:
            screen, focused = self.screen, self.focused
            while self.screen is screen and not _ready(screen):
                await asyncio.sleep(0.002)
            await self._quiet(self._listeners())
            if self.screen is screen and self.focused is focused:
                return

    def _listeners(self) -> list[DOMNode]:
        """Everyone a key passes on its way up, the app last."""
        return list((self.focused or self.screen).ancestors_with_self)

    async def _quiet(self, nodes: list[DOMNode]) -> None:
        """Return when none of the nodes has a message left, nor any that those messages gave rise to."""
        busy = True
        while busy:
            for node in nodes:
                await _caught_up(node)
            busy = any(node.is_running and node.message_queue_size for node in nodes)

    async def _run_in_app(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run in the app's own message loop, where an action may push a screen."""
        finished = asyncio.Event()

        async def go() -> None:
            try:
                await work()
            finally:
                finished.set()

        self.call_next(go)
        await finished.wait()


async def _caught_up(node: MessagePump) -> None:
    """Return when the node has worked through what stands in its queue now, or has gone."""
    done = asyncio.Event()
    if not node.is_running or not node.call_later(done.set):
        return
    while node.is_running and not done.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await done.wait()


def _ready(screen: Screen[Any]) -> bool:
    return screen.is_mounted and screen.is_running and (screen.focused is not None or not screen.focus_chain)
