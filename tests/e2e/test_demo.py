"""`mlws-tui demo` in a terminal: one command, a run that really trains, nothing left behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.e2e.terminal import Terminal
from tests.e2e.test_app import wait_for_fall


def test_the_demo_trains_before_ones_eyes_and_leaves_nothing(
    app_in: Callable[..., Terminal], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    terminal = app_in("demo")
    terminal.wait_for("2 Runs")
    wait_for_fall(terminal)
    terminal.wait_for(lambda text: re.search(r"\d\d:\d\d:\d\d.*(loss|Epoch|step)", text, re.I) is not None)
    terminal.wait_for(lambda text: "✗" in text)
    terminal.type("q")
    assert terminal.wait_exit(30) == 0
    assert not list(tmp_path.glob("mlws*"))
