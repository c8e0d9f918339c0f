"""A config as lines that a person edits, ``optim.lr = 0.1``, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlws_tui.domain.errors import UsageError


def as_text(config: Mapping[str, Any]) -> str:
    """One line a setting; the keys of a mapping below another are joined by dots. Text is bare where it can be."""
    return "".join(f"{key} = {_written(value)}\n" for key, value in _leaves(config))


def changes_in(text: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a text has otherwise than a config. A line that was taken out changes nothing.

    Raises:
        UsageError: if a line is no setting, or one is there twice; it says which line.
    """
    before = dict(_leaves(config))
    told: dict[str, Any] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key:
            raise UsageError(
                f"Line {number} is no setting: {line.strip():.40}", hint="write it as key = value"
            )
        if key in told:
            raise UsageError(f"Line {number}: {key:.40} is there already")
        told[key] = _read(value)
    return {
        key: value
        for key, value in told.items()
        if key not in before or value != before[key] or type(value) is not type(before[key])
    }


def _leaves(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if not _fits(key):
            continue
        if isinstance(value, Mapping) and value and all(map(_fits, value)):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _fits(key: str) -> bool:
    """Whether a key can stand before the ``=`` of a line."""
    return (
        bool(key) and key == key.strip() and "=" not in key and key.isprintable() and not key.startswith("#")
    )


def _written(value: Any) -> str:
    if isinstance(value, str) and value == value.strip() and value.isprintable() and _read(value) == value:
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
