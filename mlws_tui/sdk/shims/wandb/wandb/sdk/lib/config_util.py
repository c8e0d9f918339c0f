"""Where the Trainer's callback looks for this error."""

from typing import Any

from ... import _calls


def __getattr__(name: str) -> Any:
    return getattr(_calls.sdk.lib.config_util, name)
