"""The books: what they say at a moment of both clocks, their proof, and the doctor."""

from services.ledger.doctor import Doctor
from services.ledger.results import NOW, Check, Clocks, Difference, Health, Replay, Subject
from services.ledger.service import Ledger, subject_of

__all__ = ["NOW", "Check", "Clocks", "Difference", "Doctor", "Health", "Ledger", "Replay", "Subject", "subject_of"]
