"""The database behind one door: transactions, failures, tables."""

from services.store.door import Store

__all__ = ["Store"]
