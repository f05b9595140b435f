"""The first screen: who are you?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import Keyboard, Working
from screens.widgets import Entry, Form, Key, KeyBar, plain, words
from services.errors import BadInput, DebtFlowError

Arrival = TypeVar("Arrival")

REMEMBER = ("no", "yes")
DEMO_KEYS = 4
"""So many of the demo's logins, one of each role, have a key of their own."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed to sign in; ``remember`` is None where the person was not asked."""

    user: str
    password: str
    remember: bool | None = None


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login that the demo shows to everybody."""

    role: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the system's keyring has for a user, and whether there is one that can be trusted."""

    password: str | None = None
    can_remember: bool = False


class SignInScreen(Working[None], Generic[Arrival]):
    """Signs in and hands what came back to ``welcome``; ``recall`` asks the keyring, which can be slow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10,ctrl+s", "send", "sign in", id="sign_in.send", tooltip="Sign in with what is typed"),
        *(Binding(f"alt+{n},f{n + 4}", f"demo({n})", f"demo {n}", show=False, id=f"sign_in.demo_{n}")
          for n in range(1, DEMO_KEYS + 1)),
        Binding("ctrl+q,f3", "app.quit", "quit", id="sign_in.quit", tooltip="Close DebtFlow"),
    ]  # fmt: skip

    def __init__(
        self,
        keyboard: Keyboard,
        enter: Callable[[Credentials], Arrival],
        welcome: Callable[[Arrival], None],
        *,
        user: str = "",
        environment: str = "",
        recall: Callable[[str], Remembered] = lambda _user: Remembered(),
        demo_logins: Sequence[DemoLogin] = (),
    ) -> None:
        super().__init__(keyboard)
        self._enter = enter
        self._welcome = welcome
        self._recall = recall
        self._user = user
        self._demo = tuple(demo_logins)
        self._environment = environment
        remember = Entry("remember", "Remember", codes=REMEMBER)
        remember.display = False
        self.form = Form(
            Entry("user", "User", max_length=63, required=True),
            Entry("password", "Password", password=True, max_length=256, required=True),
            remember,
        )

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet"):
            yield Static(Content.assemble(("DebtFlow", "bold $accent"), f"   {self._environment}"), id="name")
            yield Static(plain("The back office of a collection agency", "$text-muted"), id="what")
            yield self.form
            yield self._message
            if self._demo:
                yield Static(Content("\n").join(self._demo_lines()), id="demo")
        yield KeyBar(Key("Enter", "next, then sign in"), Key("^Q", "quit"), always=())

    def on_mount(self) -> None:
        self.form["user"].value = self._user
        if self._user:
            self.form["password"].editor.focus()
        self._ask_keyring()

    def begin_again(self, word: str) -> None:
        """Be there for the next person, who may be the same one."""
        self.form["password"].editor.focus()
        self.say(word, "good")

    def trouble(self, error: DebtFlowError) -> None:
        self.form["password"].value = ""
        self.form["password"].editor.focus()
        self.say(f"{error.message}{f': {error.hint}' if error.hint else ''}", "error")

    def bad_input(self, error: BadInput) -> None:
        if not self.form.show_error(error.field, error.message):
            self.say(error.message, "error")

    @on(Form.Complete)
    def action_send(self) -> None:
        if self.form.check():
            values = self.form.values
            remember = values["remember"] == "yes" if self.form["remember"].display else None
            typed = Credentials(values["user"], self._password(), remember)
            self.act(lambda: self._enter(typed), self._come_in, doing=f"Signing in as {typed.user}…")

    def _come_in(self, arrival: Arrival) -> None:
        self.form["password"].value = ""
        self._welcome(arrival)

    def _password(self) -> str:
        # A password may begin or end with a space, so it is not what the form makes of it.
        return self.form["password"].editor.value

    def action_demo(self, number: int) -> None:
        if number <= len(self._demo):
            login = self._demo[number - 1]
            self.form.fill({"user": login.user, "password": login.password})
            self.action_send()

    def _ask_keyring(self) -> None:
        user = self.form["user"].value

        def fill(found: Remembered) -> None:
            self.form["remember"].display = found.can_remember
            if found.password and not self.form["password"].value and self.form["user"].value == user:
                self.form.fill({"password": found.password, "remember": "yes" if found.can_remember else "no"})
                self.say("The password is filled in: Enter signs in")

        self.ask(lambda: self._recall(user), fill, topic="keyring", quiet=True, failed=self._no_keyring)

    def _no_keyring(self, error: DebtFlowError) -> bool:
        self.say(error.message, "warn")
        return True

    def _demo_lines(self) -> list[Content]:
        lines = [Content.styled(f"     {'ROLE':<15}{'USER':<12}PASSWORD", "$text-muted")]
        for number, login in enumerate(self._demo[:DEMO_KEYS], start=1):
            shown = f"{words(login.role):<15}{login.user:<12}{login.password}"
            lines.append(Content.assemble((f" F{number + 4}  ", "bold $accent"), plain(shown)))
        if self._demo[DEMO_KEYS:]:
            more = (f"{login.user} {login.password}" for login in self._demo[DEMO_KEYS:])
            lines += [Content(""), plain(f" also: {', '.join(more)}", "$text-muted")]
        return lines
