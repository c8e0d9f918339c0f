"""The saved views of the list of runs: to choose, to save, to replace and to delete."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runviews import RunView
from mlws_tui.ui.screens.runchoice import Choice, choice_lines
from mlws_tui.ui.widgets.logfield import LogField

if TYPE_CHECKING:
    from mlws_tui.services.runlists import RunLists

DEFAULT = "default"
_KEYS = "enter shows or saves it · ^s saves over it · ^d deletes it · esc closes"


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
        Binding("ctrl+s", "screen.overwrite", show=False),
        Binding("ctrl+d", "screen.delete", show=False),
    ]


class RunViews(ModalScreen[RunView | None]):
    """Offers the saved views; answers with the one to show, or None where nothing else is to be shown.

    What is typed finds a view, or is the name under which what is shown is saved.

    Args:
        lists: Where the views are kept.
        shown: What the list shows now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close")]
    DEFAULT_CSS = """
    RunViews { align: center middle; background: $background 60%; }
    RunViews > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    RunViews Static { height: auto; }
    RunViews Input { border: none; height: 1; padding: 0; margin: 0 0 1 0; background: $boost; }
    RunViews Input:focus { border: none; }
    RunViews #run-views-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(self, lists: RunLists, shown: RunView) -> None:
        super().__init__()
        self._lists = lists
        self._shown = shown
        self._saved = False
        self._views: Sequence[RunView] = (RunView(),)
        self._rows: list[Choice] = []
        self._at = 0
        self._list = Static("", markup=False)
        self._field = _Field(self._accept, "a name: finds a view, or saves what is shown as a new one")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Views of the runs"
            yield self._field
            yield self._list
            yield Static(_KEYS, id="run-views-keys", markup=False)

    async def on_mount(self) -> None:
        self._field.take_focus()
        self._show()
        await self._read()

    def action_move(self, by: int) -> None:
        """Go up or down in the list."""
        self._at += by
        self._show()

    def action_overwrite(self) -> None:
        """Save what is shown under the name of the chosen view, or the one that was typed."""
        name = self._rows[self._at].value
        if name:
            self._save(name)
        else:
            self.notify("The default view stays as it is: type another name", markup=False)

    def action_delete(self) -> None:
        """Delete the view; the list goes on showing what it shows."""
        view = self._view()
        if view is None or not view.name:
            self.notify("The default view stays as it is" if view else "No view has this name", markup=False)
            return
        if view.name == self._shown.name:
            self._shown, self._saved = replace(self._shown, name=""), True
        self._change(self._lists.drop_view(view.name), f"View {view.name} is deleted")

    def action_leave(self) -> None:
        """Leave; what was saved goes on being shown, under its name."""
        self.dismiss(self._shown if self._saved else None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._at = 0
        self._show()

    def _accept(self, _text: str) -> None:
        """Show the chosen view, or save what is shown under the new name."""
        view = self._view()
        if view is not None:
            self.dismiss(view)
        else:
            self._save(self._rows[self._at].value)

    def _view(self) -> RunView | None:
        """The chosen view; None for a name that none has."""
        name = self._rows[self._at].value
        return next((view for view in self._views if view.name == name), None)

    def _save(self, name: str) -> None:
        self._shown, self._saved = replace(self._shown, name=name), True
        self._change(self._lists.save_view(self._shown), f"View {name} is saved")

    def _change(self, work: Awaitable[None], told: str) -> None:
        self._field.value = ""
        self.run_worker(self._done(work, told), group="views")

    async def _done(self, work: Awaitable[None], told: str) -> None:
        try:
            await work
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        self.notify(told, markup=False)
        await self._read()

    async def _read(self) -> None:
        try:
            saved = await self._lists.views()
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            saved = ()
        self._views = (RunView(), *(view for view in saved if view.name))
        self._at = next((i for i, view in enumerate(self._views) if view.name == self._shown.name), 0)
        self._show()

    def _show(self) -> None:
        rows = [
            Choice(view.name, view.name or DEFAULT, view_words(view), "✓" * (view.name == self._shown.name))
            for view in self._views
        ]
        typed = " ".join(self._field.value.split())
        words = typed.lower().split()
        self._rows = [one for one in rows if all(word in one.title.lower() for word in words)]
        if typed and typed != DEFAULT and all(one.value != typed for one in rows):
            note = view_words(self._shown)
            self._rows.append(Choice(typed, f"save as {typed}", note, "+"))
        self._at = max(0, min(self._at, len(self._rows) - 1))
        self._list.update(choice_lines(self._rows, self._at))


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
