"""The journal on disk: one day at a time, beside other programs."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.journal import DayRef, JournalService, document
from mlws_tui.services.pages import Conflict, Saved
from mlws_tui.sources import files

D18, D19, D20 = date(2024, 10, 18), date(2024, 10, 19), date(2024, 10, 20)

WRITER = """
import sys
from pathlib import Path
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.journal import JournalService
service = JournalService(Workspace(Path(sys.argv[1])))
for n in range(25):
    service.append("Experiments", f"line {sys.argv[2]}-{n}")
"""

TYPIST = """
import sys
from pathlib import Path
from mlws_tui.services.drafts import Drafts
path = Drafts(Path(sys.argv[1])).keep("page", "old", "old and caf\\u00e9 \\udcff", (3, 4))
print(path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def service(workspace: Workspace) -> JournalService:
    workspace.journal.write_bytes(b"# Log\n\n## 2024-10-19\n\n- a\n- b\n\n## 2024-10-18\n\n- c\n")
    return JournalService(workspace, clock=lambda: datetime(2024, 10, 20, 9, 30))


def saved(outcome: Saved | Conflict) -> Saved:
    assert isinstance(outcome, Saved)
    return outcome


def test_a_day_is_saved_and_no_other_line_changes(service: JournalService) -> None:
    before = service.path.read_bytes()
    page = service.day(DayRef(D19))
    assert page.text == "- a\n- b"
    saved(service.save_day(DayRef(D19), page.text, "- a\n- B\n\n"))
    assert service.path.read_bytes() == before.replace(b"- b", b"- B")


def test_saving_what_is_there_touches_no_file(service: JournalService) -> None:
    stamp = service.path.stat()
    page = service.day(DayRef(D19))
    saved(service.save_day(DayRef(D19), page.text, page.text))
    saved(service.save_day(DayRef(D20), "", ""))
    assert service.path.stat() == stamp


def test_a_new_day_is_made_when_something_is_written(service: JournalService) -> None:
    assert not service.day(DayRef(D20)).exists
    saved(service.save_day(DayRef(D20), "", "- new"))
    assert b"# Log\n\n## 2024-10-20\n\n- new\n\n## 2024-10-19\n" in service.path.read_bytes()


def test_the_first_day_makes_the_file(workspace: Workspace) -> None:
    workspace.journal.unlink(missing_ok=True)
    service = JournalService(workspace)
    saved(service.save_day(DayRef(D20), "", "- new"))
    assert workspace.journal.read_bytes() == b"## 2024-10-20\n\n- new\n"


def test_other_days_may_change_meanwhile(service: JournalService) -> None:
    page = service.day(DayRef(D19))
    service.path.write_bytes(service.path.read_bytes().replace(b"- c", b"- changed\n- longer"))
    assert saved(service.save_day(DayRef(D19), page.text, "- mine")).merged == 0
    assert b"- mine\n" in service.path.read_bytes() and b"- changed\n- longer\n" in service.path.read_bytes()


def test_lines_added_to_the_same_day_are_merged(service: JournalService) -> None:
    page = service.day(DayRef(D19))
    service.path.write_bytes(service.path.read_bytes().replace(b"- b\n", b"- b\n- theirs\n"))
    outcome = saved(service.save_day(DayRef(D19), page.text, "- A\n- b\n- mine"))
    assert (outcome.page.text, outcome.merged) == ("- A\n- b\n- theirs\n- mine", 1)
    assert service.day(DayRef(D19)).text == outcome.page.text


def test_the_same_line_changed_is_a_conflict_and_nothing_is_written(service: JournalService) -> None:
    page = service.day(DayRef(D19))
    service.path.write_bytes(service.path.read_bytes().replace(b"- b", b"- theirs"))
    before = service.path.read_bytes()
    conflict = service.save_day(DayRef(D19), page.text, "- a\n- mine")
    assert isinstance(conflict, Conflict)
    assert service.path.read_bytes() == before
    assert conflict.settled("mine") == "- a\n- mine"
    assert conflict.settled("theirs") == "- a\n- theirs"
    assert conflict.settled("both") == "- a\n- theirs\n- mine"
    saved(service.save_day(DayRef(D19), conflict.page.text, conflict.settled("both")))
    assert service.day(DayRef(D19)).text == "- a\n- theirs\n- mine"


def test_a_heading_that_ends_the_day_does_not_split_what_is_being_written(service: JournalService) -> None:
    text = "- a\n\n## Thoughts\n\nwords"
    page = saved(service.save_day(DayRef(D19), "- a\n- b", text)).page
    assert page.text == text
    saved(service.save_day(DayRef(D19), page.text, text + "\nmore"))
    assert service.path.read_bytes().count(b"## Thoughts") == 1
    assert b"words\nmore\n\n## 2024-10-18" in service.path.read_bytes()


def test_a_day_removed_outside_is_not_silently_made_again(service: JournalService) -> None:
    page = service.day(DayRef(D18))
    service.path.write_bytes(b"# Log\n\n## 2024-10-19\n\n- a\n- b\n")
    assert isinstance(service.save_day(DayRef(D18), page.text, "- c changed"), Conflict)


def test_bytes_that_are_not_utf8_and_mixed_line_ends_stay(workspace: Workspace) -> None:
    data = b"\xef\xbb\xbf## 2024-10-19\r\n\r\n- caf\xe9\n- b\x0cb\r\n- \xe2\x80\xa8 c\r\n\r\n## 2024-10-18\r\n- d"
    workspace.journal.write_bytes(data)
    service = JournalService(workspace)
    page = service.day(DayRef(D19))
    saved(service.save_day(DayRef(D19), page.text, page.text.replace("b\x0cb", "changed")))
    assert workspace.journal.read_bytes() == data.replace(b"b\x0cb", b"changed")


def test_four_programs_write_at_once_and_every_line_is_there_once(workspace: Workspace) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(workspace.root), str(number)])
        for number in range(4)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0, 0]
    lines = workspace.journal.read_text().splitlines()
    written = [line for line in lines if line.startswith("- line")]
    assert sorted(written) == sorted(f"- line {number}-{n}" for number in range(4) for n in range(25))
    assert sum(line.startswith("## ") for line in lines) == 1


def test_a_capture_needs_a_section_and_words(service: JournalService) -> None:
    for section, text in (("", "x"), ("Code", "  "), ("!!", "x")):
        with pytest.raises(UsageError):
            service.append(section, text)


def test_days_streak_and_a_missing_day(service: JournalService) -> None:
    assert service.days() == [DayRef(D18), DayRef(D19)]
    assert service.streak() == 2
    with pytest.raises(NotFoundError, match="2024-01-01") as caught:
        service.entry(date(2024, 1, 1))
    assert "2024-10-18" in caught.value.hint


def test_an_entry_as_a_document(service: JournalService) -> None:
    service.append("Code", "x", D19)
    journal, days = service.entry(D19)
    found = document(journal, days[0], "ACTIVITY.md")
    assert (found["date"], found["line_start"], found["line_end"]) == ("2024-10-19", 3, 10)
    assert found["sections"] == [{"title": "Code", "line_start": 8, "line_end": 10, "text": "- x\n"}]


def test_a_template_of_the_workspace_begins_a_day(workspace: Workspace) -> None:
    service = JournalService(workspace)
    assert service.starter(DayRef(D19)) == ""
    folder = workspace.marker / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "journal.md").write_text("### Focus of {{ weekday }}\n- \n")
    assert service.starter(DayRef(D19)) == "### Focus of Saturday\n- "


def test_captures_take_the_sections_of_the_template_in_its_order_and_no_empty_ones(
    workspace: Workspace,
) -> None:
    folder = workspace.marker / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "journal.md").write_text(
        "### Goals of {{ weekday }}\n- \n\n### \U0001f6a7 Blockers\n\n### Experiments\n"
    )
    service = JournalService(workspace, clock=lambda: datetime(2024, 10, 20, 9, 30))
    titles = [service.append(name, "x") for name in ("next", "exp", "models", "block", "Ideas")]
    assert titles == ["Next Steps", "Experiments", "Models", "\U0001f6a7 Blockers", "Ideas"]
    journal = service.read()
    shown = [section.title for section in journal.sections(journal.days[0])]
    assert shown == ["\U0001f6a7 Blockers", "Models", "Experiments", "Ideas", "Next Steps"]


def test_the_words_of_a_killed_program_are_found_again(tmp_path: Path) -> None:
    typist = subprocess.Popen(
        [sys.executable, "-c", TYPIST, str(tmp_path / "recovery")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert typist.stdout is not None and typist.stdin is not None
    path = Path(typist.stdout.readline().strip())
    drafts = Drafts(tmp_path / "recovery")
    assert path.stat().st_mode & 0o777 == 0o600
    assert drafts.find("page") is None, "its program still lives"
    typist.kill()
    typist.wait()
    typist.stdout.close()
    typist.stdin.close()
    draft = drafts.find("page")
    assert draft is not None
    assert (draft.base, draft.text, draft.cursor) == ("old", "old and café \udcff", (3, 4))
    assert drafts.pages("pa") == [draft]
    assert drafts.find("other") is None
    drafts.discard(draft)
    assert drafts.find("page") is None


def test_a_broken_recovery_file_harms_nobody(tmp_path: Path) -> None:
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"key": 1}')):
        (tmp_path / name).write_text(text)
    assert Drafts(tmp_path).pages("") == []


def test_what_another_program_writes_between_reading_and_saving_a_linked_file_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.journal
    path.write_bytes(b"# Log\n\n## 2024-10-20\n\n- a\n")
    (path.parent / "twin.md").hardlink_to(path)
    save, others = files.save, [b"\n## 2024-10-19\n\n- theirs\n"]

    def late(target: Path, data: bytes, before: files.Snapshot, like: Path) -> files.Snapshot:
        if others:
            with path.open("ab") as file:
                file.write(others.pop())
        return save(target, data, before, like)

    monkeypatch.setattr(files, "save", late)
    journal = JournalService(workspace, clock=lambda: datetime(2024, 10, 20, 9))
    journal.save_day(DayRef(date(2024, 10, 20)), "- a", "- a\n- mine")
    assert path.read_bytes() == b"# Log\n\n## 2024-10-20\n\n- a\n- mine\n\n## 2024-10-19\n\n- theirs\n"
    assert (path.parent / "twin.md").samefile(path)
