"""The client's side: starts the supervisor, and is its ears and mouth in the person's terminal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import plain
from mlws_tui.services.launch.client import HANDLED, Client, lost, own_streams
from mlws_tui.services.launch.options import LaunchOptions, default_name
from mlws_tui.services.launch.protocol import Channel, Frame
from mlws_tui.services.launch.signals import SignalInbox

_MODULE = "mlws_tui.services.launch.supervisor"


def launch(workspace: Workspace, command: Sequence[str], options: LaunchOptions) -> int:
    """Run a command as a run of the workspace, in the foreground. Main thread only.

    The command has a pseudo-terminal if our standard output is a terminal, else pipes. It goes on if this process or
    its terminal goes, unless `options.hup` is set. SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2 and SIGTSTP to this
    process go on to the command; SIGHUP ends this process alone.

    Returns:
        The command's exit code, or 128 plus the number of the signal that killed it; 127 if there is no such command,
        126 if it cannot be executed, 129 if our terminal went.

    Raises:
        UsageError: if the command is empty, or the folder or kind does not exist.
        MlwsError: if the run cannot be recorded.
    """
    streams = own_streams()
    # Signals are collected before the supervisor is there: one that comes meanwhile is for the command.
    with SignalInbox(HANDLED) as inbox:
        stdin = None if streams.pop("pass_stdin") else subprocess.DEVNULL
        channel = _start(workspace, command, options, streams, stdin)
        with Client(channel, inbox, hup=options.hup) as client:
            return client.run()


def launch_background(workspace: Workspace, command: Sequence[str], options: LaunchOptions) -> str:
    """Start a command as a run of the workspace, without a terminal and without input, and return at once.

    Returns:
        The run's id. What the command writes is in its log, also why it could not be executed.

    Raises:
        UsageError: if the command is empty, or the folder or kind does not exist.
        MlwsError: if the run cannot be recorded.
    """
    streams = {
        "terminal": False,
        "stdin_terminal": False,
        "stderr_terminal": False,
        "modes": None,
        "size": None,
    }
    channel = _start(workspace, command, options, {**streams, "background": True}, subprocess.DEVNULL)
    try:
        return str(_answer(channel)["run"])
    finally:
        channel.close()


def _answer(channel: Channel) -> dict[str, Any]:
    frame = channel.wait_frame()
    if frame is None:
        raise lost("")
    document: dict[str, Any] = json.loads(frame[1])
    if frame[0] is Frame.REFUSED:
        raise MlwsError(document["title"])
    return document


def _start(
    workspace: Workspace,
    command: Sequence[str],
    options: LaunchOptions,
    streams: Mapping[str, Any],
    stdin: int | None,
) -> Channel:
    """Start a supervisor and tell it what to run."""
    if not command:
        raise UsageError("There is no command to run", hint="mlws-tui run -- python train.py")
    workspace.logs_of(options.kind)
    cwd = Path.cwd() if options.cwd is None else options.cwd
    if not cwd.is_dir():
        raise UsageError(f"There is no folder {cwd} to run in")
    given = {"experiment": options.experiment, "tags": list(options.tags), "config": plain(options.config)}
    begin = {
        "root": str(workspace.root),
        "name": options.name or default_name(command),
        "kind": options.kind,
        "command": list(command),
        "facts": {key: value for key, value in given.items() if value},
        "hup": options.hup,
        **streams,
    }
    ours, theirs = socket.socketpair()
    with theirs:
        # -P: a file of the person's folder must not stand in for a module of the standard library.
        arguments = [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())]
        env = {**os.environ, **(options.env or {})}
        # It forks and ends at once, so that the supervisor is nobody's child and leaves no zombie here.
        starter = subprocess.Popen(
            arguments,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    channel = Channel(ours)
    channel.send_json(Frame.BEGIN, begin)
    channel.wait_sent()
    starter.wait()
    return channel
