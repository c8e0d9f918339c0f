"""A field that is left at once: the next key of a burst already finds what the key before it did."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Input

#: Signs whose names Textual shortens, and then does not know for signs.
_SIGNS = {"slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_"}


class LogField(Input):
    """One line to type in.

    Args:
        entered: Called with the text when the person accepts it, before the next key is looked at. A message would come
            behind what was typed ahead over a slow connection.
        placeholder: What may be typed.
    """

    def __init__(self, entered: Callable[[str], None], placeholder: str = "") -> None:
        super().__init__(placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._entered = entered

    async def action_submit(self) -> None:
        self._entered(self.value)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return super().check_consume_key(key, character or _SIGNS.get(key))

    def take_focus(self) -> None:
        """Have the focus from now on; `focus` would give it later. Nothing happens where the app is about to end."""
        if self.is_attached:
            self.screen.set_focus(self)
