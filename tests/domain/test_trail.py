from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from services.domain.trail import AuditQuery, parse_audit
from tests.domain.strategies import languages

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=ZoneInfo("America/Chicago"))


def test_the_whole_question():
    text = "who:ana act:payment.* entity:account/10023-3 since:-7d until:2026-11-20"
    query = parse_audit(text)
    assert query == AuditQuery("ana", "payment.*", "account", "10023-3", "-7d", "2026-11-20")
    assert query.notes == ()
    assert str(query) == text
    since, until = query.window(NOW)
    assert since is not None
    assert since.isoformat() == "2026-11-14T14:30:00-06:00"
    assert until is not None
    assert until.isoformat() == "2026-11-21T00:00:00-06:00"


def test_nothing_asked_is_everything():
    assert parse_audit("") == AuditQuery()
    assert AuditQuery().window(NOW) == (None, None)
    assert AuditQuery().act_like is None


@pytest.mark.parametrize(
    ("text", "kind", "ref"),
    [
        ("10023-3", "account", "10023-3"),
        ("entity:10023", "account", "10023-3"),
        ("entity:account/100233", "account", "10023-3"),
        ("entity:Client", "client", None),
        ("entity:batch/118", "batch", "118"),
        ("entity:file/a/b", "file", "a/b"),
    ],
)
def test_an_entity_is_a_kind_and_a_reference(text, kind, ref):
    query = parse_audit(text)
    assert (query.entity_kind, query.entity_ref) == (kind, ref)


@pytest.mark.parametrize(
    "text",
    ["who:", "ana", "entity:/", "since:soon", "until:2026-13-01", "entity:account/10023-5", "acts:x", "since>-7d"],
)
def test_what_cannot_be_used_is_left_out_and_said(text):
    query = parse_audit(text)
    assert query == AuditQuery()
    assert len(query.notes) == 1
    assert "left out" in query.notes[0]


def test_only_the_star_is_a_wildcard():
    assert AuditQuery(act="pay_ment.*%\\").act_like == "pay\\_ment.%\\%\\\\"


@given(languages)
def test_any_text_is_a_question_and_its_canonical_text_asks_the_same(text):
    query = parse_audit(text)
    assert parse_audit(str(query)) == query
    query.window(NOW)


def test_a_transaction_is_a_number() -> None:
    assert parse_audit("tx:99120").transaction == 99120
    assert str(parse_audit("tx:99120 who:ana")) == "who:ana tx:99120"
    for wrong in ("tx:", "tx:x", "tx:0", "tx:-1", f"tx:{2**63}"):
        query = parse_audit(wrong)
        assert query.transaction is None
        assert "left out" in query.notes[0]
