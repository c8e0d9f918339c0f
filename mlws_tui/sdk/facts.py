"""What can be told of this process and machine without asking another program; from /proc where it is there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

#: Seconds before its end at which a job is warned at most (``sbatch --signal`` is usually given one minute).
_WARNED = 120.0


def hostname() -> str:
    """This machine's name, as ``socket.gethostname()`` has it, without importing socket."""
    return os.uname().nodename or "localhost"


def process_start(pid: int) -> int | None:
    """When a process started, in clock ticks since boot (field 22 of ``/proc/PID/stat``, proc(5)); None if unknown."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
        # The second field is the command in brackets and may itself hold brackets and blanks.
        return int(data[data.rindex(b")") + 2 :].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def boot_id() -> str | None:
    """The kernel's id of this boot; a pid means something only together with it."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return None


def pid_namespace() -> str | None:
    """Which pid namespace (container) this process counts in, as ``pid:[4026531836]``."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def utc_offset(now: float) -> str:
    """The local offset from UTC at that time: ``+02:00``."""
    seconds = time.localtime(now).tm_gmtoff
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours:02d}:{rest // 60:02d}"


def git_head(folder: str) -> dict[str, Any] | None:
    """Commit and branch of the repository that a folder is in, read from its ``.git`` without starting git."""
    place = os.path.abspath(folder)
    while not os.path.exists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    try:
        return _read_head(os.path.join(place, ".git"))
    except (OSError, ValueError):
        return None


def _read_head(git: str) -> dict[str, Any] | None:
    if os.path.isfile(git):  # a worktree or submodule: "gitdir: PATH"
        with open(git) as file:
            pointer = file.read().partition("gitdir:")[2].strip()
        git = os.path.join(os.path.dirname(git), pointer)
    with open(os.path.join(git, "HEAD")) as file:
        head = file.read().strip()
    if not head.startswith("ref: "):
        return {"sha": head, "branch": None}
    ref = head[5:]
    if ref == "refs/heads/.invalid":  # the reftable format keeps its refs elsewhere
        return None
    common = git
    if os.path.exists(os.path.join(git, "commondir")):
        with open(os.path.join(git, "commondir")) as file:
            common = os.path.normpath(os.path.join(git, file.read().strip()))
    return {"sha": _resolve(common, ref), "branch": ref.removeprefix("refs/heads/")}


def _resolve(common: str, ref: str) -> str | None:
    loose = os.path.normpath(os.path.join(common, ref))
    if loose.startswith(os.path.join(common, "refs", "")) and os.path.isfile(loose):
        with open(loose) as file:
            return file.read().strip()
    packed = os.path.join(common, "packed-refs")
    if os.path.exists(packed):
        with open(packed) as file:
            for line in file:
                if line.rstrip().endswith(" " + ref):
                    return line.split()[0]
    return None


def visible_gpus() -> list[str] | None:
    """What CUDA_VISIBLE_DEVICES grants, or None where it is not set."""
    value = os.environ.get("CUDA_VISIBLE_DEVICES")
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


def slurm() -> dict[str, str]:
    """The parts of Slurm's environment that say which job and step this is."""
    wanted = (
        "JOB_ID",
        "JOB_NAME",
        "STEP_ID",
        "ARRAY_JOB_ID",
        "ARRAY_TASK_ID",
        "PROCID",
        "NODEID",
        "NNODES",
        "PARTITION",
    )
    return {name.lower(): value for name in wanted if (value := os.environ.get(f"SLURM_{name}")) is not None}


def job_is_over(env: Mapping[str, str], now: float) -> bool:
    """Whether the time of the Slurm job that this is part of is over, or so nearly that a SIGTERM is about that."""
    try:
        return now > float(env["SLURM_JOB_END_TIME"]) - _WARNED
    except (KeyError, ValueError):
        return False


def process_facts(now: float) -> dict[str, Any]:
    """The fields of a `run` record that describe the process writing it."""
    pid = os.getpid()
    facts: dict[str, Any] = {
        "host": hostname(),
        "pid": pid,
        "pid_start": process_start(pid),
        "boot_id": boot_id(),
        "pid_ns": pid_namespace(),
        "tz": utc_offset(now),
        "cmd": [sys.executable, *sys.orig_argv[1:]],
        "python": "{}.{}.{}".format(*sys.version_info),
    }
    try:
        facts["cwd"] = os.getcwd()
        facts["git"] = git_head(facts["cwd"])
    except OSError:  # the folder was removed under the process
        facts["cwd"] = facts["git"] = None
    if (gpus := visible_gpus()) is not None:
        facts["gpus"] = gpus
    if job := slurm():
        facts["slurm"] = job
    return facts
