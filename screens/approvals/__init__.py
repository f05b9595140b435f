"""What waits for a second person."""

from screens.approvals.screen import ApprovalsScreen

__all__ = ["ApprovalsScreen"]
