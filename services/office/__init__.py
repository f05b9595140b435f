"""Agencies, clients and users."""

from services.office.results import Agency, Client, User
from services.office.service import BUCKETS, RULES, Agencies, Clients, Users

__all__ = ["BUCKETS", "RULES", "Agencies", "Agency", "Client", "Clients", "User", "Users"]
