"""Signals as something to select on: each arrival is a byte in a pipe."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType

_Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The pipe tells of it; a handler must stand so that the signal does not act by default."""


class SignalInbox:
    """Collects signals while it is entered, and wakes a selector. Main thread only.

    A signal that was ignored when the process began stays ignored (``nohup``, ``cmd &`` of a plain ``sh``), so that
    what is started from here ignores it too.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._before: dict[signal.Signals, _Handler] = {}
        self._read, self._write = -1, -1
        self._wakeup_before = -1

    def __enter__(self) -> SignalInbox:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in self._signals:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, _noted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before if before is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        return self._read

    def poke(self) -> None:
        """Wake the selector from another thread."""
        try:
            os.write(self._write, b"\0")
        except (BlockingIOError, OSError):
            return  # a full pipe wakes it anyway; a closed one has nobody to wake

    def take(self) -> list[signal.Signals]:
        """The signals since the last call, in the order they came."""
        try:
            numbers = os.read(self._read, 4096)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in numbers if number]

    def forget_in_child(self) -> None:
        """After a fork: back to the defaults, so that a signal before the exec acts on the child alone."""
        signal.set_wakeup_fd(-1)
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)
