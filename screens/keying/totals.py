"""Expected, keyed, and what is between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from screens.widgets import money, plain, words

if TYPE_CHECKING:
    from services.batches.results import Batch, Totals

WIDTHS = (12, 8, 18, 22)


class TotalsPane(Static):
    """Four lines that never leave the screen."""

    def __init__(self) -> None:
        super().__init__("", id="totals")

    def show(self, batch: Batch) -> None:
        """Replace what it says."""
        which = f" · {batch.side} keying" if batch.second_keying else ""
        second = f" · second by {batch.second_by}" if batch.second_by else ""
        done = f" · {batch.posted} posted, {batch.failed} failed, {batch.open} open" if batch.posted else ""
        what = f" {batch.title or 'Batch'} · {words(batch.state)}{which}{second}{done}"
        self.update(Content("\n").join([plain(what, "bold"), *self._figures(batch)]))

    def _figures(self, batch: Batch) -> list[Content]:
        hashed = "HASH TOTAL" if batch.expected.hash_total is not None else ""
        titles = plain(_line("", "LINES", f"SUM {batch.expected.sum.currency}", hashed), "$text-muted")
        expected = plain(_row("expected", batch.expected))
        if batch.hidden:
            return [titles, expected, plain(" keyed by somebody else, blind until both are compared", "$text-muted")]
        keyed = plain(_row("keyed", batch.keyed, hashed=batch.expected.hash_total is not None))
        if batch.agrees:
            return [titles, expected, keyed, plain(" ✓ agrees", "bold $text-accent")]
        return [titles, expected, keyed, plain(_row("difference", batch.difference, sign=True), "bold $text-error")]

    def words(self, batch: Batch) -> str:
        """The difference in words."""
        count, total, hashed = batch.difference.count, batch.difference.sum, batch.difference.hash_total or 0
        said = (
            f"{abs(count):,} lines too {'many' if count > 0 else 'few'}" if count else "",
            f"{abs(total)} too {'much' if total.minor > 0 else 'little'}" if total else "",
            f"hash total {abs(hashed):,} too {'high' if hashed > 0 else 'low'}" if hashed else "",
        )
        return ", ".join(part for part in said if part)


def _row(name: str, totals: Totals, *, sign: bool = False, hashed: bool = True) -> str:
    def figure(number: int) -> str:
        return f"{number:+,}".replace("-", "−") if sign and number else f"{number:,}"

    total = ("+" if sign and totals.sum.minor > 0 else "") + money(totals.sum)
    shown = figure(totals.hash_total) if hashed and totals.hash_total is not None else ""
    return _line(name, figure(totals.count), total, shown)


def _line(name: str, *figures: str) -> str:
    return f" {name:<{WIDTHS[0]}}" + "".join(
        f"{text:>{width}}" for text, width in zip(figures, WIDTHS[1:], strict=True)
    )
