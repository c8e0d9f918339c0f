"""Advice on the journal with a look at the logs: which of them a pasted stack trace or output is from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.journallint import Advice, lint
from mlws_tui.domain.text import safe_text
from mlws_tui.services.journal import JournalService
from mlws_tui.services.logplaces import entries

#: Bytes of a log in which a pasted line is looked for: its end is what people paste from.
_READ = 4_000_000
_MOST_LOGS = 50


class JournalLint:
    """Looks at the journal of a workspace. All methods block.

    Args:
        workspace: Whose journal it is.
        journal: Reads it.
    """

    def __init__(self, workspace: Workspace, journal: JournalService) -> None:
        self._workspace = workspace
        self._journal = journal

    def advice(self, since: date | None = None) -> list[Advice]:
        """What could be better in the entries from a day on, in the order of the file.

        Raises:
            MlwsError: if the journal cannot be read.
        """
        return lint(self._journal.read(), self._journal.today(), self._where_to, since)

    def fix(self, since: date | None = None) -> list[Advice]:
        """Mend what can be mended without changing a word.

        Returns:
            What was mended, with the lines as they were counted before.

        Raises:
            MlwsError: if the journal cannot be read or saved; it is then as it was.
        """
        found = [one for one in self.advice(since) if one.repair]
        if found:
            self._journal.repair([one.repair for one in found])
        return found

    def _where_to(self, day: date | None, told: str, linked: Sequence[str]) -> str:
        """Where a pasted text belongs: the log that has its line, else the only one that it can be."""
        candidates = [path for path in self._logs if any(name in path for name in linked)]
        stamp = f"{day:%Y%m%d}-" if day else "-"
        candidates += [path for path in self._logs if Path(path).name.startswith(stamp)]
        candidates = list(dict.fromkeys(candidates))
        holder = next((path for path in candidates[:_MOST_LOGS] if self._holds(path, told)), "")
        if holder:
            return f"{safe_text(holder)} has it: link there, and keep only what it means"
        if len(candidates) == 1:
            return f"it belongs in a log, such as {safe_text(candidates[0])}; keep only what it means"
        if candidates:
            return f"it belongs in a log; of that day there are {len(candidates)}; keep only what it means"
        return "it belongs in a log below logs/; keep only what it means"

    @cached_property
    def _logs(self) -> list[str]:
        """All logs, as paths relative to the workspace."""
        return [self._workspace.relative(entry.path) for entry in entries(self._workspace.logs)]

    def _holds(self, path: str, told: str) -> bool:
        try:
            with (self._workspace.root / path).open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _READ))
                return told.encode("utf-8", "surrogateescape") in file.read(_READ)
        except OSError:  # it may be gone by now; then it is not the one
            return False
