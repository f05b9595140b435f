"""The question that the audit browser and ``audit list`` answer: who, which act, which entity, when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.domain.dates import parse_since, parse_until
from services.domain.lexer import lex, quoted
from services.domain.numbers import number_candidates, parse_account_number
from services.domain.quoting import shown
from services.errors import BadInput

KINDS: Mapping[str, str] = {
    "account": "account",
    "debtor": "debtor",
    "batch": "import batch",
    "payment_batch": "payment batch",
    "payment_batch_line": "payment batch line",
    "webhook": "webhook",
    "user": "user",
    "client": "client",
    "agency": "agency",
    "archive": "archive of the trail",
    "security_event": "list of security events",
    "installation": "installation",
    "approval": "question to a second person",
}
"""What the trail is about: the kinds that ``entity:`` takes, each in words."""

SECURITY = "security."
"""What the acts of security events begin with: ``act:security.export`` and ``kind:export`` ask the same."""

MOST_TEXTS = 8
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_TRANSACTION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Filters of the audit trail, None where unset; ``str()`` is the same question in its canonical spelling.

    ``act`` may hold ``*``; ``since`` and ``until`` stay as typed so that ``-7d`` keeps its meaning; every ``text`` must
    be found, its words beside each other; ``notes`` say in words what was left out, and why.
    """

    who: str | None = None
    act: str | None = None
    entity_kind: str | None = None
    entity_ref: str | None = None
    since: str | None = None
    until: str | None = None
    transaction: int | None = None
    text: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def of_security(self) -> bool:
        """Whether it asks for security events (sign-ins, refusals, exports) instead of changes."""
        return self.act is not None and self.act.startswith(SECURITY)

    @property
    def act_like(self) -> str | None:
        """``act`` as a pattern for SQL's LIKE, its wildcards escaped with a backslash."""
        if self.act is None:
            return None
        escaped = self.act.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return escaped.replace("*", "%")

    def window(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From (inclusive) and until (exclusive), both aware; ``now`` gives the agency's zone."""
        return (
            parse_since(self.since, now) if self.since else None,
            parse_until(self.until, now) if self.until else None,
        )

    def __str__(self) -> str:
        entity = "/".join(part for part in (self.entity_kind, self.entity_ref) if part)
        said = {"who": self.who, "act": self.act, "entity": entity, "since": self.since, "until": self.until,
                "tx": str(self.transaction or "")}  # fmt: skip
        return " ".join(
            [
                *(f"{key}:{quoted(value)}" for key, value in said.items() if value),
                *(f"text:{quoted(t)}" for t in self.text),
            ]
        )


def parse_audit(text: str) -> AuditQuery:
    """The question in the filter line, at any moment of its being typed; never raises.

    A command that must not answer more than it was asked refuses a query with ``notes``.
    """
    notes: list[str] = []
    said: dict[str, Any] = {}
    terms = lex(text)
    for word in terms.words:
        _take("entity" if number_candidates(word) else "", word, said, notes)
    for term in terms.filters:
        plain = term.op in (":", "=")
        _take(term.key if plain else "", term.value if plain else str(term), said, notes)
    return AuditQuery(notes=tuple(notes), **said)


def _take(key: str, value: str, said: dict[str, Any], notes: list[str]) -> None:
    reader = _READERS.get(key)
    if reader is None:
        left_out = f"{key}:{value}" if key else value
        notes.append(f"{shown(left_out)} is left out: type {' '.join(f'{known}:' for known in _READERS)}")
    elif not value.strip("/ "):
        notes.append(f"{key}: is left out: its value is still missing")
    else:
        try:
            found = reader(value)
            if "text" in found:
                found = {"text": _together(said.get("text", ()), found["text"])}
            said.update(found)
        except BadInput as problem:
            notes.append(f"{key}:{shown(value)} is left out: {problem.message}")


def _entity(value: str) -> dict[str, str]:
    kind, _, ref = value.strip("/ ").partition("/")
    if not ref and number_candidates(kind):
        kind, ref = "account", kind
    if kind == "account" and ref:
        ref = next(iter(number_candidates(ref)), None) or parse_account_number(ref)
    return {"entity_kind": kind.strip().lower(), **({"entity_ref": ref.strip()} if ref.strip() else {})}


def _since(value: str) -> dict[str, str]:
    parse_since(value, _ANY_MOMENT)
    return {"since": value}


def _until(value: str) -> dict[str, str]:
    parse_until(value, _ANY_MOMENT)
    return {"until": value}


def _transaction(value: str) -> dict[str, int]:
    if not (value.isascii() and value.isdigit()) or not 0 < int(value[:20]) <= _MAX_TRANSACTION:
        raise BadInput("tx", "a transaction is a number", hint="take it from an event")
    return {"transaction": int(value)}


def _text(value: str) -> dict[str, tuple[str, ...]]:
    if not any(char.isalnum() for char in value):
        raise BadInput("text", "it has no letter and no figure")
    return {"text": (value,)}


def _together(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    both = tuple(dict.fromkeys((*known, *more)))
    if len(both) > MOST_TEXTS:
        raise BadInput("text", f"{MOST_TEXTS} are enough")
    return both


_READERS: dict[str, Callable[[str], Mapping[str, Any]]] = {
    "who": lambda value: {"who": value.lower()},
    "act": lambda value: {"act": value.lower()},
    "entity": _entity,
    "since": _since,
    "until": _until,
    "tx": _transaction,
    "text": _text,
    "kind": lambda value: {"act": SECURITY + value.lower().removeprefix(SECURITY)},
}
