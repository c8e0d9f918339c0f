"""``mlws-tui search``: what it prints for people, for pipes and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from tests.search.test_index import fill
from tests.store.kit import RUN


class Shell:
    def __init__(self, workspace: Workspace, output: pytest.CaptureFixture[str]) -> None:
        self._workspace = workspace
        self._output = output

    def __call__(self, *args: str, code: int = 0) -> tuple[str, str]:
        self._output.readouterr()
        assert main(["--workspace", str(self._workspace.root), "search", *args]) == code
        out, err = self._output.readouterr()
        return out, err

    def json(self, *args: str) -> Any:
        out, err = self("--json", *args)
        assert err == ""
        return json.loads(out)


@pytest.fixture
def shell(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Shell:
    fill(workspace)
    return Shell(workspace, capsys)


def test_json(shell: Shell) -> None:
    answer = shell.json("loss", "spike", "--limit", "1")
    assert answer == {"hits": [], "more": False}
    answer = shell.json("loss went", "--in", "journal")
    assert answer["hits"] == [
        {
            "tier": 2,
            "kind": "journal",
            "path": "ACTIVITY.md",
            "line": 7,
            "run": None,
            "date": "2024-10-19",
            "title": "Experiments",
            "snippet": f"- The loss went down in {RUN}, see [[2024-10-19-loss]]",
            "marks": [[6, 15]],
        }
    ]
    (error,) = shell.json("memory", "--tier", "1", "--ranked")["hits"]
    assert (error["kind"], error["run"], error["line"]) == ("error", RUN, None)
    assert (
        len(shell.json("loss", "--since", "2024-10-19", "--until", "2024-10-19", "--tier", "2")["hits"]) == 2
    )


def test_a_pipe_gets_a_line_each_and_the_person_a_word(shell: Shell) -> None:
    out, err = shell("-again", "loss", "--limit", "1")
    assert out.startswith(f"2024-10-19\terror\t{RUN}\t")
    assert out.count("\n") == 1 and "there is more" in err
    assert shell("nothinghere") == (
        "",
        "mlws-tui: nothing found for nothinghere in the journal, session logs, runs and errors of runs\n",
    )
    for wrong in (["--jsn", "x"], ["in:nowhere"], ['""'], ["x", "--since", "whenever"]):
        out, err = shell(*wrong, code=2)
        assert out == "" and err.count("\n") == 1


def test_what_a_review_says_again_is_found_once(shell: Shell, workspace: Workspace) -> None:
    with workspace.journal.open("a") as file:
        file.write(
            "\n## 2024-10-26\n\n### Review\n- Review of a week:\n  - Insights:\n"
            "    - warm caches win (2024-10-25)\n  - Blog ideas:\n    - warm caches win (2024-10-25)\n"
            "    - warm caches alone here\n\n## 2024-10-25\n\n### Learning\n- Insight: warm caches win\n"
        )
    found = shell.json("warm caches", "--limit", "2")
    assert [hit["title"] for hit in found["hits"]] == ["Review", "Learning"]
    assert found["hits"][0]["snippet"].endswith("alone here") and not found["more"]
