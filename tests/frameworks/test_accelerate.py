"""A loop of one's own with Accelerate's trackers, and a Trainer in two processes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.launch.shims import shim_env
from tests.frameworks.kit import environment, run, trainer
from tests.sdk.scripts import metric, of_type, only_stream

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(
        importlib.util.find_spec("accelerate") is None, reason="Accelerate is not installed here"
    ),
]

LOOP = """
from accelerate import Accelerator
accelerator = Accelerator(log_with="TRACKER", cpu=True)
accelerator.init_trackers("loops", config={"lr": 0.1}, init_kwargs={"TRACKER": {"name": "mine"}})
for step in range(3):
    accelerator.log({"loss": 1 / (step + 1)}, step=step)
accelerator.end_training()
"""


@pytest.mark.parametrize("tracker", ["trackio", "wandb"])
def test_its_trackers_log_here_through_the_shim(workspace: Workspace, tracker: str) -> None:
    code, _, err = run(workspace.root, LOOP.replace("TRACKER", tracker), **shim_env([tracker], {}))
    assert code == 0, err
    found = only_stream(workspace.root)
    assert (found[0]["name"], found[0]["experiment"]) == ("mine", "loops")
    assert metric(found, "loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert {"lr": 0.1} in [record.get("config") for record in of_type(found, "set")]


def test_of_two_processes_the_first_one_writes(workspace: Workspace) -> None:
    script = "from mlws_tui.integrations.transformers import MlwsCallback\n" + trainer("[MlwsCallback()]")
    (workspace.root / "train.py").write_text(script + "trainer.train()\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "train.py"],
        cwd=workspace.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, err = process.communicate(timeout=120)
    finally:
        process.terminate()  # its processes end with it only by this signal
        process.wait(30)
    assert process.returncode == 0, err
    found = only_stream(workspace.root)
    assert (found[0]["rank"], found[0]["world_size"]) == (0, 2)
    assert [step for step, _ in metric(found, "train/loss")] == [1, 2, 3, 4]
    assert found[-1]["status"] == "completed"
