"""Showing a run's terminal again, in another one: ``mlws-tui attach``."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.endings import told
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.events import ENV_RUN_ID
from mlws_tui.domain.runs import Run
from mlws_tui.services.launch.client import STDERR, STDOUT, Client, own_streams
from mlws_tui.services.launch.protocol import Channel, Frame
from mlws_tui.services.launch.replay import TerminalModes
from mlws_tui.services.launch.signals import SignalInbox
from mlws_tui.services.launch.sockets import connect
from mlws_tui.services.launch.terminal import size
from mlws_tui.sources.processes import hostname, short_name

#: ctrl+] as terminals send it: plainly, and where the command has asked for keys to be told apart.
_DETACH = (b"\x1d", b"\x1b[93;5u", b"\x1b[27;5;93~")
_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGWINCH, signal.SIGCONT)
_DIM, _PLAIN = b"\x1b[2m", b"\x1b[0m"


def attach(workspace: Workspace, run: Run) -> int:
    """Show a run's terminal in ours until the command ends or the person leaves by ctrl+]. Main thread only.

    Keys go to the command, ctrl+c too. Without a terminal of ours its output is passed on, and a signal ends us alone.

    Args:
        workspace: Where the run is.
        run: The run, with its state.

    Returns:
        The command's exit code, or 0 where the person has left before.

    Raises:
        UsageError: if it is the run that our terminal is of.
        MlwsError: if the run has ended, or there is no terminal of it on this host.
    """
    own_streams()  # what is closed is opened on nothing
    connection = _reach(workspace, run)
    with SignalInbox(_HANDLED) as inbox:
        channel = Channel(connection)
        channel.send_json(Frame.ATTACH, {"size": size(STDOUT)})
        with _Visitor(channel, inbox, run.id) as visitor:
            return visitor.run()


def check(workspace: Workspace, run: Run) -> None:
    """See whether `attach` would find the run's terminal. Blocking.

    Raises:
        UsageError: as `attach` would.
        MlwsError: as `attach` would.
    """
    _reach(workspace, run).close()


def _reach(workspace: Workspace, run: Run) -> socket.socket:
    """A connection to the run's supervisor.

    Raises:
        MlwsError: why there is none, and what can be done.
    """
    follow = f"mlws-tui logs follow {run.id}"
    wrapper = next((process for process in run.processes if process.role == "wrapper"), None)
    if not run.state.live:
        raise MlwsError(f"{run.id} is over: {told(run)}", hint=f"read its log: mlws-tui logs show {run.id}")
    if os.environ.get(ENV_RUN_ID) == run.id:
        raise UsageError(f"This is the terminal of {run.id}", hint="attach to it from another one")
    if wrapper is None:
        begun = run.processes or run.log_only
        how = "was not started by mlws-tui run" if begun else "was not started yet"
        hint = f"see what it prints: {follow}" if begun else f"mlws-tui run --as {run.id} -- COMMAND"
        raise MlwsError(f"{run.id} {how} and has no terminal to show", hint=hint)
    if short_name(wrapper.host) != short_name(hostname()):
        raise MlwsError(
            f"{run.id} runs on {wrapper.host}",
            hint=f"attach to it there by SSH, or see what it prints: {follow}",
        )
    connection = connect(str(workspace.root), run.id)
    if connection is None:
        raise MlwsError(
            f"The terminal of {run.id} cannot be reached: nobody listens for it here",
            hint=f"another user or container may have started it; see what it prints: {follow}",
        )
    return connection


class _Visitor(Client):
    """A client that came later and may leave earlier."""

    def __init__(self, channel: Channel, inbox: SignalInbox, run: str) -> None:
        super().__init__(channel, inbox, impatient=True)
        self._run = run
        self._modes = TerminalModes()
        self._shown = False
        self._plain_lines = False

    def run(self) -> int:
        code = super().run()
        return 0 if self._out.broken or self._err.broken else code

    def _farewell(self) -> bytes:
        """Takes our terminal back to how it was, whatever the command has switched on in it."""
        return self._modes.undo() if self._typed else b""

    def _enter(self) -> None:
        if self._shown and self._typed:  # until then ctrl+c is for us
            self._terminal.enter(plain_lines=self._plain_lines)

    def _on_started(self, about: dict[str, Any]) -> None:
        super()._on_started(about)
        self._shown, self._plain_lines = True, not about["terminal"]
        if self._typed:
            self._say(f"attached to {self._run}; ctrl+] leaves it running")
        self._enter()

    def _on_frame(self, kind: Frame, payload: bytes) -> None:
        if kind is Frame.OUT and self._typed:
            self._modes.feed(payload)
        super()._on_frame(kind, payload)

    def _on_keys(self, data: bytes) -> None:
        found = [at for key in _DETACH if (at := data.find(key)) >= 0]
        if not found:
            super()._on_keys(data)
            return
        if before := data[: min(found)]:
            super()._on_keys(before)
        self._leave()

    def _on_request(self, number: signal.Signals) -> None:
        self._leave()

    def _leave(self) -> None:
        """Go, and let the command run."""
        self._code = 0
        self._channel.wait_sent(1.0)
        if self._typed:
            self._say(f"left {self._run} running; see it again: mlws-tui attach {self._run}")

    def _say(self, text: str) -> None:
        if os.isatty(STDERR):
            self._err.put(
                b"\r\n" * self._terminal.raw + _DIM + f"mlws-tui: {text}".encode() + _PLAIN + b"\r\n"
            )
