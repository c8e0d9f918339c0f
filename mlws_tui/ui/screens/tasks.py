"""What is still to be done, over all days of the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.daywords import read_day
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.tasks import Task, count, count_words, gathered, left_over
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.screens.page import KEYS, MOVES, PageScreen
from mlws_tui.ui.screens.prompt import PromptScreen
from mlws_tui.ui.screens.taskrows import task_rows, where_it_went
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sections import Row, SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

_EMPTY = 'Nothing is to be done. n writes a task into today; in the journal it is a line "- [ ] …".'


class TasksScreen(PageScreen):
    """Lists tasks, ticks them, carries them over, puts them off; enter goes to the line in the journal.

    What was ticked here stays in the list until the page is left, so that it is seen and can be opened again. A task
    that stands open on several days is one row: what is done to it is done to all of them, in one save.

    Args:
        bench: The workbench.
    """

    TITLE_WORDS: ClassVar[str] = "Tasks"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *MOVES,
        Action("tasks.tick", "space,x", "Tick", "Mark the task as done, or open it again", footer=True),
        Action("tasks.carry", "c", "To today", "Carry the task over to today", footer=True),
        Action(
            "tasks.carry-all",
            "C",
            "All to today",
            "Carry all open tasks of the last written day over to today",
        ),
        Action("tasks.postpone", "p", "Put off", "Put the task off to a later day", footer=True),
        Action("tasks.cancel", "minus", "Cancel", "Cancel the task"),
        Action("tasks.undo", "u", "Undo", "Take back the last change of tasks", footer=True),
        Action("tasks.new", "n", "New", "Write a new task into today", footer=True),
        Action("tasks.filter", "slash", "Filter", "Show only tasks with some words", footer=True),
        Action(
            "tasks.all", "a", "All", "Show closed tasks and those put off too, or only open ones", footer=True
        ),
        Action("tasks.sections", "s", "Sections", "Group by sections, or by age"),
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    TasksScreen #tasks-told {
        height: 1; padding: 0 2; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._view = SectionsView()
        self._told = Static(id="tasks-told", markup=False)
        self._tasks: Sequence[Task] = ()
        self._touched: set[str] = set()
        self._together: dict[
            str, frozenset[str]
        ] = {}  # by the key of a row the keys of all that it stood for
        self._all = False
        self._by_section = False
        self._words = ""
        self._one_by_one = asyncio.Lock()

    def compose(self) -> ComposeResult:
        for place, widget in enumerate(super().compose()):
            yield widget
            if place == 0:  # below the headline
                yield self._told

    def tell(self, sentence: str, *, trouble: bool = False) -> None:
        """Tell it in a line of the page: many tasks are done one after the other, and none is to be covered."""
        self._told.update(Content("" if trouble else safe_text(sentence)))
        if trouble:
            super().tell(sentence, trouble=True)

    def body(self) -> Iterable[Widget]:
        return (self._view,)

    @property
    def rows(self) -> SectionsView:
        return self._view

    def concerns(self, change: Change) -> bool:
        return isinstance(change, FileChanged) and change.path == self.bench.journal.path

    async def read(self) -> None:
        try:
            self._tasks = await asyncio.to_thread(self.bench.tasks.list)
        except MlwsError as error:  # the last line of the screen has no room for all of it
            self._view.show([Row((Span(safe_text(error.sentence()), "bad"),))])
            raise
        self._draw()
        if self.focused is None:
            self._view.focus()

    def _draw(self) -> None:
        today = self.bench.tasks.today()
        sums = count(self._tasks, today)
        words = self._words.casefold().split()
        shown = [
            task
            for task in self._tasks
            if (self._all or task.key in self._touched or (task.state == "open" and not task.waits(today)))
            and all(word in f"{task.words} {task.section}".casefold() for word in words)
        ]
        style = "bad" if sums.overdue else "muted"
        self.head.show((Span("Tasks  ", "title"), Span(count_words(sums), style)), self._kind_words())
        left = left_over(self._tasks, today)
        rows = task_rows(shown, today, by_section=self._by_section, left=left, kept=self._touched)
        if not shown:
            told = f"No task has {safe_text(self._words)!r} in it: / changes that" if words else _EMPTY
            rows = [*rows, Row((Span(told, "muted"),))]
        self._view.show(rows)

    def _kind_words(self) -> str:
        told = ["all" if self._all else "open", "by section" if self._by_section else "by age"]
        return " · ".join([*told, safe_text(repr(self._words))] if self._words else told)

    # what the person does

    def action_tick(self) -> None:
        self._at_cursor(lambda tasks: self.bench.tasks.tick(tasks, on=tasks[-1].state != "done"))

    def action_carry(self) -> None:
        self._at_cursor(lambda tasks: self.bench.tasks.carry_over(tasks), follow=True)

    def action_carry_all(self) -> None:
        self._act(lambda: self.bench.tasks.carry_open(), follow=True)

    def action_cancel(self) -> None:
        self._at_cursor(lambda tasks: self.bench.tasks.cancel(tasks))

    def action_undo(self) -> None:
        self._act(lambda: self.bench.tasks.undo())

    def action_postpone(self) -> None:
        row = self._view.current
        key = row.key if row is not None else ""

        def answered(text: str | None) -> None:
            if text is not None:
                self._on(key, lambda tasks: self.bench.tasks.postpone(tasks, day_of(text)))

        def day_of(text: str) -> date:
            return read_day(text, self.bench.tasks.today(), ahead=True)

        if key:
            hint = "a day: tomorrow, monday, +7, 2026-11-25; until then it is not listed"
            prompt = PromptScreen("Put off to", hint, "tomorrow", selected=True, judge=day_of)
            self.app.push_screen(prompt, answered)
        else:
            self.tell("There is no task here to put off")

    def action_new(self) -> None:
        def answered(text: str | None) -> None:
            if text is not None:
                self._act(lambda: self.bench.tasks.add(text))

        hint = 'it goes into Next Steps of today; "due 2026-11-25" says until when'
        self.app.push_screen(PromptScreen("New task", hint), answered)

    def action_filter(self) -> None:
        def answered(text: str | None) -> None:
            if text is not None:
                self._words = text
                self._draw()

        hint = "words of the task or its section; nothing shows them all"
        self.app.push_screen(PromptScreen("Show tasks with", hint, self._words, empty=True), answered)

    def action_all(self) -> None:
        self._all = not self._all
        self._draw()

    def action_sections(self) -> None:
        self._by_section = not self._by_section
        self._draw()

    # doing it

    def _at_cursor(self, work: Callable[[Sequence[Task]], str], *, follow: bool = False) -> None:
        row = self._view.current
        if row is None or not row.key:
            self.tell("There is no task here: n writes one")
        else:
            self._on(row.key, work, follow=follow)

    def _on(self, pressed: str, work: Callable[[Sequence[Task]], str], *, follow: bool = False) -> None:
        """Do something to a task as it is when its turn has come: keys that were typed ahead find what they made.

        What went to another day is done to there.

        What was done to several at once, as they were one row, is done to them together again.
        """

        def on_it() -> str:
            key = where_it_went(self._tasks, pressed)
            self._touched.add(key)
            every = next(
                (one.every for one in gathered(self._tasks) if any(task.key == key for task in one.every)), ()
            )
            if not every:
                raise MlwsError("That task is not in the journal any more")
            state = every[-1].state
            wanted = self._together.get(key, frozenset()) | {task.key for task in every}
            self._together[key] = wanted
            return work([task for task in self._tasks if task.key in wanted and task.state == state])

        self._touched.add(pressed)
        self._act(on_it, follow=follow)

    def _act(self, work: Callable[[], str], *, follow: bool = False) -> None:
        self.run_worker(self._done(work, follow), group="acts")

    async def _done(self, work: Callable[[], str], follow: bool) -> None:
        async with self._one_by_one:
            row = self._view.current
            try:
                words = await asyncio.to_thread(work)
                await self.read()
            except MlwsError as error:
                self.tell(error.sentence(), trouble=True)
            else:
                if follow and row is not None:
                    self._follow(row.key)
                self.tell(words)
                self.bench.hub.publish(FileChanged(self.bench.journal.path))

    def _follow(self, key: str) -> None:
        """Put the cursor on the copy of the task that was carried over, with the heading above it in sight."""
        copy = where_it_went(self._tasks, key)
        if copy != key:
            self._view.end(False)
            self._view.go_to(copy)
