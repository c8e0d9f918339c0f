"""What can be undone in the editor: everything, in steps as a person thinks of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from textual.document._edit import Edit
from textual.document._history import EditHistory

#: Seconds without a key after which typing begins another step, and the letters that one step has at most.
_PAUSE, _MOST = 1.0, 80


class UndoHistory(EditHistory):
    """Steps without an end. Typing is parted at words and pauses; a group is one step however much happens in it."""

    def __init__(self) -> None:
        super().__init__(sys.maxsize, _PAUSE, _MOST)
        self._depth = 0
        self._group: list[Edit] | None = None
        self._blank = False

    @contextmanager
    def group(self) -> Iterator[None]:
        """What is edited inside is one step."""
        self.open_group()
        try:
            yield
        finally:
            self.close_group()

    def open_group(self) -> None:
        """Make one step of all edits up to `close_group`; groups may stand inside each other."""
        if not self._depth:
            self._group = None
        self._depth += 1

    def close_group(self) -> None:
        """End what `open_group` began; nothing happens where none is open."""
        self._depth = max(0, self._depth - 1)
        if not self._depth:
            self._group = None
            self.checkpoint()

    def part(self) -> None:
        """What comes is another step than what was, also inside a group."""
        self._group = None
        self.checkpoint()

    def record(self, edit: Edit) -> None:
        """Take note of an edit that was done."""
        result = edit._edit_result
        if result is None or (not edit.text and not result.replaced_text):
            return
        joined = self._group is not None and bool(self._undo_stack) and self._undo_stack[-1] is self._group
        if joined and self._group is not None:
            self._group.append(edit)
            self._redo_stack.clear()
            return
        if self._depth or (self._blank and not edit.text.isspace()):  # a word begins
            self.checkpoint()
        super().record(edit)
        if self._depth:
            self._group = self._undo_stack[-1]
        self._blank = edit.text.isspace()

    def clear(self) -> None:
        """Forget all steps."""
        super().clear()
        self._depth, self._group, self._blank = 0, None, False
