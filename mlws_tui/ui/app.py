"""The Textual app: themes, keys, signals, and an orderly beginning and end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme

from mlws_tui.domain.errors import MlwsError
from mlws_tui.ui.keyorder import KeysInOrder
from mlws_tui.ui.safety import ControlBarrier
from mlws_tui.ui.screens.desk import Desk
from mlws_tui.ui.widgets.repaint import lean

if TYPE_CHECKING:
    from textual.command import Provider

    from mlws_tui.services.workbench import Workbench

log = logging.getLogger(__name__)

#: Seconds that closing the services may take before the app leaves without them.
CLOSE_DEADLINE = 5.0
_LEAVING = 15  # seconds from a hang-up to the end, whatever the terminal does


def _commands() -> type[Provider]:
    from mlws_tui.ui.commands import ActionCommands

    return ActionCommands


@dataclass(frozen=True, slots=True)
class Opened:
    """What the app gets to work with.

    Attributes:
        bench: The opened workbench, not yet started; the app starts and closes it.
        keymap: Keys by action id that replace the default ones, validated.
        warnings: What was wrong with settings, themes or keys; each is told once.
    """

    bench: Workbench
    keymap: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[MlwsError] = ()


class MlwsApp(KeysInOrder[int]):
    """The app. It shows its first frame at once and opens the workbench behind it.

    Args:
        open_bench: Opens the workspace; an `MlwsError` of it ends the app and is kept in `failure`.
        themes: The themes to choose from.
        theme: Name of the one to begin with.
        live: Whether to ingest, watch and sample; without it the app shows what the index holds.
        settled: Called once, when the panes are there and the app is live.
    """

    TITLE = "mlws-tui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Callable[[], type[Provider]]]] = {_commands}  # type: ignore[assignment]  # narrower
    COMMAND_PALETTE_BINDING = "ctrl+p"
    CSS = "SearchIcon { display: none; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False)]

    def __init__(
        self,
        open_bench: Callable[[], Awaitable[Opened]],
        *,
        themes: Sequence[Theme] = (),
        theme: str = "",
        live: bool = True,
        settled: Callable[[], None] | None = None,
    ) -> None:
        self._barrier = ControlBarrier()
        super().__init__()
        self._open_bench = open_bench
        self._live = live
        self._settled = settled
        self.bench: Workbench | None = None
        self._opened: Workbench | None = None
        self._typed_ahead: list[events.Key | events.Paste] | None = []  # None: nothing has to wait any more
        self._resume: Callable[[int, FrameType | None], Any] | int | None = None
        self.failure: MlwsError | None = None
        self.keys_in_force: dict[str, str] = {}
        for offered in themes:
            self.register_theme(offered)
        if theme in self.available_themes:
            self.theme = theme
        self.desk = Desk()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, and behind them the barrier against control characters."""
        return [*super().get_line_filters(), self._barrier]

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, lean(renderable))

    async def on_mount(self) -> None:
        self._catch_signals()
        await self.push_screen(self.desk)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._furnish(), name="furnish")

    async def _furnish(self) -> None:
        """Open the workspace, bring in the panes, and go live."""
        try:
            opened = await self._open_bench()
        except MlwsError as error:
            self.failure = error
            self.exit(error.exit_code)
            return
        self._opened = opened.bench
        self.keys_in_force = dict(opened.keymap)
        if self.keys_in_force:
            self.set_keymap(self.keys_in_force)
        await self.desk.furnish(opened.bench)
        self.bench = opened.bench
        self.call_later(self._take_typed_ahead)
        self._warn(opened.warnings)
        if opened.bench.notice:
            self.notify(opened.bench.notice, severity="warning", timeout=20, markup=False)
        if self._live:
            await self._go_live(opened.bench)
        if self._settled is not None:
            self._settled()

    async def _take_typed_ahead(self) -> None:
        """Deal with the keys that came before the panes, in their order: also those that come meanwhile wait."""
        while self._typed_ahead and not self._exit:
            await self.deal_with(self._typed_ahead.pop(0))
        self._typed_ahead = None

    def _warn(self, warnings: Sequence[MlwsError]) -> None:
        """Tell what is wrong with the settings in one notice, however much it is."""
        if not warnings:
            return
        text = warnings[0].sentence()
        if len(warnings) > 1:
            text += f"\n… and {len(warnings) - 1} more: mlws-tui config and mlws-tui keys list them"
        self.notify(text, title="Settings", severity="warning", timeout=15, markup=False)

    async def _go_live(self, bench: Workbench) -> None:
        try:
            await bench.start()
        except MlwsError as error:
            self.notify(error.sentence(), severity="error", timeout=30, markup=False)

    def puts_off(self, event: events.Key | events.Paste) -> bool:
        """Keep what is typed before the panes are there."""
        if self._typed_ahead is None:
            return False
        self._typed_ahead.append(event)
        return True

    # leaving

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            # RuntimeError: not the main thread, as in tests that run the app elsewhere; then the default holds.
            with contextlib.suppress(RuntimeError, ValueError):
                loop.add_signal_handler(number, self._hang_up, number)
        with contextlib.suppress(ValueError):  # not the main thread, as above
            self._resume = signal.signal(signal.SIGCONT, self._go_on)

    def _go_on(self, number: int, frame: FrameType | None) -> None:
        """Go on after a stop.

        Textual takes each SIGCONT for the end of a ctrl+z. After a stop from outside, or where a service manager sends
        one behind SIGTERM, it would begin a second time, and then neither end nor give the terminal back.
        """
        driver = self._driver
        if driver is None or self._exit or not getattr(driver, "_auto_restart", True):  # handed over
            return
        if not getattr(driver, "_must_signal_resume", True):  # stopped from outside: it is still at work
            driver.suspend_application_mode()
        if callable(self._resume):
            self._resume(number, frame)

    def _hang_up(self, number: signal.Signals) -> None:
        for pane in self.desk.editors:
            pane.rescue()
        # A terminal that is gone may hold Textual up for ever, and with it the index: then the kernel ends the app.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_LEAVING)
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Save what is unsaved, then leave; what cannot be saved is kept in its recovery file."""
        for pane in self.desk.editors:
            if pane.unsaved and not await pane.save():
                pane.rescue()
        self.exit(0)

    async def action_suspend_desk(self) -> None:
        """Give up the ingest, stop, and take it up again when the shell brings the app back."""
        if self.bench is None:
            return
        await self.bench.ingest.close()
        try:
            self.action_suspend_process()
        finally:
            await self.bench.ingest.start()

    async def shut_down(self) -> None:
        """Close the workbench within the deadline; called by whoever ran the app."""
        try:
            if self._opened is not None:
                async with asyncio.timeout(CLOSE_DEADLINE):
                    await self._opened.close()
        except TimeoutError:
            log.error("the workbench did not close within %s s", CLOSE_DEADLINE)
        finally:
            signal.alarm(0)
