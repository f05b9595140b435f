"""Payment links: made, paid, ended, run out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.charges import LinkForm
from services.errors import BadInput, Refused
from services.gateways.base import Saved
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd

CARD = Saved("pm_left", "card", "mastercard", "4444", "01/29")


def paid(office: Office, name: str, **more: object) -> None:
    said = office.provider.charges[name]
    office.provider.charges[name] = replace(
        said,
        state="succeeded",
        provider_id=f"pi_{name}",
        saved=CARD,
        kind="card",
        **more,  # type: ignore[arg-type]
    )


def test_a_link_is_paid_and_leaves_a_method(office: Office) -> None:
    number = office.house.place(principal=100_00)
    form = LinkForm(number, usd(60_00))
    link = office.desk().link(form)
    assert (link.state, link.kind, link.shown, office.held(number)) == ("pending", "link", "link", 60_00)
    assert link.url is not None
    assert link.expires_at is not None
    assert office.desk().link(form).url == link.url
    [name] = office.provider.charges
    paid(office, name)
    worker = office.desk("wally")
    assert worker.hear(notice(charged=office.provider.charges[name])).outcome == "processed"
    assert worker.hear(notice(charged=office.provider.charges[name])).outcome == "replayed"
    done = worker.show(link.id)
    assert (done.state, done.url) == ("posted", None)
    [method] = office.desk().methods(number)
    assert (method.brand, method.last4, method.expires) == ("mastercard", "4444", "01/29")
    assert office.provider.calls == ["customer", "link"]
    assert office.desk().start(office.form(number, 5_00, method.id)).state == "posted"
    office.desk().remove_method(number, method.id)
    assert office.desk().methods(number) == ()
    with pytest.raises(BadInput):
        office.desk().start(office.form(number, 6_00, method.id))
    assert office.sound()


def test_a_link_that_runs_out_holds_nothing(office: Office) -> None:
    number = office.house.place(principal=100_00)
    worker, links = office.desk("wally"), [office.desk().link(LinkForm(number, usd(minor))) for minor in (10_00, 20_00)]
    assert worker.expire_due() == 0
    paid(office, f"cs_{links[1].id.hex}")
    office.later(61)
    assert worker.expire_due() == 2
    assert [worker.show(link.id).state for link in links] == ["expired", "posted"]
    assert worker.expire_due() == 0
    assert (office.held(number), office.payments()) == (0, 1)
    assert office.sound()


def test_a_link_given_up(office: Office) -> None:
    number = office.house.place(principal=100_00)
    one, two = (office.desk().link(LinkForm(number, usd(minor))) for minor in (10_00, 20_00))
    gone = office.desk().cancel(one.id)
    assert (gone.state, office.desk().cancel(one.id).state) == ("canceled", "canceled")
    paid(office, f"cs_{two.id.hex}")
    assert office.desk().cancel(two.id).state == "posted", "it was paid meanwhile"
    with pytest.raises(Refused, match="posted"):
        office.desk().cancel(two.id)
    assert (office.held(number), office.payments()) == (0, 1)
    late = replace(office.provider.charges[f"cs_{one.id.hex}"], state="succeeded", provider_id="pi_late")
    office.desk("wally").hear(notice(charged=late))
    assert office.desk().show(one.id).late
    assert office.sound()


def test_a_link_whose_answer_is_lost_is_made_once(office: Office) -> None:
    number = office.house.place(principal=100_00)
    form = LinkForm(number, usd(10_00))
    office.provider.faults = ["", "after"]
    assert office.desk().link(form).state == "unknown"
    again = office.desk().link(form)
    assert (again.state, len(office.provider.charges)) == ("pending", 1)
    other = LinkForm(number, usd(20_00))
    office.provider.faults = ["before"]
    assert office.desk().link(other).state == "unknown"
    office.later(3)
    office.desk("wally").resolve_due()
    assert office.desk().show(other.submission_id).reason == "never_reached"
    with pytest.raises(BadInput):
        office.desk().link(LinkForm(number, usd(30_00), minutes=5))
    live = replace(notice(charged=next(iter(office.provider.charges.values()))), live=True)
    assert office.desk("wally").hear(live).outcome == "ignored", "a real event is none of a test installation's"
    assert office.sound()


def test_a_declined_try_does_not_end_the_link(office: Office) -> None:
    number = office.house.place(principal=100_00)
    link = office.desk().link(LinkForm(number, usd(10_00)))
    [name], worker = office.provider.charges, office.desk("wally")
    said = office.provider.charges[name]
    worker.hear(notice(charged=replace(said, state="failed", provider_id="pi_1", code="card_declined")))
    assert worker.show(link.id).state == "pending"
    office.provider.charges[name] = replace(said, code="card_declined")
    office.later(1)
    worker.resolve_due()
    seen = worker.show(link.id)
    assert (seen.state, seen.reason) == ("pending", "card_declined")
    assert seen.url
    paid(office, name, code=None)
    office.later(11)
    worker.resolve_due()
    assert worker.show(link.id).state == "posted"
    assert office.sound()
