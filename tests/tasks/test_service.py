"""Tasks of the journal on disk, beside others who write it."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.tasks import count, gathered, still_open
from mlws_tui.services.journal import JournalService
from mlws_tui.services.tasks import TasksService

START = (
    b"# Log\r\n\r\n## 2026-11-19\r\n\r\n### Code\r\n- [ ] tidy\r\n\r\n### Next Steps\r\n- [ ] compare caf\xff\r\n"
    b"  - [x] r=8\r\n- [ ] same\r\n- [ ] same\r\n\r\n## 2026-11-12\r\n\r\n### Next Steps\r\n- [ ] same"
)


@pytest.fixture
def tasks(workspace: Workspace) -> TasksService:
    workspace.journal.write_bytes(START)
    return TasksService(JournalService(workspace, clock=lambda: datetime(2026, 11, 22, 9, 30)))


def test_a_tick_changes_one_byte_of_the_right_line_and_is_undone(
    workspace: Workspace, tasks: TasksService
) -> None:
    second = [task for task in tasks.list() if task.words == "same"][2]
    workspace.journal.write_bytes(START.replace(b"### Code\r\n", b"### Code\r\n- a line of somebody\r\n"))
    assert tasks.tick([second]) == "ticked 'same'"
    now = workspace.journal.read_bytes()
    assert now == START.replace(b"### Code\r\n", b"### Code\r\n- a line of somebody\r\n").replace(
        b"- [ ] same\r\n\r\n", b"- [x] same\r\n\r\n"
    )
    with pytest.raises(NotFoundError, match="reads differently now"):
        tasks.cancel([task for task in tasks.list() if task.words == "tidy"] + [second])
    assert workspace.journal.read_bytes() == now
    tasks.tick([tasks.find("tidy")])
    tasks.tick([tasks.find(tasks.list()[1].key[:6])], on=False)  # by its key also where it is done
    tasks.cancel([tasks.find("COMPARE")])
    assert b"- [-] compare caf\xff\r\n" in workspace.journal.read_bytes()
    undone = [tasks.undo() for _ in range(4)]
    assert undone[0].startswith("undone: cancelled 'compare caf") and undone[3] == "undone: ticked 'same'"
    assert workspace.journal.read_bytes() == START.replace(
        b"### Code\r\n", b"### Code\r\n- a line of somebody\r\n"
    )
    with pytest.raises(NotFoundError, match="nothing to undo"):
        tasks.undo()


def test_an_open_task_of_several_days_is_one_and_ticked_in_one_save(
    workspace: Workspace, tasks: TasksService
) -> None:
    days = [
        f"## 2026-11-{day}\n\n- [{sign}] Same due 2026-12-01\n- [ ] other\n  - [ ] {below}\n"
        for day, sign, below in ((20, " ", "a"), (18, "x", "b"), (12, "/", "c"))
    ]
    text = "\n".join(days)
    workspace.journal.write_text(text)
    newest = tasks.find("same")
    assert newest.date.day == 20 and [task.date.day for task in tasks.alike(newest)] == [12, 20]
    with pytest.raises(NotFoundError, match="3 tasks"):
        tasks.find("other")  # what hangs below them tells them apart
    (row,) = [one for one in gathered(still_open(tasks.list(), date(2026, 11, 22))) if one.task == newest]
    assert row.note == "on 2 days, since 2026-11-12"
    assert count(tasks.list(), date(2026, 11, 22)).open == 7
    assert tasks.tick(tasks.alike(newest)) == "ticked 'Same due 2026-12-01' (2 times)"
    assert workspace.journal.read_text().count("[x] Same") == 3
    tasks.undo()
    assert workspace.journal.read_text() == text


def test_what_was_carried_over_or_put_off_is_as_it_was_again(
    workspace: Workspace, tasks: TasksService
) -> None:
    tidy = tasks.find("tidy")
    tasks.carry_over([tidy])
    (old,) = [task for task in tasks.list() if task.key == tidy.key]
    assert old.state == "moved" and tasks.tick([old], on=False) == "opened again 'tidy'"
    assert b"\r\n- [ ] tidy\r\n\r\n### Next Steps\r\n- [ ] compare" in workspace.journal.read_bytes()
    before = workspace.journal.read_bytes()
    tasks.postpone([tasks.find("compare")], date(2026, 11, 25))
    tasks.postpone([tasks.find("compare")], date(2026, 11, 22))
    assert workspace.journal.read_bytes() == before


def test_carrying_over_is_one_save_and_undo_leaves_what_others_wrote(
    workspace: Workspace, tasks: TasksService
) -> None:
    assert tasks.carry_open() == "carried 4 tasks over to 2026-11-22; 1 stood there already"
    carried = workspace.journal.read_bytes()
    assert carried.startswith(
        b"# Log\r\n\r\n## 2026-11-22\r\n\r\n### Next Steps\r\n- [ ] tidy\r\n- [ ] compare caf\xff\r\n- [ ] same\r\n\r\n"
    )
    assert b"- [>] compare caf\xff (\xe2\x86\x92 2026-11-22)\r\n  - [x] r=8\r\n" in carried
    assert carried.endswith(b"- [ ] same") and len(still_open(tasks.list(), date(2026, 11, 22))) == 4
    with pytest.raises(UsageError, match="nothing to carry over"):
        tasks.carry_over([task for task in tasks.list() if task.date == date(2026, 11, 22)])
    assert tasks.undo() == "undone: carried 4 tasks over to 2026-11-22; 1 stood there already"
    assert workspace.journal.read_bytes() == START

    tasks.carry_open()
    theirs = workspace.journal.read_bytes().replace(b"- [ ] tidy\r\n", b"- [ ] tidy\r\n- [ ] of somebody\r\n")
    workspace.journal.write_bytes(theirs)
    tasks.undo()
    left = workspace.journal.read_bytes()
    assert left.replace(b"## 2026-11-22\r\n\r\n- [ ] of somebody\r\n\r\n", b"") == START

    tasks.tick([tasks.find("tidy")])
    workspace.journal.write_bytes(workspace.journal.read_bytes().replace(b"[x] tidy", b"[x] tidy all"))
    with pytest.raises(MlwsError, match="Cannot undo: ticked 'tidy'"):
        tasks.undo()


def test_what_was_put_off_waits_and_new_ones_find_their_place(
    workspace: Workspace, tasks: TasksService
) -> None:
    with pytest.raises(UsageError, match="is not to come"):
        tasks.postpone([tasks.find("tidy")], date(2026, 11, 22))
    tasks.postpone([tasks.find("tidy")], date(2026, 11, 25))
    tasks.postpone([tasks.find("tidy")], date(2026, 11, 26))
    assert b"- [ ] tidy (from 2026-11-26)\r\n" in workspace.journal.read_bytes()
    assert "tidy" not in [task.words for task in still_open(tasks.list(), date(2026, 11, 25))]
    assert "tidy" in [task.words for task in still_open(tasks.list(), date(2026, 11, 26))]
    with pytest.raises(NotFoundError, match="3 tasks"):
        tasks.find("same")
    with pytest.raises(NotFoundError, match="no open task 'nothing'"):
        tasks.find("nothing")
    assert tasks.add("write the report") == "added 'write the report' to 2026-11-22"
    assert workspace.journal.read_bytes().startswith(
        b"# Log\r\n\r\n## 2026-11-22\r\n\r\n### Next Steps\r\n- [ ] write the report\r\n\r\n## 2026-11-19"
    )
    for _ in range(3):
        tasks.undo()
    assert workspace.journal.read_bytes() == START
