"""The real program in a real terminal: what a person writes in the journal is never lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.workspace import init
from tests.e2e.conftest import MLWS
from tests.e2e.terminal import Terminal

KEPT = b"# Log\r\n\r\n## 2024-10-18\r\n\r\n- caf\xe9  \r\n* odd\t\r\n"
#: Seconds of typing that a kill may cost, and what a busy machine may add to them.
LOST, SLACK = 1.0, 1.0
SMALL = {"columns": 80, "rows": 24}
_WORD = re.compile(r"word\d{3}")


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def begin_to_write(terminal: Terminal) -> None:
    """Open today's entry, on a screen of which it has all."""
    terminal.wait_for("filter")  # the panes are there
    terminal.type("4")
    terminal.wait_for("write today's entry")
    terminal.type("\r")
    terminal.wait_for("esc")


def restore(terminal: Terminal, word: str) -> None:
    """Take up what is offered at the start; the cursor is then where one goes on to write."""
    terminal.wait_for("filter")
    terminal.type("4")
    terminal.wait_for(lambda text: "restore" in text.lower())
    terminal.type("R")
    terminal.wait_for(lambda text: word in text and "esc" in text)


def type_until_killed(terminal: Terminal, words: Iterator[str], seconds: float, pause: float) -> list[str]:
    """Type words without a stop and kill the program in the middle of one; those that must not be lost."""
    typed: list[tuple[str, float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        word = next(words)
        terminal.type(f"{word}\r" if len(typed) % 8 == 7 else f"{word} ")
        terminal.wait_for(word)
        typed.append((word, time.monotonic()))
        time.sleep(pause)  # a person's pace; nothing is waited for
    terminal.type("half")
    killed = time.monotonic()
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait_exit() == -signal.SIGKILL
    return [word for word, when in typed if killed - when > LOST + SLACK]


def test_kill_9_while_one_types_loses_at_most_the_last_second(
    app_in: Callable[..., Terminal], workspace: Workspace, own_environment: Path
) -> None:
    workspace.journal.write_bytes(KEPT)
    words = (f"word{number:03d}" for number in range(1000))
    terminal = app_in(**SMALL)
    begin_to_write(terminal)
    safe = type_until_killed(terminal, words, 2.4, 0.1)
    assert safe
    assert workspace.journal.read_bytes() == KEPT
    terminal = app_in(**SMALL)
    restore(terminal, safe[-1])
    terminal.type("\x13")  # ctrl+s
    until(lambda: safe[-1].encode() in workspace.journal.read_bytes())
    saved = workspace.journal.read_bytes()
    head, rest = KEPT[:9], KEPT[9:]
    assert saved.startswith(head) and saved.endswith(rest)
    assert set(safe) <= set(_WORD.findall(saved.decode("latin-1")))
    recovery = own_environment / ".local/state/mlws-tui/recovery"
    terminal.type("\rgoing on")
    until(lambda: any("going on" in path.read_text() for path in recovery.glob("*.json")))
    terminal.type("half")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.wait_exit()
    assert workspace.journal.read_bytes() == saved
    (draft,) = Drafts(recovery).pages(f"{workspace.journal}#")
    assert "going on" in draft.text and set(safe) <= set(_WORD.findall(draft.text))


def test_captures_and_a_pull_beside_unsaved_words_lose_nothing(
    app_in: Callable[..., Terminal], workspace: Workspace
) -> None:
    workspace.journal.write_bytes(KEPT)
    terminal = app_in(**SMALL)
    begin_to_write(terminal)
    terminal.type("### Learning\r- typed in the app")
    terminal.wait_for("typed in the app")
    call = [*MLWS, "--workspace", str(workspace.root), "log"]
    captures = [subprocess.Popen([*call, "Code", f"capture {n}"], stdout=subprocess.PIPE) for n in range(5)]
    assert [process.wait(timeout=30) for process in captures] == [0] * 5
    for process in captures:
        process.communicate()
    terminal.type(" and more")
    terminal.wait_for("and more")
    pulled = workspace.root / "pulled.md"  # as git does it: a new file takes the old one's place
    pulled.write_bytes(workspace.journal.read_bytes().replace(b"* odd\t\r\n", b"* odd\t\r\n* pulled\r\n"))
    pulled.replace(workspace.journal)
    terminal.type("\x13")
    until(lambda: b"typed in the app and more" in workspace.journal.read_bytes())
    terminal.type("\x11")  # ctrl+q
    assert terminal.wait_exit() == 0
    saved = workspace.journal.read_bytes()
    for number in range(5):
        assert saved.count(b"* capture %d\r\n" % number) == 1
    assert KEPT.removeprefix(b"# Log\r\n\r\n") + b"* pulled\r\n" in saved
    assert saved.count(b"typed in the app") == 1 and b"<<<<" not in saved
    assert b"\n" not in saved.replace(b"\r\n", b"")


def test_the_app_opens_on_the_journal_where_there_is_nothing_else(
    app_in: Callable[..., Terminal], tmp_path: Path
) -> None:
    root = init(tmp_path / "notes", journal=True).workspace.root
    terminal = app_in("--workspace", str(root), **SMALL)
    terminal.wait_for("write today's entry")
    terminal.type("\rfirst words")
    terminal.wait_for("first words")
    terminal.type("\x11")  # ctrl+q
    assert terminal.wait_exit() == 0
    assert "first words" in (root / "ACTIVITY.md").read_text()
    assert sorted(path.name for path in root.iterdir()) == [".mlws", "ACTIVITY.md"]
