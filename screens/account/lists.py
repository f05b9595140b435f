"""The lower half of an account as one widget: its lists, one of them shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from screens.account.charges import Charges, Methods
from screens.account.views import NOTHING, TITLES, VIEWS, Contacts, Others, Payments, Postings, Timeline
from screens.widgets import EmptyState, Heading, PagedTable

if TYPE_CHECKING:
    from services.accounts.results import Account, Activity, Posting
    from services.charges.results import Charge, SavedMethod

BUCKETS = (None, "principal", "interest", "fees", "costs")
FIRST_PAGE = 100


class Lists(Vertical):
    """Timeline, payments, postings, contacts, other debts, charges and saved methods of one account."""

    def __init__(self, local: Callable[[datetime], datetime], today: Callable[[], date]) -> None:
        super().__init__(id="lists")
        self.view = "timeline"
        self.bucket: str | None = None
        self._heading = Heading(TITLES["timeline"])
        self._empty = EmptyState("", id="nothing")
        self.timeline = Timeline(local, self._alarm)
        self.payments = Payments(self._alarm)
        self.postings = Postings(self._alarm)
        self.contacts = Contacts()
        self.others = Others(self._alarm)
        self.charges = Charges(local, self._alarm)
        self.methods = Methods(today, self._alarm)

    def _alarm(self) -> str:
        return self.app.theme_variables["text-error"]

    def compose(self) -> ComposeResult:
        yield self._heading
        for view in VIEWS:
            yield self._table(view)
        yield self._empty

    def on_mount(self) -> None:
        self.choose(self.view)

    def _table(self, view: str) -> PagedTable[Any]:
        table: PagedTable[Any] = getattr(self, view)
        return table

    @property
    def current(self) -> object | None:
        """What the cursor stands on in the list shown."""
        item: object | None = self._table(self.view).current
        return item

    def show(self, account: Account) -> None:
        """Fill the lists; cursors stay where they were."""
        self.timeline.fill(account.activities, more=len(account.activities) >= FIRST_PAGE)
        self.payments.fill(account.payments)
        self.contacts.fill(account.debtor.contacts)
        self.others.fill(account.others)
        self._show_or_say()

    def show_postings(self, postings: Sequence[Posting]) -> None:
        """Fill the postings of the bucket asked for, newest first."""
        self.postings.fill(sorted(postings, key=lambda row: row.recorded_at, reverse=True))
        self._show_or_say()

    def show_charges(self, charges: Sequence[Charge], methods: Sequence[SavedMethod]) -> None:
        """Fill what was asked for at the payment provider, and what can be charged."""
        self.charges.fill(charges)
        self.methods.fill(methods)
        self._show_or_say()

    def add_activities(self, older: Sequence[Activity]) -> None:
        """Add the next page of the timeline."""
        self.timeline.extend(older, more=len(older) >= FIRST_PAGE)

    def choose(self, view: str) -> None:
        """Show another list."""
        self.view = view
        for name in VIEWS:
            self._table(name).display = name == view
        self._show_or_say()
        self.focus_list()

    def next_bucket(self, again: bool) -> None:
        """Postings of all buckets first, then bucket by bucket."""
        self.bucket = BUCKETS[(BUCKETS.index(self.bucket) + 1) % len(BUCKETS)] if again else None
        self._name_it()

    def focus_list(self) -> None:
        """Put the focus on the list shown."""
        self._table(self.view).focus()

    def _show_or_say(self) -> None:
        nothing = not self._table(self.view).items
        self._empty.tell(NOTHING[self.view])
        self._empty.display = nothing
        self._name_it()

    def _name_it(self) -> None:
        title = TITLES[self.view]
        self._heading.rename(f"{title} of {self.bucket or 'all buckets'}" if self.view == "postings" else title)
