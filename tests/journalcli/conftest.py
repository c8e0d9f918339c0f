"""The command line in this process: quick, with its real output and exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Here:
    """Commands on one workspace."""

    def __init__(self, workspace: Workspace, capture: pytest.CaptureFixture[bytes]) -> None:
        self.workspace = workspace
        self._capture = capture

    def __call__(self, *args: str) -> Said:
        code = main(["--workspace", str(self.workspace.root), *args])
        out, err = self._capture.readouterr()
        return Said(code, out.decode(), err.decode())

    def write(self, text: str) -> Path:
        """Make this the journal."""
        self.workspace.journal.write_text(text)
        return self.workspace.journal


@pytest.fixture
def here(workspace: Workspace, capfdbinary: pytest.CaptureFixture[bytes]) -> Here:
    return Here(workspace, capfdbinary)
