"""How a client writes its files: a profile, beside what it makes of the first rows."""

from screens.profile.screen import ProfileScreen

__all__ = ["ProfileScreen"]
