"""The supervisor's loop while the command runs: output to log and client, input and signals to the command."""

from __future__ import annotations

import errno
import json
import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlws_tui.services.launch.command import Command, Streams, set_window
from mlws_tui.services.launch.facts import slow_facts
from mlws_tui.services.launch.outcome import Outcome, from_exit, from_signal
from mlws_tui.services.launch.protocol import Channel, Frame, read_window
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
)  # bytes waiting for the client: when to stop reading the command, when to go on
_STALL = 10.0  # seconds after which a terminal that takes nothing no longer holds up the command
_ASKED = 30.0  # seconds in which a failure counts as the answer to an interrupt
_GIT_TIME = 2.0
_GIT_PATIENCE = 1.0  # how much longer than its command a run may take to learn of its code
_MAX_INPUT = 1 << 20
_DRAIN, _QUIET = (
    2.0,
    0.1,
)  # after the command: how long to read what others still write, and when it is enough
_STOPS_ASKED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})
_SHED = frozenset({Frame.OUT, Frame.ERR, Frame.NOTICE})


class Relay:
    """Runs until the command has ended and its output is read.

    A slow client slows the command down as a slow terminal does, but where a terminal takes nothing for `_STALL`
    seconds (a connection that died without a word) the command goes on and the client misses output. Through pipes
    nothing is ever dropped.
    """

    def __init__(
        self,
        command: Command,
        streams: Streams,
        channel: Channel,
        inbox: SignalInbox,
        recorder: Recorder,
        *,
        hup: bool,
    ) -> None:
        self._command = command
        self._streams = streams
        self._channel = channel
        self._inbox = inbox
        self._recorder = recorder
        self._hup = hup
        self._selector = selectors.DefaultSelector()
        self._outputs = {streams.out: Frame.OUT}
        if streams.err is not None:
            self._outputs[streams.err] = Frame.ERR
        for fd in self._outputs:
            os.set_blocking(fd, False)
        self._reading = False
        self._channel_events = 0
        self._input = bytearray()
        self._stopped = False
        self._status: int | None = None
        self._asked_at: float | None = None
        self._took_at = time.monotonic()
        self._missed = 0
        self._facts: deque[dict[str, Any]] = deque()
        self._facts_thread: threading.Thread | None = None
        self._told_problem = False

    def ask_slow_facts(self, program: str, cwd: Path, env: Mapping[str, str]) -> None:
        """Find out about the code in a thread; the record is written when the answer comes."""

        def ask() -> None:
            self._facts.append(slow_facts(program, cwd, env, _GIT_TIME))
            self._inbox.poke()

        self._facts_thread = threading.Thread(target=ask, name="facts", daemon=True)
        self._facts_thread.start()

    def run(self) -> tuple[Outcome, float]:
        """Until the command has ended: how, and when (Unix seconds)."""
        self._selector.register(self._inbox, selectors.EVENT_READ, self._on_signals)
        self._read_outputs(True)
        if not self._channel.open:
            self._client_left()
        while self._status is None:
            self._watch_channel()
            for key, events in self._selector.select(self._patience()):
                if key.data is not None:
                    key.data(events)
            self._recorder.tick(time.time())
            self._balance()
        ended = time.time()
        self._drain()
        self._recorder.end_output(time.time())
        self._join_facts()
        self._selector.close()
        return self._outcome(self._status), ended

    def _patience(self) -> float | None:
        """Seconds to sleep at most: none while nothing but events matters."""
        return 1.0 if self._recorder.unfinished or not self._reading else None

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
        self._sent(self._channel.send(self._outputs[fd], data))
        if self._recorder.problem and not self._told_problem:
            self._told_problem = True
            text = f"the log {self._recorder.log_path} takes no lines: {self._recorder.problem}; the command goes on"
            self._channel.send_json(Frame.NOTICE, {"text": text})
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

    # -- the client -------------------------------------------------------------------------------------------

    def _watch_channel(self) -> None:
        events = 0
        if self._channel.open:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._channel.pending else 0)
        if events == self._channel_events:
            return
        if not self._channel_events:
            self._selector.register(self._channel, events, self._on_channel)
        elif events:
            self._selector.modify(self._channel, events, self._on_channel)
        self._channel_events = events

    def _on_channel(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._sent(self._channel.flush())
        if events & selectors.EVENT_READ and self._channel.open:
            for kind, payload in self._channel.receive():
                self._on_frame(kind, payload)

    def _sent(self, count: int) -> None:
        if count or not self._channel.pending:
            self._took_at = time.monotonic()
            self._missed = 0

    def _balance(self) -> None:
        """Hold up the command while the client lags, unless it is a terminal that seems dead; notice that it left."""
        if not self._channel.open and self._channel_events:
            self._client_left()
        pending = self._channel.pending
        if pending > _HIGH and self._streams.master is not None and time.monotonic() - self._took_at > _STALL:
            self._missed += self._channel.shed(_SHED)
            text = f"{self._missed} bytes of output are not shown here; the log has them: {self._recorder.log_path}"
            self._channel.send_json(Frame.NOTICE, {"text": text})
            pending = self._channel.pending
        if pending > _HIGH:
            self._read_outputs(False)
        elif pending < _LOW:
            self._read_outputs(True)

    def _client_left(self) -> None:
        if self._channel_events:
            self._selector.unregister(self._channel)
            self._channel_events = 0
        if self._hup:
            self._command.send(signal.SIGHUP)
            self._asked_at = time.monotonic()
        if self._hup or self._stopped:  # nobody is left who could continue it
            self._command.send(signal.SIGCONT)
            self._stopped = False

    def _on_frame(self, kind: Frame, payload: bytes) -> None:
        if kind is Frame.INPUT:
            self._type(payload)
        elif kind is Frame.SIZE and self._streams.slave is not None:
            set_window(self._streams.slave, read_window(payload))
        elif kind is Frame.SIGNAL:
            self._forward(signal.Signals(json.loads(payload)["signal"]))
        elif kind is Frame.CONTINUE:
            self._stopped = False
            self._command.send(signal.SIGCONT)

    def _type(self, data: bytes) -> None:
        if b"\x03" in data or b"\x1c" in data:
            self._asked_at = time.monotonic()
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

    def _forward(self, number: signal.Signals) -> None:
        if number in _STOPS_ASKED:
            self._asked_at = time.monotonic()
        self._command.send(number)

    def _on_signals(self, _events: int) -> None:
        for number in self._inbox.take():
            if number in _FORWARDED:
                self._forward(number)
        self._write_facts()
        while (status := self._command.poll()) is not None:
            if os.WIFSTOPPED(status):
                self._stopped = True
                self._channel.send_json(Frame.STOPPED, {"signal": os.WSTOPSIG(status)})
            else:
                self._status = status
                return

    def _write_facts(self) -> None:
        while self._facts:
            facts = self._facts.popleft()
            if facts:
                self._recorder.add_facts(facts, time.time())

    def _join_facts(self) -> None:
        if self._facts_thread is not None:
            self._facts_thread.join(_GIT_PATIENCE)
        self._write_facts()

    def _outcome(self, status: int) -> Outcome:
        if os.WIFSIGNALED(status):
            return from_signal(os.WTERMSIG(status))
        asked = self._asked_at is not None and time.monotonic() - self._asked_at < _ASKED
        return from_exit(os.WEXITSTATUS(status), self._recorder.tail, asked)
