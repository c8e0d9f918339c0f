"""A hostile workspace on a real terminal: every byte that the app and its commands send there is accounted for."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.ansi import styled
from tests.e2e.conftest import app_in  # noqa: F401 - a fixture
from tests.e2e.terminal import Terminal
from tests.security.wire import sent
from tests.store.kit import header, metrics, write

#: Each would do something to some terminal.
SEQUENCES = (
    *("\x1b]52;c;aGk=\x07", "\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]8;;file:///etc/passwd\x1b\\"),
    *(
        "\x1b[2J",
        "\x1b[3J",
        "\x1bc",
        "\x9b2J",
        "\x9d0;owned\x9c",
    ),  # the screen cleared, the terminal reset, C1
    *('\x1bP$q"p\x1b\\', "\x1b_Gq=2\x1b\\", "\x1b^x\x1b\\", "\x1bXx\x1b\\"),  # DCS, APC, PM, SOS
    *("\x1b[6n", "\x1b[c", "\x1b[21t", "\x05"),  # questions: the answers are typed into the shell
    *("\x1b[?47h", "\x1b[?1l", "\x1b[999;999H", "\x1b[5m", "\x1b[8m", "\x1b(0", "\x0e", "\x1b[4h"),
    *("\u202e", "\u2066", "\u200f", "\u2028", "\x7f", "\x00", "\x07"),
)
#: And to the app, if it took text for markup.
EVIL = f"[@click=app.quit]press[/][red]hot[/red]{''.join(SEQUENCES)}[link=file:///x]y[/link]"
SHOWN = "[@click=app.quit]press[/][red]hot[/red]␛]52;c;aGk=␇"
LINES = (
    f"2024-10-19 14:30:00 - INFO - {EVIL}",
    f"2024-10-19 14:30:01 - ERROR - {EVIL}",
    "Traceback (most recent call last):",
    f'  File "{EVIL}", line 1, in {EVIL}',
    f"RuntimeError: {EVIL}",
    json.dumps({"time": 1729348201.0, "level": "error", "message": EVIL, EVIL: EVIL}),
    f"Epoch 1/3 complete - {EVIL} Loss: 0.452",
    f"\rbar {EVIL}\x08\x08\x1b[K{EVIL}",
)
COLUMNS, ROWS = 200, 60


def write_log(path: Path, *, packed: bool = False) -> None:
    """A log of hostile lines, with C1 as single bytes, too."""
    data = "\n".join(LINES).encode() + b"\n\x9b2J\x9d0;owned\x9c\x90q\x9c\xff\xfe\n" + EVIL.encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if packed else data)


def write_run(workspace: Workspace, run: str, started: float, log: Path) -> None:
    """A run that failed after a minute, all of whose facts are hostile."""
    facts = dict.fromkeys(("name", "model", "dataset", "experiment", "cwd", "host"), EVIL)
    lists = {"tags": [EVIL], "config": {EVIL: EVIL, "lr": EVIL}, "cmd": ["python", EVIL]}
    error = {"type": EVIL, "message": EVIL, "traceback": f"{EVIL}\n{EVIL}"}
    records = [
        header(run, started, log=workspace.relative(log)) | facts | lists,
        metrics(1, started, **{EVIL: 1.0, "loss": 0.5}),
        {"type": "note", "ts": started, "text": EVIL},
        {"type": "alert", "ts": started, "level": EVIL, "title": EVIL, "text": EVIL},
        {"type": "end", "ts": started + 60, "status": "failed", "error": error},
    ]
    write(workspace.streams, f"{run}/host-1-a.jsonl", records)


@pytest.fixture
def hostile(workspace: Workspace) -> Workspace:
    """Two runs: the newer one has logs of two ranks, that of the older one is archived."""
    now = time.time()
    name = EVIL.replace("/", "_").replace("\0", "")[:90]
    training, older, newer = workspace.logs_of("training"), "20241019-143000-evil", "20241019-143001-evil"
    write_run(workspace, older, now - 1, training / f"{name}.log")
    write_log(workspace.logs / "archive" / "training" / f"{name}.log.gz", packed=True)
    write_run(workspace, newer, now, training / f"{newer}.log")
    write_log(training / f"{newer}.log")
    rank = training / f"{newer}.rank1.{name}.log"
    other = header(newer, now, log=workspace.relative(rank), rank=1, world_size=2) | {"name": EVIL}
    write(workspace.streams, f"{newer}/host-2-b.jsonl", [other])
    write_log(rank)
    return workspace


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_each_of_them_would_be_noticed(sequence: str) -> None:
    found = sent(f"before{sequence}after".encode(), columns=COLUMNS, rows=ROWS)
    assert found.wrong or found.copied


def test_no_command_sends_what_it_read(hostile: Workspace, app_in: Callable[..., Terminal]) -> None:  # noqa: F811
    (archived,) = (hostile.logs / "archive" / "training").iterdir()
    calls = [
        ["logs", "list"],
        ["logs", "show", "@last"],
        ["logs", "follow", "@last"],
        ["logs", "errors", "@last"],
        ["logs", "metrics", "@last"],
        ["logs", "show", str(archived)],
        ["logs", "show", "none \x1b[2J.log"],
        ["runs", "list"],
        ["runs", "show", "@last"],
        ["metrics", "@last"],
        ["experiments", "list"],
    ]
    script = (
        "import sys\n"
        "from mlws_tui.cli.main import main\n"
        f"codes = [main(['--workspace', {str(hostile.root)!r}, *call]) for call in {calls!r}]\n"
        "print('codes', codes)\n"
    )
    terminal = Terminal([sys.executable, "-c", script], columns=COLUMNS, rows=ROWS)
    try:
        terminal.wait_for("codes [")
        assert terminal.wait_exit() == 0
    finally:
        terminal.close()
    assert "codes [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]" in terminal.text
    found = sent(bytes(terminal.raw), columns=COLUMNS, rows=ROWS)
    assert (found.wrong, found.copied, found.modes) == ([], [], {})
    assert terminal.raw.decode().count(SHOWN) > 20


def test_no_pane_sends_what_it_shows(hostile: Workspace, app_in: Callable[..., Terminal]) -> None:  # noqa: F811
    terminal = app_in("--workspace", str(hostile.root), columns=COLUMNS, rows=ROWS)
    terminal.wait_for(lambda text: text.count(SHOWN) >= 8)
    terminal.type("\r")  # all that is known of the run
    terminal.wait_for("esc back")
    leave(terminal, "esc back")
    terminal.type("3z")
    terminal.wait_for(lambda text: text.count(SHOWN) >= 8 and "2 Runs ─" not in text)
    click_on(terminal, "press[/]")
    terminal.type("g/")
    terminal.wait_for("find as you type")
    terminal.type("hot zzz")
    terminal.wait_for("hot zzz")
    leave(terminal, "hot zzz")
    for line in (1, 3, 6):  # a message, a traceback that is folded and unfolded, a JSON object
        terminal.type(":")
        terminal.wait_for("yesterday")
        terminal.type(f"{line}")
        terminal.wait_for(f": {line} ")
        terminal.type("\r")
        terminal.wait_for(f"line {line} of")
        terminal.type("\r")
        terminal.wait_for(lambda text: "esc closes" in text or "▸" in text)
        terminal.type("\r")
        terminal.wait_for(lambda text: "esc closes" not in text)
    terminal.type("f")
    terminal.wait_for("add")
    leave(terminal, "add")
    terminal.type("M")
    terminal.wait_for(lambda text: text.count("[rank1]") >= 8)
    terminal.type("?")
    terminal.wait_for("Merge the run's logs")
    leave(terminal, "Merge the run's logs")
    terminal.type("z2j")  # the run whose log is in the archive
    terminal.wait_for(lambda text: any("3 Log" in row and "owned" in row for row in text.splitlines()))
    terminal.type("q")
    assert terminal.wait_exit() == 0
    found = sent(bytes(terminal.raw), columns=COLUMNS, rows=ROWS)
    assert (found.wrong, found.copied) == ([], [])
    assert found.modes[b"\x1b[?1049l"] == 1


def test_what_is_copied_is_the_only_thing_for_the_clipboard(
    hostile: Workspace,
    app_in: Callable[..., Terminal],  # noqa: F811
) -> None:
    terminal = app_in("--workspace", str(hostile.root), columns=COLUMNS, rows=ROWS)
    terminal.wait_for(lambda text: text.count(SHOWN) >= 8)
    terminal.type("3g")
    terminal.wait_for("line 1 of")
    terminal.type("y")
    terminal.wait_for("copied")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    found = sent(bytes(terminal.raw), columns=COLUMNS, rows=ROWS)
    assert found.wrong == []
    (copied,) = found.copied
    assert (
        base64.b64decode(copied).decode() == styled(LINES[0]).text
    )  # as it is seen: nothing acts when it is pasted


def leave(terminal: Terminal, shown: str) -> None:
    """Leave a bar or a screen by a key that must not come together with the next one: that would be alt."""
    terminal.type("\x1b")
    terminal.wait_for(lambda text: shown not in text)


def click_on(terminal: Terminal, text: str) -> None:
    """Press and release the first mouse button on a text of the screen."""
    row = next(row for row, line in enumerate(terminal.screen.display) if text in line)
    column = terminal.screen.display[row].index(text)
    for action in "Mm":
        terminal.type(f"\x1b[<0;{column + 1};{row + 1}{action}")
