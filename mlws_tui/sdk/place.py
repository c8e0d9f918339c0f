"""Which workspace a script writes into, and how a run id is claimed there."""

from __future__ import annotations

import os
import time

from mlws_tui.domain.events import ENV_WORKSPACE, KINDS, STREAMS_DIR, run_id
from mlws_tui.sdk.marks import make_folder
from mlws_tui.sdk.notice import say

_TRIES = 1000


def nearest(start: str) -> str | None:
    """The nearest folder with ``.mlws/`` at or above `start`."""
    place = os.path.abspath(start)
    while True:
        if os.path.isdir(os.path.join(place, ".mlws")):
            return place
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def find(given: str | os.PathLike[str] | None = None) -> str:
    """The workspace's folder: given, else MLWS_WORKSPACE, else the nearest above, else ``~/ml-workspace``.

    One that is missing is made, and said on stderr.

    Raises:
        OSError: if it cannot be made.
    """
    chosen = os.fspath(given) if given else os.environ.get(ENV_WORKSPACE)
    if not chosen:
        try:
            here = os.getcwd()
        except OSError:  # removed under the process
            here = "/"
        chosen = nearest(here) or os.path.join(os.path.expanduser("~"), "ml-workspace")
    root = os.path.realpath(os.path.expanduser(chosen))
    if not os.path.isdir(os.path.join(root, ".mlws")):
        _make(root)
    return root


def _make(root: str) -> None:
    os.makedirs(root, exist_ok=True)
    for name in ("logs", *(f"logs/{kind}" for kind in KINDS), "docs", "docs/sessions"):
        try:
            os.mkdir(os.path.join(root, name), 0o700)
        except FileExistsError:  # the person's own, or another rank's
            continue
    try:
        os.mkdir(os.path.join(root, ".mlws"), 0o700)
    except FileExistsError:  # another rank made it, and says so
        return
    os.makedirs(os.path.join(root, STREAMS_DIR), mode=0o700, exist_ok=True)
    say(f"made the workspace {root}; see it with: mlws-tui --workspace {root}")


def log_of(root: str, run: str, kind: str) -> str:
    """Path of a run's execution log, relative to the workspace: the one that is there, else the one of its kind."""
    paths = [f"logs/{each}/{run}.log" for each in (kind, *KINDS)]
    return next((path for path in paths if os.path.isfile(os.path.join(root, path))), paths[0])


def claim(root: str, name: str, kind: str, when: float | None = None, *, wanted: str | None = None) -> str:
    """Take a run id that nobody has, by making its streams folder.

    Args:
        root: The workspace's folder.
        name: What the person calls the run.
        kind: Its kind; a log that already bears the id counts as taken.
        when: Unix seconds; now by default.
        wanted: The id to take if it is free, whose log is the caller's own.

    Raises:
        OSError: if the folder cannot be made.
    """
    moment = time.time() if when is None else when
    streams = os.path.join(root, STREAMS_DIR)
    os.makedirs(streams, mode=0o700, exist_ok=True)
    if wanted is not None and _make_new(streams, wanted):
        return wanted
    for taken in range(1, _TRIES):
        chosen = run_id(name, moment, taken)
        if os.path.exists(os.path.join(root, "logs", kind, f"{chosen}.log")):
            continue
        if _make_new(streams, chosen):
            return chosen
    raise OSError(f"no free run id for {name!r} in {streams}")


def _make_new(streams: str, name: str) -> bool:
    """Whether this process is the one that makes the folder."""
    try:
        make_folder(streams, name)
    except FileExistsError:
        return False
    return True
