"""What the archive's tests share: logs of some age, archives of all kinds, and a call of the command."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace

DAY = 86_400.0
NAME = "20240101-000000-old"
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}


def text(lines: int = 2_000) -> bytes:
    """A log that does not pack too well."""
    return b"".join(
        b"2024-01-01 00:%02d:%02d - INFO - step %d loss: %.6f\n"
        % (number // 60 % 60, number % 60, number, number * 7919 % 10007 / 10007)
        for number in range(lines)
    )


def lay(
    workspace: Workspace, name: str = f"training/{NAME}.log", *, days: float = 60, data: bytes = b""
) -> Path:
    """Write a log below ``logs`` that was last written so many days ago."""
    path = workspace.logs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data or text())
    age(path, days)
    return path


def age(path: Path, days: float) -> None:
    """Let the file seem to be so old."""
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def tree(workspace: Workspace) -> dict[str, bytes]:
    """All files below ``logs``."""
    logs = workspace.logs
    return {
        path.relative_to(logs).as_posix(): path.read_bytes()
        for path in sorted(logs.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True)
class Answer:
    """What the command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.out)
        return found

    @property
    def reasons(self) -> dict[str, str]:
        """Why each log was left."""
        return {left["path"]: left["reason"] for left in self.document["left"]}


class Archive:
    """Calls ``mlws-tui archive`` on a workspace, in this process."""

    def __init__(self, workspace: Workspace, output: pytest.CaptureFixture[bytes]) -> None:
        self.workspace = workspace
        self._output = output

    def __call__(self, *args: str) -> Answer:
        self._output.readouterr()
        code = main(["--workspace", str(self.workspace.root), "archive", *args])
        out, err = self._output.readouterr()
        return Answer(code, out.decode(), err.decode())
