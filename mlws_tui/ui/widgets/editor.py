"""The editor of journal entries and session logs: Textual's text area, exact to the byte and at home in Markdown."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.document._document import Selection
from textual.document._document_navigator import DocumentNavigator
from textual.document._edit import Edit
from textual.document._wrapped_document import WrappedDocument
from textual.strip import Strip
from textual.widgets import TextArea

from mlws_tui.domain.text import safe_text
from mlws_tui.services.pages import text_lines
from mlws_tui.ui.widgets.exactdocument import ExactDocument, ExactText, split
from mlws_tui.ui.widgets.markdownstyle import code_lines, spans

_ITEM = re.compile(r"(\s*)(?:([-*+])|(\d{1,9})([.)]))(\s+)(\[[ xX>-]\]\s+)?")
_BOX = re.compile(r"(\s*(?:[-*+]|\d{1,9}[.)])\s+)(\[([ xX])\](?=\s|$))?")

_EDITING = frozenset({"undo", "redo", "indent", "dedent", "toggle_box", "cut", "paste"})


class MarkdownEditor(TextArea):
    """Shows one text; edits it unless `read_only`.

    In read mode no key is consumed, so that letters are commands of the pane around it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"editor--{name}" for name in ("heading", "mark", "box", "done", "code", "strong", "placeholder")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "document_start", "Start of the text", show=False),
        Binding("ctrl+end", "document_end", "End of the text", show=False),
        Binding("ctrl+shift+home", "document_start(True)", "Select to the start", show=False),
        Binding("ctrl+shift+end", "document_end(True)", "Select to the end", show=False),
        Binding("tab", "indent", "Indent", show=False),
        Binding("shift+tab", "dedent", "Dedent", show=False),
        Binding("ctrl+space,ctrl+@", "toggle_box", "Tick the box", show=False),
    ]
    # The scroll bar is always there, though mostly unseen: a text area whose width changes with its height fails
    # on undo (https://github.com/Textualize/textual/issues/6686).
    DEFAULT_CSS = """
    MarkdownEditor, MarkdownEditor:focus {
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
    }
    MarkdownEditor:dark.-read-only .text-area--cursor, MarkdownEditor:light.-read-only .text-area--cursor {
        background: $panel-lighten-2; color: $foreground; text-style: none;
    }
    MarkdownEditor:ansi.-read-only .text-area--cursor { text-style: underline; }
    """

    _newline = "\n"
    _code: frozenset[int] | None = None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, read_only=True, max_checkpoints=5000, highlight_cursor_line=False)
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
        self.history.checkpoint()
        self.replace(ExactText(text[head : len(text) - tail]), start, end)
        self.history.checkpoint()
        self.move_cursor(cursor)

    def _moved(self, old: str, new: str) -> tuple[int, int]:
        """Where the cursor's line is in the new text."""
        row, column = self.cursor_location
        matcher = SequenceMatcher(None, split(old)[0], split(new)[0], autojunk=False)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            if a1 <= row < a2:
                return (b1 + row - a1 if tag == "equal" else min(b1 + row - a1, max(b2 - 1, 0))), column
        return row, column

    def _set_document(self, text: str, language: str | None) -> None:
        self._highlight_query = None
        self.exact = ExactDocument(text, self._newline)
        self.document = self.exact
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    # what it looks like

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self._code = None

    def get_line(self, line_index: int) -> Text:
        """A line as it is shown: one sign a character, control characters visible, parts set off."""
        raw = self.document[line_index]
        line = Text(safe_text(raw, tab="\t"), end="", no_wrap=True)
        if self._code is None:
            self._code = code_lines(self.exact.lines)
        if line_index in self._code:
            line.stylize(self._part("code"))
            return line
        for start, end, name in spans(raw):
            line.stylize(self._part(name), start, end)
        return line

    def _part(self, name: str) -> Style:
        """How a part is written; its background is that of the line."""
        style = self.get_component_rich_style(f"editor--{name}")
        return Style(color=style.color, bold=style.bold, italic=style.italic)

    def _render_line(self, y: int) -> Strip:
        line = self._theme.cursor_line_style
        if (
            line is not None and line.color is not None
        ):  # else the line of the cursor would lose its parts' colours
            self._theme.cursor_line_style = Style(bgcolor=line.bgcolor)
        return super()._render_line(y)

    def _on_focus(self, event: events.Focus) -> None:
        self.highlight_cursor_line = True

    def _on_blur(self, event: events.Blur) -> None:
        self.highlight_cursor_line = False

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing changes the text in read mode; the keys go to whoever is around."""
        if self.read_only and action in _EDITING:
            return False
        return super().check_action(action, parameters)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter" and not self.read_only and self.selection.is_empty and self._continue_list():
            event.stop()
            event.prevent_default()

    def _continue_list(self) -> bool:
        """Enter in a list begins the next item; on an item without text it ends the list."""
        row, column = self.cursor_location
        line = self.document[row]
        item = _ITEM.match(line)
        if item is None or column < item.end() or row in code_lines(self.exact.lines):
            return False
        indent, sign, number, stop, space, box = item.groups()
        if not line[item.end() :].strip():
            self._replace_via_keyboard(indent[:-2], (row, 0), (row, len(line)))
            return True
        mark = sign or f"{int(number) + 1}{stop}"
        self._replace_via_keyboard(
            f"\n{indent}{mark}{space}{'[ ] ' if box else ''}", (row, column), (row, column)
        )
        return True

    def action_document_start(self, select: bool = False) -> None:
        self.move_cursor((0, 0), select=select)

    def action_document_end(self, select: bool = False) -> None:
        self.move_cursor(self.document.end, select=select)

    def _rows(self) -> range:
        first, last = sorted((self.selection.start, self.selection.end))
        return range(first[0], last[0] + (1 if last[1] or last[0] == first[0] else 0))

    def action_indent(self) -> None:
        """Indent the list items of the selection by their marks' width; elsewhere go to the next tab stop."""
        rows = self._rows()
        item = _ITEM.match(self.document[rows[0]])
        if item is None and len(rows) == 1:
            self._replace_via_keyboard(" " * self._find_columns_to_next_tab_stop(), *self.selection)
            return
        width = len(f"{item[2] or item[3] + item[4]}") + 1 if item else 2
        self._each_row([Edit(" " * width, (row, 0), (row, 0), True) for row in rows if self.document[row]])

    def action_dedent(self) -> None:
        """Take one level of indent from the lines of the selection."""
        edits = []
        for row in self._rows():
            line = self.document[row]
            gap = len(line) - len(line.lstrip(" "))
            width = 1 if line.startswith("\t") else min(gap, 2)
            if width:
                edits.append(Edit("", (row, 0), (row, width), True))
        self._each_row(edits)

    def _each_row(self, edits: list[Edit]) -> None:
        self.history.checkpoint()
        for edit in edits:
            self.edit(edit)
        self.history.checkpoint()

    def action_toggle_box(self) -> None:
        """Tick the check box of the line, or take the tick away; an item without a box gets one."""
        row, _ = self.cursor_location
        item = _BOX.match(self.document[row])
        if item is None:
            return
        if item.group(2) is None:
            self.edit(Edit("[ ] ", (row, item.end()), (row, item.end()), True))
            return
        at = item.start(3)
        self.edit(Edit(" " if item.group(3) != " " else "x", (row, at), (row, at + 1), True))

    def action_copy(self) -> None:
        """Copy the selection; bytes that are no text become question marks."""
        if not self.selected_text:
            raise SkipAction
        self.app.copy_to_clipboard(_clean(self.selected_text))

    def action_cut(self) -> None:
        """Cut the selection, or the line of the cursor."""
        if self.selection.is_empty:
            row = self.cursor_location[0]
            last = row == self.document.line_count - 1
            self.selection = Selection((row, 0), self.document.end if last else (row + 1, 0))
        text = self.selected_text
        if self._delete_via_keyboard(*self.selection) is not None and text:
            self.app.copy_to_clipboard(_clean(text))


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


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
