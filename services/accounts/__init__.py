"""Accounts: finding them, everything about one, and what people do on it."""

from services.accounts.service import Accounts

__all__ = ["Accounts"]
