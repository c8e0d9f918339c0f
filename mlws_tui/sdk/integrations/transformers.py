"""A callback for the Trainer of Hugging Face Transformers, and for those of TRL, which are made of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from transformers.trainer_callback import TrainerCallback  # type: ignore[import-not-found,unused-ignore]

from mlws_tui.sdk.integrations.begin import Pace, known, run_for
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.run import Unnamed
from mlws_tui.sdk.running import Run

#: What the Trainer logs once, at the end: results, no series.
_RESULTS = frozenset(
    ("train_runtime", "train_samples_per_second", "train_steps_per_second", "train_loss", "total_flos")
)
_PARTS = ("eval", "test")


class MlwsCallback(TrainerCallback):  # type: ignore[misc,unused-ignore]
    """Records what a Trainer logs: ``Trainer(..., callbacks=[MlwsCallback()])``.

    The series bear the names that other trackers give them: ``train/loss``, ``train/learning_rate``, ``eval/loss``, by
    global step. The arguments and the model's configuration become the run's; checkpoints its artifacts. Only the
    first process writes.

    Args:
        run: The run to record into; by default the one that the script has open, else a new one.
        name: What to call a new run; by default the Trainer's ``run_name``, else its output folder's name.
        experiment: Name of the experiment it belongs to.
        config: More to record with the configuration.
        tags: Short labels.
        resume: Id of a run that goes on as a new attempt.
    """

    def __init__(
        self,
        run: Run | None = None,
        *,
        name: str | None = None,
        experiment: str | None = None,
        config: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        resume: str | None = None,
    ) -> None:
        self._given = run
        self._name = name
        self._options = {"experiment": experiment, "tags": tags, "resume": resume}
        self._config = dict(config or {})
        self._run: Run | None = None
        self._due = Pace()
        self._epoch: tuple[Any, Any] | None = None

    @never_raise
    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if not state.is_world_process_zero:
            return
        self._run = None
        run = self._begin(args, state, model)
        if state.global_step:
            run.event("resumed", step=state.global_step, epoch=state.epoch)
        self._progress(run, args, state)

    @never_raise
    def on_log(
        self, args: Any, state: Any, control: Any, model: Any = None, logs: Any = None, **_: Any
    ) -> None:
        if not state.is_world_process_zero or not logs:
            return
        run = self._begin(args, state, model)
        results = {name: value for name, value in logs.items() if name in _RESULTS}
        if results:
            run.summary.update(results)
        series = {_series(name): value for name, value in logs.items() if name not in _RESULTS}
        epoch = (state.global_step, series.get("train/epoch"))
        if (
            epoch == self._epoch
        ):  # an evaluation and the end of training tell the epoch of the same step again
            del series["train/epoch"]
        elif epoch[1] is not None:
            self._epoch = epoch
        if series:
            run.log(series, step=state.global_step)
        self._progress(run, args, state)

    @never_raise
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero and self._run is not None and self._due():
            self._progress(self._run, args, state)

    @never_raise
    def on_save(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if state.is_world_process_zero:
            path = os.path.join(args.output_dir, f"checkpoint-{state.global_step}")
            self._begin(args, state, model).artifact(path, kind="checkpoint")

    @never_raise
    def on_predict(
        self, args: Any, state: Any, control: Any, metrics: Any, model: Any = None, **_: Any
    ) -> None:
        if state.is_world_process_zero and metrics:
            series = {_series(name): value for name, value in metrics.items()}
            self._begin(args, state, model).log(series, step=state.global_step)

    @never_raise
    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        run = self._run
        if run is None or not state.is_world_process_zero:
            return
        self._progress(run, args, state)
        best = {"best_metric": state.best_metric, "best_model_checkpoint": state.best_model_checkpoint}
        if told := known(best):
            run.summary.update(told)

    def _begin(self, args: Any, state: Any, model: Any) -> Run:
        if self._run is None or self._run.finished:
            name = self._name or state.trial_name or _name(args)
            config, asset = _config(args, model), _model_name(model)
            options = {**self._options, "config": {**config, **self._config}}
            self._run = run_for(self._given, name, {**options, "model": asset} if asset else options)
            self._run.configure(options["config"], actual=True)
            self._epoch = None
        return self._run

    def _progress(self, run: Run, args: Any, state: Any) -> None:
        total = state.max_steps if state.max_steps > 0 else None
        run.progress(state.global_step, total, state.epoch, state.num_train_epochs or args.num_train_epochs)


def _series(name: str) -> str:
    """``eval_loss`` as ``eval/loss``, ``loss`` as ``train/loss``."""
    for part in _PARTS:
        if name.startswith(f"{part}_"):
            return f"{part}/{name[len(part) + 1 :]}"
    return f"train/{name}"


def _name(args: Any) -> str:
    folder = os.path.basename(os.path.normpath(args.output_dir or "")) or "trainer"
    given = getattr(args, "run_name", None)
    return str(given) if given and given != args.output_dir else Unnamed(folder)


def _config(args: Any, model: Any) -> dict[str, Any]:
    config = known(args.to_dict())
    described = getattr(model, "config", None)
    if described is not None:
        config["model"] = known(described if isinstance(described, Mapping) else described.to_dict())
    adapters = getattr(model, "peft_config", None)
    if isinstance(adapters, Mapping):
        config["peft"] = {name: _fields(adapter) for name, adapter in adapters.items()}
    if callable(count := getattr(model, "num_parameters", None)):
        config["num_parameters"] = count()
    return config


def _fields(adapter: Any) -> Any:
    return known(adapter.to_dict()) if hasattr(adapter, "to_dict") else adapter


def _model_name(model: Any) -> str | None:
    described = getattr(model, "config", None)
    for field in ("_name_or_path", "name_or_path", "model_type"):
        if name := getattr(described, field, None):
            return str(name)
    return None
