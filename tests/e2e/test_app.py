"""The real program in a real terminal: what the backbone promises to a person at a keyboard."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.drafts import state_folder
from tests.e2e.conftest import MLWS, Cli, journal_of, steps_of
from tests.e2e.terminal import Terminal

LOSS = re.compile(r"\bloss (\d*\.\d+)")


def last_loss(text: str) -> float | None:
    found = LOSS.search(text)
    return float(found.group(1)) if found else None


def wait_for_fall(terminal: Terminal) -> None:
    """Wait until a loss is on the screen, then until a smaller one is."""
    terminal.wait_for(lambda text: last_loss(text) is not None)
    first = last_loss(terminal.text)
    assert first is not None
    terminal.wait_for(lambda text: (last_loss(text) or first) < first)


def test_a_live_run_is_seen_falling_and_q_restores_the_terminal(
    app_in: Callable[..., Terminal], training: Callable[..., subprocess.Popen[str]]
) -> None:
    training("llama-ft", rate=5)
    terminal = app_in()
    before = termios.tcgetattr(terminal.fd)
    terminal.wait_for("llama-ft")
    wait_for_fall(terminal)
    terminal.type("q")
    assert terminal.wait_exit() == 0
    assert b"\x1b[?1049l" in terminal.raw
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
    assert termios.tcgetattr(terminal.fd)[:4] == before[:4]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_keeps_unsaved_words(
    app_in: Callable[..., Terminal], workspace: Workspace, number: signal.Signals
) -> None:
    terminal = app_in()
    terminal.wait_for("enter: write today's entry")
    terminal.type("4")
    terminal.type("\r")
    terminal.type("## Thoughts worth keeping")
    terminal.wait_for("Thoughts worth keeping")
    terminal.signal(number)
    assert terminal.wait_exit() == 128 + number
    assert b"\x1b[?1049l" in terminal.raw
    again = app_in()
    again.wait_for("4 Journal")
    if "Thoughts worth keeping" not in journal_of(workspace.root):
        again.wait_for(lambda text: "restore" in text.lower())


def test_kill_9_of_a_script_shows_as_crashed_with_every_metric(
    app_in: Callable[..., Terminal], training: Callable[..., subprocess.Popen[str]], cli: Cli
) -> None:
    process = training("doomed", rate=50)
    terminal = app_in()
    terminal.wait_for("doomed")
    steps = steps_of(process, 40)
    process.send_signal(signal.SIGKILL)
    process.wait()
    terminal.wait_for("crashed", seconds=5)
    run = cli.runs()["doomed"]
    assert run["state"] == "crashed"
    series = cli.json("metrics", run["id"])["series"]["loss"]
    assert len(series["step"]) >= steps
    assert series["step"] == list(range(1, len(series["step"]) + 1))


def test_kill_9_under_the_wrapper_shows_as_failed_by_signal_9(
    training: Callable[..., subprocess.Popen[str]], cli: Cli, workspace: Workspace
) -> None:
    wrapper = training(
        "wrapped", under=(sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root), "run", "--")
    )
    steps_of(wrapper, 5)
    pids = script_pids("train.py", str(workspace.root))
    os.kill(max(pids), signal.SIGKILL)
    assert wrapper.wait(timeout=20) == 128 + signal.SIGKILL
    run = next(iter(cli.runs().values()))
    assert (run["state"], run["signal"]) == ("failed", 9)


def test_wrapper_supervisor_and_script_killed_shows_as_crashed(
    training: Callable[..., subprocess.Popen[str]], cli: Cli, workspace: Workspace
) -> None:
    wrapper = training(
        "gone", under=(sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root), "run", "--")
    )
    steps_of(wrapper, 5)
    for pid in script_pids(str(workspace.root)):
        os.kill(pid, signal.SIGKILL)
    wrapper.wait(timeout=20)
    cli.wait_for_run(lambda runs: [run["state"] for run in runs.values()] == ["crashed"], seconds=5)


def test_the_index_is_made_again_from_the_streams(
    training: Callable[..., subprocess.Popen[str]], cli: Cli, workspace: Workspace
) -> None:
    process = training("kept", rate=200)
    steps_of(process, 30)
    (workspace.root / "stop").touch()
    process.wait(timeout=20)
    name = cli.runs()["kept"]["id"]
    cli("runs", "tag", name, "precious")
    before = cli.json("runs", "show", name), cli.json("metrics", name)
    assert "precious" in before[0]["tags"]
    for path in workspace.marker.glob("index.db*"):
        path.unlink()
    assert (cli.json("runs", "show", name), cli.json("metrics", name)) == before


def test_two_apps_both_follow_and_the_second_takes_over(
    app_in: Callable[..., Terminal], training: Callable[..., subprocess.Popen[str]]
) -> None:
    training("shared", rate=10)
    first = app_in()
    first.wait_for("shared")
    wait_for_fall(first)
    second = app_in()
    second.wait_for("shared")
    second.wait_for(f"kept by pid {first.pid}")
    wait_for_fall(second)
    first.signal(signal.SIGKILL)
    first.wait_exit()
    second.wait_for(lambda text: "kept by pid" not in text)
    wait_for_fall(second)


def test_a_line_from_another_shell_shows_at_once(app_in: Callable[..., Terminal], cli: Cli) -> None:
    terminal = app_in()
    terminal.wait_for("4 Journal")
    cli("log", "Experiments", "compared r=8 and r=16")
    terminal.wait_for("compared r=8 and r=16", seconds=5)


def test_hostile_names_and_lines_never_reach_the_terminal_as_such(
    app_in: Callable[..., Terminal], workspace: Workspace, cli: Cli
) -> None:
    hostile = "evil\x1b]52;c;aGk=\x07\x1b]0;title\x07\x1b[2J[@click=app.bell]x[/]"
    script = workspace.root / "evil.py"
    script.write_text(
        "import mlws_tui as m\n"
        f"name = {hostile!r}\n"
        "with m.run(name) as run:\n"
        "    run.logger.info('line ' + name)\n"
        "    run.log({'loss' + name: 1.0})\n"
        "    run.note(name)\n"
    )
    env = {**os.environ, "MLWS_WORKSPACE": str(workspace.root)}
    subprocess.run(
        [sys.executable, str(script)], check=True, env=env, cwd=workspace.root, capture_output=True
    )
    terminal = app_in(columns=240, rows=60)
    terminal.wait_for(lambda text: text.count("[@click=app.bell]x[/]") >= 2)
    terminal.type("q")
    assert terminal.wait_exit() == 0
    ours = bytes(terminal.raw).replace(b"\x1b]22;default\x07", b"")  # Textual's own: the shape of the pointer
    for sequence in (b"\x1b]52", b"\x1b]0;title", b"\x07"):
        assert sequence not in ours


def test_resizing_folds_and_unfolds_the_panes(app_in: Callable[..., Terminal]) -> None:
    terminal = app_in()
    terminal.wait_for(lambda text: all(name in text for name in ("1 GPUs ", "2 Runs ", "5 Session ")))
    terminal.resize(80, 24)
    terminal.wait_for(lambda text: "1 GPUs  2 Runs  3 Log" in text)
    terminal.type("4")
    terminal.wait_for(lambda text: "4 Journal ──" in text)
    terminal.resize(200, 60)
    terminal.wait_for(lambda text: "4 Journal ──" in text and "3 Log" in text and "2 Runs" in text)


def script_pids(*words: str) -> list[int]:
    """Pids of the processes whose command line or folder holds all these words."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry.name}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
            place = os.readlink(f"/proc/{entry.name}/cwd")
        except OSError:
            continue
        if all(word in line or word in place for word in words):
            found.append(int(entry.name))
    assert found, f"no process with {words} at {time.strftime('%X')}"
    return found


def test_bytes_that_are_no_text_do_not_end_the_app(
    app_in: Callable[..., Terminal], workspace: Workspace
) -> None:
    terminal = app_in()
    terminal.wait_for("enter: write today's entry")
    terminal.type(b"\xff\xfe\x80")
    terminal.type("4\rstill here")
    terminal.wait_for("still here")
    terminal.type(b"\x11")  # ctrl+q
    assert terminal.wait_exit() == 0
    assert "still here" in journal_of(workspace.root)


def test_keys_typed_ahead_of_the_first_frame_reach_the_pane_they_were_meant_for(
    app_in: Callable[..., Terminal],
) -> None:
    terminal = app_in()
    terminal.wait_for("5 Session")
    terminal.type("4\rnever quit on \x1b[200~what is pasted or \x1b[201~type-ahead")
    terminal.wait_for("never quit on what is pasted or type-ahead")
    terminal.type("\x1b")
    terminal.wait_for("saved")


def test_a_terminal_that_goes_without_a_word_ends_the_app_and_keeps_unsaved_words(
    workspace: Workspace,
) -> None:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(ours, (40, 120))
    # It is not the terminal of its session: the system sends no hang-up.
    command = [*MLWS, "--workspace", str(workspace.root)]
    app = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    folder = state_folder() / "recovery"
    deadline = time.monotonic() + 40
    try:
        while b"\x1b[?1049h" not in os.read(ours, 65536):
            assert time.monotonic() < deadline, "it does not begin"
        os.write(ours, b"4\rwords before the line broke")
        while not list(folder.glob("*.json")):
            assert time.monotonic() < deadline, "nothing was typed"
            if select.select([ours], [], [], 0.1)[0]:
                os.read(ours, 65536)
        os.close(ours)
        assert app.wait(timeout=30) == 128 + signal.SIGHUP
    finally:
        app.kill()
        app.wait()
    kept = [json.loads(path.read_text())["text"] for path in folder.glob("*.json")]
    assert kept == ["words before the line broke"] or "before the line broke" in journal_of(workspace.root)
