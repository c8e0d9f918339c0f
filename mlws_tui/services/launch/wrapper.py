"""The client's side: starts the supervisor, and is its ears and mouth in the person's terminal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import plain
from mlws_tui.services.launch.client import HANDLED, Client, lost, own_streams
from mlws_tui.services.launch.joining import planned
from mlws_tui.services.launch.options import LaunchOptions, default_name
from mlws_tui.services.launch.protocol import Channel, Frame
from mlws_tui.services.launch.shims import shim_env
from mlws_tui.services.launch.signals import SignalInbox

_LONGEST_CONFIG = 100_000  # characters: one variable of the environment can hold 128 KiB
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
        with Client(channel, inbox, impatient=options.hup) as client:
            return client.run()


def launch_background(workspace: Workspace, command: Sequence[str], options: LaunchOptions) -> str:
    """Start a command as a run of the workspace, without a terminal and without input, and return at once.

    Returns:
        The run's id. What the command writes is in its log, also why it could not be executed.

    Raises:
        UsageError: if the command is empty, or the folder or kind does not exist.
        MlwsError: if the run cannot be recorded.
    """
    return _background(workspace, command, options, terminal=False, size=None).run


@dataclass(frozen=True, slots=True)
class Detached:
    """A command that was started in the background.

    Attributes:
        run: The run's id.
        code: None where it runs; else what a shell would exit with, as it could not be executed.
        problem: Why it could not be executed.
    """

    run: str
    code: int | None = None
    problem: str = ""


def launch_detached(workspace: Workspace, command: Sequence[str], options: LaunchOptions) -> Detached:
    """Start a command in the background with a terminal of its own, which `attach` shows; returns at once.

    The terminal has as many lines and columns as the variables LINES and COLUMNS say, else 24 and 80.

    Raises:
        UsageError: if the command is empty, or the folder or kind does not exist.
        MlwsError: if the run cannot be recorded.
    """
    size = [_whole("LINES", 24), _whole("COLUMNS", 80), 0, 0]
    return _background(workspace, command, options, terminal=True, size=size)


def _whole(variable: str, default: int) -> int:
    told = os.environ.get(variable, "")
    return int(told) if told.isdecimal() and 0 < int(told) < 10_000 else default


def _background(
    workspace: Workspace,
    command: Sequence[str],
    options: LaunchOptions,
    *,
    terminal: bool,
    size: list[int] | None,
) -> Detached:
    kinds = dict.fromkeys(("terminal", "stdin_terminal", "stderr_terminal"), terminal)
    streams = {**kinds, "modes": None, "size": size, "background": True}
    channel = _start(workspace, command, options, streams, subprocess.DEVNULL)
    try:
        run = str(_answer(channel)["run"])
        # Only a command that could not be executed is told about further: else the line is closed.
        following = channel.next_frame()
        ended = json.loads(following[1]) if following and following[0] is Frame.ENDED else {}
        return Detached(run, ended.get("code"), ended.get("problem", ""))
    finally:
        channel.close()


def _answer(channel: Channel) -> dict[str, Any]:
    frame = channel.next_frame()
    if frame is None:
        raise lost("")
    document: dict[str, Any] = json.loads(frame[1])
    if frame[0] is Frame.REFUSED:
        raise MlwsError(document["title"])
    return document


def _data_file(path: Path, cwd: Path) -> Path:
    """The whole path of a data file.

    Raises:
        UsageError: if there is no such file.
    """
    full = cwd / path
    if not full.is_file():
        what = "is a folder: name its files" if full.is_dir() else "does not exist"
        raise UsageError(f"--data {path} {what}")
    return full.resolve()


def _start(
    workspace: Workspace,
    command: Sequence[str],
    options: LaunchOptions,
    streams: Mapping[str, Any],
    stdin: int | None,
) -> Channel:
    """Start a supervisor and tell it what to run."""
    made = None if options.run is None else planned(workspace, options.run)
    folder, data, shims = options.cwd, options.data, options.shims
    if made is not None:
        data, shims = data or made.data, made.shims if shims is None else shims
        command, folder = (command, folder) if command else (made.command, folder or made.folder())
    if not command:
        raise UsageError(
            "There is no command to run" if made is None else f"The command of {made.id} is not known",
            hint="mlws-tui run -- python train.py"
            if made is None
            else f"mlws-tui run --as {made.id} -- COMMAND",
        )
    kind = options.kind or (made.kind if made is not None else "training")
    workspace.logs_of(kind)
    cwd = Path.cwd() if folder is None else folder
    if not cwd.is_dir():
        raise UsageError(f"There is no folder {cwd} to run in")
    config = {**(made.given if made is not None else {}), **plain(options.config)}
    if len(json.dumps(config)) > _LONGEST_CONFIG:
        raise UsageError(
            f"The config is longer than {_LONGEST_CONFIG:,} characters",
            hint="leave what is long to a file of its own",
        )
    env = {**os.environ, **(options.env or {})}
    env |= shim_env(shims or (), env)  # before anything is begun: an unknown name is refused
    given = {
        "experiment": options.experiment,
        "tags": list(options.tags),
        "config": config,
        "shims": list(shims or ()),
    }
    begin = {
        "root": str(workspace.root),
        "name": options.name or (made.name if made is not None else default_name(command)),
        "named": bool(options.name) or made is not None,
        "kind": kind,
        "command": list(command),
        "facts": {key: value for key, value in given.items() if value},
        "config": config,
        "data": [str(_data_file(path, cwd)) for path in data],
        "run": options.run,
        "hup": options.hup,
        "alive": options.alive,
        **streams,
    }
    return _supervise(begin, stdin, cwd, env)


def _supervise(begin: Mapping[str, Any], stdin: int | None, cwd: Path, env: Mapping[str, str]) -> Channel:
    """Start the supervisor and send it the first frame."""
    ours, theirs = socket.socketpair()
    with theirs:
        # -P: a file of the person's folder must not stand in for a module of the standard library.
        arguments = [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())]
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
