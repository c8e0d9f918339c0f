"""How the checks say numbers, names and owners."""

from __future__ import annotations

import pwd
from collections.abc import Sequence

#: Names that a sentence lists before it says how many more there are.
_SHOWN = 3


def size(count: float) -> str:
    """Bytes in words: ``512 bytes``, ``1.5 MiB``."""
    if count < 1024:
        return counted(int(count), "byte")
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        count /= 1024
        if count < 1024 or unit == "TiB":
            break
    return f"{count:.0f} {unit}" if count >= 100 else f"{count:.1f} {unit}"


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 file``, ``3 files``."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _SHOWN
    if more <= 1:  # one more name is no longer than saying so
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {more:,} more"


def owner(uid: int) -> str:
    """A user by name and number."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (KeyError, OverflowError):  # of another machine, or of a container
        return f"uid {uid}"
