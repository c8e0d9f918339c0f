"""The configuration of a run, whose keys may be nested: ``optim.lr`` is the key ``lr`` below ``optim``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_changes(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A config with settings changed. ``optim.lr`` is the key ``lr`` below ``optim`` where there is that.

    So that no setting stands twice with two values, the key ``optim.lr`` goes where ``optim`` is a mapping.
    """
    merged = dict(config)
    for key, value in changes.items():
        _put(merged, key, value)
    return merged


def folded(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config whose keys like ``optim.lr`` are put into the mapping ``optim``, where there is that."""
    flat = {key: value for key, value in config.items() if _head(config, key)}
    nested = {key: value for key, value in config.items() if key not in flat}
    return with_changes(nested, flat)


def setting(config: Mapping[str, Any], key: str) -> Any:
    """The value of a key, which may be nested; None where there is none."""
    head = _head(config, key)
    return setting(config[head], key[len(head) + 1 :]) if head else config.get(key)


def _put(config: dict[str, Any], key: str, value: Any) -> None:
    head = _head(config, key)
    if head:
        config.pop(key, None)
        config[head] = with_changes(config[head], {key[len(head) + 1 :]: value})
        return
    if isinstance(value, Mapping):
        beside = [other for other in config if other.startswith(f"{key}.")]
        below = {other[len(key) + 1 :]: config.pop(other) for other in beside}
        value = with_changes(below, value) if below else value
    config[key] = value


def _head(config: Mapping[str, Any], key: str) -> str:
    """The mapping in the config that a key like ``optim.lr`` leads into; empty for a key that leads nowhere."""
    head, dot, rest = key.partition(".")
    return head if dot and rest and isinstance(config.get(head), Mapping) else ""
