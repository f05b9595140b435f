"""``debtflow sftp``: clients' servers, and what was fetched from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debtflow_tui import config
from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import DONE, REFUSED, Report, Table
from debtflow_tui.cli.session import signed_in
from services.errors import DebtFlowError, NotFound

if TYPE_CHECKING:
    from services.gateways.drops import Server
    from services.pull import PulledFile, Source, Step

FILE_STATES = ("waiting", "fetched", "staging", "staged", "refused", "taken", "quarantined", "gone")


@click.group(cls=Group)
def sftp() -> None:
    """The servers that clients drop files on, and what was fetched from them."""


@sftp.command()
@click.argument("client")
@click.pass_context
def test(context: click.Context, client: str) -> None:
    """Try a client's server: its host key, our login, the folder, and whether files may be moved. Fetches nothing.

    Exit code 1 where a step fails. A server whose key nobody pinned is told no name: its key is shown, to be compared.
    """
    report: Report = context.obj
    source = _source(client)
    steps: list[dict[str, object]] = []
    fingerprint = _tried(source, steps)
    good = all(step["ok"] for step in steps)
    document = {"client": client, "server": str(source.place), "fingerprint": fingerprint, "ok": good, "steps": steps}
    table = Table(
        ("STEP", "", "DETAIL"), [(step["name"], "ok" if step["ok"] else "FAILED", step["detail"]) for step in steps]
    )
    report.give(document, table)
    context.exit(DONE if good else REFUSED)


def _source(client: str) -> Source:
    from debtflow_tui.sources import sources_of

    sources = sources_of(config.load())
    if client not in sources:
        raise NotFound(
            f"no server is configured for {client}",
            rule="sftp-source",
            hint=f"[sftp.{client}] in the configuration; there is {', '.join(sorted(sources)) or 'none yet'}",
        )
    return sources[client]


def _tried(source: Source, steps: list[dict[str, object]]) -> str | None:
    from services.gateways.sftp import connected, host_key

    def done(name: str, detail: str) -> None:
        steps.append({"name": name, "ok": True, "detail": detail})

    fingerprint = None
    name = "reach the server"
    try:
        line, fingerprint = host_key(source.place)
        done(name, f"it shows {line}, {fingerprint}")
        name = "know its host key, sign in"
        with connected(source.place, source.login()) as server:
            done(name, f"as {source.place.user}")
            name = "list the folder"
            done(name, _listed(source, server))
            name = "move files"
            server.try_folders((source.processed, source.quarantine))
            done(name, f"{source.processed} and {source.quarantine} can be written")
    except DebtFlowError as trouble:
        said = f"{trouble.message}; {trouble.hint}" if trouble.hint else trouble.message
        steps.append({"name": name, "ok": False, "detail": said})
    return fingerprint


def _listed(source: Source, server: Server) -> str:
    from services.pull.names import meant

    there = server.look()
    wanted = meant(there, source.pattern)
    return f"{len(there)} files in {source.place.folder}, {len(wanted)} of them are meant by {source.pattern}"


@sftp.command("list")
@click.pass_obj
def list_clients(report: Report) -> None:
    """List the clients with a server: when it was looked at, when next, and what went wrong."""
    with signed_in() as desk:
        looked = {each.client: each for each in desk.pull.clients()}
        sources = desk.pull.sources
    document = [
        {
            "client": code,
            "server": str(sources[code].place) if code in sources else None,
            "pattern": sources[code].pattern if code in sources else None,
            **{name: getattr(looked.get(code), name, None) for name in LOOKED},
        }
        for code in sorted({*sources, *looked})
    ]
    table = Table(
        ("CLIENT", "SERVER", "FILES", "LAST LOOK", "NEXT", "WAITING", "TAKEN", "REFUSED", "TROUBLE"),
        [(each["client"], each["server"] or "not configured here", each["pattern"], each["looked_at"], each["next_at"],
          each["waiting"], each["taken"], each["refused"], each["trouble"]) for each in document],
        empty="no server is configured: docs/sftp.md",
    )  # fmt: skip
    report.give({"clients": document}, table)


LOOKED = ("looked_at", "next_at", "looks", "failures", "trouble", "waiting", "taken", "refused")


@sftp.command()
@click.argument("client", required=False)
@click.option("--state", help=", ".join(FILE_STATES))
@click.option("--limit", type=click.IntRange(1, 499), default=50, show_default=True)
@click.option("--after", type=given.ID, help="Where the page before ended.")
@click.pass_obj
def files(report: Report, client: str | None, state: str | None, limit: int, after: int | None) -> None:
    """List the files that were seen, the latest first: taken, refused and why, or still waiting."""
    with signed_in() as desk:
        page, following = desk.pull.files(client=client, state=state, after=after, limit=limit)
    table = Table(
        ("FILE", "CLIENT", "NAME", "SIZE", "STATE", "SINCE", "BATCH", "WHY"),
        [(each.id, each.client, each.name, f"{each.size:,}", each.state, each.since, each.batch, _why(each))
         for each in page],
        empty="no files were seen",
    )  # fmt: skip
    report.give({"files": page, "next": following}, table)


@sftp.command("give-back")
@click.argument("batch")
@click.pass_obj
def give_back(report: Report, batch: str) -> None:
    """Lay the error report of a batch on its client's server: the failed rows as they came, the reasons beside them."""
    wanted = given.whole(batch, "batch", "a batch")
    with signed_in() as desk:
        client = desk.imports.show(wanted).client
        found = desk.imports.report(wanted)
        place = desk.pull.give_back(client, found.name, b"".join(found.data))
    document = {"batch": wanted, "client": client, "file": place, "rows": found.rows}
    report.give(document, f"{found.rows:,} rows laid on the server of {client} as {place}")


def _why(file: PulledFile) -> str:
    said = file.trouble or file.reason or (file.batch_state or "").replace("_", " ")
    return f"{said}: {file.why}" if file.why and file.batch_state == "in_review" else said


def pulled(report: Report, client: str | None, *, wait: bool) -> int:
    """``debtflow import pull``: look at one client's server, or at all of them; the exit code."""
    with signed_in() as desk:
        clients = [client] if client else sorted(desk.pull.sources)
        looks, trouble = [], None
        for code in clients:
            try:
                looks.append(desk.pull.pull(code, wait=wait))
            except DebtFlowError as error:
                if client or error.exit_code == _NOT_ALLOWED:
                    raise
                trouble = error
                report.say(f"debtflow: {code}: {error.message}")
    table = Table(
        ("CLIENT", "FILE", "NAME", "OUTCOME", "BATCH", "", "WHY"),
        [(look.client, step.file, step.name, step.outcome, step.batch, step.verdict, step.reason)
         for look in looks for step in look.files],
        empty="no files are there" if clients else "no server is configured: docs/sftp.md",
    )  # fmt: skip
    report.give({"clients": looks}, table)
    if trouble is not None:
        return trouble.exit_code
    agreed = {code for code, source in desk.pull.sources.items() if source.agreed}
    unhappy = any(_is_unhappy(step, look.client in agreed) for look in looks for step in look.files)
    return REFUSED if unhappy else DONE


def _is_unhappy(step: Step, agreed: bool) -> bool:
    """Without anything agreed it is the way of every file to be left for review."""
    return step.outcome in {"refused", "trouble"} or (agreed and step.verdict == "left")


_NOT_ALLOWED = 6
