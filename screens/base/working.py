"""Asking and acting: reads that may be overtaken, writes that may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.screen import Screen, ScreenResultType
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from screens.base.desk import Keyboard
from screens.dialogs.problem import Problem
from screens.navigation import Lock
from screens.widgets import MessageLine, Tone
from services.errors import STEP_UP, BadInput, Busy, DebtFlowError, SessionExpired, Unreachable

T = TypeVar("T")

SPIN_AFTER = 0.2
RETRY_AFTER = 3.0
PATIENCE_WITH_BUSY = 2
WAY_OUT = frozenset({"escape", "f3", "f12", "ctrl+q"})


@dataclass(eq=False)
class _Errand:
    """One question or deed on its way, with what to do when it is back."""

    topic: str
    act: bool
    run: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[DebtFlowError], bool]
    held: bool
    quiet: bool
    tries: int = 0
    spinner: Timer | None = None


class Working(Screen[ScreenResultType]):
    """A screen that talks to the services without ever making the person wait for a paint."""

    def __init__(self, keyboard: Keyboard, cancel_reads: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._keyboard = keyboard
        self._cancel_reads = cancel_reads
        self._errands: dict[Worker[Any], _Errand] = {}
        self._message = MessageLine()
        self._says_busy = False

    # ---- to be had by the screens ---------------------------------------------------------------------------------

    def ask(
        self,
        question: Callable[[], T],
        then: Callable[[T], None],
        *,
        topic: str = "page",
        hold: bool = False,
        quiet: bool = False,
        failed: Callable[[DebtFlowError], bool] | None = None,
    ) -> None:
        """Read in the background; a newer question on the same topic cancels this one and drops its answer.

        ``hold`` keeps keys back until the answer is shown (Esc still cuts through), ``quiet`` shows neither spinner nor
        trouble, ``failed`` may take an error over by returning True.
        """
        overtaking = self._drop(topic)
        cancel = self._cancel_reads

        def fetch() -> T:
            if overtaking:
                cancel()
            return question()

        self._send(fetch, _Errand(topic, False, question, then, failed or _not_mine, hold, quiet))

    def act(
        self,
        deed: Callable[[], T],
        done: Callable[[T], None],
        *,
        doing: str = "Saving…",
        failed: Callable[[DebtFlowError], bool] | None = None,
    ) -> None:
        """Write in the background, once: nothing else happens here until the outcome is shown.

        Keys typed meanwhile are delivered after success and thrown away, visibly, after an error.
        """
        if self.acting:
            return
        self._send(deed, _Errand(doing, True, deed, done, failed or _not_mine, True, False))

    @property
    def acting(self) -> bool:
        """Whether a write is under way, so that the screen must stay."""
        return any(errand.act for errand in self._errands.values())

    @property
    def waiting(self) -> bool:
        """Whether anything asked or done here is still on its way."""
        return bool(self._errands)

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Answer on the screen's fixed line."""
        self._message.say(text, tone)

    def bad_input(self, error: BadInput) -> None:
        """Show a field's error where it was typed; on the message line where there is no such field."""
        self.say(error.message, "error")

    def lost(self, text: str) -> None:
        """Say that the database does not answer."""
        self.say(text, "error")

    def found(self) -> None:
        """Take that back."""

    def prover(self) -> Callable[[str], object] | None:
        """Who takes the password once more, where something wants it; None where nobody sits here yet."""
        return None

    def trouble(self, error: DebtFlowError) -> None:
        """Show an error in the one way that fits its kind."""
        if isinstance(error, SessionExpired):
            self.post_message(Lock(error.message))
        elif isinstance(error, BadInput):
            self.bad_input(error)
        else:
            self.app.push_screen(Problem(error))

    # ---- machinery -------------------------------------------------------------------------------------------------

    def _send(self, run: Callable[[], Any], errand: _Errand) -> None:
        if errand.held:
            self._keyboard.hold_keys(frozenset() if errand.act else WAY_OUT)
        if not errand.quiet:
            errand.spinner = self.set_timer(SPIN_AFTER, lambda: self._spin(errand))
        self._launch(run, errand)

    def _launch(self, run: Callable[[], Any], errand: _Errand) -> None:
        group = "act" if errand.act else f"ask {errand.topic}"
        worker = self.run_worker(run, thread=True, exclusive=not errand.act, group=group, exit_on_error=False)
        self._errands[worker] = errand

    def _spin(self, errand: _Errand) -> None:
        if errand in self._errands.values():
            self.say(errand.topic if errand.act else "Looking…", "busy")
            self._says_busy = True

    def _calm(self) -> None:
        """Take the busy word back once nothing is under way that a person waits for."""
        if self._says_busy and all(errand.quiet for errand in self._errands.values()):
            self._says_busy = False
            self._message.calm()

    def _drop(self, topic: str) -> bool:
        """Forget the older question on a topic; says whether there was one."""
        older = [worker for worker, errand in self._errands.items() if not errand.act and errand.topic == topic]
        for worker in older:
            self._settle(self._errands.pop(worker))
        return bool(older)

    def _settle(self, errand: _Errand) -> None:
        if errand.spinner is not None:
            errand.spinner.stop()
        if errand.held:
            self._keyboard.deliver_keys()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state in (WorkerState.PENDING, WorkerState.RUNNING):
            return
        errand = self._errands.pop(event.worker, None)
        if errand is None:
            return
        if event.state is WorkerState.SUCCESS:
            self._answered(errand, event.worker.result)
        elif event.state is WorkerState.ERROR:
            self._went_wrong(errand, event.worker.error)
        else:
            self._settle(errand)
            self._calm()

    def _answered(self, errand: _Errand, answer: Any) -> None:
        self.found()
        self._calm()
        try:
            errand.then(answer)
        finally:
            self._settle(errand)

    def _went_wrong(self, errand: _Errand, error: BaseException | None) -> None:
        if not isinstance(error, DebtFlowError):
            raise error or RuntimeError("a worker failed without saying why")
        if not errand.act and isinstance(error, Busy) and errand.tries < PATIENCE_WITH_BUSY:
            # A question that is still wanted was withdrawn together with one that is not.
            errand.tries += 1
            self._launch(errand.run, errand)
            return
        dropped = self._keyboard.discard_keys() if errand.held else 0
        errand.held = False
        self._settle(errand)
        self._calm()
        if dropped:
            self.say(_dropped(dropped), "warn")
        if error.rule == STEP_UP and (prove := self.prover()) is not None:
            self._ask_password(errand, error, prove)
            return
        if errand.failed(error):
            return
        if not errand.act and isinstance(error, Unreachable):
            self._try_again(errand, error)
        elif not errand.quiet or isinstance(error, SessionExpired):
            self.trouble(error)

    def _ask_password(self, errand: _Errand, error: DebtFlowError, prove: Callable[[str], object]) -> None:
        """Have the person prove who sits here, then do what was wanted, under the same submission."""
        from screens.dialogs.step_up import StepUp  # is made of this

        def go_on(proved: bool | None) -> None:
            if not proved:
                errand.failed(error)
                self.say("Not done: it wants your password", "warn")
            elif errand.act:
                self.act(errand.run, errand.then, doing=errand.topic, failed=errand.failed)
            else:
                self.ask(errand.run, errand.then, topic=errand.topic, quiet=errand.quiet, failed=errand.failed)

        self.app.push_screen(StepUp(self._keyboard, prove, error.message), go_on)

    def _try_again(self, errand: _Errand, error: Unreachable) -> None:
        self.lost(f"{error.message}. Trying again…")

        def again() -> None:
            if not any(other.topic == errand.topic for other in self._errands.values()):
                self.ask(errand.run, errand.then, topic=errand.topic, quiet=errand.quiet, failed=errand.failed)

        self.set_timer(RETRY_AFTER, again)


def _dropped(keys: int) -> str:
    return f"{keys} key{'s' * (keys > 1)} typed meanwhile thrown away" if keys else ""


def _not_mine(_error: DebtFlowError) -> bool:
    return False
