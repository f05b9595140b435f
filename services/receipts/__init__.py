"""One receipt over several debts of a person."""

from services.receipts.results import INSTRUCTIONS, SPREAD_METHODS, GroupReceipt, Spread, SpreadForm, SpreadLine
from services.receipts.service import Receipts

__all__ = ["INSTRUCTIONS", "SPREAD_METHODS", "GroupReceipt", "Receipts", "Spread", "SpreadForm", "SpreadLine"]
