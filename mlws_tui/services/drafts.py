"""Recovery files: what was typed and not yet saved, kept beside the document until it is."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.sources import files

#: Seconds after which a recovery file of another host is offered too: its app cannot be seen from here.
_FOREIGN_AFTER = 3600.0


def state_folder() -> Path:
    """``$XDG_STATE_HOME/mlws-tui``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "mlws-tui"


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that was typed and not saved.

    Attributes:
        key: The page it belongs to.
        base: The page's text when the typing began.
        text: The text as it was typed.
        cursor: Line and column of the cursor.
        saved_at: Unix seconds when it was kept.
        path: Its recovery file.
    """

    key: str
    base: str
    text: str
    cursor: tuple[int, int]
    saved_at: float
    path: Path


class Drafts:
    """The recovery files in one folder. Each open page of each app has one of its own. All methods block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._owner = f"{os.getpid()}-{secrets.token_hex(3)}"

    def keep(self, key: str, base: str, text: str, cursor: tuple[int, int]) -> Path:
        """Write the recovery file of a page; it is on the disk at return.

        Raises:
            OSError: if it cannot be written.
        """
        path = self.folder / f"{_name(key)}-{self._owner}.json"
        record = {
            "v": 1,
            "key": key,
            "base": base,
            "text": text,
            "cursor": list(cursor),
            "saved_at": time.time(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "pid_start": _process_start(os.getpid()),
        }
        files.replace_private(path, json.dumps(record).encode("ascii"))
        return path

    def drop(self, key: str) -> None:
        """Remove this app's own recovery file of a page."""
        (self.folder / f"{_name(key)}-{self._owner}.json").unlink(missing_ok=True)

    def discard(self, draft: Draft) -> None:
        """Remove a recovery file that was offered."""
        draft.path.unlink(missing_ok=True)

    def find(self, key: str) -> Draft | None:
        """The newest recovery file of a page whose app is gone."""
        found = [draft for draft in self._abandoned(f"{_name(key)}-*.json") if draft.key == key]
        return max(found, key=lambda draft: draft.saved_at, default=None)

    def pages(self, prefix: str) -> list[Draft]:
        """All recovery files of pages whose key begins so and whose app is gone, the newest first."""
        found = [draft for draft in self._abandoned("*.json") if draft.key.startswith(prefix)]
        return sorted(found, key=lambda draft: -draft.saved_at)

    def _abandoned(self, pattern: str) -> Iterator[Draft]:
        for path in self.folder.glob(pattern):
            try:
                record: dict[str, Any] = json.loads(path.read_bytes())
                draft = Draft(
                    str(record["key"]),
                    str(record["base"]),
                    str(record["text"]),
                    (int(record["cursor"][0]), int(record["cursor"][1])),
                    float(record["saved_at"]),
                    path,
                )
                if not self._lives(record, draft.saved_at):
                    yield draft
            except (OSError, ValueError, KeyError, TypeError, IndexError):
                continue  # not one of ours, or gone meanwhile; it stays where it is

    def _lives(self, record: dict[str, Any], saved_at: float) -> bool:
        if record["host"] != socket.gethostname():
            return time.time() - saved_at < _FOREIGN_AFTER
        start = _process_start(int(record["pid"]))
        return start is not None and start == record["pid_start"]


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _process_start(pid: int) -> str | None:
    """Start of a process in clock ticks (proc(5), field 22) with the boot's id; None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{fields[19].decode()}"
    except (OSError, IndexError):
        return None
