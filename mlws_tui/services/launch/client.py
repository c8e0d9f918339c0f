"""The client's loop: the command's output to the person's streams, keys, size and signals to the supervisor."""

from __future__ import annotations

import json
import os
import select
import signal
from types import TracebackType
from typing import Any

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.services.launch.protocol import Channel, Frame, window
from mlws_tui.services.launch.signals import SignalInbox
from mlws_tui.services.launch.terminal import Outlet, Terminal, is_open, is_terminal, size

STDIN, STDOUT, STDERR = 0, 1, 2
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP)
HANDLED = (*_FORWARDED, signal.SIGHUP, signal.SIGWINCH, signal.SIGCONT)
_ENOUGH = 1 << 17  # bytes waiting for a stream from which on no more is taken from the supervisor
_LOOK = (
    500  # milliseconds between two looks whether the shell put us in the foreground again: it sends no signal
)


def lost(run: str) -> MlwsError:
    """The error for a supervisor that went without a word; `run` is empty where it never told one."""
    if not run:
        return MlwsError("The supervisor of the command did not start")
    return MlwsError(
        f"The supervisor of {run} was ended", hint="the command may be running still: see mlws-tui runs list"
    )


def own_streams() -> dict[str, Any]:
    """What kind our standard streams are, for the supervisor to give the command the same.

    One that is closed is opened on nothing first, so that no other file gets its number.
    """
    for fd in (STDIN, STDOUT, STDERR):
        if not is_open(fd):
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest free number: this one
    terminal = is_terminal(STDOUT)
    typed = terminal and is_terminal(STDIN)
    return {
        "terminal": terminal,
        "stdin_terminal": typed,
        "stderr_terminal": terminal and is_terminal(STDERR),
        "pass_stdin": not typed,
        "modes": Terminal(STDIN).modes() if typed else None,
        "size": size(STDOUT) if terminal else None,
        "background": False,
    }


class Client:
    """Stands in for the command in the person's terminal until it ends.

    Args:
        channel: The connection to the supervisor; closed at the end.
        inbox: The signals to this process, `HANDLED`.
        impatient: Whether to leave as soon as nobody reads the output.
    """

    def __init__(self, channel: Channel, inbox: SignalInbox, *, impatient: bool) -> None:
        self._channel = channel
        self._impatient = impatient
        self._inbox = inbox
        self._typed = is_terminal(STDOUT) and is_terminal(STDIN)
        self._terminal = Terminal(STDIN)
        self._out = Outlet(STDOUT)
        self._err = Outlet(STDERR)
        self._run = ""
        self._code: int | None = None
        self._problem = ""

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._terminal.leave()
        self._channel.close()
        self._out.close()
        self._err.close()

    def run(self) -> int:
        """Until the command ends or our terminal goes; what to exit with.

        Raises:
            MlwsError: if the run could not be recorded, or the supervisor was ended.
        """
        self._enter()
        while self._code is None:
            self._turn()
            if not self._channel.open and self._code is None:
                raise lost(self._run)
            if self._impatient and (self._out.broken or self._err.broken):
                return 128 + signal.SIGHUP  # as the command itself would be told
        self._out.put(self._farewell())
        while self._out.waiting or self._err.waiting:
            self._turn()
        self._terminal.leave()
        if self._problem:
            os.write(STDERR, f"mlws-tui: {safe_text(self._problem)}\n".encode())
        return self._code

    def _farewell(self) -> bytes:
        """What our terminal is given last; a command leaves it as it would without us."""
        return b""

    def _turn(self) -> None:
        """Wait for something to happen and deal with it."""
        poll = select.poll()
        poll.register(self._inbox, select.POLLIN)
        listening = self._channel.open and self._out.waiting + self._err.waiting < _ENOUGH
        if self._channel.open:
            wanted = (select.POLLIN if listening else 0) | (select.POLLOUT if self._channel.pending else 0)
            poll.register(self._channel, wanted)
        for outlet in (self._out, self._err):
            if outlet.waiting:
                poll.register(outlet, select.POLLOUT)
        if self._terminal.raw:
            poll.register(STDIN, select.POLLIN)
        ready = dict(poll.poll(_LOOK if self._typed and not self._terminal.raw else None))
        for outlet in (self._out, self._err):
            if outlet.fileno() in ready:
                outlet.write()
        if self._channel.open and (events := ready.get(self._channel.fileno())):
            self._hear(events, listening=listening)
        if STDIN in ready and self._terminal.raw:
            self._type()
        self._on_signals()
        if not self._terminal.raw and self._code is None:
            self._enter()

    def _enter(self) -> None:
        """Every key goes to the command from now on, if there are keys."""
        if self._typed:
            self._terminal.enter()

    def _hear(self, events: int, *, listening: bool) -> None:
        if events & select.POLLOUT:
            self._channel.flush()
        if self._channel.open and listening and events & ~select.POLLOUT:
            for kind, payload in self._channel.receive():
                self._on_frame(kind, payload)

    def _type(self) -> None:
        try:
            data = os.read(STDIN, 4096)
        except OSError:
            data = b""
        if data:
            self._on_keys(data)
        else:
            self._gone()

    def _on_keys(self, data: bytes) -> None:
        self._channel.send(Frame.INPUT, data)

    def _gone(self) -> None:
        """Our terminal went: the command goes on without us."""
        self._terminal.leave()
        self._out.shut()
        self._err.shut()
        self._code = 128 + signal.SIGHUP

    def _on_frame(self, kind: Frame, payload: bytes) -> None:
        if kind is Frame.OUT:
            self._out.put(payload)
        elif kind is Frame.ERR:
            self._err.put(payload)
        elif kind is Frame.STARTED:
            self._on_started(json.loads(payload))
        elif kind is Frame.STOPPED:
            self._stop()
        elif kind is Frame.ENDED:
            document = json.loads(payload)
            self._code, self._problem = document["code"], document["problem"]
        elif kind is Frame.REFUSED:
            self._terminal.leave()
            raise MlwsError(json.loads(payload)["title"])
        elif kind is Frame.NOTICE:
            end = "\r\n" if self._terminal.raw else "\n"
            self._err.put(f"{end}mlws-tui: {safe_text(json.loads(payload)['text'])}{end}".encode())

    def _on_started(self, about: dict[str, Any]) -> None:
        self._run = about["run"]

    def _stop(self) -> None:
        """The command was stopped: stop as it did, and continue it when we are continued.

        While the terminal is ours and raw, the kernel has told nobody: all of our group stops, as it would have done
        by ctrl+z. Else it has, and only we are left. A group that nobody could continue is not stopped by SIGTSTP:
        then the command goes on at once.
        """
        typed = self._terminal.raw
        while self._out.waiting and self._out.open:
            _, room, _ = select.select([], [self._out], [], 1.0)
            if not room:
                break
            self._out.write()
        self._terminal.leave()
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0 if typed else os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, before)
        self._resume()
        self._channel.send(Frame.CONTINUE)

    def _resume(self) -> None:
        self._terminal.raw = False  # whoever continued us may have set other modes
        self._enter()
        self._tell_size()

    def _tell_size(self) -> None:
        now = size(STDOUT)
        if now is not None:
            self._channel.send(Frame.SIZE, window(*now))

    def _on_signals(self) -> None:
        for number in self._inbox.take():
            if number in _FORWARDED:
                self._on_request(number)
            elif number == signal.SIGWINCH:
                self._tell_size()
            elif number == signal.SIGCONT:
                self._resume()
            elif number == signal.SIGHUP:
                self._gone()

    def _on_request(self, number: signal.Signals) -> None:
        """A signal that is meant for the command, as it would be without us."""
        self._channel.send_json(Frame.SIGNAL, {"signal": int(number)})
