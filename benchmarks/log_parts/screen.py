"""A program in a pseudo-terminal, watched from outside: what it sends, and when a text is on its way to the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_ESCAPES = re.compile(
    rb"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78McDEHNOZ]|\x0f"
)
#: What a terminal of today says when it is asked.
_ANSWERS = (
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
)
_CARRY = 4096  # bytes: longer than a mark with the escape sequences in it
_LEAVE = 5.0  # seconds for a program to end by itself


class NotSeen(Exception):
    """A text did not come to the screen in time, or the program ended; the message says which."""


class Screen:
    """A program that runs. Use it as a context; nothing is drawn, so that little time is taken from the program.

    Attributes:
        sent: Bytes that the program wrote.
        began: When it was started, on the monotonic clock.
    """

    def __init__(self, command: Sequence[str], *, size: tuple[int, int], env: Mapping[str, str]) -> None:
        self.sent = 0
        self._gone = False
        self.began = time.monotonic()
        window = struct.pack("HHHH", size[1], size[0], 0, 0)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, window)
            os.execvpe(command[0], list(command), dict(env))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, window)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program, at first in peace."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(self.pid, number)
            end = time.monotonic() + _LEAVE
            while time.monotonic() < end:
                self._read(0.05)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self._fd)
                    return
        os.close(self._fd)

    def press(self, keys: bytes) -> float:
        """Type; when that was, on the monotonic clock."""
        when = time.monotonic()
        os.write(self._fd, keys)
        return when

    def rest(self, seconds: float) -> None:
        """Take what comes for a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def see(self, mark: bytes, seconds: float) -> float:
        """Take what comes until the mark is in it; when that was, on the monotonic clock.

        Raises:
            NotSeen: if it did not come within so many seconds.
        """
        end, kept = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            data = self._read(left)
            kept += data
            if data and mark in _ESCAPES.sub(b"", kept):
                return time.monotonic()
            if self._gone:
                raise NotSeen("it ended by itself")
            kept = kept[-_CARRY:]
        raise NotSeen(f"{mark.decode()} not seen within {seconds:.0f} s")

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # the program has ended
            self._gone = True
            time.sleep(min(seconds, 0.05))
            return b""
        self.sent += len(data)
        for question, answer in _ANSWERS:
            if question.search(data):
                os.write(self._fd, answer)
        return data
