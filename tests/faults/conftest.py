"""Terminals that are closed at the end, and permissions that hold for whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.faults.kit import Start, mounted
from tests.torture.kit import MLWS

_NO_RIGHTS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")


@pytest.fixture
def app() -> Iterator[Start]:
    """Starts the app on a workspace in a terminal wide enough for whole sentences."""
    opened: list[Terminal] = []

    def start(workspace: Workspace, *, under: Sequence[str] = (), columns: int = 240) -> Terminal:
        command = [*under, *MLWS, "--workspace", str(workspace.root)]
        opened.append(Terminal(command, columns=columns))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def plainly() -> tuple[str, ...]:
    """What a command is given to so that permissions hold for it: root may write everywhere."""
    if os.geteuid() != 0:
        return ()
    try:
        subprocess.run([*_NO_RIGHTS, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("root may write everywhere, and its rights cannot be put off here")
    return _NO_RIGHTS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB, which is too small for a reserve."""
    place = tmp_path / "disk"
    with mounted(place, "24m") as there:
        if not there:
            pytest.skip("no small file system may be mounted here")
        yield place
