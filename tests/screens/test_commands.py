"""What the command line understands."""

from __future__ import annotations

import pytest

from debtflow_tui.commands import FAST_PATHS, parse
from screens.navigation import (
    Lock,
    OpenAccount,
    OpenAccounts,
    OpenAudit,
    OpenBatch,
    OpenDaySheet,
    OpenImports,
    OpenLedger,
    OpenLife,
    OpenPayment,
    OpenTransfer,
    OpenTrust,
    ShowHelp,
    SignOut,
    Travel,
)
from services.errors import BadInput
from tests.screens.fakes import FIRST


@pytest.mark.parametrize(
    ("line", "here", "goes"),
    [
        (f"p {FIRST} 250.00 check 1991", None, OpenPayment(FIRST, "250.00", "check", "1991")),
        ("p 250.00 cash", FIRST, OpenPayment(FIRST, "250.00", "cash", "")),
        ("p 250", FIRST, OpenPayment(FIRST, "250", "", "")),
        ("p", FIRST, OpenPayment(FIRST)),
        ("p 10023 250", None, OpenPayment(FIRST, "250", "", "")),
        (f"p {FIRST} 5 check paid at the door", None, OpenPayment(FIRST, "5", "check", "paid at the door")),
        (f"a {FIRST}", None, OpenAccount(FIRST)),
        (FIRST, None, OpenAccount(FIRST)),
        ("a oyelaran quil", None, OpenAccounts("oyelaran quil")),
        ("a", None, OpenAccounts()),
        (f"n {FIRST}", None, OpenAccount(FIRST, "note")),
        ("c", FIRST, OpenAccount(FIRST, "call")),
        ("f", FIRST, OpenAccount(FIRST, "follow_up")),
        ("s", FIRST, OpenAccount(FIRST, "status")),
        ("i", None, OpenImports()),
        ("i 118", None, OpenBatch(118)),
        ("t", None, OpenAudit("")),
        ("t", FIRST, OpenAudit(f"entity:account/{FIRST}")),
        ("t who:ana since:-7d", FIRST, OpenAudit("who:ana since:-7d")),
        ("life", FIRST, OpenLife(f"account/{FIRST}")),
        ("life batch/7", FIRST, OpenLife("batch/7")),
        ("d", None, OpenDaySheet()),
        ("l", None, OpenLedger()),
        ("l R-000481-4", None, OpenTransfer("R-000481-4")),
        ("tr", None, OpenTrust()),
        ("lock", None, Lock()),
        ("q", None, SignOut()),
        ("?", None, ShowHelp()),
    ],
)
def test_each_fast_path_goes_to_its_place(line: str, here: str | None, goes: Travel):
    assert parse(line, here) == (goes,)


def test_a_semicolon_separates_several():
    assert parse(f"a {FIRST}; t ;; d") == (OpenAccount(FIRST), OpenAudit(""), OpenDaySheet())
    assert parse("  ") == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("zap 1", "“zap” is no command: " + " ".join(path.word for path in FAST_PATHS)),
        ("p 250.00 cash", "which account?"),
        ("n", "which account?"),
        ("p 10023-9 250", "its check digit is wrong"),
        ("i one", "“one” is not a batch number"),
    ],
)
def test_what_is_not_understood_is_named(line: str, said: str):
    with pytest.raises(BadInput) as caught:
        parse(line)
    assert said in caught.value.message


def test_every_fast_path_shows_how_it_is_typed():
    for path in FAST_PATHS:
        assert path.form.startswith(path.word)
        assert path.does


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("trust", "tr"), ("jobs", "j"), ("ledger R-000481-4", "l R-000481-4"), ("webhooks failed", "w failed"),
        ("inbox", "w"), ("pay 10023-3 250", "p 10023-3 250"), ("Batches 12", "b 12"), ("help", "?"),
    ],
)  # fmt: skip
def test_a_place_can_be_called_by_its_name(line: str, same: str):
    assert parse(line) == parse(same)


@pytest.mark.parametrize("line", ["tra", "no", "ca", "zap"])
def test_a_word_that_means_nothing_or_too_much_goes_nowhere(line: str):
    if line == "tra":
        assert parse(line) == parse("t")
    else:
        with pytest.raises(BadInput, match="is no command"):
            parse(line)
