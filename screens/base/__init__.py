"""What every screen is made of."""

from screens.base.desk import Desk, Draft, Drafts, Keyboard
from screens.base.form import FormDialog
from screens.base.keys import Command, commands_of, key
from screens.base.screen import WIDE, BaseScreen
from screens.base.whose import whose
from screens.base.working import Working

__all__ = [
    "WIDE",
    "BaseScreen",
    "Command",
    "Desk",
    "Draft",
    "Drafts",
    "FormDialog",
    "Keyboard",
    "Working",
    "commands_of",
    "key",
    "whose",
]
