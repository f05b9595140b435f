"""Sign-in, sign-out, who is asking, and what they may."""

from services.access.failures import Failures
from services.access.results import ROLES, Allowance, Ended, Limit, Question, Session, SignedIn
from services.access.rights import Approvals, Rights
from services.access.service import Access
from services.access.sessions import Sessions

__all__ = [
    "ROLES",
    "Access",
    "Allowance",
    "Approvals",
    "Ended",
    "Failures",
    "Limit",
    "Question",
    "Rights",
    "Session",
    "Sessions",
    "SignedIn",
]
