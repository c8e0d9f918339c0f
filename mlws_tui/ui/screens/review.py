"""The page of a review: what a week or a month came to, and the way to all that it speaks of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.reviewspan import ReviewSpan, last_days, month_of
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.page import COPY, KEYS, MOVES, SECTIONS, PageScreen
from mlws_tui.ui.screens.reviewrows import head_line, review_rows
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sections import SectionsView

if TYPE_CHECKING:
    from mlws_tui.domain.review import Review
    from mlws_tui.services.workbench import Workbench

#: Seconds between two readings, as runs that go on change all the time.
_PAUSE = 5.0
#: Of the keys of other pages, those for sections: brackets turn weeks here.
_FOLDS = tuple(one for one in SECTIONS if one.id not in ("page.next-section", "page.previous-section"))


class ReviewScreen(PageScreen):
    """Shows the last seven days at first.

    Args:
        bench: The workbench.
    """

    TITLE_WORDS: ClassVar[str] = "Review"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *MOVES,
        Action(
            "review.earlier",
            "left_square_bracket",
            "Earlier",
            "Go to the days before",
            footer=True,
            call="turn(-1)",
        ),
        Action(
            "review.later",
            "right_square_bracket",
            "Later",
            "Go to the days after",
            footer=True,
            call="turn(1)",
        ),
        Action("review.week", "w", "Week", "Show the seven days that end where these end", footer=True),
        Action("review.month", "m", "Month", "Show the month that these days are in", footer=True),
        Action("review.today", "t", "Today", "Show the last seven days"),
        Action("review.next-section", "tab", "Section", "Go to the next section", call="section(1)"),
        Action(
            "review.previous-section",
            "shift+tab",
            "Section before",
            "Go to the section before",
            call="section(-1)",
        ),
        Action(
            "review.journal",
            "J",
            "Journal",
            "Write the review into today's entry of the journal",
            footer=True,
        ),
        Action("review.session", "S", "Session", "Begin a session log with the review", footer=True),
        COPY,
        *_FOLDS,
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self.reading = Coalesced(self, _PAUSE, self._read)
        self._span: ReviewSpan | None = None  # None until the journal told what today is
        self._review: Review | None = None
        self._view = SectionsView()

    def body(self) -> Iterable[Widget]:
        return (self._view,)

    @property
    def rows(self) -> SectionsView:
        return self._view

    def on_mount(self) -> None:
        self._span = last_days(self.bench.journal.today())
        self.head.show((Span("Review ", "muted"), Span(self._span.title, "strong")))
        self._view.focus()
        super().on_mount()

    def concerns(self, change: Change) -> bool:
        return isinstance(change, RunsChanged | FileChanged)

    def _hear(self, change: Change) -> None:
        if isinstance(change, FileChanged):  # what a person wrote is seen at once
            self.reading.ask(now=True)
        else:
            super()._hear(change)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        # The function: a coroutine would never be awaited where the next worker comes before this one began.
        self.run_worker(self._show, group="fit", exclusive=True)  # type: ignore[arg-type]

    async def read(self) -> None:
        span = self._span
        if span is None:
            return
        before = self._review
        found = await self.bench.review.quick(span.first, span.last)
        if span != self._span:
            return  # other days are wanted by now, and read next
        known = before.energy if before is not None and before.span == span else None
        self._review = replace(found, energy=known)
        await self._show()
        found = await self.bench.review.measured(found)
        if span == self._span:
            self._review = found
            await self._show()

    async def _show(self) -> None:
        review, width = self._review, self._view.size.width
        if review is not None and width:
            rows, folded = await asyncio.to_thread(review_rows, review, width - 4)  # there may be thousands
            if review is self._review:
                self.head.show(*head_line(review))
                self._view.show(rows, folded)

    def opened(self, key: str, jump: Jump | None) -> None:
        if jump is not None and jump.kind == "run":
            from mlws_tui.ui.screens.runpage import RunPage

            self.visit(RunPage(self.bench, jump.target))
        elif jump is not None and jump.kind == "experiment":
            from mlws_tui.ui.screens.experimentpage import ExperimentPage

            self.visit(ExperimentPage(self.bench, jump.target))
        else:
            super().opened(key, jump)

    # which days

    def action_turn(self, by: int) -> None:
        if self._span is not None:
            self._go_to(self._span.shifted(by))

    def action_week(self) -> None:
        if self._span is not None:
            self._go_to(last_days(min(self._span.last, self.bench.journal.today())))

    def action_month(self) -> None:
        if self._span is not None:
            self._go_to(month_of(self._span.last))

    def action_today(self) -> None:
        self._go_to(last_days(self.bench.journal.today()))

    def _go_to(self, span: ReviewSpan) -> None:
        if span.first > self.bench.journal.today():
            self.tell("These are the newest days")
        elif span != self._span:
            self._span = span
            self._review = None
            self.head.show((Span("Review ", "muted"), Span(span.title, "strong")))
            self._view.show(())
            self.reading.ask(now=True)

    # where it goes

    def action_copy(self) -> None:
        review = self._review
        if review is not None:
            from mlws_tui.domain.reviewmarkdown import markdown

            self.run_worker(self.copy(markdown(review), "the review as Markdown"), group="copy")

    def action_journal(self) -> None:
        review = self._review
        if review is not None:
            self.run_worker(self._to_journal(review), group="review", exclusive=True)

    async def _to_journal(self, review: Review) -> None:
        try:
            told, line = await self.bench.review.to_journal(await self._whole(review))
        except MlwsError as error:
            self.tell(error.sentence(), trouble=True)
            return
        self.tell(told)
        self.dismiss(Jump("journal", self.bench.journal.today().isoformat(), line))

    def action_session(self) -> None:
        review = self._review
        if review is None:
            return
        from mlws_tui.ui.screens.prompt import PromptScreen

        def named(title: str | None) -> None:
            if title:
                self.run_worker(self._to_session(review, title), group="review", exclusive=True)

        hint = "becomes docs/sessions/DATE-title.md, with the review in it"
        self.app.push_screen(
            PromptScreen("New session log: title", hint, f"Review of {review.span.title}"), named
        )

    async def _to_session(self, review: Review, title: str) -> None:
        try:
            made = await self.bench.review.to_session(await self._whole(review), title)
        except MlwsError as error:
            self.tell(error.sentence(), trouble=True)
            return
        path = self.bench.workspace.relative(made.path)
        self.tell(f"The review is in {path}")
        self.dismiss(Jump("session", path))

    async def _whole(self, review: Review) -> Review:
        """The review with its energy, where that was not read yet."""
        return review if review.energy is not None else await self.bench.review.measured(review)
