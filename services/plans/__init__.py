"""What is to come on an account: promises to pay, payment plans, settlement offers."""

from services.plans.plans import Plans
from services.plans.promises import Promises
from services.plans.results import (
    EVERY,
    Instalment,
    Offer,
    Outlook,
    Plan,
    PlanChange,
    PlanForm,
    Promise,
    PromiseForm,
    PromiseTime,
    Proposal,
    Settling,
)
from services.plans.settlements import Settlements

__all__ = [
    "EVERY",
    "Instalment",
    "Offer",
    "Outlook",
    "Plan",
    "PlanChange",
    "PlanForm",
    "Plans",
    "Promise",
    "PromiseForm",
    "PromiseTime",
    "Promises",
    "Proposal",
    "Settlements",
    "Settling",
]
