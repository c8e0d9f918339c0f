"""The errors and warnings of a whole log, read in one pass."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.levels import LogError, prefix_of, read_error
from mlws_tui.domain.logtimes import Times
from mlws_tui.domain.showing import shown
from mlws_tui.services.logfillers import text_of, wait_for
from mlws_tui.sources.lines import Found, LineReader
from mlws_tui.sources.logday import times_of
from mlws_tui.sources.logfile import LogFile
from mlws_tui.sources.records import record_of
from mlws_tui.sources.sift import ERRORS, WARNINGS
from mlws_tui.sources.tally import forward

_STAMP_WITHIN = 50  # lines before a problem in which its time is looked for
_PIECE = 1 << 20


def problems(workspace: Workspace, path: Path, *, warnings: bool = False) -> tuple[LogError, ...]:
    """All errors that a log tells, in its order, and its warnings if they are asked for. It blocks.

    Args:
        workspace: Whose log it is.
        path: The log, be it packed or archived.
        warnings: Whether warnings count; their level is ``warning``.

    Raises:
        NotFoundError: if there is no such log or it cannot be read.
    """
    with _text_of(workspace, path) as (lies, place):
        try:
            file = LogFile(place)
        except (OSError, ValueError) as error:
            why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
            hint = "mlws-tui logs list shows the logs"
            raise NotFoundError(f"{path} cannot be read: {why}", hint=hint) from error
        try:
            return tuple(_all(_Source(file), lies, warnings))
        finally:
            file.close()


class _Source:
    """A file whose lines can be looked through."""

    def __init__(self, file: LogFile) -> None:
        self.start = 0
        self.size = file.size
        self.modified = file.modified
        self.read = file.read
        self.reader = LineReader(self)
        self._counted = (0, 0)

    def number_of(self, offset: int) -> int:
        """Number of the line at an offset, from 1; offsets come in their order."""
        at, ends = self._counted
        while at < offset and (data := self.read(at, min(_PIECE, offset - at))):
            ends += data.count(b"\n")
            at += len(data)
        self._counted = at, ends
        return ends + 1


def _all(source: _Source, path: Path, warnings: bool) -> Iterator[LogError]:
    times = times_of(source, path, source.modified)
    found: Iterator[tuple[Found, bool]] = _marked(source, grave=True)
    if warnings:
        found = heapq.merge(found, _marked(source, grave=False), key=lambda one: one[0].start)
    for line, grave in found:
        number, ts = source.number_of(line.start), _time_at(source, line, times)
        if grave:
            texts = [shown(one.data).text for one in record_of(source, line.start)]
            yield read_error(number, texts, ts)
        else:
            text = shown(line.data).text
            yield LogError(number, ts, "warning", "", text[prefix_of(text).message :].strip(), "")


def _marked(source: _Source, *, grave: bool) -> Iterator[tuple[Found, bool]]:
    lines = forward(source, ERRORS if grave else WARNINGS, 0, lambda: True, piece=_PIECE)
    return ((line, grave) for line in lines)


def _time_at(source: _Source, line: Found, times: Callable[[], Times]) -> float | None:
    """When the line was written, else the nearest one shortly before it that tells."""
    own = times().read_line(line.data)
    if own is not None:
        return own
    reading = times()
    told = [reading.read_line(one.data) for one in source.reader.before(line.start, _STAMP_WITHIN)]
    return next((ts for ts in reversed(told) if ts is not None), None)


@contextmanager
def _text_of(workspace: Workspace, path: Path) -> Iterator[tuple[Path, Path]]:
    """Where a log lies and where its text can be read, which of a packed one is unpacked first."""
    lies, filler = text_of(workspace, path)
    if filler is None:
        yield lies, lies
        return
    try:
        filler.start()
        wait_for([filler])
        yield lies, filler.path
    finally:
        filler.close()
