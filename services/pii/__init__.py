"""Forgetting persons: legal holds, retention, redaction."""

from services.pii.results import REASONS, AtProvider, Block, Done, Forgetting, Forgotten, Hold, Traces
from services.pii.service import Pii

__all__ = ["REASONS", "AtProvider", "Block", "Done", "Forgetting", "Forgotten", "Hold", "Pii", "Traces"]
