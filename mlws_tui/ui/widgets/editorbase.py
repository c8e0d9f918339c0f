"""The text area under the editor: exact to the byte, undone without end, and at home in Markdown to look at."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.cache import LRUCache
from textual.document._document import EditResult, Location, Selection
from textual.document._document_navigator import DocumentNavigator
from textual.document._edit import Edit
from textual.document._wrapped_document import WrappedDocument
from textual.strip import Strip
from textual.widgets import TextArea

from mlws_tui.domain.text import safe_text
from mlws_tui.services.pages import text_lines
from mlws_tui.ui.widgets.editorhistory import UndoHistory
from mlws_tui.ui.widgets.exactdocument import ExactDocument, ExactText, split
from mlws_tui.ui.widgets.markdownstyle import code_lines, spans

_PARTS = ("heading", "mark", "box", "done", "code", "strong", "placeholder", "link")
_HITS = ("hit", "here")


class _Wrapped(WrappedDocument):
    """Knows its height without counting the rows of every line for every row that is drawn."""

    @property
    def height(self) -> int:
        return len(self._offset_to_line_info)


class BaseEditor(TextArea):
    """Shows one text; edits it unless `read_only`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"editor--{name}" for name in (*_PARTS, *_HITS)}
    # The scroll bar is always there, though mostly unseen: a text area whose width changes with its height fails
    # on undo (https://github.com/Textualize/textual/issues/6686).
    DEFAULT_CSS = """
    BaseEditor, BaseEditor:focus {
        border: none; padding: 0 0 0 1; background: transparent; overflow-y: scroll;
        scrollbar-size-vertical: 1; scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; scrollbar-color: $panel;
        & .text-area--cursor-line { background: $boost; }
        & .text-area--placeholder { color: $text-muted; }
        & .editor--heading { color: $text-accent; text-style: bold; }
        & .editor--mark { color: $text-muted; }
        & .editor--box { color: $text-warning; }
        & .editor--done { color: $text-muted; }
        & .editor--code { color: $text-success; }
        & .editor--strong { text-style: bold; }
        & .editor--placeholder { color: $text-warning; text-style: italic; }
        & .editor--link { color: $text-primary; text-style: underline; }
        & .editor--hit { background: $warning-muted; color: $text-warning; }
        & .editor--here { background: $warning; color: $background; text-style: bold; }
    }
    BaseEditor:dark.-read-only .text-area--cursor, BaseEditor:light.-read-only .text-area--cursor {
        background: $panel-lighten-2; color: $foreground; text-style: none;
    }
    BaseEditor:ansi.-read-only .text-area--cursor { text-style: underline; }
    BaseEditor:ansi { & .editor--hit { text-style: reverse; } & .editor--here { text-style: bold reverse; } }
    """

    _newline = "\n"
    _code: frozenset[int] | None = None

    def __init__(self, *, id: str | None = None) -> None:
        self._styles_of: dict[str, Style] = {}
        self._looks: LRUCache[tuple[str, bool], Text] = LRUCache(2048)
        self._strips: LRUCache[Hashable, Strip] = LRUCache(1024)
        self._hits: Mapping[int, Sequence[tuple[int, int]]] = {}
        self._hit: tuple[int, int, int] | None = None
        super().__init__(id=id, read_only=True, highlight_cursor_line=False)
        self.history: UndoHistory = UndoHistory()
        self.add_class("-read-only")  # the text area itself sets it only when the mode changes
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.indent_width = 4

    # the text

    def show(self, text: str, newline: str = "\n") -> None:
        """Show another text; nothing can be undone into the one before.

        Args:
            text: The text; each of its line ends is kept.
            newline: How lines end that are typed where no line around has an end.
        """
        self._newline = newline
        self.load_text(text)

    def apply_text(self, text: str) -> None:
        """Make the text another version of itself: one step of undo, and the cursor stays on its line."""
        old = self.text
        if text == old:
            return
        head, tail = _common_ends(old, text)
        cursor = self._moved(old, text)
        start, end = self.exact.location(head), self.exact.location(len(old) - tail)
        self.history.part()
        self.replace(ExactText(text[head : len(text) - tail]), start, end)
        self.history.part()
        self.move_cursor(cursor)

    def _moved(self, old: str, new: str) -> Location:
        """Where the cursor's line is in the new text."""
        row, column = self.cursor_location
        matcher = SequenceMatcher(None, split(old)[0], split(new)[0], autojunk=False)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            if a1 <= row < a2:
                return (b1 + row - a1 if tag == "equal" else min(b1 + row - a1, max(b2 - 1, 0))), column
        return row, column

    def rewrite(self, first: int, lines: Sequence[str], selection: Selection | None = None) -> None:
        """Put other text into as many lines, each with the line end that stood there: one edit, one step of undo.

        Args:
            first: The row of the first line.
            lines: The lines without their ends.
            selection: What is selected afterwards; as it is where it is None.
        """
        old = self.exact.lines[first : first + len(lines)]
        kept = selection or self.selection
        changed = [row for row, (was, line) in enumerate(zip(old, lines, strict=True)) if was != line]
        if changed:
            top, bottom = first + changed[0], first + changed[-1]
            ends = self.exact.ends
            text = "".join(
                lines[row - first] + (ends[row] if row < bottom else "") for row in range(top, bottom + 1)
            )
            with self.history.group():
                self.replace(ExactText(text), (top, 0), (bottom, len(self.document[bottom])))
        self.selection = kept
        self.record_cursor_width()

    def edit(self, edit: Edit) -> EditResult:
        """Do an edit, and have the cursor in view: the text area looks at that before it knows of new rows."""
        height = self.virtual_size.height
        result = super().edit(edit)
        if self.virtual_size.height > height and not self.read_only:
            self.scroll_cursor_visible()
        return result

    def _set_document(self, text: str, language: str | None) -> None:
        self._highlight_query = None
        self.exact = ExactDocument(text, self._newline)
        self.document = self.exact
        self.wrapped_document = _Wrapped(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    # undo

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        if _in_one_row(edits):
            super()._undo_batch(edits)
            return
        for edit in reversed(edits):
            edit.undo(self)
        self._stepped(edits[0])

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        if _in_one_row(edits):
            super()._redo_batch(edits)
            return
        for edit in edits:
            edit.do(self, record_selection=False)
        self._stepped(edits[-1])

    def _stepped(self, last: Edit) -> None:
        """After several edits: wrap all of it; the text area itself mixes up the places of different edits."""
        self._rewrap_and_refresh_virtual_size()
        last.after(self)
        self._build_highlight_map()
        self.post_message(self.Changed(self))

    # what it looks like

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self._code = None

    def notify_style_update(self) -> None:
        self._forget_looks()
        super().notify_style_update()

    def _forget_looks(self) -> None:
        self._styles_of.clear()
        self._looks.clear()
        self._strips.clear()
        self._line_cache.clear()

    @property
    def code_rows(self) -> frozenset[int]:
        """The rows inside code fences, the fences included."""
        if self._code is None:
            self._code = code_lines(self.exact.lines)
        return self._code

    def get_line(self, line_index: int) -> Text:
        """A line as it is shown: one sign a character, control characters visible, parts set off."""
        raw = self.document[line_index]
        key = raw, line_index in self.code_rows
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._look(*key)
        line = look.copy()
        for start, end in self._hits.get(line_index, ()):
            line.stylize(self._style_of("hit"), start, end)
        if self._hit is not None and self._hit[0] == line_index:
            line.stylize(self._style_of("here"), *self._hit[1:])
        return line

    def _look(self, raw: str, code: bool) -> Text:
        line = Text(safe_text(raw, tab="\t"), end="", no_wrap=True)
        if code:
            line.stylize(self._style_of("code"))
            return line
        for start, end, name in spans(raw):
            line.stylize(self._style_of(name), start, end)
        return line

    def _style_of(self, name: str) -> Style:
        """How a part is written; but for hits its background is that of the line."""
        known = self._styles_of.get(name)
        if known is None:
            style = self.get_component_rich_style(f"editor--{name}", partial=name in _HITS)
            known = (
                style
                if name in _HITS
                else Style(color=style.color, bold=style.bold, italic=style.italic, underline=style.underline)
            )
            self._styles_of[name] = known
        return known

    def mark_hits(
        self, hits: Mapping[int, Sequence[tuple[int, int]]], here: tuple[int, int, int] | None = None
    ) -> None:
        """Set places off that were looked for.

        Args:
            hits: By row, first column and column after the last.
            here: The one where one is: row, first column, column after the last.
        """
        if (hits, here) != (self._hits, self._hit):
            self._hits, self._hit = hits, here
            self._line_cache.clear()
            self.refresh()

    def _render_line(self, y: int) -> Strip:
        at = y + self.scroll_offset.y
        if at >= self.wrapped_document.height:
            return super()._render_line(y)
        key = self._all_that_shows(at)
        strip = self._strips.get(key)
        if strip is None:
            line = self._theme.cursor_line_style
            if line is not None and line.color is not None:  # else its parts would lose their colours there
                self._theme.cursor_line_style = Style(bgcolor=line.bgcolor)
            strip = self._strips[key] = super()._render_line(y)
        return strip

    def _all_that_shows(self, y: int) -> Hashable:
        """All that makes a row of the screen look as it does: what was drawn so once need not be drawn again."""
        row, section = self.wrapped_document._offset_to_line_info[y]
        start, end = sorted(self.selection)
        selected = start != end and start[0] <= row <= end[0]
        cursor = (self.selection.end, self._draw_cursor) if self.selection.end[0] == row else None
        return (
            self.document[row],
            row in self.code_rows,
            section,
            tuple(self.wrapped_document.get_offsets(row)),
            self.scrollable_content_region.size.width,
            self.highlight_cursor_line,
            self.read_only,
            self.has_focus,
            cursor and (cursor[0][1], cursor[1]),
            (row, self.selection) if selected else None,
            tuple(self._hits.get(row, ())),
            self._hit if self._hit is not None and self._hit[0] == row else None,
        )

    def _on_focus(self, event: events.Focus) -> None:
        self.highlight_cursor_line = True

    def _on_blur(self, event: events.Blur) -> None:
        self.highlight_cursor_line = False

    # signs made of several characters are one to the cursor

    def get_cursor_left_location(self) -> Location:
        row, column = self.cursor_location
        line = self.document[row]
        if column == 0 or line.isascii():
            return super().get_cursor_left_location()
        return row, max(edge for edge in _edges(line) if edge < column)

    def get_cursor_right_location(self) -> Location:
        row, column = self.cursor_location
        line = self.document[row]
        if column >= len(line) or line.isascii():
            return super().get_cursor_right_location()
        return row, min(edge for edge in _edges(line) if edge > column)

    def action_document_start(self, select: bool = False) -> None:
        self.move_cursor((0, 0), select=select)

    def action_document_end(self, select: bool = False) -> None:
        self.move_cursor(self.document.end, select=select)


@lru_cache(maxsize=64)
def _edges(line: str) -> tuple[int, ...]:
    """The columns between the signs of a line, its ends included."""
    import regex  # few lines need it

    return (0, *(found.end() for found in regex.finditer(r"\X", line)))


def _in_one_row(edits: Sequence[Edit]) -> bool:
    """Whether it is one edit, or several that neither make nor take lines."""
    rows = {row for edit in edits for row in (edit.from_location[0], edit.to_location[0])}
    return len(edits) == 1 or (len(rows) == 1 and all(split(edit.text)[0][1:] == [] for edit in edits))


def _common_ends(old: str, new: str) -> tuple[int, int]:
    """How many characters of whole lines two texts have in common at the front and at the end."""
    mine, other = text_lines(old), text_lines(new)
    head = 0
    while head < min(len(mine), len(other)) and mine[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(mine), len(other)) - head and mine[-1 - tail] == other[-1 - tail]:
        tail += 1
    return sum(map(len, mine[:head])), sum(map(len, mine[len(mine) - tail :]))
