"""One command, from its words to its exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import DONE, INTERRUPTED, Report, Unwritten, hush, writing
from services.domain.prose import refuse_card_number
from services.domain.quoting import is_text, shown
from services.errors import BadInput, DebtFlowError

GROUPS: Final = {
    "account": ("account", "Find, show and work accounts."),
    "payment": ("payment", "Post, reverse and show payments."),
    "promise": ("promise", "Promises to pay."),
    "plan": ("plan", "Payment plans that follow the balance."),
    "settlement": ("settlement", "Offers to settle for less."),
    "day-sheet": ("payment", "What one person entered on one day."),
    "adjust": ("adjust", "Add fees and costs, write off, correct placements."),
    "interest": ("interest", "Accrue interest, pause it, let it run again."),
    "import": ("imports", "Stage, review and release placement files."),
    "sftp": ("sftp", "The servers that clients drop files on."),
    "audit": ("audit", "Who did what, when."),
    "ledger": ("ledger", "Read, prove and close the books."),
    "events": ("events", "What happened to money, in order, for other programs."),
    "webhook": ("webhook", "Take in, show and redrive what providers send."),
    "worker": ("worker", "Do the agency's background work."),
    "jobs": ("worker", "What is waiting, running and failed."),
    "doctor": ("ledger", "Examine the installation."),
    "session": ("sessions", "Who is signed in, from where, doing what."),
    "rights": ("rights", "Who may do what, and what takes two persons."),
    "limit": ("rights", "How much each role and person may."),
    "approval": ("rights", "What waits for a second person."),
    "pii": ("pii", "Forget persons; legal holds; how long records are kept."),
    "client": ("client", "The creditors and their contracts."),
    "team": ("team", "People whose accounts are levelled together."),
    "user": ("user", "The people who work here."),
    "agency": ("agency", "The agencies of this installation."),
    "db": ("db", "Make, migrate and look at the database."),
    "demo": ("demo", "A made-up agency on a PostgreSQL of its own."),
}


LONGEST_PHONE: Final = 20


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
    _open_streams()
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
        # Whoever read our output has seen enough (click exits by itself then).
        hush(sys.stdout)
        return DONE
    except Unwritten as error:
        return report.fail_unwritten(error)
    except Exception as error:
        return _bug(error, report)


def _open_streams() -> None:
    # A caller may have closed them (``>&-``); Python leaves None there then, which nobody looks for.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run


def _answer(words: Sequence[str], report: Report) -> int:
    _refuse_undecodable(words)
    _refuse_card_numbers(words)
    code = debtflow.main(list(words), prog_name="debtflow", standalone_mode=False, obj=report)
    with writing():
        sys.stdout.flush()
    return code if isinstance(code, int) else DONE


def _refuse_undecodable(words: Sequence[str]) -> None:
    # Only the name of a file may be bytes that are no text.
    for word in words:
        if not is_text(word) and not os.path.lexists(word):
            raise BadInput("words", f"{shown(word)} holds bytes that are no text", hint="write it as UTF-8")


def _refuse_card_numbers(words: Sequence[str]) -> None:
    """No card number enters by any option or argument; files and the keys of submissions are not free text."""
    for word in words:
        value = word.partition("=")[2] or word
        if not (_is_key(value) or _is_phone(value) or os.path.lexists(value)):
            refuse_card_number(word, "the command line")


def _is_key(word: str) -> bool:
    with suppress(ValueError):
        return bool(UUID(word))
    return False


def _is_phone(word: str) -> bool:
    return word.startswith("+") and word[1:].replace(" ", "").isdigit() and len(word) <= LONGEST_PHONE


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
        try:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(story)
            where = f"{where} (see {log})"
        except OSError as unwritable:
            where = f"{where}; {log} cannot be written: {unwritable.strerror}"
    return report.fail_bug(where)
