"""``debtflow import``: a client's file from arrival to release."""

from debtflow_tui.cli.imports import fixing, releasing, returning
from debtflow_tui.cli.imports.batches import imports

__all__ = ["fixing", "imports", "releasing", "returning"]
