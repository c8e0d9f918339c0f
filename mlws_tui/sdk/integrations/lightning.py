"""A logger for PyTorch Lightning, under either of its names: ``lightning`` and ``pytorch_lightning``."""

from __future__ import annotations

import math
import os
import sys
import weakref
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lightning_utilities.core.rank_zero import (  # type: ignore[import-not-found,unused-ignore]
    rank_zero_only,
)

from mlws_tui.sdk import endings
from mlws_tui.sdk.integrations.begin import Pace, run_for
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.run import Unnamed
from mlws_tui.sdk.running import Run

if TYPE_CHECKING:
    Logger = object
    rank_zero_experiment: Any = None
else:
    try:
        if (
            "pytorch_lightning" in sys.modules and "lightning" not in sys.modules
        ):  # the one that the script uses
            raise ImportError
        from lightning.pytorch.loggers.logger import Logger, rank_zero_experiment
    except ImportError:
        from pytorch_lightning.loggers.logger import Logger, rank_zero_experiment

_UNNAMED = Unnamed("lightning")


class MlwsLogger(Logger):
    """Records what a Trainer logs: ``Trainer(logger=MlwsLogger(name="resnet"))``.

    The series keep the names that the module gives them, by global step. Hyperparameters become the run's
    configuration, checkpoints its artifacts. Only the first process writes.

    Args:
        run: The run to record into; by default the one that the script has open, else a new one.
        name: What to call a new run.
        experiment: Name of the experiment it belongs to.
        config: More to record with the configuration.
        tags: Short labels.
        resume: Id of a run that goes on as a new attempt.
    """

    def __init__(
        self,
        run: Run | None = None,
        *,
        name: str = _UNNAMED,
        experiment: str | None = None,
        config: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        resume: str | None = None,
    ) -> None:
        super().__init__()
        self._given = run
        self._name = name
        self._options = {"experiment": experiment, "tags": tags, "resume": resume, "config": config}
        self._run: Run | None = None
        self._trainer: weakref.ref[Any] | None = None
        self._saved: dict[str, int] = {}
        self._due = Pace()

    @property
    @rank_zero_experiment  # type: ignore[untyped-decorator,unused-ignore]
    def experiment(self) -> Run:
        """The run, begun when it is first asked for; on other ranks an object that does nothing."""
        if self._run is None or self._run.finished:
            self._run = run_for(self._given, self._name, self._options)
        return self._run

    @property
    def name(self) -> str:
        """What the run is called."""
        return self._name if self._run is None else self._run.name

    @property
    def version(self) -> str | None:
        """The run's id; checkpoints are put into a folder of that name."""
        return None if self._run is None else self._run.id

    @rank_zero_only  # type: ignore[untyped-decorator,unused-ignore]
    @never_raise
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Record hyperparameters: a mapping or a namespace."""
        self.experiment.configure(params, actual=True)

    @rank_zero_only  # type: ignore[untyped-decorator,unused-ignore]
    @never_raise
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Record metrics at a global step."""
        run: Run = self.experiment
        run.log(metrics, step=step)
        if self._due():
            self._progress(run)

    @rank_zero_only  # type: ignore[untyped-decorator,unused-ignore]
    @never_raise
    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Nothing is recorded of the graph; but the module knows the trainer, and that how far it is."""
        trainer = getattr(model, "_trainer", None)
        if trainer is not None:
            self._trainer = weakref.ref(trainer)

    @rank_zero_only  # type: ignore[untyped-decorator,unused-ignore]
    @never_raise
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Record the checkpoints that were written since the last time."""
        run: Run = self.experiment
        paths = [*getattr(checkpoint_callback, "best_k_models", {})]
        paths += [getattr(checkpoint_callback, name, "") for name in ("last_model_path", "best_model_path")]
        for path in filter(None, map(str, paths)):
            if os.path.exists(path) and self._saved.get(path) != (written := os.stat(path).st_mtime_ns):
                self._saved[path] = written
                run.artifact(path, kind="checkpoint")
        best = getattr(checkpoint_callback, "best_model_path", "")
        if best and run.summary.get("best_model_path") != best:
            score = getattr(checkpoint_callback, "best_model_score", None)
            run.summary.update(best_model_path=best, **({} if score is None else {"best_model_score": score}))

    @rank_zero_only  # type: ignore[untyped-decorator,unused-ignore]
    @never_raise
    def finalize(self, status: str) -> None:
        """A part of the work ended. After a success others may follow, so that only a failure ends the run."""
        run = self._run
        if run is None or run.finished:
            return
        self._progress(run)
        error = sys.exception()
        if status == "failed" and run is not self._given:
            run.finish(**(endings.of_exception(error) if error is not None else {"status": "failed"}))

    def _progress(self, run: Run) -> None:
        trainer = None if self._trainer is None else self._trainer()
        if trainer is None or not (trainer.training or trainer.global_step):
            return
        epochs = trainer.max_epochs if (trainer.max_epochs or -1) > 0 else None
        run.progress(trainer.global_step, _total(trainer, epochs), trainer.current_epoch, epochs)


def _total(trainer: Any, epochs: int | None) -> float | None:
    """How many optimizer steps there will be, where that is known by now."""
    batches = getattr(trainer, "num_training_batches", math.inf)
    together = max(1, getattr(trainer, "accumulate_grad_batches", 1) or 1)
    limits = [trainer.max_steps] if (trainer.max_steps or -1) > 0 else []
    if epochs is not None and 0 < batches < math.inf:
        limits.append(epochs * math.ceil(batches / together))
    return min(limits, default=None)
