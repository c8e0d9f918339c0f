"""Real trainings by Hugging Face's Trainer on the CPU: our callback, and their own ones for other trackers."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.launch.shims import shim_env
from tests.frameworks.kit import run, trainer
from tests.sdk.scripts import metric, of_type, only_stream, records, streams

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(
        importlib.util.find_spec("transformers") is None, reason="transformers is not installed here"
    ),
]

OURS = "from mlws_tui.integrations.transformers import MlwsCallback\n"


def steps(found: list[dict[str, Any]], name: str) -> list[Any]:
    return [step for step, _ in metric(found, name)]


def test_the_callback_records_series_steps_config_checkpoints_and_end(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root, OURS + trainer("[MlwsCallback(experiment='tiny')]") + "trainer.train()"
    )
    assert code == 0, err
    found = only_stream(workspace.root)
    head = found[0]
    assert (head["name"], head["experiment"], head["model"]) == ("tiny-gpt2", "tiny", "gpt2")
    assert head["config"]["learning_rate"] == 0.01 and head["config"]["model"]["n_embd"] == 8
    assert head["config"]["num_parameters"] > 0
    assert steps(found, "train/loss") == list(range(1, 9))
    assert steps(found, "train/epoch") == list(range(1, 9))
    assert steps(found, "eval/loss") == [4, 8]
    assert metric(found, "train/epoch")[-1] == (8, 2.0)
    assert {"train_runtime", "train_loss"} <= set(of_type(found, "set")[0]["summary"])
    saved = [(record["path"], record["kind"]) for record in of_type(found, "artifact")]
    assert saved == [(f"checkpoints/tiny/checkpoint-{step}", "checkpoint") for step in (4, 8)]
    assert all(record["bytes"] > 1000 for record in of_type(found, "artifact"))
    last = of_type(found, "progress")[-1]
    assert (last["step"], last["total"], last["epoch"], last["epochs"]) == (8, 8, 2.0, 2)
    assert found[-1]["type"] == "end" and found[-1]["status"] == "completed"


def test_evaluating_afterwards_belongs_to_the_run_and_an_error_fails_it(workspace: Workspace) -> None:
    script = (
        OURS + trainer("[MlwsCallback()]") + "trainer.train()\ntrainer.evaluate()\nraise ValueError('after')"
    )
    code, _, _ = run(workspace.root, script)
    found = only_stream(workspace.root)
    assert code == 1 and steps(found, "eval/loss") == [4, 8, 8]
    assert (found[-1]["status"], found[-1]["error"]["message"]) == ("failed", "after")


def test_it_goes_on_from_a_checkpoint(workspace: Workspace) -> None:
    half = trainer("[MlwsCallback()]", extra="{'max_steps': 4}")
    run(workspace.root, OURS + half + "trainer.train()")
    (first,) = streams(workspace.root)
    rest = trainer(f"[MlwsCallback(resume={first!r})]", extra="{'max_steps': 8}")
    code, _, err = run(workspace.root, OURS + rest + "trainer.train(resume_from_checkpoint=True)")
    assert code == 0, err
    attempts = {records(path)[0]["attempt"]: records(path) for path in streams(workspace.root)[first]}
    assert steps(attempts[2], "train/loss") == [5, 6, 7, 8]
    assert of_type(attempts[2], "event")[0]["data"]["step"] == 4


def test_a_run_of_the_scripts_own_is_joined(workspace: Workspace) -> None:
    script = "import mlws_tui as mlws\nrun = mlws.init('mine', config={'seed': 1})\n" + OURS
    code, _, err = run(
        workspace.root, script + trainer("[MlwsCallback()]") + "trainer.train()\nrun.note('done')"
    )
    assert code == 0, err
    found = only_stream(workspace.root)
    assert found[0]["name"] == "mine" and steps(found, "train/loss") == list(range(1, 9))
    assert of_type(found, "set")[0]["config"]["learning_rate"] == 0.01


@pytest.mark.parametrize("tracker", ["wandb", "trackio"])
def test_the_trainers_own_callback_logs_here_through_the_shim(workspace: Workspace, tracker: str) -> None:
    env = shim_env([tracker], {})
    script = trainer(report_to=f"['{tracker}']") + "trainer.train()"
    code, _, err = run(workspace.root, script, **env)
    assert code == 0, err
    found = only_stream(workspace.root)
    config = {
        key: value for record in of_type(found, "set") for key, value in record.get("config", {}).items()
    }
    assert found[0]["name"] == "tiny-gpt2" and found[0]["experiment"] == "huggingface"
    assert config["learning_rate"] == 0.01 and config["n_embd"] == 8 and config["model/num_parameters"] > 0
    assert steps(found, "train/loss") == list(range(1, 9)) and steps(found, "eval/loss") == [4, 8]
    assert not steps(found, "train/global_step")
    assert found[-1]["status"] == "completed"


def test_wandbs_callback_may_log_the_models_files(workspace: Workspace) -> None:
    env = {**shim_env(["wandb"], {}), "WANDB_LOG_MODEL": "checkpoint", "WANDB_WATCH": "all"}
    code, _, err = run(workspace.root, trainer(report_to="['wandb']") + "trainer.train()", **env)
    assert code == 0, err
    kinds = [record["kind"] for record in of_type(only_stream(workspace.root), "artifact")]
    assert kinds.count("checkpoint") >= 3
