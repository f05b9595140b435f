"""What can be wrong with a row of the other kinds of file, beside the rules that placements have as well."""

from __future__ import annotations

from typing import Final

KIND_RULES: Final[dict[str, str]] = {
    "amount-sign": "Where the row says what it is, its amount has no sign.",
    "amount-nothing": "An amount is more than nothing.",
    "day-missing": "A payment has the day on which the client received it.",
    "day-window": "A day lies between 1970 and today.",
    "choice-unknown": "A word out of a list is one of that list.",
    "text-long": "A text is not longer than the place that it is kept in.",
    "bucket-own": "A fee falls on fees, a cost on costs: neither names a bucket.",
    "reason-missing": "A cost says what it was for.",
    "contact-none": "A contact row has something to reach the debtor by.",
}

COMPARED_RULES: Final[dict[str, str]] = {
    "key-duplicate": "A row stands once in a file.",
    "already-placed": "A reference is placed once by a client; sent again unchanged, there is nothing to do.",
    "already-posted": "What a file says happened is posted once, whichever file says it.",
    "already-closed": "An account is recalled once.",
    "unchanged": "There is something to change.",
    "account-changed": "What a client sends again differently changes the account.",
    "account-unknown": "The client has an account of this reference.",
    "account-closed": "The account is still open.",
    "other-client": "The reference is this client's own.",
    "work-since": "Nobody has worked on the account in a way that this row would undo.",
    "over-balance": "Nothing is taken off a debt that is not owed.",
    "before-placement": "What happened before the placement is no payment to us.",
    "charge-under-way": "No card payment is under way on the account.",
    "work-ends": "No plan, offer or promise is left behind by a recall unseen.",
    "contact-removed": "A contact that somebody here removed does not come back by itself.",
    "release-refused": "The kernel takes the row.",
    "undo-worked": "Nobody has worked on the account since its release.",
}
