"""Starting the command: in a process group of its own, held back until the supervisor has recorded it."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import shutil
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mlws_tui.services.launch.signals import SignalInbox

NOT_FOUND = 127
NOT_EXECUTABLE = 126


class CannotRun(Exception):
    """The command could not be executed; `code` is what a shell would exit with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Streams:
    """What the command gets as its standard streams, and the supervisor's ends of them.

    Attributes:
        stdin: The command's end. The supervisor may close the three after the start, but for `slave`.
        stdout: The command's end.
        stderr: The command's end.
        out: Where the supervisor reads the output: the pseudo-terminal's master or a pipe.
        err: Where it reads the standard error; None where that goes to the pseudo-terminal too.
        slave: The pseudo-terminal, kept open while the command runs: without it open, the master cannot be read.
    """

    stdin: int
    stdout: int
    stderr: int
    out: int
    err: int | None
    slave: int | None

    @property
    def master(self) -> int | None:
        return self.out if self.slave is not None else None


def open_streams(*, terminal: bool, stdin_terminal: bool, stderr_terminal: bool) -> Streams:
    """Pipes, or a pseudo-terminal for those of the streams that are one at the person's side.

    The pseudo-terminal becomes the controlling terminal of this process, which must lead a session without one. What
    stays of the person's own streams is this process's stdin.
    """
    if not terminal:
        out, stdout = os.pipe()
        err, stderr = os.pipe()
        return Streams(0, stdout, stderr, out, err, None)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    err_read: int | None = None
    err_write = slave
    if not stderr_terminal:
        err_read, err_write = os.pipe()
    return Streams(slave if stdin_terminal else 0, slave, err_write, master, err_read, slave)


def set_window(terminal: int, size: tuple[int, int, int, int]) -> None:
    """Give the pseudo-terminal a size; the kernel tells its foreground group by SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size))


def set_modes(terminal: int, modes: Sequence[Any]) -> None:
    """Give it the modes that `termios.tcgetattr` gave of the person's terminal, control characters as numbers."""
    termios.tcsetattr(terminal, termios.TCSANOW, list(modes))


def find_program(program: str, env: Mapping[str, str]) -> str:
    """The path of a program by the command's own PATH.

    Raises:
        CannotRun: if there is none, or it may not be executed.
    """
    path = shutil.which(program, path=env.get("PATH", os.defpath))
    if path is not None:
        return path
    if "/" in program and Path(program).exists():
        reason = "is a directory" if Path(program).is_dir() else "permission denied"
        raise CannotRun(NOT_EXECUTABLE, f"{program}: {reason}")
    raise CannotRun(NOT_FOUND, f"{program}: {'no such file' if '/' in program else 'command not found'}")


class Command:
    """A command that is forked and waits at a gate before it is executed.

    Args:
        program: Path of what to execute.
        arguments: All arguments, the command's name first.
        env: Its whole environment.
        streams: Its standard streams.
        inbox: The signals that this process handles and the command must not.
    """

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        streams: Streams,
        inbox: SignalInbox,
    ) -> None:
        self._gate_read, self._gate_write = os.pipe()
        self._failure_read, self._failure_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(program, list(arguments), dict(env), streams, inbox)
        os.close(self._gate_read)
        os.close(self._failure_write)
        # Both sides do it, as either may be first.
        os.setpgid(self.pid, self.pid)
        if streams.slave is not None:
            os.tcsetpgrp(streams.slave, self.pid)

    def start(self) -> None:
        """Open the gate; returns once the command is executed.

        Raises:
            CannotRun: if the system refuses to execute it.
        """
        os.write(self._gate_write, b"1")
        os.close(self._gate_write)
        with os.fdopen(self._failure_read, "rb") as failure:
            told = failure.read()
        if told:
            number = int(told)
            code = NOT_FOUND if number == errno.ENOENT else NOT_EXECUTABLE
            raise CannotRun(code, os.strerror(number).lower())

    def send(self, number: int) -> None:
        """Send a signal to the command's whole group, if there still is one."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # it is gone, or became another user's: nothing that could be done

    def poll(self) -> int | None:
        """The next change of state as `os.waitpid` tells it, or None."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return None
        return status if pid == self.pid else None

    def reap(self) -> None:
        """Wait for a command that could not be executed."""
        os.waitpid(self.pid, 0)

    def _become(
        self, program: str, arguments: list[str], env: dict[str, str], streams: Streams, inbox: SignalInbox
    ) -> NoReturn:
        """In the child: wait at the gate, then execute. Nothing but the exec's error may come back from here."""
        try:
            inbox.forget_in_child()
            for number in (
                signal.SIGPIPE,
                signal.SIGXFSZ,
            ):  # Python ignores them; the command must not inherit that
                signal.signal(number, signal.SIG_DFL)
            os.setpgid(0, 0)
            os.close(self._gate_write)
            for target, source in enumerate((streams.stdin, streams.stdout, streams.stderr)):
                os.dup2(source, target)
            if not os.read(self._gate_read, 1):  # the supervisor died
                os._exit(NOT_EXECUTABLE)
            try:
                os.execve(program, arguments, env)  # noqa: S606 - what the person asked for
            except OSError as error:
                if error.errno != errno.ENOEXEC:
                    raise
                # A script without "#!": as shells do.
                os.execve("/bin/sh", ["sh", program, *arguments[1:]], env)  # noqa: S606
        except OSError as error:
            os.write(self._failure_write, str(error.errno).encode())
        finally:
            os._exit(NOT_EXECUTABLE)
