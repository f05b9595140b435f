"""Two operators key one stack; neither sees the other's lines before both are done."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from services.batches import Batch, BatchEntry, Choice
from services.errors import NotAllowed, NotFound, Refused
from tests.batches.conftest import Stack, expecting, slip, usd


def fresh(entries: list[BatchEntry]) -> list[BatchEntry]:
    return [replace(entry, submission_id=uuid4()) for entry in entries]


def handed_over(stack: Stack) -> Batch:
    batch = stack.desk().open(expecting(stack.slips, second=True))
    stack.desk().key(batch.id, stack.slips)
    return stack.desk().hand_over(batch.id)


def test_two_equal_keyings_are_posted(stack: Stack) -> None:
    batch = handed_over(stack)
    second = stack.desk("bea")
    assert second.take(batch.id).side == "second"
    assert not second.key(batch.id, fresh(stack.slips[:2])).batch.agrees
    with pytest.raises(Refused, match=r"1 line too few, 30\.00 USD too little"):
        second.compare(batch.id)
    second.key(batch.id, fresh(stack.slips[2:]))
    for desk in (stack.desk(), second):
        with pytest.raises(Refused, match="keyed twice"):
            desk.post(batch.id)
    compared = second.compare(batch.id)
    assert (compared.state, compared.differences) == ("compared", 0)
    assert stack.desk().post(batch.id).posted == 3
    assert stack.proved()


def test_the_second_operator_sees_nothing_of_the_first(stack: Stack) -> None:
    """No table, function or trail shows a line to anybody but who keyed it: not even to a supervisor."""
    batch = handed_over(stack)
    stack.desk("bea").take(batch.id)
    stack.desk("bea").key(batch.id, fresh(stack.slips[:1]))
    for login, own in (("ana", 3), ("bea", 1), ("ada", 0), ("rex", 0)):
        psql = stack.house.psql(login)
        assert psql.execute("select count(*) from debtflow.payment_batch_line").fetchone() == (own,), login
        trail = "select count(*) from debtflow.audit_log where entity = 'payment_batch_line'"
        assert psql.execute(trail).fetchone() == (own,), login
        answers = [
            psql.execute(query, [batch.id]).fetchone()
            for query in (
                "select debtflow.payment_batch_show(%s, null, 100, null)",
                "select debtflow.payment_batch_compared(%s)",
                "select debtflow.payment_batch_list(%s + 1, 10, null)",
            )
        ]
        assert ("3000" in str(answers)) == (login == "ana"), login
        page = stack.desk(login).show(batch.id)
        assert (len(page.lines), page.batch.keyed.count, page.batch.differences) == (own, own, None)
        assert page.batch.hidden == (own == 0)
    with pytest.raises(NotFound):
        stack.desk("ben").show(batch.id)
    columns = "select reference from debtflow.payment_batch_line"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stack.house.psql("ana").execute(columns)


def test_who_keys_when(stack: Stack) -> None:
    batch = stack.desk().open(expecting(stack.slips, second=True))
    with pytest.raises(NotAllowed, match="keyed by somebody else"):
        stack.desk("bea").key(batch.id, fresh(stack.slips))
    with pytest.raises(Refused, match="still being keyed"):
        stack.desk("bea").take(batch.id)
    with pytest.raises(Refused, match="3 lines too few"):
        stack.desk().hand_over(batch.id)
    stack.desk().key(batch.id, stack.slips)
    stack.desk().hand_over(batch.id)
    with pytest.raises(NotAllowed, match="another operator's"):
        stack.desk().take(batch.id)
    with pytest.raises(Refused, match="stays as it is"):
        stack.desk().amend(batch.id, 1, slip(stack.numbers[0]))
    with pytest.raises(NotAllowed):
        stack.desk("ada").key(batch.id, fresh(stack.slips))
    assert stack.desk("ben").list()[0][0].id == batch.id
    stack.desk("ben").take(batch.id)
    with pytest.raises(NotAllowed, match="somebody else keys"):
        stack.desk("ada").take(batch.id)
    with pytest.raises(NotAllowed):
        stack.desk().compare(batch.id)
    assert stack.desk("ben").key(batch.id, fresh(stack.slips)).lines[0].debtor is None
    assert stack.desk("ben").compare(batch.id).differences == 0


def test_differences_are_settled_by_giving_in(stack: Stack) -> None:
    """A wrong amount, a wrong account, and a reference: each operator gives in where the slip says so."""
    one, two, three = stack.numbers
    first = [slip(one, 10_00, reference="1"), slip(two, 20_00), slip(three, 30_00)]
    batch = stack.desk().open(expecting(first, second=True))
    stack.desk().key(batch.id, first)
    stack.desk().hand_over(batch.id)
    bea = stack.desk("bea")
    bea.take(batch.id)
    bea.key(batch.id, [slip(one, 10_00, reference="7"), slip(three, 20_00), slip(two, 30_00)])
    assert bea.compare(batch.id).differences == 3
    with pytest.raises(Refused, match="3 differences"):
        bea.post(batch.id)
    found = bea.differences(batch.id).differences
    pairs = [(each.first.line if each.first else None, each.second.line if each.second else None) for each in found]
    assert pairs == [(1, 1), (2, 3), (3, 2)]
    with pytest.raises(NotAllowed, match="their own keying"):
        bea.settle(batch.id, [Choice(1, 1, "second")])
    with pytest.raises(NotAllowed, match="their own keying"):
        stack.desk().settle(batch.id, [Choice(1, 1, "first")])
    assert stack.desk().settle(batch.id, [Choice(1, 1, "second")]).differences == 2
    with pytest.raises(Exception, match="no longer there"):
        bea.settle(batch.id, [Choice(1, 1, "first")])
    assert bea.settle(batch.id, [Choice(2, 3, "first"), Choice(3, 2, "first")]).differences == 0
    answer = bea.post(batch.id)
    assert [(line.amount, line.reference) for line in answer.lines] == [
        (usd(10_00), "7"), (usd(20_00), None), (usd(30_00), None),
    ]  # fmt: skip


def test_a_line_that_one_keying_lacks(stack: Stack) -> None:
    """A supervisor who keyed neither looks earlier and settles either way; a failed line needs both again."""
    batch = handed_over(stack)
    one, two, _ = stack.numbers
    stack.desk("ben").take(batch.id)
    stack.desk("ben").key(batch.id, [*fresh(stack.slips[:2]), slip(one, 30_00)])
    assert stack.desk("bea").compare(batch.id).differences == 2
    pairs = {
        (each.first.account if each.first else None, each.second.account if each.second else None): each
        for each in stack.desk("bea").differences(batch.id).differences
    }
    lacking, extra = pairs[stack.numbers[2], None], pairs[None, one]
    assert lacking.first
    assert extra.second
    settled = stack.desk("bea").settle(
        batch.id, [Choice(None, extra.second.line, "first"), Choice(lacking.first.line, None, "first")]
    )
    assert (settled.differences, settled.agrees) == (0, True)
    closing = "update debtflow.account set status = 'closed', closed_reason = 'deceased' where number = %s"
    stack.house.su.execute(closing, [two])
    assert stack.desk().post(batch.id).batch.failed == 1
    amended = stack.desk().amend(batch.id, 2, slip(one, 20_00))
    assert amended.batch.differences == 2
    with pytest.raises(Refused, match="differences"):
        stack.desk().post(batch.id)


def test_a_batch_keyed_once_has_no_second_keying(stack: Stack) -> None:
    batch = stack.keyed()
    for act in (stack.desk().hand_over, stack.desk("bea").take, stack.desk("bea").compare):
        with pytest.raises(Refused, match="keyed once"):
            act(batch.id)
