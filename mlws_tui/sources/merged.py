"""Several logs as one text by time, which goes on as they are written."""

from __future__ import annotations

import errno
import heapq
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mlws_tui.domain.errors import MlwsError
from mlws_tui.sources.mergedlog import MergedLog
from mlws_tui.sources.spool import Spool

log = logging.getLogger(__name__)

#: Bytes of the end of a long log that are merged.
LAST = 64 * 1024 * 1024
#: Seconds that a line of a live log waits for earlier ones of the other logs.
WINDOW = 0.5
_PAUSE = 0.05  # seconds between two looks at a few logs; of more each is looked at less often
_FEW = 8
_WRITE = 256 * 1024  # bytes that are written at once


class Merging:
    """One text of several logs, in a file that fills up and is followed by a thread of its own.

    Each line has the tag of its log before it. A line without a time stays behind the line before it of its own log;
    logs that tell no times at all come first, and what they get later in the order of arrival.

    Args:
        logs: A tag and the file of each; none of them need exist yet.
        changed: Called in the thread whenever more is there.
        spool: Takes the text, and is closed with this; by default one of its own.
        last: Bytes of the end of each log that are merged; of a longer one a line tells what is left out.

    Attributes:
        share: Share of what the logs held at the beginning that is merged (0-1).
        problem: Why it cannot go on, in one sentence without a full stop; empty where it does.
        done: Whether all that they held at the beginning is merged. What they get later comes all the same.
    """

    def __init__(
        self,
        logs: Sequence[tuple[str, Path]],
        changed: Callable[[], None] | None = None,
        spool: Spool | None = None,
        *,
        last: int = LAST,
    ) -> None:
        self._named = tuple(logs)
        self._changed = changed
        self._spool = spool
        self._last = last
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="merge logs", daemon=True)
        self._logs: list[MergedLog] = []
        self._text: list[bytes] = []
        self._pending = 0
        self.share = 0.0
        self.problem = ""
        self.done = False

    @property
    def path(self) -> Path:
        """Where the text can be read from `start` until `close`."""
        assert self._spool is not None, "it is started before it is read"  # noqa: S101 - a mistake of ours
        return self._spool.path

    def start(self) -> None:
        """Begin to merge. It blocks for a moment.

        Raises:
            MlwsError: if there is no place for the text.
        """
        if self._spool is None:
            try:
                self._spool = Spool()
            except OSError as error:
                raise MlwsError(
                    f"The logs cannot be merged: no temporary file can be made ({error.strerror or error})",
                    hint="set TMPDIR to a folder with room in it",
                ) from error
        self._thread.start()

    def close(self) -> None:
        """Stop, and give the space back. Readers of the path close before."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        if self._spool is not None:
            self._spool.close()

    def _work(self) -> None:
        try:
            for tag, path in self._named:
                self._logs.append(MergedLog(tag, path, self._last))
            pause = _PAUSE * max(1.0, len(self._logs) / _FEW)
            while not self._stop.is_set():
                read = [one.read() for one in self._logs]
                wrote = self._merge()
                self._report()
                if not any(read) and not wrote:
                    self._stop.wait(pause)
        except OSError as error:
            self.problem = _sentence(error)
        except Exception as error:  # a thread has nobody above it who would hear of it
            log.exception("merging %s failed", ", ".join(tag for tag, _ in self._named))
            self.problem = f"The logs are not merged any further ({type(error).__name__}: {error})"
        finally:
            self.done = True
            for one in self._logs:
                one.close()
            self._tell()

    def _report(self) -> None:
        """Say how far it is, once the text of this round can be read."""
        wrote = self._flush()
        was_done = self.done
        if not was_done:
            total = sum(one.total for one in self._logs)
            self.done = all(one.begun for one in self._logs)
            self.share = 1.0 if self.done or not total else sum(one.passed for one in self._logs) / total
        if wrote or self.done != was_done:
            self._tell()

    def _merge(self) -> bool:
        """Write out what no other log can have anything earlier than, or what has waited long enough."""
        heads = [(one.first[0].ts, i) for i, one in enumerate(self._logs) if one.first]
        heapq.heapify(heads)
        wrote = False
        while heads:
            earliest = self._logs[heads[0][1]]
            if not self._may_go(earliest):
                break
            self._put(earliest)
            wrote = True
            if earliest.first:
                heapq.heapreplace(heads, (earliest.first[0].ts, heads[0][1]))
            else:
                heapq.heappop(heads)
        return wrote

    def _may_go(self, one: MergedLog) -> bool:
        if not all(other.first or other.caught_up for other in self._logs):
            return False  # there is more to read of one before it can be said what comes first
        if len(one.first) == 1 and not one.caught_up:
            return False  # more lines may belong to it
        waited = time.monotonic() - one.first[0].arrived >= WINDOW
        return waited or (len(one.first) > 1 and all(other.first for other in self._logs))

    def _put(self, one: MergedLog) -> None:
        record = one.take()
        self._text += record.lines
        self._pending += record.size
        if self._pending >= _WRITE:
            self._flush()

    def _flush(self) -> bool:
        text, self._text, self._pending = self._text, [], 0
        if text and self._spool is not None:
            self._spool.write(b"".join(text))
        return bool(text)

    def _tell(self) -> None:
        if self._changed is not None and not self._stop.is_set():
            self._changed()


def _sentence(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" of {error.filename}" if error.filename else ""
        return f"The logs are not merged any further: the disk{where} would soon be full"
    return f"The logs are not merged any further: {(error.strerror or str(error)).lower()}"
