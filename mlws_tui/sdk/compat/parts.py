"""What scripts reach for below ``wandb``: its errors, ``wandb.util``, ``wandb.sdk``."""

from __future__ import annotations

import random
from typing import Any

_letters = random.Random()  # noqa: S311 - names, no secrets; seeding the script's own must not repeat them


class Error(Exception):
    """What wandb's errors derive from."""


class CommError(Error):
    """A server that is not reached; none is asked."""


class AuthenticationError(CommError):
    """A server that does not know the person; none is asked."""


class UsageError(Error):
    """A call that makes no sense; none of ours raises it."""


class UnsupportedError(UsageError):
    """A call that a server is too old for; none is asked."""


class ConfigError(Exception):
    """A configuration that is set again; here it may be."""


class RunDisabled:
    """No run of ours is one."""


class Part:
    """A module below another one, with the names that scripts use of it.

    Args:
        path: Its name with that of the module that it is part of.
        known: What it holds.
    """

    def __init__(self, path: str, **known: Any) -> None:
        self.__name__ = path
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__}.{name} is not known to mlws")


def generate_id(length: int = 8) -> str:
    """A new id of small letters and digits."""
    return "".join(_letters.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


errors = Part(
    "wandb.errors",
    Error=Error,
    CommError=CommError,
    AuthenticationError=AuthenticationError,
    UsageError=UsageError,
    UnsupportedError=UnsupportedError,
)
util = Part("wandb.util", generate_id=generate_id)
