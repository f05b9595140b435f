"""One receipt over several debts of a person: previewed for each account and bucket, posted as a whole."""

from screens.spread.screen import SpreadScreen

__all__ = ["SpreadScreen"]
