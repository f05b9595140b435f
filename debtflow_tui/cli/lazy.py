"""Command groups that cost nothing until they are used, and the options that every command has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from debtflow_tui.cli.report import Report


def _say_json(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        context.find_object(Report).as_json = True  # type: ignore[union-attr]  # `run` always passes one


def _say_debug(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        context.find_object(Report).debug = True  # type: ignore[union-attr]


def everywhere() -> list[click.Parameter]:
    """The options that may stand anywhere after ``debtflow``."""
    flag: dict[str, Any] = {"is_flag": True, "expose_value": False, "is_eager": True}
    return [
        click.Option(["--json"], callback=_say_json, help="One JSON document on stdout.", **flag),
        click.Option(["--debug"], callback=_say_debug, help="Show the traceback of a bug.", hidden=True, **flag),
    ]


class Command(click.Command):
    """A command that takes ``--json``."""

    def __init__(self, name: str | None, params: Sequence[click.Parameter] | None = None, **more: Any) -> None:
        super().__init__(name, params=[*(params or ()), *everywhere()], **more)


class Group(click.Group):
    """A group of such commands; ``lazy`` maps a name to ``module:attribute`` and its line in the help."""

    command_class = Command

    def __init__(
        self,
        name: str | None,
        params: Sequence[click.Parameter] | None = None,
        lazy: Mapping[str, tuple[str, str]] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(name, params=[*(params or ()), *everywhere()], **more)
        self._lazy = dict(lazy or {})

    def list_commands(self, _context: click.Context) -> list[str]:
        return [*self.commands, *self._lazy]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._lazy:
            return super().get_command(context, name)
        module, _, attribute = self._lazy[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        at_hand = [(name, each.get_short_help_str(90)) for name, each in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*at_hand, *((name, line) for name, (_, line) in self._lazy.items())])


Group.group_class = Group
