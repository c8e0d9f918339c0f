"""The streams: what lies in their folder, and what in them could not be read."""

from __future__ import annotations

import os
from pathlib import Path

from mlws_tui.domain.checkup import Check, advice, fine, problem
from mlws_tui.domain.events import EDITS_DIR
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.words import counted, listed, owner, size

#: Seconds after which a mark of who opened a stream, or of where ranks met, is of no more use.
OLD_MARK = 86_400.0


def files(case: Case) -> list[Check]:
    """Every entry can be read, and is one of ours."""
    survey, streams = case.survey, case.workspace.streams
    if survey.error:
        return [problem("streams", f"{streams} cannot be read: {survey.error}", "check whose folder it is")]
    found: list[Check] = []
    if survey.unreadable:
        owners = {owner(uid) for uid in map(survey.owners.get, survey.unreadable) if uid is not None}
        whose = f" (of {listed(sorted(owners))})" if owners else ""
        many = counted(len(survey.unreadable), "entry", "entries")
        what = f"{many} cannot be read: {listed(survey.unreadable)}{whose}"
        found.append(problem("streams", what, "give yourself the right: chmod u+rwX, or ask their owner"))
    if survey.links:
        what = f"symbolic links are not followed: {listed(survey.links)}"
        found.append(advice("streams", what, "move the folder itself to its place"))
    if survey.foreign:
        what = f"these are no streams of runs: {listed(survey.foreign)}"
        found.append(
            advice("streams", what, "runs are named like 20241019-143000-name; move the others away")
        )
    if not found:
        total = size(sum(survey.files.values()))
        found.append(fine("streams", f"{counted(len(survey.runs), 'run')}, {total}"))
    return found


def edits(case: Case) -> list[Check]:
    """What people change can be appended."""
    if case.survey.error:
        return []
    folder = case.workspace.streams / EDITS_DIR
    ours = [folder, *(folder.parent / name for name in case.survey.files if name.startswith(f"{EDITS_DIR}/"))]
    locked = [path.name for path in ours if path.exists() and not os.access(path, os.W_OK)]
    if locked:
        what = f"changes of runs cannot be kept: {listed(locked)} may not be written"
        return [problem("edits", what, f"check whose {folder} is")]
    held = sum(case.survey.files.get(f"{EDITS_DIR}/{path.name}", 0) for path in ours[1:])
    return [fine("edits", f"{size(held)} of changes" if held else "nothing was changed by hand yet")]


def records(case: Case) -> list[Check]:
    """Each line parses, each file can be read to its end, and each run is introduced."""
    if not case.report.readable:
        return []
    found = [
        check for look in (_stuck, _not_understood, _left_out, _after_end, _nameless) for check in look(case)
    ]
    return found or [fine("records", "every line was understood")]


def _stuck(case: Case) -> list[Check]:
    stuck = sorted(one.problem for one in case.streams_read.values() if one.problem)
    if not stuck:
        return []
    what = f"{counted(len(stuck), 'file')} cannot be read on: {listed(stuck)}"
    hint = "what was read before is kept; a stream must only grow: see docs/streams.md"
    return [problem("records", what, hint)]


def _not_understood(case: Case) -> list[Check]:
    bad = {file: one.bad for file, one in case.streams_read.items() if one.bad}
    if not bad:
        return []
    worst = sorted(bad, key=lambda file: (-bad[file], file))
    what = (
        f"{counted(sum(bad.values()), 'line')} passed over, which could not be understood, in {listed(worst)}"
    )
    return [
        advice("records", what, "the rest of the file is there; the run's facts in the app tell how many")
    ]


def _left_out(case: Case) -> list[Check]:
    left_out = {file: one.left_out for file, one in case.streams_read.items() if one.left_out}
    if not left_out:
        return []
    what = f"{counted(sum(left_out.values()), 'value')} are not in the index: {listed(sorted(left_out))}"
    hint = "there are more names of metrics in it than the index holds; the stream has them all"
    return [advice("records", what, hint)]


def _after_end(case: Case) -> list[Check]:
    sizes = case.survey.files
    after = sorted(
        file
        for file, one in case.streams_read.items()
        if one.settled and not one.problem and sizes.get(file, 0) > one.offset
    )
    if not after:
        return []
    what = f"{counted(len(after), 'file')} went on after the record of its end: {listed(after)}"
    return [advice("records", what, "what comes after an end is not read; a resumed run writes a new file")]


def _nameless(case: Case) -> list[Check]:
    files = case.report.files.values()
    introduced = {one.run for one in files if one.introduced}
    nameless = sorted({one.run for one in files if one.run and one.offset and one.run not in introduced})
    if not nameless:
        return []
    what = f"{counted(len(nameless), 'run')} without a run record: {listed(nameless)}"
    return [advice("records", what, "its name and its process are not known; its metrics are there")]


def deleted(case: Case) -> list[Check]:
    """Of runs that were deleted for ever nothing is left."""
    left = sorted(case.report.buried & case.survey.runs)
    if not left:
        return []
    what = f"files are left of {counted(len(left), 'run')} deleted for ever: {listed(left)}"
    return [advice("deleted runs", what, "mlws-tui doctor --fix removes them")]


def half_lines(case: Case) -> list[Check]:
    """Files whose last line has no end although nobody writes them any more."""
    report = case.report
    if not report.readable:
        return []
    cut = [
        file
        for file, length in case.survey.files.items()
        if (one := report.files.get(file)) is not None
        and one.run is not None
        and not one.problem
        and not one.settled
        and length > one.offset
        and _is_open(case.workspace.streams / file)
        and not case.alive(one.run)
    ]
    if not cut:
        return []
    what = f"{counted(len(cut), 'file')} ended within a line, as its process was killed: {listed(cut)}"
    return [advice("half lines", what, "the half line is left out, all before it is there")]


def marks(case: Case) -> list[Check]:
    """Marks of who opened a stream, and of where ranks met, that are of no more use."""
    old = old_marks(case)
    if old:
        what = f"{counted(len(old), 'mark')} of earlier runs older than a day"
        return [advice("marks", what, "mlws-tui doctor --fix removes them")]
    return [fine("marks", "none that is old")]


def old_marks(case: Case) -> list[Path]:
    """The marks that may go: a day old, and of no run that may still be going on."""
    streams = case.workspace.streams
    limit = case.now - OLD_MARK
    return [
        streams / name
        for name, touched in case.survey.marks.items()
        if touched < limit and not _of_live_run(case, name.partition("/")[2])
    ]


def _of_live_run(case: Case, mark: str) -> bool:
    """A rank's mark keeps later processes of a run apart from it: it stays while the run goes on."""
    if not case.report.readable:
        return True
    return any(mark == run or mark.startswith(f"{run}.") for run in case.report.unfinished if case.alive(run))


def _is_open(path: Path) -> bool:
    """Whether the last line has no end."""
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:  # said by `files`
        return False
