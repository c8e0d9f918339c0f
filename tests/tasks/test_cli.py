"""``mlws-tui tasks`` as a person and a script call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace

Call = Callable[..., tuple[int, str, str]]
TODAY = date.today()
OLD = (TODAY - timedelta(days=10)).isoformat()


@pytest.fixture
def call(workspace: Workspace, capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    workspace.journal.write_bytes(
        f"# Log\n\n## {OLD}\n\n### Code\n- [ ] tidy\n\n### Next Steps\n- [ ] compare due 2024-01-01\n"
        "  - [ ] r=8\n- [x] done\n".encode()
        + b"- [ ] \xff\x1b[2J same\n"
    )

    def calling(*args: str) -> tuple[int, str, str]:
        code = main(["--workspace", str(workspace.root), "tasks", *args])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return calling


def test_the_list_as_lines_and_as_json(call: Call) -> None:
    code, out, err = call()
    assert (code, err) == (0, "")
    lines = [line.split("\t") for line in out.splitlines()]
    assert [line[1:] for line in lines][:2] == [
        [OLD, "10", "open", "", "Code", "tidy"],
        [OLD, "10", "open", "2024-01-01", "Next Steps", "compare due 2024-01-01"],
    ]
    assert len(lines) == 4 and "\x1b" not in out

    def listed(*args: str) -> list[dict[str, Any]]:
        code, out, _ = call(*args, "--json")
        assert code == 0
        tasks: list[dict[str, Any]] = json.loads(out)["tasks"]
        return tasks

    compare = listed("--overdue")
    assert [task["text"] for task in compare] == ["compare due 2024-01-01"]
    assert compare[0] == {
        "key": lines[1][0], "date": OLD, "section": "Next Steps", "line": 9, "text": "compare due 2024-01-01",
        "state": "open", "age_days": 10, "due": "2024-01-01", "starts": None, "overdue": True,
        "children": [lines[2][0]],
    }  # fmt: skip
    assert [task["state"] for task in listed("--all")] == ["open", "open", "open", "done", "open"]
    assert len(listed("--section", "next steps")) == 3
    assert len(listed("--older", "10d")) == 4 and listed("--older", "2w") == []


def test_a_task_is_ticked_carried_over_put_off_and_added(call: Call, workspace: Workspace) -> None:
    key = call()[1].split("\t")[0]
    assert call("tick", key, "r=8")[1] == "ticked 2 tasks\n"
    back = f"mlws-tui: to take it back: mlws-tui tasks tick {key}\n"
    assert call("tick", "--off", key) == (0, "opened again 'tidy'\n", back)
    assert call("cancel", "tidy") == (0, "cancelled 'tidy'\n", back.replace("tick", "tick --off"))
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert call("postpone", "compare", "tomorrow")[1] == f"put off 'compare due 2024-01-01' to {tomorrow}\n"
    assert call("carry")[1].startswith("carried ")
    assert call("add", "write", "it")[1] == f"added 'write it' to {TODAY.isoformat()}\n"
    text = workspace.journal.read_bytes()
    assert text.startswith(f"# Log\n\n## {TODAY.isoformat()}\n\n### Next Steps\n- [ ] ".encode())
    assert text.endswith(
        f"### Code\n- [-] tidy\n\n### Next Steps\n- [ ] compare due 2024-01-01 (from {tomorrow})\n"
        "  - [x] r=8\n- [x] done\n".encode()
        + b"- [>] \xff\x1b[2J same "
        + f"(→ {TODAY.isoformat()})\n".encode()
    )


def test_what_is_said_to_take_it_back_does_so(call: Call, workspace: Workspace) -> None:
    before = workspace.journal.read_bytes()
    code, _, err = call("carry", "compare")
    assert code == 0 and "(→ " in workspace.journal.read_text(errors="replace")
    for command in err.removeprefix("mlws-tui: to take it back: ").strip().split("; "):
        assert call(*command.split()[2:])[0] == 0
    now = workspace.journal.read_bytes()
    assert now.endswith(before.partition(b"## ")[2])  # and what was new is cancelled
    assert b"### Next Steps\n- [-] compare due 2024-01-01\n  - [-] r=8\n" in now
    for days, last in (("+3", "today"), ("+5", (TODAY + timedelta(days=3)).isoformat())):
        _, _, err = call("postpone", "tidy", days)
        assert err.endswith(f" {last}\n")
    assert call(*err.split()[-3:])[0] == call("postpone", "tidy", "today")[0] == 0
    assert workspace.journal.read_bytes() == now


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("tick", "nothing"), 1, "no open task 'nothing'"),
        (("tick", "e"), 1, "may be 2 tasks"),
        (("postpone", "tidy", "yesterday"), 2, "is not to come"),
        (("postpone", "tidy", "someday"), 2, "names no day"),
        (("add", "x", "--date", ""), 2, "names no day"),
        (("carry", "tidy", "--to", ""), 2, "names no day"),
        (("add", "x", "--section", "Sat 19 Oct 2024"), 2, "is a day, not a section"),
        (("carry", "tidy", "--all"), 2, "not both"),
        (("--older", "long"), 2, "is no age"),
        (("--json", "carry"), 2, "are for the list"),
        (("add", " "), 2, "needs a text"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    call: Call, workspace: Workspace, args: tuple[str, ...], code: int, said: str
) -> None:
    before = workspace.journal.read_bytes()
    result = call(*args)
    assert (result[0], result[1]) == (code, "") and said in result[2] and result[2].count("\n") == 1
    assert workspace.journal.read_bytes() == before
