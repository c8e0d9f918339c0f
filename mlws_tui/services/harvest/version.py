"""By what the text of logs is read: where that changes, what was read before counts no more."""

from __future__ import annotations

import hashlib
from pathlib import Path

import mlws_tui
from mlws_tui.config.rulefolders import rule_folders
from mlws_tui.config.workspace import Workspace

_PACKAGE = Path(mlws_tui.__file__).parent
#: What reads, and so also the form of what it remembers between two pieces of a log. It is not imported here: that
#: takes its time, and who has nothing to read does without.
_CODE = (
    *sorted((_PACKAGE / "domain" / "extraction").glob("*.py")),
    _PACKAGE / "services" / "harvest" / "records.py",
)


class RulesVersion:
    """A checksum of the rules of a workspace and of what applies them. It blocks on files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._code = hashlib.sha256(b"".join(map(_content, _CODE))).digest()
        self._seen: list[tuple[str, int, int]] | None = None
        self._version = ""

    def now(self) -> str:
        """The checksum; quick where no file has changed since the last time."""
        files = [
            path
            for folder in rule_folders(self._workspace)
            for path in sorted(folder.glob("*.y*ml"))
            if path.suffix in (".yaml", ".yml") and not path.name.startswith(".")
        ]
        seen = [one for path in files if (one := _stamp(path)) is not None]
        if seen != self._seen:
            told = hashlib.sha256(self._code)
            for path in files:
                told.update(hashlib.sha256(path.name.encode() + b"\0" + _content(path)).digest())
            self._seen, self._version = seen, told.hexdigest()[:16]
        return self._version


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:  # gone since
        return None
    return str(path), status.st_mtime_ns, status.st_size


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the rules of such a file do not hold: who reads them says so
        return b""
