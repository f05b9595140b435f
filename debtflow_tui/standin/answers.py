"""Idempotency as the provider has it: one key, one request, one answer, kept for a day."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from debtflow_tui.standin.book import Book
from debtflow_tui.standin.problems import Problem

KEPT: Final = 24 * 3600
LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; ``replayed`` where it had been before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


class Answers:
    """Kept answers by key, and the keys whose requests are under way."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._under_way: set[str] = set()

    def clear(self) -> None:
        """Whoever is under way is on their own; kept answers go with the book."""
        self._under_way.clear()

    def claim(self, key: str, path: str, encoded: str) -> Answer | None:
        """The answer that was kept, or None: the key is now this request's until ``keep`` or ``release``."""
        if len(key) > LONGEST:
            raise Problem(400, "invalid_request_error", "An idempotency key has at most 255 characters.")
        request = sha256(encoded.encode()).hexdigest()
        with self.book.lock:
            kept = self.book.tables["answer"].get(key)
            if kept is not None and kept["created"] > self.book.now() - KEPT:
                self._same(key, kept, path, request)
                return Answer(kept["status"], kept["body"], replayed=True)
            if key in self._under_way:
                raise Problem(
                    409,
                    "idempotency_error",
                    f"There is currently another in-progress request using this idempotency key: {key}.",
                    code="idempotency_key_in_use",
                )
            self._under_way.add(key)
            return None

    def _same(self, key: str, kept: dict[str, Any], path: str, request: str) -> None:
        if kept["path"] != path:
            raise Problem(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{kept['path']}'). Try using a key other than '{key}'.",
            )
        if kept["request"] != request:
            raise Problem(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
            )

    def keep(self, key: str, path: str, encoded: str, answer: Answer) -> None:
        """From now on this is the answer."""
        row = {
            "path": path,
            "request": sha256(encoded.encode()).hexdigest(),
            "status": answer.status,
            "body": answer.body,
        }
        with self.book.lock:
            self.book.make("answer", row, name=key)
            self._under_way.discard(key)

    def release(self, key: str) -> None:
        """Nothing was begun: the key is as good as new."""
        with self.book.lock:
            self._under_way.discard(key)
