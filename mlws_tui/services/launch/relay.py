"""The supervisor's loop while the command runs: output to log and clients, input and signals to the command."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import signal
import time

from mlws_tui.services.launch.audience import Audience, Size, Viewer
from mlws_tui.services.launch.command import Command, Streams, set_window
from mlws_tui.services.launch.evidence import Evidence
from mlws_tui.services.launch.inquiry import Inquiry
from mlws_tui.services.launch.outcome import Outcome, from_exit, from_signal
from mlws_tui.services.launch.protocol import Frame
from mlws_tui.services.launch.recorder import Recorder
from mlws_tui.services.launch.signals import SignalInbox

#: Signals to the supervisor that go on to the command.
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
#: All that it handles. SIGHUP says that the terminal is gone, which is what this process is there to survive.
HANDLED = (*_FORWARDED, signal.SIGHUP, signal.SIGCHLD)

_READ = 1 << 16
_HIGH, _LOW = (
    1 << 18,
    1 << 16,
)  # bytes waiting for a client: when to stop reading the command, when to go on
_ASKED = 30.0  # seconds in which a failure counts as the answer to an interrupt
_MAX_INPUT = 1 << 20
_DRAIN, _QUIET = (
    2.0,
    0.1,
)  # after the command: how long to read what others still write, and when it is enough
_STOPS_ASKED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})
#: Keys that a terminal makes signals of.
_KEYS = {b"\x03": signal.SIGINT, b"\x1c": signal.SIGQUIT}


class Relay:
    """Runs until the command has ended and its output is read.

    Args:
        command: The command, executed.
        streams: Its standard streams.
        audience: Those who look on.
        inbox: The signals to this process, `HANDLED`.
        recorder: Writes log and stream.
        evidence: What was known of the machine when it began.
        hup: Whether the command ends when the client that it was started from goes.
        alive: Seconds between two signs of life in the stream.
    """

    def __init__(
        self,
        command: Command,
        streams: Streams,
        audience: Audience,
        inbox: SignalInbox,
        recorder: Recorder,
        evidence: Evidence,
        *,
        hup: bool,
        alive: float,
    ) -> None:
        self._command = command
        self._streams = streams
        self._audience = audience
        self._inbox = inbox
        self._recorder = recorder
        self._evidence = evidence
        self._hup = hup
        self._alive = alive
        self._alive_at = time.monotonic() + alive
        self._selector = selectors.DefaultSelector()
        self._outputs = {streams.out: Frame.OUT}
        if streams.err is not None:
            self._outputs[streams.err] = Frame.ERR
        for fd in self._outputs:
            os.set_blocking(fd, False)
        self._reading = False
        self._input = bytearray()
        self._acted: Viewer | None = None
        self._stopped_at: Viewer | None = (
            None  # who was told that the command was stopped, and can continue it
        )
        self._status: int | None = None
        self._asked: signal.Signals | None = None
        self._asked_at = 0.0
        self._told_problem = False

    def run(self, inquiry: Inquiry) -> tuple[Outcome, float]:
        """Until the command has ended: how, and when (Unix seconds).

        Args:
            inquiry: What is asked meanwhile; its answers are recorded as they come.
        """
        self._selector.register(self._inbox, selectors.EVENT_READ, self._on_signals)
        self._audience.open(self._selector, self._on_frame, self._client_left, self._resize)
        self._read_outputs(True)
        if self._hup and self._audience.empty:
            self._hang_up()
        while self._status is None:
            self._audience.turn()
            for key, events in self._selector.select(self._patience()):
                if key.data is not None:
                    key.data(events)
            inquiry.record(self._recorder)
            self._recorder.tick(time.time())
            self._tell_alive()
            self._balance()
        ended = time.time()
        self._audience.close()
        self._drain()
        self._recorder.end_output(time.time())
        inquiry.finish(self._recorder)
        self._selector.close()
        return self._outcome(self._status), ended

    def _patience(self) -> float:
        """Seconds to sleep at most."""
        until = max(0.0, self._alive_at - time.monotonic())
        return min(1.0, until) if self._recorder.unfinished or not self._reading else until

    def _tell_alive(self) -> None:
        """A command that prints tells nothing to the stream: without this its run would seem silent from elsewhere."""
        if time.monotonic() >= self._alive_at:
            self._alive_at = time.monotonic() + self._alive
            self._recorder.record({"type": "alive", "ts": time.time()})

    # -- the command's output ---------------------------------------------------------------------------------

    def _read_outputs(self, reading: bool) -> None:
        if reading == self._reading:
            return
        self._reading = reading
        for fd in self._outputs:
            if reading:
                self._selector.register(
                    fd, selectors.EVENT_READ, lambda events, fd=fd: self._on_output(fd, events)
                )
            else:
                self._selector.unregister(fd)
        if reading and self._input:
            self._expect_input_room()

    def _on_output(self, fd: int, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._write_input()
        if events & selectors.EVENT_READ:
            self._pass_on(fd)

    def _pass_on(self, fd: int) -> bool:
        """Read once; False when there is nothing (more) to read."""
        try:
            data = os.read(fd, _READ)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.EIO:  # how a pseudo-terminal's master says that nobody has it open
                raise
            data = b""
        if not data:
            self._forget_output(fd)
            return False
        self._recorder.feed(fd, data, time.time())
        self._audience.show(self._outputs[fd], data)
        if self._recorder.problem and not self._told_problem:
            self._told_problem = True
            text = f"the log {self._recorder.log_path} takes no lines: {self._recorder.problem}; the command goes on"
            self._audience.notice(text)
        return True

    def _forget_output(self, fd: int) -> None:
        if self._reading:
            self._selector.unregister(fd)
        del self._outputs[fd]
        os.close(fd)

    def _drain(self) -> None:
        """Read what was written before the command ended, and a moment of what its children still write."""
        if self._streams.slave is not None:
            os.close(self._streams.slave)
        until = time.monotonic() + _DRAIN
        with selectors.DefaultSelector() as selector:
            for fd in self._outputs:
                selector.register(fd, selectors.EVENT_READ)
            while selector.get_map() and time.monotonic() < until:
                ready = selector.select(_QUIET)
                if not ready:
                    return
                for key, _ in ready:
                    fd = key.fd
                    if not self._pass_on(fd) and fd not in self._outputs:
                        selector.unregister(fd)

    # -- the clients ------------------------------------------------------------------------------------------

    def _balance(self) -> None:
        """Hold up the command while a client lags."""
        behind = self._audience.behind
        if behind > _HIGH:
            self._read_outputs(False)
        elif behind < _LOW:
            self._read_outputs(True)

    def _client_left(self, viewer: Viewer) -> None:
        if self._hup and viewer.original:
            self._hang_up()
        elif viewer is self._stopped_at:  # nobody is left who could continue it
            self._continue()

    def _hang_up(self) -> None:
        self._ask(signal.SIGHUP)
        self._command.send(signal.SIGHUP)
        self._continue()

    def _continue(self) -> None:
        self._stopped_at = None
        self._command.send(signal.SIGCONT)

    def _resize(self, size: Size, redraw: bool) -> None:
        """Give the command's terminal another size; with `redraw` it is to draw all again, also in the same size."""
        if self._streams.slave is None:
            return
        set_window(self._streams.slave, size)
        if redraw:
            with contextlib.suppress(OSError):  # its foreground group went this moment
                os.killpg(os.tcgetpgrp(self._streams.slave), signal.SIGWINCH)

    def _on_frame(self, viewer: Viewer, kind: Frame, payload: bytes) -> None:
        if kind in (Frame.INPUT, Frame.SIGNAL):
            self._acted = viewer
        if kind is Frame.INPUT:
            self._type(payload)
        elif kind is Frame.SIGNAL:
            self._forward(signal.Signals(json.loads(payload)["signal"]))
        elif kind is Frame.CONTINUE:
            self._continue()

    def _type(self, data: bytes) -> None:
        for key, number in _KEYS.items():
            if key not in data:
                continue
            self._ask(number)
            if self._streams.master is None:  # there is no terminal that would make a signal of it
                self._command.send(number)
        if self._streams.master is not None and len(self._input) < _MAX_INPUT:
            self._input += data
            self._write_input()

    def _write_input(self) -> None:
        master = self._streams.master
        if master is None or master not in self._outputs:
            return
        try:
            while self._input:
                del self._input[: os.write(master, self._input)]
        except BlockingIOError:
            pass  # the command does not read: the rest waits for room
        self._expect_input_room()

    def _expect_input_room(self) -> None:
        master = self._streams.out
        if self._reading and master in self._outputs:
            key = self._selector.get_key(master)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._input else 0)
            self._selector.modify(master, events, key.data)

    # -- signals and the end ----------------------------------------------------------------------------------

    def _ask(self, number: signal.Signals) -> None:
        self._asked, self._asked_at = number, time.monotonic()

    def _forward(self, number: signal.Signals) -> None:
        if number in _STOPS_ASKED:
            self._ask(number)
        self._command.send(number)

    def _on_signals(self, _events: int) -> None:
        for number in self._inbox.take():
            if number in _FORWARDED:
                self._forward(number)
        while (status := self._command.poll()) is not None:
            if os.WIFSTOPPED(status):
                self._tell_stop(os.WSTOPSIG(status))
            else:
                self._status = status
                return

    def _tell_stop(self, number: int) -> None:
        """To the client that acted last, else to the newest: it stops as the command did."""
        acted = self._acted
        viewer = acted if acted is not None and acted.channel.open else self._audience.newest()
        if viewer is not None:
            self._stopped_at = viewer
            viewer.channel.send_json(Frame.STOPPED, {"signal": number})

    def _outcome(self, status: int) -> Outcome:
        asked = self._asked if time.monotonic() - self._asked_at < _ASKED else None
        if os.WIFSIGNALED(status):
            outcome = from_signal(os.WTERMSIG(status))
        else:
            outcome = from_exit(os.WEXITSTATUS(status), self._recorder.tail, asked)
        return outcome.because(self._recorder.tail, asked, self._evidence)
