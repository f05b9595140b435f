"""Keying a stack: one line a payment, the running difference always in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID, uuid4

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static

from screens.base import BaseScreen, Desk, key
from screens.base.desk import Draft
from screens.keying.forms import CancelForm, ExpectForm, PostForm
from screens.keying.line import LineInput, Sticky, numbered
from screens.keying.ports import Stacks
from screens.keying.settling import SettlingScreen
from screens.keying.totals import TotalsPane
from screens.widgets import Column, PagedTable, cell, money_cell, plain, words
from services.domain.keying import TypedLine, written
from services.errors import BadInput, Busy, DebtFlowError, Refused, Unreachable

if TYPE_CHECKING:
    from services.batches.results import Batch, BatchEntry, BatchLine, BatchPage, BatchPosting

SHOWN = 500
COLUMNS = (
    Column("LINE", 4, right=True),
    Column("ACCOUNT", 8),
    Column("DEBTOR", 10, flex=True),
    Column("OWING", 9, right=True),
    Column("AMOUNT", 9, right=True),
    Column("METHOD", 9, wide=True),
    Column("REF", 7),
    Column("DATE", 6, wide=True),
    Column("BY", 6, wide=True),
    Column("", 16, flex=True),
)


class KeyingScreen(BaseScreen):
    """One batch: what was keyed above, the line being typed below."""

    CSS_PATH = "keying.tcss"
    AUTO_FOCUS = "#line"
    HELP = """ACCOUNT AMOUNT [METHOD] [REFERENCE] [@DATE] [!] [+] and Enter keeps a line in the database at once.

  .             the account of the line before
  !             a second payment of the same amount is meant
  +             keep what is too much unapplied
  m cash        by cash from here on
  d -1          of yesterday from here on
  a 7 . 25.00   line 7 says this instead
  x 7           drops line 7

What could not be read waits above the field; F6 brings it back.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f10,ctrl+s", "post", "post", "Post the batch; asks for its sum", priority=True),
        key("f6", "bring", "amend", "Bring back what could not be read, else amend the line under the cursor"),
        key("f8", "drop", "drop", "Drop the line under the cursor"),
        key("f7", "done", "done keying", "End this keying: hand over, take over, compare or settle"),
        key("f4", "only", "what is wrong", "Show only lines that a rule speaks against, or all again"),
        key("ctrl+t", "expect", "expected", "Correct what the batch is expected to be", show=False),
        key("ctrl+n", "give_up", "give up", "Give the batch up", show=False),
    ]

    def __init__(self, desk: Desk, batches: Stacks, number: int) -> None:
        super().__init__(desk)
        self._batches = batches
        self._number = number
        self._batch: Batch | None = None
        self._sticky = Sticky(desk.session.currency, desk.today, desk.today)
        self._spoiled: list[tuple[str, UUID]] = []
        self._wanted: str | None = None
        self._typed_key = uuid4()
        self._totals = TotalsPane()
        self._stays = Static("", id="sticky")
        self._waiting = Static("", id="spoiled")
        self._line = LineInput()
        self._table: PagedTable[BatchLine] = PagedTable(COLUMNS, self._cells, lambda line: str(line.line), id="lines")
        self._table.can_focus = False

    @property
    def crumb(self) -> str:
        return f"Batch {self._number}"

    def body(self) -> ComposeResult:
        yield self._totals
        yield self._table
        yield self._waiting
        yield self._stays
        yield self._line

    def on_mount(self) -> None:
        kept = self.desk.drafts.recall(self.draft_name())
        if kept:
            self._spoiled = [(text, uuid4()) for text in kept.get("spoiled", "").split("\n") if text]
            self._line.value = kept.get("line", "")
            self._line.cursor_position = len(self._line.value)
        self._show_sticky()

    def draft_name(self) -> str:
        return f"payment batch {self._number}"

    def draft(self) -> Draft | None:
        if not (self._spoiled or self._line.value.strip()):
            return None
        return {"spoiled": "\n".join(text for text, _ in self._spoiled), "line": self._line.value}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Nothing to do in a finished batch, or for those who only read."""
        open_still = self._batch is not None and not self._batch.finished and self.desk.session.may("payment.batch")
        if action == "done":
            return open_still and self._batch is not None and self._batch.second_keying
        return open_still if action in ("post", "bring", "drop", "expect", "give_up") else True

    # ---- what is there ---------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        wanted = self._wanted
        self.ask(lambda: self._batches.show(self._number, limit=SHOWN, wanted=wanted), self._show, hold=True)

    def _show(self, page: BatchPage) -> None:
        lines = page.lines[::-1]
        self._table.fill(lines, keep=False)
        self._go_to_end()
        self._stand(page.batch)
        if lines:
            self._sticky.last = lines[-1].account

    def _stand(self, batch: Batch) -> None:
        self._batch = batch
        self._sticky.currency = batch.expected.sum.currency
        self._totals.show(batch)
        self._line.disabled = batch.finished or not self.desk.session.may("payment.batch")
        self._line.display = not self._line.disabled
        self._show_sticky()
        self.refresh_bindings()

    def _go_to_end(self) -> None:
        if self._table.items:
            self._table.move_cursor(row=len(self._table.items) - 1)

    def _show_sticky(self) -> None:
        day = "today" if self._sticky.day == self._sticky.today else f"{self._sticky.day:%-d %b %Y}"
        label = Content.styled(" every line: ", "$text-muted")
        stays = plain(f"{words(self._sticky.method)}, {day}", "bold")
        typing = not self._line.disabled
        only = "   m cash · d -1 change it" if typing else ""
        if self._wanted:
            only = f"   {'only lines that need' if self._table.items else 'no line needs'} a look (F4: all)"
        head = label + stays if typing else Content("")
        self._stays.update(head + Content.styled(only, "$text-muted"))
        count = len(self._spoiled)
        self._waiting.display = bool(count)
        if count:
            first = self._spoiled[0][0]
            self._waiting.update(plain(f" {count} not kept: “{first}”  F6 brings it back", "$text-error"))

    # ---- a line ----------------------------------------------------------------------------------------------------

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        text, key = event.value.strip(), self._typed_key
        self._line.value = ""
        self._typed_key = uuid4()
        if not text:
            return
        try:
            self._do(text, key)
        except (BadInput, Refused) as error:
            self._spoil(text, key, error.message)

    def _do(self, text: str, key: UUID) -> None:
        parts = text.split()
        if self._sticky.set(parts):
            self._show_sticky()
            self.say(f"From now on {words(self._sticky.method)}, {self._sticky.day:%-d %b %Y}", "good")
        elif parts[0].lower() == "x":
            self._drop_line(numbered(parts))
        elif parts[0].lower() == "a":
            entry, line = self._sticky.read(" ".join(parts[2:]), key), numbered(parts)
            self._write(lambda: self._batches.amend(self._number, line, entry), text, key, self._amended)
        else:
            self._key(self._sticky.read(text, key), text, key)

    def _key(self, entry: BatchEntry, text: str, key: UUID) -> None:
        self._sticky.last = entry.account
        self._write(lambda: self._batches.key(self._number, [entry]), text, key, self._keyed)

    def _write(self, deed: Callable[[], BatchPage], text: str, key: UUID, done: Callable[[BatchPage], None]) -> None:
        def failed(error: DebtFlowError) -> bool:
            self._spoil(text, key if isinstance(error, Busy | Unreachable) else uuid4(), error.message)
            return not isinstance(error, Busy | Unreachable)

        self.act(deed, done, doing="Keeping…", failed=failed)

    def _spoil(self, text: str, key: UUID, why: str) -> None:
        """Kept where a kill does not reach, so that the next line of a scanner finds an empty field."""
        self._spoiled.append((text, key))
        self.desk.drafts.keep(self.draft_name(), self.draft() or {})
        self._show_sticky()
        self.say(f"Not kept: {why}", "error")

    def _keyed(self, page: BatchPage) -> None:
        at_end = self._wanted is None
        known = {line.line for line in self._table.items}
        if at_end and len(self._table.items) < SHOWN:
            self._table.extend([line for line in page.lines if line.line not in known], more=False)
            self._go_to_end()
        elif at_end:
            self.look_again()
        self._stand(page.batch)
        self._echo(page.lines[-1], "kept")

    def _amended(self, page: BatchPage) -> None:
        for line in page.lines:
            self._table.replace(line)
        self._stand(page.batch)
        self._echo(page.lines[-1], "now")

    def _echo(self, line: BatchLine, verb: str) -> None:
        who = line.debtor or "no account of yours"
        against = f"  {line.message}: {line.hint}" if line.message else ""
        said = f"Line {line.line} {verb}: {line.account} {who}, {line.amount} {words(line.method)}{against}"
        self.say(said, "warn" if line.message else "good")
        self._forget_draft()

    def _forget_draft(self) -> None:
        if not self._spoiled:
            self.desk.drafts.drop(self.draft_name())

    # ---- keys ------------------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        rows = len(self._table.items)
        if rows:
            self._table.move_cursor(row=max(0, min(rows - 1, self._table.cursor_row + by)))
            line = self._table.current
            if line is not None and line.message:
                self.say(f"Line {line.line}: {line.message}: {line.hint}", "warn")

    def action_bring(self) -> None:
        if self._spoiled:
            text, self._typed_key = self._spoiled.pop(0)
            self._show_sticky()
        elif (line := self._table.current) is not None:
            typed = TypedLine(
                line.account, line.amount, line.method, line.reference or "", line.effective_on,
                line.allow_duplicate, line.overpayment == "unapplied",
            )  # fmt: skip
            text = f"a {line.line} {written(typed, method=self._sticky.method, day=self._sticky.day)}"
        else:
            return
        self._line.value = text
        self._line.cursor_position = len(text)

    def action_drop(self) -> None:
        line = self._table.current
        if line is not None:
            self._drop_line(line.line)

    def _drop_line(self, number: int) -> None:
        self._write(lambda: self._batches.drop(self._number, [number]), f"x {number}", uuid4(), self._dropped)

    def _dropped(self, page: BatchPage) -> None:
        for line in page.lines:
            self._table.replace(line)
        self._stand(page.batch)
        self.say(f"Line {page.lines[-1].line} is dropped", "good")

    def action_only(self) -> None:
        self._wanted = None if self._wanted else "flagged"
        self.look_again()

    def action_expect(self) -> None:
        if self._batch is not None:
            self.app.push_screen(ExpectForm(self.desk, self._batches, self._batch), self._changed)

    def action_give_up(self) -> None:
        if self._batch is not None:
            self.app.push_screen(CancelForm(self.desk, self._batches, self._batch), self._changed)

    def _changed(self, batch: Batch | None) -> None:
        if batch is not None:
            self.look_again()

    def action_done(self) -> None:
        """The next step of a batch that is keyed twice."""
        batch = self._batch
        if batch is None:
            return
        if batch.state == "keying":
            self.act(lambda: self._batches.hand_over(batch.id), self._stepped, doing="Handing over…")
        elif batch.state == "second" and batch.side == "second":
            self.act(lambda: self._batches.compare(batch.id), self._stepped, doing="Comparing…")
        elif batch.state == "second" and batch.second_by is None:
            self.act(lambda: self._batches.take(batch.id), self._stepped, doing="Taking over…")
        elif batch.state == "second":
            self.act(lambda: self._batches.compare(batch.id), self._stepped, doing="Comparing…")
        else:
            self.app.push_screen(SettlingScreen(self.desk, self._batches, batch.id), lambda _: self.look_again())

    def _stepped(self, batch: Batch) -> None:
        self.look_again()
        told = {
            "second": "Handed over: another operator keys it now" if batch.side == "first" else "Key the stack again",
            "compared": f"{batch.differences} differences: F7 settles them" if batch.differences else "Both agree",
        }
        self.say(told.get(batch.state, words(batch.state)), "good")

    def action_post(self) -> None:
        batch = self._batch
        if batch is None or batch.finished:
            return
        if self._spoiled:
            self.say("Something typed is not kept yet: F6 brings it back", "error")
        elif not batch.agrees:
            self.say(f"Not posted while it differs: {self._totals.words(batch)}", "error")
        else:
            self.app.push_screen(PostForm(self.desk, self._batches, batch), self._posted)

    def _posted(self, answer: BatchPosting | None) -> None:
        if answer is None:
            self.look_again()
            return
        self._wanted = "flagged" if answer.refused else None
        self.look_again()
        said = f"{answer.posted} posted" + (f", {len(answer.refused)} refused: amend or drop" if answer.refused else "")
        self.say(
            f"Already done: {said} by {answer.by}" if answer.replayed else said, "warn" if answer.refused else "good"
        )

    # ---- a row -----------------------------------------------------------------------------------------------------

    def _cells(self, line: BatchLine) -> tuple[Text, ...]:
        colours = self.app.theme_variables
        style = colours["text-muted"] if line.state in ("dropped", "posted") else ""
        wrong = colours["text-error"] if line.message and line.state != "dropped" else style
        marks = ("! " if line.allow_duplicate else "") + ("+ " if line.overpayment == "unapplied" else "")
        said = line.receipt or ("dropped" if line.state == "dropped" else line.message or "")
        return (
            cell(line.line, style, right=True),
            cell(line.account, style),
            cell(line.debtor or "—", style),
            cell("—", style, right=True) if line.owing is None else money_cell(line.owing),
            cell(line.amount.figures, style, right=True),
            cell(words(line.method), style),
            cell(line.reference or "", style),
            cell(f"{line.effective_on:%-d %b}", style),
            cell(line.by, style),
            cell(marks + said, wrong),
        )
