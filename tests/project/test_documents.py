"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlws_tui import __version__
from mlws_tui.cli.main import COMMANDS
from mlws_tui.config.keymap import load_keymap, normal_key
from mlws_tui.config.load import load
from mlws_tui.config.schema import all_settings, written
from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.registry import all_actions
from mlws_tui.ui.themes import load_themes

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def blocks(text: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "line",
    [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/mlws-tui demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
    ],
)
def test_the_readme_has_both_lines_complete(line: str) -> None:
    assert line in README.splitlines()


def test_the_readme_opens_with_the_picture() -> None:
    assert re.match(r"!\[[^\]]+\]\(docs/screenshot\.svg\)\n", README)


def test_every_command_in_the_readme_exists() -> None:
    called = re.findall(r"^mlws-tui ([a-z]+)", README, re.MULTILINE)
    assert called
    assert set(called) <= set(COMMANDS)


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    ],
)
def test_links_lead_to_files(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        if target != "docs/screenshot.svg":  # made by a script from the running app
            assert (path.parent / target).exists(), target


def test_the_version_is_one() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_every_setting_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \| (.+) \|$", CONFIGURATION, re.MULTILINE)
    assert rows == [(s.key, written(s.default), s.description) for s in all_settings().values()]


def test_the_examples_are_valid(workspace: Workspace, tmp_path: Path) -> None:
    settings, keymap, theme = blocks(CONFIGURATION, "yaml")
    workspace.config.write_text(settings)
    assert load(workspace).problems == ()
    workspace.keymap.write_text(keymap)
    assert load_keymap(workspace, {action.id: action.keys for action in all_actions()})[1] == []
    (tmp_path / "mine.yaml").write_text(theme)
    themes, problems = load_themes([tmp_path])
    assert problems == []
    assert [theme.name for theme in themes] == ["mine"]


def test_the_default_keys_stand_each_other_in_no_way() -> None:
    taken: dict[tuple[str, str], str] = {}
    for action in all_actions():
        for key in action.keys.split(",") if action.keys else []:
            assert normal_key(key) == key, f"{key} of {action.id}"
            other = taken.setdefault((action.scope, key), action.id)
            assert other == action.id, f"{key} is the key of {other} and of {action.id}"
