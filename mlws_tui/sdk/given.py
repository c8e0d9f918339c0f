"""The settings that a person gave when starting the command: they hold over what the script itself says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from mlws_tui.domain.events import decode_number, plain
from mlws_tui.sdk.notice import warn

#: Holds the settings of ``mlws-tui run --config`` and of a fork, as one JSON object.
ENV_CONFIG = "MLWS_CONFIG"


def settings() -> dict[str, Any]:
    """What was given; nothing where the variable is missing or holds no JSON object."""
    text = os.environ.get(ENV_CONFIG)
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        warn(f"{ENV_CONFIG} is no JSON and is ignored: {error}")
        return {}
    if not isinstance(found, dict):
        warn(f"{ENV_CONFIG} is no JSON object and is ignored")
        return {}
    return {key: _meant(value) for key, value in found.items()}


def _meant(value: Any) -> Any:
    """The value as it was given: JSON has NaN and the infinities as texts."""
    if isinstance(value, dict):
        return {key: _meant(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_meant(item) for item in value]
    try:
        return decode_number(value) if isinstance(value, str) else value
    except ValueError:
        return value


def untold(config: Mapping[str, Any], among: Iterable[str] | None = None) -> list[str]:
    """The keys that were given, of `among` where that is said, but that a script's own configuration does not have."""
    return [key for key in (settings() if among is None else among) if not _has(config, key)]


def _has(config: Mapping[str, Any], key: str) -> bool:
    if key in config:
        return True
    head, dot, rest = key.partition(".")
    below = config.get(head)
    return bool(dot) and isinstance(below, Mapping) and _has(below, rest)


def over(config: Mapping[str, Any]) -> dict[str, Any]:
    """The script's configuration with what was given put over it.

    A mapping is merged key by key. ``optim.lr`` means the key ``lr`` below ``optim`` where the script has that.
    """
    merged = dict(config)
    for key, value in settings().items():
        _put(merged, key, value)
    return merged


def _put(config: dict[str, Any], key: str, value: Any) -> None:
    head, dot, rest = key.partition(".")
    if key not in config and dot and isinstance(config.get(head), Mapping):
        below = dict(config[head])
        _put(below, rest, value)
        config[head] = below
    elif isinstance(value, Mapping) and isinstance(config.get(key), Mapping):
        below = dict(config[key])
        for name, item in value.items():
            _put(below, name, item)
        config[key] = below
    else:
        config[key] = value


def mapping(config: Any) -> dict[str, Any]:
    """A configuration as it can be recorded: of a mapping, or of an object whose attributes count."""
    if config is None:
        return {}
    fields = config if isinstance(config, Mapping) else getattr(config, "__dict__", None)
    if fields is None:
        warn(f"config is no mapping ({type(config).__name__}); it is recorded as text")
        fields = {"config": str(config)}
    told: dict[str, Any] = plain(fields)
    return told
