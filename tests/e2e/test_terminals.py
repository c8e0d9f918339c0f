"""From the app to the terminal of a run and back, and the start of a run that was made."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.e2e.conftest import Cli
from tests.e2e.terminal import Terminal

TALKING = "print('HELLO', flush=True)\nfor line in iter(input, 'end'): print('GOT', line.upper(), flush=True)"


def test_a_terminal_is_shown_and_left_and_a_made_run_is_started(
    cli: Cli, app_in: Callable[..., Terminal]
) -> None:
    cli("run", "--detach", "--name", "talk", "--", sys.executable, "-c", TALKING)
    terminal = app_in()
    terminal.wait_for("● talk")
    terminal.type("2T")
    terminal.wait_for("attached to")
    terminal.type("one\r")
    terminal.wait_for("GOT ONE")
    terminal.type("\x1d")
    cli("runs", "fork", "talk", "--name", "again")
    terminal.wait_for("not begun: ctrl+s starts it")
    terminal.type("/state:created\r")
    terminal.wait_for("running hidden")
    terminal.type("T")
    terminal.wait_for("was not started yet")
    terminal.type("\x13")
    terminal.wait_for("start in the background")
    terminal.type("\r")
    terminal.wait_for("started: T shows its terminal")
    terminal.type("\x1b")
    terminal.wait_for("● again")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    for run in cli.runs().values():
        assert run["state"] == "running"
        cli("runs", "stop", run["id"], "--now")
