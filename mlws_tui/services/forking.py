"""Forking runs: a new run that has not begun, with the config and the command of another one, changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlws_tui.domain.configs import with_changes
from mlws_tui.domain.errors import MlwsError, NotFoundError, StoreError, UsageError
from mlws_tui.domain.events import LONGEST_LINE, STREAM_VERSION, encode, plain
from mlws_tui.domain.forking import edit_command
from mlws_tui.domain.runnames import next_name, stem
from mlws_tui.domain.runs import Run
from mlws_tui.sdk.facts import hostname, utc_offset
from mlws_tui.sdk.place import claim
from mlws_tui.sdk.stream import StreamWriter
from mlws_tui.services.openindex import Parts
from mlws_tui.sources.streamlines import parse_line
from mlws_tui.sources.surroundings import is_folder, size_of

if TYPE_CHECKING:
    from mlws_tui.services.launch import LaunchOptions

_PATIENCE = 2.0  # how long an index that another process keeps up is waited for (s)


@dataclass(frozen=True, slots=True)
class ForkPlan:
    """What a fork would be.

    Attributes:
        parent: The run that it is made from.
        name: What it is called.
        config: All of its config.
        changes: The settings that were changed.
        given: What its script is told: these, over what the parent's script was told.
        command: What it runs; empty where the parent's command is not known.
        unnamed: Keys of `changes` that the command does not name: the script is given them in another way.
        shims: Trackers whose reports are recorded here, as the parent's were.
    """

    parent: Run
    name: str
    config: Mapping[str, Any]
    changes: Mapping[str, Any]
    given: Mapping[str, Any]
    command: tuple[str, ...]
    unnamed: tuple[str, ...]
    shims: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What the person should know before starting it, a sentence each."""
        told = []
        if not self.command:
            told.append(f"the command of {self.parent.id} is not known: give one when starting it")
        elif self.unnamed:
            keys = ", ".join(self.unnamed)
            them = "them" if len(self.unnamed) > 1 else "it"
            told.append(
                f"the command does not name {keys}: the script gets {them} as run.config / MLWS_CONFIG"
            )
        return told


class Forking:
    """Makes runs from others, and starts them.

    Args:
        parts: The workspace's open index.
        clock: Unix seconds.
    """

    def __init__(self, parts: Parts, *, clock: Callable[[], float] = time.time) -> None:
        self._parts = parts
        self._clock = clock

    async def plan(
        self,
        run_id: str,
        *,
        name: str | None = None,
        config: Mapping[str, Any],
        command: Sequence[str] | None = None,
    ) -> ForkPlan:
        """What a fork of a run would be; nothing is made.

        Args:
            run_id: The run to be forked.
            name: What to call the fork; as the run, with the next free number, if not given.
            config: The settings to change, by key: ``lr``, ``optim.lr``.
            command: What it shall run; if not given the run's command, with the changed settings put in.

        Raises:
            NotFoundError: if there is no such run.
            UsageError: if a key is empty.
        """
        run = await self._parts.store.get_run(run_id)
        if run is None:
            raise NotFoundError(f"There is no run {run_id!r}")
        changes = {key.strip(): plain(value) for key, value in config.items()}
        if "" in changes:
            raise UsageError("A setting needs a key", hint="write it as key=value")
        given = with_changes(await self.given(run_id), changes)
        edited = edit_command(run.command if command is None else command, changes, run.config)
        return ForkPlan(
            run,
            " ".join((name or "").split()) or await self.free_name(run.name),
            with_changes(run.config, changes),
            changes,
            given,
            edited.command if command is None else tuple(command),
            edited.unnamed,
            await self.shims(run_id),
        )

    async def fork(self, run_id: str, *, name: str | None = None, config: Mapping[str, Any]) -> str:
        """Make a run from another one: its config with settings changed, and its command; returns the new run's id.

        Raises:
            NotFoundError: if there is no such run.
            UsageError: if a key is empty, or the config too large.
            StoreError: if it could not be written.
        """
        return await self.make(await self.plan(run_id, name=name, config=config))

    async def make(
        self, plan: ForkPlan, *, cwd: Path | None = None, git: Mapping[str, Any] | None = None
    ) -> str:
        """Make the run of a plan; returns its id. It has not begun: `start`, or ``mlws-tui run --as ID``, starts it.

        Args:
            plan: What it shall be.
            cwd: Where it is to run; as its parent if not given.
            git: The state of the code there, in place of its parent's.

        Raises:
            UsageError: if its config is too large.
            StoreError: if it could not be written.
        """
        run_id, file, size = await asyncio.to_thread(self._write, plan, cwd, git)
        await self._parts.ingest.reach({file: size}, _PATIENCE)
        return run_id

    async def free_name(self, name: str) -> str:
        """The name for a run that is made from one of this name: with the next number that no run has."""
        return next_name(name, await self._parts.store.names_like(stem(name)))

    async def given(self, run_id: str) -> dict[str, Any]:
        """The settings that a person gave when starting or forking a run: its script was told those."""
        return await asyncio.to_thread(_given, self._parts.workspace.streams / run_id)

    async def shims(self, run_id: str) -> tuple[str, ...]:
        """The trackers whose reports a run records: ``wandb`` of one that was started with ``--shim wandb``."""
        return await asyncio.to_thread(_shims, self._parts.workspace.streams / run_id)

    async def start(self, plan: ForkPlan, run_id: str, *, cwd: Path | None = None) -> str:
        """Start a fork in the background, with a terminal of its own; returns its id.

        Raises:
            UsageError: if it has no command, or its folder is gone.
            MlwsError: if it cannot be recorded, or the command not be executed.
        """
        from mlws_tui.services.launch import launch_detached

        options = start_options(plan, run_id, cwd)
        started = await asyncio.to_thread(launch_detached, self._parts.workspace, plan.command, options)
        if started.code is not None:
            raise MlwsError(
                f"The command could not be executed: {started.problem}", hint=f"run {run_id} says so"
            )
        return started.run

    def _write(self, plan: ForkPlan, cwd: Path | None, git: Mapping[str, Any] | None) -> tuple[str, str, int]:
        """The new run's id, its stream and the size of that."""
        root, streams = str(self._parts.workspace.root), self._parts.workspace.streams
        now, parent = self._clock(), plan.parent
        record = {
            "type": "run",
            "v": STREAM_VERSION,
            "ts": now,
            "name": plan.name,
            "kind": parent.kind,
            "parent": parent.id,
            "experiment": parent.experiment,
            "model": parent.model,
            "dataset": parent.dataset,
            "config": dict(plan.config),
            "given": dict(plan.given),
            "cmd": list(plan.command),
            "cwd": str(cwd) if cwd is not None else parent.cwd,
            "data": [str(file) for file in data_of(parent)],
            "shims": list(plan.shims),
            "git": dict(git if git is not None else parent.git or {}),
            "host": hostname(),
            "pid": None,
            "tz": utc_offset(now),
        }
        if len(encode(record)) > LONGEST_LINE - 1000:
            raise UsageError(f"The config is too large for a record of {LONGEST_LINE >> 20} MB")
        try:
            run_id = claim(root, plan.name, parent.kind, now)
            writer = StreamWriter(root, run_id)
            try:
                writer.write({**record, "id": run_id})
                waiting = writer.waiting
            finally:
                writer.close()
            path = Path(writer.path)
            size = path.stat().st_size
        except OSError as error:
            raise StoreError(
                f"No run can be written in {streams}: {error.strerror or error}", hint="check the folder"
            ) from error
        if waiting or not size:
            raise StoreError(f"{path} takes no records", hint="make room on the disk, then try again")
        return run_id, path.relative_to(streams).as_posix(), size


def _given(folder: Path) -> dict[str, Any]:
    """What the streams of a run say was given: by whoever forked it, then by whoever started it."""
    found: dict[str, Any] = {}
    for record in _beginnings(folder):
        told = record.get("config") if record.get("role") == "wrapper" else record.get("given")
        if isinstance(told, Mapping):
            found |= told
    return found


def _shims(folder: Path) -> tuple[str, ...]:
    """The shims that a run was started with; where it was not, those that it is to have."""
    records = list(_beginnings(folder))
    started = [record for record in records if record.get("role") == "wrapper"]
    lists = [record.get("shims") for record in started or records]
    names = [name for told in lists if isinstance(told, list) for name in told if isinstance(name, str)]
    return tuple(dict.fromkeys(names))


def _beginnings(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The first record of each stream of a run."""
    for path in sorted(folder.glob("*.jsonl")):
        try:
            with path.open("rb") as file:
                line = file.readline(LONGEST_LINE)
        except OSError:
            continue
        yield parse_line(line) or {}


def start_options(plan: ForkPlan, run_id: str, cwd: Path | None = None) -> LaunchOptions:
    """How a fork is started.

    Raises:
        MlwsError: if its folder is not known or gone, or it has no command.
    """
    from mlws_tui.services.launch import LaunchOptions

    if not plan.command:
        raise MlwsError(
            f"The command of {plan.parent.id} is not known", hint=f"mlws-tui run --as {run_id} -- COMMAND"
        )
    folder = cwd or (Path(plan.parent.cwd) if plan.parent.cwd else None)
    if folder is not None and not is_folder(folder):
        raise MlwsError(
            f"Its folder {folder} is gone", hint=f"mlws-tui run --as {run_id} -- COMMAND, in another folder"
        )
    return LaunchOptions(
        name=plan.name,
        kind=plan.parent.kind,
        config=plan.given,
        cwd=folder,
        run=run_id,
        data=data_of(plan.parent),
        shims=plan.shims,
    )


def data_of(run: Run) -> tuple[Path, ...]:
    """The data that a run named, as far as it is there: it is recorded again, to be compared."""
    data = run.environment.get("data")
    paths = [one.get("path") for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []
    files = [Path(path) for path in paths if isinstance(path, str) and path.startswith("/")]
    return tuple(file for file in files if size_of(file) is not None)


def start_command(plan: ForkPlan, run_id: str) -> str:
    """The line for a shell that starts a fork; it runs what is recorded of it, in the folder that is."""
    return f"mlws-tui run --as {run_id}{'' if plan.command else ' -- COMMAND'}"
