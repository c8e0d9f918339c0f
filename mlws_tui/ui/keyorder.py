"""Keys in the order in which they were typed, also those that come in one burst or before what they are for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TypeVar

from textual import events
from textual.app import App
from textual.screen import SystemModalScreen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from mlws_tui.ui.pane import Pane

_TAKING_IN = 1.0  # seconds that a field may take for what was typed into it
_LEAVE = "ctrl+q"  # it waits for nothing

Result = TypeVar("Result")


class KeysInOrder(App[Result]):
    """An app that does what a key is bound to before the next key is looked at.

    Textual lets a key bubble up from the focused widget first, so keys that come in one burst (typed ahead over a
    slow connection, or pasted) would still go to the pane and the mode that the first of them has left.
    """

    def puts_off(self, event: events.Key | events.Paste) -> bool:
        """Take a key that cannot be dealt with yet. Whether it was taken."""
        del event
        return False

    async def on_event(self, event: events.Event) -> None:
        """Deal with keys one by one."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        else:
            leaves = isinstance(event, events.Key) and event.key == _LEAVE
            if leaves or not self.puts_off(event):
                await self.deal_with(event)

    async def deal_with(self, event: events.Key | events.Paste) -> None:
        """Do what a key is for, or leave it to the pane that keeps it for a page that is still to come."""
        if self._exit:  # typed ahead behind the key that leaves: there is nothing any more that it is for
            return
        pane = self._pane_in_focus()
        leaves = isinstance(event, events.Key) and event.key == _LEAVE
        if pane is not None and not leaves and pane.hold(event):
            return
        if not isinstance(event, events.Key) or not await self._act_on(event):
            await super().on_event(event)

    def _pane_in_focus(self) -> Pane | None:
        focused = self.focused
        nodes = () if focused is None else focused.ancestors_with_self
        return next((node for node in nodes if isinstance(node, Pane)), None)

    async def _act_on(self, event: events.Key) -> bool:
        screen = self.screen
        if isinstance(screen, SystemModalScreen):
            return False
        if not screen.is_mounted:  # opened by the key before this one
            await taken_in(screen)
        focused = self.focused
        if focused is not None and focused.check_consume_key(event.key, event.character):
            return False
        if isinstance(focused, Input | TextArea):
            await taken_in(focused)
        return await self._check_bindings(event.key)


async def taken_in(place: Widget) -> None:
    """Wait until a field has what was typed before, as the next key may accept it, or until a screen is there."""
    taken = asyncio.Event()
    if place.call_later(taken.set):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(taken.wait(), _TAKING_IN)
