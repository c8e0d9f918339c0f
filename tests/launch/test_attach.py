"""A run that was started in the background or lost its terminal, shown again in another one."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import ProcessRef, Run, RunState
from mlws_tui.services.launch.attaching import attach
from mlws_tui.services.launch.audience import Audience
from mlws_tui.services.launch.protocol import Channel, Frame
from mlws_tui.services.launch.replay import Replay, TerminalModes
from mlws_tui.services.launch.sockets import connect, listen
from tests.launch.conftest import PYTHON, RUN, Pty, Recorded, ended, state, wait_for
from tests.launch.conftest import run as run_piped

ATTACH = [*RUN[:-1], "attach"]
LEAVE = "\x1d"
Script = Callable[[str], list[str]]
Terminals = Callable[..., Pty]

ECHO = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGWINCH, lambda *_: os.write(1, f'size {os.get_terminal_size()}\\n'.encode()))\n"
    "print([os.isatty(fd) for fd in (0, 1, 2)], os.get_terminal_size().columns, 'ready')\n"
    "for line in sys.stdin:\n    print('heard', line.strip().upper())\n    sys.stdout.flush()\n"
    "    if line.strip() == 'quit': sys.exit(7)\n"
)


@pytest.fixture
def detached(recorded: Recorded, script: Script) -> Iterator[Callable[..., str]]:
    """Start a command in the background; its run."""
    begun: list[str] = []

    def start(code: str = ECHO, *options: str, **env: str) -> str:
        done = subprocess.run(
            [*RUN, "--detach", *options, "--", *script(code)],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env={**os.environ, **env},
        )
        begun.append(done.stdout.strip())
        assert f"mlws-tui attach {begun[-1]}" in done.stderr
        return begun[-1]

    yield start
    for run_id in begun:
        pid = recorded.first(run_id)["command_pid"]
        if not ended(pid):
            os.killpg(pid, signal.SIGKILL)


def test_detach_returns_at_once_and_attach_shows_it_until_its_end(
    recorded: Recorded, detached: Callable[..., str], terminals: Terminals
) -> None:
    run_id = detached(ECHO, "--name", "bg", COLUMNS="101", LINES="33")
    assert recorded.ids() == [run_id]
    wait_for(lambda: recorded.output(run_id), what="output")
    terminal = terminals([*ATTACH, run_id], rows=20, columns=60)
    terminal.wait_text("[True, True, True] 101 ready")
    terminal.wait_text("size os.terminal_size(columns=60, lines=20)")
    terminal.type("one\r")
    terminal.wait_text("heard ONE")
    assert b"ctrl+] leaves it running" in terminal.output
    terminal.resize(21, 61)
    terminal.wait_text("size os.terminal_size(columns=61, lines=21)")
    terminal.type("quit\r")
    assert terminal.wait_exit() == 7
    assert recorded.end(run_id)["exit_code"] == 7


def test_leaving_restores_the_terminal_and_another_one_can_come(
    recorded: Recorded, detached: Callable[..., str], terminals: Terminals
) -> None:
    run_id = detached("import sys\nsys.stdout.write('\\x1b[?1049h\\x1b[?25l')\n" + ECHO)
    first = terminals([*ATTACH, "@last"])
    before = first.modes()
    first.wait_text("ready")
    assert b"\x1b[?1049h\x1b[?25l" in first.output
    first.forget()
    first.type(LEAVE)
    assert first.wait_exit() == 0
    assert b"\x1b[?25h\x1b[?1049l\x1b[0m" in first.output and b"left " in first.output
    assert first.modes() == before
    second, third = terminals([*ATTACH, run_id]), terminals([*ATTACH, run_id])
    for terminal in (second, third):
        terminal.wait_text("ready")
    second.type("both\r")
    for terminal in (second, third):
        terminal.wait_text("heard BOTH")
    third.type("\x03")
    assert second.wait_exit() == third.wait_exit() == 128 + signal.SIGINT
    assert (recorded.end(run_id)["status"], recorded.end(run_id)["reason"]) == ("stopped", "interrupted")


def test_a_run_whose_terminal_went_is_shown_again_and_stops_with_the_shell_it_is_shown_in(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    lost = terminals([*RUN, "--", *script(ECHO)])
    lost.wait_text("ready")
    run_id = recorded.ids()[0]
    os.kill(lost.pid, signal.SIGHUP)
    assert lost.wait_exit() == 128 + signal.SIGHUP
    shell = terminals(["bash", "--norc", "--noprofile", "-i"])
    shell.type(" ".join([*ATTACH, run_id]) + "\n")
    shell.wait_text("ready")
    pid = recorded.first(run_id)["command_pid"]
    shell.type("\x1a")
    shell.wait_text("Stopped")
    wait_for(lambda: state(pid) == "T", what="the stop")
    shell.type("fg\n")
    wait_for(lambda: state(pid) != "T", what="its going on")
    shell.type("quit\r")
    assert recorded.end(run_id)["exit_code"] == 7
    shell.type("exit\n")
    shell.wait_exit()


def test_a_run_without_a_terminal_is_shown_with_its_keys(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    code = "import sys, time\nprint('out\\nready')\nprint('aside', file=sys.stderr)\ntime.sleep(60)\n"
    with subprocess.Popen(
        [*RUN, "--", *script(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as piped:
        run_id = wait_for(recorded.ids, what="the run")[0]
        wait_for(lambda: len(recorded.output(run_id)) == 3, what="output")
        reader = subprocess.Popen([*ATTACH, run_id], stdout=subprocess.PIPE, text=True)
        assert reader.stdout is not None and reader.stdout.readline() == "out\n"
        reader.send_signal(signal.SIGINT)  # for the reader alone
        assert reader.wait(20) == 0
        reader.stdout.close()
        terminal = terminals([*ATTACH, run_id])
        terminal.wait_text("out\r\nready\r\n")
        terminal.wait_text("aside\r\n")
        terminal.type("\x03")
        assert terminal.wait_exit() == 128 + signal.SIGINT
        assert piped.wait(20) == 128 + signal.SIGINT
    assert recorded.end(run_id)["reason"] == "interrupted"


def test_what_cannot_be_attached_to_is_told_in_one_sentence(recorded: Recorded) -> None:
    run_piped([PYTHON, "-c", "raise ValueError('no')"])
    over = subprocess.run([*ATTACH, "@last"], capture_output=True, text=True, timeout=30, check=False)
    assert (over.returncode, over.stdout, over.stderr.count("\n")) == (1, "", 1)
    assert "is over: failed: ValueError: no (read its log: mlws-tui logs show 2" in over.stderr


@pytest.mark.parametrize(
    ("process", "more", "sentence"),
    [
        (
            None,
            {"state": RunState.CREATED},
            "was not started yet and has no terminal to show (mlws-tui run --as ID",
        ),
        (
            None,
            {"log_only": True},
            "was not started by mlws-tui run and has no terminal to show (see what it prints: ",
        ),
        (ProcessRef(7, 1, "h"), {}, "was not started by mlws-tui run and has no terminal to show"),
        (ProcessRef(7, 1, "gpu07", role="wrapper"), {}, "runs on gpu07 (attach to it there by SSH, or see"),
        (
            ProcessRef(7, 1, os.uname().nodename, role="wrapper"),
            {},
            "nobody listens for it here (another user",
        ),
        (None, {"inside": True}, "This is the terminal of ID (attach to it from another one)"),
    ],
)
def test_runs_that_have_no_terminal_here(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    process: ProcessRef | None,
    more: dict[str, Any],
    sentence: str,
) -> None:
    if more.pop("inside", False):
        monkeypatch.setenv("MLWS_RUN_ID", "ID")
    processes = () if process is None else (process,)
    made = replace(Run("ID", "n", "training", RunState.RUNNING, processes=processes), **more)
    with pytest.raises(MlwsError, match=re.escape(sentence)):
        attach(workspace, made)


def test_whoever_speaks_another_language_harms_nobody(
    recorded: Recorded, detached: Callable[..., str], terminals: Terminals
) -> None:
    run_id = detached(ECHO)
    for words in (b"\x02\0\0\0\x01x", b"\x06\0\0\0\x02{}", b"\x06\0\0\0\x01{", b"\xee\0\0\0\0" * 3, b""):
        connection = connect(str(recorded.workspace.root), run_id)
        assert connection is not None
        connection.sendall(words)
        connection.close()
    terminal = terminals([*ATTACH, run_id])
    terminal.wait_text("ready")
    terminal.type("quit\r")
    assert terminal.wait_exit() == 7


def test_a_terminal_that_takes_nothing_holds_the_command_up_only_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mlws_tui.services.launch.audience._STALL", 0.0)
    first, other = socket.socketpair()
    audience = Audience(Channel(first), None, {"run": "r", "log": "l", "terminal": True}, (24, 80, 0, 0))
    for _ in range(200):
        audience.show(Frame.OUT, b"x" * 5000)
    assert audience.behind > 1 << 18
    audience.turn()
    assert audience.behind < 1 << 14
    reader = Channel(other)
    seen: list[tuple[Frame, bytes]] = []
    while audience.behind:
        seen += list(reader.receive())
        audience.show(Frame.OUT, b".")
    audience.farewell(3, "")
    while reader.open:
        seen += list(reader.receive())
    assert seen[-1][0] is Frame.ENDED
    assert json.loads(seen[-1][1])["code"] == 3
    assert any(kind is Frame.NOTICE and b"are not shown here" in payload for kind, payload in seen)
    reader.close()


def test_a_command_that_cannot_run_is_told_when_it_is_detached(recorded: Recorded, tmp_path: Path) -> None:
    done = run_piped(["no-such-program-here"], "--detach")
    assert (done.returncode, done.stdout.strip()) == (127, recorded.ids()[0])
    assert "command not found" in done.stderr
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    assert run_piped([str(broken)], "--detach").returncode == 127
    assert run_piped(["true"], "--detach", "--hup").returncode == 2


def test_sockets_are_for_the_user_alone_and_stale_ones_go(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("s") / "s"
    monkeypatch.setenv("MLWS_RUNTIME_DIR", str(folder))
    listener = listen("/w", "a")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert connect("/w", "b") is None and connect("/other", "a") is None
    connection = connect("/w", "a")
    accepted = listener.accept()
    assert connection is not None and accepted is not None and listener.accept() is None
    for end in (connection, accepted):
        end.close()
    stale = folder / "stale"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(stale))
    other = listen("/w", "b")
    assert not stale.exists() and listener.path.exists()
    for one in (listener, other):
        one.close()
    assert list(folder.iterdir()) == []
    folder.chmod(0o755)
    with pytest.raises(PermissionError):
        listen("/w", "a")


def test_the_replay_begins_at_a_line_in_the_modes_of_that_place() -> None:
    replay = Replay(limit=1000)
    replay.feed(Frame.OUT, b"\x1b[?1049h\x1b[?25l\x1b[?20")
    replay.feed(Frame.OUT, b"04h first\n")
    for number in range(200):
        replay.feed(Frame.OUT, b"line %d\n" % number)
    replay.feed(Frame.ERR, b"aside\n")
    (_, modes), *rest = replay.frames()
    assert modes == b"\x1b[?1049h\x1b[?25l\x1b[?2004h"
    shown = b"".join(data for kind, data in rest if kind is Frame.OUT)
    assert shown.startswith(b"line ") and shown.endswith(b"line 199\n") and 900 < len(shown) <= 1000
    assert rest[-1] == (Frame.ERR, b"aside\n")


def test_modes_that_were_switched_off_again_need_nothing() -> None:
    modes = TerminalModes()
    modes.feed(b"\x1b[?1049;1006h text \x1b[?25l\x1b[?7h\x1b[?1049l\x1b[?25h")
    assert modes.again() == b"\x1b[?1006h"
    assert modes.undo() == b"\x1b[?1006l\x1b[0m"
