"""The overview at the foot of the log pane: when it is read anew, and whether it is worth its row."""

from __future__ import annotations

import time

from mlws_tui.domain.logs import Density, Place
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.cells import Line
from mlws_tui.ui.widgets.logstrip import has_something, strip_of

#: Seconds between two readings of what is where in the log: while there was nothing to show, and else.
_AT_FIRST, _LATER = 0.1, 1.0
_SOON = 0.05
#: Rows that the pane must have, so that one of them may be the overview's.
_ROWS = 10


class Overview:
    """Where in the log errors, warnings and matches are.

    Attributes:
        on: Whether the person wants it.
    """

    def __init__(self) -> None:
        self.on = True
        self._density: Density | None = None
        self._read_of: object = None
        self._read_at = 0.0
        self._revision = -1
        self._shown = False

    async def line(self, port: Viewport, columns: int, rows: int) -> Line | None:
        """The row to show; None where it is not wanted, has no room or would tell nothing.

        Args:
            port: The window on the log.
            columns: Its width.
            rows: Rows of the whole pane.
        """
        if not self.on or rows < _ROWS or columns < 2 or port.feed.state.missing or self._is_all(port):
            self._shown = False
            return None
        of = (port, columns, port.query)
        now = time.monotonic()
        if of != self._read_of or now - self._read_at >= self._every:
            self._density = await port.feed.density(columns)
            self._read_of, self._read_at, self._revision = of, now, port.feed.state.revision
        density = self._density
        self._shown = density is not None and has_something(density)
        if density is None or not self._shown:
            return None
        last = port.page[-1] if port.page else port.top
        return strip_of(density, (_share(port, port.top), 1.0 if port.follow else _share(port, last)))

    @property
    def _every(self) -> float:
        return _LATER if self._density is not None and has_something(self._density) else _AT_FIRST

    def _is_all(self, port: Viewport) -> bool:
        """Whether the whole log is on the screen anyway, or would be with the row that the overview has."""
        if port.filters or _share(port, port.top) > 0:
            return False
        lines, room = port.feed.state.lines, port.view.height + self._shown
        return len(port.page) < port.view.height or (lines is not None and lines <= room)

    def due(self, port: Viewport) -> float | None:
        """Seconds until it should be read again, as the log has changed since; None where it has not."""
        if not self.on or port.feed.state.revision == self._revision:
            return None
        return max(_SOON, self._read_at + self._every - time.monotonic())


def _share(port: Viewport, place: Place) -> float:
    """How far into the log as it is now a line is; what came before its present file is at its beginning."""
    state = port.feed.state
    if place.part != state.end.part or not state.size:
        return 0.0
    return min(1.0, max(0, place.offset) / state.size)
