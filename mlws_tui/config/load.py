"""Loads the settings: shipped defaults, over them the person's, over them the workspace's."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mlws_tui.config.resources import user_folder
from mlws_tui.config.schema import Setting, Settings, all_settings, build, written
from mlws_tui.config.workspace import Workspace
from mlws_tui.config.yamlfile import Document, Value, nearest, read
from mlws_tui.domain.errors import ConfigError

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting as it holds now: its value and where it comes from (``default``, or the file and line)."""

    setting: Setting
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, each with its origin, and everything that was wrong with the files."""

    settings: Settings
    effective: tuple[Effective, ...]
    problems: tuple[ConfigError, ...]


def load_settings(
    workspace: Workspace | None, themes: Collection[str] = ()
) -> tuple[Settings, list[ConfigError]]:
    """The settings that hold in a workspace, or outside of any.

    Never raises for what stands in the files: each wrong key or value is an error that names file, line, key
    and the nearest valid key, and the default holds for that key alone.

    Args:
        workspace: Whose ``.mlws/config.yaml`` comes over the person's own file.
        themes: Names of the themes there are; where given, another name is an error as well.
    """
    loaded = load(workspace, themes)
    return loaded.settings, list(loaded.problems)


def load(workspace: Workspace | None, themes: Collection[str] = ()) -> Loaded:
    """As `load_settings`, with the origin of each value."""
    known = all_settings()
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    problems: list[ConfigError] = []
    for path in setting_files(workspace):
        document = read(path)
        for key, value in _leaves(document, known):
            data = _converted(document, known[key], value, themes, values.get(key, known[key].default))
            if data is not None:
                values[key] = data
                origins[key] = f"{path}, line {value.line}"
        problems += document.problems
    effective = tuple(
        Effective(setting, values.get(key, setting.default), origins.get(key, DEFAULT))
        for key, setting in known.items()
    )
    return Loaded(build(values), effective, tuple(problems))


def setting_files(workspace: Workspace | None) -> list[Path]:
    """The files that settings are read from, the weakest first; they need not exist."""
    files = [user_folder() / "config.yaml"]
    if workspace is not None:
        files.append(workspace.config)
    return files


def _leaves(document: Document, known: dict[str, Setting]) -> Iterator[tuple[str, Value]]:
    """The values of known keys; what stands elsewhere is noted as a problem."""
    groups = {key.rpartition(".")[0] for key in known} - {""}

    def walk(mapping: dict[str, Value], prefix: str) -> Iterator[tuple[str, Value]]:
        for name, value in mapping.items():
            key = prefix + name
            if document.crowded:
                return
            if key in known:
                yield key, value
            elif key not in groups:
                hint = nearest(key, list(known)) or "mlws-tui config lists the settings"
                document.problem(value.line, f"there is no setting {key}", hint)
            elif isinstance(value.data, dict):
                yield from walk(value.data, f"{key}.")
            elif value.data is not None:
                members = ", ".join(k for k in known if k.startswith(f"{key}."))
                document.problem(
                    value.line, f"{key} is a group of settings, not a value", f"it has {members}"
                )

    yield from walk(document.root, "")


def _converted(
    document: Document, setting: Setting, value: Value, themes: Collection[str], fallback: Any
) -> Any | None:
    """The value in the setting's type, or None where it does not fit, which is then noted."""
    data: Any = value.data
    if data is None:  # 'theme:' with nothing behind it asks for nothing
        return None
    keeps = f"{written(fallback)} is used"
    if isinstance(data, list) and isinstance(setting.default, tuple):
        data = ["…" if isinstance(item.data, dict | list) else item.data for item in data]
    elif isinstance(data, dict | list) or (isinstance(data, float) and not math.isfinite(data)):
        document.problem(value.line, f"{setting.key} must be {setting.expects}", keeps)
        return None
    try:
        converted = msgspec.convert(data, setting.type)
    except msgspec.ValidationError:
        document.problem(value.line, f"{setting.key} must be {setting.expects}, not {_shown(data)}", keeps)
        return None
    if setting.key == "theme" and themes and converted not in themes:
        close = nearest(str(converted), sorted(themes)) or f"there are {', '.join(sorted(themes))};"
        document.problem(value.line, f"there is no theme {_shown(converted)}", f"{close} {keeps}")
        return None
    return converted


def _shown(data: object) -> str:
    text = written(data) if isinstance(data, bool) else repr(data)
    return text if len(text) <= 42 else f"{text[:40]}…"
