"""A long page of rows in sections: a cursor goes over them, branches fold, words are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mlws_tui.ui.jump import Jump
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.facts import wrapped

_STYLES = (
    "text",
    "muted",
    "strong",
    "title",
    "live",
    "good",
    "warn",
    "bad",
    "add",
    "gone",
    "link",
    "match",
    "rule",
)
#: Cells at the left in which the cursor is shown, so that it is seen without colours, too.
_GUTTER = 2
_KEPT = 10_000  # wrapped lines that are kept
_OPEN, _SHUT = "▾ ", "▸ "


class Row(NamedTuple):
    """A row of a page. Its text must be safe for a terminal.

    Attributes:
        line: What it says.
        key: What it is called from one reading to the next: the cursor and folds hold on to it. Empty for one that
            nothing can be done with, such as a blank line.
        within: Keys of the branches that it hangs below, the outermost first.
        jump: Where it leads.
        branch: Whether rows hang below it that can be folded away.
        title: Whether it begins a section.
    """

    line: Line
    key: str = ""
    within: tuple[str, ...] = ()
    jump: Jump | None = None
    branch: bool = False
    title: bool = False


class SectionsView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows rows; only lines that changed are sent again."""

    class Moved(Message):
        """The cursor is in another section; `section` is its key."""

        def __init__(self, section: str) -> None:
            super().__init__()
            self.section = section

    class Opened(Message):
        """The person pressed enter on a row that is no branch."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"row--{style}" for style in _STYLES} | {"row--cursor"}
    DEFAULT_CSS = """
    SectionsView {
        height: 1fr; width: 1fr; background: $background;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
        & .row--text { color: $foreground; }
        & .row--muted { color: $text-muted; }
        & .row--strong { color: $foreground; text-style: bold; }
        & .row--title { color: $text-primary; text-style: bold; }
        & .row--live { color: $text-accent; }
        & .row--good, & .row--add { color: $text-success; }
        & .row--warn { color: $text-warning; }
        & .row--bad, & .row--gone { color: $text-error; }
        & .row--link { color: $text-accent; text-style: underline; }
        & .row--rule { color: $border-blurred; }
        & .row--match { color: $text-warning; text-style: bold reverse; }
        & .row--cursor { background: $boost; color: $text-accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        #: The lines of the page, each with the number of its row.
        self._lines: list[tuple[int, Line]] = []
        self._first: dict[int, int] = {}  # the first line of each row that is shown
        self._cursor = 0
        self._folded: set[str] = set()
        self._judged: set[str] = set()  # branches of which it is settled whether they are folded
        self._wrapped: dict[Line, list[Line]] = {}
        self._words: re.Pattern[str] | None = None
        self._section = ""

    # what it shows

    def show(self, rows: Iterable[Row], folded: Iterable[str] = ()) -> None:
        """Show these rows; the cursor stays on the row that it is on, at the line of the screen where it is.

        Args:
            rows: What to show.
            folded: Keys of branches that are folded when they are seen for the first time.
        """
        rows = tuple(rows)
        branches = {row.key for row in rows if row.branch}
        self._folded |= (set(folded) & branches) - self._judged
        self._judged |= branches
        if rows == self._rows:
            return
        before = self._row_at_cursor()
        self._rows = rows
        at = self._place_of(before.key) if before is not None else None
        self._lay_out(self._cursor if at is None else at)

    @property
    def current(self) -> Row | None:
        """The row with the cursor; None on an empty page."""
        return self._row_at_cursor()

    @property
    def section(self) -> str:
        """Key of the section with the cursor."""
        return self._section

    def titles(self) -> list[Row]:
        """The rows that begin sections."""
        return [row for row in self._rows if row.title]

    # what the person does

    def move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        shown = self._stops()
        if shown:
            at = min(range(len(shown)), key=lambda i: abs(shown[i] - self._cursor))
            self._go(shown[max(0, min(len(shown) - 1, at + by))])

    def page(self, by: int) -> None:
        """Move the cursor by so many screens."""
        height = max(1, self.size.height - 2)
        target = self._first.get(self._cursor, 0) + by * height
        stops = self._stops()
        if stops:
            self._go(min(stops, key=lambda row: abs(self._first[row] - target)))

    def end(self, last: bool) -> None:
        """Go to the first row, or to the last one."""
        stops = self._stops()
        if stops:
            self._go(stops[-1 if last else 0])

    def next_section(self, by: int) -> None:
        """Go to the beginning of the section after this one, or before it."""
        titles = [i for i, row in enumerate(self._rows) if row.title and i in self._first]
        beyond = [i for i in titles if (i > self._cursor if by > 0 else i < self._cursor)]
        if beyond:
            self._go(beyond[0 if by > 0 else -1], top=True)

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row of that key, unfolding what it hangs below; whether there is one."""
        at = self._place_of(key)
        if at is None:
            return False
        self._reveal(at)
        self._go(at, top=self._rows[at].title)
        return True

    def fold(self, shut: bool | None = None) -> None:
        """Fold the branch at the cursor, or the one that the row hangs below; with None turn it round."""
        row = self._row_at_cursor()
        if row is None:
            return
        if shut is None:
            shut = row.branch and row.key not in self._folded
        if not shut:
            if row.branch:
                self._folded.discard(row.key)
        elif row.branch and row.key not in self._folded:
            self._folded.add(row.key)
        elif row.within:
            self._folded.add(row.within[-1])
            self._cursor = self._place_of(row.within[-1]) or 0
        self._lay_out(self._cursor)
        self._go(self._cursor)

    def open_row(self) -> None:
        """Do what enter does: turn a branch round, or say which row was chosen."""
        row = self._row_at_cursor()
        if row is None:
            return
        if row.branch and row.jump is None:
            self.fold()
        else:
            self.post_message(self.Opened(row))

    def find(self, text: str) -> int:
        """Mark all places with this text, without regard to case, and go to the first after the cursor.

        Returns:
            How many rows have it.
        """
        self._words = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._wrapped.clear()
        found = self._matches()
        self._lay_out(self._cursor)
        if found:
            self.find_next(1, stay=True)
        return len(found)

    def find_next(self, by: int, *, stay: bool = False) -> bool:
        """Go to the next row that has what was looked for, or to the one before; round the end. Whether there is one.

        With `stay` the row with the cursor counts as the next one.
        """
        found = self._matches()
        if not found:
            return False
        if by > 0:
            at = next((i for i in found if i > self._cursor or (stay and i == self._cursor)), found[0])
        else:
            at = next((i for i in reversed(found) if i < self._cursor), found[-1])
        self._reveal(at)
        self._go(at)
        return True

    def _matches(self) -> list[int]:
        words = self._words
        if words is None:
            return []
        return [
            i
            for i, row in enumerate(self._rows)
            if row.key and words.search("".join(span.text for span in row.line))
        ]

    def _reveal(self, at: int) -> None:
        hidden = set(self._rows[at].within) & self._folded
        if hidden:
            self._folded -= hidden
            self._lay_out(self._cursor)

    def on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if 0 <= y < len(self._lines) and self._rows[self._lines[y][0]].key:
            again = self._lines[y][0] == self._cursor
            self._go(self._lines[y][0])
            if again:
                self.open_row()

    # how it is laid out

    def on_resize(self) -> None:
        self._wrapped.clear()
        self._lay_out(self._cursor)

    def notify_style_update(self) -> None:
        self._wrapped.clear()
        super().notify_style_update()

    def _lay_out(self, cursor: int) -> None:
        """Wrap the rows that are not folded away; the cursor's row stays where it is on the screen if it can."""
        width = self.size.width - _GUTTER
        if width < 1:
            self._cursor = cursor
            return
        if len(self._wrapped) > _KEPT:
            self._wrapped.clear()
        before, above = self._window(), self._first.get(self._cursor, 0) - self.scroll_offset.y
        lines: list[tuple[int, Line]] = []
        self._first = {}
        for number, row in enumerate(self._rows):
            if self._folded and not self._folded.isdisjoint(row.within):
                continue
            self._first[number] = len(lines)
            lines += [(number, line) for line in self._lines_of(row, width)]
        self._lines = lines
        stops = self._stops()
        self._cursor = min(stops, key=lambda i: abs(i - cursor)) if stops else 0
        self.virtual_size = Size(self.size.width, len(lines))
        top = max(0, self._first[self._cursor] - above) if stops and before else self.scroll_offset.y
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)
            self.refresh()
        else:
            after = self._window()
            for y in range(self.size.height):
                if before[y : y + 1] != after[y : y + 1]:
                    self.refresh(Region(0, y, self.size.width, 1))
        self._tell()

    def _window(self) -> list[tuple[Line, bool, bool]]:
        """What is on the screen: each line, whether the cursor is on it, and whether it begins a row."""
        top = self.scroll_offset.y
        return [
            (line, number == self._cursor, self._first[number] == top + y)
            for y, (number, line) in enumerate(self._lines[top : top + self.size.height])
        ]

    def _lines_of(self, row: Row, width: int) -> list[Line]:
        line = row.line
        if row.branch:
            line = (
                Span(_SHUT if row.key in self._folded else _OPEN, "title" if row.title else "muted"),
                *line,
            )
        if row.title:
            used = sum(cell_len(span.text) for span in line)
            return [(*line, Span(" " + "─" * max(0, width - used - 2), "rule"))]
        known = self._wrapped.get(line)
        if known is None:
            marked = _marked(line, self._words) if self._words is not None else line
            known = self._wrapped[line] = wrapped(marked, width)
        return known

    def _stops(self) -> list[int]:
        return [number for number in self._first if self._rows[number].key]

    def _place_of(self, key: str) -> int | None:
        return next((i for i, row in enumerate(self._rows) if row.key == key), None) if key else None

    def _row_at_cursor(self) -> Row | None:
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    def _go(self, row: int, *, top: bool = False) -> None:
        before, self._cursor = self._cursor, row
        first = self._first[row]
        last = first + len([1 for number, _ in self._lines[first : first + 200] if number == row]) - 1
        height, shown = self.size.height, self.scroll_offset.y
        if top:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        elif first < shown:
            self.scroll_to(y=max(0, first - 1), animate=False, force=True, immediate=True)
        elif last >= shown + height:
            self.scroll_to(y=min(first, last - height + 1), animate=False, force=True, immediate=True)
        self._tell()
        for number in {before, row}:
            y = self._first.get(number)
            while y is not None and y < len(self._lines) and self._lines[y][0] == number:
                self.refresh(Region(0, y - self.scroll_offset.y, self.size.width, 1))
                y += 1

    def _tell(self) -> None:
        titles = [row.key for row in self._rows[: self._cursor + 1] if row.title]
        section = titles[-1] if titles else ""
        if section != self._section:
            self._section = section
            self.post_message(self.Moved(section))

    def render_line(self, y: int) -> Strip:
        width, index = self.size.width, y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        number, line = self._lines[index]
        here = number == self._cursor and bool(self._rows[number].key) and self.has_focus
        ground = self.get_component_rich_style("row--cursor") if here else self.rich_style
        behind = Style(bgcolor=ground.bgcolor)
        first = self._first[number] == index
        segments = [Segment(("▌ " if here and first else "  "), ground if here else self.rich_style)]
        segments += [
            Segment(span.text, self.get_component_rich_style(f"row--{span.style}") + behind) for span in line
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style + behind)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def _marked(line: Sequence[Span], words: re.Pattern[str]) -> Line:
    """The line with what was looked for in a style of its own."""
    spans: list[Span] = []
    for text, style in line:
        at = 0
        for match in words.finditer(text):
            spans += [Span(text[at : match.start()], style), Span(match[0], "match")]
            at = match.end()
        spans.append(Span(text[at:], style))
    return tuple(span for span in spans if span.text)
