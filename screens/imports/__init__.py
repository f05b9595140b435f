"""Import files: which there are, and staging another."""

from screens.imports.screen import ImportsScreen

__all__ = ["ImportsScreen"]
