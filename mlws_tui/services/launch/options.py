"""What a person may say about a run when starting it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

_PYTHON = re.compile(r"pythonw?[\d.]*")
#: Options of the Python interpreter that take the next argument as their value.
_WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """How to run a command and what to call the run.

    Attributes:
        name: The run's name; made from the command if it is None.
        kind: ``experiments``, ``training`` or ``agents``; training if it is None.
        experiment: Name of the experiment it belongs to.
        tags: Its first tags.
        config: Its configuration as far as the person gives it; what the script tells is merged below it.
        hup: Whether the command ends by SIGHUP when the terminal it was started in goes.
        cwd: Where the command runs; here if it is None.
        env: Variables that are set for the command on top of this process's environment.
        run: Id of a run that was made but not yet started, which this becomes: it keeps its name, kind and config,
            and without a command of its own also its command and folder.
        data: Files whose contents are recorded by their hashes.
        shims: Trackers whose reports are recorded here, see `shim_env`; None for those of `run`.
        alive: Seconds between two signs of life in the run's stream, while nothing else is told there.
    """

    name: str | None = None
    kind: str | None = None
    experiment: str | None = None
    tags: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    hup: bool = False
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    run: str | None = None
    data: tuple[Path, ...] = ()
    shims: tuple[str, ...] | None = None
    alive: float = 60.0


def default_name(command: Sequence[str]) -> str:
    """A name for a run: the script's without ``.py``, the module's after ``python -m``, else the program's."""
    program = PurePath(command[0]).name
    if not _PYTHON.fullmatch(program):
        return program.removesuffix(".py").removesuffix(".sh") or program
    arguments = iter(command[1:])
    for argument in arguments:
        if argument == "-m":
            return next(arguments, program)
        if argument == "-c":
            return program
        if argument in _WITH_VALUE:
            next(arguments, None)
        elif not argument.startswith("-"):
            return PurePath(argument).name.removesuffix(".py") or program
    return program
