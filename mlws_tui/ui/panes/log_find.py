"""Finding as one types: what is looked for, in which way, and where one was before."""

from __future__ import annotations

import asyncio

from mlws_tui.domain.logs import Place
from mlws_tui.ui.panes.log_search import Goal, count, first_match, look_for
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.logbar import FIND, LogBar

#: Seconds without a key after which it is counted.
_PAUSE = 0.25


class Finder:
    """The find line of the log pane.

    Attributes:
        text: What is looked for.
        regex: Whether it is a regular expression.
    """

    def __init__(self, bar: LogBar) -> None:
        self._bar = bar
        self._begin: tuple[Place, Place | None] | None = None
        self.text = ""
        self.regex = False

    def open(self, port: Viewport) -> None:
        """Let the person type; `back` goes to where the window is now."""
        self._begin = (port.top, port.cursor)
        self._bar.open(FIND, self._sign, "find as you type")

    def flip(self) -> None:
        """Read the text in the other way."""
        self.regex = not self.regex
        if self._bar.use == FIND:
            self._bar.sign(self._sign)

    async def look(self, port: Viewport) -> Goal:
        """Mark what is looked for, and find the first from where one was."""
        query = await look_for(port, self.text, regex=self.regex)
        if query.problem:
            return Goal(None, query.problem)
        if query and self._begin is not None:
            return await first_match(port, self._begin[1] or self._begin[0])
        return Goal(None)

    async def renew(self, port: Viewport) -> None:
        """Look for the same in another log, or in the other way."""
        if self.text:
            await look_for(port, self.text, regex=self.regex)
            count(port)

    async def count(self, port: Viewport) -> None:
        """Count what is looked for, unless more is typed in the next moment: counting takes the whole log."""
        await asyncio.sleep(_PAUSE)
        count(port)

    async def back(self, port: Viewport) -> None:
        """Look for nothing, and go back to where one was before."""
        await look_for(port, "", regex=False)
        if self._begin is not None:
            await port.back_to(*self._begin)

    @property
    def _sign(self) -> str:
        return "/.*" if self.regex else "/"
