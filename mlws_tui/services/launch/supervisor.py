"""The process that runs a command, in a session of its own: it outlives the terminal that the command was started in.

Started as ``python -m mlws_tui.services.launch.supervisor FD``, where FD is its end of a socket to the client. What the
command leaves running in the background loses its pseudo-terminal when the command ends, as in a window that is closed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.domain.events import ENV_RUN_ID, ENV_WORKSPACE
from mlws_tui.sdk.facts import process_start
from mlws_tui.sdk.given import ENV_CONFIG
from mlws_tui.sdk.place import claim
from mlws_tui.services.launch.audience import Audience, Size
from mlws_tui.services.launch.command import (
    NOT_EXECUTABLE,
    CannotRun,
    Command,
    Streams,
    find_program,
    open_streams,
    set_modes,
    set_window,
)
from mlws_tui.services.launch.evidence import Evidence
from mlws_tui.services.launch.facts import first_facts
from mlws_tui.services.launch.inquiry import Inquiry
from mlws_tui.services.launch.outcome import NOT_RUN, Outcome, not_run
from mlws_tui.services.launch.protocol import Channel, Frame, read_window, window
from mlws_tui.services.launch.recorder import Recorder
from mlws_tui.services.launch.relay import HANDLED, Relay
from mlws_tui.services.launch.signals import SignalInbox
from mlws_tui.services.launch.sockets import Listener, listen


@dataclass(frozen=True, slots=True)
class Begin:
    """What the client asks for: the fields of the first frame."""

    root: str
    name: str
    named: bool  # whether somebody chose the name
    kind: str
    command: list[str]
    facts: dict[str, Any]  # experiment, tags, config
    config: dict[str, Any]  # what the script is given over its own
    data: list[str]
    run: str | None  # a run that was made before
    hup: bool
    alive: float  # seconds between two signs of life
    terminal: bool
    stdin_terminal: bool
    stderr_terminal: bool
    modes: list[Any] | None
    size: list[int] | None
    background: bool


def main(argument: str) -> None:
    """Detach from whoever started this, then run the command that the socket tells."""
    if os.fork():
        os._exit(0)
    os.setsid()
    connection = socket.socket(fileno=int(argument))
    connection.set_inheritable(False)  # the command must not hold the client's end of the line
    channel = Channel(connection)
    first = channel.next_frame()
    if first is None or first[0] is not Frame.BEGIN:
        return
    begin = Begin(**json.loads(first[1]))
    started = time.time()
    with SignalInbox(HANDLED) as inbox:
        try:
            run = begin.run or claim(begin.root, begin.name, begin.kind, started)
            log = f"logs/{begin.kind}/{run}.log"
            recorder = Recorder(begin.root, run, log)
        except OSError as error:
            channel.send_json(Frame.REFUSED, {"title": _refusal(begin, error)})
            channel.wait_sent()
        else:
            _Supervision(begin, channel, inbox, recorder, log).run(started)
            recorder.close()


def _refusal(begin: Begin, error: OSError) -> str:
    if begin.run is not None and isinstance(error, FileExistsError):
        return f"{begin.run} was started already"
    return f"The run cannot be recorded in {error.filename or begin.root}: {error.strerror or error}"


class _Supervision:
    """Records, runs, records.

    Args:
        begin: What to run.
        channel: To the client that wants it.
        inbox: The signals to this process.
        recorder: Of the run.
        log: Its log, relative to the workspace.
    """

    def __init__(
        self, begin: Begin, channel: Channel, inbox: SignalInbox, recorder: Recorder, log: str
    ) -> None:
        self._begin = begin
        self._channel = channel
        self._inbox = inbox
        self._recorder = recorder
        self._log = log
        self._inquiry = Inquiry(inbox.poke)
        self._env = _environment(begin, recorder.run)
        self._audience: Audience | None = None

    def run(self, started: float) -> None:
        """All of it; `started` in Unix seconds."""
        outcome, ended = self._outcome(started)
        self._recorder.end(outcome, started, ended)
        problem = outcome.error["message"] if outcome.error and outcome.error["type"] == NOT_RUN else ""
        if self._audience is not None:
            self._audience.farewell(outcome.code, problem)
        else:
            self._channel.send_json(Frame.ENDED, {"code": outcome.code, "problem": problem})
            self._channel.wait_sent()
        self._inquiry.finish_late(self._recorder)

    def _outcome(self, started: float) -> tuple[Outcome, float]:
        begin, recorder = self._begin, self._recorder
        name, kind = begin.name, begin.kind
        facts = {
            **first_facts(begin.command, started),
            "name": name,
            **({} if begin.named else {"named": False}),
            "kind": kind,
            "log": self._log,
            **begin.facts,
        }
        try:
            program = find_program(begin.command[0], self._env)
            streams = _streams(begin)
            command = Command(program, begin.command, self._env, streams, self._inbox)
        except (CannotRun, OSError) as error:
            recorder.begin(facts, started)
            self._announce()
            code = error.code if isinstance(error, CannotRun) else NOT_EXECUTABLE
            return not_run(code, str(error)), time.time()
        process = {"command_pid": command.pid, "command_pid_start": process_start(command.pid)}
        recorder.begin({**facts, **process}, started)
        evidence, listener = Evidence.now(), self._listen()
        try:
            command.start()
        except CannotRun as error:
            command.reap()
            if listener is not None:
                listener.close()
            self._announce()
            return not_run(error.code, f"{begin.command[0]}: {error}"), time.time()
        self._announce()
        if begin.background:  # nobody listens any longer
            self._channel.wait_sent()
            self._channel.close()
        _let_go(streams)
        self._audience = Audience(self._channel, listener, self._about(), _size(begin))
        hup = begin.hup and not begin.background
        relay = Relay(
            command, streams, self._audience, self._inbox, recorder, evidence, hup=hup, alive=begin.alive
        )
        return self._watch(relay, program)

    def _about(self) -> dict[str, Any]:
        return {
            "run": self._recorder.run,
            "log": str(self._recorder.log_path),
            "terminal": self._begin.terminal,
        }

    def _announce(self) -> None:
        self._channel.send_json(Frame.STARTED, self._about())

    def _listen(self) -> Listener | None:
        try:
            return listen(self._begin.root, self._recorder.run)
        except OSError as error:
            reason = f"This run cannot be attached to: {error.strerror or error}"
            self._recorder.say(time.time(), reason, level="WARNING")
            return None

    def _watch(self, relay: Relay, program: str) -> tuple[Outcome, float]:
        try:
            self._inquiry.begin(program, Path.cwd(), self._env, [Path(path) for path in self._begin.data])
            return relay.run(self._inquiry)
        except Exception:
            # A fault of ours must not end in silence: the log is the one place where somebody will look.
            self._recorder.say(time.time(), *traceback.format_exc().splitlines(), level="ERROR")
            raise


def _environment(begin: Begin, run: str) -> dict[str, str]:
    """The command's: it learns which run it is, and not what was given to a run that this one is started from."""
    env = {"PYTHONUNBUFFERED": "1", **os.environ, ENV_RUN_ID: run, ENV_WORKSPACE: begin.root}
    env.pop(ENV_CONFIG, None)
    if begin.config:
        env[ENV_CONFIG] = json.dumps(begin.config)
    if begin.terminal:
        env.setdefault("TERM", "xterm-256color")
    return env


def _size(begin: Begin) -> Size | None:
    return None if begin.size is None else read_window(window(*begin.size))


def _streams(begin: Begin) -> Streams:
    streams = open_streams(
        terminal=begin.terminal, stdin_terminal=begin.stdin_terminal, stderr_terminal=begin.stderr_terminal
    )
    if streams.slave is not None:
        if begin.modes is not None:
            set_modes(streams.slave, begin.modes)
        if (size := _size(begin)) is not None:
            set_window(streams.slave, size)
    return streams


def _let_go(streams: Streams) -> None:
    """Close the command's ends and the person's own streams here, so that their other ends see them closed."""
    for end in {streams.stdout, streams.stderr} - {streams.slave}:
        os.close(end)
    nothing = os.open(os.devnull, os.O_RDWR)
    for own in (0, 1, 2):
        os.dup2(nothing, own)
    os.close(nothing)


if __name__ == "__main__":
    main(sys.argv[1])
