"""Sign-in, sign-out and who is asking."""

from services.access.results import ROLES, Session
from services.access.service import Access

__all__ = ["ROLES", "Access", "Session"]
