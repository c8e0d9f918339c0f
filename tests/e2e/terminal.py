"""A terminal of our own for tests: runs a real program in a pty, reads its screen, types keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

_ANSWERS = [
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
]
_UNKNOWN = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\[[0-9;]* q")


class Terminal:
    """A program in a pseudo-terminal. `raw` holds every byte that it wrote."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.status: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Given in full: readline puts COLUMNS and LINES into the C environment behind Python's back.
            full = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(command[0], list(command), full)
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, what: str | Callable[[str], bool], seconds: float = 30.0) -> str:
        """Read on until the text (or the condition on the screen's text) is there; the screen's text then."""
        holds = (lambda text: what in text) if isinstance(what, str) else what
        end = time.monotonic() + seconds
        while not holds(self.text):
            left = end - time.monotonic()
            assert left > 0, f"did not see {what!r} within {seconds} s on:\n{self.text}"
            if not self._read(min(left, 0.2)) and self.status is not None:
                assert holds(self.text), (
                    f"the program ended ({self.status}) before {what!r} was seen on:\n{self.text}"
                )
        return self.text

    def type(self, keys: str | bytes) -> None:
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait_exit(self, seconds: float = 15.0) -> int:
        """Read on until the program has ended; its exit code, negative for a signal."""
        end = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < end, f"did not end within {seconds} s:\n{self.text}"
            self._read(0.1)
        return os.waitstatus_to_exitcode(self.status)

    def close(self) -> None:
        """End the program whatever it does, and give back the terminal."""
        if self.status is None:
            os.kill(self.pid, 9)
            _, self.status = os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _read(self, seconds: float) -> bool:
        data = b""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
        if not data:
            if self.status is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = status
            return False
        self.raw += data
        for question, answer in _ANSWERS:
            if question.search(data):
                os.write(self.fd, answer)
        self._stream.feed(_UNKNOWN.sub(b"", data))
        return True
