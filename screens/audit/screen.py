"""Browsing the audit trail: one line filters it, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from screens.audit.detail import compared, origin_of
from screens.audit.export import ExportTrail
from screens.audit.filters import KeepFilter, SavedFilters
from screens.audit.narrowing import NarrowingScreen
from screens.audit.telling import what
from screens.base import key
from screens.dialogs.reader import Reader

if TYPE_CHECKING:
    from services.audit.results import AuditEvent, Manifest, SavedFilter

NEED_EVENT = frozenset({"transaction", "entity", "who", "life", "copy", "whole"})
NARROWS = frozenset({"transaction", "entity", "who"})
EXPORTS = "audit.export"


class AuditScreen(NarrowingScreen):
    """Who did what, when, and what it was before."""

    CSS_PATH = "audit.tcss"
    AUTO_FOCUS = "#events"
    HELP = """The line filters: who:ana, act:payment.post or act:payment.*, entity:account/10023-3 or just the number,
since:-7d, since:today, until:2026-11-20, tx:99120. Tab completes a word; what cannot be understood is said under
the line. debtflow audit list understands the same line.

The first column tells how far an event is proved: ✓ sealed and checked since, • sealed, · not sealed yet. A sealed
event cannot be changed, removed or slipped in without debtflow audit verify naming it.

f follows: what happens now comes in on top and the cursor stays where it is. What comes in while the top is out of
sight is counted; Home goes there. n counts all that fits the line. until: goes back at once, however far.

y tells the life of what was changed: each change with what it was after it, and on any day.

A collector sees own acts and, with entity:, all that happened on an account of theirs.

Money is in its account's currency. (forgotten) stands for a personal value that was erased.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "to_line", "filter", "To the filter line"),
        key("t", "transaction", "transaction", "All that was done in the same transaction; again: back"),
        key("e", "entity", "entity", "All that happened to the same account, batch, person; again: back"),
        key("y", "life", "as it was", "The life of this account, batch, person, and what it was on any day"),
        key("f", "follow", "follow", "What happens now comes in on top; again: stop"),
        key("s", "filters", "saved", "Filters that you keep: open or drop one"),
        key("x", "export", "export", "Write what the line asks for to a file"),
        key("n", "count", "how many", "Count all that fits the line"),
        key("k", "keep", "keep filter", "Keep the filter in the line under a name"),
        key("v", "whole", "all of it", "The whole event: every column, where it came from, its proof"),
        key("w", "who", "this person", "All that the same person did; again: back", show=False),
        key("c", "copy", "copy", "Copy the event", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Letters are text in the line; keys for an event need one, and some need the right."""
        if action in NEED_EVENT:
            back = action in NARROWS and bool(self._before)
            return not self.in_line and (back or self._table.current is not None)
        if action == "export":
            return not self.in_line and self._may_export
        return not self.in_line if action in ("to_line", "follow", "filters", "keep", "count") else True

    @property
    def _may_export(self) -> bool:
        session = self.desk.session
        return EXPORTS in session.rights and session.may(EXPORTS)

    # ---- one event -------------------------------------------------------------------------------------------------

    def action_whole(self) -> None:
        self.with_event(lambda event: self.app.push_screen(Reader(event.act, self._in_full(event), lines=True)))

    def _in_full(self, event: AuditEvent) -> str:
        width = min(56, max(40, self.size.width - 14))
        changed = [line.plain for line in compared(self.desk, event, width, self._names)]
        return "\n".join([f"event {event.id} · {event.about}", "", *changed, "", *origin_of(self.desk, event)])

    def action_copy(self) -> None:
        self.with_event(lambda event: self.say(f"Event {event.id} {self.desk.copy(self._as_text(event))}", "good"))

    def _as_text(self, event: AuditEvent) -> str:
        at = self.desk.local(event.at)
        said = what(self.desk, event, self._names)
        return "\t".join((f"{at:%Y-%m-%d %H:%M:%S}", event.who, event.act, event.entity, said))

    # ---- the whole list --------------------------------------------------------------------------------------------

    def action_count(self) -> None:
        asked = self.asked
        self._line.say_count("counting…")
        self.ask(lambda: self._audit.count(asked), self._counted_all, topic="count", failed=self._uncounted)

    def _counted_all(self, total: int) -> None:
        self._total = total
        self._say_count()
        self.say(f"{total:,} event{'s fit' if total != 1 else ' fits'} the line", "good")

    def _uncounted(self, _error: object) -> bool:
        self._say_count()
        return False

    def action_filters(self) -> None:
        self.ask(self._audit.saved, self._choose, topic="filters", hold=True)

    def _choose(self, kept: tuple[SavedFilter, ...]) -> None:
        def chosen(text: str | None) -> None:
            if text is not None:
                self._ask_for(text)

        self.app.push_screen(SavedFilters(self.desk, self._audit, kept), chosen)

    def action_keep(self) -> None:
        def kept(name: str | None) -> None:
            if name:
                self.say(f"Kept as {name}: s opens it", "good")

        self.app.push_screen(KeepFilter(self.desk, self._audit, self._line.value.strip()), kept)

    def action_export(self) -> None:
        asked = self.asked
        if asked.notes:
            self.say(
                "Not all of the line is understood: put it right first, so that no more is taken out than meant", "warn"
            )
            return
        counted = self._total if self._next is not None else len(self._table.items)
        shown = "not counted yet" if counted is None else f"{counted:,} event{'s' * (counted != 1)}"
        self.app.push_screen(ExportTrail(self.desk, self._audit, asked, shown), self._exported)

    def _exported(self, made: Manifest | None) -> None:
        if made is None:
            return
        told = [f"{made.rows:,} event{'s' * (made.rows != 1)} in", f"{made.path}", "", "Manifest, with the checksum",
                f"{made.manifest_path}", "", "SHA-256", f"{made.sha256}"]  # fmt: skip
        self.app.push_screen(Reader("Exported", "\n".join(told), lines=True))
