"""Keys that come in one burst, as over a slow connection, do what they do when each is waited for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.store.kit import header, write

LOG = "".join(
    f"2024-10-19 14:{i // 60:02d}:{i % 60:02d} - INFO - step {i} {'hot zzz' if i % 50 == 7 else 'cold'}\n"
    for i in range(300)
)


@pytest.fixture
def terminal(app_in: Callable[..., Terminal], workspace: Workspace) -> Terminal:
    run = "20241019-140000-bursts"
    log = workspace.logs / "training" / f"{run}.log"
    log.write_text(LOG)
    write(
        workspace.streams, f"{run}/host-1-a.jsonl", [header(run, 1729346400.0, log=workspace.relative(log))]
    )
    terminal = app_in(columns=100, rows=30)
    terminal.wait_for("step 299 cold")
    terminal.type("3z")
    terminal.wait_for(lambda text: "step 280" in text and "2 Runs ─" not in text)
    return terminal


def leave(terminal: Terminal) -> None:
    terminal.type("q")
    assert terminal.wait_exit() == 0


def test_finding_and_going_on_from_there(terminal: Terminal) -> None:
    terminal.type("g/hot zzz\rnnm")
    terminal.wait_for("◈2024-10-19 14:01:47 - INFO - step 107 hot")
    terminal.wait_for("3 of 6")
    terminal.type(":200\rVjjy")
    terminal.wait_for("copied 3 lines")
    terminal.wait_for("▌2024-10-19 14:03:21 - INFO - step 201 ")
    leave(terminal)


def test_the_form_of_a_filter(terminal: Terminal) -> None:
    terminal.type("fa" + "quiz" * 3 + "\x7f" * 60 + "step 7\rq")
    terminal.wait_for(lambda text: "filtered: 11 of 300 lines" in text and "a add" not in text)
    terminal.type("fjje\t" + "\x7f" * 20 + "sevens\rdq")
    terminal.wait_for(lambda text: "filtered" not in text and "Filters of the logs" not in text)
    leave(terminal)
