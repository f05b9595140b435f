"""Heads-down batches: which there are, keying one, settling two keyings."""

from screens.keying.batches import BatchesScreen
from screens.keying.entry import KeyingScreen

__all__ = ["BatchesScreen", "KeyingScreen"]
