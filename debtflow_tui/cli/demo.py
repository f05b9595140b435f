"""``debtflow demo``: a made-up agency on a PostgreSQL of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from debtflow_tui import config
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.terminal import open_app, refuse_without_terminal
from services.errors import Misconfigured


@click.command(cls=Command)
@click.option("--no-tui", is_flag=True, help="Leave the server running and say how to sign in.")
@click.option("--fresh", is_flag=True, help="Throw away what is there and load it again.")
@click.option("--accounts", type=click.IntRange(30, 100_000), hidden=True, help="How many accounts to make.")
@click.option("--yes", is_flag=True, help="Do not ask before --fresh.")
@click.pass_context
def demo(context: click.Context, no_tui: bool, fresh: bool, accounts: int | None, yes: bool) -> None:
    """Open DebtFlow on a made-up agency; the first time it is loaded, in less than half a minute."""
    report: Report = context.obj
    settings = config.load()
    if settings.database.url is not None:
        raise Misconfigured(
            f"the demo makes a database of its own, and one is configured: {settings.database.url}",
            hint="unset DEBTFLOW_DATABASE_URL, or set DEBTFLOW_HOME to an empty folder",
        )
    if not no_tui:
        refuse_without_terminal()
    from debtflow_tui.demo import prepare

    if fresh:
        report.confirm(f"Throw away the demo in {settings.home} and load it again?", yes=yes)
    made = prepare(settings, _progress(), keep=no_tui, fresh=fresh, accounts=accounts)
    if no_tui:
        logins = [{"user": each.user, "password": each.password, "role": each.role} for each in made.logins]
        table = Table(("USER", "PASSWORD", "ROLE"), [tuple(login.values()) for login in logins])
        where = Path(settings.home) / "imports"
        report.give(
            {"database_url": made.url, "logins": logins, "imports": str(where)}, made.url, "", table, "",
            f"import files in {where}; debtflow db stop stops the server",
        )  # fmt: skip
        return
    from screens.sign_in import DemoLogin

    people = [DemoLogin(each.role, each.user, each.password) for each in made.logins if not each.serves]
    context.exit(open_app(settings, people))


def _progress() -> Callable[[str, float], None]:
    """Words and a bar on stderr: redrawn on a terminal, one line a step elsewhere."""
    last = ""

    def show(step: str, done: float) -> None:
        nonlocal last
        if sys.stderr.isatty():
            bar = "█" * round(done * 30)
            click.echo(f"\r\x1b[K{bar:<30} {done:4.0%}  {step}", err=True, nl=done >= 1)
        elif step != last:
            click.echo(step, err=True)
        last = step

    return show
