"""The database behind one door: transactions, failures, tables."""

from services.store.door import Store
from services.store.recorded import shown

__all__ = ["Store", "shown"]
