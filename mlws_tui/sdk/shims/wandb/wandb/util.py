"""Where scripts look for helpers."""

from typing import Any

from . import _calls


def __getattr__(name: str) -> Any:
    return getattr(_calls.util, name)
