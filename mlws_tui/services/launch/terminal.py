"""The person's terminal as the client uses it: raw while it is in the foreground, always restored."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import termios
import tty
from typing import Any


def is_terminal(fd: int) -> bool:
    """Whether the descriptor is open and a terminal."""
    return os.isatty(fd)


def is_open(fd: int) -> bool:
    """Whether the descriptor is open at all."""
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def size(fd: int) -> tuple[int, int, int, int] | None:
    """Rows, columns, and width and height in pixels; None where the terminal does not know."""
    try:
        packed = fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return (rows, columns, width, height) if rows and columns else None


class Terminal:
    """The terminal that a person types at.

    Args:
        fd: Its descriptor.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._saved: list[Any] | None = None
        self.raw = False

    def modes(self) -> list[Any] | None:
        """The modes as JSON can hold them; None in the background, where they are the shell's for its own line."""
        if not self.in_foreground():
            return None
        *flags, characters = termios.tcgetattr(self.fd)
        return [*flags, [key if isinstance(key, int) else key[0] for key in characters]]

    def in_foreground(self) -> bool:
        """Whether we may read it and set its modes: whether our process group is its foreground one."""
        try:
            return os.tcgetpgrp(self.fd) == os.getpgrp()
        except OSError:
            return False

    def enter(self, *, plain_lines: bool = False) -> None:
        """Make it raw if we are in its foreground, so that every key goes to the command's own terminal.

        Args:
            plain_lines: Whether what will be written ends its lines by a line feed alone, as through a pipe.
        """
        if self.raw or not self.in_foreground():
            return
        with contextlib.suppress(termios.error):  # it is gone: there is nothing to set
            self._saved = termios.tcgetattr(self.fd)
            tty.setraw(self.fd, termios.TCSANOW)
            self.raw = True
            if plain_lines:
                modes = termios.tcgetattr(self.fd)
                modes[1] |= termios.OPOST | termios.ONLCR
                termios.tcsetattr(self.fd, termios.TCSANOW, modes)

    def leave(self) -> None:
        """Put back the modes that it had. Not where we are in the background: then they are another's."""
        if not self.raw:
            return
        self.raw = False
        if self._saved is not None and self.in_foreground():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSANOW, self._saved)


class Outlet:
    """Writes to one of the person's streams without ever blocking on it for long.

    A terminal is opened once more, as setting the inherited descriptor non-blocking would do it to the shell too. For
    a pipe, `poll` promises room for `PIPE_BUF` bytes.
    """

    _AT_ONCE = 4096  # PIPE_BUF on Linux

    def __init__(self, fd: int) -> None:
        self._own: int | None = None
        self._fd = fd
        self._waiting = bytearray()
        self.open = True
        self.broken = False  #: whether its reader or terminal went while we wrote
        if os.isatty(fd):
            with contextlib.suppress(OSError):  # no /dev/pts here: then it is written to as it is
                flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
                self._own = self._fd = os.open(os.ttyname(fd), flags)

    def fileno(self) -> int:
        return self._fd

    @property
    def waiting(self) -> int:
        """Bytes that wait for room."""
        return len(self._waiting)

    def put(self, data: bytes) -> None:
        """Take bytes to be written; dropped if the stream is closed."""
        if self.open:
            self._waiting += data

    def write(self) -> None:
        """Write some of what waits, to be called when there is room."""
        try:
            del self._waiting[: os.write(self._fd, self._waiting[: self._AT_ONCE])]
        except BlockingIOError:
            return
        except OSError:
            self.broken = True
            self.shut()

    def shut(self) -> None:
        """Take and write no more."""
        self.open = False
        self._waiting.clear()

    def close(self) -> None:
        """Give back what was opened here."""
        if self._own is not None:
            os.close(self._own)
            self._own = None
