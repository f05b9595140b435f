"""What a debtor agreed to: promises, the payment plan, an offer to settle."""

from screens.plan.screen import PlanScreen

__all__ = ["PlanScreen"]
