"""Bursts of keys: what arrives in one read lands where a slow typist would have put it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from debtflow_tui.type_ahead import TypeAhead
from tests.screens.conftest import burst, until

ROUNDS = 40
ENTRY = "12345678\t250.00\tCHK991\n"
LANDED = ("12345678", "250.00", "CHK991")


class Ask(ModalScreen[str]):
    """A question that closes on Enter."""

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class Fields(Screen[None]):
    """Three fields; Enter asks for a reason, Esc counts."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f3", "leave", "leave")]

    def __init__(self) -> None:
        super().__init__()
        self.inputs = tuple(Input(select_on_focus=False) for _ in range(3))
        self.reason: str | None = None
        self.left = 0

    def compose(self) -> ComposeResult:
        yield from self.inputs

    def on_input_submitted(self) -> None:
        self.app.push_screen(Ask(), self._answered)

    def action_leave(self) -> None:
        self.left += 1

    def _answered(self, reason: str | None) -> None:
        self.reason = reason
        self.inputs[0].focus()

    @property
    def landed(self) -> tuple[str, ...]:
        return tuple(field.value for field in self.inputs)


class Open(Message):
    """A wish that only the app can grant."""


class Start(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "open")]

    def action_open(self) -> None:
        self.post_message(Open())


class Typing(TypeAhead):
    """Pushes the fields when the first screen asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.fields = Fields()

    def on_mount(self) -> None:
        self.push_screen(Start())

    async def on_open(self) -> None:
        self.fields = Fields()
        await self.push_screen(self.fields)


async def test_a_burst_that_opens_a_screen_lands_in_its_fields_every_time():
    app = Typing()
    async with app.run_test() as pilot:
        for _ in range(ROUNDS):
            await burst(pilot, "o" + ENTRY)
            assert app.fields.landed == LANDED
            await burst(pilot, "because\n")
            await app.pop_screen()


async def test_a_burst_goes_through_a_dialog_and_on_behind_it():
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "o")
        for _ in range(ROUNDS):
            fields = app.fields
            await burst(pilot, ENTRY + "because\n9")
            assert (fields.landed, fields.reason) == (("123456789", "250.00", "CHK991"), "because")
            for field in fields.inputs:
                field.value = ""


async def test_pasted_text_keeps_its_place_among_the_keys():
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "o")
        for key in ("1", "tab"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        app.post_message(events.Paste("250.00"))
        await burst(pilot, "\tCHK991")
        assert app.fields.landed == ("1", "250.00", "CHK991")


async def test_held_keys_are_delivered_in_order_after_the_last_hold_ends():
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "o")
        app.hold_keys()
        app.hold_keys()
        post(app, "12\t34")
        await pilot.pause()
        app.deliver_keys()
        await pilot.pause()
        assert app.fields.landed == ("", "", "")
        app.deliver_keys()
        await until(pilot, lambda: not app.typing)
        assert app.fields.landed == ("12", "34", "")


async def test_discarded_keys_are_counted_and_gone():
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "o")
        app.hold_keys()
        post(app, "1234")
        await pilot.pause()
        assert app.discard_keys() == 4
        await burst(pilot, "9")
        assert app.fields.landed == ("9", "", "")


@pytest.mark.parametrize("key", ["escape", "f3"])
async def test_a_key_that_cuts_through_acts_at_once_and_drops_what_waited(key: str):
    app = Typing()
    async with app.run_test() as pilot:
        await burst(pilot, "o")
        app.hold_keys(frozenset({key}))
        post(app, "123")
        app.post_message(events.Key(key, None))
        await until(pilot, lambda: app.fields.left == 1)
        app.deliver_keys()
        await until(pilot, lambda: not app.typing)
        assert app.fields.landed == ("", "", "")


def post(app: App[Any], text: str) -> None:
    """Type without waiting for anything."""
    for char in text:
        app.post_message(events.Key("tab" if char == "\t" else char, None if char == "\t" else char))
