"""The audit trail: who changed what, what it was before, and the life of one thing."""

from screens.audit.life import LifeScreen
from screens.audit.screen import AuditScreen

__all__ = ["AuditScreen", "LifeScreen"]
