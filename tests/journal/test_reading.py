"""A day that is read: its heading, new bullets, what was found, questions that wait, and what links to it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from textual.widgets import Input

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.daytitle import called, retitled, words_beside
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.journal import parse
from mlws_tui.domain.newbullet import new_bullet
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.journal import JournalService
from mlws_tui.services.workspace import init
from mlws_tui.ui.screens.desk import Desk
from tests.journal.panes import corner, panes, question, title, until
from tests.ui import stage

D20 = date(2024, 10, 20)


@pytest.mark.parametrize(
    ("page", "row", "after"),
    [
        ("* a", None, "* a|* "),
        ("### A|* a||### B|* b", 1, "### A|* a|* ||### B|* b"),
        ("### A|* a||### B|* b", None, "### A|* a||### B|* b|* "),
        ("### A|1. a|2. b|   more||### B", 2, "### A|1. a|2. b|   more|3. ||### B"),
        ("+ a||+ b", 0, "+ a||+ b||+ "),
        ("### A||### B|1) b", 0, "### A|* ||### B|1) b"),  # a number goes on in its own list alone
        ("### A||- a||### B", 4, "### A||- a||### B||- "),
        ("only words", None, "only words||* "),
        ("```|# no heading|```|* a", 1, "```|# no heading|```|* a|* "),
        ("", None, "* "),
    ],
)
def test_a_new_bullet_is_like_those_beside_it(page: str, row: int | None, after: str) -> None:
    lines = page.split("|") if page else []
    place, new = new_bullet(lines, row, "* ")
    assert "|".join([*lines[:place], *new, *lines[place:]]) == after


@pytest.mark.parametrize(
    ("heading", "typed", "after"),
    [
        ("## 2024-10-20", "gpu day", "## 2024-10-20 - gpu day"),
        ("## Sun 20 Oct 2024 - gpu day ##", "Sun 20 Oct 2024: models", "## Sun 20 Oct 2024: models ##"),
        ("\ufeff# Day one, 2024-10-20", "2024-10-20", "\ufeff# 2024-10-20"),
        ("2024-10-20\n----------", "first", "2024-10-20 - first\n----------"),
        ("## 2024-10-20 words", " ", "## 2024-10-20"),
    ],
)
def test_a_heading_gets_other_words_and_nothing_else_changes(heading: str, typed: str, after: str) -> None:
    data = f"{heading}\n\n- a\r\n\n## 2024-10-19\n\n- b".encode()
    journal = parse(data)
    new = retitled(journal, journal.days[0], typed).apply(data)
    assert new == data.replace(heading.encode(), after.encode())
    for wrong in ("2024-10-21 later", "2024-10-20 and 2024-10-21"):
        with pytest.raises(UsageError):
            retitled(journal, journal.days[0], wrong)


def test_what_a_day_is_called() -> None:
    days = parse(b"# 2024-10-20 - a day\n# Day 3 (19 Oct 2024)\n# *2024-10-18*\n").days
    assert [words_beside(day) for day in days] == ["a day", "Day 3", ""]
    assert called(D20) == called(D20, "2024-10-20") == "Sun 2024-10-20"
    assert called(D20, "2024-10-20 - gpu day") == "Sun 2024-10-20 - gpu day"
    assert called(D20, "Sun 20 Oct 2024 - gpu day") == "Sun 20 Oct 2024 - gpu day"


async def test_bullets_headings_and_what_was_found(workspace: Workspace) -> None:
    log = b"# Log\n\n## Sun 20 Oct 2024 - gpu day\n\n### A\n* one\n\n### B\n* one two\n\n## 2024-10-19\n"
    workspace.journal.write_bytes(log)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        assert "Sun 20 Oct 2024 - gpu day" in title(pane)
        pane.editor.focus()
        await pilot.press("j", "o", *"new", "escape")
        await until(lambda: corner(pane) == "saved", pilot)
        assert workspace.journal.read_bytes() == log.replace(b"* one\n", b"* one\n* new\n")
        await pilot.press("u", "u")
        await until(lambda: workspace.journal.read_bytes() == log and corner(pane) == "saved", pilot)
        await pilot.press("H", "end", *" two", "enter")
        await until(lambda: "gpu day two" in title(pane), pilot)
        await pilot.press("u")
        await until(lambda: workspace.journal.read_bytes() == log, pilot)
        await pilot.press("g", "slash", *"one", "enter", "n")
        assert pane.editor.cursor_location == (4, 2) and corner(pane) == "2 of 2 found"
        await pilot.press("N")
        assert pane.editor.cursor_location == (1, 2)
        await pilot.press("escape", "n")
        assert pane.editor.cursor_location == (1, 2) and not pane.editor.hits_marked


async def test_repairs_are_offered_once_the_unsaved_text_is_answered(workspace: Workspace) -> None:
    workspace.journal.write_bytes(b"## 2024-10-20\n- a\n\n\\n## 2024-10-19\\n\n- b\n")
    service = JournalService(workspace)
    key = f"{workspace.journal}#2024-10-19.0"
    if not (child := os.fork()):
        Drafts(service.drafts.folder).keep(key, "", "- lost words", (0, 0))
        os._exit(0)
    os.waitpid(child, 0)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        await until(lambda: "Unsaved text of Sat 2024-10-19" in question(pane), pilot)
        pane.editor.focus()
        await pilot.press("x")
        await until(lambda: "a heading that echo wrote" in question(pane), pilot)
        await pilot.press("f")
        await until(lambda: b"\n## 2024-10-19\n" in workspace.journal.read_bytes(), pilot)
        await until(lambda: not question(pane) and corner(pane).startswith("mended 1 place"), pilot)


async def test_a_journal_alone_has_the_screen_until_there_is_more(tmp_path: Path) -> None:
    workspace = init(tmp_path / "notes", journal=True).workspace
    lines = "".join(f"- see logs/x.log {number}, 2026-11-19\n" for number in range(60))
    workspace.journal.write_text(f"## 2026-11-20\n\n{lines}\n## 2026-11-19\n\n- b\n")
    still = stage.Still(workspace)
    async with still.app.run_test(size=(140, 50)) as pilot:
        await still.ready(pilot, "logs/x.log 10")
        desk = still.app.screen
        assert isinstance(desk, Desk)
        assert [pane.id for pane in desk.query(".pane") if pane.display] == ["journal"]
        editor = desk.editors[0].editor
        await pilot.press(*("j",) * 30, "left_square_bracket")
        await still.sees(pilot, "Thu 2026-11-19")
        await pilot.press("L")
        await still.sees(pilot, "Links to 2026-11-19", "60 lines", "logs/x.log 3,")
        await pilot.press("j", "j", "enter")
        await until(lambda: editor.cursor_location == (2, 0), pilot)
        workspace.logs.mkdir()
        workspace.logs.joinpath("x.log").write_text("the log\n")
        await pilot.press("right_curly_bracket", "enter")
        await still.sees(pilot, "the log")
        place = editor.cursor_location
        await pilot.press("4", "n")
        await pilot.pause()
        still.app.screen.query_one(Input).value = "What I found"
        await pilot.press("enter")
        await still.sees(pilot, "1 GPUs", "2 Runs", "5 Session")
        assert editor.cursor_location == place
        await still.leave()
