"""Where libraries look for some of the names."""

from typing import Any

from ... import _calls


def __getattr__(name: str) -> Any:
    return getattr(_calls.sdk.lib, name)
