"""The days of the journal: a calendar of the month, what was written in it, and going to a day named in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from mlws_tui.domain.calendar import day_words, days_on, distance_words, month_words, months_on
from mlws_tui.domain.changes import Change, FileChanged, RunsChanged
from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.services.days import DayNote, MonthNotes
from mlws_tui.services.journal import DayRef
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.page import KEYS, PageScreen
from mlws_tui.ui.widgets.calendar import ENTRY, OPEN, RUNS, CalendarView
from mlws_tui.ui.widgets.cells import Line, Span
from mlws_tui.ui.widgets.logfield import LogField
from mlws_tui.ui.widgets.sections import Row, SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: Lines of a day that are shown at least, and those that the rest of the page wants.
_LEAST, _REST = 4, 14
_WIDE = 60  # cells of the list in which the names of sections have room
_LONGEST = 200  # characters of a shown line


class DaysScreen(PageScreen):
    """Shows a month; enter goes to the day in the journal, be it written or not.

    Args:
        bench: The workbench.
        shown: The entry that the journal shows.
    """

    TITLE_WORDS: ClassVar[str] = "Days"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("days.back", "escape,q", "Back", "Go back to the journal", footer=True, call="back"),
        Action("days.search", "ctrl+f", "Search", "Search all that was written"),
        Action("days.open", "enter", "Go", "Go to the day in the journal", footer=True, call="open"),
        Action("days.right", "right,l", "Next day", "Go to the next day", call="step(1)"),
        Action("days.left", "left,h", "Day before", "Go to the day before", call="step(-1)"),
        Action("days.down", "down,j", "Next week", "Go to the next week", call="step(7)"),
        Action("days.up", "up,k", "Week before", "Go to the week before", call="step(-7)"),
        Action(
            "days.next-month",
            "right_square_bracket,pagedown",
            "Next month",
            "Go to the next month",
            call="month(1)",
        ),
        Action(
            "days.previous-month",
            "left_square_bracket,pageup",
            "Month before",
            "Go to the month before",
            footer=True,
            call="month(-1)",
        ),
        Action("days.next-year", "right_curly_bracket", "Next year", "Go to the next year", call="month(12)"),
        Action(
            "days.previous-year",
            "left_curly_bracket",
            "Year before",
            "Go to the year before",
            call="month(-12)",
        ),
        Action("days.newer", "n", "Next entry", "Go to the next day that has an entry", call="written(1)"),
        Action(
            "days.older",
            "p",
            "Entry before",
            "Go to the day before that has an entry",
            footer=True,
            call="written(-1)",
        ),
        Action("days.today", "t", "Today", "Go to today", footer=True),
        Action("days.words", "g,slash", "Go to", "Name a day: yesterday, last friday, oct 19", footer=True),
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    DaysScreen #days-left { width: 37; padding: 0 1; }
    DaysScreen #days-left Input { display: block; margin: 1 0 0 0; }
    DaysScreen #days-meant { height: 2; color: $text-muted; }
    DaysScreen #days-signs { height: auto; color: $text-muted; }
    """

    def __init__(self, bench: Workbench, shown: DayRef | None = None) -> None:
        super().__init__(bench)
        self._today = bench.days.today()
        self._shown = shown.date if shown is not None else self._today
        self._month: MonthNotes | None = None
        self._text: tuple[date, str] | None = None
        self._calendar = CalendarView(self._shown, self._today, self._shown)
        self._field = LogField(self._named, "yesterday, last friday, oct 19")
        self._meant = Static("", id="days-meant", markup=False)
        self._view = SectionsView()

    def body(self) -> Iterable[Widget]:
        signs = f"{ENTRY} written   {OPEN} open tasks   {RUNS} runs"
        yield Vertical(
            self._calendar,
            self._field,
            self._meant,
            Static(signs, id="days-signs", markup=False),
            id="days-left",
        )
        yield self._view

    @property
    def rows(self) -> SectionsView:
        return self._view

    def on_mount(self) -> None:
        self.set_focus(self._calendar)

    def concerns(self, change: Change) -> bool:
        of_journal = isinstance(change, FileChanged) and change.path == self.bench.journal.path
        return of_journal or isinstance(change, RunsChanged)

    async def read(self) -> None:
        cursor = self._calendar.cursor
        try:
            self._month = await self.bench.days.month(cursor)
            self._text = cursor, await self.bench.days.text(cursor)
        except MlwsError as error:  # the last line of the screen has no room for all of it
            self._view.show([Row((Span(safe_text(error.sentence()), "bad"),))])
            raise
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        del event
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        cursor, month = self._calendar.cursor, self._month
        self._calendar.show(cursor, month)
        if month is None:
            return
        streak = f"streak {month.streak} d · " if month.streak else ""
        self.head.show(
            (Span("Days  ", "title"), Span(f"{streak}{counted(len(month.written), 'day')} written", "muted"))
        )
        self._view.show([*self._day_rows(month.note(cursor)), *self._month_rows(month, cursor)])
        if not self._view.has_focus:  # what the day says comes first, however long the day before it was
            self._view.scroll_to(y=0, animate=False, force=True)

    def _day_rows(self, note: DayNote) -> Iterator[Row]:
        words = f"{day_words(note.date, self._today)} "
        yield Row((Span(words, "title"), Span(distance_words(note.date, self._today), "muted")), title=True)
        if note.title:
            yield Row((Span(safe_text(note.title[:_LONGEST]), "strong"),))
        text = self._text[1] if self._text is not None and self._text[0] == note.date else ""
        lines = [line for line in text.splitlines() if line.strip()]
        if not note.entries:
            yield Row((Span("Nothing is written: enter begins it", "muted"),))
        room = max(_LEAST, self._view.size.height - _REST)
        for line in lines[:room]:
            heading = line.lstrip().startswith("#")
            shown = line.lstrip("# ") if heading else line
            yield Row((Span(safe_text(shown[:_LONGEST]), "strong" if heading else "text"),))
        if len(lines) > room:
            yield Row((Span(f"… {counted(len(lines) - room, 'more line')}", "muted"),))
        if note.runs:
            yield Row(_runs(note))
        yield Row(())

    def _month_rows(self, month: MonthNotes, cursor: date) -> Iterator[Row]:
        notes = [note for _, note in sorted(month.days.items(), reverse=True) if note.entries]
        words = sum(note.words for note in notes)
        told = f"{counted(len(notes), 'day')} · {counted(words, 'word')}"
        yield Row((Span(f"{month_words(month.first)} ", "title"), Span(told, "muted")), title=True)
        for note in notes:
            here = note.date == cursor
            line = [
                Span(
                    f"{'▸' if here else ' '}{day_words(note.date, note.date):<11}",
                    "strong" if here else "text",
                ),
                Span(f"{note.words:>6,} words  ", "muted"),
            ]
            line += [Span(f"{OPEN} {note.open}  ", "warn")] * bool(note.open)
            line += [Span(f"{RUNS} {note.runs}  ", "bad" if note.failed else "good")] * bool(note.runs)
            if note.title:
                line.append(Span(f"{safe_text(note.title)}  "))
            if self._view.size.width >= _WIDE:
                line.append(Span(safe_text(", ".join(note.sections)), "muted"))
            yield Row(tuple(line), note.date.isoformat(), (), Jump("journal", note.date.isoformat()))

    # what the person does

    def action_step(self, by: int) -> None:
        if self._view.has_focus:
            self._view.move(1 if by > 0 else -1)
        else:
            self._go(days_on(self._calendar.cursor, by))

    def action_month(self, by: int) -> None:
        self._go(months_on(self._calendar.cursor, by))

    def action_today(self) -> None:
        self._go(self._today)

    def action_written(self, by: int) -> None:
        written, cursor = self._month.written if self._month else (), self._calendar.cursor
        beyond = [day for day in written if (day > cursor if by > 0 else day < cursor)]
        if beyond:
            self._go(beyond[0 if by > 0 else -1])
        else:
            self.tell(
                "No day after this one has an entry" if by > 0 else "No day before this one has an entry"
            )

    def action_open(self) -> None:
        if self._view.has_focus:
            self._view.open_row()
        else:
            self._leave_for(self._calendar.cursor)

    def action_back(self) -> None:
        if self._field.has_focus:
            self._field.value = ""
            self.set_focus(self._calendar)
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        self.dismiss(Jump("search", ""))

    def action_words(self) -> None:
        self._field.take_focus()

    def _go(self, day: date) -> None:
        self._calendar.show(day, self._month)
        self._draw()
        self.reading.ask(now=True)

    def _leave_for(self, day: date) -> None:
        self.dismiss(Jump("journal", day.isoformat()))  # no line of it: who writes there begins at its end

    @on(CalendarView.Chosen)
    def _chosen(self, event: CalendarView.Chosen) -> None:
        event.stop()
        self._leave_for(event.day) if event.again else self._go(event.day)

    # a day in words

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        text = event.value.strip()
        if not text:
            self._meant.update("")
            return
        try:
            day = read_day(text, self._today)
        except UsageError:
            self._meant.update("no day yet")
            return
        words = f"{day_words(day, self._today)}, {distance_words(day, self._today)}"
        self._meant.update(Content(f"→ {words}\n  enter goes there"))
        self._go(day)

    def _named(self, text: str) -> None:
        try:
            day = read_day(text, self._today) if text.strip() else self._calendar.cursor
        except UsageError as error:
            self.tell(error.sentence(), trouble=True)
        else:
            self._leave_for(day)


def _runs(note: DayNote) -> Line:
    told = [Span(f"{RUNS} {counted(note.runs, 'run')} began", "good")]
    if note.failed:
        told.append(Span(f", {note.failed} of them failed", "bad"))
    return tuple(told)
