"""What could stand where the cursor is in the filter line: keys, people, acts, kinds, times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.domain.lexer import quoted
from services.domain.trail import KINDS, parse_audit

KEYS = {
    "who": "a person's login",
    "act": "what was done; * stands for anything",
    "entity": "what it was done to: account/10023-3",
    "since": "-7d, -12h, today or 2026-11-01",
    "until": "-7d, -12h, today or 2026-11-01",
    "tx": "the number of a transaction",
    "text": "words of a note or a reason; more than one in quotes",
    "kind": "what happened at the door: sign-ins, refusals, exports",
}
"""The keys of the language, each with what may follow it."""

DOOR = (
    "*", "session.*", "session.open", "session.close", "session.end", "session.step_up", "signin.*", "configuration",
    "import.release", "import.undo", "export", "reveal", "reveal.refused", "file.read", "payment.refused",
    "refund.refused", "reversal.refused", "adjustment.refused", "spread.refused", "user.password", "webhook.reveal",
    "audit.differs",
)  # fmt: skip
TIMES = ("today", "yesterday", "-1h", "-12h", "-7d", "-30d")
ACTS = (
    "account.assign", "account.call", "account.flag", "account.follow_up", "account.note", "account.status",
    "adjustment.post", "adjustment.reverse", "approval.ask", "charge.begin", "charge.dispute", "charge.link",
    "charge.settle", "client.add", "client.edit", "client.settlement_floor", "import.approve", "import.exclude",
    "import.fix", "import.profile", "import.reject", "import.release", "import.rules", "import.stage", "import.undo",
    "interest.accrue", "limit.set", "payment.batch", "payment.post", "payment.refund", "payment.reverse",
    "payment.spread", "payment_batch.cancel", "payment_batch.key", "payment_batch.open", "period.close",
    "period.reopen", "plan.hold", "plan.make", "plan.run", "promise.judge", "promise.make", "rights.set", "rights.two",
    "settlement.accept", "settlement.complete", "settlement.offer", "user.add", "user.disable", "user.password",
    "webhook.process", "webhook.redrive",
)  # fmt: skip
"""The commonest; those that have been seen come to them."""

_LAST_WORD = re.compile(r'(?:[^\s"]|"(?:[^"]|"")*(?:"|\Z))*\Z')


@dataclass
class Vocabulary:
    """The words that are known so far; whatever is shown adds its own."""

    people: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=lambda: set(ACTS))
    ready: bool = False
    """Whether people have been learned."""

    def learn(self, people: Iterable[str] = (), acts: Iterable[str] = ()) -> None:
        """Add what is there to be asked for."""
        self.people.update(people)
        self.acts.update(acts)

    def fitting(self, word: str) -> tuple[str, ...]:
        """What the word could become, best first; nothing where it is that already."""
        key, colon, begun = word.partition(":")
        found = self._values(key.lower(), begun.strip('"').lower()) if colon else _keys(word.lower())
        return () if found == (word,) else found

    def _values(self, key: str, begun: str) -> tuple[str, ...]:
        known: Sequence[str] = ()
        if key == "who":
            known = sorted(self.people)
        elif key == "act":
            known = self._acts(begun)
        elif key == "entity":
            known = [f"{kind}/" for kind in KINDS]
        elif key == "kind":
            known = DOOR
        elif key in ("since", "until"):
            known = TIMES
        return tuple(f"{key}:{quoted(value)}" for value in known if value.startswith(begun))

    def _acts(self, begun: str) -> list[str]:
        """Families first, until it is clear which one is meant."""
        families = sorted({f"{act.partition('.')[0]}.*" for act in self.acts})
        meant = [family for family in families if family.startswith(begun)]
        return [*meant, *(sorted(self.acts) if len(meant) <= 1 else ())]


def word_at(text: str, cursor: int) -> tuple[int, str]:
    """Where the word before the cursor begins, and what of it is typed."""
    match = _LAST_WORD.search(text, 0, cursor)
    begins = match.start() if match else cursor
    return begins, text[begins:cursor]


def asked_for(word: str) -> str:
    """What may follow the key of this word; empty where there is no key or something follows it."""
    key, colon, value = word.partition(":")
    return KEYS.get(key.lower(), "") if colon and not value else ""


def problem(text: str, but: tuple[int, str] | None = None) -> str:
    """What of the line is left out, and why; the word that is still being typed is spared."""
    if but is not None:
        begins, word = but
        text = f"{text[:begins]} {text[begins + len(word) :]}"
    notes = parse_audit(text).notes
    return notes[0] if notes else ""


def _keys(begun: str) -> tuple[str, ...]:
    return tuple(f"{key}:" for key in KEYS if begun and key.startswith(begun))
