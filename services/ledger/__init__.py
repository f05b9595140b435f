"""The ledger's proof and the doctor."""

from services.ledger.results import Check, Difference, Health, Replay
from services.ledger.service import Doctor, Ledger

__all__ = ["Check", "Difference", "Doctor", "Health", "Ledger", "Replay"]
