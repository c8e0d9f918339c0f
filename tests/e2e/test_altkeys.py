"""Alt as most terminals send it, an escape character before the key, in the real program."""

from __future__ import annotations

from collections.abc import Callable

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal


def test_alt_is_no_letter_and_escape_no_alt(app_in: Callable[..., Terminal], workspace: Workspace) -> None:
    terminal = app_in(columns=80, rows=24)
    terminal.wait_for("filter")  # the panes are there
    terminal.type("4")
    terminal.wait_for("write today's entry")
    terminal.type("\r")
    terminal.wait_for("esc done")
    terminal.type("loss aloss\nend")
    terminal.wait_for("end")
    terminal.type("\x1b\r")  # alt+enter: no link here
    terminal.type("\x12loss\rX")
    terminal.wait_for(lambda text: "1 of 2" in text and "f8 all" in text)
    terminal.type("\x1bw")
    terminal.wait_for("1 of 1")
    terminal.type("\x1bw\x1ba")
    terminal.wait_for("2 replaced")
    terminal.type("\x1b")
    terminal.wait_for("esc done")
    terminal.type("\x1b")
    terminal.wait_for("enter write")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    assert b"X aX\nend\n" in workspace.journal.read_bytes()
