"""The calls of trackio, recorded in runs of ours: ``import mlws_tui.compat.trackio as trackio``.

The project is the experiment, the group a tag. Nothing leaves the machine: Spaces and datasets are not made.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlws_tui.sdk.compat.artifacts import Artifact as Artifact
from mlws_tui.sdk.compat.begin import Tracker, ignored
from mlws_tui.sdk.compat.config import Config
from mlws_tui.sdk.compat.media import Audio as Audio
from mlws_tui.sdk.compat.media import Histogram as Histogram
from mlws_tui.sdk.compat.media import Html as Html
from mlws_tui.sdk.compat.media import Image as Image
from mlws_tui.sdk.compat.media import Table as Table
from mlws_tui.sdk.compat.media import Video as Video
from mlws_tui.sdk.compat.session import AlertLevel as AlertLevel
from mlws_tui.sdk.compat.session import Session as Run
from mlws_tui.sdk.notice import never_raise, say, warn

if TYPE_CHECKING:
    config: Config

__version__ = "0.43.0+mlws"

#: The Trainer's callback logs it beside its metrics; its values are the steps.
_STEPS = "train/global_step"
_QUIET = frozenset(
    (
        *(
            "space_id",
            "space_storage",
            "dataset_id",
            "bucket_id",
            "private",
            "embed",
            "settings",
            "server_url",
        ),
        *("auto_log_gpu", "gpu_log_interval", "auto_log_cpu", "cpu_log_interval", "webhook_url"),
        *("webhook_min_level", "auto_log_system"),
    )
)
_tracker = Tracker()
_run: ContextVar[Run | None] = ContextVar("current_run", default=None)
_project: ContextVar[str | None] = ContextVar("current_project", default=None)
_nothing: ContextVar[str | None] = ContextVar("current_space_id", default=None)
#: What the Trainer asks for the Space of the run: there is none.
context_vars = SimpleNamespace(
    current_run=_run,
    current_project=_project,
    current_space_id=_nothing,
    current_server=_nothing,
    current_share_server=_nothing,
)


def init(
    project: str | None = None,
    name: str | None = None,
    group: str | None = None,
    *,
    config: Any = None,
    resume: object = "never",
    **options: Any,
) -> Run:
    """Begin a run; one that is open is finished. Never raises.

    Args:
        project: The experiment's name.
        name: What to call it.
        group: Recorded as the tag ``group:…``.
        config: Its configuration.
        resume: ``allow`` or ``must`` goes on with the project's run of that name.
        options: trackio's others are harmless.
    """
    ignored("trackio.init()", {key: value for key, value in options.items() if key not in _QUIET})
    finish()
    run = _tracker.begin(project=project, name=name, config=config, group=group, resume=resume)
    run.axes.each_completes = True
    run.axes.define("*", _STEPS)
    _run.set(run)
    _project.set(project)
    return run


@never_raise
def log(metrics: Any, step: float | None = None, **unknown: Any) -> None:
    """Record metrics in the open run."""
    if (current := _open("log")) is not None:
        current.log(metrics, step, **unknown)


def log_system(*_: Any, **__: Any) -> None:
    """The GPUs and the process are watched anyway."""


log_gpu = log_cpu = log_system


@never_raise
def alert(title: str, text: str | None = None, level: object = AlertLevel.WARN, **_: Any) -> None:
    """Record something that a person should look at in the open run."""
    if (current := _open("alert")) is not None:
        current.alert(title, text or "", level)


@never_raise
def finish() -> None:
    """End the open run, if there is one."""
    if _tracker.current is not None:
        _tracker.current.finish()
    _run.set(None)


@never_raise
def save(glob_str: Any = None, *_: Any, **__: Any) -> None:
    """Record the files that fit a path or glob in the open run."""
    if (current := _open("save")) is not None:
        current.save(glob_str)


def log_artifact(artifact_or_path: Any, *args: Any, **options: Any) -> Artifact | None:
    """Record an artifact's files in the open run."""
    current = _open("log_artifact")
    return None if current is None else current.log_artifact(artifact_or_path, *args, **options)


def show(*_: Any, **__: Any) -> None:
    """Say where the runs are seen."""
    say("see the runs with: mlws-tui")


def sync(*_: Any, **__: Any) -> None:
    """Nothing is made on the web."""
    warn("nothing is sent anywhere: the runs stay in the workspace")


freeze = sync


def __getattr__(name: str) -> Any:
    if name == "config":
        return _tracker.config
    raise AttributeError(f"trackio.{name} is not known to mlws")


def _open(what: str) -> Run | None:
    if _tracker.current is None:
        warn(f"trackio.{what}() without a run is ignored: call trackio.init() first")
    return _tracker.current
