"""The page of tasks and the calendar, in the app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from textual.app import App
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.calendar import day_words, days_on, distance_words, months_on, weeks_of
from mlws_tui.services.journal import DayRef
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.days import DaysScreen
from mlws_tui.ui.screens.page import PageScreen
from mlws_tui.ui.screens.search import SearchScreen
from mlws_tui.ui.screens.tasks import TasksScreen
from tests.pages.kit import bench_of
from tests.runs.kit import begun, ended, record
from tests.ui.stage import NOW, screen_text, until

JOURNAL = (
    "# Activity\n\n## 2026-11-19\n\n### Code\n- [ ] tidy [b]up[/b]\n\n### Next Steps\n- [ ] compare due 2026-11-18\n"
    "  - [x] r=8\n  - [ ] r=16\n\n## 2026-10-30\n\n### Next Steps\n- [ ] renew\n"
)


class Desk(App[None]):
    """An app with nothing but the page."""

    def __init__(self, page: Callable[[], PageScreen]) -> None:
        super().__init__()
        self.page = page
        self.jumps: list[Jump | None] = []

    def on_mount(self) -> None:
        self.show()

    def show(self) -> None:
        self.push_screen(self.page(), self.jumps.append)


async def shown(pilot: Pilot[Any], *words: str, gone: str = "\0") -> None:
    def text() -> str:
        return screen_text(cast(Any, pilot.app))

    await until(pilot, lambda: all(word in text() for word in words) and gone not in text(), text)


async def test_tasks_are_ticked_put_off_carried_over_and_all_that_is_undone(workspace: Workspace) -> None:
    workspace.journal.write_text(JOURNAL)
    async with (
        bench_of(workspace) as bench,
        Desk(lambda: TasksScreen(bench)).run_test(size=(100, 30)) as pilot,
    ):
        jumps = cast(Desk, pilot.app).jumps
        await shown(
            pilot, "4 open · 1 overdue · oldest 21 d", "Carry 2 open tasks of Thu 19 Nov", "[b]up[/b]"
        )
        await pilot.press("space", "j", "space", "space")  # the second press finds what the first one made
        await shown(pilot, "✓ compare", "3 open")
        assert workspace.journal.read_text() == JOURNAL.replace("[ ] compare", "[x] compare")
        await pilot.press("u", "u", "u")
        await until(pilot, lambda: workspace.journal.read_text() == JOURNAL)
        await shown(pilot, "4 open", "□ compare")
        await pilot.press("p")
        await shown(pilot, "Put off to")
        await pilot.press(*"someday", "enter")  # what stands there is replaced
        await shown(pilot, '"someday" names no day', "Put off to")
        await pilot.press("ctrl+a", "ctrl+k", *"monday", "enter")
        await shown(pilot, "1 put off", "from Mon 23 Nov, in 3 days")
        await pilot.press("C")
        await shown(pilot, "went to Fri 20 Nov", "today           □ compare", gone="Carry")
        assert workspace.journal.read_text().startswith(
            "# Activity\n\n## 2026-11-20\n\n### Next Steps\n- [ ] compare due 2026-11-18\n  - [ ] r=16\n\n## 2026-11-19"
        )
        await pilot.press("u", "u")
        await until(pilot, lambda: workspace.journal.read_text() == JOURNAL)
        await pilot.press("G", "c", "space")  # what is done next is done to what stands in today now
        await shown(pilot, "ticked 'renew'", "Today", "✓ renew")
        text = workspace.journal.read_text()
        assert "- [x] renew\n" in text and "- [>] renew (→ 2026-11-20)" in text
        await pilot.press("minus")
        await shown(pilot, "– renew", "→ renew  went to Fri 20 Nov")
        assert not pilot.app._notifications
        await pilot.press("u", "u", "u")
        await until(pilot, lambda: workspace.journal.read_text() == JOURNAL)
        workspace.journal.write_text(JOURNAL.replace("renew\n", "renew it\n"))
        await pilot.press("n", *"new", "enter")
        await shown(pilot, "renew it", "□ new")
        await pilot.press("slash", *"renew", "enter")
        await shown(pilot, "1", "renew it", gone="compare")
        await pilot.press("enter")
        await until(pilot, lambda: bool(jumps))
        line = workspace.journal.read_text().splitlines().index("- [ ] renew it") + 1
        assert jumps == [Jump("journal", "2026-10-30", line)]


async def test_the_calendar_goes_by_keys_and_by_words(workspace: Workspace) -> None:
    run = "20261120-080000-lora"
    record(workspace, run, begun(run, NOW - 9000), ended(NOW - 60, "failed"))
    workspace.journal.write_text(JOURNAL)
    days = [None, DayRef(date(2026, 11, 19))]
    async with (
        bench_of(workspace) as bench,
        Desk(lambda: DaysScreen(bench, days.pop())).run_test(size=(100, 30)) as pilot,
    ):
        desk = cast(Desk, pilot.app)
        jumps = desk.jumps
        await shown(
            pilot,
            "November 2026",
            "[20]",
            "‹19›",
            "●□   ▪",
            "streak 1 d",
            "Thu 19 Nov yesterday",
            "tidy [b]up",
        )
        await pilot.press("right")
        await shown(pilot, "Fri 20 Nov today", "Nothing is written: enter begins it", "1 run began")
        await pilot.press("left", "p")
        await shown(pilot, "October 2026", "Fri 30 Oct 21 days ago", "renew", "1 day · ")
        await pilot.press("left_curly_bracket", "pagedown")
        await shown(pilot, "November 2025", "Sun 30 Nov 2025")
        await pilot.press("g", *"last week")
        await shown(pilot, "→ Fri 13 Nov, 7 days ago", "November 2026")
        await pilot.press("enter")
        await until(pilot, lambda: bool(jumps))
        desk.show()
        await shown(pilot, "[20]", "2 days written")
        await pilot.press("g", *"no day", "escape", "p", "enter")
        await until(pilot, lambda: len(jumps) == 2)
        assert jumps == [Jump("journal", "2026-11-13"), Jump("journal", "2026-11-19")]


def test_a_month_is_laid_out_and_days_are_counted() -> None:
    weeks = weeks_of(date(2026, 11, 20))
    assert len(weeks) == 6 and weeks[0] == [None] * 6 + [date(2026, 11, 1)]
    assert weeks[-1] == [date(2026, 11, 30)] + [None] * 6
    assert len(weeks_of(date(2027, 2, 3))) == 4
    assert months_on(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert months_on(date(2026, 12, 5), 1) == date(2027, 1, 5)
    assert months_on(date.max, 1) == days_on(date.max, 7) == date.max
    assert day_words(date(2025, 11, 20), date(2026, 11, 20)) == "Thu 20 Nov 2025"
    assert [distance_words(date(2026, 11, n), date(2026, 11, 20)) for n in (17, 19, 20, 21, 27)] == [
        "3 days ago", "yesterday", "today", "tomorrow", "in 7 days"
    ]  # fmt: skip


async def test_a_journal_that_cannot_be_read_is_told_with_all_that_can_be_done(workspace: Workspace) -> None:
    workspace.journal.write_bytes(b"\0\0\0\0 binary")
    pages = [SearchScreen, DaysScreen, TasksScreen]
    async with (
        bench_of(workspace) as bench,
        Desk(lambda: pages.pop()(bench)).run_test(size=(80, 24)) as pilot,
    ):
        desk = cast(Desk, pilot.app)
        hint = ("NUL", "iconv", "left them")
        for page in (TasksScreen, DaysScreen, SearchScreen):
            if page is not TasksScreen:
                desk.show()
            if page is SearchScreen:
                await pilot.press(*"word")

            def told() -> str:
                return " ".join(screen_text(cast(Any, desk)).replace("│", " ").split())

            await until(pilot, lambda: all(words in told() for words in hint), told)
            await pilot.press("escape")
