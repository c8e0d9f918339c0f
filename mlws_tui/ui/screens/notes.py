"""The notes of a run, edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text
from mlws_tui.services.pages import joined, merge_text
from mlws_tui.ui.widgets.editor import MarkdownEditor

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench


_KEYS = "esc saves · ^x leaves them as they were"
_AGAIN = "^x again drops what was typed · esc saves"


class NotesScreen(ModalScreen[str | None]):
    """Edits the notes of a run. Leaving it saves; what others wrote meanwhile is kept beside.

    It answers with a sentence where something was saved. Keys that were typed ahead wait for the notes to be read.

    Args:
        bench: The workbench.
        run: The run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,escape", "save", "Save", priority=True),
        Binding("ctrl+x", "discard", "Discard", priority=True),
    ]
    DEFAULT_CSS = """
    NotesScreen { align: center middle; background: $background 60%; }
    NotesScreen > Vertical {
        width: 90; max-width: 96%; height: 60%; min-height: 8; border: round $primary; background: $surface;
    }
    NotesScreen MarkdownEditor, NotesScreen MarkdownEditor:focus { height: 1fr; background: $surface; }
    """

    def __init__(self, bench: Workbench, run: Run) -> None:
        super().__init__()
        self._bench = bench
        self._run = run
        self._editor = MarkdownEditor()
        self._saving = False
        self._asked = False

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(f"Notes of {safe_text(self._run.name)}")
            box.border_subtitle = _KEYS
            yield self._editor

    async def on_mount(self) -> None:
        self._editor.read_only = False
        self.set_focus(self._editor)
        try:
            self._run = await self._bench.runs.get(self._run.id)
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            self.dismiss(None)
            return
        self._editor.show(self._run.notes)
        self._editor.move_cursor(self._editor.document.end)

    def action_discard(self) -> None:
        """Leave without saving; what was typed is not lost to one key."""
        if self._asked or not self._changed:
            self.dismiss(None)
            return
        self._asked = True
        self.query_one(Vertical).border_subtitle = _AGAIN

    @on(MarkdownEditor.Changed)
    def _typed(self) -> None:
        self._asked = False
        self.query_one(Vertical).border_subtitle = _KEYS

    @property
    def _changed(self) -> bool:
        return self._editor.text.rstrip() != self._run.notes.rstrip()

    def action_save(self) -> None:
        if not self._saving:
            self._saving = True
            self._editor.read_only = (
                True  # what is typed ahead is for what lies below, and must not seem saved
            )
            self.run_worker(self._save(), exit_on_error=False)

    async def _save(self) -> None:
        if not self._changed:
            self.dismiss(None)
            return
        text = self._editor.text.rstrip()
        try:
            theirs = (await self._bench.runs.get(self._run.id)).notes
            wanted = joined(merge_text(self._run.notes, text, theirs, "\n"), "both", "\n")
            await self._bench.runacts.note(self._run.id, wanted)
        except MlwsError as error:
            self._saving = self._editor.read_only = False
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        merged = theirs != self._run.notes
        self.dismiss("The notes are saved" + (", with what others wrote meanwhile" if merged else ""))
