"""The books: chart of accounts, statements, transfers, and what the cash in trust is held for."""

from screens.ledger.chart import LedgerScreen
from screens.ledger.statement import StatementScreen
from screens.ledger.transfer import TransferScreen
from screens.ledger.trust import TrustScreen

__all__ = ["LedgerScreen", "StatementScreen", "TransferScreen", "TrustScreen"]
