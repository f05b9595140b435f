"""What a screen says when it wants to be elsewhere: it posts one of these, and the app goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from textual.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from services.ledger.results import Clocks, Subject


class Travel(Message):
    """A wish to be elsewhere; the app answers it, whichever screen is on top."""

    bubble = True


@dataclass
class OpenAccounts(Travel):
    """Go to the lookup; a query that is not empty is put into its box."""

    query: str = ""


@dataclass
class OpenAccount(Travel):
    """Open one account; ``then`` names an action of the account screen to start at once ("note", "call", …).

    ``beside`` opens it above the screen one comes from even where it is open further down: Esc leads back here.
    """

    number: str
    then: str = ""
    beside: bool = False


@dataclass
class OpenPayment(Travel):
    """Open payment entry, filled with what is already known as it was typed; ``instead`` leaves the screen on top."""

    number: str
    amount: str = ""
    method: str = ""
    reference: str = ""
    instead: bool = False


@dataclass
class OpenCharge(Travel):
    """Watch one charge or payment link; ``instead`` leaves the screen on top for it."""

    charge: UUID
    instead: bool = False


@dataclass
class OpenSpread(Travel):
    """Open the spreading of one receipt over the debts of the person who owes this account."""

    number: str


@dataclass
class OpenPlan(Travel):
    """Open what was agreed on an account: promises, payment plan, settlement offer."""

    number: str


@dataclass
class OpenImports(Travel):
    """Go to the list of import batches."""


@dataclass
class OpenBatch(Travel):
    """Open the review of one batch; ``beside`` as for an account."""

    batch: int
    beside: bool = False


@dataclass
class OpenProfile(Travel):
    """Open how a client writes a kind of file; ``path`` is a file of theirs to look at beside it."""

    client: str
    kind: str = "placements"
    path: str = ""


@dataclass
class OpenPaymentBatches(Travel):
    """Go to the batches of payments."""


@dataclass
class OpenPaymentBatch(Travel):
    """Key into one batch of payments."""

    batch: int


@dataclass
class OpenAudit(Travel):
    """Go to the audit trail; ``query`` is in the trail's filter language."""

    query: str = ""


@dataclass
class OpenLife(Travel):
    """Open all that happened to one thing, such as ``account/10023-3``, with what it was after each change.

    ``at`` is the instant to begin with; without one it is now.
    """

    entity: str
    at: datetime | None = None


@dataclass
class OpenDaySheet(Travel):
    """Open my entries of the day."""


@dataclass
class OpenLedger(Travel):
    """Go to the chart of accounts."""


@dataclass
class OpenTrust(Travel):
    """Go to what the cash in trust is held for."""


@dataclass
class OpenStatement(Travel):
    """Open the statement of an account's debt, or of ledger accounts, at a moment of both clocks."""

    of: Subject
    at: Clocks


@dataclass
class OpenTransfer(Travel):
    """Open one transfer, by its number or its receipt."""

    ref: str


@dataclass
class OpenInbox(Travel):
    """Go to the webhooks; ``state`` shows only those in it."""

    state: str = ""


@dataclass
class OpenJobs(Travel):
    """Go to the queue of background work."""


@dataclass
class OpenSessions(Travel):
    """Go to who is signed in."""


@dataclass
class OpenPeople(Travel):
    """Go to the people who work here."""


@dataclass
class OpenRights(Travel):
    """Go to who may do what, and how much."""


@dataclass
class OpenApprovals(Travel):
    """Go to what waits for a second person."""


@dataclass
class ShowHelp(Travel):
    """Show the keys of the screen on top."""


@dataclass
class AskCommand(Travel):
    """Open the command line, with some text already in it."""

    text: str = ""


@dataclass
class RunCommands(Travel):
    """Run fast paths as typed on the command line."""

    text: str


@dataclass
class RepeatLast(Travel):
    """Run the last command line again."""


@dataclass
class GoBack(Travel):
    """Leave the screen on top."""


@dataclass
class Lock(Travel):
    """Lock the screen; ``reason`` says why, where the person did not ask for it."""

    reason: str = ""


@dataclass
class SignOut(Travel):
    """End the session and go back to the sign-in."""
