"""Finding and replacing in the editor."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.document._document import Location

from mlws_tui.domain.textfind import Found, Hit, TextQuery, find, replace
from mlws_tui.ui.widgets.editorcompletion import CompletionEditor


class FindField(Protocol):
    """The line in which one types what to look for."""

    def open(self, replace: bool = False, *, back: bool = False) -> None: ...

    def show_command(self, line: str) -> None: ...


class FindEditor(CompletionEditor):
    """What the editor looks for, and where it stands.

    Attributes:
        find_line: Where one types what to look for, if there is such a line.
        sought: What was looked for last.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "find_next", "Next hit", show=False),
        Binding("shift+f3", "find_next(-1)", "Hit before", show=False),
        Binding("ctrl+r", "open_find(True)", "Find and replace", show=False),
    ]

    find_line: FindField | None = None
    sought = TextQuery("")
    _found: Found | None = None

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self._found = None
        if self._hits:
            self._hits, self._hit = {}, None

    def action_open_find(self, replace: bool = False, back: bool = False) -> None:
        """Ask for what to look for."""
        if self.find_line is not None:
            self.find_line.open(replace, back=back)

    def action_find_next(self, by: int = 1) -> None:
        """Go to the next place of what was looked for last, or with -1 to the one before; ask where nothing was."""
        if not self.sought:
            self.action_open_find(back=by < 0)
            return
        self.go_to_hit(by)

    def hits(self) -> Found:
        """Where it stands in the text as it is now."""
        if self._found is None:
            self._found = find(self.sought, self.exact.lines)
        return self._found

    def look_for(self, query: TextQuery) -> Found:
        """Look for something from now on, and mark its hits."""
        if query != self.sought:
            self.sought, self._found = query, None
        found = self.hits()
        self.mark_hits(found.by_row())
        return found

    def show_hit(self, number: int) -> Hit:
        """Go to a hit, and mark it among the others."""
        hit = self.hits().hits[number]
        self.mark_hits(self.hits().by_row(), hit)
        self.move_cursor((hit.row, hit.start))
        return hit

    def go_to_hit(self, by: int, start: Location | None = None) -> int | None:
        """Go to the next hit, or with -1 to the one before; around the end.

        Args:
            by: Which way.
            start: From where on; from the cursor, without what stands there, where it is None.

        Returns:
            Its number from 0; None where there is none.
        """
        row, column = self.cursor_location if start is None else start
        found = self.hits()
        number = found.before(row, column) if by < 0 else found.after(row, column + (start is None))
        if number is not None:
            self.show_hit(number)
        return number

    def forget_hits(self) -> None:
        """Mark no hits any more; what was looked for is still known."""
        self.mark_hits({})

    def replace_hits(self, new: str, only: Hit | None = None) -> tuple[int, str]:
        """Put other text in the place of what was looked for: one step of undo.

        Args:
            new: What takes its place; with an expression it may name its groups.
            only: The one hit to replace; all where it is None.

        Returns:
            How many were replaced, and why none could be, in a few words.
        """
        lines, count, problem = replace(self.sought, self.exact.lines, new, only)
        if count:
            self.rewrite(0, lines)
            if only is not None:
                grown = len(lines[only.row]) - len(self.exact.lines[only.row])
                self.move_cursor((only.row, only.end + grown))
        return count, problem
