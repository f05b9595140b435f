"""The audit trail: who changed what, and what it was before."""

from screens.audit.screen import AuditScreen

__all__ = ["AuditScreen"]
