"""The half of the account screen that knows the payment provider: what is held, what was charged, what is saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from screens.account.charges import held_lines, methods_fact, refund_lines
from screens.account.head import AccountFacts, AccountHead
from screens.account.lists import Lists
from screens.account.ports import ChargeBook
from screens.base import BaseScreen, Desk
from screens.dialogs.confirm import Confirm
from services.errors import DebtFlowError, Misconfigured

if TYPE_CHECKING:
    from services.charges.results import Charge, RefundUnderWay, SavedMethod

    Read = tuple[tuple[Charge, ...], tuple[SavedMethod, ...], tuple[RefundUnderWay, ...]]


class ChargingAccount(BaseScreen):
    """Without ``charges`` there is no payment provider: nothing is shown of one."""

    def __init__(self, desk: Desk, number: str, charges: ChargeBook | None) -> None:
        super().__init__(desk)
        self._number = number
        self._charges = charges
        self._learning = False
        self._refunds: tuple[RefundUnderWay, ...] = ()
        self._head = AccountHead()
        self._facts = AccountFacts()
        self._lists = Lists(desk.local, lambda: desk.today)

    def _read_charges(self) -> None:
        """Read what was charged, what could be, and what goes back; together, so that none contradicts another."""
        book = self._charges
        if book is None:
            return

        def read() -> Read:
            return book.of_account(self._number), book.methods(self._number), book.refunds_under_way(self._number)

        self.ask(read, self._show_charges, topic="charges", quiet=True, failed=self._no_charges)

    def _show_charges(self, read: Read) -> None:
        charges, methods, self._refunds = read
        # The provider is still to be asked about one, if only for the method that it left behind.
        self._learning = any(charge.next_ask_at for charge in charges) or bool(self._refunds)
        self._lists.show_charges(charges, methods)
        local, today = self.desk.local, self.desk.today
        self._head.show_held([*held_lines(charges, local, today), *refund_lines(self._refunds, local, today)])
        self._facts.show_saved(methods_fact(methods, self.desk.today))
        self.refresh_bindings()

    def _no_charges(self, error: DebtFlowError) -> bool:
        if not isinstance(error, Misconfigured) and error.rule != "no_gateway":
            return False
        self._charges = None
        self.refresh_bindings()
        return True

    def action_charges(self) -> None:
        """Charges first, then the saved methods, and round again."""
        self._lists.choose("methods" if self._lists.view == "charges" else "charges")
        self._read_charges()
        self.refresh_bindings()

    def action_remove_method(self) -> None:
        book, method = self._charges, self._lists.methods.current
        if book is None or method is None:
            return
        remove = partial(book.remove_method, self._number, method.id)
        shown = f"{method.brand} ···{method.last4}"

        def removed(_: None) -> None:
            self._read_charges()
            self.say(f"Removed {shown}", "good")

        def sure(yes: bool | None) -> None:
            if yes:
                self.act(remove, removed, doing="Removing…")

        effect = f"{shown} cannot be charged any more. What was paid with it stays."
        self.app.push_screen(Confirm("Remove this saved method?", effect, "remove"), sure)
