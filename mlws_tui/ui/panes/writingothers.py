"""What others wrote into a page comes in as a step that can be undone, but undoing it never takes it from the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from textual.document._edit import Edit

from mlws_tui.services.pages import Page, joined, merge_text
from mlws_tui.ui.widgets.editor import MarkdownEditor


@dataclass(frozen=True, slots=True)
class _Step:
    """One time that others' changes came in: the first edit of its step, and the page on disk before and after."""

    edit: Edit
    before: str
    after: str


class OthersSteps:
    """The steps of undo by which others' changes came into an editor.

    A page is saved as a change of what is known of it. Who undoes such a step must know no more of the others'
    lines: else saving would remove them, as if the person had.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self.lacking = False  # the editor does not show what is on disk, as that was undone

    def clear(self) -> None:
        """Another page is shown."""
        self._steps.clear()
        self.lacking = False

    def take_in(self, editor: MarkdownEditor, text: str, before: str, after: str) -> None:
        """Put a text into the editor in which others' changes are.

        Args:
            editor: Where it goes.
            text: The text.
            before: The page without those changes.
            after: The page with them.
        """
        self.lacking = False
        old = editor.text
        editor.apply_text(text)
        if editor.text != old and before != after:
            self._steps.append(_Step(editor.history.undo_stack[-1][0], before, after))

    def retraced(self, edits: Sequence[Edit], page: Page, back: bool) -> Page | None:
        """What is known of the page once a step was undone, or done again; None where it was no step of others."""
        step = next((one for one in self._steps if one.edit is edits[0]), None)
        if step is None:
            return None
        self.lacking = back
        old, new = (step.after, step.before) if back else (step.before, step.after)
        merged = merge_text(old, page.text, new, page.newline)
        return replace(page, text=new if merged.clashes else joined(merged, "both", page.newline))


def undo_own(editor: MarkdownEditor, of_others: Callable[[], bool]) -> None:
    """Undo the person's own last step; without one nothing is undone.

    Args:
        editor: The editor.
        of_others: Whether what was undone last came from others.
    """
    skipped = 0
    while True:
        before = editor.text
        editor.undo()
        if editor.text == before or not of_others():
            break
        skipped += 1
    if editor.text == before:  # there was no other
        for _ in range(skipped):
            editor.redo()
