"""The GPU pane: what each GPU does, whose it is, and how the host is doing."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from mlws_tui.domain.changes import Change
from mlws_tui.domain.gpus import GpuFrame, GpuFrameReady, short_name
from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.gpu_rows import gpu_lines
from mlws_tui.ui.widgets.cells import CellBoard


class GpusPane(Pane, can_focus=True):
    """Shows the service's latest frame; asks it for a quicker pace while it can be seen."""

    NUMBER: ClassVar[int] = 1
    TITLE: ClassVar[str] = "GPUs"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("gpus.next", "j,down", "Down", "Show the lines further down.", palette=False),
        Action("gpus.previous", "k,up", "Up", "Show the lines further up.", palette=False),
        Action("gpus.first", "g,home", "First", "Go to the first line.", palette=False),
        Action("gpus.last", "G,end", "Last", "Go to the last line.", palette=False),
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = "GpusPane { padding: 0 1; }"

    def __init__(self, hub: Hub, gpus: GpuService) -> None:
        super().__init__(hub, id="gpus")
        self._gpus = gpus
        self._board = CellBoard()
        self._top = 0
        self._captioned = ("", "")

    def compose(self) -> ComposeResult:
        yield self._board

    def changed(self, change: Change) -> None:
        if isinstance(change, GpuFrameReady):
            self._draw()

    def revive(self) -> None:
        self._gpus.set_pace(shown=True)
        self._draw()

    def on_hide(self, _event: events.Hide) -> None:
        self._gpus.set_pace(shown=False)

    def on_unmount(self) -> None:
        self._gpus.set_pace(shown=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)  # the board inside has its new size only then

    def action_next(self) -> None:
        self._scroll(self._top + 1)

    def action_previous(self) -> None:
        self._scroll(self._top - 1)

    def action_first(self) -> None:
        self._scroll(0)

    def action_last(self) -> None:
        self._scroll(1 << 20)

    def _scroll(self, top: int) -> None:
        self._top = top
        self._draw()

    def _draw(self) -> None:
        size = self._board.size
        frame = self._gpus.frame
        self._say(frame)
        if not size.area:
            return
        lines = gpu_lines(frame, self._gpus.history, size.width, size.height)
        self._top = max(0, min(self._top, len(lines) - size.height))
        self._board.paint(lines[self._top : self._top + size.height])

    def _say(self, frame: GpuFrame) -> None:
        """Set the border's texts where they changed: each setting paints the border again."""
        kinds = Counter(short_name(gpu.facts.name) for gpu in frame.gpus if gpu.facts.name)
        absent = sum(gpu.since is not None for gpu in frame.gpus)
        parts = [f"{count} × {name}" for name, count in kinds.items()] + [f"{absent} out of order"] * (
            absent > 0
        )
        detail = ", ".join(parts) if frame.gpus else frame.host
        if frame.problem is not None and frame.gpus:
            detail = frame.problem.sentence
        corner = f"driver {frame.driver}" if frame.driver else ""
        if (detail, corner) != self._captioned:
            self._captioned = (detail, corner)
            self.caption(detail, corner)
