"""The calls of wandb, recorded in runs of ours: ``import mlws_tui.compat.wandb as wandb``.

The project is the experiment, the group a tag. Nothing leaves the machine. What wandb's servers would be needed for
(sweeps, its API, fetching artifacts) is refused with a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from mlws_tui.sdk.compat import media
from mlws_tui.sdk.compat.artifacts import Artifact as Artifact
from mlws_tui.sdk.compat.begin import Tracker, ignored
from mlws_tui.sdk.compat.config import Config as Config
from mlws_tui.sdk.compat.media import Audio as Audio
from mlws_tui.sdk.compat.media import Histogram as Histogram
from mlws_tui.sdk.compat.media import Html as Html
from mlws_tui.sdk.compat.media import Image as Image
from mlws_tui.sdk.compat.media import Molecule as Molecule
from mlws_tui.sdk.compat.media import Object3D as Object3D
from mlws_tui.sdk.compat.media import Plotly as Plotly
from mlws_tui.sdk.compat.media import Table as Table
from mlws_tui.sdk.compat.media import Video as Video
from mlws_tui.sdk.compat.parts import CommError as CommError
from mlws_tui.sdk.compat.parts import ConfigError, Part, RunDisabled
from mlws_tui.sdk.compat.parts import Error as Error
from mlws_tui.sdk.compat.parts import UsageError as UsageError
from mlws_tui.sdk.compat.parts import errors as errors
from mlws_tui.sdk.compat.parts import generate_id as generate_id
from mlws_tui.sdk.compat.parts import util as util
from mlws_tui.sdk.compat.results import Results
from mlws_tui.sdk.compat.session import AlertLevel as AlertLevel
from mlws_tui.sdk.compat.session import NotKept
from mlws_tui.sdk.compat.session import Session as Run
from mlws_tui.sdk.notice import never_raise, say, warn

if TYPE_CHECKING:
    run: Run | None
    config: Config
    summary: Results

__version__ = "0.31.0+mlws"

_TRUE = ("1", "true", "yes", "on")
_QUIET = frozenset(
    (
        *("entity", "dir", "force", "save_code", "settings", "anonymous", "allow_val_change", "magic"),
        *("monitor_gym", "config_exclude_keys", "config_include_keys", "mode"),
    )
)
_tracker = Tracker()


class Settings:
    """Takes any setting and holds it."""

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(options)


class _Plots:
    """Takes the name of any plot and gives something that can be logged, but is not kept."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: Plotly()


plot = _Plots()
data_types = media
sdk = Part(
    "wandb.sdk",
    wandb_run=Part("wandb.sdk.wandb_run", Run=Run),
    wandb_config=Part("wandb.sdk.wandb_config", Config=Config),
    wandb_settings=Part("wandb.sdk.wandb_settings", Settings=Settings),
    lib=Part(
        "wandb.sdk.lib",
        RunDisabled=RunDisabled,
        config_util=Part("wandb.sdk.lib.config_util", ConfigError=ConfigError),
    ),
)


def init(
    _entity: str | None = None,
    project: str | None = None,
    *,
    id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = None,
    config: Any = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    reinit: object = None,
    resume: object = None,
    **options: Any,
) -> Run:
    """Begin a run; one that is open is given again, unless `reinit` asks for a new one. Never raises.

    Args:
        _entity: Ignored.
        project: The experiment's name.
        id: By which the script finds the run again to resume it.
        name: What to call it.
        notes: What to remark of it.
        tags: Short labels.
        config: Its configuration: a mapping or a namespace.
        group: Recorded as the tag ``group:…``.
        job_type: A kind of ours, else recorded as the tag ``job:…``.
        mode: ``disabled`` records nothing.
        reinit: True or ``finish_previous`` finishes the open run first.
        resume: ``allow``, ``must``, ``auto`` or True goes on with the run of that id.
        options: wandb's others are harmless.
    """
    ignored("wandb.init()", {key: value for key, value in options.items() if key not in _QUIET})
    if _tracker.current is not None:
        if reinit in (None, False, "default", "return_previous"):
            _tracker.current.config.update(config)
            return _tracker.current
        if reinit != "create_new":
            _tracker.current.finish()
    env = os.environ.get
    told = env("WANDB_TAGS")
    return _tracker.begin(
        project=project or env("WANDB_PROJECT"),
        name=name or env("WANDB_NAME"),
        tracker_id=id or env("WANDB_RUN_ID"),
        config=config,
        group=group or env("WANDB_RUN_GROUP"),
        job_type=job_type or env("WANDB_JOB_TYPE"),
        tags=tags if tags is not None else told.split(",") if told else None,
        notes=notes or env("WANDB_NOTES"),
        resume=resume if resume is not None else env("WANDB_RESUME"),
        disabled=_disabled(mode),
    )


@never_raise
def log(
    data: Any, step: float | None = None, commit: bool | None = None, sync: object = None, **unknown: Any
) -> None:
    """Record metrics in the open run."""
    if (current := _open("log")) is not None:
        current.log(data, step, commit, sync, **unknown)


@never_raise
def alert(title: str, text: str = "", level: object = AlertLevel.INFO, *_: Any, **__: Any) -> None:
    """Record something that a person should look at in the open run."""
    if (current := _open("alert")) is not None:
        current.alert(title, text, level)


@never_raise
def define_metric(name: str, step_metric: object = None, **_: Any) -> None:
    """Let a metric of the open run be recorded by the values of another one."""
    if (current := _open("define_metric")) is not None:
        current.define_metric(name, step_metric)


@never_raise
def finish(exit_code: int | None = None, *_: Any, **__: Any) -> None:
    """End the open run, if there is one."""
    if _tracker.current is not None:
        _tracker.current.finish(exit_code)


@never_raise
def save(glob_str: Any = None, *_: Any, **__: Any) -> None:
    """Record the files that fit a path or glob in the open run."""
    if (current := _open("save")) is not None:
        current.save(glob_str)


def log_artifact(artifact_or_path: Any, *args: Any, **options: Any) -> Artifact | None:
    """Record an artifact's files in the open run."""
    current = _open("log_artifact")
    return None if current is None else current.log_artifact(artifact_or_path, *args, **options)


def log_model(path: Any, name: str | None = None, **_: Any) -> Artifact | None:
    """Record a checkpoint in the open run."""
    current = _open("log_model")
    return None if current is None else current.log_model(path, name)


def use_artifact(artifact_or_name: Any, *_: Any, **__: Any) -> Artifact:
    """The artifact that is given.

    Raises:
        NotKept: for one that is only named.
    """
    if isinstance(artifact_or_name, Artifact):
        return artifact_or_name
    raise NotKept(f"artifact {artifact_or_name!r:.100} cannot be fetched: read its files by their path")


def watch(*_: Any, **__: Any) -> tuple[()]:
    """Gradients are not recorded."""
    warn("watch() is ignored: gradients and parameters are not recorded")
    return ()


def unwatch(*_: Any, **__: Any) -> None:
    """Nothing is watched."""


def login(*_: Any, **__: Any) -> bool:
    """Nobody needs to log in."""
    return True


def setup(*_: Any, **__: Any) -> None:
    """There is nothing to set up."""


teardown = require = ensure_configured = mark_preempting = log_code = setup


def sweep(*_: Any, **__: Any) -> NoReturn:
    """Refused.

    Raises:
        NotKept: always.
    """
    raise NotKept(
        "sweeps need wandb's server: start a run for each setting, as mlws-tui run --config lr=0.1 -- CMD"
    )


def agent(*_: Any, **__: Any) -> NoReturn:
    """Refused, as `sweep` is.

    Raises:
        NotKept: always.
    """
    sweep()


class Api:
    """Refused.

    Raises:
        NotKept: always.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotKept(
            "wandb's API asks a server: read runs by mlws-tui runs list --json and mlws-tui metrics --json"
        )


def termlog(string: str = "", *_: Any, **__: Any) -> None:
    """Say something on stderr."""
    say(string)


def termwarn(string: str = "", *_: Any, **__: Any) -> None:
    """Say something on stderr once."""
    warn(string)


termerror = termwarn


def __getattr__(name: str) -> Any:
    if name == "run":
        return _tracker.current
    if name == "config":
        return _tracker.config
    if name == "summary":
        return {} if _tracker.current is None else _tracker.current.summary
    raise AttributeError(f"wandb.{name} is not known to mlws")


def _disabled(mode: str | None) -> bool:
    told = mode or os.environ.get("WANDB_MODE")
    return told == "disabled" or os.environ.get("WANDB_DISABLED", "").lower() in _TRUE


def _open(what: str) -> Run | None:
    if _tracker.current is None:
        warn(f"wandb.{what}() without a run is ignored: call wandb.init() first")
    return _tracker.current
