"""Keys: made with an id and a tip, shown as they stand on a keyboard, gathered for the last line, help and palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

from screens.widgets import Key

_NAMES = {
    "escape": "Esc", "enter": "Enter", "tab": "Tab", "space": "Space", "backspace": "⌫", "delete": "Del",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip

EVERYWHERE = frozenset({"help", "accounts", "back", "look_again", "repeat", "command", "lock", "quit"})
"""Actions that every screen has; a screen's own come before them."""


def key(keys: str, action: str, does: str, tip: str = "", *, show: bool = True, priority: bool = False) -> Binding:
    """A binding that people can name in their keymap by its action (``start('note')`` is ``start.note``)."""
    name = action.replace("('", ".").removesuffix("')")
    return Binding(keys, action, does, show=show, tooltip=tip or does, id=name, priority=priority)


def shown_key(name: str) -> str:
    """A key as a keyboard shows it."""
    *modifiers, last = name.split("+")
    function_key = last[0] == "f" and last[1:].isdigit()
    text = _NAMES.get(last) or (last.upper() if function_key else format_key(last))
    if "ctrl" in modifiers:
        return f"^{text.upper()}"
    return "+".join([*(modifier.title() for modifier in modifiers), text])


@dataclass(slots=True)
class Command:
    """Something that can be done now, with every key that does it."""

    node: DOMNode
    action: str
    does: str
    tip: str
    shown: bool
    keys: list[str]

    @property
    def for_bar(self) -> Key:
        """The first key, for the last line."""
        return Key(shown_key(self.keys[0]), self.does)

    @property
    def for_help(self) -> Key:
        """All keys, for help."""
        return Key(" ".join(map(shown_key, self.keys)), self.tip)


def commands_of(screen: Screen[Any]) -> tuple[Command, ...]:
    """What the named keys would do now, the screen's own first."""
    found: dict[str, Command] = {}
    for name, active in screen.active_bindings.items():
        binding = active.binding
        if not active.enabled or not binding.id or not binding.description or binding.system:
            continue
        known = found.get(binding.action)
        if known is None:
            tip = binding.tooltip or binding.description
            found[binding.action] = Command(active.node, binding.action, binding.description, tip, binding.show, [name])
        else:
            known.keys.append(name)
    return tuple(sorted(found.values(), key=lambda command: command.action in EVERYWHERE))
