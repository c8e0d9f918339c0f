"""A run as the users of other trackers know it: `Session` is what their ``init`` gives."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, Self

from mlws_tui.sdk import endings
from mlws_tui.sdk.compat.artifacts import Artifact
from mlws_tui.sdk.compat.axes import Axes
from mlws_tui.sdk.compat.config import Config
from mlws_tui.sdk.compat.media import Media, media_in
from mlws_tui.sdk.compat.results import Results
from mlws_tui.sdk.compat.shared import Shared
from mlws_tui.sdk.notice import never_raise, warn
from mlws_tui.sdk.values import flatten

_LEVELS = {"INFO": "info", "WARN": "warning", "WARNING": "warning", "ERROR": "error"}


class AlertLevel(Enum):
    """How much an alert matters."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class NotKept(RuntimeError):
    """Something was asked for that no run of ours can give."""


class Session:
    """Records in a run what is called in the way of other trackers. What it does not know is harmless.

    Args:
        shared: Where it is recorded.
        config: Bound to the run.
        project: The experiment's name, as the script has it.
        tracker_id: The id that the script gives the run; the run's own by default.
        over: Told when the run is finished.
    """

    def __init__(
        self,
        shared: Shared,
        config: Config,
        *,
        project: str | None = None,
        tracker_id: str | None = None,
        group: str | None = None,
        job_type: str | None = None,
        tags: Iterable[str] = (),
        over: Callable[[Session], None],
    ) -> None:
        run = shared.run
        self.mlws = run
        self.config = config
        self.project = project or ""
        self.id = tracker_id or run.id or "unrecorded"
        self.group = group or ""
        self.job_type = job_type or ""
        self.entity = ""
        self.resumed = shared.resumed
        self.disabled = not run.id
        self.offline = True
        self.url: str | None = None
        self.axes = Axes(shared.step)
        self._shared = shared
        self._left = False
        self._name = run.name
        self._notes = ""
        self._tags = tuple(tags)
        self._logged: dict[str, Any] = {}
        self._texts: dict[str, str] = {}
        self._space_id: str | None = None
        self.summary = Results(run.summary, self._logged)
        self._over = over
        config.bind(run)

    @property
    def name(self) -> str:
        """What the run is called; it can be set."""
        return self._name

    @name.setter
    def name(self, name: object) -> None:
        self._name = str(name)
        self.mlws.describe(name=self._name)

    @property
    def notes(self) -> str:
        """What is remarked of the run as a whole; it can be set."""
        return self._notes

    @notes.setter
    def notes(self, notes: object) -> None:
        self._notes = str(notes or "")
        self.mlws.describe(notes=self._notes)

    @property
    def tags(self) -> tuple[str, ...]:
        """Its labels; they can be set, and added to by ``run.tags += ("new",)``."""
        return self._tags

    @tags.setter
    def tags(self, tags: object) -> None:
        wanted = tuple(labels_in(tags))
        self.mlws.describe(
            tags_add=[tag for tag in wanted if tag not in self._tags],
            tags_remove=[tag for tag in self._tags if tag not in wanted],
        )
        self._tags = wanted

    @property
    def step(self) -> float:
        """The step that the next values without one are recorded at."""
        return self.axes.step

    @property
    def dir(self) -> str:
        """The folder that the script may put files of the run into: the current one."""
        return os.getcwd()

    @never_raise
    def log(
        self,
        data: Mapping[str, Any],
        step: float | None = None,
        commit: bool | None = None,
        sync: object = None,
        **unknown: object,
    ) -> None:
        """Record metrics. They are written at once; `commit` only says whether the step is complete.

        Args:
            data: By name; nested mappings are joined by ``/``. Texts become results, files artifacts, tables events.
            step: The step; by default the one after the last complete one.
            commit: Whether the step is complete: so by default where none is given.
            sync: Ignored.
            unknown: Options of other versions; they are ignored with one warning.
        """
        if unknown:
            warn(f"log() has no option {', '.join(unknown):.100}; it is ignored")
        numbers: dict[str, Any] = {}
        media: list[tuple[str, Media]] = []
        for name, value in flatten(data):
            if found := media_in(value):
                media += [(name, each) for each in found]
            elif isinstance(value, str):
                self._tell(name, value)
            elif value is not None:
                numbers[name] = value
        for at, values in self.axes.place(numbers, step, commit).items():
            self._shared.log(values, at)
        self._logged.update(numbers)
        for name, each in media:
            each.record(self.mlws, name)

    @never_raise
    def alert(
        self,
        title: str,
        text: str = "",
        level: object = AlertLevel.INFO,
        wait_duration: object = None,
        **_: Any,
    ) -> None:
        """Record something that a person should look at."""
        told = level.value if isinstance(level, Enum) else level
        self.mlws.alert(str(title), str(text or ""), level=_LEVELS.get(str(told or "INFO").upper(), "info"))

    @never_raise
    def define_metric(self, name: str, step_metric: object = None, **_: Any) -> None:
        """Let a metric be recorded by the values of another one; of a summary all kinds are known anyway."""
        axis = getattr(step_metric, "name", step_metric)
        if axis is not None:
            self.axes.define(str(name), str(axis))

    @never_raise
    def finish(self, exit_code: int | None = None, quiet: object = None) -> None:
        """End the run: failed where the exit code is not 0."""
        if not self._left:
            self._left = True
            self._shared.leave("failed" if exit_code else "completed", exit_code)
            self._over(self)

    def log_artifact(
        self, artifact_or_path: Any, name: str | None = None, *args: Any, **options: Any
    ) -> Artifact:
        """Record the files of an artifact, or one file by its path; `type` says what it is."""
        found = artifact_or_path
        if not isinstance(found, Artifact):
            kind = options.get("type") or (args[0] if args else None) or "file"
            found = Artifact(name or os.path.basename(str(artifact_or_path)), kind)
            found.add_file(artifact_or_path)
        found.record(self.mlws)
        return found

    def log_model(self, path: Any, name: str | None = None, **_: Any) -> Artifact:
        """Record a checkpoint by its path."""
        return self.log_artifact(path, name, type="model")

    upsert_artifact = log_artifact
    finish_artifact = log_artifact

    def use_artifact(self, artifact_or_name: Any, *_: Any, **__: Any) -> Artifact:
        """The artifact that is given.

        Raises:
            NotKept: for one that is only named: there is no store of artifacts to fetch it from.
        """
        if isinstance(artifact_or_name, Artifact):
            return artifact_or_name
        raise NotKept(f"artifact {artifact_or_name!r:.100} cannot be fetched: read its files by their path")

    @never_raise
    def save(self, glob_str: Any = None, *_: Any, **__: Any) -> None:
        """Record the files that fit a path or glob."""
        for path in sorted(glob.glob(os.fspath(glob_str or ""))):
            self.mlws.artifact(path)

    def log_code(self, *_: Any, **__: Any) -> None:
        """The commit and the uncommitted diff are recorded anyway."""

    def watch(self, *_: Any, **__: Any) -> None:
        """Gradients are not recorded."""
        warn("watch() is ignored: gradients and parameters are not recorded")

    def unwatch(self, *_: Any, **__: Any) -> None:
        """Nothing is watched."""

    def mark_preempting(self) -> None:
        """A signal that ends the run is recorded as such."""

    def get_url(self) -> str | None:
        """There is no page on the web."""
        return self.url

    get_project_url = get_sweep_url = get_url

    def project_name(self) -> str:
        """The experiment's name, as the script has it."""
        return self.project

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.mlws.finish(**endings.of_exception(error))
        self.finish()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        warn(f"run.{name} is not known and ignored")
        return _ignored

    def _label(self, *_: Any, **__: Any) -> None:
        """Which framework calls is of no use here."""

    @never_raise
    def _tell(self, name: str, text: str) -> None:
        if self._texts.get(name) != text:
            self._texts[name] = text
            self.mlws.summary[name] = text


def labels_in(tags: object) -> list[str]:
    """Tags as a script gives them: one text, several, or None for none."""
    if tags is None or isinstance(tags, str):
        return [tags] if tags else []
    if not isinstance(tags, Iterable):
        warn(f"tags are texts, not {type(tags).__name__}; they are ignored")
        return []
    return [str(tag) for tag in tags]


def _ignored(*_: Any, **__: Any) -> None:
    """Stands for a method that is not known: calling it does nothing."""
