"""Opening a batch, correcting what it is expected to be, posting it, giving it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.base import Desk, FormDialog
from screens.keying.ports import Stacks
from screens.widgets import Entry, money
from services.batches.results import BatchForm, BatchPosting, Totals
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.batches.results import Batch


def _count(text: str) -> str:
    typed = text.replace(",", "")
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:9]) <= 5000):
        raise BadInput("count", "a batch has 1 to 5,000 slips")
    return ""


def _hash(text: str) -> str:
    typed = text.replace(",", "")
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:19]) < 2**62):
        raise BadInput("hash_total", "the sum of the account numbers, without check digits")
    return ""


class _Expecting(FormDialog["Batch"]):
    """What both forms about expected totals ask."""

    _expected: Totals | None = None

    def entries(self) -> tuple[Entry, ...]:
        old = self._expected
        hashed = str(old.hash_total or "") if old else ""
        return (
            Entry("count", "Slips", str(old.count) if old else "", required=True, check=_count, width=12),
            Entry("sum", "Sum", old.sum.figures if old else "", required=True, check=self._sum, width=20),
            Entry("hash_total", "Hash total", hashed, check=_hash, width=24, placeholder="none"),
        )

    def _sum(self, text: str) -> str:
        total = Money.parse(text, self.desk.session.currency, field="sum")
        if total.currency != self.desk.session.currency:
            raise BadInput("sum", f"a batch is in {self.desk.session.currency}")
        return str(total)

    @property
    def totals(self) -> Totals:
        values = self.form.values
        hashed = values["hash_total"].replace(",", "")
        return Totals(
            int(values["count"].replace(",", "")),
            Money.parse(values["sum"], self.desk.session.currency, field="sum"),
            int(hashed) if hashed else None,
        )


class OpenForm(_Expecting):
    """Asks what a stack is expected to come to; gives the batch."""

    def __init__(self, desk: Desk, batches: Stacks) -> None:
        self._batches = batches
        about = (
            "Count the slips and add them up first. A hash total adds up their account numbers without check digits."
        )
        super().__init__(desk, "Open a batch", about, "open")

    def entries(self) -> tuple[Entry, ...]:
        return (
            *super().entries(),
            Entry("title", "Title", max_length=80, placeholder="such as mail of 21 November"),
            Entry("second", "Keyed", codes=("once", "twice"), check=self._twice),
        )

    def _twice(self, code: str) -> str:
        return "again by another operator, blind" if code == "twice" else ""

    def send(self) -> None:
        values, totals = self.form.values, self.totals
        self.act_once(
            lambda key: self._batches.open(BatchForm(totals, values["title"], values["second"] == "twice", key)),
            self._opened,
            doing="Opening…",
        )

    def _opened(self, batch: Batch) -> None:
        self.dismiss(batch)


class ExpectForm(_Expecting):
    """Corrects the expected totals."""

    def __init__(self, desk: Desk, batches: Stacks, batch: Batch) -> None:
        self._batches, self._batch, self._expected = batches, batch, batch.expected
        super().__init__(
            desk, f"What batch {batch.id} is expected to be", "The change and its reason are kept.", "save"
        )

    def entries(self) -> tuple[Entry, ...]:
        return (*super().entries(), Entry("reason", "Reason", required=True, max_length=400))

    def send(self) -> None:
        totals, reason = self.totals, self.form.values["reason"]
        self.act(lambda: self._batches.expect(self._batch.id, totals, reason), self._saved)

    def _saved(self, batch: Batch) -> None:
        self.dismiss(batch)


class CancelForm(FormDialog["Batch"]):
    """Gives a batch up."""

    def __init__(self, desk: Desk, batches: Stacks, batch: Batch) -> None:
        self._batches, self._batch = batches, batch
        about = f"Its {batch.keyed.count} lines stay readable and are never posted."
        super().__init__(desk, f"Give up batch {batch.id}", about, "give up")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("reason", "Reason", required=True, max_length=400),)

    def send(self) -> None:
        reason = self.form.values["reason"]
        self.act(lambda: self._batches.cancel(self._batch.id, reason), self._done, doing="Giving up…")

    def _done(self, batch: Batch) -> None:
        self.dismiss(batch)


class PostForm(FormDialog[BatchPosting]):
    """Posts the batch when its sum is typed."""

    def __init__(self, desk: Desk, batches: Stacks, batch: Batch) -> None:
        self._batches, self._batch = batches, batch
        waiting = batch.open + batch.failed
        already = f" {batch.posted} are posted already." if batch.posted else ""
        flagged = f" The rules speak against {batch.flagged}: they will stay in the batch." if batch.flagged else ""
        about = f"Posts {waiting} payments of a batch of {money(batch.keyed.sum)} {batch.keyed.sum.currency}."
        super().__init__(desk, f"Post batch {batch.id}", about + already + flagged, "post")

    def entries(self) -> tuple[Entry, ...]:
        total = self._batch.keyed.sum
        return (Entry("sum", "Type sum", required=True, placeholder=money(total), check=self._same),)

    def _same(self, text: str) -> str:
        total = self._batch.keyed.sum
        if Money.parse(text, total.currency, field="sum") != total:
            raise BadInput("sum", f"type {money(total)} to post exactly this batch")
        return "agrees"

    def send(self) -> None:
        batch = self._batch
        self.act_once(
            lambda key: self._batches.post(batch.id, submission_id=key, version=batch.version),
            self._posted,
            doing="Posting…",
        )

    def _posted(self, answer: BatchPosting) -> None:
        self.dismiss(answer)
