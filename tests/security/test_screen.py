"""Text from outside never commands the terminal: in no pane, when it is pasted, in no answer of a command (F38–F40)."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import run_id
from tests.e2e.conftest import app_in  # noqa: F401 - a fixture
from tests.e2e.terminal import Terminal
from tests.store.kit import metrics, write

#: A clipboard write, a title, a link, a cleared screen, a device's string, C1, bidi, a carriage return, markup.
EVIL = (
    "evil\x1b]52;c;aGk=\x07\x1b]0;title\x07\x1b]8;;file:///etc\x1b\\\x1b[2J\x1bPq\x1b\\\x9b6n\x85\u202e\u2066\rgone"
    "[@click=app.bell]x[/] [link=file:///x]y a[/b]c $error"
)
#: The same as a name of a file may have it.
FILE = EVIL.replace("/", "_")[:120]
#: What none of it may become: Textual itself writes neither these, nor C1 as UTF-8.
FORBIDDEN = (
    b"\x1b]52",
    b"\x1b]0;title",
    b"\x1b]8;;file",
    b"\x1bP",
    b"\xc2\x9b",
    b"\xc2\x85",
    b"\xe2\x80\xae",
    b"\xe2\x81\xa6",
)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(workspace: Workspace) -> Workspace:
    """A workspace that somebody else filled."""
    now = time.time()
    run = run_id("evil", now)
    log = f"logs/training/{FILE}.log"
    (workspace.root / log).write_bytes(
        f"{EVIL}\n2024-10-19 14:30:00 - ERROR - {EVIL}\n".encode() + b"\xff\0" * 9 + b"z" * 2**20
    )
    facts = {
        "name": EVIL,
        "kind": "training",
        "model": EVIL,
        "dataset": EVIL,
        "tags": [EVIL],
        "config": {EVIL: EVIL},
    }
    facts |= {"cmd": ["python", EVIL], "cwd": EVIL, "log": log, "experiment": EVIL}
    records = [
        {"type": "run", "v": 1, "ts": now, "id": run, "host": EVIL, "pid": 1, **facts},
        metrics(1, now, **{EVIL: 1.0, "loss": 0.5}),
        {"type": "alert", "ts": now, "level": EVIL, "title": EVIL, "text": EVIL},
        {"type": "note", "ts": now, "text": EVIL},
        {"type": "artifact", "ts": now, "path": EVIL, "kind": EVIL, "bytes": 1},
        {
            "type": "end",
            "ts": now,
            "status": "failed",
            "error": {"type": EVIL, "message": EVIL, "traceback": EVIL},
        },
    ]
    write(workspace.streams, f"{run}/host-1-a.jsonl", records)
    today = time.strftime("%Y-%m-%d")
    workspace.journal.write_bytes(f"# Log\n\n## {today}\n\n### Models {EVIL}\n\n- [ ] {EVIL}\n".encode())
    session = workspace.sessions / f"{today}-{FILE}.md"
    session.write_bytes(f"# Session: {EVIL}\n\n**Type**: {EVIL}\n\n[{EVIL}](javascript:x)\n".encode())
    (workspace.marker / "themes").mkdir()
    (workspace.marker / "themes" / f"{FILE}.yaml").write_text("primary: nonsense\n")
    workspace.config.write_bytes(
        (
            '"' + EVIL.encode("unicode_escape").decode().replace("\\x9b", "").replace("\\x85", "") + '": 1\n'
        ).encode()
    )
    return workspace


def test_in_no_pane(hostile: Workspace, app_in: Callable[..., Terminal]) -> None:  # noqa: F811
    terminal = app_in(columns=220, rows=70)
    terminal.wait_for(lambda text: text.count("app.bell") >= 4)
    terminal.type("4")
    terminal.type("\r")
    terminal.wait_for("editing")
    terminal.type(f"\x1b[200~pasted {EVIL}\x1b[201~")
    terminal.wait_for("pasted")
    terminal.type("\x1b")
    terminal.wait_for("  q quit")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    assert [sequence for sequence in FORBIDDEN if sequence in terminal.raw] == []
    assert b"\x07" not in bytes(terminal.raw).replace(
        b"\x1b]22;default\x07", b""
    )  # Textual's own pointer shape


@pytest.mark.parametrize(
    "words",
    [
        "runs list",
        "runs show @last",
        "metrics @last",
        "logs list",
        "logs show @last",
        "logs errors @last",
        "today",
        "journal days",
        "session list",
        "themes",
        "config",
        "experiments list",
        "runs show \x1b[2Jnone",
        "logs show \x1b[2J/none.log",
        "\x1b[2Jnone",
    ],
)
def test_in_no_answer_of_a_command(hostile: Workspace, capfd: pytest.CaptureFixture[str], words: str) -> None:
    code = main(["--workspace", str(hostile.root), *words.split(" ")])
    out, err = capfd.readouterr()
    assert code == (1 if "none" in words and words != "\x1b[2Jnone" else 2 if "none" in words else 0), err
    assert CONTROL.findall(out) == []
    assert CONTROL.findall(err) == []
    assert out or err


def test_in_no_mistake_of_a_workspace_that_lies_behind_such_a_name(
    hostile: Workspace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / FILE
    shutil.move(hostile.root, place)
    (place / "ACTIVITY.md").write_bytes(b"\0")
    assert main(["--workspace", str(place), "today"]) == 1
    out, err = capfd.readouterr()
    assert CONTROL.findall(out + err) == []
    assert "is not UTF-8 text" in err
