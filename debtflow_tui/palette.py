"""Ctrl+P: every command there is, with its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from debtflow_tui.commands import FAST_PATHS, prompt
from screens.base import Command, commands_of

Entry = tuple[str, str, Callable[[], object]]


class EveryCommand(Provider):
    """The bindings that would answer now, then the fast paths of the command line."""

    async def discover(self) -> Hits:
        for title, help_text, run in self._entries():
            yield DiscoveryHit(title, run, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, help_text, run in self._entries():
            score = max(matcher.match(title), matcher.match(help_text) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=help_text)

    def _entries(self) -> Iterator[Entry]:
        for command in commands_of(self.screen):
            yield f"{command.does}  ({command.for_help.key})", command.tip, self._runner(command)
        for path in FAST_PATHS:
            yield f":{path.form}", path.does, partial(self.screen.post_message, prompt(path))

    def _runner(self, command: Command) -> Callable[[], object]:
        async def run() -> None:
            await self.app.run_action(command.action, default_namespace=command.node)

        return run
