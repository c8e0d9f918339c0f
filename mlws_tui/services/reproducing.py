"""Doing a run again as it was: its commit in a working tree of its own, its uncommitted changes, its command."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, NotFoundError, StoreError
from mlws_tui.domain.reproduction import (
    ReproductionPlan,
    good_sha,
    listed,
    path_in,
    paths_of,
    unrestorable,
)
from mlws_tui.domain.runs import Run
from mlws_tui.services.forking import Forking, ForkPlan, data_of
from mlws_tui.services.openindex import Parts
from mlws_tui.services.runacts import RunActs
from mlws_tui.services.today import Today, compare_data, look_at_today
from mlws_tui.sources import worktrees
from mlws_tui.sources.modes import change_mode, make_folder
from mlws_tui.sources.surroundings import is_folder, is_there

#: Who may look into the folder of all working trees: what git writes below it has modes of its own.
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that is ready to be started: its plan as a fork, its id, its folder, and the working tree made for it."""

    fork: ForkPlan
    run_id: str
    folder: Path
    worktree: Path | None


class Reproducing:
    """Plans, prepares and starts the repetition of runs.

    Nothing that a run recorded is run before `start`: planning reads files and asks git.

    Args:
        parts: The workspace's open index.
        forking: Makes the new run.
        acts: Takes it away again where it could not be started.
    """

    def __init__(self, parts: Parts, forking: Forking, acts: RunActs) -> None:
        self._parts = parts
        self._forking = forking
        self._acts = acts

    async def plan(
        self,
        run_id: str,
        *,
        repository: Path | None = None,
        hashes: bool = True,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> ReproductionPlan:
        """What doing a run again takes, and what differs today.

        Args:
            run_id: The run.
            repository: Where the repository is today, if it was moved.
            hashes: Whether to read the data that it named, to compare it.
            progress: Hears how many bytes of data are read, and of how many.

        Raises:
            NotFoundError: if there is no such run.
        """
        run = await self._parts.store.get_run(run_id)
        if run is None:
            raise NotFoundError(f"There is no run {run_id!r}")
        plan, today = await asyncio.to_thread(_plan, run, repository)
        differences, same, notes = [*today.differences], [*today.same], [*plan.notes, *today.notes]
        data = run.environment.get("data")
        if isinstance(data, Sequence) and not isinstance(data, str):
            told = await compare_data(data, Path(plan.cwd or "/"), hashes=hashes, progress=progress)
            differences += told.differences
            same += told.same
            notes += told.notes
        return replace(
            plan,
            differences=tuple(differences),
            same=tuple(same),
            notes=tuple(notes),
            data=tuple(map(str, await asyncio.to_thread(data_of, run))),
            shims=await self._forking.shims(run_id),
        )

    async def prepare(self, plan: ReproductionPlan, *, without_diff: bool = False) -> Prepared:
        """Check the commit out into a new folder of the workspace, restore the changes, and make the new run.

        The person's own checkout is never touched. Where it fails, what was made is taken away again.

        Args:
            plan: As `plan` gave it.
            without_diff: Leave the uncommitted changes out.

        Raises:
            MlwsError: if something stands in the way; it says what.
            StoreError: if the run could not be written.
        """
        problem = blocked(plan, without_diff=without_diff)
        if problem:
            raise MlwsError(f"Run {plan.run.id} cannot be done again: {problem}")
        place: Path | None = None
        if plan.repository is not None:
            place = await asyncio.to_thread(_check_out, self._parts.workspace, plan, without_diff)
        folder = plan.folder_in(place) if place is not None else Path(plan.cwd)
        command = plan.command_in(str(place)) if place is not None else plan.command
        given = await self._forking.given(plan.run.id)
        name = await self._forking.free_name(plan.run.name)
        fork = ForkPlan(plan.run, name, plan.run.config, {}, given, command, (), plan.shims)
        try:
            run_id = await self._forking.make(fork, cwd=folder, git=_git_of(plan, without_diff))
        except MlwsError:
            await self._take_away(plan, place)
            raise
        return Prepared(fork, run_id, folder, place)

    async def start(self, plan: ReproductionPlan, prepared: Prepared) -> str:
        """Start it in the background; returns the new run's id.

        Raises:
            MlwsError: if it cannot be started; then all that was made for it is gone.
        """
        try:
            return await self._forking.start(prepared.fork, prepared.run_id, cwd=prepared.folder)
        except MlwsError:
            await self.forget(plan, prepared)
            raise

    async def forget(self, plan: ReproductionPlan, prepared: Prepared) -> None:
        """Take away what was made for a repetition that was not started."""
        await self._take_away(plan, prepared.worktree)
        await self._acts.delete([prepared.run_id])

    async def _take_away(self, plan: ReproductionPlan, place: Path | None) -> None:
        if place is not None and plan.repository is not None:
            await asyncio.to_thread(worktrees.remove_worktree, plan.repository, place)


def blocked(plan: ReproductionPlan, *, without_diff: bool = False) -> str:
    """What stands in the way of doing a run again, a sentence; empty where nothing does."""
    return next(iter(plan.obstacles(without_diff=without_diff)), "")


def _plan(run: Run, repository: Path | None) -> tuple[ReproductionPlan, Today]:
    """It reads files and asks git: call it in a thread."""
    plan = ReproductionPlan(run, run.command, run.cwd or "")
    problems, notes = [], []
    if not run.command:
        problems.append("its command is not known")
    git: Mapping[str, Any] = run.git or {}
    sha = good_sha(git.get("sha"))
    if sha:
        plan, found = _placed(plan, sha, repository)
        problems += found
    elif git:
        notes.append(
            f"its commit is not known ({git.get('reason') or 'none was recorded'}): the code is as it is now"
        )
    else:
        notes.append("its code is not in git: it is run as it is now")
    if plan.repository is None and not problems and not (plan.cwd and is_folder(Path(plan.cwd))):
        problems.append(f"its folder {plan.cwd or '(not recorded)'} is gone")
    if plan.repository is not None:
        plan, told = _with_diff(plan, git)
        notes += told + _of_code(plan, git)
    plan = replace(plan, problems=tuple(problems), notes=tuple(notes))
    return plan, look_at_today(plan)


def _placed(plan: ReproductionPlan, sha: str, repository: Path | None) -> tuple[ReproductionPlan, list[str]]:
    """The plan with the repository that has the commit, and what stands in the way of that."""
    recorded = Path(plan.cwd or "/")
    top = worktrees.toplevel(repository or recorded)
    moved = "say where it is now by --repository PATH"
    if top is None:
        where = repository or recorded
        return plan, [f"there is no repository at {where}: {moved}"]
    if not worktrees.has_commit(top, sha):
        return plan, [f"commit {sha[:12]} is not in {top}: git -C {top} fetch --all, or {moved}"]
    below = worktrees.inside(recorded, top)
    if below is None:
        below = _longest(top, sha, recorded)
    plan = replace(plan, repository=top, tops=_tops(top, recorded, below), sha=sha, below=below)
    kinds = worktrees.kinds_in_commit(top, sha, [*paths_of(plan.command, plan), below])
    return replace(plan, kinds=kinds), []


def _tops(top: Path, folder: Path, below: str) -> tuple[str, ...]:
    """The top folder by its own name, and by that which the command used: there may be links on the way."""
    called = folder if below == "." else Path(str(folder).removesuffix(f"/{below}"))
    return tuple(dict.fromkeys((str(top), str(called))))


def _longest(top: Path, sha: str, folder: Path) -> str:
    """The longest end of a folder's path that is a folder in the commit; ``.`` where none is."""
    parts = folder.parts[1:]
    ends = ["/".join(parts[at:]) for at in range(len(parts)) if "\n" not in folder.as_posix()]
    kinds = worktrees.kinds_in_commit(top, sha, ends)
    return next((end for end in ends if kinds.get(end) == "tree"), ".")


def _with_diff(plan: ReproductionPlan, git: Mapping[str, Any]) -> tuple[ReproductionPlan, list[str]]:
    """The plan with the changes that were not committed, and what is to be said of them."""
    diff = git.get("diff") or ""
    if not isinstance(diff, str) or not diff:
        if git.get("dirty"):
            return replace(plan, diff_problem="its uncommitted changes were not recorded"), []
        unknown = git.get("dirty") is None
        return plan, ["whether there were uncommitted changes is not known"] if unknown else []
    problem = unrestorable(diff)
    if not problem and plan.repository is not None:
        refused = worktrees.refused_diff(plan.repository, plan.sha, diff)
        problem = f"its uncommitted changes do not fit its commit: {refused}" if refused else ""
    notes = (
        ["text that is not UTF-8 was not kept as it was in the uncommitted changes"]
        if "\ufffd" in diff
        else []
    )
    return replace(plan, diff=diff, diff_problem=problem), notes


def _of_code(plan: ReproductionPlan, git: Mapping[str, Any]) -> list[str]:
    """What a checkout of the commit lacks."""
    notes = []
    untracked = git.get("untracked")
    if isinstance(untracked, list) and untracked:
        notes.append(f"files that git does not know were not kept: {listed(map(str, untracked))}")
    if plan.repository is None:
        return notes
    if plan.below != "." and plan.kinds.get(plan.below) != "tree":
        notes.append(f"the commit has no folder {plan.below}: an empty one is made")
    if ".gitmodules" in worktrees.kinds_in_commit(plan.repository, plan.sha, [".gitmodules"]):
        notes.append("submodules are not fetched: git submodule update --init does it, in the new folder")
    if worktrees.uses_lfs(plan.repository, plan.sha):
        notes.append("files of Git LFS are there only if git-lfs is installed")
    lacking = [
        word
        for word in plan.command[1:]
        if not word.startswith(("-", "/"))
        and path_in(word, plan) not in (None, ".", *plan.kinds)
        and is_there(Path(plan.cwd, word))
    ]
    if lacking:
        notes.append(f"the command names what the commit does not have: {listed(lacking)}")
    return notes


def _check_out(workspace: Workspace, plan: ReproductionPlan, without_diff: bool) -> Path:
    """Make the working tree, with the changes; the folder. Nothing is left where it fails."""
    assert plan.repository is not None  # noqa: S101 - who calls this has looked
    folder = workspace.worktrees
    try:
        make_folder(folder, _PRIVATE)
        change_mode(folder, _PRIVATE)
        place = _new_place(folder, plan.run.id)
    except OSError as error:
        raise StoreError(f"No folder can be made in {folder}: {error.strerror or error}") from error
    worktrees.add_worktree(plan.repository, place, plan.sha)
    try:
        if plan.diff and not without_diff:
            worktrees.apply_diff(place, plan.diff)
        plan.folder_in(place).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        worktrees.remove_worktree(plan.repository, place)
        raise StoreError(f"{plan.folder_in(place)} cannot be made: {error.strerror or error}") from error
    except MlwsError:
        worktrees.remove_worktree(plan.repository, place)
        raise
    return place


def _new_place(folder: Path, run: str) -> Path:
    """A folder that nobody has, empty: ``<run>-1``, ``<run>-2``…"""
    for number in itertools.count(1):
        place = folder / f"{run}-{number}"
        try:
            place.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return place
    raise AssertionError("unreachable")


def _git_of(plan: ReproductionPlan, without_diff: bool) -> dict[str, Any]:
    """The state of the code that is checked out; as the run's own where none is."""
    if plan.repository is None:
        return dict(plan.run.git or {})
    diff = "" if without_diff else plan.diff
    return {"sha": plan.sha, "branch": None, "dirty": bool(diff), "diff": diff or None}
