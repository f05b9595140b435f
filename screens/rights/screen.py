"""The table of who may do what, and that of how much; read by everybody, changed by agency administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key, whose
from screens.dialogs.confirm import Confirm
from screens.dialogs.reader import Reader
from screens.rights.forms import AnswerForm, LimitForm
from screens.rights.ports import RightsBook
from screens.widgets import GONE, Column, PagedTable, cell, plain, words
from services.access.limits import most_in_words

if TYPE_CHECKING:
    from services.access.results import Allowance, Limit

ROLES = (("collector", "COLL"), ("supervisor", "SUPV"), ("agency_admin", "ADMIN"), ("readonly", "READ"))
ACTS = (
    Column("TO", 20, flex=True),
    *(Column(title, 5) for _, title in ROLES),
    Column("TWO", 4),
    Column("ACT", 22, wide=True),
)
LIMITS = (Column("OF", 16), Column("WHOSE", 16, flex=True), Column("AT MOST", 24, right=True), Column("", 10))


class RightsScreen(BaseScreen):
    """Two tables, one at a time: acts, and limits."""

    CSS_PATH = "rights.tcss"
    AUTO_FOCUS = "#acts"
    HELP = """yes and no are what your agency has said, or what was shipped; an asterisk marks where your agency has
decided. A dash is never: the role does not see what the act reaches. Under TWO stands yes where one person asks and
another one answers, no where that could be wanted. Screens offer what is allowed at the next sign-in; what counts is
the answer at the moment of the act.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("c", "change", "change", "Another answer to what is under the cursor"),
        key("2", "two", "two persons", "Want two persons for the act, or no longer"),
        key("n", "person", "limit", "Set a limit, of a role or of one person"),
        key("v", "view", "limits", "How much, instead of who may; and back"),
    ]

    def __init__(self, desk: Desk, book: RightsBook) -> None:
        super().__init__(desk)
        self._book = book
        self._how_much = False
        self._what = Static("", id="what")
        self._acts: PagedTable[Allowance] = PagedTable(ACTS, self._act_cells, lambda each: each.act, id="acts")
        self._limits: PagedTable[Limit] = PagedTable(
            LIMITS, self._limit_cells, lambda each: f"{each.what} {each.role} {each.user}", id="limits"
        )

    @property
    def crumb(self) -> str:
        return "Rights"

    @property
    def enter_does(self) -> str:
        return "change" if self.check_action("change", ()) else "in full"

    def body(self) -> ComposeResult:
        yield self._what
        yield self._acts
        yield self._limits

    def on_mount(self) -> None:
        self._limits.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Changes are offered to who may make them, and where there is something to change."""
        sets, limits = self.desk.session.may("rights.set"), self.desk.session.may("limit.set")
        act = self._acts.current
        if action == "change":
            if self._how_much:
                return limits and self._limits.current is not None
            return sets and act is not None and bool(act.possible)
        if action == "two":
            return sets and not self._how_much and act is not None and act.two
        return limits if action == "person" else True

    def look_again(self) -> None:
        self.ask(lambda: (self._book.show(), self._book.limits()), self._show)

    def _show(self, seen: tuple[tuple[Allowance, ...], tuple[Limit, ...]]) -> None:
        acts, limits = seen
        self._acts.fill(acts)
        self._limits.fill(limits)
        self._what.update(self._said())
        self.refresh_bindings()

    def _said(self) -> Content:
        line = plain(" How much" if self._how_much else " Who may do what", "bold")
        act = "limit.set" if self._how_much else "rights.set"
        if not self.desk.session.may(act):
            who = whose(self.desk.session, act)["who"]
            line += plain(f"   Changing it: {who[:1].lower()}{who[1:]}", "$text-muted")
        return line

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    # ---- keys --------------------------------------------------------------------------------------------------------

    def action_view(self) -> None:
        self._how_much = not self._how_much
        self._acts.display, self._limits.display = not self._how_much, self._how_much
        (self._limits if self._how_much else self._acts).focus()
        self._what.update(self._said())
        self.refresh_bindings()

    @on(PagedTable.Opened)
    def opened(self) -> None:
        """Change it, or read it where there is nothing to change."""
        if self.check_action("change", ()):
            self.action_change()
        elif not self._how_much and self._acts.current is not None:
            act = self._acts.current
            may = ", ".join(words(role) for role, _ in ROLES if role in act.roles) or "nobody"
            two = " It takes two persons." if act.two_wanted else ""
            self.app.push_screen(Reader(act.act, f"To {act.what}: {may}.{two}"))

    def action_change(self) -> None:
        limit, act = self._limits.current, self._acts.current
        if self._how_much and limit is not None:
            self.app.push_screen(LimitForm(self.desk, self._book, limit), self._done)
        elif not self._how_much and act is not None:
            self.app.push_screen(AnswerForm(self.desk, self._book, act), self._done)

    def action_person(self) -> None:
        self.app.push_screen(LimitForm(self.desk, self._book, None), self._done)

    def action_two(self) -> None:
        act = self._acts.current
        if act is None:
            return
        wanted = not act.two_wanted
        effect = (
            f"To {act.what} will take two persons: who tries it alone asks, and somebody else answers."
            if wanted
            else f"To {act.what} will take one person."
        )
        verb = "want two" if wanted else "one is enough"
        self.app.push_screen(Confirm("Two persons?", effect, verb), self._deciding(act.act, wanted))

    def _deciding(self, act: str, wanted: bool) -> Callable[[bool | None], None]:
        def answered(sure: bool | None) -> None:
            if sure:
                said = f"{act} takes {'two persons' if wanted else 'one person'} now"
                self.act(lambda: self._book.set_two(act, wanted=wanted), lambda _: self._done(said))

        return answered

    def _done(self, said: str | None) -> None:
        if said:
            self.say(said, "good")
            self.look_again()

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _act_cells(self, act: Allowance) -> tuple[Text, ...]:
        muted = self.app.theme_variables["text-muted"]

        def answer(role: str) -> Text:
            decided = "*" if (role in act.roles) != (role in act.shipped) else ""
            if role in act.roles:
                return cell(f"yes{decided}")
            return cell(f"no{decided}" if role in act.possible else GONE, muted)

        two = "yes" if act.two_wanted else "no" if act.two else GONE
        return (
            cell(act.what),
            *(answer(role) for role, _ in ROLES),
            cell(two, "" if act.two_wanted else muted),
            cell(act.act, muted),
        )

    def _limit_cells(self, limit: Limit) -> tuple[Text, ...]:
        muted = self.app.theme_variables["text-muted"]
        most = most_in_words(limit.what, limit.most, self.desk.session.currency)
        return (
            cell(words(limit.what)),
            cell(limit.user or words(limit.role or ""), "" if limit.user else muted),
            cell(most, "" if limit.agreed else muted, right=True),
            cell("decided" if limit.agreed else "shipped", muted),
        )
