"""Mends what is safe to mend, and says each thing that it did. Nothing that a person wrote is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.domain.checkup import Deed
from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.deletion import finish_removals
from mlws_tui.services.doctor.case import Case
from mlws_tui.services.doctor.documents import abandoned
from mlws_tui.services.doctor.index import spare_copies
from mlws_tui.services.doctor.logs import half_archives, logs_aside
from mlws_tui.services.doctor.streams import old_marks
from mlws_tui.services.doctor.words import counted, listed
from mlws_tui.services.workspace import apply_privacy, init
from mlws_tui.sources.aside import put_back
from mlws_tui.store import Store
from mlws_tui.store.recovery import drop


def mend(case: Case) -> tuple[Deed, ...]:
    """Make what is missing, close what is too open, remove what is of no more use. It blocks.

    Returns:
        What was done, and what could not be; none where there was nothing to do.
    """
    deeds: list[Deed] = []
    for step in (_folders, _modes, _marks, _copies, _deleted, _temporaries, _half_archives, _aside):
        try:
            deeds += step(case)
        except MlwsError as error:
            deeds.append(Deed(error.sentence(), ok=False))
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            deeds.append(Deed(f"{error.strerror or error}{where}", ok=False))
    return tuple(deeds)


def _folders(case: Case) -> Iterator[Deed]:
    result = init(case.workspace.root)
    if result.made:
        yield Deed(f"made {listed(result.made)}")
    yield from _closed(result.changed)


def _modes(case: Case) -> Iterator[Deed]:
    """Also where something stands in the way of a folder, so that `init` did not get to it."""
    settings, _ = load_settings(case.workspace)
    return _closed(apply_privacy(case.workspace, settings.files.private))


def _closed(changed: Sequence[str]) -> Iterator[Deed]:
    if changed:
        yield Deed(f"set the mode of {counted(len(changed), 'entry', 'entries')}: {listed(changed)}")


def _marks(case: Case) -> Iterator[Deed]:
    return _remove(old_marks(case), "old mark", Path.unlink)


def _copies(case: Case) -> Iterator[Deed]:
    return _remove(spare_copies(case.index), "old copy of the index", drop, "old copies of the index")


def _deleted(case: Case) -> Iterator[Deed]:
    """Only where the index is sound: to open another one for writing would make it anew, unasked."""
    if case.report.readable and not case.report.damage and case.report.buried & case.survey.runs:
        removed = asyncio.run(_finish_removals(case))
        yield Deed(f"removed the files of {counted(len(removed), 'deleted run')}: {listed(removed)}")


async def _finish_removals(case: Case) -> tuple[str, ...]:
    store = await Store.open(case.index, read_only=True)
    try:
        return await finish_removals(case.workspace, store)
    finally:
        await store.close()


def _temporaries(case: Case) -> Iterator[Deed]:
    return _remove(abandoned(case), "temporary file", Path.unlink)


def _half_archives(case: Case) -> Iterator[Deed]:
    return _remove(half_archives(case), "half archive", Path.unlink)


def _aside(case: Case) -> Iterator[Deed]:
    names = [put_back(path).name for path in logs_aside(case)]
    if names:
        yield Deed(f"gave {counted(len(names), 'log its', 'logs their')} name again: {listed(names)}")


def _remove(paths: list[Path], one: str, remove: Callable[[Path], None], many: str = "") -> Iterator[Deed]:
    """Remove each; one that cannot be removed does not keep the others."""
    gone: list[str] = []
    for path in paths:
        try:
            remove(path)
        except FileNotFoundError:  # somebody was quicker
            continue
        except OSError as error:
            yield Deed(f"{path} could not be removed: {error.strerror or error}", ok=False)
        else:
            gone.append(path.name)
    if gone:
        yield Deed(f"removed {counted(len(gone), one, many)}: {listed(gone)}")
