"""What the lines about models, checkpoints, data, commits and scripts say, and which entries tell of them already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.dayfacts import Arrived, Checkpoint, Commit, LocalModel
from mlws_tui.domain.daysuggestions import (
    of_all_checkpoints,
    of_checkpoints,
    of_commits,
    of_datasets,
    of_first_use,
    of_models,
    of_scripts,
)
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.suggestions import Suggestion, mentioned
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.services.suggestedlines import SuggestedLines

DAY = date(2024, 10, 20)
RUN = Run(
    "20241020-080000-ft", "llama-ft", "training", RunState.RUNNING, log="logs/training/20241020-080000-ft.log"
)
SHA = "abc1234" + "0" * 33


def every(_line: Suggestion) -> bool:
    """Nothing is told yet."""
    return True


def shas(count: int) -> list[Commit]:
    return [Commit(f"{n:x}" * 40, float(n), f"Change number {n}") for n in range(count, 0, -1)]


def test_a_few_of_a_kind_have_a_line_each_and_many_have_one_together() -> None:
    assert [one.text for one in of_commits("/r", "trainer", shas(2), every)] == [
        "Committed: Change number 1 (trainer) `1111111`",
        "Committed: Change number 2 (trainer) `2222222`",
    ]
    (many,) = of_commits("/r", "trainer", shas(4), every)
    assert many.text == "Committed: 4 commits in trainer, newest Change number 4 `4444444`"
    assert len(many.covers) == 4 and many.section == "Code"

    (left,) = of_commits("/r", "trainer", shas(5), lambda line: "5" in line.key)
    assert left.text.startswith("Committed: Change number 5 (")

    files = [Arrived(f"src/{n}.py", float(n)) for n in range(5)]
    (scripts,) = of_scripts(files, DAY, every)
    assert scripts.text == "Wrote: 5 scripts, newest [4.py](src/4.py)"
    one, two = of_scripts([files[0], Arrived("conf/a b.yaml", 9.0)], DAY, every)
    assert (one.section, one.text) == ("Code", "Wrote: [0.py](src/0.py)")
    assert (two.section, two.text) == ("Workspace", "Wrote: [a b.yaml](conf/a%20b.yaml)")

    pulled = [LocalModel(f"m{n}:8b", float(n), 1_000_000_000) for n in range(4)]
    together, made = of_models([*pulled, LocalModel("mine:latest", 9.0, parent="m1:8b")], every)
    assert together.text == "Pulled: 4 models (m0:8b, m1:8b, m2:8b, m3:8b, 4.0 GB)"
    assert made.text == "Created: mine:latest from m1:8b"
    assert of_models(pulled[:1], every)[0].text == "Pulled: m0:8b (1.0 GB)"


def test_data_and_checkpoints_say_how_much_there_is() -> None:
    (data,) = of_datasets([Arrived("data/a.jsonl", 1.0, 1_200_000)], DAY, every)
    assert (data.section, data.text) == ("Datasets", "Dataset: [a.jsonl](data/a.jsonl) (1.2 MB)")
    (folder,) = of_datasets([Arrived("data/imgs", 1.0, 4_100_000_000, 1234, more=True)], DAY, every)
    assert folder.text == "Dataset: [imgs](data/imgs) (over 1,234 files, 4.1 GB)"
    (grown,) = of_datasets([Arrived("/data/raw", 1.0, 5, 1, grew=True)], DAY, every)
    assert grown.text == "Dataset: `/data/raw` grew by 1 file (5 B)"
    (many,) = of_datasets([Arrived(f"data/{n}", float(n), 10) for n in range(4)], DAY, every)
    assert many.text == "Dataset: 4 came (40 B), newest [3](data/3)"
    used = of_first_use(RUN, "squad-v2", every)[0]
    assert used.text == f"Dataset: squad-v2, first used by llama-ft [log]({RUN.log})"

    saved = of_checkpoints(RUN, [Checkpoint("out/ckpt-200", 1.0), Checkpoint("out/ckpt-400", 2.0, 999)], DAY)
    assert saved.text == f"Saved: 2 checkpoints of llama-ft, newest `ckpt-400` (999 B) [log]({RUN.log})"
    assert saved.told == "Saved: 2 checkpoints of llama-ft, newest ckpt-400 (999 B)"
    assert saved.section == "Models"
    runs = [
        (replace(RUN, id=f"{RUN.id}{n}", name=f"r{n}"), [Checkpoint("a/last.pt", float(n))]) for n in range(4)
    ]
    (many,) = of_all_checkpoints(runs, DAY, every)
    assert many.text == f"Saved: 4 checkpoints of 4 runs, newest `last.pt` of r3 [log]({RUN.log})"
    assert len(of_all_checkpoints(runs[:3], DAY, every)) == len(many.covers) - 1 == 3


MODEL = of_models([LocalModel("llama3.1:8b", 1.0)], every)[0]
LATEST = of_models([LocalModel("my-ft:latest", 1.0, parent="x")], every)[0]
COMMIT = of_commits("/r", "trainer", [Commit(SHA, 1.0, "Fix the loader of shards")], every)[0]
SCRIPT = of_scripts([Arrived("src/train.py", 1.0)], DAY, every)[0]
RAW = of_datasets([Arrived("data/raw", 1.0)], DAY, every)[0]
SAVED = of_checkpoints(RUN, [Checkpoint("out/ckpt-400", 2.0)], DAY)


@pytest.mark.parametrize(
    ("one", "entry", "told"),
    [
        (MODEL, "- tried llama3.1:8b, fine", True),
        (MODEL, "- tried llama3.1:8b-instruct", False),
        (MODEL, "- tried llama3.1:8bx and xllama3.1:8b", False),
        (MODEL, "- Started: llama-ft (llama3.1:8b) `x`", False),
        (LATEST, "- made my-ft.", True),
        (LATEST, "- made my-ft:q4", False),
        (COMMIT, "- see abc12340", True),
        (COMMIT, "- see abc1235", False),
        (COMMIT, "- Fix the loader of shards, at last", True),
        (SCRIPT, "- wrote train.py", True),
        (SCRIPT, "- wrote [it](src/train.py)", True),
        (SCRIPT, "- wrote pretrain.py, train.pyc", False),
        (RAW, "- the raw loss is noisy", False),
        (RAW, "- more data in raw", True),
        (RAW, "- see data/raw", True),
        (SAVED, "- ckpt-400 of llama-ft is good", True),
        (SAVED, "- ckpt-400 of another", False),
        (SAVED, f"- Completed: llama-ft [log]({RUN.log})", False),
    ],
)
def test_what_an_entry_tells_already(one: Suggestion, entry: str, told: bool) -> None:
    assert mentioned(one, f"### Notes\n{entry}\n- more") is told
    assert mentioned(one, f"- {one.text}")


def test_a_line_about_checkpoints_does_not_tell_how_the_run_ended() -> None:
    ending = Suggestion(
        f"completed:{RUN.id}", "completed", "Experiments", "x", 1.0, f"run:{RUN.id}", RUN.log or ""
    )
    assert not mentioned(ending, f"- {SAVED.text}")
    assert not mentioned(ending, f"- {of_first_use(RUN, 'squad', every)[0].text}")
    assert mentioned(ending, f"- Completed: llama-ft [log]({RUN.log})")


@settings(max_examples=30)
@example("a\u2028`b", "\udcff\ud800")
@example("\udcff.py", "`")
@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=20))
def test_whatever_files_commits_and_models_are_called_stays_text_on_one_line(name: str, other: str) -> None:
    lines = [
        *of_commits("/r", other, [Commit(SHA, 1.0, name)], every),
        *of_models([LocalModel(name, 1.0, 5, other)], every),
        *of_datasets([Arrived(f"data/{name}", 1.0)], DAY, every),
        *of_scripts([Arrived(f"/far/{name}", 1.0)], DAY, every),
        of_checkpoints(RUN, [Checkpoint(name, 1.0)], DAY),
        *of_first_use(RUN, name, every),
    ]
    for one in lines:
        one.text.encode("utf-8", "surrogateescape")
        assert len(f"x{one.text}x".splitlines()) == 1
        (inline,) = [token for token in MarkdownIt().parse(f"- {one.text}") if token.type == "inline"]
        kinds = {child.type for child in inline.children or ()}
        assert kinds <= {"text", "text_special", "code_inline", "link_open", "link_close"}, one.text


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"# Log\n\n## 2024-10-20\n\n### Code\n* a\n\n### Next Steps\n* b",
        b"\xef\xbb\xbf2024/10/19\r\n==========\r\n1. x\r\n",
        b"## 2024-10-21\n- later\n\n---\n\n## 2024-10-18\n- \xff earlier\n",
    ],
)
def test_many_at_once_are_written_as_one_by_one_and_a_day_made_for_them_goes_again(
    journal: bytes, workspace: Workspace
) -> None:
    offered = [MODEL, COMMIT, SCRIPT, RAW, SAVED]
    service = JournalService(workspace)
    workspace.journal.write_bytes(journal)
    for one in offered:
        service.append(one.section, one.text, DAY)
    singly = workspace.journal.read_bytes()
    workspace.journal.write_bytes(journal)
    lines = SuggestedLines(service)
    lines.write(offered, DAY)
    assert workspace.journal.read_bytes() == singly
    assert not lines.unmake(DAY)  # it says something
    if b"2024-10-20" not in journal:
        page = service.day(DayRef(DAY))
        service.save_day(DayRef(DAY), page.text, "")
        assert lines.unmake(DAY) and workspace.journal.read_bytes() == journal
