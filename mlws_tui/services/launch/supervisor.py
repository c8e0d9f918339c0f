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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.domain.events import ENV_RUN_ID, ENV_WORKSPACE
from mlws_tui.sdk.facts import process_start
from mlws_tui.sdk.place import claim
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
from mlws_tui.services.launch.facts import first_facts
from mlws_tui.services.launch.outcome import NOT_RUN, Outcome, not_run
from mlws_tui.services.launch.protocol import Channel, Frame
from mlws_tui.services.launch.recorder import Recorder
from mlws_tui.services.launch.relay import HANDLED, Relay
from mlws_tui.services.launch.signals import SignalInbox


@dataclass(frozen=True, slots=True)
class Begin:
    """What the client asks for: the fields of the first frame."""

    root: str
    name: str
    kind: str
    command: list[str]
    facts: dict[str, Any]  # experiment, tags, config
    hup: bool
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
    first = channel.wait_frame()
    if first is None or first[0] is not Frame.BEGIN:
        return
    begin = Begin(**json.loads(first[1]))
    started = time.time()
    with SignalInbox(HANDLED) as inbox:
        try:
            run = claim(begin.root, begin.name, begin.kind, started)
            log = f"logs/{begin.kind}/{run}.log"
            recorder = Recorder(begin.root, run, log)
        except OSError as error:
            title = f"The run cannot be recorded in {error.filename or begin.root}: {error.strerror or error}"
            channel.send_json(Frame.REFUSED, {"title": title})
        else:
            outcome = _run(begin, channel, inbox, recorder, log, started)
            problem = outcome.error["message"] if outcome.error and outcome.error["type"] == NOT_RUN else ""
            channel.send_json(Frame.ENDED, {"code": outcome.code, "problem": problem})
        channel.wait_sent()


def _run(
    begin: Begin, channel: Channel, inbox: SignalInbox, recorder: Recorder, log: str, started: float
) -> Outcome:
    """Record, run, record."""
    env = {"PYTHONUNBUFFERED": "1", **os.environ, ENV_RUN_ID: recorder.run, ENV_WORKSPACE: begin.root}
    facts = {
        **first_facts(begin.command, started),
        "name": begin.name,
        "kind": begin.kind,
        "log": log,
        **begin.facts,
    }
    try:
        program = find_program(begin.command[0], env)
        streams = _streams(begin)
        command = Command(program, begin.command, env, streams, inbox)
    except (CannotRun, OSError) as error:
        outcome = not_run(error.code if isinstance(error, CannotRun) else NOT_EXECUTABLE, str(error))
        recorder.begin(facts, started)
        _announce(begin, channel, recorder.run, log)
        recorder.end(outcome, started, time.time())
        return outcome
    recorder.begin(
        {**facts, "command_pid": command.pid, "command_pid_start": process_start(command.pid)}, started
    )
    _announce(begin, channel, recorder.run, log)
    try:
        command.start()
    except CannotRun as error:
        command.reap()
        outcome, ended = not_run(error.code, f"{begin.command[0]}: {error}"), time.time()
    else:
        _let_go(streams)
        relay = Relay(command, streams, channel, inbox, recorder, hup=begin.hup and not begin.background)
        outcome, ended = _watch(relay, recorder, program, env)
    recorder.end(outcome, started, ended)
    return outcome


def _announce(begin: Begin, channel: Channel, run: str, log: str) -> None:
    channel.send_json(Frame.STARTED, {"run": run, "log": log})
    if begin.background:  # nobody listens any longer
        channel.wait_sent()
        channel.close()


def _watch(relay: Relay, recorder: Recorder, program: str, env: Mapping[str, str]) -> tuple[Outcome, float]:
    try:
        relay.ask_slow_facts(program, Path.cwd(), env)
        return relay.run()
    except Exception:
        # A fault of ours must not end in silence: the log is the one place where somebody will look.
        recorder.say(time.time(), *traceback.format_exc().splitlines(), level="ERROR")
        raise


def _streams(begin: Begin) -> Streams:
    streams = open_streams(
        terminal=begin.terminal, stdin_terminal=begin.stdin_terminal, stderr_terminal=begin.stderr_terminal
    )
    if streams.slave is not None:
        if begin.modes is not None:
            set_modes(streams.slave, begin.modes)
        if begin.size is not None:
            rows, columns, width, height = begin.size
            set_window(streams.slave, (rows, columns, width, height))
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
