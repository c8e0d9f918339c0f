"""What the doctor's tests share: a call of the command, and what it says of one check."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import encode
from tests.store.kit import RUN, header, metrics, write

#: Takes root's right to read and write everything from a process; its files are still its own.
_SETPRIV = ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
needs_rights = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may read and write everywhere"
)


@dataclass(frozen=True)
class Answer:
    """What the command answered."""

    code: int
    document: Mapping[str, Any]

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """The checks of that name."""
        return [check for check in self.document["checks"] if check["name"] == name]

    def one(self, name: str) -> Mapping[str, Any]:
        """The one check of that name."""
        (check,) = self.of(name)
        return check

    @property
    def problems(self) -> list[str]:
        """Names of the checks that found something wrong."""
        return [check["name"] for check in self.document["checks"] if not check["ok"]]

    @property
    def done(self) -> str:
        """What was mended."""
        return "\n".join(deed["message"] for deed in self.document["done"])


class Doctor:
    """Calls the command on a workspace, in this process."""

    def __init__(self, workspace: Workspace, output: pytest.CaptureFixture[bytes]) -> None:
        self.workspace = workspace
        self._output = output

    def __call__(self, *args: str) -> Answer:
        self._output.readouterr()
        code = main(["--workspace", str(self.workspace.root), "doctor", "--json", *args])
        out, err = self._output.readouterr()
        assert err == b"", err
        return Answer(code, json.loads(out))


def without_rights(workspace: Workspace, *args: str) -> Answer:
    """Call the command in a process that may read and write only what the modes of files allow."""
    command = [
        sys.executable,
        "-m",
        "mlws_tui",
        "--workspace",
        str(workspace.root),
        "doctor",
        "--json",
        *args,
    ]
    before = _SETPRIV if os.geteuid() == 0 else []
    done = subprocess.run([*before, *command], capture_output=True, timeout=60)
    assert b"Traceback" not in done.stderr
    assert done.stdout, done.stderr
    return Answer(done.returncode, json.loads(done.stdout))


def record(workspace: Workspace, run: str = RUN, *more: Mapping[str, Any] | bytes, end: bool = True) -> Path:
    """Write the stream of a run with a few points; returns its file."""
    last: list[Mapping[str, Any]] = [{"type": "end", "ts": 1010.0, "status": "completed"}] if end else []
    return write(
        workspace.streams,
        f"{run}/host-1-a.jsonl",
        [
            header(run),
            *(metrics(step, 1001.0 + step, loss=1 / (step + 1)) for step in range(5)),
            *more,
            *last,
        ],
    )


def ingest(workspace: Workspace) -> None:
    """Bring the index up, as any command does."""
    assert main(["--workspace", str(workspace.root), "runs", "list"]) == 0


def lines(*records: Mapping[str, Any]) -> bytes:
    """Records as they stand in a stream."""
    return b"".join(map(encode, records))


def texts(checks: Iterable[Mapping[str, Any]]) -> str:
    """All that the checks say."""
    return "\n".join(f"{check['message']} {check['hint']}" for check in checks)
