"""The saved views of the list of runs: to choose, to save, to replace and to delete."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runviews import RunView
from mlws_tui.ui.screens.runchoice import Choice, choice_lines
from mlws_tui.ui.widgets.logfield import LogField

if TYPE_CHECKING:
    from mlws_tui.services.runlists import RunLists

DEFAULT = "default"
_LIST_KEYS = "enter shows it · s save as… · w save over it · d delete · esc closes"
_NAME_KEYS = "enter saves what the list shows now · esc back"


class RunViews(ModalScreen[RunView | None]):
    """Offers the saved views; answers with the one to show, or None where nothing else is to be shown.

    Args:
        lists: Where the views are kept.
        shown: What the list shows now.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("q,v", "leave", "Close", show=False),
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("enter,space", "choose", "Show"),
        Binding("s,a", "save_as", "Save as"),
        Binding("w", "overwrite", "Save over it"),
        Binding("d,delete", "delete", "Delete"),
    ]
    DEFAULT_CSS = """
    RunViews { align: center middle; background: $background 60%; }
    RunViews > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    RunViews Static { height: auto; }
    RunViews Input { border: none; height: 1; padding: 0; margin: 1 0 0 0; background: $boost; display: none; }
    RunViews Input:focus { border: none; }
    RunViews.-naming Input { display: block; }
    RunViews #run-views-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(self, lists: RunLists, shown: RunView) -> None:
        super().__init__()
        self._lists = lists
        self._shown = shown
        self._saved = False
        self._views: Sequence[RunView] = (RunView(),)
        self._at = 0
        self._list = Static("", markup=False)
        self._field = LogField(self._named, "name of the view")
        self._keys = Static(_LIST_KEYS, id="run-views-keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Views of the runs"
            yield self._list
            yield self._field
            yield self._keys

    async def on_mount(self) -> None:
        await self._read(self._shown.name)

    def action_move(self, by: int) -> None:
        """Go up or down in the list."""
        self._at = max(0, min(self._at + by, len(self._views) - 1))
        self._show()

    def action_choose(self) -> None:
        """Show the view."""
        self.dismiss(self._views[self._at])

    def action_save_as(self) -> None:
        """Ask for a name."""
        self.add_class("-naming")
        self._keys.update(_NAME_KEYS)
        self._field.value = self._shown.name
        self._field.take_focus()

    def action_overwrite(self) -> None:
        """Save what is shown under the name of this view."""
        if self._at:
            self._save(self._views[self._at].name)
        else:
            self.notify("The default view stays as it is: save under a name with s", markup=False)

    def action_delete(self) -> None:
        """Delete the view; the list goes on showing what it shows."""
        if self._at:
            name = self._views[self._at].name
            if name == self._shown.name:
                self._shown, self._saved = replace(self._shown, name=""), True
            self.run_worker(self._done(self._lists.drop_view(name), f"View {name} is deleted"), group="views")

    def action_leave(self) -> None:
        """Leave the field, or else the screen."""
        if self.has_class("-naming"):
            self._close_field()
        else:
            self.dismiss(self._shown if self._saved else None)

    def _named(self, text: str) -> None:
        name = text.strip()
        if not name:
            return
        if name == DEFAULT:
            self.notify("The default view stays as it is: give another name", markup=False)
            return
        self._close_field()
        self._save(name)

    def _close_field(self) -> None:
        self.remove_class("-naming")
        self._keys.update(_LIST_KEYS)
        self.set_focus(None)

    def _save(self, name: str) -> None:
        self._shown, self._saved = replace(self._shown, name=name), True
        self.run_worker(
            self._done(self._lists.save_view(self._shown), f"View {name} is saved"), group="views"
        )

    async def _done(self, work: Awaitable[None], told: str) -> None:
        try:
            await work
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        self.notify(told, markup=False)
        await self._read(self._shown.name)

    async def _read(self, name: str) -> None:
        try:
            saved = await self._lists.views()
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            saved = ()
        self._views = (RunView(), *(view for view in saved if view.name))
        self._at = next((i for i, view in enumerate(self._views) if view.name == name), 0)
        self._show()

    def _show(self) -> None:
        rows = [
            Choice(
                view.name,
                view.name or DEFAULT,
                view_words(view),
                "✓" if view.name == self._shown.name else "",
            )
            for view in self._views
        ]
        self._list.update(choice_lines(rows, self._at))


def view_words(view: RunView) -> str:
    """What a view shows, in words."""
    parts = [view.filter]
    if view.order:
        first = view.order[0]
        parts.append(f"by {first.removeprefix('-')} {'▼' if first.startswith('-') else '▲'}")
    if view.group:
        parts.append(f"grouped by {view.group}")
    if view.columns:
        parts.append(f"{len(view.columns)} column{'' if len(view.columns) == 1 else 's'}")
    return " · ".join(part for part in parts if part) or "all runs, the running ones first"
