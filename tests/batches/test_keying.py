"""A stack is keyed, differs, is put right and posted."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from services.batches import BatchForm, Totals
from services.domain.money import Money
from services.domain.numbers import account_number
from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused, Stale
from tests.batches.conftest import Stack, expecting, slip, usd

NOBODYS = account_number(99999)


def test_a_stack_from_opening_to_receipts(stack: Stack) -> None:
    desk, slips = stack.desk(), stack.slips
    batch = desk.open(expecting(slips, hashed=True))
    assert (batch.state, batch.keyed, batch.agrees) == ("keying", Totals(0, usd(0), 0), False)
    page = desk.key(batch.id, [slips[0]])
    [line] = page.lines
    assert (line.line, line.debtor, line.owing, line.outcome) == (1, "Debtor 0", usd(500_00), None)
    assert (page.batch.difference.count, page.batch.difference.sum) == (-2, usd(-50_00))
    assert desk.key(batch.id, slips[1:]).batch.agrees
    answer = desk.post(batch.id)
    assert (answer.posted, answer.refused, answer.batch.state) == (3, (), "posted")
    assert [line.owing for line in answer.lines] == [usd(490_00), usd(480_00), usd(470_00)]
    assert all(line.receipt and line.state == "posted" for line in answer.lines)
    assert stack.proved()
    assert [found.id for found in desk.list()[0]] == [batch.id]


def test_what_differs_is_not_posted(stack: Stack) -> None:
    desk, slips = stack.desk(), stack.slips
    for form, words in (
        (expecting(slips[:2]), "1 line too many, 30.00 USD too much"),
        (BatchForm(Totals(3, usd(60_01), None)), "0.01 USD too little"),
        (BatchForm(Totals(3, usd(60_00), 1)), "hash total"),
    ):
        batch = desk.open(form)
        desk.key(batch.id, [replace(entry, submission_id=uuid4()) for entry in slips])
        with pytest.raises(Refused) as refused:
            desk.post(batch.id)
        assert refused.value.rule == "payment_batch_differs"
        assert words in refused.value.message
    psql = stack.house.psql("ana")
    with pytest.raises(Exception, match="differs from its expected totals"):
        psql.execute("select debtflow.payment_batch_post(%s, null, %s)", [batch.id, uuid4()])
    assert stack.payments() == 0


def test_refused_lines_stay_with_their_reason_and_go_later(stack: Stack) -> None:
    one, two, _ = stack.numbers
    closed = stack.house.place("Paid Up", principal=5_00)
    entries = [slip(one), slip(NOBODYS), slip(closed, 20_00), slip(two, 600_00), slip(one)]
    assert [line.outcome for line in stack.desk().key(stack.desk().open(expecting(entries)).id, entries).lines] == [
        None, "not_found", "overpayment", "overpayment", "duplicate",
    ]  # fmt: skip
    desk, batch = stack.desk(), stack.desk().list()[0][0].id
    answer = desk.post(batch)
    assert (answer.posted, len(answer.refused), answer.batch.state) == (1, 4, "part_posted")
    assert [line.message for line in answer.refused][:2] == [f"no account {NOBODYS}", "more than the 5.00 USD owed"]
    desk.amend(batch, 2, slip(two))
    desk.amend(batch, 3, slip(closed, 20_00, overpayment="unapplied"))
    page = desk.amend(batch, 5, slip(one, allow_duplicate=True))
    assert (page.batch.failed, page.batch.open, page.batch.posted) == (1, 3, 1)
    answer = desk.post(batch)
    assert (answer.posted, answer.batch.posted, answer.batch.failed) == (3, 4, 1)
    assert desk.drop(batch, [4]).batch.state == "posted"
    assert stack.payments() == 4
    assert stack.proved()


def test_a_submission_is_one_line_one_batch_one_posting(stack: Stack) -> None:
    desk, slips = stack.desk(), stack.slips
    form = expecting(slips)
    batch = desk.open(form)
    assert desk.open(form).id == batch.id
    with pytest.raises(Refused, match="another batch"):
        desk.open(replace(form, title="something else"))
    for _ in range(2):
        page = desk.key(batch.id, slips)
    assert (page.batch.keyed.count, [line.line for line in page.lines]) == (3, [1, 2, 3])
    key = uuid4()
    first, second = desk.post(batch.id, submission_id=key), desk.post(batch.id, submission_id=key)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.lines == first.lines
    assert desk.post(batch.id).replayed
    other = stack.keyed()
    with pytest.raises(Refused, match="another batch"):
        desk.post(other.id, submission_id=key)
    assert stack.payments() == 3


def test_an_answer_stays_what_it_was(stack: Stack) -> None:
    """A repeat after the refused line went through gives what was said then."""
    desk = stack.desk()
    batch = stack.keyed([slip(stack.numbers[0]), slip(NOBODYS)])
    key = uuid4()
    first = desk.post(batch.id, submission_id=key)
    desk.amend(batch.id, 2, slip(stack.numbers[1]))
    desk.post(batch.id)
    again = desk.post(batch.id, submission_id=key)
    assert [line.state for line in again.lines] == [line.state for line in first.lines] == ["posted", "failed"]
    assert again.lines[1].outcome == "not_found"


def test_what_cannot_be_a_line(stack: Stack) -> None:
    desk, number = stack.desk(), stack.numbers[0]
    batch = desk.open(expecting(stack.slips))
    for entry, rule in (
        (slip("10023-9"), "account_form"),
        (replace(slip(number), method="card"), "method_form"),
        (replace(slip(number), amount=Money(1, "EUR")), "currency_form"),
        (replace(slip(number), amount=usd(0)), "amount_form"),
        (slip(number, reference="4111 1111 1111 1111"), "card-number"),
        (slip(number, payer="nobody"), "payer_form"),
        (slip(number, overpayment="swallow"), "overpayment_form"),
    ):
        with pytest.raises(DebtFlowError) as refused:
            desk.key(batch.id, [entry])
        assert refused.value.rule == rule
    psql = stack.house.psql("ana")
    for line in ('{"account": "1-1"}', '{"amount": 1.5}', '{"amount": -1}', '{"method": "card"}', '{"method": null}'):
        good = f"""{{"submission_id": "{uuid4()}", "account": "{number}", "amount": 5, "method": "cash"}}"""
        key = "select debtflow.payment_batch_key(%s, jsonb_build_array(%s::jsonb || %s::jsonb))"
        if "account" not in line:
            with pytest.raises(Exception, match=r"can be|not a method"):
                psql.execute(key, [batch.id, good, line])
    assert desk.show(batch.id).lines == ()


@pytest.mark.parametrize("expected", [Totals(0, usd(1), None), Totals(5001, usd(1), None), Totals(1, usd(0), None)])
def test_what_cannot_be_expected(stack: Stack, expected: Totals) -> None:
    with pytest.raises(BadInput):
        stack.desk().open(BatchForm(expected))


def test_another_currency_is_no_batch_of_this_agency(stack: Stack) -> None:
    with pytest.raises(Refused, match="currency of the agency, USD"):
        stack.desk().open(BatchForm(Totals(1, Money(5, "EUR"), None)))


def test_amending_and_dropping_moves_the_totals(stack: Stack) -> None:
    desk, batch = stack.desk(), stack.keyed()
    old = desk.show(batch.id).lines[0]
    assert old.line == 3
    page = desk.amend(batch.id, 3, slip(stack.numbers[2], 31_00), version=old.version)
    assert page.batch.difference.sum == usd(1_00)
    with pytest.raises(Stale):
        desk.amend(batch.id, 3, slip(stack.numbers[2], 32_00), version=old.version)
    page = desk.drop(batch.id, [3])
    assert (page.batch.keyed.count, page.lines[0].state) == (2, "dropped")
    with pytest.raises(Refused, match="was dropped"):
        desk.amend(batch.id, 3, slip(stack.numbers[2]))
    with pytest.raises(NotFound):
        desk.drop(batch.id, [4])
    assert desk.expect(batch.id, Totals(2, usd(30_00), None), "one slip went back").agrees


def test_posted_lines_stay_even_for_the_owner(stack: Stack) -> None:
    desk, batch = stack.desk(), stack.keyed()
    desk.post(batch.id)
    with pytest.raises(Refused, match="is posted"):
        desk.amend(batch.id, 1, slip(stack.numbers[0]))
    for statement in (
        "update debtflow.payment_batch_line set amount = 1",
        "delete from debtflow.payment_batch_line",
        "truncate debtflow.payment_batch_line",
        "delete from debtflow.payment_batch",
        "update debtflow.payment_batch_posting set posted = 0",
    ):
        with pytest.raises(Exception, match=r"is posted|append-only"):
            stack.house.su.execute(statement)


def test_a_batch_that_moved_is_looked_at_again(stack: Stack) -> None:
    desk, batch = stack.desk(), stack.keyed()
    desk.amend(batch.id, 1, slip(stack.numbers[1]))
    with pytest.raises(Stale):
        desk.post(batch.id, version=batch.version)


def test_a_cancelled_batch_takes_and_posts_nothing(stack: Stack) -> None:
    desk, batch = stack.desk(), stack.keyed()
    assert desk.cancel(batch.id, "keyed twice").state == "cancelled"
    for act in (
        lambda: desk.key(batch.id, [slip(stack.numbers[0])]),
        lambda: desk.post(batch.id),
        lambda: desk.cancel(batch.id, "again"),
        lambda: desk.drop(batch.id, [1]),
    ):
        with pytest.raises(Refused, match="is cancelled"):
            act()


def test_what_is_partly_posted_is_not_cancelled(stack: Stack) -> None:
    desk, batch = stack.desk(), stack.keyed([slip(stack.numbers[0]), slip(NOBODYS)])
    desk.post(batch.id)
    with pytest.raises(Refused, match="are posted"):
        desk.cancel(batch.id, "no")


def test_a_rehearsal_posts_nothing(stack: Stack) -> None:
    batch = stack.keyed()
    assert stack.desk().post(batch.id, dry_run=True).posted == 3
    assert stack.payments() == 0
    assert stack.desk().show(batch.id).batch.open == 3


def test_who_may(stack: Stack) -> None:
    """A collector keys their own batches; what they do not hold is not found; others do not see it."""
    bens = stack.house.place("Ben's", client="MED", collector="ben")
    batch = stack.keyed([slip(stack.numbers[0]), slip(bens)])
    line = stack.desk().show(batch.id).lines[0]
    assert (line.outcome, line.debtor, line.owing) == ("not_found", None, None)
    for login in ("ben", "zoe", "zack"):
        for act in (
            lambda desk: desk.show(batch.id),
            lambda desk: desk.key(batch.id, [slip(bens)]),
            lambda desk: desk.post(batch.id),
            lambda desk: desk.cancel(batch.id, "mine"),
        ):
            with pytest.raises(NotFound):
                act(stack.desk(login))
        assert stack.desk(login).list() == ((), None)
    with pytest.raises(NotAllowed):
        stack.desk("rex").post(batch.id)
    assert stack.desk("rex").show(batch.id).batch.keyed.count == 2
    answer = stack.desk().post(batch.id)
    assert [line.state for line in answer.lines] == ["posted", "failed"]
    assert stack.desk("bea").post(batch.id).batch.state == "posted"
