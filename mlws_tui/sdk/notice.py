"""What the SDK tells the person: on stderr, each sentence once a process; never as an exception."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
_told: set[str] = set()


def say(text: str) -> None:
    """Write a sentence to stderr."""
    try:
        print(f"mlws: {text}", file=sys.stderr)
    except (OSError, ValueError, AttributeError):  # closed, on a full disk, or None: there is nobody to tell
        return


def warn(text: str) -> None:
    """Say something once."""
    if text not in _told:
        _told.add(text)
        say(text)


def never_raise(method: Callable[P, None]) -> Callable[P, None]:
    """Tell a failure of ours, or a call that makes no sense, and let training go on."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            warn(f"{method.__name__}() was ignored: {type(error).__name__}: {error}")

    return guarded
