"""The documents' tables of commands are the program's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click
import pytest

from debtflow_tui.cli.report import Report
from debtflow_tui.cli.run import debtflow
from services import errors
from tests.docs.pages import README, blocks, pages, section


def commands(
    command: click.Command = debtflow, path: Sequence[str] = ("debtflow",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command that can be run, by its whole name."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command, obj=Report())
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from commands(below, (*path, name))


KNOWN = dict(commands())


def test_the_tables_list_every_command_and_no_other() -> None:
    """Each stands in the README's table or in that of its own page, and in one of them only."""
    told = [
        name
        for page in pages()
        for name in re.findall(r"^\| `(debtflow [a-z -]+)` \| \S", page.read_text("utf-8"), re.MULTILINE)
    ]
    assert sorted(told) == sorted(KNOWN)


def test_the_exit_codes_are_those_of_the_errors() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", section(README, "Commands"), re.MULTILINE)}
    family: list[type[errors.DebtFlowError]] = [errors.DebtFlowError, *errors.DebtFlowError.__subclasses__()]
    assert told == {kind.exit_code for kind in family} | {0, 130}


def quoted() -> list[tuple[str, str]]:
    """Every command that a shell block runs, up to the end of it, and the page where it stands."""
    lines = [
        (page.name, line)
        for page in pages()
        for block in blocks(page, "sh")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [(page, call) for page, line in lines for call in re.findall(r"(?<![\w/.=-])debtflow [a-z][^#|>)]*", line)]


@pytest.mark.parametrize(("page", "call"), quoted())
def test_what_the_documents_run_can_be_run(page: str, call: str) -> None:
    words = call.replace('"', " ").split()
    name = max((name for name in KNOWN if words[: len(name.split())] == name.split()), key=len, default=None)
    assert name is not None, f"{page}: {call}"
    known = {option for parameter in KNOWN[name].params for option in parameter.opts}
    assert [word for word in words if word.startswith("--") and word.split("=")[0] not in known] == []
