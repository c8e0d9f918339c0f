"""The programs that are compared: how each is started on a log, and its keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .places import Log
from .screen import Screen

OURS = "mlws-tui"


@dataclass(frozen=True, slots=True)
class Answered:
    """A key that can be pressed at any time, what it brings to the screen, and the key that takes it away again."""

    key: bytes
    brings: bytes
    back: bytes


@dataclass(frozen=True, slots=True)
class Program:
    """One reader of logs.

    Attributes:
        name: Its name in the table.
        last_page: The command that shows a log's last page.
        follow: The command that shows what is appended, too.
        ready: Keys that are typed once it is there, before any other.
        top: The key that goes to the first line; empty where there is none.
        bottom: The key that goes to the last line.
        error: The keys that go from the last line to the error before it.
        answered: What is pressed to see whether it answers while it follows.
    """

    name: str
    last_page: Callable[[Log], list[str]]
    follow: Callable[[Log], list[str]]
    ready: bytes = b""
    top: bytes = b""
    bottom: bytes = b""
    error: bytes = b""
    answered: Answered | None = None

    def open(self, log: Log, size: tuple[int, int], *, follow: bool = False) -> Screen:
        """Start it on a log, as a person without settings of their own would."""
        home = log.workspace.parent / "home"
        home.mkdir(exist_ok=True)
        kept = {
            name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")
        }
        env = {**kept, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        return Screen((self.follow if follow else self.last_page)(log), size=size, env=env)


def _app(log: Log) -> list[str]:
    return [sys.executable, "-m", "mlws_tui", "--workspace", str(log.workspace)]


PROGRAMS = (
    Program(
        OURS,
        _app,
        _app,
        ready=b"3",
        top=b"g",
        bottom=b"G",
        error=b"E",
        answered=Answered(b"\x1b[5~", b"paused", b"G"),
    ),
    Program(
        "lnav",
        lambda log: ["lnav", str(log.path)],
        lambda log: ["lnav", str(log.path)],
        top=b"g",
        bottom=b"G",
        error=b"E",
        answered=Answered(b"?", b"HELP", b"q"),
    ),
    Program(
        "less",
        lambda log: ["less", "+G", str(log.path)],
        lambda log: ["less", "+F", str(log.path)],
        top=b"g",
        bottom=b"G",
        error=b"? ERROR \r",
    ),
    Program(
        "tail -F",
        lambda log: ["tail", "-n", "40", "-F", str(log.path)],
        lambda log: ["tail", "-n", "40", "-F", str(log.path)],
    ),
)


def installed(names: list[str]) -> list[Program]:
    """Those of the programs with these names that there are; ours always."""
    found = [program for program in PROGRAMS if program.name.split()[0] in names]
    return [program for program in found if program.name == OURS or shutil.which(program.name.split()[0])]


def version(program: Program) -> str:
    """What the program says that it is."""
    if program.name == OURS:
        return subprocess.run([*_app_version()], capture_output=True, text=True, check=False).stdout.strip()
    flag = "-V" if program.name == "lnav" else "--version"
    said = subprocess.run([program.name.split()[0], flag], capture_output=True, text=True, check=False)
    return (said.stdout or said.stderr).splitlines()[0]


def _app_version() -> list[str]:
    return [sys.executable, "-m", "mlws_tui", "--version"]
