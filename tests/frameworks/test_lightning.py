"""Real trainings by PyTorch Lightning on the CPU: our logger, and its own one for wandb."""

from __future__ import annotations

import importlib.util

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.launch.shims import shim_env
from tests.frameworks.kit import run
from tests.sdk.scripts import metric, of_type, only_stream, streams

PACKAGE = next((name for name in ("lightning", "pytorch_lightning") if importlib.util.find_spec(name)), "")
pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(not PACKAGE, reason="there is no Lightning here"),
]
ROOT = "lightning.pytorch" if PACKAGE == "lightning" else PACKAGE

#: A linear model: 2 epochs of 4 steps.
FIT = f"""
import sys, torch, {ROOT} as L
from {ROOT}.callbacks import ModelCheckpoint
torch.manual_seed(0)
class Line(L.LightningModule):
    def __init__(self, lr=0.1, width=3):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, 1)
    def step(self, batch):
        return (self.layer(batch[0]) ** 2).mean()
    def training_step(self, batch, index):
        if index == FAIL_AT and self.current_epoch: raise FAIL
        loss = self.step(batch)
        self.log("train/loss", loss)
        return loss
    def validation_step(self, batch, index):
        self.log("val/loss", self.step(batch))
    def test_step(self, batch, index):
        self.log("test/loss", self.step(batch))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(16, 3)), batch_size=4)
trainer = L.Trainer(max_epochs=2, logger=logger, log_every_n_steps=1, accelerator="cpu", enable_progress_bar=False,
    enable_model_summary=False, callbacks=[ModelCheckpoint(monitor="val/loss", save_top_k=1)])
model = Line()
trainer.fit(model, data, data)
trainer.test(model, data, verbose=False)
"""


def fit(logger: str, fail: str = "None", fail_at: int = -1) -> str:
    """The script with that logger; it may raise in the second epoch."""
    # Which Lightning the script uses must be told before our logger is imported: it follows.
    return f"import {ROOT}\n{logger}\nFAIL_AT, FAIL = {fail_at}, {fail}\n{FIT}"


OURS = """
from mlws_tui.integrations.lightning import MlwsLogger
logger = MlwsLogger(name="line", experiment="fits", config={"seed": 0})
"""


def test_the_logger_records_series_steps_config_checkpoints_and_end(workspace: Workspace) -> None:
    code, _, err = run(workspace.root, fit(OURS))
    assert code == 0, err
    assert "Traceback" not in err and "mlws:" not in err
    found = only_stream(workspace.root)
    head = found[0]
    assert (head["name"], head["experiment"], head["config"]) == ("line", "fits", {"seed": 0})
    assert of_type(found, "set")[0]["config"] == {"lr": 0.1, "width": 3}
    assert [step for step, _ in metric(found, "train/loss")] == list(range(8))
    assert [step for step, _ in metric(found, "val/loss")] == [3, 7]
    assert [step for step, _ in metric(found, "test/loss")] == [8]
    saved = of_type(found, "artifact")
    assert saved and {record["kind"] for record in saved} == {"checkpoint"}
    assert saved[-1]["path"].startswith(f"line/{head['id']}/checkpoints/") and saved[-1]["bytes"] > 1000
    last = of_type(found, "progress")[-1]
    assert (last["step"], last["total"], last["epochs"]) == (8, 8, 2)
    assert found[-1]["type"] == "end" and found[-1]["status"] == "completed"


@pytest.mark.parametrize(
    ("raised", "status"), [("RuntimeError('diverged')", "failed"), ("KeyboardInterrupt()", "stopped")]
)
def test_what_ends_the_fit_ends_the_run(workspace: Workspace, raised: str, status: str) -> None:
    code, _, _ = run(workspace.root, fit(OURS, raised, 2))
    end = only_stream(workspace.root)[-1]
    assert code == 1 and end["status"] == status
    assert (end["error"] or {}).get("message") == ("diverged" if status == "failed" else None)


def test_two_fits_of_a_script_are_two_runs(workspace: Workspace) -> None:
    again = OURS + "trainer = L.Trainer(max_epochs=1, logger=logger, log_every_n_steps=1, accelerator='cpu',"
    again += "enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False)\n"
    again += "trainer.fit(Line(), data)"
    code, _, err = run(workspace.root, fit(OURS) + again)
    assert code == 0, err
    assert len(streams(workspace.root)) == 2


def test_lightnings_own_logger_for_wandb_logs_here_through_the_shim(workspace: Workspace) -> None:
    own = f"from {ROOT}.loggers import WandbLogger\nlogger = WandbLogger(project='fits', name='line', log_model='all')"
    code, _, err = run(workspace.root, fit(own), **shim_env(["wandb"], {}))
    assert code == 0, err
    found = only_stream(workspace.root)
    assert (found[0]["name"], found[0]["experiment"]) == ("line", "fits")
    assert [step for step, _ in metric(found, "train/loss")] == list(range(8))
    assert [step for step, _ in metric(found, "val/loss")] == [3, 7]
    assert of_type(found, "artifact")[0]["kind"] == "checkpoint"
    assert of_type(found, "set")[0]["config"] == {"lr": 0.1, "width": 3}
