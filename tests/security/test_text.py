"""Text that is made to keep a pattern busy: what reads it takes time in proportion to its length, no more.

A pattern that tries each end for each beginning holds the interpreter for hours at these lengths. So all run in a
process that may take a minute, where a second is enough.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.journal import parse
from mlws_tui.domain.markdown import scan
from mlws_tui.domain.sessions import facts
from mlws_tui.services.sessions import SessionsService

_MINUTE = 60
_DOCUMENTS = """
import sys
from mlws_tui.domain import journal, markdown, sessions
N = 100_000
ticks, length = [], 0
while length < N:
    ticks.append("`" * (len(ticks) + 1))
    length += len(ticks)
for text in (
    " ".join(ticks), "Title: a" + " " * N + "b", "# a" + " " * N + "b", "# " + "# " * N + "b",
    "* " * N + "x", "- " * N + "x", "> " * N + "x", "1. " * N, "[" + "a" * N, "[" * N, "[a]: <" + "b" * N,
    "<a" + " b" * N, "<!--" * N, "**a" * N, "20241020-101010-" + "-." * N, "## 2024-10-20\\n" * (N // 14),
    "---\\n" + "a: b\\n" * (N // 5), "# session" + " " * N + "x", "## Monday " + " " * N + "x",
):
    data = text.encode()
    sessions.facts(data, "x")
    journal.parse(data)
"""
_LINES = """
from mlws_tui.domain import ansi, levels, loglines, logstamps, text
N = 64 * 1024  # what the longest line is cut to
for line in (
    " " * N + "x", "a" * N, "Error" * (N // 5), "a." * (N // 2) + "Error", "\\x1b[" + "1;" * N, "\\x1b]8;" * (N // 4),
    "   |" * (N // 4) + "x", "[rank 1]: " * (N // 10), "+" + "-" * N + "+" + " " * N, "a\\u0301" * (N // 2),
    "2024-10-19 14:30:00" * (N // 19), '  File "' + "a" * N, "\\x1bP" * (N // 2), "ab\\r" * (N // 3),
):
    stamper = logstamps.Stamper()
    for each in (line, "Traceback (most recent call last):", line):
        stamper.stamp(each, 1.0)
    folder = loglines.LogFolder()
    folder.feed(line.encode())
    folder.close()
    ansi.styled(line.encode())
    text.safe_text(line)
    levels.begins_error(line, [line] * 3)
    levels.read_error(1, ["Traceback (most recent call last):", line, line], None)
"""


@pytest.mark.parametrize("program", [_DOCUMENTS, _LINES], ids=["documents", "lines"])
def test_no_text_keeps_a_reader_busy(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, timeout=_MINUTE)


def test_five_megabytes_of_front_matter_are_read_as_text_and_stay(workspace: Workspace) -> None:
    bomb = b"---\n" + b"a: &a [*a, *a]\n" * 350_000 + b"---\n# Session: Tuning\n"
    path = workspace.sessions / "2024-10-20-tuning.md"
    path.write_bytes(bomb)
    (session,) = SessionsService(workspace).list()
    assert session.facts.title == "Tuning"
    assert path.read_bytes() == bomb


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a `[x]` b [left]", 1),
        ("`[a]` [left] `[b]`", 1),
        ("``a ` [x] `` [left]", 1),
        ("` [left] `` and [left] ``` x", 2),
        ("`[aa]` ` [left]", 1),
        ("```", 0),
    ],
)
def test_code_spans_hide_placeholders(line: str, kept: int) -> None:
    assert len(facts(f"x {line}\n".encode(), "x").placeholders) == kept


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# Title #", "Title"),
        ("# Title ##   ", "Title"),
        ("# C#", "C#"),
        ("# #", ""),
        ("# a # b", "a # b"),
        ("# a \t#\t", "a"),
    ],
)
def test_marks_that_close_a_heading_are_no_part_of_it(line: str, title: str) -> None:
    assert [heading.title for heading in scan(line.encode()).headings] == [title]


def test_lists_in_lists_without_end_are_text_at_some_depth() -> None:
    data = b"- " * 5_000 + b"x\n\n## 2024-10-20\n\n- y\n"
    assert len(parse(data).days) == 1
