"""Which logs belong to a run that writes several: one a rank, a node, or a server beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.domain.events import KINDS
from mlws_tui.domain.runs import Run
from mlws_tui.services.logplaces import ARCHIVE

_MOST = 64  # logs of a run
_ENTRIES = 2_000  # names in a run's folder that are looked at
_DEEPEST = 4  # folders within each other: torchrun writes <id>/<rendezvous>/attempt_0/0/stdout.log
_LONGEST_TAG = 24
#: Folders of ``logs`` that are of no run, whatever a log beside them is called.
_FOLDERS = frozenset({*KINDS, ARCHIVE})
_SUFFIX = re.compile(r"\.(?:log|txt|out|err|jsonl|[oe]\d+)\Z")
_NO_SUFFIX = re.compile(r"(?:^|/)(?:stdout|stderr|log)\Z")
_RANK = re.compile(r"(?:^|[._/-])(?:global_?|local_?)?rank[._-]?(\d{1,6})(?=[._/-]|\Z)", re.IGNORECASE)
_NODE = re.compile(
    r"(?:^|[._/-])(?:node|worker|host|task|replica)[._-]?(\d{1,6})(?=[._/-]|\Z)", re.IGNORECASE
)
_TORCHRUN = re.compile(r"attempt_\d+/(\d{1,6})/(?:stdout|stderr)\.log\Z")
_SLURM = re.compile(r"[._-](?:\d+[._-])?(\d{1,9})\.(?:out|err)\Z")  # %j, or %j-%t: job, or job and task
_ERRORS = re.compile(r"(?:^|[._/-])(?:stderr|err)(?=[._/-]|\Z)|\.e\d+\Z", re.IGNORECASE)
#: What may follow a run's id after a hyphen; a name of another run may, too.
_OF_THE_RUN = re.compile(
    r"(?:global|local)?_?(?:rank|node|worker|host|task|replica)|stdout|stderr|err\b|out\b|server|eval|\d+(?:[._-]\d+)*\.(?:out|err)",
    re.IGNORECASE,
)


def logs_of_run(workspace: Workspace, run: Run) -> Sequence[tuple[str, Path]]:
    """A tag and the file of each log of a run, its own one first. It blocks: call it in a thread.

    They are the log that the run names, files beside it that begin with its id or its log's name, such as
    ``<id>.rank1.log`` and ``<id>.err``, and all logs below a folder of that name, as torchrun and Slurm lay them out.
    The own one is among them also where it is not there (yet); the others are plain files.
    """
    own = _own(workspace, run)
    found: dict[Path, str] = {}
    for path, rest in _candidates(workspace, run, own):
        if len(found) >= _MOST:
            break
        if path != own:
            found.setdefault(path, rest)
    tags = {path: _tag(rest) for path, rest in found.items()}
    ordered = sorted(found, key=lambda path: (_natural(tags[path]), str(path)))
    if own is None:
        return _distinct([(tags[path], path) for path in ordered])
    return _distinct(
        [(_own_tag(run, own, set(tags.values())), own), *((tags[path], path) for path in ordered)]
    )


def goes_with(name: str, rest: str) -> bool:
    """Whether the name of a file that begins like a run's log or id is of that run, by what else there is in it.

    Args:
        name: The whole name.
        rest: What of it comes after the run's.
    """
    if _SUFFIX.search(name) is None or rest[:1] not in (".", "-", "_"):
        return False
    return rest[0] == "." or _OF_THE_RUN.match(rest, 1) is not None


def runs_by_name(workspace: Workspace, runs: Iterable[Run]) -> Mapping[str, Run]:
    """Runs by all that logs beside theirs may be named after: their ids, and their logs without what they end with.

    Args:
        workspace: Where they are.
        runs: The newest first: of two with one log that one has it.
    """
    named: dict[str, Run] = {}
    for run in runs:
        own = _own(workspace, run)
        if own is not None:
            named.setdefault(str(own.with_name(_SUFFIX.sub("", own.name))), run)
        named.setdefault(run.id, run)
    return named


def run_beside(workspace: Workspace, log: Path, named: Mapping[str, Run]) -> Run | None:
    """The run whose log this one lies beside, as `logs_of_run` counts it; None where there is none.

    Args:
        workspace: Where they are.
        log: A file below ``logs``, where it lies or lay before it was archived.
        named: As `runs_by_name` has them.
    """
    for at in range(len(log.name) - 1, 0, -1):
        stem, rest = log.name[:at], log.name[at:]
        if rest[0] in ".-_" and goes_with(log.name, rest):
            run = named.get(str(log.with_name(stem))) or named.get(stem)
            if run is not None:
                return run
    if not log.is_relative_to(workspace.logs):
        return None
    inside = len(log.relative_to(workspace.logs).parents) - 1
    for folder in list(log.parents)[:inside]:
        if folder.parent != workspace.logs or folder.name not in _FOLDERS:
            run = named.get(str(folder)) or named.get(folder.name)
            if run is not None:
                return run
    return None


def _own(workspace: Workspace, run: Run) -> Path | None:
    if run.log is None:
        return None
    try:
        path = Path(run.log)
        return path if path.is_absolute() else workspace.inside(run.log)
    except WorkspaceError:  # a name that leads outside of the workspace is none of its logs
        return None


def _candidates(workspace: Workspace, run: Run, own: Path | None) -> Iterator[tuple[Path, str]]:
    """Files, and what their names tell beyond the run's."""
    folders = [workspace.logs_of(run.kind)] if run.kind in KINDS else []
    stems = {run.id}
    if own is not None:
        folders.insert(0, own.parent)
        stems.add(_SUFFIX.sub("", own.name))
    for folder in dict.fromkeys(folders):
        for name in _names(folder):
            stem = next((one for one in stems if name.startswith(one)), None)
            if stem is None:
                continue
            rest, path = name[len(stem) :], folder / name
            if not rest and path.is_dir():
                if folder == workspace.logs and name in _FOLDERS:
                    continue
                yield from _below(path)
            elif _belongs(workspace, name, rest, run.id) and path.is_file():
                yield path, rest
    if own is not None and own.parent.name == run.id:
        yield from _below(own.parent)


def _belongs(workspace: Workspace, name: str, rest: str, run_id: str) -> bool:
    """Whether a file whose name begins like the run's is the run's, and not of one whose name goes on."""
    if not goes_with(name, rest):
        return False
    stem = _SUFFIX.sub("", name)
    return stem == run_id or not (workspace.streams / stem).exists()


def _below(folder: Path) -> Iterator[tuple[Path, str]]:
    seen = 0
    for place, folders, names in os.walk(folder):
        inside = Path(place).relative_to(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(inside.parts) >= _DEEPEST:
            folders.clear()
        seen += len(names)
        for name in sorted(names):
            rest = (inside / name).as_posix()
            if (_SUFFIX.search(name) or _NO_SUFFIX.search(rest)) and (folder / rest).is_file():
                yield folder / rest, rest
        if seen > _ENTRIES:
            return


def _names(folder: Path) -> Sequence[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:  # there is no such folder, or it is not for us
        return ()


def _tag(rest: str) -> str:
    """``rank1``, ``node0.rank1``, ``rank1.err``, or what the name tells beyond the run's."""
    rank = _TORCHRUN.search(rest) or _RANK.search(rest)
    node = _NODE.search(rest)
    slurm = None if rank is not None or node is not None else _SLURM.search(rest)
    parts = [f"node{node[1]}"] if node is not None else []
    if rank is not None:
        parts.append(f"rank{rank[1]}")
    if slurm is not None:
        parts.append(f"task{slurm[1]}" if len(slurm[1]) < 5 else f"job{slurm[1]}")
    if parts:
        return ".".join([*parts, "err"] if _ERRORS.search(rest) else parts)
    plain = re.sub(r"\.(?:log|txt|jsonl)\Z", "", rest)
    return re.sub(r"[^\w]+", ".", plain).strip(".")[-_LONGEST_TAG:].strip(".") or "log"


def _own_tag(run: Run, own: Path, others: set[str]) -> str:
    """``rank0`` where only that one is missing, else what its name tells."""
    if any(re.fullmatch(r"rank\d+", tag) for tag in others) and "rank0" not in others:
        return "rank0"
    stem = _SUFFIX.sub("", own.name)
    rest = stem.removeprefix(run.id)
    return _tag(rest) if rest else "main"


def _distinct(logs: Sequence[tuple[str, Path]]) -> Sequence[tuple[str, Path]]:
    """The same with a number behind a tag that was there before."""
    seen: dict[str, int] = {}
    distinct: list[tuple[str, Path]] = []
    for tag, path in logs:
        seen[tag] = seen.get(tag, 0) + 1
        distinct.append((tag if seen[tag] == 1 else f"{tag}#{seen[tag]}", path))
    return tuple(distinct)


def _natural(tag: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", tag)]
