"""``mlws-tui run`` in a terminal: as if it were not there."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable
from pathlib import Path

from tests.launch.conftest import PYTHON, RUN, Pty, Recorded, ended, state, wait_for

Script = Callable[[str], list[str]]
Terminals = Callable[..., Pty]


def _is_raw(terminal: Pty) -> bool:
    return not terminal.modes()[3] & termios.ICANON


def test_the_command_sees_a_terminal_of_the_same_size(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    command = script(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGWINCH, lambda *_: os.write(1, f'now {os.get_terminal_size()}\\n'.encode()))\n"
        "print([os.isatty(fd) for fd in (0, 1, 2)], os.get_terminal_size(), os.open('/dev/tty', os.O_RDWR) > 2)\n"
        "print('ask', input())\n"
    )
    terminal = terminals([*RUN, "--", *command], rows=31, columns=97)
    terminal.wait_text("[True, True, True] os.terminal_size(columns=97, lines=31) True")
    terminal.resize(20, 60)
    terminal.wait_text("now os.terminal_size(columns=60, lines=20)")
    terminal.type("typed\r")
    terminal.wait_text("ask typed")
    assert terminal.wait_exit() == 0
    assert "typed" in recorded.output()


def test_bytes_come_untouched_and_the_log_is_readable(recorded: Recorded, terminals: Terminals) -> None:
    code = r"import sys; sys.stdout.write('\x1b[31mred\x1b[0m\r\n10%\r50%\r100%\n\x1b]0;title\x07end\n')"
    terminal = terminals([*RUN, "--", PYTHON, "-c", code])
    assert terminal.wait_exit() == 0
    assert b"\x1b[31mred\x1b[0m\r\r\n10%\r50%\r100%\r\n\x1b]0;title\x07end\r\n" in terminal.output
    assert recorded.output() == ["red", "100%", "end"]


def test_ctrl_c_interrupts_the_command_and_the_terminal_is_restored(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    terminal = terminals([*RUN, "--", *script("import time\nprint('ready')\ntime.sleep(60)\n")])
    before = terminal.modes()
    terminal.wait_text("ready")
    wait_for(lambda: _is_raw(terminal), what="raw mode")
    terminal.type("\x03")
    assert terminal.wait_exit() == 128 + signal.SIGINT
    assert b"KeyboardInterrupt" in terminal.output
    assert terminal.modes() == before
    end = recorded.end()
    assert (end["status"], end["signal"]) == ("stopped", signal.SIGINT)


def test_sigterm_to_the_wrapper_ends_the_command_and_restores_the_terminal(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    terminal = terminals([*RUN, "--", *script("import time\nprint('ready')\ntime.sleep(60)\n")])
    before = terminal.modes()
    terminal.wait_text("ready")
    wait_for(lambda: _is_raw(terminal), what="raw mode")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert terminal.modes() == before


def test_a_terminal_that_goes_does_not_end_the_command(
    recorded: Recorded, script: Script, terminals: Terminals, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    terminal = terminals(
        [
            *RUN,
            "--",
            *script(
                "import os, time\nprint('ready')\n"
                f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
                "for i in range(20000): print('after', i)\n"
            ),
        ]
    )
    before = terminal.modes()
    terminal.wait_text("ready")
    wait_for(lambda: _is_raw(terminal), what="raw mode")
    os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.wait_exit() == 128 + signal.SIGHUP
    assert terminal.modes() == before
    go.touch()
    assert recorded.end()["status"] == "completed"
    assert recorded.output()[-1] == "after 19999"


def test_ctrl_z_and_fg(recorded: Recorded, script: Script, terminals: Terminals) -> None:
    shell = terminals(["bash", "--norc", "--noprofile", "-i"])
    shell.type("PS1='$ '; stty -echo\n")
    shell.wait_text("$ ")
    command = script(
        "import sys\nprint('rea' + 'dy')\nfor line in sys.stdin: print('heard', line.strip().upper())\n"
    )
    words = " ".join([*RUN, "--", *command])
    shell.type(f"{words}; echo code=$?\n")
    shell.wait_text("ready")
    wait_for(lambda: _is_raw(shell), what="raw mode")
    shell.type("one\r")
    shell.wait_text("heard ONE")
    pid = recorded.first()["command_pid"]
    shell.type("\x1a")
    shell.wait_text("Stopped")
    wait_for(lambda: state(pid) == "T", what="the stop")
    shell.type("echo still-$((40+2)); jobs\n")
    shell.wait_text("still-42")
    shell.type("fg\n")
    wait_for(lambda: state(pid) != "T", what="the command's going on")
    wait_for(lambda: _is_raw(shell), what="raw mode")
    shell.type("two\r")
    shell.wait_text("heard TWO")
    shell.type("\x04")
    assert recorded.end()["status"] == "completed"
    shell.forget()
    shell.type("echo back-$((40+3)); exit\n")
    shell.wait_text("back-43")
    shell.wait_exit()


def test_in_a_shells_background_and_then_fg(recorded: Recorded, script: Script, terminals: Terminals) -> None:
    shell = terminals(["bash", "--norc", "--noprofile", "-i"])
    shell.type("PS1='$ '; stty -echo\n")
    shell.wait_text("$ ")
    command = script(
        "import sys\nprint('rea' + 'dy')\nfor line in sys.stdin: print('heard', line.strip().upper())\n"
    )
    shell.type(" ".join([*RUN, "--", *command]) + " &\n")
    shell.wait_text("ready")
    shell.type("echo shell-$((40+2))\n")
    shell.wait_text("shell-42")
    shell.type("fg\n")
    wait_for(lambda: _is_raw(shell) and not shell.modes()[1] & termios.OPOST, what="raw mode")
    shell.type("one\r")
    shell.wait_text("heard ONE")
    shell.type("\x04")
    assert recorded.end()["status"] == "completed"


def test_a_stopped_command_goes_on_when_its_wrapper_is_killed(
    recorded: Recorded, script: Script, terminals: Terminals, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    shell = terminals(["bash", "--norc", "--noprofile", "-i"])
    command = script(
        f"import os, time\nprint('rea' + 'dy')\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
    )
    shell.type(" ".join([*RUN, "--", *command]) + "\n")
    shell.wait_text("ready")
    wait_for(lambda: _is_raw(shell), what="raw mode")
    shell.type("\x1a")
    shell.wait_text("Stopped")
    shell.type("kill -9 %1\n")
    go.touch()
    assert recorded.end()["status"] == "completed"


def test_input_from_a_file_and_errors_into_one(
    recorded: Recorded, terminals: Terminals, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("given\n")
    code = (
        "import os, sys; print([os.isatty(fd) for fd in (0, 1, 2)], input()); print('aside', file=sys.stderr)"
    )
    inner = " ".join([*RUN, "--", PYTHON, "-c", f'"{code}"'])
    terminal = terminals(["sh", "-c", f"{inner} < in 2> err"])
    assert terminal.wait_exit() == 0
    assert b"[False, True, False] given" in terminal.output
    assert (tmp_path / "err").read_text() == "aside\n"
    assert sorted(recorded.output()) == ["[False, True, False] given", "aside"]


def test_a_signal_to_the_supervisor_is_for_the_command(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    terminal = terminals([*RUN, "--", *script("import time\nprint('ready')\ntime.sleep(60)\n")])
    terminal.wait_text("ready")
    os.kill(recorded.first()["pid"], signal.SIGTERM)
    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert recorded.end()["status"] == "stopped"


def test_a_killed_supervisor_is_told_and_the_terminal_restored(
    recorded: Recorded, script: Script, terminals: Terminals
) -> None:
    terminal = terminals([*RUN, "--", *script("import time\nprint('ready')\ntime.sleep(60)\n")])
    before = terminal.modes()
    terminal.wait_text("ready")
    wait_for(lambda: _is_raw(terminal), what="raw mode")
    first = recorded.first()
    os.kill(first["pid"], signal.SIGKILL)
    assert terminal.wait_exit() == 1
    assert f"mlws-tui: The supervisor of {first['id']} was ended".encode() in terminal.output
    assert terminal.modes() == before
    wait_for(lambda: ended(first["command_pid"]), what="the command's end, as its terminal is gone")
