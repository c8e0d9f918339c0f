"""An afternoon with a log: a person at a keyboard reads what a run writes, in the real program."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlws_tui
from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.store.kit import header, write

_BEGAN = time.mktime((2024, 10, 19, 14, 30, 0, 0, 0, -1))


def line(step: int, text: str = "", *, level: str = "INFO") -> str:
    """What a run writes at that step: one a minute."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(_BEGAN + 60 * step))
    return f"{stamp} - {level} - {text or f'step {step} loss {1 / (step + 1):.3f}'}\n"


class Writing:
    """A live run whose log this writes."""

    def __init__(self, workspace: Workspace, run: mlws_tui.Run) -> None:
        self.path = Path(run.log_file)
        self.path.write_text("".join(map(line, range(100))))
        rank = self.path.with_suffix(".rank1.log")
        rank.write_text("".join(line(step, f"rank one at {step}") for step in range(100)))
        other = header(run.id, time.time(), log=workspace.relative(rank), rank=1, world_size=2, name=run.name)
        write(workspace.streams, f"{run.id}/other-1-a.jsonl", [other])

    def write(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.write("".join(lines))

    def rotate(self) -> None:
        """Set aside, and begun anew under the same name."""
        self.path.rename(self.path.with_suffix(".log.1"))
        self.path.touch()


@pytest.fixture
def writing(workspace: Workspace) -> Iterator[Writing]:
    with mlws_tui.run("llama-ft", dir=workspace.root) as run:
        run.logger.info("begun")  # from now on the run's records name its log
        yield Writing(workspace, run)


def enter(terminal: Terminal, key: str, text: str) -> None:
    """Type into the line that a key opens, the text and the key that accepts it in one go."""
    terminal.type(key)
    terminal.wait_for(lambda screen: "yesterday" in screen or "find as you type" in screen)
    terminal.type(f"{text}\r")


def test_an_afternoon_with_a_log(app_in: Callable[..., Terminal], writing: Writing) -> None:
    terminal = app_in()
    terminal.wait_for("step 99 loss")
    terminal.type("3z")
    terminal.wait_for(lambda text: "step 99 loss" in text and "2 Runs ─" not in text)

    writing.write(line(100))
    terminal.wait_for("step 100 loss", seconds=5)  # followed
    terminal.type("\x1b[5~")
    terminal.wait_for("paused")
    writing.write(line(101), line(102))
    terminal.wait_for("▼ 2 new")
    assert "step 102" not in terminal.text
    terminal.type("G")
    terminal.wait_for(lambda text: "step 102 loss" in text and "follow" in text)

    terminal.type("/")
    terminal.wait_for("find as you type")
    terminal.type("\x12")  # ctrl+r: a regular expression
    terminal.wait_for(".*")
    terminal.type(r"step 4\d loss 0\.02[34]")
    terminal.wait_for("1 of 4")
    terminal.type("\r")
    terminal.wait_for(lambda text: ".*" not in text)
    terminal.type("n")
    terminal.wait_for(lambda text: "2 of 4" in text and "▌2024-10-19 15:11:00 - INFO - step 41" in text)

    terminal.type("f")
    terminal.wait_for("a add")
    terminal.type("a")
    terminal.wait_for("text that a line has")
    terminal.type("step 7")
    terminal.wait_for(" step 7 ")
    terminal.type("\r")
    terminal.wait_for("filtered: 11 of 103 lines")
    terminal.type("\x1b")
    terminal.wait_for(lambda text: "a add" not in text and "step 79" in text and "step 80" not in text)
    writing.write(line(103), line(777))
    terminal.wait_for("filtered: 12 of 105 lines")
    terminal.type("x")
    terminal.wait_for(lambda text: "filtered" not in text)

    enter(terminal, ":", "15:20")
    terminal.wait_for("▌2024-10-19 15:20:00 - INFO - step 50")
    terminal.type("y")
    terminal.wait_for("copied")

    terminal.type("M")
    terminal.wait_for(lambda text: "[rank1] " in text and "[rank0] " in text and "step 777" in text)
    terminal.type("M")
    terminal.wait_for(lambda text: "step 777" in text and "[rank1] " not in text)

    terminal.type("G")
    terminal.wait_for("step 777")
    writing.rotate()
    writing.write("a new beginning\n")
    terminal.wait_for(
        lambda text: (
            re.search(r"── (replaced by a new file|made anew) at \d\d:\d\d:\d\d ─+", text) is not None
        )
    )
    terminal.wait_for("a new beginning")

    terminal.type("q")
    assert terminal.wait_exit() == 0
    assert b"\x1b[?1049l" in terminal.raw
    (copied,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)", bytes(terminal.raw))
    assert base64.b64decode(copied).decode() == line(50).rstrip("\n")
