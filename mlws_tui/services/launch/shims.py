"""Stand-ins for other trackers, put first on the module path of a command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlws_tui import sdk
from mlws_tui.domain.errors import UsageError

_FOLDER = Path(sdk.__path__[0]) / "shims"
#: The trackers that can be stood in for.
SHIMS = ("trackio", "wandb")


def shim_env(names: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """The variables that make a command's ``import wandb`` or ``import trackio`` find ours.

    Args:
        names: Of the trackers; several may stand in one text, with commas between them.
        env: The command's environment, whose module path stays behind ours.

    Raises:
        UsageError: for a tracker that nobody can stand in for.
    """
    wanted = [part.strip() for name in names for part in name.split(",") if part.strip()]
    for name in wanted:
        if name not in SHIMS:
            raise UsageError(f"There is no stand-in for {name!r:.60}", hint=f"one of {', '.join(SHIMS)}")
    if not wanted:
        return {}
    ours = [str(_FOLDER / name) for name in dict.fromkeys(wanted)]
    behind = [place for place in env.get("PYTHONPATH", "").split(os.pathsep) if place and place not in ours]
    return {"PYTHONPATH": os.pathsep.join([*ours, *behind])}
