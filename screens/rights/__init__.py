"""Who may do what, how much of it, and what takes two persons."""

from screens.rights.screen import RightsScreen

__all__ = ["RightsScreen"]
