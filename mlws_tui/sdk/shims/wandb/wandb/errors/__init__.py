"""Where libraries look for the errors."""

from typing import Any

from .. import _calls


def __getattr__(name: str) -> Any:
    return getattr(_calls.errors, name)
