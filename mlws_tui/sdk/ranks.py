"""Which run a process belongs to: the wrapper's, that of the ranks started with it, or one of its own."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from mlws_tui.domain.events import ENV_RUN_ID, RENDEZVOUS_DIR, STREAMS_DIR, decode, is_run_id, slug
from mlws_tui.sdk.marks import DAY, clear_marks, marks, plainly
from mlws_tui.sdk.notice import warn
from mlws_tui.sdk.place import claim

#: Seconds after which a meeting place is of an earlier launch.
STALE = 600.0
#: Seconds to wait for the rank that made the meeting place to write the run's id into it.
PATIENCE = 2.0
#: Bytes of a stream in which its first record is looked for.
_HEAD = 4_000_000
_LONGEST = 4096  # characters of what a meeting place holds
_RANK = ".rank"
_JOB = 60 * DAY

_Mark = tuple[int, int]

_joined: set[str] = set()


class Place(NamedTuple):
    """The run to write into; `launched_by` is the run whose process started this one as another run."""

    run: str
    attempt: int = 1
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
        return f"torchelastic-{restart}-{env['TORCHELASTIC_RUN_ID']}"
    if "SLURM_JOB_ID" in env and "SLURM_STEP_ID" in env:
        return f"slurm-{env.get('SLURM_RESTART_COUNT', '0')}-{env['SLURM_JOB_ID']}-{env['SLURM_STEP_ID']}"
    address, port = env.get("MASTER_ADDR"), env.get("MASTER_PORT")
    if address and port:
        return f"master-{restart}-{os.getppid()}-{port}-{address}"
    return None


def find_run(root: str, name: str, kind: str, nth: int, wanted: str | None = None) -> Place:
    """Decide which run this process writes into, claiming a new one where it is the first.

    Args:
        root: The workspace's folder.
        name: What the script calls the run.
        kind: The run's kind.
        nth: How many runs this process has begun before.
        wanted: The id to claim if it is free.

    Raises:
        OSError: if no run can be claimed.
    """
    wrapper = _wrapper(root)
    if wrapper is not None and wrapper not in _joined and _take_rank(root, wrapper, 1):
        _joined.add(wrapper)
        return Place(wrapper)
    return _meet(root, nth, lambda: (claim(root, name, kind, wanted=wanted), 1), wrapper)


def resume_run(root: str, run: str, name: str, kind: str, nth: int) -> Place:
    """Go on with a run as its next attempt, the same one for all ranks of a launch. The arguments are as above.

    Raises:
        OSError: if the run's folder cannot be read.
    """
    folder = os.path.join(root, STREAMS_DIR, run)
    if not is_run_id(run) or not os.path.isdir(folder):
        warn(f"there is no run {run!r:.100} to resume; a new one is begun")
        return find_run(root, name, kind, nth)
    wrapper = _wrapper(root)
    return _meet(root, nth, lambda: (run, 1 + _last_attempt(folder)), None if wrapper == run else wrapper)


def _wrapper(root: str) -> str | None:
    """The run of the ``mlws-tui run`` that this process is below."""
    given = os.environ.get(ENV_RUN_ID)
    there = given and is_run_id(given) and os.path.isdir(os.path.join(root, STREAMS_DIR, given))
    return given if there else None


def _take_rank(root: str, run: str, attempt: int) -> bool:
    """Whether this is the first process of its rank in that attempt: the next one is a run of its own."""
    folder = _meetings(root)
    clear_marks(folder, _life)
    return _exclusive(os.path.join(folder, f"{run}.{attempt}{_RANK}{rank()}"))


def _life(mark: str) -> float:
    """Seconds: where ranks met is of no use to a later launch, but a rank stays taken for as long as a job may take."""
    return _JOB if _RANK in mark else DAY


def _meet(root: str, nth: int, first: Callable[[], tuple[str, int]], launched_by: str | None) -> Place:
    """Where the ranks of one launch meet: whoever comes first decides on the run and its attempt."""
    key = launch_key()
    if key is None:
        return Place(*first(), launched_by)
    path = os.path.join(_meetings(root), f"{slug(key)}-{nth}")
    for _ in range(3):
        if _exclusive(path):
            run, attempt = first()
            _take_rank(root, run, attempt)
            _fill(path, {"run": run, "attempt": attempt})
            return Place(run, attempt, launched_by)
        found, mark = _read(path)
        if (
            found is not None
            and os.path.isdir(os.path.join(root, STREAMS_DIR, found[0]))
            and _take_rank(root, *found)
        ):
            return Place(*found, launched_by)
        _clear(path, mark)
    return Place(*first(), launched_by)


def _meetings(root: str) -> str:
    return marks(root, RENDEZVOUS_DIR)


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


def _read(path: str) -> tuple[tuple[str, int] | None, _Mark]:
    """The run and attempt that are named there, once they are, and which file it was.

    There is no run where the place is of an earlier launch or stays empty.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with open(path, opener=plainly) as file:
                content = file.read(_LONGEST)
                status = os.fstat(file.fileno())
        except (OSError, ValueError):  # taken away by another rank, or bytes that are no text
            return None, _mark(path)
        mark = (status.st_ino, status.st_mtime_ns)
        if time.time() - status.st_mtime > STALE:
            return None, mark
        if content:
            return _named_run(content), mark
        if time.monotonic() > end:
            return None, mark
        time.sleep(0.02)


def _named_run(content: str) -> tuple[str, int] | None:
    try:
        named = json.loads(content)
        run, attempt = named["run"], named["attempt"]
    except (ValueError, TypeError, KeyError):
        return None
    return (run, attempt) if isinstance(run, str) and is_run_id(run) and isinstance(attempt, int) else None


def _mark(path: str) -> _Mark:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return (status.st_ino, status.st_mtime_ns)


def _clear(path: str, mark: _Mark) -> None:
    """Take an unusable meeting place away, unless another rank has already put a new one there."""
    if _mark(path) == mark:
        try:
            os.unlink(path)
        except FileNotFoundError:  # another rank was quicker
            return


def _last_attempt(folder: str) -> int:
    """The highest attempt that the streams in a run's folder speak of."""
    highest = 1
    for entry in os.listdir(folder):
        if not entry.endswith(".jsonl"):
            continue
        try:
            with open(os.path.join(folder, entry), "rb", opener=plainly) as file:
                attempt = decode(file.readline(_HEAD)).get("attempt", 1)
        except (OSError, ValueError):  # what cannot be read, or a broken head, says nothing of attempts
            continue
        if isinstance(attempt, int):
            highest = max(highest, attempt)
    return highest


def _number(name: str, default: int = 0) -> int:
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        return default
