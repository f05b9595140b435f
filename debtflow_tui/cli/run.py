"""One command, from its words to its exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import DONE, INTERRUPTED, Report
from services.errors import DebtFlowError

GROUPS: Final = {
    "account": ("account", "Find, show and work accounts."),
    "payment": ("payment", "Post, reverse and show payments."),
    "day-sheet": ("payment", "What one person entered on one day."),
    "import": ("imports", "Stage, review and release placement files."),
    "audit": ("audit", "Who did what, when."),
    "ledger": ("ledger", "Prove the books."),
    "doctor": ("ledger", "Examine the installation."),
    "client": ("client", "The creditors and their contracts."),
    "user": ("user", "The people who work here."),
    "agency": ("agency", "The agencies of this installation."),
    "db": ("db", "Make, migrate and look at the database."),
    "demo": ("demo", "A made-up agency on a PostgreSQL of its own."),
}


def _lazy() -> dict[str, tuple[str, str]]:
    return {
        name: (f"debtflow_tui.cli.{module}:{name.replace('-', '_').replace('import', 'imports')}", line)
        for name, (module, line) in GROUPS.items()
    }


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"debtflow {_version()}")
        context.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("debtflow")
    except PackageNotFoundError:
        return "(a checkout that is not installed)"


@click.group(cls=Group, lazy=_lazy(), invoke_without_command=True)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
              help="Show the version and exit.")  # fmt: skip
@click.pass_context
def debtflow(context: click.Context) -> None:
    """The back office of a collection agency. Without a command it opens the terminal app."""
    if context.invoked_subcommand is None:
        from debtflow_tui.cli.terminal import open_app

        context.exit(open_app())


def run(words: Sequence[str]) -> int:
    """Run a command and give its exit code; nothing that it raises comes out."""
    report = Report(asked_json="--json" in _options(words))
    try:
        return _answer(words, report)
    except DebtFlowError as error:
        return report.fail(error)
    except click.UsageError as error:
        return report.fail_usage(error.format_message(), _how_to(error))
    except click.ClickException as error:
        return report.fail_usage(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        report.say("debtflow: interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough (click exits by itself then); Python must not complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        return _bug(error, report)


def _answer(words: Sequence[str], report: Report) -> int:
    code = debtflow.main(list(words), prog_name="debtflow", standalone_mode=False, obj=report)
    sys.stdout.flush()
    return code if isinstance(code, int) else DONE


def _options(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words


def _how_to(error: click.UsageError) -> str | None:
    return f"{error.ctx.command_path} --help" if error.ctx is not None else None


def _bug(error: Exception, report: Report) -> int:
    story = "".join(traceback.format_exception(error))
    if report.debug:
        click.echo(story, err=True, nl=False)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
    if log := os.environ.get("DEBTFLOW_LOG"):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(story)
        where = f"{where} (see {log})"
    return report.fail_bug(where)
