"""Which run a process belongs to: the wrapper's, that of the ranks started with it, or one of its own."""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

from mlws_tui.domain.events import ENV_RUN_ID, RENDEZVOUS_DIR, STREAMS_DIR, is_run_id, slug
from mlws_tui.sdk.place import claim

#: Seconds after which a meeting place is of an earlier launch.
STALE = 600.0
#: Seconds to wait for the rank that made the meeting place to write the run's id into it.
PATIENCE = 3.0

_joined: set[str] = set()


class Place(NamedTuple):
    """The run to write into; `launched_by` is the run whose process started this one as another run."""

    run: str
    joined: bool
    launched_by: str | None = None


def rank() -> int:
    """This process's rank in its launch: RANK (torchrun), else SLURM_PROCID in a step of several tasks, else 0."""
    return _number("RANK") if "RANK" in os.environ else (_number("SLURM_PROCID") if world_size() > 1 else 0)


def world_size() -> int:
    """How many processes the launch has: WORLD_SIZE, else SLURM_STEP_NUM_TASKS, else 1."""
    if "WORLD_SIZE" in os.environ:
        return max(1, _number("WORLD_SIZE"))
    return max(1, _number("SLURM_STEP_NUM_TASKS", 1)) if "SLURM_STEP_ID" in os.environ else 1


def launch_key() -> str | None:
    """What all ranks of one launch have in common and no other launch has; None for a process alone."""
    env = os.environ
    if world_size() < 2:
        return None
    restart = env.get("TORCHELASTIC_RESTART_COUNT", "0")
    if env.get("TORCHELASTIC_RUN_ID", "none") != "none":
        return f"torchelastic-{env['TORCHELASTIC_RUN_ID']}-{restart}"
    if "SLURM_JOB_ID" in env and "SLURM_STEP_ID" in env:
        return f"slurm-{env['SLURM_JOB_ID']}-{env['SLURM_STEP_ID']}-{env.get('SLURM_RESTART_COUNT', '0')}"
    address, port = env.get("MASTER_ADDR"), env.get("MASTER_PORT")
    if address and port:
        return f"master-{address}-{port}-{os.getppid()}-{restart}"
    return None


def find_run(root: str, name: str, kind: str, nth: int) -> Place:
    """Decide which run this process writes into, claiming a new one where it is the first.

    Args:
        root: The workspace's folder.
        name: What the script calls the run.
        kind: The run's kind.
        nth: How many runs this process has begun before.

    Raises:
        OSError: if no run can be claimed.
    """
    given = os.environ.get(ENV_RUN_ID)
    if given and is_run_id(given) and os.path.isdir(os.path.join(root, STREAMS_DIR, given)):
        if given not in _joined and _take_rank(root, given):
            _joined.add(given)
            return Place(given, joined=True)
        return _meet(root, name, kind, nth, given)
    return _meet(root, name, kind, nth, None)


def _take_rank(root: str, run: str) -> bool:
    """Whether this is the first `mlws.run` of its rank below the wrapper: a sweep's processes are runs of their own."""
    return _exclusive(os.path.join(_meetings(root), f"{run}.rank{rank()}"))


def _meet(root: str, name: str, kind: str, nth: int, launched_by: str | None) -> Place:
    key = launch_key()
    if key is None:
        return Place(claim(root, name, kind), joined=False, launched_by=launched_by)
    path = os.path.join(_meetings(root), f"{slug(key)}-{nth}")
    for _ in range(3):
        if _exclusive(path):
            run = claim(root, name, kind)
            _take_rank(root, run)
            _fill(path, {"run": run, "ts": time.time()})
            return Place(run, joined=False, launched_by=launched_by)
        found, inode = _read(path)
        if found and os.path.isdir(os.path.join(root, STREAMS_DIR, found)) and _take_rank(root, found):
            return Place(found, joined=True, launched_by=launched_by)
        _clear(path, inode)
    return Place(claim(root, name, kind), joined=False, launched_by=launched_by)


def _meetings(root: str) -> str:
    folder = os.path.join(root, STREAMS_DIR, RENDEZVOUS_DIR)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def _exclusive(path: str) -> bool:
    """Whether this process is the one that makes the file."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        return False
    return True


def _fill(path: str, content: dict[str, object]) -> None:
    aside = f"{path}.{os.getpid()}"
    with open(aside, "w") as file:
        json.dump(content, file)
    os.replace(aside, path)


def _read(path: str) -> tuple[str | None, int]:
    """The run that is named there, once it is (None where the place is stale or stays empty), and the file's inode."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with open(path) as file:
                content = file.read()
                status = os.fstat(file.fileno())
        except OSError:
            return None, 0
        if time.time() - status.st_mtime > STALE:
            return None, status.st_ino
        if content:
            return _named_run(content), status.st_ino
        if time.monotonic() > end:
            return None, status.st_ino
        time.sleep(0.02)


def _named_run(content: str) -> str | None:
    try:
        run = json.loads(content).get("run")
    except (ValueError, AttributeError):
        return None
    return run if isinstance(run, str) and is_run_id(run) else None


def _clear(path: str, inode: int) -> None:
    """Take an unusable meeting place away, unless another rank has already put a new one there."""
    try:
        if os.stat(path).st_ino == inode:
            os.unlink(path)
    except FileNotFoundError:
        return


def _number(name: str, default: int = 0) -> int:
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        return default
