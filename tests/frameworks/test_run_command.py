"""``mlws-tui run --shim`` over scripts that nobody changed."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from mlws_tui.config.workspace import Workspace
from tests.frameworks.kit import command, streams_by_role, trainer
from tests.sdk.scripts import metric
from tests.store.kit import ingested

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(
        importlib.util.find_spec("transformers") is None, reason="transformers is not installed here"
    ),
]


@pytest.mark.parametrize("tracker", ["trackio", "wandb"])
async def test_a_trainers_reports_are_the_runs_series(workspace: Workspace, tracker: str) -> None:
    script = workspace.root / "train.py"
    script.write_text(trainer(report_to=f"['{tracker}']") + "trainer.train()\n")
    done = command(
        workspace.root,
        *("run", "--name", "tiny", "--shim", "wandb,trackio", "--config", "learning_rate=0.5"),
        *("--", sys.executable, "train.py"),
    )
    assert done.returncode == 0, done.stderr
    found = streams_by_role(workspace.root)["rank"]
    assert [step for step, _ in metric(found, "train/loss")] == list(range(1, 9))
    async with ingested(workspace.root) as store:
        (listed,) = (await store.list_runs()).runs
        told = await store.get_run(listed.id)
        losses = await store.points(listed.id, "eval/loss")
    assert told is not None and (told.name, told.experiment, told.state) == (
        "tiny",
        "huggingface",
        "completed",
    )
    assert "learning_rate was given as 0.5, but the script uses 0.01" in done.stderr
    assert told.config["learning_rate"] == 0.01 and told.config["n_embd"] == 8
    assert losses.step == [4, 8]
