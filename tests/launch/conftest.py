"""Real runs: the program as a person starts it, in a terminal or through pipes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace

RUN = [sys.executable, "-m", "mlws_tui", "run"]
PYTHON = sys.executable


def wait_for(holds: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    """Until the condition holds; its value then."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.02)
    return value


def state(pid: int) -> str:
    """The process's state as in ``/proc``: ``T`` for stopped; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def ended(pid: int) -> bool:
    """Whether the process is gone, or waits for whoever reaps orphans here."""
    return state(pid) in ("", "Z", "X")


class Recorded:
    """What the runs of a workspace left, read as any reader would."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def ids(self) -> list[str]:
        return sorted(path.name for path in self.workspace.streams.iterdir() if not path.name.startswith("_"))

    def records(self, run: str | None = None) -> list[dict[str, Any]]:
        """The wrapper's own records."""
        folder = self.workspace.streams / (run or self.ids()[0])
        for path in folder.glob("*.jsonl"):
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            if lines and lines[0].get("role") == "wrapper":
                return lines
        return []

    def first(self, run: str | None = None) -> dict[str, Any]:
        return self.records(run)[0]

    def end(self, run: str | None = None) -> dict[str, Any]:
        """The ``end`` record, waited for."""

        def found() -> dict[str, Any] | None:
            known = self.ids()
            records = self.records(run or known[0]) if known else []
            return next((record for record in records if record["type"] == "end"), None)

        return wait_for(found, what="the end")

    def log(self, run: str | None = None) -> str:
        chosen = run or self.ids()[0]
        return next(self.workspace.logs.rglob(f"{chosen}.log")).read_text()

    def output(self, run: str | None = None) -> list[str]:
        """The command's lines of the log, without our first and last ones and without stamps."""
        lines = [line.split(" - ", 2)[-1] for line in self.log(run).splitlines()]
        ours = ("Command: ", "Folder: ", "Code: ", "Completed: ", "Failed: ", "Stopped: ")
        return [line for line in lines if not line.startswith(ours)]


@pytest.fixture
def recorded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorded:
    monkeypatch.setenv("MLWS_WORKSPACE", str(workspace.root))
    monkeypatch.chdir(tmp_path)
    return Recorded(workspace)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], list[str]]:
    """Python code as a command."""

    def write(code: str) -> list[str]:
        path = tmp_path / "script.py"
        path.write_text(code)
        return [PYTHON, str(path)]

    return write


def run(command: Sequence[str], *options: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
    """``mlws-tui run`` with pipes."""
    return subprocess.run(
        [*RUN, *options, "--", *command], capture_output=True, text=True, timeout=60, check=False, **arguments
    )


class Pty:
    """A program in a pseudo-terminal; `output` is what it wrote."""

    def __init__(self, command: Sequence[str], rows: int = 24, columns: int = 80) -> None:
        self.output = b""
        self.status: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(command[0], list(command))

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.fd)

    def wait_text(self, text: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while text.encode() not in self.output:
            assert time.monotonic() < end, f"{text!r} not in {self.output!r}"
            self._read()

    def forget(self) -> None:
        self.output = b""

    def wait_exit(self, seconds: float = 20.0) -> int:
        """Its exit code, negative for a signal."""
        end = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < end, f"it did not end: {self.output!r}"
            self._read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
                self._read()
        return os.waitstatus_to_exitcode(self.status)

    def _read(self) -> None:
        if select.select([self.fd], [], [], 0.05)[0]:
            try:
                self.output += os.read(self.fd, 65536)
            except OSError:
                return

    def close(self) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -9
        os.close(self.fd)


@pytest.fixture
def terminals() -> Iterator[Callable[..., Pty]]:
    opened: list[Pty] = []

    def make(*arguments: Any, **keywords: Any) -> Pty:
        opened.append(Pty(*arguments, **keywords))
        return opened[-1]

    yield make
    for terminal in opened:
        terminal.close()
