"""Files fetched from clients' servers."""

from services.pull.results import FILE_STATES, Pulled, PulledClient, PulledFile, Source, Step
from services.pull.service import PULLERS, Pull

__all__ = ["FILE_STATES", "PULLERS", "Pull", "Pulled", "PulledClient", "PulledFile", "Source", "Step"]
