"""Processes that keep the index of a workspace up, to be killed: the ingester alone, and the real app."""

from __future__ import annotations

import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Protocol

from tests.e2e.terminal import Terminal
from tests.store.kit import RUN
from tests.torture.kit import MLWS, PATIENCE, python, start, wait_until

#: After a failure the ingester waits this long (s).
RETRY = "0.2"


class Keeper(Protocol):
    """What a test does with either of them."""

    def wait_until_open(self) -> None: ...

    def sleep_until(self, moment: float) -> None: ...

    def check_alive(self, after: str = "") -> None: ...

    def kill(self) -> None: ...


class Ingester:
    """The ingester in a process of its own. `told` is what it wrote to stderr: its problems, or why it ended."""

    def __init__(self, root: Path) -> None:
        self._told = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill`
        command = python("tests.store.ingester", str(root), RETRY)
        self._process = start(command, root, stdout=subprocess.PIPE, stderr=self._told)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def told(self) -> str:
        self._told.seek(0)
        return self._told.read().decode()

    def wait_until_open(self) -> None:
        """Until it has the index open: then it says its role."""
        said = self._process.stdout
        assert said is not None and select.select([said], [], [], PATIENCE)[0] and said.readline(), self.told

    def wait_for_problem(self, words: str, since: int) -> None:
        """Until it tells of it, after so many characters of what it `told`."""
        wait_until(lambda: words in self.told[since:], f"it tells {words!r}")

    def sleep_until(self, moment: float) -> None:
        time.sleep(max(0.0, moment - time.monotonic()))

    def check_alive(self, after: str = "") -> None:
        """It never ends by itself."""
        assert self._process.poll() is None, f"it ended by itself {after}:\n{self.told}"

    def kill(self) -> None:
        """End it at once, whatever it does. Safe to call twice."""
        self._process.kill()
        self._process.wait()
        self._told.close()
        if self._process.stdout is not None:
            self._process.stdout.close()


class App:
    """The real app in a terminal of its own."""

    def __init__(self, root: Path) -> None:
        self._terminal = Terminal([*MLWS, "--workspace", str(root)])

    def wait_until_open(self) -> None:
        """Until it has the index open: then it lists the run."""
        self._terminal.wait_for(RUN[16:], PATIENCE)

    def sleep_until(self, moment: float) -> None:
        """What it paints meanwhile is read, for else it would wait for its terminal."""
        patience = max(0.0, moment - time.monotonic()) + PATIENCE
        self._terminal.wait_for(lambda _: time.monotonic() >= moment, patience)

    def check_alive(self, after: str = "") -> None:
        """It never ends by itself."""
        assert self._terminal.status is None, f"it ended by itself {after}:\n{self._terminal.text}"

    def kill(self) -> None:
        """End it at once, whatever it does. Safe to call twice."""
        self._terminal.close()


def keeper(root: Path, *, app: bool = False) -> Keeper:
    return App(root) if app else Ingester(root)
