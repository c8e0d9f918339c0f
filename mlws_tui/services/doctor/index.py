"""The index: there, ours, sound, not too large, and level with the streams."""

from __future__ import annotations

from pathlib import Path

from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.domain.chunks import StreamPosition
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.proc import is_alive, lock_holder, openers
from mlws_tui.services.doctor.words import counted, listed, size
from mlws_tui.services.lease import Lease
from mlws_tui.sources.openfiles import process_name
from mlws_tui.sources.streams import complete_bytes
from mlws_tui.store.checkpoints import SOFT
from mlws_tui.store.checks import IndexReport
from mlws_tui.store.presence import beside
from mlws_tui.store.recovery import aside

_REBUILD = "mlws-tui doctor --rebuild makes it again from the streams; so does the app when it opens"
#: A write-ahead log (bytes) that this is larger than was not emptied for long.
_LONG_LOG = 2 * SOFT
#: Copies of the index that are kept.
KEPT = 2
#: Files that are looked into for whole lines; of more their sizes must do.
_LOOKED_INTO = 200


def soundness(case: Case) -> list[Check]:
    """The file is an index of ours, of a schema that we know, and SQLite finds no damage in it."""
    found = _file(case)
    if case.place.notice:
        found.append(advice("index", case.place.notice, f"it is {case.index} meanwhile"))
    if case.report.stale:
        what = "its folder may not be written, so that what was written last is not seen here"
        found.append(advice("index", what, "look as the user that the workspace belongs to"))
    return found


def _file(case: Case) -> list[Check]:
    report, path = case.report, case.index
    if not report.there:
        return [fine("index", "not made yet: the first command that needs it makes it")]
    if not report.ours:
        return [problem("index", f"{path} is a database of another program", _REBUILD)]
    if report.error is not None and not report.damaged:
        users = openers({path, beside(path, "-wal")})
        who = f"; open in {listed([process_name(pid) for pid in users])}" if users else ""
        return [problem("index", f"{report.error.title}{who}", report.error.hint)]
    if report.damaged:
        return [problem("index", f"the index is damaged: {_damage(report)}", _REBUILD)]
    if report.version > report.newest:
        what = f"the index is of a newer mlws-tui (schema {report.version}, this one knows {report.newest})"
        return [problem("index", what, "update mlws-tui; until then the index is only read")]
    if report.version < report.newest:
        return [fine("index", f"schema {report.version}: brought to {report.newest} when it is next used")]
    return [fine("index", f"{size(path.stat().st_size)}, schema {report.version}, {_checked(case)}")]


def _damage(report: IndexReport) -> str:
    if report.damage or report.error is None:
        return "; ".join(report.damage[:1])
    return report.error.detail.partition(": ")[2]  # SQLite's own words, without the name of the exception


def counts(case: Case) -> list[Check]:
    """What is kept ready for lists and charts agrees with the points; a deep look alone can tell."""
    if not case.deep or not case.report.readable or case.report.damage:
        return []
    wrong = case.report.miscounts
    if wrong:
        return [problem("counts", f"the index miscounts: {listed(wrong)}", _REBUILD)]
    return [fine("counts", "counts, last values and charts agree with the points")]


def journal(case: Case) -> list[Check]:
    """The journal mode, the size of the write-ahead log, and who has the index open."""
    report = case.report
    if not report.readable:
        return []
    found: list[Check] = []
    if report.journal not in ("wal", "truncate") and not report.stale:
        what = f"another program set its journal mode to {report.journal}"
        found.append(advice("journal mode", what, "let only mlws-tui write the index; the app sets it back"))
    log = beside(case.index, "-wal")
    length = _length(log)
    users = openers({case.index, log})
    who = listed([process_name(pid) for pid in users]) or "nobody that can be seen"
    if length > _LONG_LOG:
        what = f"its log is {size(length)} long: somebody reads and does not end; open in {who}"
        found.append(advice("write-ahead log", what, "close that program; the log is emptied by itself"))
    elif users:
        found.append(fine("open in", who))
    return found


def lease(case: Case) -> list[Check]:
    """Who brings the index up to the streams."""
    path = case.index.with_name("ingest.lock")
    pid = lock_holder(path)
    if pid is not None:
        return [fine("ingest", f"{process_name(pid)} keeps the index up")]
    told = Lease(path).holder()
    if told is not None and is_alive(told) and told in openers({path}):
        return [fine("ingest", f"{process_name(told)} keeps the index up")]  # where /proc/locks is hidden
    return [fine("ingest", "no app is open: the next command brings the index up")]


def behind(case: Case) -> list[Check]:
    """How much of the streams is not in the index yet, and what is in the index alone."""
    report, survey = case.report, case.survey
    if not report.readable or survey.error:
        return []
    waiting = waiting_bytes(case)
    found = [fine("streams read", "all of them" if not waiting else f"{size(waiting)} wait to be read")]
    return found + _lost(case)


def _lost(case: Case) -> list[Check]:
    """What the index alone still has. The disk is asked again: a run may have begun since it was surveyed."""
    streams, files = case.workspace.streams, case.streams_read
    read = {one.run for one in files.values() if one.offset}  # of others only people's edits speak
    missing = {run.run for run in case.report.runs} & read - case.survey.runs
    runs = {run for run in missing if _is_gone(streams / run)}
    parts = {
        file
        for file, one in files.items()
        if one.offset and one.run not in runs and file not in case.survey.files
    }
    parts = {file for file in parts if _is_gone(streams / file)}
    found: list[Check] = []
    if runs:
        what = f"{counted(len(runs), 'run')} of the index have no streams any more: {listed(sorted(runs))}"
        hint = "mlws-tui export keeps what the index has of them; mlws-tui doctor --rebuild forgets them"
        found.append(problem("lost streams", what, hint))
    if parts:
        what = f"{counted(len(parts), 'file')} of streams that the index has read are gone: {listed(sorted(parts))}"
        hint = "what they held is in the index alone; mlws-tui doctor --rebuild forgets it"
        found.append(problem("lost streams", what, hint))
    lengths = case.survey.files
    short = sorted(file for file, one in files.items() if lengths.get(file, one.offset) < one.offset)
    if short:
        what = f"{counted(len(short), 'file')} of streams are shorter than what was read of them: {listed(short)}"
        hint = "what is cut off is in the index alone: mlws-tui export keeps it, mlws-tui doctor --rebuild forgets it"
        found.append(problem("lost streams", what, hint))
    return found


def copies(case: Case) -> list[Check]:
    """Copies of the index that were set aside, or were made before its schema changed."""
    old = spare_copies(case.index)
    kept = [*aside(case.index), *backups(case.index)]
    taken = sum(_length(Path(f"{copy}{end}")) for copy in kept for end in ("", "-wal", "-shm", "-journal"))
    if old:
        names = listed([copy.name for copy in old])
        what = f"{counted(len(old), 'old copy', 'old copies')} of the index, {size(taken)} with the newer: {names}"
        return [advice("copies", what, f"mlws-tui doctor --fix keeps the newest {KEPT}")]
    if not kept:
        return [fine("copies", "no index was set aside")]
    names = listed([copy.name for copy in kept])
    return [fine("copies", f"{counted(len(kept), 'copy', 'copies')} of {size(taken)}, {names}")]


def backups(path: Path) -> list[Path]:
    """Copies made before the schema changed, the oldest first."""
    return sorted(path.parent.glob(f"{path.name}.backup-v*[0-9]"), key=lambda copy: copy.stat().st_mtime)


def spare_copies(path: Path) -> list[Path]:
    """The copies that may go: half-made ones, and of each kind all but the newest."""
    partial = [copy for copy in (beside(path, ".backup-partial"),) if copy.exists() and not openers({copy})]
    return [*partial, *aside(path)[:-KEPT], *backups(path)[:-KEPT]]


def waiting_bytes(case: Case) -> int:
    """Bytes of whole lines that the index does not have yet."""
    streams, known = case.workspace.streams, case.report.files
    waits: dict[str, tuple[int, int]] = {}
    for file, length in case.survey.files.items():
        if file.partition("/")[0] in case.report.buried:
            continue
        one = known.get(file)
        offset = one.offset if one is not None else 0
        if length > offset and not (one is not None and (one.problem or one.settled)):
            waits[file] = offset, length
    if len(waits) > _LOOKED_INTO:
        return sum(length - offset for offset, length in waits.values())
    total = 0
    for file, (offset, _) in waits.items():
        try:
            total += complete_bytes(streams, StreamPosition(file, None, offset))
        except OSError:  # said by the checks of the streams
            continue
    return total


def _is_gone(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:  # in a folder that may not be entered
        return False
    return False


def _checked(case: Case) -> str:
    if not case.report.checked:
        return "too large for a quick look: --deep checks it all"
    return "every page and index is sound" if case.deep else "sound"


def _length(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
