"""``debtflow webhook``: the door that providers knock at, and what came in by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debtflow_tui import config
from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import credentials, signed_in
from services.errors import Misconfigured, Unreachable

if TYPE_CHECKING:
    from debtflow_tui.config import Settings
    from services.webhooks import Raw, Webhook


@click.group(cls=Group)
def webhook() -> None:
    """Take in, show and redrive what providers send."""


@webhook.command()
@click.option("--host", help="The address to listen at; this machine only, by itself.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0 takes a free one.")
@click.pass_obj
def serve(report: Report, host: str | None, port: int | None) -> None:
    """Take in webhooks of Stripe (/stripe) and Paystack (/paystack) until told to stop.

    Signs in as a login with the role webhook. Stand something that speaks TLS in front of it.
    """
    from debtflow_tui import whereabouts
    from debtflow_tui.saying import say
    from debtflow_tui.webhook.door import Door
    from debtflow_tui.webhook.serve import listen, run
    from services.webhooks.intake import Intake

    settings = config.load()
    secrets = _secrets(settings)
    user, password = credentials(settings)
    store = whereabouts.open_store(settings, user, password)
    intake = Intake(store)
    try:
        intake.ready()
    except Unreachable as away:
        say(f"{away.message}: whatever comes is refused for now, and the provider will send it again")
    at = listen(host or settings.webhook.host, settings.webhook.port if port is None else port)
    name, number = at.getsockname()[:2]
    address = f"http://{f'[{name}]' if ':' in name else name}:{number}"
    if name not in ("127.0.0.1", "::1"):
        say("anybody who reaches this machine can knock here: stand something that speaks TLS in front of it")
    say(f"taking webhooks of {' and '.join(secrets)} at {address}")
    if report.as_json:
        report.give({"listening": address, "paths": [f"/{name}" for name in secrets]})
    try:
        run(Door(intake, secrets, say), at)
    finally:
        store.close()
    say("stopped")


def _secrets(settings: Settings) -> dict[str, tuple[str, ...]]:
    from debtflow_tui.provider import webhook_secrets

    found = {name: secrets for name, secrets in webhook_secrets(settings).items() if secrets}
    if not found:
        raise Misconfigured(
            "there is no secret to check signatures with",
            hint="set DEBTFLOW_STRIPE_WEBHOOK_SECRET_FILE or DEBTFLOW_PAYSTACK_KEY_FILE",
        )
    return found


@webhook.command("list")
@click.option("--state", help="queued, processed, replayed, ignored, refused or failed.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", type=given.ID, help="Where the page before ended.")
@click.pass_obj
def list_webhooks(report: Report, state: str | None, limit: int, after: int | None) -> None:
    """List what came in, the latest first, and what became of it."""
    with signed_in() as desk:
        found, following = desk.webhooks.list(state=state, after=after, limit=limit)
    table = Table(
        ("ID", "RECEIVED", "PROVIDER", "EVENT", "TYPE", "STATE", "SEEN", "WHY"),
        [(str(w.id), w.received_at, w.provider, w.event_id, w.type, w.state, w.deliveries, w.reason) for w in found],
        empty="nothing came in",
    )
    report.give({"webhooks": found, "next": following}, table)


@webhook.command()
@click.argument("webhook_id", metavar="ID", type=given.ID)
@click.option("--raw", is_flag=True, help="Also headers, signature and body as they came; this goes on record.")
@click.pass_obj
def show(report: Report, webhook_id: int, raw: bool) -> None:
    """Show one event; with --raw as it came over the wire."""
    with signed_in() as desk:
        found = desk.webhooks.show(webhook_id)
        delivery = desk.webhooks.reveal(webhook_id) if raw else None
    report.give({**_document(found), **_raw(delivery)}, facts(_document(found)), *_readable(delivery))


@webhook.command()
@click.argument("webhook_ids", metavar="ID…", type=given.ID, nargs=-1, required=True)
@click.pass_obj
def redrive(report: Report, webhook_ids: tuple[int, ...]) -> None:
    """Have events looked at again, whatever became of them; what was done already is found done."""
    with signed_in() as desk:
        queued = [desk.webhooks.redrive(each) for each in webhook_ids]
    report.give({"webhooks": queued}, f"{len(queued)} queued again" if len(queued) > 1 else "queued again")


def _document(found: Webhook) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__slots__}


def _raw(delivery: Raw | None) -> dict[str, object]:
    if delivery is None:
        return {}
    body = delivery.body.decode("utf-8", "backslashreplace")
    return {"headers": delivery.headers, "signature": delivery.signature, "body": body}


def _readable(delivery: Raw | None) -> list[Table | str]:
    if delivery is None:
        return []
    text = delivery.body.decode("utf-8", "backslashreplace")
    return ["", Table(("HEADER", ""), delivery.headers), "", *text.splitlines()]
