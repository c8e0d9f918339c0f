"""YAML of a stranger: bombs, depth, tags and floods are refused, each with its file and line (F42)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlws_tui.config.keymap import load_keymap
from mlws_tui.config.load import load, load_settings
from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.config.yamlfile import MAX_BYTES, MAX_PROBLEMS, MAX_VALUES, read
from mlws_tui.ui.themes import load_themes

BOMB = "a: &a [x, x, x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (BOMB, 2, "aliases"),
        ("x: " + "[" * 60_000, 1, "nested too deep"),
        ("x: " + "{a: " * 15_000, 1, "nested too deep"),
        ("".join(" " * depth + "a:\n" for depth in range(300)), 12, "nested too deep"),
        ("x: !!python/object/apply:os.system ['true']\n", 1, "tags"),
        ("x: !!python/name:os.system\n", 1, "tags"),
        ("".join(f"k{n}: 1\n" for n in range(7000)), MAX_VALUES, "more than"),
        ("- a\n" * 15_000, MAX_VALUES, "more than"),
        ("{" + "a," * 30_000 + "}", 1, "more than"),
    ],
    ids=["bomb", "lists", "mappings", "indented", "call", "name", "keys", "items", "twice"],
)
def test_it_is_refused_whole(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    document = read(path)
    assert document.root == {}
    (told,) = [problem.sentence() for problem in document.problems]
    assert told.startswith(f"{path}, line {line}: ")
    assert what in told
    assert told.endswith("(the file is not used)")
    assert path.read_text() == text


def test_five_megabytes_are_not_even_read(workspace: Workspace) -> None:
    workspace.config.write_bytes(b"theme: x\n" * 600_000)
    settings, (told,) = load_settings(workspace)
    assert settings == Settings()
    assert f"larger than {MAX_BYTES // 1024} KB" in told.sentence()


def test_a_flood_of_mistakes_is_told_by_its_first_ones(workspace: Workspace) -> None:
    text = "".join(f"theem{n}: x\n" for n in range(MAX_VALUES - 1))
    workspace.config.write_text(text)
    problems = load(workspace).problems
    assert len(problems) == MAX_PROBLEMS + 1
    assert "there is no setting theem0" in problems[0].sentence()
    assert f"line {MAX_PROBLEMS + 1}: there is more that is wrong" in problems[-1].sentence()
    workspace.keymap.write_text(text)
    assert len(load_keymap(workspace, {"app.quit": "q"})[1]) == MAX_PROBLEMS + 1


def test_a_key_that_is_set_twice_is_told(workspace: Workspace) -> None:
    workspace.config.write_text("gpu: {interval: 2}\ngpu: {interval: 3}\n")
    loaded = load(workspace)
    assert loaded.settings.gpu.interval == 2
    assert "line 2: gpu is set twice (line 1 holds)" in loaded.problems[0].sentence()


@pytest.mark.parametrize("what", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_waited_for(workspace: Workspace, what: str) -> None:
    for path in (workspace.config, workspace.keymap, workspace.marker / "themes" / "x.yaml"):
        path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        if what == "pipe":
            os.mkfifo(path)
        elif what == "device":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
    told = [
        *load(workspace).problems,
        *load_keymap(workspace, {})[1],
        *load_themes([workspace.marker / "themes"])[1],
    ]
    assert ["is no regular file" in problem.sentence() for problem in told] == [True] * 3


@pytest.mark.parametrize(("word", "private"), [("true", True), ("false", False), ("False", False)])
def test_a_truth_value_is_read(workspace: Workspace, word: str, private: bool) -> None:
    workspace.config.write_text(f"files: {{private: {word}}}\n")
    loaded = load(workspace)
    assert (loaded.problems, loaded.settings.files.private) == ((), private)


@pytest.mark.parametrize("word", ["no", "0", "'false'", "[false]", "nan"])
def test_what_is_no_truth_value_leaves_files_private(workspace: Workspace, word: str) -> None:
    workspace.config.write_text(f"files: {{private: {word}}}\n")
    loaded = load(workspace)
    assert loaded.settings.files.private
    (told,) = loaded.problems
    assert "line 1: files.private must be true or false" in told.sentence()
    assert "true is used" in told.sentence()
