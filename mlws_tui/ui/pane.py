"""What every pane is: a bordered place on the screen that hears changes only while it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from mlws_tui.domain.changes import Change
from mlws_tui.domain.text import safe_text
from mlws_tui.services.hub import Hub
from mlws_tui.ui.actions import Action

#: Columns of the border beside a caption.
_EDGE = 4


class Pane(Widget):
    """Base of the panes. A pane owns its query and its selection; it posts messages up and gets data down.

    A subclass sets `NUMBER`, `TITLE`, `ACTIONS` (and ``BINDINGS = bindings(ACTIONS)``), composes its widgets, and
    overrides `changed` and `revive`. Data is loaded in workers; nothing here may block the event loop.
    """

    NUMBER: ClassVar[int] = 0
    TITLE: ClassVar[str] = ""
    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def __init__(self, hub: Hub, *, id: str) -> None:
        self._said = ("", "")
        self._changing: tuple[int, ...] = ()  # while the caption is set: columns of the border that it takes
        super().__init__(id=id, classes="pane")
        self.hub = hub
        self._unsubscribe: Callable[[], None] | None = None
        self.caption()

    def caption(self, detail: str | Content = "", corner: str = "") -> None:
        """Set what stands in the border: ``1 Title ── detail`` on the left, `corner` at the right below.

        Texts are data: they are shown as they are, never read as markup. A `Content` has been made safe already.
        """
        title = Content(f"{self.NUMBER} {self.TITLE}")
        if detail:
            title = Content.assemble(title, " ── ", safe_text(detail) if isinstance(detail, str) else detail)
        words = (title.plain, safe_text(corner))
        self._changing = tuple(
            max(map(cell_len, pair)) + _EDGE for pair in zip(words, self._said, strict=True)
        )
        self._said = words
        self.border_title, self.border_subtitle = title, Content(words[1])
        self._changing = ()

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint again; for a new caption its words only, where Textual would send the whole pane."""
        if self._changing and self.outer_size:
            (width, height), content = self.outer_size, self.content_offset
            left, right = (min(width, cells) for cells in self._changing)
            words = (Region(0, 0, left, 1), Region(width - right, height - 1, right, 1))
            regions = tuple(region.translate(-content) for region in words)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @property
    def focus_target(self) -> Widget:
        """The widget that gets the focus when the person goes to this pane."""
        return self

    def hold(self, event: events.Key | events.Paste) -> bool:
        """Keep what is typed for something that is still to come. Whether it was kept."""
        del event
        return False

    def changed(self, change: Change) -> None:
        """Hear a change; called on the event loop, only while the pane is shown."""

    def revive(self) -> None:
        """Bring the pane up to date; called each time it comes into view, as it heard nothing while hidden."""

    def on_show(self, _event: events.Show) -> None:
        if self._unsubscribe is None:
            self._unsubscribe = self.hub.subscribe(self.changed)
            self.revive()

    def on_hide(self, _event: events.Hide) -> None:
        self._drop()

    def on_unmount(self) -> None:
        self._drop()

    def _drop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
