"""What stays of a run: the execution log and the supervisor's own event stream."""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.domain.events import STREAMS_DIR
from mlws_tui.domain.loglines import LogFolder
from mlws_tui.domain.logstamps import Stamper, prefix
from mlws_tui.sdk.stream import StreamWriter
from mlws_tui.services.launch.outcome import Outcome
from mlws_tui.sources.modes import file_mode, folder_mode, make_folder, set_mode

#: How many of the last lines are kept to tell why a command failed.
_TAIL = 400
_TAIL_WIDTH = 4000
_RETRY = 1.0


class LogWriter:
    """Appends lines to a new file. A full disk loses lines and is noted in the log when it takes some again.

    Args:
        path: The file.
        like: A folder whose privacy the file takes, and each folder that is made for it.

    Raises:
        OSError: if the file cannot be made.
    """

    def __init__(self, path: Path, like: Path) -> None:
        make_folder(path.parent, folder_mode(like))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        mode = file_mode(like)
        self._fd = os.open(path, flags, mode)
        set_mode(self._fd, mode)
        self._torn = False
        self._lost = 0
        self._retry_at = 0.0
        self.problem = ""  #: why lines are lost, from the first time on

    def write(self, lines: Sequence[str]) -> None:
        """Append lines; never raises for the disk."""
        if not lines:
            return
        if self._lost and time.monotonic() < self._retry_at:
            self._lost += len(lines)
            return
        text = "".join(f"{line}\n" for line in lines)
        if self._lost:
            text = f"{prefix(time.time(), 'WARNING')}{self._lost} lines of this log were lost: {self.problem}\n{text}"
        data = memoryview((b"\n" if self._torn else b"") + text.encode(errors="replace"))
        try:
            while data:
                written = os.write(self._fd, data)
                self._torn = self._torn or written > 0
                data = data[written:]
        except OSError as error:
            self.problem = os.strerror(error.errno or 0)
            self._lost += len(lines)
            self._retry_at = time.monotonic() + _RETRY
            return
        self._torn = False
        self._lost = 0

    def close(self) -> None:
        os.close(self._fd)


class _Source:
    """One of the command's outputs: folded and stamped apart from the other, so that half lines do not mix."""

    def __init__(self) -> None:
        self.folder = LogFolder()
        self.stamper = Stamper()


class Recorder:
    """Writes a run's log and stream. Times are Unix seconds.

    Args:
        root: The workspace's folder.
        run: The run's id, claimed.
        log: Path of the log relative to the workspace.

    Raises:
        OSError: if the log or the stream cannot be made.
    """

    def __init__(self, root: str, run: str, log: str) -> None:
        self.run = run
        self.log_path = Path(root, log)
        self._log = LogWriter(self.log_path, Path(root, STREAMS_DIR))
        try:
            self._stream = StreamWriter(root, run)
        except OSError:
            self._log.close()
            with contextlib.suppress(OSError):
                self.log_path.unlink()
            raise
        self._sources: dict[int, _Source] = {}
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._ended = False

    def record(self, record: Mapping[str, Any]) -> None:
        """Append a record to the stream."""
        self._stream.write(record)

    def begin(self, facts: Mapping[str, Any], now: float) -> None:
        """The ``run`` record and the first lines of the log."""
        self.record({"type": "run", "v": 1, "ts": now, "id": self.run, **facts})
        self.say(now, f"Command: {shlex.join(facts['cmd'])}", f"Folder: {facts['cwd']}")

    def add_facts(self, facts: Mapping[str, Any], now: float) -> None:
        """What was found out later: another ``run`` record, whose fields come over the first one's."""
        self.record({"type": "run", "v": 1, "ts": now, "id": self.run, **facts})
        git = facts.get("git")
        if git and git.get("sha") and not self._ended:
            changed = {True: ", with uncommitted changes", False: "", None: ", changes unknown"}[git["dirty"]]
            self.say(now, f"Code: {git['sha'][:12]} on {git['branch'] or 'no branch'}{changed}")

    def say(self, now: float, *sentences: str, level: str = "INFO") -> None:
        """Lines of our own in the log; a line break in them is shown, not made."""
        stamp = prefix(now, level)
        self._log.write([stamp + sentence.replace("\n", "\\n") for sentence in sentences])

    def feed(self, source: int, data: bytes, now: float) -> None:
        """Output of the command as it came from one of its streams."""
        known = self._sources.get(source) or self._sources.setdefault(source, _Source())
        lines = known.folder.feed(data)
        for other in self._sources.values() if lines else ():
            if other is not known:  # its bar tells at which step these lines were written
                self._write(other, other.folder.bar(), now)
        self._write(known, lines, now)

    def tick(self, now: float) -> None:
        """Note unfinished lines that are due. To be called about once a second while `unfinished`."""
        for source in self._sources.values():
            self._write(source, source.folder.tick(now), now)

    @property
    def unfinished(self) -> bool:
        """Whether there are lines that may have to be noted."""
        return any(source.folder.unfinished for source in self._sources.values())

    @property
    def tail(self) -> Sequence[str]:
        """The last lines of the output as the command wrote them."""
        return list(self._tail)

    @property
    def problem(self) -> str:
        """Why the log is not complete; empty while it is."""
        return self._log.problem

    def end_output(self, now: float) -> None:
        """No more output comes: what is unfinished is written as it is."""
        for source in self._sources.values():
            self._write(source, source.folder.close(), now)

    def end(self, outcome: Outcome, started: float, now: float) -> None:
        """The ``end`` record and the last line of the log; after it only facts can still be added."""
        level = "ERROR" if outcome.status == "failed" else "INFO"
        words = f"{outcome.status.capitalize()}: {outcome.words()} after {duration(now - started)}"
        self.say(now, words, level=level)
        self.record(outcome.record(now))
        self._ended = True

    def close(self) -> None:
        """Nothing more is recorded."""
        self._stream.close()
        self._log.close()

    def _write(self, source: _Source, lines: Sequence[str], now: float) -> None:
        if not lines:
            return
        self._tail.extend(line[:_TAIL_WIDTH] for line in lines[-_TAIL:])
        stamp = source.stamper.stamp
        self._log.write([stamp(line, now) for line in lines])


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3m 05s``, ``2h 03m 05s``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m {rest:02d}s" if hours else f"{minutes}m {rest:02d}s"
