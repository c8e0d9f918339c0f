"""Forks: the config and the command that they get, what is recorded of them, and that they start."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.configs import folded, with_changes
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.forking import edit_command
from mlws_tui.domain.reproscript import script
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.settingtext import as_text, changes_in
from mlws_tui.domain.shellwords import quote
from mlws_tui.services.forking import start_command, start_options
from mlws_tui.services.launch import LaunchOptions, launch_background
from tests.acts.kit import ends, fresh, log_of, workbench
from tests.runs.kit import begun, ended, record

PARENT = "20241019-143000-alpha"
CONFIG = {"lr": 1e-3, "optim": {"name": "adam", "lr": 0.1}, "fp16": False}


@pytest.mark.parametrize(
    ("command", "changes", "after"),
    [
        ("t.py --lr 1e-3 --x 1", {"lr": 1e-4}, "t.py --lr 0.0001 --x 1"),
        ("t.py --lr=1e-3", {"lr": "1e-4"}, "t.py --lr=1e-4"),
        ("t.py lr=1e-3 +optim.lr=2", {"optim.lr": 3, "lr": 4}, "t.py lr=4 +optim.lr=3"),
        ("t.py --optim.lr 1", {"optim.lr": -5}, "t.py --optim.lr -5"),
        ("t.py --batch-size -1 x", {"batch_size": 8}, "t.py --batch-size 8 x"),
        ("t.py --lr 1 --lr 2", {"lr": 3}, "t.py --lr 3 --lr 3"),
        ("t.py --fp16 --lr 1", {"fp16": False}, "t.py --lr 1"),
        ("t.py --fp16", {"fp16": True}, "t.py --fp16"),
        ("t.py --no-fp16 x", {"fp16": True}, "t.py --fp16 x"),
        ("t.py --no-fp16 x", {"fp16": False}, "t.py --no-fp16 x"),
        ("t.py --fp16=True", {"fp16": False}, "t.py --fp16=False"),
        ("t.py --fp16 data.txt --lr 1", {"fp16": False}, "t.py data.txt --lr 1"),
        ("t.py --fp16 data.txt", {"fp16": True}, "t.py --fp16 data.txt"),
        ("t.py --fp16 Off data.txt", {"fp16": True}, "t.py --fp16 true data.txt"),
        ("t.py --fp16 yes", {"fp16": False}, "t.py --fp16 no"),
        ("t.py --sizes 1 2 3 --x 1", {"sizes": [4, 5]}, "t.py --sizes 4 5 --x 1"),
        ("lr=1 lr=1", {"lr": 2}, "lr=1 lr=2"),
    ],
)
def test_settings_are_put_in_where_the_command_names_them(
    command: str, changes: dict[str, Any], after: str
) -> None:
    edited = edit_command(command.split(), changes)
    assert (" ".join(edited.command), edited.unnamed) == (after, ())


def test_what_the_command_does_not_name_is_told() -> None:
    edited = edit_command(["python", "t.py", "--learning-rate", "1"], {"lr": 2, "learning_rate": 3})
    assert edited.command[-1] == "3" and edited.unnamed == ("lr",)


@given(st.lists(st.text(max_size=8), max_size=6), st.text(max_size=5))
def test_other_words_of_a_command_stay(words: list[str], value: str) -> None:
    assert edit_command(words, {"wanted": value}).command == tuple(words) or any("wanted" in w for w in words)


def test_what_had_another_kind_of_value_is_no_switch() -> None:
    for config in ({"resume": "ck.pt"}, {"resume.from": 1, "optim": {"resume": 3}}):
        key = next(iter(config)) if "resume" in config else "optim.resume"
        edited = edit_command(["t.py", f"--{key}", "ck.pt"], {key: False}, config)
        assert edited.command == ("t.py", f"--{key}", "false")


def test_no_setting_stands_twice() -> None:
    twice = {"optim": {"name": "adam", "lr": 1}, "optim.name": "sgd", "data.size": 3, "a.": 1, "": {}}
    once = {"optim": {"name": "sgd", "lr": 1}, "data.size": 3, "a.": 1, "": {}}
    assert folded(twice) == once and folded(once) == once
    assert with_changes(twice, {"optim.name": "lion"})["optim"] == {"name": "lion", "lr": 1}
    assert "optim.name" not in with_changes(twice, {"optim.name": "lion"})
    nested = with_changes({"optim.name": "sgd", "optim.eps": 2}, {"optim": {"name": "lion"}})
    assert nested == {"optim": {"name": "lion", "eps": 2}}


async def test_what_a_person_gave_is_put_into_what_the_script_tells(parent: Workspace) -> None:
    given = begun(PARENT, 999.0, role="wrapper", config={"optim.lr": 7})
    record(
        parent,
        PARENT,
        given,
        {"type": "set", "ts": 999.5, "config": {"optim.name": "lion"}},
        file="gpu1-3-c.jsonl",
    )
    async with workbench(parent) as bench:
        config = (await bench.runs.get(PARENT)).config
    assert config["optim"] == {"name": "lion", "lr": 7} and not any("." in key for key in config)


def test_a_dotted_key_is_below_another_where_there_is_that() -> None:
    changed = with_changes(CONFIG, {"optim.lr": 1, "a.b": 2, "lr": 3})
    assert changed == {"lr": 3, "optim": {"name": "adam", "lr": 1}, "fp16": False, "a.b": 2}
    assert CONFIG["optim"]["lr"] == 0.1  # type: ignore[index]


@pytest.fixture
def parent(workspace: Workspace, tmp_path: Path) -> Workspace:
    script = tmp_path / "it's a script.py"
    script.write_text("import os, sys\nprint('argv', sys.argv[1:], 'given', os.environ.get('MLWS_CONFIG'))\n")
    facts = {"config": CONFIG, "tags": ["lora"], "experiment": "reviews", "model": "llama", "dataset": "imdb"}
    command = [sys.executable, script.name, "--lr", "1e-3"]
    git = {"sha": "0" * 40, "branch": "main", "dirty": False}
    record(
        workspace,
        PARENT,
        begun(PARENT, 1000.0, cmd=command, cwd=str(tmp_path), git=git, **facts),
        ended(1001.0),
    )
    record(
        workspace, PARENT, begun(PARENT, 999.0, role="wrapper", config={"seed": 7}), file="gpu1-2-bb.jsonl"
    )
    return workspace


async def test_a_fork_has_all_of_its_parent_but_its_tags_and_its_end(parent: Workspace) -> None:
    async with workbench(parent) as bench:
        made = await bench.forking.fork(PARENT, name="beta", config={"lr": 1e-4, "optim.lr": 0.2})
        run = await bench.runs.get(made)
        assert (run.state, run.parent, run.name, run.tags) == (RunState.CREATED, PARENT, "beta", ())
        assert (run.experiment, run.model, run.dataset) == ("reviews", "llama", "imdb")
        assert run.config["optim"] == {"name": "adam", "lr": 0.2} and run.config["lr"] == 1e-4
        assert run.command[-2:] == ("--lr", "0.0001") and not run.processes
        again = await bench.forking.plan(made, config={"lr": 5})
        assert again.given == {"lr": 5, "optim.lr": 0.2, "seed": 7} and again.name == "beta-2"
        await bench.runacts.delete([made])  # it was never started: nothing is lost


async def test_a_fork_starts_with_what_was_changed(parent: Workspace) -> None:
    async with workbench(parent) as bench:
        plan = await bench.forking.plan(PARENT, config={"lr": 1e-4, "warmup": 9})
        assert "does not name warmup" in plan.notes()[0]
        made = await bench.forking.make(plan)
        assert await bench.forking.start(plan, made) == made
        run = await ends(bench, made)
        assert (run.state, run.name, run.parent) == (RunState.COMPLETED, "alpha-2", PARENT)
        log = (parent.logs / "training" / f"{made}.log").read_text()
        assert "['--lr', '0.0001']" in log
        told = json.loads(log.partition("given ")[2].splitlines()[0])
        assert told["warmup"] == 9 and told["lr"] == 1e-4 and told["seed"] == 7
        with pytest.raises(MlwsError, match="started already"):
            await bench.forking.start(plan, made)


async def test_what_cannot_be_forked_or_started_says_why(parent: Workspace) -> None:
    bare = "20241019-150000-bare"
    record(parent, bare, begun(bare, 1000.0, cwd="/nowhere"), ended(1001.0))
    async with workbench(parent) as bench:
        with pytest.raises(NotFoundError):
            await bench.forking.fork("20200101-000000-none", config={})
        with pytest.raises(UsageError, match="needs a key"):
            await bench.forking.fork(PARENT, config={" ": 1})
        with pytest.raises(UsageError, match="too large"):
            await bench.forking.fork(PARENT, config={"big": "x" * (17 << 20)})
        plan = await bench.forking.plan(bare, config={"lr": 1})
        made = await bench.forking.make(plan)
        assert "not known" in plan.notes()[0] and start_command(plan, made).endswith("-- COMMAND")
        with pytest.raises(MlwsError, match="is not known"):
            await bench.forking.start(plan, made)
        here = "20241019-160000-here"
        data = [{"path": str(parent.root / "ACTIVITY.md")}, {"path": "/nowhere"}, {"path": 3}]
        record(
            parent, here, begun(here, 1000.0, cwd=str(parent.root), environment={"data": data}), ended(1001.0)
        )
        await bench.ingest.catch_up()
        plan = await bench.forking.plan(here, config={}, command=["./no such program"])
        again = await bench.forking.make(plan)
        assert [file.name for file in start_options(plan, again).data] == ["ACTIVITY.md"]
        with pytest.raises(MlwsError, match="could not be executed"):
            await bench.forking.start(plan, again)
        plan = await bench.forking.plan(bare, config={}, command=["true"])
        with pytest.raises(MlwsError, match="/nowhere is gone"):
            await bench.forking.start(plan, made)
        assert (await fresh(bench, made)).state is RunState.CREATED


async def test_a_fork_has_the_shims_of_its_parent(workspace: Workspace, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import trackio; print(trackio.__file__)"]
    first = launch_background(workspace, command, LaunchOptions(cwd=tmp_path, shims=("trackio",)))
    async with workbench(workspace) as bench:
        await ends(bench, first)
        waiting = await bench.forking.fork(first, config={})
        plan = await bench.forking.plan(waiting, config={})  # of one that was never started
        again = await bench.forking.make(plan)
        assert start_options(plan, again).shims == plan.shims == ("trackio",)
        launch_background(workspace, [], LaunchOptions(run=again))
        assert (await ends(bench, again)).state is RunState.COMPLETED
        assert "shims" in log_of(workspace, first) and "shims" in log_of(workspace, again)
        told = await bench.reproducing.plan(again)
        assert 'run --as "$run" --shim trackio -- ' in script(told, str(workspace.root))
        without = launch_background(workspace, ["true"], LaunchOptions(run=waiting, shims=()))
        await ends(bench, without)
        assert await bench.forking.shims(waiting) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_settings_as_text_change_nothing(config: dict[str, Any]) -> None:
    try:
        assert changes_in(as_text(config), config) == {}
    except UsageError as error:
        assert "is there already" in error.title  # a key with a dot beside a mapping of the same keys


def test_settings_that_were_edited() -> None:
    text = as_text(CONFIG)
    assert text == "lr = 0.001\noptim.name = adam\noptim.lr = 0.1\nfp16 = false\n"
    edited = text.replace("0.001", "1e-4").replace("fp16 = false\n", "# none\n\nnew = a b\n")
    assert changes_in(edited, CONFIG) == {"lr": 1e-4, "new": "a b"}
    assert changes_in('lr = "1"', CONFIG) == {"lr": "1"}
    for wrong in ("lr", " = 1", "lr = 1\nlr = 2"):
        with pytest.raises(UsageError, match="Line"):
            changes_in(wrong, CONFIG)


@given(st.text())
def test_a_quoted_word_shows_nothing_that_a_terminal_obeys(word: str) -> None:
    assert quote(word).isprintable()
