"""The tools of the demo's agent: each does something real in the workspace and raises where it cannot."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOSS = re.compile(r"\bloss:? (\d+\.\d+)", re.IGNORECASE)
_WORST = re.compile(r"^\w*(?:Error|Exception): .*", re.MULTILINE)


class Toolbox:
    """The tools by name, on one workspace.

    Args:
        root: The workspace; paths given to the tools are relative to it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.tools: dict[str, Callable[..., Any]] = {
            "list_files": self.list_files,
            "read_log": self.read_log,
            "find_error": self.find_error,
            "loss_statistics": self.loss_statistics,
            "disk_use": self.disk_use,
        }

    def list_files(self, folder: str) -> list[str]:
        """The names of the files in a folder, the newest last.

        Raises:
            FileNotFoundError: if there is no such folder.
        """
        files = [path for path in (self._root / folder).iterdir() if path.is_file()]
        return [path.name for path in sorted(files, key=lambda path: path.stat().st_mtime)]

    def read_log(self, path: str, lines: int = 200) -> list[str]:
        """The last lines of a log.

        Raises:
            FileNotFoundError: if there is no such log.
        """
        text = (self._root / path).read_text(encoding="utf-8", errors="replace")
        return text.splitlines()[-lines:]

    def find_error(self, path: str) -> str | None:
        """The last line of a log's traceback, or None where nothing failed."""
        found = _WORST.findall("\n".join(self.read_log(path)))
        return found[-1] if found else None

    def loss_statistics(self, path: str) -> dict[str, float]:
        """First, last and mean loss in a log.

        Raises:
            ValueError: if the log names no loss yet.
        """
        losses = [float(value) for line in self.read_log(path) for value in _LOSS.findall(line)]
        if not losses:
            raise ValueError(f"no loss in {path} yet")
        return {
            "first": losses[0],
            "last": losses[-1],
            "mean": statistics.fmean(losses),
            "count": len(losses),
        }

    def disk_use(self, folder: str) -> int:
        """Bytes of all files below a folder."""
        return sum(path.stat().st_size for path in (self._root / folder).rglob("*") if path.is_file())
