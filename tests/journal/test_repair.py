"""Journals that shell helpers and unclosed fences have harmed, told of and mended."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.journal import parse
from mlws_tui.domain.journal_edits import apply_all
from mlws_tui.domain.journalrepair import repairs
from mlws_tui.services.journal import JournalService


def mended(data: bytes) -> bytes:
    return apply_all((one.splice for one in repairs(parse(data)) if one.splice), data)


def told(data: bytes) -> list[tuple[str, int, bool]]:
    return [(one.kind, one.line, one.splice is not None) for one in repairs(parse(data))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"# Log\n\\n## 2026-11-20\\n\n- a\n", b"# Log\n\n## 2026-11-20\n\n- a\n"),
        (b"# Log\n\n\\n## 2026-11-20\\n\n\n- a\n", b"# Log\n\n## 2026-11-20\n\n- a\n"),
        (b"- x\r\n\\n## 2026-11-20\\n\r\n", b"- x\r\n\r\n## 2026-11-20\r\n"),
        (b"\\n## 2026-11-20\\n- did x\n", b"## 2026-11-20\n- did x\n"),
        (b"\\n## 2026-11-20\\n\\n### Code\\n- a\\n- b", b"## 2026-11-20\n\n### Code\n- a\n- b"),
        (b"\\n## 2026-11-20\\n- the \\nabla in C:\\new", b"## 2026-11-20\n- the \\nabla in C:\\new"),
        (b"## 2026-11-20\\n\n- a\n", b"## 2026-11-20\n\n- a\n"),
        (b"\\n## 2026-11-20\\ndid x\\n", b"## 2026-11-20\ndid x"),
        (b"\\n## 2026-11-20 the \\nabla\\n\n- a\n", b"## 2026-11-20 the \\nabla\n\n- a\n"),
        (b"\\n## 2026-11-20 in C:\\new\\n\n\n- a\n", b"## 2026-11-20 in C:\\new\n\n- a\n"),
        (b"\\n## 2026-11-19\\n\n\\n## 2026-11-20\\n\n", b"## 2026-11-19\n\n## 2026-11-20\n"),
    ],
)
def test_line_ends_that_echo_wrote_as_signs_become_line_ends(before: bytes, after: bytes) -> None:
    assert {kind for kind, _, _ in told(before)} == {"written-ends"}
    assert mended(before) == after
    assert told(after) == []


@pytest.mark.parametrize(
    "data",
    [
        b"## 2026-11-20\n```\n\\n## 2026-11-19\\n\n```\n",
        b"## 2026-11-20\n<!--\n\\n## 2026-11-19\\n\n-->\n",
        b'## On \\nabla\n\n- echo "\\n## date\\n"\n\n    \\n## 2026-11-20\\n\n',
        b"## 2026-11-20\n- a\n\n## 2026-11-19 \xe2\x80\x93 2026-11-21\n",
    ],
)
def test_what_is_meant_as_it_stands_is_left_alone(data: bytes) -> None:
    assert told(data) == []


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh"])
def test_what_the_helper_of_a_shell_leaves_behind_is_two_entries_in_the_end(
    tmp_path: Path, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    file = tmp_path / "ACTIVITY.md"
    for text in ("2026-11-19", "2026-11-20"):
        script = f'echo "\\n## {text}\\n" >> "$1"; echo "- did x" >> "$1"'
        subprocess.run([shell, "-c", script, "-", str(file)], check=True, timeout=20)
    journal = parse(mended(file.read_bytes()))
    assert [(str(day.date), journal.body(day)) for day in journal.days] == [
        ("2026-11-19", "- did x"),
        ("2026-11-20", "- did x"),
    ]


def test_a_fence_that_hides_days_is_closed_above_the_first_of_them() -> None:
    data = b"## 2026-11-20\n\n```bash\nmake\n\n## 2026-11-19\n\n- a\n\n## 2026-11-18\n"
    (one,) = repairs(parse(data))
    assert (one.line, one.says) == (3, "the code fence is never closed and hides 2 headings")
    assert "line 6" in one.todo
    assert mended(data) == data.replace(b"make\n", b"make\n```\n")


def test_a_fence_is_closed_at_the_end_where_it_hides_nothing_and_else_only_without_a_guess() -> None:
    assert mended(b"## 2026-11-20\n~~~\nx") == b"## 2026-11-20\n~~~\nx\n~~~\n"
    for data in (
        b"## 2026-11-20\n```\n# a comment or a heading?\n",
        b"## 2026-11-20\n```\nx\n````py\ny\n## 2026-11-19\n",
        b"## 2026-11-20\n<!-- later\n## 2026-11-19\n",
    ):
        assert told(data) == [("open-block", 2, False)]


def test_dates_that_are_none_and_days_that_begin_twice_are_told() -> None:
    data = b"## 2026-02-30\n- a\n\n## 03/04/2026\n\n## 2026-11-20\n- b\n\n## 2026-11-20\n- c\n"
    assert told(data) == [("no-date", 1, False), ("no-date", 4, False), ("repeated-day", 9, False)]
    says = [one.says for one in repairs(parse(data))]
    assert "2026-02-30 does not exist" in says[0] and "03/04/2026 can be two days" in says[1]
    assert "line 6" in says[2]


def test_repairs_are_one_change_that_can_be_taken_back(workspace: Workspace) -> None:
    data = b"# Log\n\\n## 2026-11-20\\n\n- a\n\\n## 2026-11-20\\n\n- b\n"
    workspace.journal.write_bytes(data)
    service = JournalService(workspace)
    first, second = service.repairs()
    assert first.key != second.key, "two lines that read the same are two repairs"
    workspace.journal.write_bytes(b"one more line\n" + data)
    before, after = service.repair([first.key, second.key])
    assert before == b"one more line\n" + data
    assert workspace.journal.read_bytes() == after
    assert [one.kind for one in service.repairs()] == ["repeated-day"]

    with pytest.raises(NotFoundError):
        service.repair([first.key])
    assert workspace.journal.read_bytes() == after
