"""A month as a grid: each day with what there is of it, and a cursor that goes over the days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mlws_tui.domain.calendar import WEEKDAYS, month_words, weeks_of
from mlws_tui.services.days import DayNote, MonthNotes

#: Cells of a day; a day has two lines: its number, and its marks.
_CELL = 5
_DAYS = 7
#: Lines above the first week.
_HEAD = 2
_LINES = _HEAD + 2 * 6
WIDTH = _CELL * _DAYS
ENTRY, OPEN, RUNS = "●", "□", "▪"


class CalendarView(Widget, can_focus=True):
    """Shows a month. The days of it are given by `show`; which keys move the cursor is for who composes it.

    A day's number is bold where it has an entry, in ``[ ]`` for today and in ``‹ ›`` for the day that is open; below it
    stand ● for an entry, □ for open tasks, and ▪ for runs.
    """

    class Chosen(Message):
        """The person clicked on a day; `again`: on the one with the cursor."""

        def __init__(self, day: date, again: bool) -> None:
            super().__init__()
            self.day = day
            self.again = again

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"calendar--{name}"
        for name in ("title", "head", "day", "written", "today", "entry", "open", "runs", "failed", "cursor")
    }
    DEFAULT_CSS = """
    CalendarView {
        background: $background;
        & .calendar--title { color: $text-primary; text-style: bold; }
        & .calendar--head { color: $text-muted; }
        & .calendar--day { color: $text-muted; }
        & .calendar--written { color: $foreground; text-style: bold; }
        & .calendar--today { color: $text-accent; text-style: bold; }
        & .calendar--entry { color: $text-primary; }
        & .calendar--open { color: $text-warning; }
        & .calendar--runs { color: $text-success; }
        & .calendar--failed { color: $text-error; }
        & .calendar--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """

    def __init__(self, cursor: date, today: date, shown: date | None = None) -> None:
        super().__init__()
        self.styles.width, self.styles.height = WIDTH, _LINES
        self.cursor = cursor
        self._today = today
        self._open = shown
        self._month: MonthNotes | None = None

    def show(self, cursor: date, month: MonthNotes | None) -> None:
        """Put the cursor on a day of a month of which this is known; None where nothing is known yet."""
        self.cursor, self._month = cursor, month
        self.refresh()

    def render_line(self, y: int) -> Strip:
        ground = self.rich_style
        if y == 0:
            title = self._style("title")
            return Strip([Segment(f"‹ {month_words(self.cursor)} ›".center(WIDTH), title)])
        if y == 1:
            return Strip([Segment("".join(f" {name} " for name in WEEKDAYS), self._style("head"))])
        weeks = weeks_of(self.cursor)
        week = (y - _HEAD) // 2
        if week >= len(weeks):
            return Strip.blank(WIDTH, ground)
        segments: list[Segment] = []
        for day in weeks[week]:
            if day is None:
                segments.append(Segment(" " * _CELL, ground))
            else:
                segments += self._number(day) if (y - _HEAD) % 2 == 0 else self._marks(day)
        return Strip(segments, WIDTH)

    def _note(self, day: date) -> DayNote:
        known = self._month is not None and (self._month.first.year, self._month.first.month) == (
            day.year,
            day.month,
        )
        return self._month.note(day) if self._month is not None and known else DayNote(day)

    def _number(self, day: date) -> list[Segment]:
        name = "today" if day == self._today else "written" if self._note(day).entries else "day"
        left, right = "[]" if day == self._today else "‹›" if day == self._open else "  "
        if day == self.cursor and left == " ":
            left = "▸"  # it is seen without colours, too
        return [Segment(f"{left}{day.day:>2}{right} ", self._style(name, day))]

    def _marks(self, day: date) -> list[Segment]:
        note = self._note(day)
        marks = [(ENTRY, "entry")] * bool(note.entries) + [(OPEN, "open")] * bool(note.open)
        marks += [(RUNS, "failed" if note.failed else "runs")] * bool(note.runs)
        segments = [
            Segment(" ", self._style("day", day)),
            *(Segment(sign, self._style(name, day)) for sign, name in marks),
        ]
        return [*segments, Segment(" " * (_CELL - 1 - len(marks)), self._style("day", day))]

    def _style(self, name: str, day: date | None = None) -> Style:
        if day is not None and day == self.cursor:
            return self.get_component_rich_style("calendar--cursor")
        return self.get_component_rich_style(f"calendar--{name}")

    def on_click(self, event: events.Click) -> None:
        """Choose the day that was clicked."""
        weeks = weeks_of(self.cursor)
        week, place = (event.y - _HEAD) // 2, event.x // _CELL
        if event.y >= _HEAD and week < len(weeks) and place < _DAYS:
            day = weeks[week][place]
            if day is not None:
                self.post_message(self.Chosen(day, day == self.cursor))
