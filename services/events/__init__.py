"""The stream of events: its order, and who has read how far."""

from services.events.results import Consumer, Event, EventPage, Stream
from services.events.service import Events

__all__ = ["Consumer", "Event", "EventPage", "Events", "Stream"]
