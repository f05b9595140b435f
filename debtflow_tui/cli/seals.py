"""``debtflow audit seal``, ``verify``, ``prove``, ``digests``, ``key``, ``checker``: the trail that can be proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import REFUSED, Report, Table
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput, Refused

if TYPE_CHECKING:
    from services.audit import ChainVerdict
    from services.audit.sealing import ChainState


@click.command(cls=Command)
@click.pass_obj
def seal(report: Report) -> None:
    """Seal what is not sealed yet, and give the digests: keep them where the database's administrator cannot write."""
    with signed_in() as desk:
        desk.sealing.seal_events()
        rows = desk.sealing.seal()
        digests = desk.sealing.publish()
        states = desk.sealing.states(1)
    lines = [f"{rows} rows sealed", *(_one_line(digest) for digest in digests)]
    report.give({"sealed": rows, "digests": digests, "chains": [_state(each) for each in states]}, *lines)


@click.command(cls=Command)
@click.option("--digest", "kept", multiple=True, type=click.Path(path_type=Path), help="One that you kept; repeat.")
@click.option("--public-key", multiple=True, metavar="KEY", help="A key that digests may be signed with; repeat.")
@click.option("--from", "since", metavar="TIME", help="Compare only rows from then on, such as -30d.")
@click.option("--to", "until", metavar="TIME", help="Compare only rows before then.")
@click.pass_context
def verify(
    context: click.Context, kept: tuple[Path, ...], public_key: tuple[str, ...], since: str | None, until: str | None
) -> None:
    """Check every row of the audit trail against its seal, and the seals against the digests that were given."""
    from services.audit.signing import read_digest
    from services.audit.verifying import Verifying

    report: Report = context.obj
    digests = [read_digest(_text(path)) for path in kept]
    with signed_in() as desk:
        verifying = desk.verifying
        if public_key:
            verifying = Verifying(desk.store, public_key, lambda: desk.sealing.shelves())
        found = verifying.verify(since=since, until=until, digests=digests, progress=_bar(report))
    rows = [(f.at, f.kind, f.message) for f in found.findings]
    lines = [_verdict(chain) for chain in found.chains]
    table = [Table(("WHEN", "WHAT", "FINDING"), rows)] if rows else []
    report.give({"ok": found.ok, "chains": [_chain(each) for each in found.chains]}, *lines, *table)
    if not found.ok:
        context.exit(REFUSED)


@click.command(cls=Command)
@click.argument("event", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a new file.")
@click.pass_obj
def prove(report: Report, event: int, out: Path | None) -> None:
    """Give a proof that this event stood in the trail; `debtflow audit checker` gives the script that checks it."""
    import json

    with signed_in() as desk:
        proof = desk.proving.prove(event)
    text = json.dumps(proof, indent=1, ensure_ascii=False)
    if out is not None:
        _write_new(out, text + "\n")
        report.give({"written": str(out)}, f"the proof of event {event} is in {out}")
    else:
        report.give(proof, text)


@click.command(cls=Command)
@click.option("--limit", type=click.IntRange(1, 500), default=10, show_default=True, help="Digests a chain.")
@click.pass_obj
def digests(report: Report, limit: int) -> None:
    """Show how far the seals reach, what waits for one, and the digests that were given."""
    with signed_in() as desk:
        states = desk.sealing.states(limit)
    chains = Table(
        ("CHAIN", "SEALS", "ROWS", "SEALED", "WAITING", "SINCE"),
        [(s.chain, s.seals, s.rows, s.sealed_at, s.waiting, s.waiting_since) for s in states],
    )
    given = Table(
        ("CHAIN", "SEAL", "ROWS", "MADE", "KEY", "HEAD"),
        [
            (s.chain, d["number"], d["total"], d["made_at"], d["key"] or "unsigned", d["head"][:16])
            for s in states
            for d in s.digests
        ],
        empty="no digest yet: debtflow audit seal",
    )
    report.give({"chains": [_state(each) for each in states]}, chains, "", given)


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def key(report: Report, file: Path) -> None:
    """Make a new key that digests are signed with, in a FILE of its own, and show its public half."""
    from services.audit.signing import SigningKey, new_seed

    seed = new_seed()
    _write_new(file, seed + "\n")
    made = SigningKey.parse(seed)
    report.give({"file": str(file), "key": made.id, "public_key": made.public}, f"key {made.id}, public: {made.public}")
    report.say(f"set DEBTFLOW_AUDIT_KEY_FILE={file} for the worker, and tell the public key to whoever checks")


@click.command(cls=Command)
@click.pass_obj
def checker(report: Report) -> None:
    """Give the script that checks a proof without a database: debtflow audit checker > check_proof.py"""
    from importlib.resources import files

    source = files("debtflow_tui.proofs").joinpath("check_proof.py").read_text(encoding="utf-8")
    if report.as_json:
        report.give({"check_proof.py": source})
    else:
        click.echo(source, nl=False)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput("digest", f"{path} cannot be read as text") from None


def _write_new(path: Path, text: str) -> None:
    """Only for their owner, and never over something that is there."""
    import os

    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} is there already", rule="file_exists", hint="give another name") from None
    except OSError as error:
        raise BadInput("file", f"{path} cannot be written: {error.strerror}") from None


def _bar(report: Report) -> Callable[[int, int], None]:
    import sys

    def show(done: int, total: int) -> None:
        if not report.as_json and sys.stderr.isatty():
            click.echo(f"\r\x1b[Kchecking: {done:,} of {total:,} rows", err=True, nl=done >= total)

    return show


def _verdict(chain: ChainVerdict) -> str:
    said = f"{chain.chain}: {chain.rows} rows in {chain.seals} seals"
    if chain.hidden:
        said += f", {chain.hidden} of them on the database's word"
    said += f", {chain.waiting} waiting, {chain.signed} signed digests fit"
    return f"{said}: {'as they were sealed' if chain.ok else f'{chain.count} FINDINGS'}"


def _chain(chain: ChainVerdict) -> dict[str, Any]:
    return {"ok": chain.ok, **{field.name: getattr(chain, field.name) for field in fields(chain)}}


def _state(state: ChainState) -> dict[str, Any]:
    return {field.name: getattr(state, field.name) for field in fields(state)}


def _one_line(digest: Any) -> str:
    import json

    return json.dumps(digest, sort_keys=True)
