"""Import review: from a finding to the cell, and then the release."""

from screens.batch.screen import BatchScreen

__all__ = ["BatchScreen"]
