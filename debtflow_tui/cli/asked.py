"""The words and options by which commands ask the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from services.errors import BadInput, NotFound

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.domain.trail import AuditQuery

OPTIONS = ("entity", "who", "act", "since", "until", "text")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was typed; ``saved`` names one that the person keeps."""

    said: str
    saved: str | None

    def of(self, desk: Services) -> AuditQuery:
        """The question; raises BadInput rather than to answer more than was asked."""
        from services.domain.trail import parse_audit

        kept = _kept(desk, self.saved) if self.saved is not None else ""
        asked = parse_audit(f"{kept} {self.said}")
        if asked.notes:
            raise BadInput("query", "; ".join(asked.notes))
        return asked


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """The argument and options of a question; the command takes them as ``asked``."""

    @wraps(command)
    def taken(*positional: Any, query: tuple[str, ...], saved: str | None, **options: Any) -> None:
        from services.domain.lexer import quoted

        given = {key: options.pop(key) for key in OPTIONS}
        filters = [f"{key}:{quoted(value)}" for key, value in given.items() if value is not None]
        command(*positional, asked=Asked(" ".join([*query, *filters]), saved), **options)

    for each in (
        click.option("--saved", metavar="NAME", help="A filter that you keep: debtflow audit filters."),
        click.option("--text", metavar="WORDS", help="Words of a note or a reason, beside each other."),
        click.option("--until", metavar="TIME"),
        click.option("--since", metavar="TIME", help="Such as -7d, today or 2026-11-01."),
        click.option("--act", help="Such as payment.post; * stands for anything; security.* for security events."),
        click.option("--who", metavar="USER"),
        click.option("--entity", metavar="KIND/REF", help="Such as account/10023-3 or batch/4."),
        click.argument("query", nargs=-1),
    ):
        taken = each(taken)
    return taken


def _kept(desk: Services, name: str) -> str:
    for each in desk.audit.saved():
        if each.name == name:
            return each.text
    raise NotFound(f"you keep no filter called {name}", rule="audit_filter", hint="debtflow audit filters")
