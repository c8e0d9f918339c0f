"""Links that lead nowhere: of documents to files, of runs to their logs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.checkup import BrokenLink
from mlws_tui.domain.errors import MlwsError, WorkspaceError
from mlws_tui.domain.events import STREAMS_DIR, is_run_id
from mlws_tui.domain.markdown import decode
from mlws_tui.domain.passages import session_piece
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.documents import documents
from mlws_tui.services.doctor.markdown_links import file_links, path_of
from mlws_tui.services.links import broken_names
from mlws_tui.services.logplaces import find_log, unpacked_name
from mlws_tui.sources import files

#: Links for which a name that is much alike is looked for: each compares with all the names that there are.
_MOST_SEARCHES = 20
_MOST_NAMES = 2_000
#: Characters of a run's id before its name: ``20241019-143000``.
_STAMP = 15


def broken_links(case: Case) -> tuple[BrokenLink, ...]:
    """All links of the workspace whose target is not there."""
    names = _Names(case.workspace.root)
    return (*_in_documents(case, names), *_named(case), *_of_runs(case, names))


class _Names:
    """The files of a workspace that links may have meant."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._alike: dict[Path, Path | None] = {}

    def moved(self, target: Path, start: Path) -> str:
        """Where a file of that name is now, as it would be written from the folder `start`; empty if nowhere."""
        found = self._by_name.get(unpacked_name(target.name))
        return f"it may be {os.path.relpath(found[0], start)}" if found else ""

    def near(self, target: Path, start: Path) -> str:
        """What may have been meant by the path: the file where it is now, else one that is named much alike."""
        if moved := self.moved(target, start):
            return moved
        if target not in self._alike:
            searched = len(self._alike) < _MOST_SEARCHES
            self._alike[target] = self._search(target) if searched else None
        alike = self._alike[target]
        return f"did you mean {os.path.relpath(alike, start)}?" if alike else ""

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = defaultdict(list)
        for top in ("logs", "docs"):
            for folder, folders, names in os.walk(self._root / top):
                folders[:] = [name for name in folders if not name.startswith(".")]
                for name in names:
                    found[unpacked_name(name)].append(Path(folder, name))
        return found

    def _search(self, target: Path) -> Path | None:
        beside = [entry for entry in _listing(target.parent) if _may_be_meant(target.name, entry)]
        close = get_close_matches(target.name, beside[:_MOST_NAMES], n=1, cutoff=0.6)
        if close:
            return target.parent / close[0]
        elsewhere = [name for name in self._by_name if _may_be_meant(target.name, name)][:_MOST_NAMES]
        close = get_close_matches(target.name, elsewhere, n=1, cutoff=0.8)
        return self._by_name[close[0]][0] if close else None


def _may_be_meant(wanted: str, name: str) -> bool:
    """Logs of runs are all named alike: another one is meant only where its time or its name is the same."""
    if name.startswith("."):
        return False
    if not is_run_id(wanted):
        return True
    return name[:_STAMP] == wanted[:_STAMP] or name[_STAMP:] == wanted[_STAMP:]


def _in_documents(case: Case, names: _Names) -> Iterator[BrokenLink]:
    for path in documents(case):
        try:
            data = files.read(path).data
        except MlwsError:  # said by the checks of the documents
            continue
        written = case.workspace.relative(path)
        told: set[tuple[int, Path]] = set()
        for line, target in file_links(decode(data)):
            leads_to = Path(os.path.normpath(path.parent / path_of(target)))
            told.add((line, leads_to))
            if not _exists(case.workspace, leads_to):
                hint = names.near(leads_to, path.parent)
                yield BrokenLink(written, line, target, hint)
        for link in session_piece(data, written, "", None).document().links:
            if link.kind != "log":
                continue
            leads_to = Path(os.path.normpath(case.workspace.root / link.target))
            if (link.line + 1, leads_to) not in told and not _exists(case.workspace, leads_to):
                hint = names.near(leads_to, case.workspace.root)
                yield BrokenLink(written, link.line + 1, link.target, hint)


def _named(case: Case) -> Iterator[BrokenLink]:
    """Runs and session logs that are named and not there; without a readable index nothing is known of runs."""
    if not case.report.readable:
        return
    paths = documents(case)
    deleted = {run.run for run in case.report.runs if run.deleted}
    runs = {run.run for run in case.report.runs} - deleted
    sessions = [path.stem for path in paths[1:]]
    for path in paths:
        yield from broken_names(case.workspace, path, runs, deleted | case.report.buried, sessions)


def _of_runs(case: Case, names: _Names) -> Iterator[BrokenLink]:
    root = case.workspace.root
    for run in case.report.runs:
        if run.log is None or run.deleted:
            continue
        source = f"{STREAMS_DIR}/{run.run}"
        try:
            path = case.workspace.inside(run.log)
        except WorkspaceError:
            yield BrokenLink(source, None, run.log, "it leads out of the workspace and is not read")
            continue
        if not _exists(case.workspace, path):
            yield BrokenLink(source, None, run.log, names.moved(path, root))


def _exists(workspace: Workspace, path: Path) -> bool:
    """Whether the target is there, or the log that it was, archived."""
    try:
        return find_log(workspace, path).exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _listing(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are wanted, not paths
    except (OSError, ValueError):
        return []
