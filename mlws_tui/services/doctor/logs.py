"""The logs: whether they and their archives can be read, what there is to archive, and what a kill left of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import KINDS
from mlws_tui.services.archivejobs import partials, set_asides
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.words import counted, listed, size
from mlws_tui.services.logplaces import archived, find_log, log_of
from mlws_tui.services.oldlogs import worth_telling
from mlws_tui.sources.packed import DamagedError, packing_of, unpack

#: Seconds after which a half written file belongs to nobody who still writes it.
_LONG = 3600.0


def files(case: Case) -> list[Check]:
    """Each log can be read, and each link among them leads to one."""
    count = total = 0
    unreadable: list[str] = []
    nowhere: list[str] = []
    for path in _logs(case):
        name = case.workspace.relative(path)
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            # Else it was removed since, or it is a link to a log that is archived.
            if path.is_symlink() and find_log(case.workspace, path) == path:
                nowhere.append(name)
            continue
        except OSError:
            unreadable.append(name)
            continue
        count += 1
        if not os.access(path, os.R_OK):
            unreadable.append(name)
    found: list[Check] = []
    if unreadable:
        what = f"{counted(len(unreadable), 'log')} cannot be read: {listed(unreadable)}"
        found.append(advice("logs", what, "ask the owner, or change the mode"))
    if nowhere:
        what = f"{counted(len(nowhere), 'link leads', 'links lead')} nowhere: {listed(nowhere)}"
        found.append(advice("logs", what, "remove them, or make them anew"))
    return found or [fine("logs", f"{counted(count, 'log')}, {size(total)}")]


def figures(case: Case) -> list[Check]:
    """The logs that figures were taken from are still there, to be read again when the index is made anew."""
    if not case.report.readable:
        return []
    texts = case.texts_read
    troubled = sorted(one.problem for one in texts.values() if one.problem)
    gone = sorted(
        path for path, one in texts.items() if one.offset and not one.problem and _is_gone(case, path)
    )
    hint = (
        "what was read of them is kept in the index; mlws-tui doctor --rebuild forgets what is there no more"
    )
    found: list[Check] = []
    if troubled:
        what = f"{counted(len(troubled), 'log')} cannot be read on for figures: {listed(troubled)}"
        found.append(advice("figures", what, hint))
    if gone:
        what = f"{counted(len(gone), 'log is', 'logs are')} gone from which figures were read: {listed(gone)}"
        found.append(advice("figures", what, hint))
    return found or [fine("figures", f"taken from the text of {counted(len(texts), 'log')}")]


def archives(case: Case) -> list[Check]:
    """What lies in ``logs/archive`` can be read; deep, all of it is unpacked to see whether it is whole."""
    entries = archived(case.workspace)
    found = [check for entry in entries if (check := _trouble(case, entry.path)) is not None]
    if found:
        return found
    if not entries:
        return [fine("archives", "no log is archived")]
    what = f"{counted(len(entries), 'log')}, {size(sum(entry.size for entry in entries))}"
    return [fine("archives", f"{what}, each unpacked and whole" if case.deep else what)]


def twice(case: Case) -> list[Check]:
    """No log is there both archived and not: a kill leaves that for a while, or a run that was resumed."""
    both = [
        case.workspace.relative(log)
        for entry in archived(case.workspace)
        if (log := log_of(case.workspace, entry.path)) != entry.path and log.is_file()
    ]
    if not both:
        return [fine("twice", "no log is there twice")]
    what = f"{counted(len(both), 'log is', 'logs are')} there twice, archived and not: {listed(both)}"
    hint = "mlws-tui archive FILE removes the one that is archived whole, and says where the two differ"
    return [advice("twice", what, hint)]


def old(case: Case) -> list[Check]:
    """Logs that nobody has written for long and that take much room."""
    settings, _ = load_settings(case.workspace)  # what is wrong with them is said by their own check
    told = worth_telling(case.workspace, settings.logs.archive_after, case.now)
    if not told:
        return [fine("old logs", "there is little or nothing to archive")]
    return [
        advice("old logs", told.partition(":")[0], "mlws-tui archive packs them; they can be read as before")
    ]


def half(case: Case) -> list[Check]:
    """Nothing half written lies where logs are archived."""
    left = half_archives(case)
    if not left:
        return [fine("half archives", "none")]
    names = listed([case.workspace.relative(path) for path in left])
    what = f"{counted(len(left), 'file')} of archiving that was cut off: {names}"
    return [advice("half archives", what, "mlws-tui doctor --fix removes them; the logs are whole")]


def aside(case: Case) -> list[Check]:
    """No log or archive was set aside to be removed and is there still."""
    left = logs_aside(case)
    if not left:
        return [fine("set aside", "none")]
    names = listed([case.workspace.relative(path) for path in left])
    what = f"{counted(len(left), 'log was', 'logs were')} set aside by archiving that was cut off: {names}"
    return [advice("set aside", what, "mlws-tui doctor --fix gives each its name again")]


def half_archives(case: Case) -> list[Path]:
    """Half written files that nobody writes any more."""
    return _abandoned(case, partials(case.workspace))


def logs_aside(case: Case) -> list[Path]:
    """Files that were set aside by what works no more."""
    return _abandoned(case, set_asides(case.workspace))


def _abandoned(case: Case, paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        try:
            age = case.now - path.stat(follow_symlinks=False).st_ctime  # it bears the log's time already
        except OSError:  # whole or removed since
            continue
        if age > _LONG:
            found.append(path)
    return sorted(found)


def _is_gone(case: Case, path: str) -> bool:
    try:
        return not find_log(case.workspace, case.workspace.inside(path)).exists()
    except (OSError, WorkspaceError):  # it may be there, and is named by the checks of the logs
        return False


def _logs(case: Case) -> Iterator[Path]:
    for kind in KINDS:
        for folder, folders, names in os.walk(case.workspace.logs / kind):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _trouble(case: Case, path: Path) -> Check | None:
    name = case.workspace.relative(path)
    try:
        packing = packing_of(path)
        with path.open("rb") as file:
            if packing is not None and case.deep:
                for _ in unpack(file, packing):
                    continue
    except DamagedError as error:
        hint = "mlws-tui logs show prints what can be read; put back a copy if there is one"
        return problem("archives", f"{name}: {error}", hint)
    except OSError as error:
        return problem("archives", f"{name} cannot be read: {(error.strerror or str(error)).lower()}")
    return None
