"""What providers send: taken in, looked at, shown."""

from services.webhooks.results import STATES, Raw, Webhook
from services.webhooks.service import Webhooks

__all__ = ["STATES", "Raw", "Webhook", "Webhooks"]
