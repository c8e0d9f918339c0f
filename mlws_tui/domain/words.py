"""Values of any kind as words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlws_tui.domain.events import plain

#: Branches of a config below this depth are values of their own.
_DEEPEST = 6


def as_words(value: object) -> str:
    """A text as it is, anything else as JSON. It is not made safe for a terminal."""
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def counted(number: int, what: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def leaves(values: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The values of nested mappings by their dotted names; an empty mapping is a value."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from leaves(value, f"{name}.", depth + 1)
        else:
            yield name, value
