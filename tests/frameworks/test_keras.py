"""A real training by Keras on the CPU, on whatever backend is there."""

from __future__ import annotations

import importlib.util

import pytest

from mlws_tui.config.workspace import Workspace
from tests.frameworks.kit import run
from tests.sdk.scripts import metric, of_type, only_stream

THERE = importlib.util.find_spec("keras") is not None  # importing it here would ask for a backend
BACKEND = next((name for name in ("jax", "torch", "tensorflow") if importlib.util.find_spec(name)), "")
pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not (THERE and BACKEND), reason="there is no Keras, or no backend for it"),
]

#: A linear model: 3 epochs of 4 batches.
FIT = """
import os, keras, numpy as np
from mlws_tui.integrations.keras import MlwsCallback
keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
y = x.sum(axis=1)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)], name="line")
model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
watch = MlwsCallback(experiment="fits", config={"seed": 0}, every=2)
model.fit(x, y, batch_size=4, epochs=3, validation_data=(x, y), callbacks=[watch], verbose=0)
"""


def test_the_callback_records_series_steps_config_and_end(workspace: Workspace) -> None:
    script = FIT + "model.evaluate(x, y, callbacks=[watch], verbose=0)"
    code, _, err = run(workspace.root, script, KERAS_BACKEND=BACKEND)
    assert code == 0, err
    assert "mlws:" not in err
    found = only_stream(workspace.root)
    head = found[0]
    assert (head["name"], head["experiment"], head["model"]) == ("line", "fits", "line")
    config = head["config"]
    assert config["optimizer"]["name"] == "adam" and round(config["optimizer"]["learning_rate"], 6) == 0.01
    assert (config["loss"], config["epochs"], config["num_parameters"], config["seed"]) == ("mse", 3, 4, 0)
    for name in ("train/loss", "train/mae", "val/loss", "val/mae", "learning_rate"):
        assert [step for step, _ in metric(found, name)] == [4, 8, 12]
    assert metric(found, "epoch") == [(4, 1), (8, 2), (12, 3)]
    assert [step for step, _ in metric(found, "batch/loss")] == [2, 4, 6, 8, 10, 12]
    assert [step for step, _ in metric(found, "test/mae")] == [12]
    last = of_type(found, "progress")[-1]
    assert (last["step"], last["total"], last["epoch"], last["epochs"]) == (12, 12, 3, 3)
    assert found[-1]["type"] == "end" and found[-1]["status"] == "completed"


def test_a_fit_that_goes_on_keeps_its_steps(workspace: Workspace) -> None:
    more = "model.fit(x, y, batch_size=4, initial_epoch=3, epochs=4, callbacks=[MlwsCallback()], verbose=0)\n1 / 0"
    code, _, _ = run(workspace.root, FIT.split("watch =")[0] + more, KERAS_BACKEND=BACKEND)
    found = only_stream(workspace.root)
    assert code == 1 and metric(found, "epoch") == [(16, 4)]
    assert found[-1]["error"]["type"] == "ZeroDivisionError"
