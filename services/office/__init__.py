"""Agencies, clients, users and their teams."""

from services.office.assigning import NOBODY, Assigning
from services.office.people import Given, HandOver, OpenBatch, OpenWork, Person, Rebalanced, Share, Team
from services.office.results import Agency, Client, User
from services.office.service import BUCKETS, RULES, Agencies, Clients, Users
from services.office.teams import Teams

__all__ = [
    "BUCKETS",
    "NOBODY",
    "RULES",
    "Agencies",
    "Agency",
    "Assigning",
    "Client",
    "Clients",
    "Given",
    "HandOver",
    "OpenBatch",
    "OpenWork",
    "Person",
    "Rebalanced",
    "Share",
    "Team",
    "Teams",
    "User",
    "Users",
]
