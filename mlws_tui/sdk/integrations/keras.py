"""A callback for Keras 3, on any of its backends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keras.callbacks import Callback  # type: ignore[import-not-found,unused-ignore]

from mlws_tui.sdk import ranks
from mlws_tui.sdk.integrations.begin import Pace, known, run_for
from mlws_tui.sdk.notice import never_raise
from mlws_tui.sdk.run import Unnamed
from mlws_tui.sdk.running import Run


class MlwsCallback(Callback):  # type: ignore[misc,unused-ignore]
    """Records what ``model.fit`` tells: ``model.fit(..., callbacks=[MlwsCallback()])``.

    After each epoch ``train/loss``, ``val/loss`` and so on are recorded by the number of batches so far, with the
    ``epoch``; what ``model.evaluate`` finds afterwards as ``test/loss``. Only the first process writes.

    Args:
        run: The run to record into; by default the one that the script has open, else a new one.
        name: What to call a new run; by default the model's name.
        experiment: Name of the experiment it belongs to.
        config: More to record with the configuration.
        tags: Short labels.
        resume: Id of a run that goes on as a new attempt.
        every: Record ``batch/loss`` and so on after so many batches; 0 for epochs alone. Keras gives means over the
            epoch so far.
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
        every: int = 0,
    ) -> None:
        super().__init__()
        self._given = run
        self._name = name
        self._options = {"experiment": experiment, "tags": tags, "resume": resume}
        self._config = dict(config or {})
        self._every = every
        self._run: Run | None = None
        self._first = ranks.rank() == 0
        self._fitting = False
        self._step = 0
        self._epoch = 0
        self._due = Pace()

    @never_raise
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self._fitting = True
        if self._first:
            self._begin()

    @never_raise
    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        steps = (self.params or {}).get("steps")
        if self._step == 0 and epoch and steps:  # it goes on from an earlier fit
            self._step = epoch * steps
        self._epoch = epoch

    @never_raise
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._step += 1
        if not self._first:
            return
        if self._every and logs and self._step % self._every == 0:
            self._begin().log({f"batch/{name}": value for name, value in logs.items()}, step=self._step)
        if self._due():
            self._progress()

    @never_raise
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._epoch = epoch + 1
        if not self._first:
            return
        series: dict[str, Any] = {"epoch": self._epoch}
        for name, value in (logs or {}).items():
            if name == "learning_rate":
                series[name] = value
            else:
                series[f"val/{name[4:]}" if name.startswith("val_") else f"train/{name}"] = value
        rate = _learning_rate(self.model)
        if rate is not None:
            series.setdefault("learning_rate", rate)
        self._begin().log(series, step=self._step)
        self._progress()

    @never_raise
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self._fitting = False

    @never_raise
    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if self._first and not self._fitting and logs:
            self._begin().log({f"test/{name}": value for name, value in logs.items()}, step=self._step)

    def _begin(self) -> Run:
        if self._run is None or self._run.finished:
            model = self.model
            config = {**_config(model, self.params or {}), **self._config}
            options = {**self._options, "config": config, "model": model.name}
            self._run = run_for(self._given, self._name or Unnamed(model.name), options)
            self._run.configure(config, actual=True)
        return self._run

    def _progress(self) -> None:
        params = self.params or {}
        steps, epochs = params.get("steps"), params.get("epochs")
        total = steps * epochs if steps and epochs else None
        self._begin().progress(self._step, total, self._epoch, epochs)


def _config(model: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    config = known({name: params.get(name) for name in ("epochs", "steps")})
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        config["optimizer"] = known(optimizer.get_config())
    loss = getattr(model, "loss", None)
    if loss is not None:
        config["loss"] = loss if isinstance(loss, str) else getattr(loss, "name", None) or str(loss)
    if model.built:
        config["num_parameters"] = model.count_params()
    return config


def _learning_rate(model: Any) -> float | None:
    """The optimizer's rate now; None where it has none that is a number."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    try:
        return None if rate is None else float(rate)
    except (TypeError, ValueError):  # a variable of a backend on a device that gives no number
        return None
