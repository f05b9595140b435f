"""Everything about one debt, and what can be done about it."""

from screens.account.screen import AccountScreen

__all__ = ["AccountScreen"]
