"""The command line of the screens: short paths to any place, several in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from screens.navigation import (
    AskCommand,
    Lock,
    OpenAccount,
    OpenAccounts,
    OpenApprovals,
    OpenAudit,
    OpenBatch,
    OpenDaySheet,
    OpenImports,
    OpenInbox,
    OpenJobs,
    OpenLedger,
    OpenLife,
    OpenPayment,
    OpenPaymentBatch,
    OpenPaymentBatches,
    OpenPeople,
    OpenPlan,
    OpenRights,
    OpenSessions,
    OpenSpread,
    OpenTransfer,
    OpenTrust,
    ShowHelp,
    SignOut,
    Travel,
)
from services.domain.numbers import number_candidates, parse_account_number
from services.errors import BadInput


@dataclass(frozen=True, slots=True)
class FastPath:
    """One word of the command line; ``open`` gets the rest of the line and the account on the screen, if any.

    ``names`` are what people type who do not know the word yet: whole, or by the first letters.
    """

    word: str
    form: str
    does: str
    open: Callable[[str, str | None], Travel]
    names: tuple[str, ...] = ()


def _number(rest: str, here: str | None) -> tuple[str, str]:
    """The account that a line names, else the one on the screen, and what follows it."""
    first, _, more = rest.partition(" ")
    named = number_candidates(first)
    if named:
        return named[0], more.strip()
    if first[:1].isdigit() and "-" in first:
        parse_account_number(first)
    if here is None:
        raise BadInput("command", "which account? Name its number: p 10023-3 250.00 check 1991")
    return here, rest


def _payment(rest: str, here: str | None) -> Travel:
    # An amount could be read as an account number, so without "-" the first word is one only where none is open.
    first = rest.split(" ", 1)[0]
    number, more = (here, rest) if here and "-" not in first else _number(rest, here)
    amount, method, reference = [*more.split(None, 2), "", "", ""][:3]
    return OpenPayment(number, amount, method, reference)


def _account(rest: str, here: str | None) -> Travel:
    if rest and not number_candidates(rest):
        return OpenAccounts(rest)
    return OpenAccount(_number(rest, here)[0]) if rest or here else OpenAccounts()


def _doing(what: str) -> Callable[[str, str | None], Travel]:
    return lambda rest, here: OpenAccount(_number(rest, here)[0], what)


def _agreed(rest: str, here: str | None) -> Travel:
    return OpenPlan(_number(rest, here)[0])


def _imports(rest: str, _here: str | None) -> Travel:
    if not rest:
        return OpenImports()
    if not rest.isdigit():
        raise BadInput("command", f"“{rest}” is not a batch number: i 118")
    return OpenBatch(int(rest))


def _batches(rest: str, _here: str | None) -> Travel:
    if not rest:
        return OpenPaymentBatches()
    if not (rest.isascii() and rest.isdigit() and len(rest) < 18):
        raise BadInput("command", f"“{rest}” is not a batch number: b 12")
    return OpenPaymentBatch(int(rest))


def _trail(rest: str, here: str | None) -> Travel:
    return OpenAudit(rest or (f"entity:account/{here}" if here else ""))


def _life(rest: str, here: str | None) -> Travel:
    return OpenLife(rest if "/" in rest else f"account/{_number(rest, here)[0]}")


def _ledger(rest: str, _here: str | None) -> Travel:
    return OpenTransfer(rest) if rest else OpenLedger()


def _inbox(rest: str, _here: str | None) -> Travel:
    from services.webhooks.results import STATES

    if rest and rest not in STATES:
        raise BadInput("command", f"“{rest}” is not a state of a webhook: {' '.join(STATES)}")
    return OpenInbox(rest)


FAST_PATHS = (
    FastPath("a", "a 10023-3  or  a quil oye", "open an account, or look one up", _account, ("accounts",)),
    FastPath("p", "p 10023-3 250.00 check 1991", "enter a payment", _payment, ("payment",)),
    FastPath(
        "k",
        "k 10023-3",
        "one receipt over several debts",
        lambda rest, here: OpenSpread(_number(rest, here)[0]),
        ("several", "spread"),
    ),
    FastPath("n", "n 10023-3", "write a note", _doing("note"), ("note",)),
    FastPath("c", "c 10023-3", "record a call", _doing("call"), ("call",)),
    FastPath("f", "f 10023-3", "set the follow-up date", _doing("follow_up"), ("follow_up", "followup")),
    FastPath("s", "s 10023-3", "change the status", _doing("status"), ("status",)),
    FastPath("b", "b  or  b 12", "batches of payments, or one to key into", _batches, ("batches", "batch")),
    FastPath("plan", "plan 10023-3", "promise, plan and offer of an account", _agreed, ("plans", "promises")),
    FastPath("i", "i  or  i 118", "imports, or one batch", _imports, ("imports",)),
    FastPath("t", "t  or  t who:ana since:-7d", "audit trail", _trail, ("trail", "audit")),
    FastPath("life", "life 10023-3  or  life batch/7", "all changes of one thing, and as it was", _life, ("was",)),
    FastPath("d", "d", "day sheet: my entries of today", lambda _rest, _here: OpenDaySheet(), ("day", "sheet")),
    FastPath("l", "l  or  l R-000481-4", "the books, or one transfer", _ledger, ("ledger", "books")),
    FastPath("tr", "tr", "trust: what the cash is held for", lambda _rest, _here: OpenTrust(), ("trust",)),
    FastPath("w", "w  or  w failed", "webhooks that came in", _inbox, ("webhooks", "inbox")),
    FastPath("j", "j", "background jobs and workers", lambda _rest, _here: OpenJobs(), ("jobs", "queue")),
    FastPath("who", "who", "who is signed in", lambda _rest, _here: OpenSessions(), ("sessions", "signed")),
    FastPath("u", "u", "people: who works what", lambda _rest, _here: OpenPeople(), ("people", "users", "team")),
    FastPath("r", "r", "who may do what, and how much", lambda _rest, _here: OpenRights(), ("rights", "limits")),
    FastPath("ap", "ap", "what waits for a second person", lambda _rest, _here: OpenApprovals(), ("approvals",)),
    FastPath("lock", "lock", "lock the screen", lambda _rest, _here: Lock()),
    FastPath("q", "q", "sign out", lambda _rest, _here: SignOut(), ("quit", "exit")),
    FastPath("?", "?", "keys of this screen", lambda _rest, _here: ShowHelp(), ("help",)),
)
_BY_WORD = {path.word: path for path in FAST_PATHS}
SHORTEST = 3
"""Letters from which on the beginning of a name is understood."""


def _path(word: str) -> FastPath | None:
    """The fast path that a word means; none for the beginning of names of several."""
    meant = [path for path in FAST_PATHS if len(word) >= SHORTEST and any(n.startswith(word) for n in path.names)]
    return _BY_WORD.get(word) or (meant[0] if len(meant) == 1 else None)


def parse(text: str, here: str | None = None) -> tuple[Travel, ...]:
    """The places a command line goes to, in order; ``;`` separates several. Raises BadInput for what it cannot read."""
    lines = [line.strip() for line in text.split(";")]
    return tuple(_one(line, here) for line in lines if line)


def _one(line: str, here: str | None) -> Travel:
    word, _, rest = line.partition(" ")
    path = _path(word.lower())
    if path is not None:
        return path.open(rest.strip(), here)
    if number_candidates(line):
        return OpenAccount(number_candidates(line)[0])
    known = " ".join(path.word for path in FAST_PATHS)
    raise BadInput("command", f"“{word}” is no command: {known}")


def prompt(path: FastPath) -> Travel:
    """What choosing a fast path from the palette does: the command line opens with its word."""
    return AskCommand(f"{path.word} ")
