"""Who speaks of a run: lines of the journal and of session logs that name its id, its log, or link to it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.markdown import decode
from mlws_tui.domain.runpages import Mention
from mlws_tui.domain.runs import Run
from mlws_tui.services.journal import JournalService
from mlws_tui.services.logplaces import unpacked_name
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources import files

#: Mentions of a run that its page has room for, and characters of each.
MOST = 200
_SNIPPET = 240
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[.\]\s+)?|\s*#+\s+|\s*>\s*")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)[^()]*\)")
#: What may stand before and after an id: one that goes on is another one (``…-llama3`` and ``…-llama3.1``).
_BEFORE, _AFTER = r"(?<![\w-])", r"(?![\w-]|\.\d)"

Stamp = tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Text:
    """A document as it was last read: its lines, and where links lead that have a path, by line (from 0)."""

    stamp: Stamp
    lines: tuple[str, ...]
    links: tuple[tuple[int, Path], ...]


class Mentions:
    """Looks for runs in what a person wrote. Documents are read again only where they changed. All of it blocks.

    Args:
        workspace: Whose documents they are.
        journal: Tells of which day a line is.
        sessions: Tells of which date a session is.
    """

    def __init__(self, workspace: Workspace, journal: JournalService, sessions: SessionsService) -> None:
        self._workspace = workspace
        self._journal = journal
        self._sessions = sessions
        self._known: dict[Path, _Text] = {}
        self._guard = threading.Lock()

    def of(self, run: Run) -> tuple[Mention, ...]:
        """The lines that speak of a run, the newest day first. A document that cannot be read is passed over."""
        with self._guard:
            found = [*self._in_sessions(run), *self._in_journal(run)]
        found.sort(key=lambda one: (-(one.when or date.min).toordinal(), one.path, one.line))
        return tuple(found[:MOST])

    def _in_journal(self, run: Run) -> Iterator[Mention]:
        path = self._journal.path
        text = self._read(path)
        if text is None:
            return
        lines = list(_lines_of(run, text, self._workspace))
        if not lines:
            return
        try:
            days = self._journal.read().days
        except MlwsError:
            return  # it was replaced by something that cannot be read just now: the journal pane says so
        for number in lines:
            day = next((day.date for day in days if day.line_start <= number < day.line_end), None)
            yield Mention(
                "journal", self._workspace.relative(path), number + 1, day, _snippet(text.lines[number])
            )

    def _in_sessions(self, run: Run) -> Iterator[Mention]:
        for session in self._sessions.list():
            text = self._read(session.path)
            if text is None:
                continue
            for number in _lines_of(run, text, self._workspace):
                snippet = _snippet(text.lines[number])
                path = self._workspace.relative(session.path)
                yield Mention("session", path, number + 1, session.facts.date, snippet)

    def _read(self, path: Path) -> _Text | None:
        from mlws_tui.services.doctor.markdown_links import file_links, path_of  # its package is large

        stamp = files.stamp(path)
        known = self._known.get(path)
        if known is not None and known.stamp == stamp and stamp is not None:
            return known
        try:
            text = decode(files.read(path).data)
        except MlwsError:
            self._known.pop(path, None)
            return None
        links = tuple(
            (line - 1, Path(os.path.normpath(path.parent / path_of(target))))
            for line, target in file_links(text)
        )
        self._known[path] = _Text(stamp, tuple(line.rstrip("\r") for line in text.split("\n")), links)
        return self._known[path]


def _lines_of(run: Run, text: _Text, workspace: Workspace) -> Sequence[int]:
    """The lines (from 0) that speak of the run, in order."""
    names = [run.id, *([run.log] if run.log else [])]
    named = re.compile("|".join(_BEFORE + re.escape(name) + _AFTER for name in names))
    found = {
        number
        for number, line in enumerate(text.lines)
        if any(name in line for name in names) and named.search(line)
    }
    log = workspace.root / os.path.normpath(run.log) if run.log else None
    for number, target in text.links:
        plain = target.with_name(unpacked_name(target.name)) if target.name else target
        if log is not None and plain == log:
            found.add(number)
    for number, line in enumerate(text.lines):
        if run.name and f"[{run.name}]" in line and number not in found and _links_by_name(run, line):
            found.add(number)
    return sorted(found)


def _links_by_name(run: Run, line: str) -> bool:
    """Whether a link of the line is called as the run is, and leads to no other run."""
    for name, target in _LINK.findall(line):
        other = re.search(r"\d{8}-\d{6}-", target)
        if name == run.name and (other is None or run.id in target):
            return True
    return False


def _snippet(line: str) -> str:
    told = _ITEM.sub("", line, count=1).strip()
    return told if len(told) <= _SNIPPET else f"{told[:_SNIPPET]}…"
