"""Sign-in, sign-out, who is asking, and what they may."""

from services.access.results import ROLES, Allowance, Limit, Question, Session
from services.access.rights import Approvals, Rights
from services.access.service import Access

__all__ = ["ROLES", "Access", "Allowance", "Approvals", "Limit", "Question", "Rights", "Session"]
